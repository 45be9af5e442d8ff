"""Programs that are for some versions of Python."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from ..browser.sites import STUB
from .test_markup import texts

if TYPE_CHECKING:
    from .conftest import Project

CONF = 'language = "en"\nproject = "Versions"\nversion = "1"\ncopyright = "2026"\n'
HERE = ".".join(map(str, sys.version_info[:2]))
NOT_HERE = "Not run with CPython {}: this program is for Python {}."
WORDS = NOT_HERE.format(".".join(map(str, sys.version_info[:3])), "3.99 or newer")


def for_python(versions: str, code: str, *, name: str = "one") -> str:
    """A program for some versions, as MyST."""
    return f'<!-- await: python="{versions}" name={name} -->\n```python\n{code}\n```\n\n'


def offered(page: str) -> list[dict[str, str]]:
    """The programs that a page offers to readers."""
    return [json.loads(one.get_text()) for one in BeautifulSoup(page, "html.parser").select("await-live script")]


@pytest.mark.parametrize(
    ("builder", "page"), [("html", "index.html"), ("text", "index.txt"), ("latex", "versions.tex")]
)
def test_a_program_for_other_pythons_is_shown_and_does_not_run(project: Project, builder: str, page: str) -> None:
    """The page says so once, beside the code; a program for this one says nothing. Nothing of it is a warning."""
    project.write("conf.py", project.read("conf.py") + CONF)
    later, here = for_python(">=3.99", "unrunnable"), for_python(f">={HERE}", "print('ran')", name="two")
    project.write("index.md", f"# A\n\n{later}{here}")
    built = project.build("-W", builder=builder)
    assert built.status == 0, built.err
    words = re.sub(r"\s+", " ", built.page(page))
    assert words.count("Not run with") == words.count(WORDS) == 1
    assert "unrunnable" in words
    assert "ran" in words
    again = project.build("-W", "-D", "await_execute=cached", builder=builder)
    assert again.status == 0, again.err


def test_a_page_says_it_for_all_of_its_programs(project: Project) -> None:
    """A program that names versions itself is for these; what means nothing is an error with its line."""
    project.write("conf.py", project.read("conf.py") + CONF)
    head = "---\nawait: run python='{}'\n---\n# A\n\n"
    programs = "```python\nunrunnable\n```\n\n" + for_python(f">={HERE}", "print('ran')", name="two")
    project.write("index.md", head.format(">=3.99") + programs)
    page = BeautifulSoup(project.build("-W").page(), "html.parser")
    assert page.get_text().count("Not run with") == 1
    assert "ran" in [one.get_text() for one in page.select(".await-text")]
    project.write("index.md", head.format("new") + programs)
    assert "index.md:2: ERROR: python: versions such as >=3.13" in project.build().err


def test_a_plain_page_has_the_code_and_the_sentence_alone(project: Project) -> None:
    """No figure, no numbers of lines, nothing to press."""
    project.write("conf.py", project.read("conf.py") + CONF + 'await_plain = ["**"]\n')
    project.write("index.md", "# A\n\n" + for_python(">=3.99", "unrunnable\nunrunnable"))
    page = BeautifulSoup(project.build("-W").page(), "html.parser")
    assert WORDS in page.get_text()
    assert page.select("figure, await-live, .linenos") == []


def test_a_directive_takes_the_option_and_versions_without_words_are_said_as_they_are(project: Project) -> None:
    """Two bounds; one from below has words, as one from above has."""
    project.write("conf.py", project.read("conf.py") + CONF)
    page = "# A\n\n```{exec_code}\n:python: ==2.*, !=2.6\nprint 1\n```\n\n```{exec_code}\n:python: <3\nprint 2\n```\n"
    project.write("index.md", page)
    built = project.build("-W")
    assert built.status == 0, built.err
    shown = BeautifulSoup(built.page(), "html.parser").get_text()
    assert "this program is for Python ==2.*, !=2.6." in shown
    assert "this program is for Python before 3." in shown


@pytest.mark.parametrize("versions", ["3.13", ">=three", ""])
def test_versions_that_mean_nothing_are_an_error_with_its_line(project: Project, versions: str) -> None:
    """Of a fence and of a directive."""
    fence, directive = for_python(versions, "print(1)"), f"```{{exec_code}}\n:python: '{versions}'\nprint(2)\n```\n"
    project.write("index.md", f"# A\n\n{fence}{directive}")
    built = project.build()
    assert built.status == 1
    assert re.search(r"index\.md:3: ERROR: python: versions such as >=3\.13", built.err), built.err
    assert re.search(r"index\.md:10: ERROR: python: versions such as >=3\.13", built.err), built.err


def test_what_refers_to_a_program_that_did_not_run_is_no_warning(project: Project) -> None:
    """A time, a comparison, a question, an exercise, and a later program of its session."""
    project.write("conf.py", project.read("conf.py") + CONF)
    programs = for_python(">=3.99", "print(1)") + "```python\nprint('other')\n```\n\n"
    refer = "{exec_time}`one`\n\n```{exec_compare}\none\nindex-2\n```\n\n"
    question = "````{exec_predict}\n```{exec_code}\n:python: '>=3.99'\nprint(1)\nprint(2)\n```\n````\n\n"
    session = '<!-- await: session=s python=">=3.99" -->\n```python\nx = 1\n```\n\n'
    session += "<!-- await: session=s -->\n```python\nprint('goes on')\n```\n\n"
    exercise = (
        '````{exec_exercise} E\n```{exec_start}\n:python: ">=3.99"\n```\n'
        "```{exec_check} printed('a')\nPrint a.\n```\n```{exec_solution}\nprint('a')\n```\n````\n"
    ).replace(':python: ">=3.99"\n', ':python: ">=3.99"\nprint("b")\n')
    project.write("index.md", f"# A\n\n{programs}{refer}{question}{session}{exercise}{{exec_index}}\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    shown = BeautifulSoup(built.page(), "html.parser").get_text()
    assert "Not compared, since not recorded: one" in shown
    assert shown.count("is for Python 3.99 or newer") == 4
    assert "goes on" in texts(built.page())


@pytest.mark.parametrize(("versions", "only"), [(">=3.99", "Python >=3.99"), (">=3.99,<4", "Python >=3.99,<4")])
def test_readers_get_no_program_that_their_python_is_none_for(
    project: Project, monkeypatch: pytest.MonkeyPatch, versions: str, only: str
) -> None:
    """It has a reason in the place of its buttons."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    project.write("conf.py", project.read("conf.py") + CONF)
    project.write("index.md", "# A\n\n" + for_python(versions, "print(1)"))
    (program,) = offered(project.build("-W").page())
    assert program["only"].endswith(f" browser ({only})")


def test_the_python_of_browsers_decides_what_readers_run(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What did not run here may run there, and what ran here may not; a session is not taken apart."""
    folder = tmp_path_factory.mktemp("runtime")
    (folder / "manifest.json").write_text('{"python": "3.99.1", "files": {}}')
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(folder))
    there, here = for_python(">=3.99", "print(1)"), for_python("<3.99", "print(2)", name="two")
    session = '<!-- await: session=s python=">=3.99" -->\n```python\nx = 1\n```\n\n'
    project.write("conf.py", project.read("conf.py") + CONF)
    project.write("index.md", f"# A\n\n{there}{here}{session}")
    one, two = offered(project.build("-W").page())
    assert (one["code"], one["only"]) == ("print(1)\n", "")
    assert two["only"].endswith(" browser (Python <3.99)")
