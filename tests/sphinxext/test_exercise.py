"""Exercises: both programs run, and a wrong exercise is not built."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from ..browser.sites import STUB

if TYPE_CHECKING:
    from .conftest import Project

EXERCISE = """# A

````{{exec_exercise}} Both at once
:name: both

Let them wait *together*.

```{{exec_start}}
{start}
```

```{{exec_check}} {check}
It prints **two**.
```

```{{exec_hint}}
Count again.
```

```{{exec_solution}}
{solution}
```
````
"""


def write(project: Project, **parts: str) -> None:
    """Write a page with an exercise that is right, but for some of its parts."""
    given = {"start": "print('one')", "check": "printed('two')", "solution": "print('two')", **parts}
    project.write("index.md", EXERCISE.format(**given))


def test_an_exercise_is_whole_without_scripts(project: Project) -> None:
    """Task, goals and start are there to see, hint and solution folded; the checks themselves are nowhere."""
    write(project)
    built = project.build("-W")
    assert built.status == 0, built.err
    page = built.page()
    order = [
        'aria-label="Both at once"',
        "<em>together</em>",
        "It prints <strong>two</strong>.",
        'data-name="both"',
        "<summary>Hint</summary>",
        "Count again.",
        "<summary>Solution</summary>",
        'data-name="both-solution"',
    ]
    places = [page.index(text) for text in order]
    assert places[0] < min(places[1:])
    assert places[4:] == sorted(places[4:])
    assert "printed(" not in page
    assert built.ran == ["both", "both-solution"] or sorted(built.ran) == ["both", "both-solution"]


def test_the_program_to_begin_with_carries_its_checks_for_the_reader(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the solution none."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    write(project)
    page = project.build("-W").page()
    found = [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', page)]
    checks = {program["title"]: program["checks"] for program in found}
    assert checks == {"both": [{"test": "printed('two')", "hint": "It prints two."}], "both-solution": []}


@pytest.mark.parametrize(
    ("part", "text", "line", "message"),
    [
        ("solution", "print('three')", 12, "both-solution: the solution does not pass \"printed('two')\""),
        ("start", "print('two')", 9, "both: the program to begin with passes every check already"),
        ("check", "printd('two')", 12, "exec_check: \"printd('two')\": unknown name 'printd'"),
        ("check", "within('soon')", 12, "both-solution: \"within('soon')\" failed: TypeError"),
        ("solution", "1 / 0", 21, "both-solution: ZeroDivisionError"),
    ],
)
def test_a_wrong_exercise_fails_the_build_with_file_and_line(
    project: Project, part: str, text: str, line: int, message: str
) -> None:
    """In each build, not only in the one that read the page."""
    write(project, **{part: text})
    for _build in range(2):
        built = project.build()
        assert built.status == 1
        assert f"index.md:{line}: ERROR: {message}" in built.err
        assert "there is no exec_check" not in built.err


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("````{exec_exercise}\n```{exec_start}\nprint(1)\n```\n````", "one exec_solution expected, found 0"),
        ("````{exec_exercise}\ntext\n````", "there is no exec_check"),
        ("```{exec_check} returned\ntext\n```", "exec_check is in no exec_exercise"),
        ("```{exec_start}\nprint(1)\n```", "exec_start is in no exec_exercise"),
        ("````{exec_exercise}\n```{exec_check} returned\n```\n````", "'returned' does not say what it is about"),
    ],
)
def test_an_exercise_that_is_not_whole_is_a_mistake(project: Project, page: str, message: str) -> None:
    """With what is missing."""
    project.write("index.md", f"# A\n\n{page}\n")
    built = project.build()
    assert built.status == 1
    assert message in built.err


def test_other_builders_have_the_solution_at_the_foot(project: Project) -> None:
    """With headings in the place of folds: on paper nobody can look away from what is below the program."""
    write(project)
    exercise = (project.folder / "index.md").read_text(encoding="utf-8")
    asked = "````{exec_predict} Which?\n```python\nprint('three')\nprint('four')\n```\n````\n"
    project.write("index.md", f"{exercise}\n{asked}\nLater.\n")
    for builder, name in (("text", "index.txt"), ("latex", "projectnamenotset.tex")):
        built = project.build("-W", builder=builder)
        assert built.status == 0, built.err
        text = built.page(name)
        parts = ["Both at once", "one", "Hint", "Count again.", "The solution is at the end of this chapter."]
        foot = ["Later.", "Answers and solutions", "Answer: Which?", "Solution: Both at once"]
        places = [text.index(part) for part in [*parts, *foot]]
        assert places == sorted(places), builder
        assert "two" in text[places[-1] :]


BLANKS = ["print(______)\n# Expected output: two", "______ print('two')", "def f():\n    await ______\nf(____)"]


@pytest.mark.parametrize("start", BLANKS)
def test_a_start_may_have_blanks_to_fill_in(project: Project, monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    """It fails however it fails, and the page shows neither output nor picture of it; readers are given it as it is."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    write(project, start=start)
    built = project.build("-W")
    assert built.status == 0, built.err
    figure = BeautifulSoup(built.page(), "html.parser").select_one('figure[data-name="both"]')
    assert figure is not None
    assert figure.select(".await-outputs, .await-picture, .admonition") == []
    (offered,) = figure.select("await-live script")
    assert json.loads(offered.get_text())["code"] == start


def test_blanks_in_texts_and_in_a_solution_are_none(project: Project) -> None:
    """A start with a line of underscores runs as any other; a solution must run."""
    write(project, start='print("______")  # ______')
    built = project.build("-W")
    assert built.status == 0, built.err
    assert "______</span>" in built.page()
    write(project, solution="print('two', ______)")
    assert "NameError" in project.build().err
