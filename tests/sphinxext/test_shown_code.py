"""What pages show of the code of a program: its expected output where that says something, and numbers of lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from ..browser.sites import STUB

if TYPE_CHECKING:
    from bs4 import Tag

    from .conftest import Project

CONF = 'language = "en"\nproject = "Shown"\nversion = "1"\ncopyright = "2026"\n'
CODE = "print('one')\nprint('two')\n"
RIGHT = f"{CODE}\n# Expected output:\n# one\n# two\n"


def fence(code: str, options: str = "run") -> str:
    """A program as a plain fence."""
    return f"<!-- await: {options} -->\n```python\n{code}```\n\n"


def figures(project: Project, *arguments: str) -> list[Tag]:
    """The figures of a page that is built."""
    built = project.build(*arguments)
    return BeautifulSoup(built.page(), "html.parser").select("figure.await-run")


def code_in(figure: Tag) -> str:
    """The code that a figure shows, without its numbers."""
    (shown,) = figure.select(".await-code pre")
    for number in shown.select(".linenos"):
        number.extract()
    return shown.get_text()


def said_in(figure: Tag) -> list[str]:
    """What is said beside the output."""
    return [one.get_text() for one in figure.select(".await-confirmed")]


@pytest.fixture
def page(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose pages are English, and offer programs to readers."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    project.write("conf.py", project.read("conf.py") + CONF)
    return project


def test_expected_output_that_was_right_is_said_and_not_repeated(page: Project) -> None:
    """The same lines are below it; readers edit the program that they see."""
    page.write("index.md", "# A\n\n" + fence(RIGHT) + fence(RIGHT.replace("put:", "put (any order):")))
    first, second = figures(page, "-W")
    assert [code_in(one) for one in (first, second)] == [CODE, CODE]
    assert [*said_in(first), *said_in(second)] == ["✓ As expected", "✓ As expected; the order may be another one"]
    (offered,) = first.select("await-live script")
    assert json.loads(offered.get_text())["code"] == CODE.rstrip("\n")


@pytest.mark.parametrize(
    ("code", "options", "conf"),
    [
        (RIGHT, "show-expected", ""),
        (RIGHT, "run", "await_show_expected = True\n"),
        (RIGHT, "expect=off", ""),
        (RIGHT.replace("# two", "# three"), "run", 'await_on_error = "warn"\n'),
        (RIGHT + "pass\n", "run", ""),
    ],
)
def test_expected_output_is_shown_where_it_says_something(page: Project, code: str, options: str, conf: str) -> None:
    """Where its author wants it, where it was not compared, where it was wrong, and where code follows it."""
    page.write("conf.py", page.read("conf.py") + conf)
    page.write("index.md", "# A\n\n" + fence(code, options))
    (figure,) = figures(page)
    assert code_in(figure) == code
    assert said_in(figure) == []


def test_expected_output_is_shown_where_the_output_is_hidden(page: Project) -> None:
    """Nothing else says what it prints."""
    page.write("index.md", f"# A\n\n```{{exec_code}}\n:hide_output:\n\n{RIGHT}```\n")
    (figure,) = figures(page, "-W")
    assert code_in(figure) == RIGHT


@pytest.mark.parametrize(("builder", "name"), [("text", "index.txt"), ("latex", "shown.tex")])
def test_other_builders_say_so_with_the_measurements(page: Project, builder: str, name: str) -> None:
    """They show no comment either."""
    page.write("index.md", "# A\n\n" + fence(RIGHT))
    built = page.build("-W", builder=builder)
    assert built.status == 0, built.err
    assert "As expected · " in built.page(name)
    assert "Expected output" not in built.page(name)


def test_lines_are_numbered_where_there_is_more_than_one(page: Project) -> None:
    """By default; an option and a value leave the numbers out."""
    one = "print('one')\n"
    page.write("index.md", "# A\n\n" + fence(CODE) + fence(one) + fence(CODE, "no-line-numbers"))
    assert [len(one.select(".linenos")) for one in figures(page, "-W")] == [2, 0, 0]
    page.write("conf.py", page.read("conf.py") + "await_line_numbers = False\n")
    page.write("index.md", "# A\n\n" + fence(CODE) + fence(CODE, "line-numbers"))
    assert [len(one.select(".linenos")) for one in figures(page, "-W")] == [0, 2]


def test_a_traceback_names_lines_by_the_numbers_beside_them(page: Project) -> None:
    """In the page; the build names the line of the document. A line that is not shown has no number."""
    hidden = "#hide:start\ndef fail():\n    raise KeyError\n#hide:stop\n\nfail()\nprint()\n"
    page.write("index.md", f"# A\n\n```{{exec_code}}\n\n{hidden}```\n")
    built = page.build()
    (figure,) = BeautifulSoup(built.page(), "html.parser").select("figure.await-run")
    lines = [one.get_text() for one in figure.select(".await-stderr .await-text")]
    shown = code_in(figure).split("\n")
    number = shown.index("fail()") + 1
    assert f'  File "snippet.py", line {number}, in <module>' in lines
    assert '  File "snippet.py", in fail' in lines
    assert 'File "index.md", line 7, in fail' in built.err


def test_a_line_of_an_earlier_part_of_a_session_has_the_name_of_that_part(page: Project) -> None:
    """With the number beside it there."""
    first = "\n\ndef fail():\n    raise KeyError\n"
    options = "session=s raises=KeyError name=second"
    page.write("index.md", "# A\n\n" + fence(first, "session=s name=first") + fence("fail()\n", options))
    _, figure = figures(page, "-W")
    lines = [one.get_text() for one in figure.select(".await-stderr .await-text")]
    assert '  File "first.py", line 4, in fail' in lines
    assert '  File "snippet.py", line 1, in <module>' in lines
