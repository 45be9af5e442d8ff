"""Exercises whose lines a reader puts in order: what a page shows of them, and which ones are not built."""

from __future__ import annotations

import json
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

```{{exec_lines}}
{options}{program}
```

```{{exec_check}} {check}
It prints one, and then two.
```
````

After it.
"""
PROGRAM = """import asyncio

async def say(word):
    await asyncio.sleep(0.01)
    print(word)  # at last

asyncio.run(say("one"))
asyncio.run(
    say("two")
)
# Expected output:
# one
# two
"""
#: Its lines, in its order: without comments and empty rows.
LINES = [
    "import asyncio",
    "async def say(word):",
    "    await asyncio.sleep(0.01)",
    "    print(word)  # at last",
    'asyncio.run(say("one"))',
    'asyncio.run(\n    say("two")\n)',
]


def write(project: Project, program: str = PROGRAM, options: str = "", check: str = "lines == ['one', 'two']") -> None:
    """Write a page with such an exercise."""
    project.write("index.md", EXERCISE.format(program=program.rstrip(), options=options, check=check))


def shown(page: str, name: str) -> str:
    """The code of a figure."""
    block = BeautifulSoup(page, "html.parser").select_one(f'figure[data-name="{name}"] .await-code pre')
    assert block is not None
    for number in block.select(".linenos"):
        number.extract()
    return block.get_text().rstrip("\n")


def offered(page: str) -> dict[str, object]:
    """What the page hands to a browser of the shuffled lines."""
    script = BeautifulSoup(page, "html.parser").select_one('figure[data-name="both"] await-live script')
    assert script is not None
    found: dict[str, object] = json.loads(script.get_text())
    return found


def test_the_lines_are_shuffled_and_the_solution_is_folded(project: Project) -> None:
    """The same each time; the solution is the program as it was written, at the end, after what is to be reached."""
    write(project)
    built = project.build("-W")
    assert built.status == 0, built.err
    page = built.page()
    start = shown(page, "both")
    assert start != "\n".join(LINES)
    assert sorted(start.split("\n")) == sorted("\n".join(LINES).split("\n"))
    assert 'asyncio.run(\n    say("two")\n)' in start
    fold = BeautifulSoup(page, "html.parser").select_one(".await-exercise > details.await-fold:last-child")
    assert fold is not None
    assert fold.select_one('figure[data-name="both-solution"]') is not None
    assert shown(page, "both-solution").startswith("import asyncio\n\nasync def say(word):")
    project.clean()
    assert shown(project.build("-W").page(), "both") == start


def test_a_browser_is_handed_the_lines(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """With those that stay in their places, and the checks; the solution is no part of it."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    write(project, options=":fixed: 1-2\n")
    page = project.build("-W").page()
    program = offered(page)
    order = program["order"]
    assert isinstance(order, dict)
    lines = order["lines"]
    assert lines[:2] == [["import asyncio", True], ["", True]]
    assert sorted(text for text, is_fixed in lines if not is_fixed) == sorted(LINES[1:])
    assert program["code"] == "\n".join(text for text, _ in lines) == shown(page, "both")
    assert order["step"] == 0
    assert program["checks"]


def test_readers_may_set_the_indentation_too(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the shuffled lines have none."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    write(project, options=":indent:\n")
    page = project.build("-W").page()
    order = offered(page)["order"]
    assert isinstance(order, dict)
    assert order["step"] == len("    ")
    assert sorted(text for text, _ in order["lines"]) == sorted(line.lstrip() for line in LINES)


@pytest.mark.parametrize(
    ("program", "fixed"),
    [
        ("a = 1\nb = a + 1\nc = b + 1\nprint(c)", ""),
        ("print(1)\nprint(2)\nprint(3)", ""),
        ("n = 0\nwhile n < 3:\n    n += 1\n    print(n)\n    n = n\n", ":fixed: 1-2\n"),
    ],
)
def test_any_end_of_the_shuffled_lines_is_right(project: Project, program: str, fixed: str) -> None:
    """They may raise, or print something in another order: nobody wrote them."""
    check = "lines[-1] == '3'" if "a = 1" in program else "lines == ['1', '2', '3']"
    write(project, program, fixed, check)
    built = project.build("-W")
    assert built.status == 0, built.err


@pytest.mark.parametrize(
    ("options", "program", "line", "message"),
    [
        ("", "print(1)\nprint(2)", 9, "exec_lines: at least 3 lines that change places expected, found 2"),
        (":fixed: 1-2\n", "print(1)\nprint(2)\nprint(3)\n# no\n\nprint(4)", 10, "exec_lines: at least 3 lines"),
        ("", "print(1)\nprint(1)\nprint(1)", 9, "exec_lines: the lines that change places are equal"),
        (":fixed: 7\n", "print(1)\nprint(2)\nprint(3)", 10, "exec_lines: fixed: there are lines 1 to 3, found '7'"),
        ("", "print(1)\nprint(2\nprint(3)", 9, "exec_lines: a program in Python expected"),
        ("", "print(3)\nprint(2)\nprint(1)", 9, "both-solution: the solution does not pass"),
    ],
)
def test_lines_that_cannot_be_shuffled_fail_the_build_with_file_and_line(
    project: Project, options: str, program: str, line: int, message: str
) -> None:
    """In each build, and nothing is said of a start that nobody wrote."""
    write(project, program, options, check="lines == ['1', '2', '3']")
    for _build in range(2):
        built = project.build()
        assert built.status == 1
        assert message in built.err
        assert f"index.md:{line}: " in built.err or message.startswith("both-solution")
        assert "exec_start" not in built.err


def test_lines_that_are_right_in_any_order_fail_the_build(project: Project) -> None:
    """Nothing is to be learned from them."""
    write(project, "print(1)\nprint(2)\nprint(3)", check="printed('1')")
    built = project.build()
    assert built.status == 1
    assert "index.md:" in built.err
    assert "both: the shuffled lines pass every check already" in built.err


def test_lines_are_part_of_an_exercise(project: Project) -> None:
    """Alone, nothing judges them."""
    project.write("index.md", "# A\n\n```{exec_lines}\nprint(1)\nprint(2)\nprint(3)\n```\n")
    built = project.build()
    assert built.status == 1
    assert "index.md:4: ERROR: exec_lines is in no exec_exercise" in built.err
    assert "exec_solution" not in built.err


def test_other_builders_have_the_solution_at_the_foot(project: Project) -> None:
    """And the lines where they are asked for."""
    write(project)
    text = project.build("-W", builder="text").page("index.txt")
    places = [
        text.index(part) for part in ("Both at once", "async def say", "It prints one", "After it.", "Solution: ")
    ]
    assert places == sorted(places)
    assert text.index("asyncio.run(say", places[-1]) > places[-1]


def test_a_book_has_it_folded(project: Project) -> None:
    """As a browser without scripts has."""
    write(project)
    page = project.build("-W", builder="epub").page("index.xhtml")
    fold = BeautifulSoup(page, "html.parser").select_one("details.await-fold")
    assert fold is not None
    assert "import asyncio" in fold.get_text()
