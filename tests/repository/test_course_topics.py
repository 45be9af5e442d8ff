"""The page of the design that says where each topic and question is in the course."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from ..conftest import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

PAGE = PROJECT / "source" / "design" / "course-topics.md"
#: Goals of the course's first half.
TOPICS_RUN, QUESTIONS_RUN = 52, 26
_ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (run|half|said|no)(?:: .+?)? \|$", re.MULTILINE)
_LINK = re.compile(r"\[\]\((\.\./[\w/-]+\.md)#([^)]+)\)")
#: A program that the build runs: a plain fence, or one of the two of an exercise.
_PROGRAM = re.compile(r"^```(?:python|\{exec_(?:code|start)\})$", re.MULTILINE)
#: A program that stands in a page, without the comment of its expected output.
_IN_PAGE = re.compile(r"^```python\n(.+?)\n(?:# 예상 출력[^`]*)?```$", re.MULTILINE | re.DOTALL)
_MOST_LINES = 25
_NOT_RUN = re.compile(r"<!-- await: [^\n]*no-run[^\n]*-->\n```python$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of one of the tables: where a topic or a question is in the course.

    :ivar places: the files and the slugs of their sections.
    :ivar how: ``run``, ``half``, ``said`` or ``no``.
    """

    number: int
    what: str
    places: tuple[tuple[str, str], ...]
    how: str


def rows(heading: str) -> list[Row]:
    """The rows of the table below a heading of the page."""
    table = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [
        Row(int(number), what, tuple(_LINK.findall(places)), how) for number, what, places, how in _ROW.findall(table)
    ]


@cache
def sections(file: str) -> dict[str, str]:
    """The text of each section of a page with all below it, by its slug, as MyST makes slugs."""
    lines = (PAGE.parent / file).read_text(encoding="utf-8").splitlines()
    reader = MarkdownIt().use(front_matter_plugin).use(anchors_plugin, max_level=3)
    headings = [token for token in reader.parse("\n".join(lines)) if token.type == "heading_open"]
    found = {}
    for place, heading in enumerate(headings):
        later = (other for other in headings[place + 1 :] if other.tag <= heading.tag)
        following = next(later, None)
        assert heading.map
        end = following.map[0] if following and following.map else len(lines)
        found[str(heading.attrGet("id"))] = "\n".join(lines[heading.map[0] : end])
    return found


ROWS = [*rows("Topics"), *rows("Questions")]


def test_every_topic_and_question_has_a_row() -> None:
    """None was left out where it is not in the course."""
    assert [row.number for row in rows("Topics")] == list(range(1, 73))
    assert [row.number for row in rows("Questions")] == list(range(1, 37))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_each_place_is_a_section_and_what_is_run_has_a_program(row: Row) -> None:
    """A link leads to a section that exists; one of a topic that is run has a program that the build runs."""
    assert bool(row.places) == (row.how != "no")
    for file, slug in row.places:
        text = sections(file)[slug]
        if row.how == "run":
            assert len(_PROGRAM.findall(text)) > len(_NOT_RUN.findall(text)), slug


def test_the_page_counts_right() -> None:
    """Its numbers are those of its tables, and the goals are reached."""
    topics, questions = ([row.how for row in rows(heading)] for heading in ("Topics", "Questions"))
    said = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert (
        f"Of the 72 topics, {topics.count('run')} are run, {topics.count('said')} are only said, and"
        f" {topics.count('no')} are not there. Of the 36 questions, {questions.count('run')} are answered by a run,"
        f" {questions.count('half')} by half, and {questions.count('no')} are not."
    ) in said
    assert topics.count("run") >= TOPICS_RUN
    assert questions.count("run") >= QUESTIONS_RUN


@pytest.mark.parametrize("page", sorted((PROJECT / "source" / "asyncio").glob("*.md")), ids=lambda page: page.stem)
def test_a_long_program_of_a_deeper_chapter_is_a_file(page: Path) -> None:
    """Of more than 25 lines it is in ``examples/``, where it can be run without the page."""
    programs = _IN_PAGE.findall(page.read_text(encoding="utf-8"))
    assert programs
    assert [program for program in programs if len(program.splitlines()) > _MOST_LINES] == []
