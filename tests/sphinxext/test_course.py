"""The course of this repository: what its chapters promise a reader."""

from __future__ import annotations

import re
import runpy

import pytest

from sphinx_await.core.validation.exercise_checks import passed
from sphinx_await.core.validation.expected_output import find_expectation
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..conftest import PROJECT
from ..support.wrong_answers import WRONG_ANSWERS, WrongAnswer

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
_EXERCISE = re.compile(r"````\{exec_exercise\}[^\n]*\n:name: (\S+)\n(.*?)\n````\n", re.DOTALL)
_PROGRAM = re.compile(r"```\{exec_(start|solution)\}\n(?::[^\n]*\n)*\n*(.*?)```", re.DOTALL)
_CHECK = re.compile(r"```\{exec_check\} (.*)\n")
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


def exercises() -> dict[str, str]:
    """The source of each exercise of the chapters, by its name."""
    texts = [(SOURCE / f"{name}.md").read_text(encoding="utf-8") for name in CHAPTERS]
    return {match[1]: match[2] for text in texts for match in _EXERCISE.finditer(text)}


def written(answer: WrongAnswer, exercise: str) -> str:
    """The program of a wrong answer."""
    code: str = dict(_PROGRAM.findall(exercise))[answer.of]
    for text, instead in answer.edits:
        assert code.count(text) == 1, (answer, text)
        code = code.replace(text, instead)
    return code


def test_typical_wrong_answers_are_told_in_sentences_of_their_own() -> None:
    """Of each exercise with wrong answers, no two are told the same sentence first."""
    found = exercises()
    programs = [Program.of(written(answer, found[answer.exercise]), 20) for answer in WRONG_ANSWERS]
    engine = Engine(Settings())
    try:
        engine.start(frozenset().union(*(program.imports() for program in programs)))
        recordings = {result.program: result.recording for result in engine.run(programs)}
    finally:
        engine.close()
    told = [
        passed(_CHECK.findall(found[answer.exercise]), recordings[program]).index(False)
        for answer, program in zip(WRONG_ANSWERS, programs, strict=True)
    ]
    assert told == [answer.told for answer in WRONG_ANSWERS]
    names = [answer.exercise for answer in WRONG_ANSWERS]
    assert len({(answer.exercise, answer.told) for answer in WRONG_ANSWERS}) == len(names)
    assert min(names.count(name) for name in names) >= 3


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
