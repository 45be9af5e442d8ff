"""``python -m sphinx_await compare``: what programs print differently on another Python."""

from __future__ import annotations

import os
import sys
import venv
from typing import TYPE_CHECKING

import pytest

from sphinx_await.compare_command import _compare, _Runs
from sphinx_await.core.model.recording import Failure, Output, Recording
from sphinx_await.core.model.snippet import Snippet
from sphinx_await.course.run_differences import difference, lines_of

from ..conftest import run_python

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

CONF = 'extensions = ["myst_parser", "sphinx_await"]\nawait_run_fences = ["*"]\nexclude_patterns = ["one", "two"]\n'
PAGE = """# A

```python
print("the same", object())
```

<!-- await: name=differs -->
```python
import only_there
print(only_there.words)
```

<!-- await: python=">=3.99" -->
```python
unrunnable
```
"""
NAME = f"CPython {'.'.join(map(str, sys.version_info[:3]))}"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="an environment has its Python at another place")


def compare(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    return run_python("-m", "sphinx_await", "compare", *words, cwd=folder)


def test_it_names_each_program_with_another_output_and_shows_both(tmp_path: Path) -> None:
    """Beside the Python of the build, or beside another; addresses are others in each run, and are no difference."""
    (tmp_path / "conf.py").write_text(CONF)
    (tmp_path / "index.md").write_text(PAGE)
    for name in ("one", "two"):
        venv.create(tmp_path / name, symlinks=True)
        (packages,) = (tmp_path / name).glob("lib/python*/site-packages")
        (packages / "only_there.py").write_text(f"words = {name!r}\n")
    both = compare(tmp_path, "--python", "one", "--python", "two")
    assert both.returncode == 1, both.stderr
    diff = f"  --- {NAME}\n  +++ {NAME}\n  @@ -1 +1 @@\n  -one\n  +two\n"
    assert both.stdout == f"index.md:9: differs\n{diff}\n{NAME} and {NAME}: 2 programs, 1 with another output\n"
    beside_own = compare(tmp_path, "index.md", "--python", "one")
    assert "-(ModuleNotFoundError: No module named 'only_there')\n  +one\n" in beside_own.stdout
    (tmp_path / "index.md").write_text(PAGE.replace("import only_there\nprint(only_there.words)", "print(1)"))
    same = compare(tmp_path, "--python", "one", "--python", "two")
    assert (same.returncode, same.stdout) == (0, f"{NAME} and {NAME}: 2 programs, 0 with another output\n")
    (tmp_path / "conf.py").write_text(f'{CONF}await_execute = "cached"\n')
    (tmp_path / "index.md").write_text("# A\n\n```python\nprint(3)\n```\n")
    unknown = compare(tmp_path, "--python", "one")
    assert unknown.returncode == 1
    words = f"index.md:4: index-1 has no recording with {NAME}, and await_execute runs none\n"
    assert unknown.stdout == words * 2 + f"{NAME} and {NAME}: 0 programs, 0 with another output\n"
    (tmp_path / "index.md").write_text("# Nothing\n")
    assert "no page has a program" in compare(tmp_path, "--python", "one").stdout


def recording(printed: str, failure: Failure | None = None, *, status: int = 0, stopped: bool = False) -> Recording:
    """A run that printed something."""
    outputs = (Output(0.1, "stdout", printed),)
    return Recording("CPython 3.14.0", "Linux", "", 0.2, 0.1, status, failure, outputs=outputs, timed_out=stopped)


@pytest.mark.parametrize(
    ("one", "other", "lines"),
    [
        (recording("took 0.31 s\n"), recording("took 0.32 s\n"), []),
        (recording("took 0.31 s\n"), recording("took 3.1 s\n"), ["-took 0.31 s", "+took 3.1 s"]),
        (recording("a\n"), recording("a\n", status=3), [" a", "+(ended with exit status 3)"]),
        (recording("a\n", stopped=True), recording("a\n"), [" a", "-(stopped at its time limit)"]),
    ],
)
def test_how_a_program_ended_belongs_to_what_it_printed(one: Recording, other: Recording, lines: list[str]) -> None:
    """Durations agree as those of expected output do."""
    assert difference(one, other, ("one", "other"))[3:] == lines


def test_an_exception_is_its_type_and_its_message() -> None:
    """The traceback names lines of the library, which are others in each version."""
    failure = Failure("KeyError", "'a'\nmore", "Traceback ...", 1)
    assert lines_of(recording("", failure, status=1)) == ["(KeyError: 'a')"]


@pytest.mark.parametrize(
    ("first", "other", "status", "last"),
    [
        ("ab", "ab", 0, "2 programs, 0 with another output"),
        ("ab", "a", 1, "1 programs, 0 with another output, 1 on one of them only"),
        ("", "a", 1, "0 programs, 0 with another output, 1 on one of them only"),
        ("", "", 0, "0 programs, 0 with another output"),
    ],
)
def test_a_program_that_runs_on_one_python_only_is_a_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], first: str, other: str, status: int, last: str
) -> None:
    """As a file is that only one of two folders has; what is for neither of them is none."""
    page = tmp_path / "index.md"
    snippets = {(page, name): Snippet(name, "print(1)", str(page), (3,)) for name in "ab"}
    one, two = (
        _Runs(f"Py{n}", {(page, x): recording("1\n") for x in names}, frozenset())
        for n, names in enumerate((first, other))
    )
    assert _compare(one, two, snippets) == status
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == f"Py0 and Py1: {last}"
    assert len(said) == 1 + status
