"""The course of this repository: what its chapters promise a reader."""

from __future__ import annotations

import re
import runpy
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.validation.exercise_checks import skips_the_work
from sphinx_await.core.validation.expected_output import find_expectation
from sphinx_await.course.config import AwaitConfig
from sphinx_await.course.exercises import faults_of
from sphinx_await.course.jobs import jobs_of
from sphinx_await.course.pages.model import PageContext
from sphinx_await.course.pages.read import read_page
from sphinx_await.engine.result import RerunPolicy
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..conftest import PROJECT

if TYPE_CHECKING:
    from sphinx_await.core.model.snippet import Snippet
    from sphinx_await.course.entries import Exercise
    from sphinx_await.course.pages.model import Page
    from sphinx_await.engine.program import Program
    from sphinx_await.engine.result import Result

CONF = runpy.run_path(str(PROJECT / "conf.py"))
SOURCE = PROJECT / "source"
#: The documents whose fences run, as their names without a suffix.
CHAPTERS = tuple(
    sorted(
        found.relative_to(SOURCE).with_suffix("").as_posix()
        for pattern in CONF["await_run_fences"]
        for found in SOURCE.glob(f"{pattern}.md")
    )
)
_FENCE = re.compile(r"(?:<!-- await: ([^\n]*) -->\n)?```python\n(.*?)```\n", re.DOTALL)


def programs() -> list[tuple[str, str, str]]:
    """Each program of the chapters: its place, its options and its code."""
    found = []
    for name in CHAPTERS:
        text = (SOURCE / f"{name}.md").read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            line = text.count("\n", 0, match.start(2)) + 1
            found.append((f"{name}.md:{line}", match[1] or "", match[2]))
    return found


def test_every_program_is_found() -> None:
    """No fence of Python is written in a way that the tests of this file overlook."""
    texts = [(SOURCE / f"{name}.md").read_text(encoding="utf-8") for name in CHAPTERS]
    assert len(programs()) == sum(text.count("```python") for text in texts)


@pytest.mark.parametrize(
    ("options", "code"), [program[1:] for program in programs()], ids=[program[0] for program in programs()]
)
def test_a_program_says_what_it_prints(options: str, code: str) -> None:
    """Every program but the seed's first says what it prints, or says that it cannot."""
    in_the_seed = "results = await asyncio.gather(*tasks)" in code
    assert in_the_seed or "expect=off" in options.split() or find_expectation(code, ["예상 출력"])


def pages() -> dict[str, Page]:
    """Each chapter as it is read."""
    read = {}
    for name in CHAPTERS:
        file = SOURCE / f"{name}.md"
        read[name] = read_page(file, "markdown", PageContext(name, SOURCE, PROJECT, runs_all=True))
    return read


PAGES = pages()
EXERCISES = [exercise for page in PAGES.values() for exercise in page.exercises]


def test_every_chapter_has_exercises() -> None:
    """Of each chapter's exercises every one has a name, by which a reader's device remembers it."""
    without = {name for name, page in PAGES.items() if not page.exercises}
    assert without == {"index", "asyncio-depth"}
    assert all(exercise.start != f"{exercise.docname}-1" for exercise in EXERCISES)


@pytest.mark.parametrize("exercise", EXERCISES, ids=[one.start for one in EXERCISES])
def test_each_exercise_has_sentences_of_their_own_for_three_wrong_answers(exercise: Exercise) -> None:
    """At least three of its sentences have an answer that gets them; the next test sees that it does."""
    assert sum(bool(one.wrong) for one in exercise.feedback) >= 3


@pytest.mark.parametrize("exercise", EXERCISES, ids=[one.start for one in EXERCISES])
def test_no_exercise_is_solved_by_printing_what_is_expected(exercise: Exercise) -> None:
    """A program that only prints is not judged, whatever it prints."""
    assert skips_the_work('print("끝")\n', exercise.start_code)


def test_starts_fail_solutions_pass_and_wrong_answers_are_told_what_is_wrong() -> None:
    """As the build checks it, of all exercises of the course."""
    config = AwaitConfig.parse({})
    asked = {(exercise.docname, name) for exercise in EXERCISES for name in exercise.programs}
    jobs = [
        job
        for name, page in PAGES.items()
        for job in jobs_of([entry for entry in page.entries if (name, entry.snippet.name) in asked], name, config)
    ]
    uses: defaultdict[Program, list[tuple[Exercise, Snippet]]] = defaultdict(list)
    for job in jobs:
        snippet = job.entries[0].snippet
        uses[job.program] += [
            (one, snippet) for one in EXERCISES if one.docname == job.docname and snippet.name in one.programs
        ]

    def faults(result: Result) -> list[str]:
        return [
            f"{snippet.name}: {message}"
            for exercise, snippet in uses[result.program]
            for _, message in faults_of(exercise, snippet, result.recording)
        ]

    engine = Engine(Settings())
    try:
        engine.start(frozenset().union(*(program.imports() for program in uses)))
        results = list(engine.run(list(uses), RerunPolicy(lambda result: bool(faults(result)))))
    finally:
        engine.close()
    assert [fault for result in results for fault in faults(result)] == []
    assert len(asked) >= 5 * len(EXERCISES)


_INDEX_ROW = re.compile(r"^\| \[.+\]\(\./([\w/-]+)\) \| (.+)\? \| (\d+)분 \|$", re.MULTILINE)
_BLOCK = re.compile(r"(?<!`)```(?:python|\{exec_\w+\}[^\n]*)\n.*?```", re.DOTALL)


def minutes(text: str) -> float:
    """How long a chapter takes: 450 letters or 25 lines of code a minute, 1 minute a question and 5 an exercise."""
    lines = sum(len(code.partition("# 예상 출력:")[0].strip().splitlines()) for _options, code in _FENCE.findall(text))
    letters = len(_BLOCK.sub("", text))
    return letters / 450 + lines / 25 + text.count("{exec_predict}") + 5 * text.count("{exec_exercise}")


def test_the_first_page_lists_every_chapter_with_its_question_and_its_time() -> None:
    """In the order in which they follow each other; a time is right to five minutes."""
    first = (SOURCE / "index.md").read_text(encoding="utf-8")
    rows = _INDEX_ROW.findall(first)
    listed = [name for name, _question, _time in rows]
    assert set(listed) == set(CHAPTERS) - {"index", "asyncio-depth"}
    assert listed == [line for line in first.splitlines() if line in listed]  # as in its toctrees
    off = {name: minutes((SOURCE / f"{name}.md").read_text(encoding="utf-8")) - int(time) for name, _, time in rows}
    assert {name: by for name, by in off.items() if abs(by) > 5} == {}
