"""A recording that nobody can judge is one run's failure, and not the end of the build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .test_markup import texts

if TYPE_CHECKING:
    from .conftest import Project

PAGE = """# A

```python
print("before")
```

<!-- await: name=odd -->
```python
print("odd")
```

```python
print("after")
```
"""
#: What conf.py puts in the place of a function that judges a run.
PATCH = """
import {module} as module
real = module.{name}
def wrong(*arguments, **options):
    if "odd" in repr(arguments):
        raise RecursionError("so deep")
    return real(*arguments, **options)
module.{name} = wrong
"""


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("sphinx_await.sphinxext.run.judging", "judge"),
        ("sphinx_await.core.validation.verdict", "shown_text"),
        ("sphinx_await.sphinxext.run.publish", "lines_and_all_places"),
    ],
)
def test_an_error_in_judging_is_the_runs_own(project: Project, module: str, name: str) -> None:
    """It is reported with file and line, each time, and all other runs are shown."""
    conf = project.read("conf.py") + "await_expect_markers = ['print']\n"
    project.write("conf.py", conf + PATCH.format(module=module, name=name))
    page = PAGE.replace('print("odd")', 'print("odd")\n# print: odd')
    project.write("index.md", page)
    for _ in range(2):
        built = project.build()
        assert built.status == 1
        assert "index.md:9: ERROR: odd: its recording cannot be judged (RecursionError: so deep)" in built.err
        assert "Traceback" not in built.err
        assert texts(built.page()) == ["before", "after"]
        assert built.page().count("await-failed") == 1


def test_an_odd_recording_of_an_exercise_is_reported(project: Project) -> None:
    """At the check that could not be answered."""
    patch = PATCH.format(module="sphinx_await.core.validation.exercise_checks", name="shown_text").replace(
        "odd", "Output("
    )
    project.write("conf.py", project.read("conf.py") + patch)
    project.write(
        "index.md",
        "# A\n\n````{exec_exercise}\n:name: e\n\n```{exec_start}\nprint(1)\n```\n\n```{exec_check} printed('2')\n"
        "Text.\n```\n\n```{exec_solution}\nprint(2)\n```\n````\n",
    )
    built = project.build()
    assert built.status == 1
    assert "index.md:10: ERROR: e: RecursionError('so deep')" in built.err
    assert texts(built.page()) == ["1", "2"]


def test_the_traceback_is_there_for_those_who_ask(project: Project) -> None:
    """With -v."""
    project.write(
        "conf.py", project.read("conf.py") + PATCH.format(module="sphinx_await.sphinxext.run.judging", name="judge")
    )
    project.write("index.md", PAGE)
    assert "in wrong" in project.build("-v").out


@pytest.mark.parametrize("code", ["+".join(["1"] * 20_000), "x = " + "-" * 20_000 + "1", "x" + ".a" * 20_000])
def test_an_expression_that_is_too_deep_is_the_programs_own_failure(project: Project, code: str) -> None:
    """Python cannot compile it, so nothing else can either."""
    project.write(
        "index.md", f"# A\n\n```python\n{code}\n```\n\n```python\nprint(y)\n```\n\n```python\nprint(1)\n```\n"
    )
    built = project.build()
    assert "Extension error" not in built.err
    assert texts(built.page())[-1] == "1"
    assert "index-2: NameError" in built.err


@pytest.mark.parametrize("builder", ["html", "text", "epub", "latex"])
@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("sphinx_await.sphinxext.render.transforms", "_is_pictured"),
        ("sphinx_await.sphinxext.render.transforms", "_facts"),
    ],
)
def test_an_error_in_drawing_is_a_warning_and_a_sentence(
    project: Project, builder: str, module: str, name: str
) -> None:
    """All other runs are shown, and the code of that one."""
    project.write("conf.py", project.read("conf.py") + PATCH.format(module=module, name=name))
    project.write("index.md", PAGE)
    built = project.build(builder=builder)
    assert built.status == 0, built.err
    assert "index.md:8: WARNING: odd: its recording cannot be shown (RecursionError: so deep)" in built.err
    assert "Traceback" not in built.err
