"""Pages whose programs have generators: a picture of whose turn it is, where Python tells."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup, Tag

if TYPE_CHECKING:
    from .conftest import Built, Project

HAS_TURNS = sys.version_info >= (3, 12)
COOK = """\
def cook(name):
    for step in (1, 2):
        print(name, step)
        yield step

tasks = [cook("rice"), cook("soup")]
for _ in range(2):
    for task in tasks:
        next(task)
"""
PROGRAMS = {
    "turns": ("", COOK),
    "left-out": ("no-timeline", COOK),
    "sum": ("", "print(sum(n * n for n in range(3)))\n"),
    "asked": ("timeline", "print(sum(n * n for n in range(3)))\n"),
    "none": ("", "print(1)\n"),
}


def page_of(names: dict[str, tuple[str, str]]) -> str:
    """A page with these programs."""
    fences = (f"<!-- await: name={name} {more} -->\n```python\n{code}```\n\n" for name, (more, code) in names.items())
    return "# Page\n\n" + "".join(fences)


def figures(built: Built) -> dict[str, Tag]:
    """The figures of a page by the names of their runs."""
    found = BeautifulSoup(built.page(), "html.parser").select("figure.await-run")
    return dict(zip(PROGRAMS, found, strict=False))


@pytest.mark.skipif(not HAS_TURNS, reason="sys.monitoring")
def test_a_page_shows_whose_turn_it_was(project: Project) -> None:
    """A lane for the program and for each generator, a table, and steps that lead through."""
    project.write("index.md", page_of(PROGRAMS))
    built = project.build()
    assert (built.status, built.err) == (0, "")
    found = figures(built)
    shown = {name for name, figure in found.items() if figure.select_one(".await-picture")}
    assert shown == {"turns", "asked"}
    figure = found["turns"]
    for brief in figure.select(".at-brief"):  # what a narrow page shows instead
        brief.decompose()
    names = [one.get_text() for one in figure.select(".at-side .at-name")]
    assert names == ["the program", "cook('rice')", "cook('soup')"]
    assert [one.get_text() for one in figure.select(".at-side .at-note")] == ["", "line 1", "line 1"]
    rows = [[cell.get_text() for cell in row.select("th, td")] for row in figure.select("tbody tr")]
    (how,) = figure.select(".await-how")  # it is the first of the page
    assert "each row is a generator" in how.get_text()
    assert rows == [
        ["cook('rice')", "the program", "2 turns", "1, 2", "left where it yielded"],
        ["cook('soup')", "the program", "2 turns", "1, 2", "left where it yielded"],
    ]
    path = str(figure.select_one(".await-steps")["data-steps"]).partition("?")[0]  # type: ignore[index]
    steps = json.loads((built.folder / path).read_text(encoding="utf-8"))
    assert [moment[1] for moment in steps["moments"]] == [
        "The program starts",
        "the program runs this line · line 1",
        "the program runs this line · line 6",
        "the program runs this line · line 7",
        "the program runs this line · line 8",
        "cook('rice') runs for the first time: next(task) · line 9",
        "cook('rice') runs this line · line 2",
        "cook('rice') prints: rice 1",
        "cook('rice') yields 1 · line 4",
        "the program runs this line · line 8",
        "cook('soup') runs for the first time: next(task) · line 9",
        "cook('soup') runs this line · line 2",
        "cook('soup') prints: soup 1",
        "cook('soup') yields 1 · line 4",
        "the program ends the loop: for task in tasks · line 8",
        "the program runs this line · line 7",
        "the program runs this line · line 8",
        "cook('rice') goes on: next(task) · line 9",
        "cook('rice') runs this line · line 2",
        "cook('rice') prints: rice 2",
        "cook('rice') yields 2 · line 4",
        "the program runs this line · line 8",
        "cook('soup') goes on: next(task) · line 9",
        "cook('soup') runs this line · line 2",
        "cook('soup') prints: soup 2",
        "cook('soup') yields 2 · line 4",
        "the program ends the loop: for task in tasks · line 8",
        "the program ends the loop: for _ in range(2) · line 7",
        "The program ends",
    ]
    again = project.build(folder="again")
    assert again.page() == built.page()
    assert again.ran == []


@pytest.mark.skipif(not HAS_TURNS, reason="sys.monitoring")
def test_a_hidden_output_hides_what_was_yielded(project: Project) -> None:
    """It may be what the program printed."""
    project.write("index.md", f"# Page\n\n```{{exec_code}}\n:hide_output:\n\n{COOK}```\n")
    built = project.build()
    assert built.status == 0, built.err
    (picture,) = BeautifulSoup(built.page(), "html.parser").select(".await-picture")
    assert [row.select("td")[2].get_text() for row in picture.select("tbody tr")] == ["…, …", "…, …"]


@pytest.mark.skipif(HAS_TURNS, reason="there is sys.monitoring")
def test_an_older_python_shows_no_turns_and_says_nothing_wrong(project: Project) -> None:
    """The page is as it was; where a picture was asked for, it says that there is none."""
    project.write("index.md", page_of({name: one for name, one in PROGRAMS.items() if name != "asked"}))
    built = project.build()
    assert (built.status, built.err) == (0, "")
    assert not BeautifulSoup(built.page(), "html.parser").select(".await-picture, .await-missing")
