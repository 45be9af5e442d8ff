"""A wrong page cannot be built silently."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .conftest import copy_of

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Project


def errors(text: str) -> dict[str, tuple[int, str]]:
    """The errors of a build: snippet to line and message."""
    found = re.findall(r"index\.md:(\d+): (?:ERROR|WARNING): (\S+): (.*)", text)
    return {name: (int(line), message) for line, name, message in found}


WORDS = {
    "index-1": ("1 / 0", "ZeroDivisionError: division by zero"),
    "index-2": ("sys.exit(3)", "ended with exit status 3"),
    "index-3": ("import time", "still running after 0.5 s"),
    "index-4": ("  def broken(:", "SyntaxError: "),
    "index-5": ('int("no number")', "TypeError was expected to end the program, but it was ValueError: invalid"),
    "index-6": ('    await asyncio.open_connection("nowhere.example", 80)', "socket.gaierror: [Errno -2] Name or serv"),
}
#: The machine may have been to blame for a time limit, so such a program runs again in each build.
STOPPED = "index-3"


def test_six_bad_programs_give_six_errors_with_their_lines(tmp_path: Path) -> None:
    """All are reported, in each build, with what they printed; pages are written; the exit status is not 0."""
    project = copy_of("bad", tmp_path)
    for _ in range(2):
        built = project.build()
        assert built.status == 1
        lines = project.read("index.md").split("\n")
        found = errors(built.err)
        assert set(found) == set(WORDS)
        for name, (code, words) in WORDS.items():
            line, message = found[name]
            assert lines[line - 1] == code
            assert message.startswith(words)
        for said in ("| ready: True", "| leaving", "| hanging", "| a number:"):
            assert said in built.err
        assert re.search(rf'File "\S*index.md", line {found["index-1"][0]}, in <module>', built.err)
        assert built.page().count("await-failed") == 6
    assert built.ran == [STOPPED]


def test_lines_inserted_above_move_the_message(tmp_path: Path) -> None:
    """The message names the new lines of a program that did not change, and only a time limit is tried again."""
    project = copy_of("bad", tmp_path)
    before = errors(project.build().err)
    project.write("index.md", "\n" * 10 + project.read("index.md"))
    built = project.build()
    assert built.ran == [STOPPED]
    assert {name: line - 10 for name, (line, _) in errors(built.err).items()} == {
        name: line for name, (line, _) in before.items()
    }
    assert f"line {before['index-1'][0] + 10}, in <module>" in built.err


def test_warn_reports_everything_and_exits_with_0(tmp_path: Path) -> None:
    """``await_on_error = "warn"`` is for those who want their pages all the same."""
    project = copy_of("bad", tmp_path)
    built = project.build("-D", "await_on_error=warn")
    assert built.status == 0
    assert set(errors(built.err)) == set(WORDS)


def test_an_error_cannot_be_hidden_by_suppress_warnings(project: Project) -> None:
    """A build that fails says why."""
    project.write("index.md", "# A\n\n```python\n1/0\n```\n")
    built = project.build("-D", "suppress_warnings=await.raised,await")
    assert built.status == 1
    assert "index.md:4: ERROR: index-1: ZeroDivisionError" in built.err


def test_a_mistake_beside_programs_that_did_not_change_fails_the_build(project: Project) -> None:
    """A page whose programs are those of the last build may have a mistake all the same."""
    page = "# A\n\n```python\nprint(1)\n```\n"
    project.write("index.md", page)
    assert project.build().status == 0
    project.write("index.md", page + "\n```{exec_check} returned\ntext\n```\n")
    for _ in range(2):
        built = project.build()
        assert built.status == 1
        assert "index.md:7: ERROR: exec_check is in no exec_exercise" in built.err
    project.write("index.md", page)
    assert project.build().status == 0


def test_a_mistake_in_options_is_reported_by_each_build(project: Project) -> None:
    """An unknown word, a bad value, a comment before nothing: file, line, and what there is instead."""
    project.write(
        "index.md",
        "# A\n\n<!-- await: timeut=3 -->\n```python\nprint(1)\n```\n\n<!-- await: timeout=soon -->\n```python\n"
        "print(2)\n```\n\n<!-- await: no-run -->\n\ntext\n\n```{exec_code}\n:expect: sometimes\nprint(3)\n```\n",
    )
    for _ in range(2):
        built = project.build()
        assert built.status == 1
        assert (
            "index.md:3: ERROR: unknown option 'timeut'; there are: name, run, no-run, caption, caption_output, timeout"
            in built.err
        )
        assert "index.md:8: ERROR: timeout: seconds expected, found 'soon'" in built.err
        assert "index.md:13: ERROR: no Python fence that runs follows this comment" in built.err
        assert "index.md:18: ERROR: expect: one of ordered, any-order" in built.err or "index.md:19: ERROR" in built.err


def test_markers_that_do_not_match_are_reported(project: Project) -> None:
    """``#hide:stop`` without a start is a mistake with a line."""
    project.write("index.md", "# A\n\n```{exec_code}\nprint(3)\n#hide:stop\n```\n")
    built = project.build()
    assert built.status == 1
    assert re.search(r"index\.md:4: ERROR: #hide:stop without a #hide:start", built.err)


def test_stderr_can_be_an_error_or_hidden(project: Project) -> None:
    """``stderr=error`` refuses a warning of Python's; ``hide`` keeps it from the page."""
    program = "```python\nimport warnings\nwarnings.warn('old way')\n```\n"
    project.write("index.md", f"# A\n\n<!-- await: stderr=error -->\n{program}")
    built = project.build()
    assert built.status == 1
    assert "wrote to standard error" in built.err
    assert "index.md:6: UserWarning: old way" in built.err
    project.write("index.md", f"# A\n\n<!-- await: stderr=hide -->\n{program}")
    hidden = project.build("-W")
    assert hidden.status == 0, hidden.err
    assert "UserWarning" not in hidden.page()


def test_a_bad_configuration_is_refused_before_anything_is_read(project: Project) -> None:
    """Which value, what is expected, what was found."""
    project.write("index.md", "# A\n")
    for line, words in {
        "await_execute = 'sometimes'": "await_execute: one of auto, force, cached, off expected, found 'sometimes'",
        "await_timeout = 0": "await_timeout: more than 0 expected",
        "await_hosts = {'a.example': {'dely': 1}}": "await_hosts: a.example: unknown field 'dely'",
        "await_files = ['none/*.csv']": "await_files: nothing matches 'none/*.csv'",
    }.items():
        project.write("conf.py", f'extensions = ["myst_parser", "sphinx_await"]\n{line}\n')
        built = project.build()
        assert built.status == 2
        assert words in built.err


@pytest.mark.parametrize(
    "code",
    ["print(json)", "jso = 1\nprint(json)", "print(raneg)", "from os import pathh", "import json\njson.lods", "1 / 0"],
)
def test_the_traceback_of_a_wrong_program_is_said_once(project: Project, code: str) -> None:
    """Also where the interpreter suggests a name."""
    project.write("index.md", f"# A\n\n```python\n{code}\n```\n")
    built = project.build()
    assert built.status == 1
    assert built.err.count("Traceback") == 1


def test_many_wrong_programs_end_with_a_page_of_advice(project: Project) -> None:
    """Each is reported in a line, the first ones with what they did; at the end they are sorted by what they need."""
    fences = "".join(f"```python\nprint(nothing_{number})\n```\n\n" for number in range(8))
    fences += "```python\nprint([1]\n```\n\n" * 2 + "```python\nimport json\n```\n\n"
    fences += "```python\nprint(json)\n```\n\n" * 2
    project.write("index.md", f"# A\n\n{fences}")
    built = project.build()
    assert built.status == 1
    assert built.err.count(" ERROR: ") == 12
    assert built.err.count("Traceback") == 10
    _, _, advice = built.out.partition("12 programs are wrong:\n")
    lines = [line.strip() for line in advice.split("\n")]
    assert lines[0] == "8  use a name that nothing on their page defines"
    assert lines[1].startswith("-> no-run")
    assert "2  are no Python" in lines
    assert "2  use a name that an earlier program of their page defines" in lines
    assert any(line.startswith("index.md:4, index.md:8, index.md:12 and") for line in lines)
    assert any("sphinx-await triage" in line for line in lines)


def test_a_few_wrong_programs_need_no_page(project: Project) -> None:
    """What each of them did says it."""
    project.write("index.md", "# A\n\n" + "```python\nprint(nothing)\n```\n\n" * 3)
    assert "programs are wrong" not in project.build().out
