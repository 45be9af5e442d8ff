"""What ten wrong answers to the main chapter's exercise are told, in the course's words."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.validation.exercise_checks import is_judged, passed
from sphinx_await.core.validation.feedback import FeedbackLabels, feedback_on
from sphinx_await.course.pages.model import PageContext
from sphinx_await.course.pages.read import read_page
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..conftest import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx_await.core.model.recording import Recording

PAGE = PROJECT / "source" / "asyncio.md"
NAME = "two-orders"
ORDERS = 'coffee, bread = await asyncio.gather(prepare("커피", 0.3), prepare("빵", 0.2))\n'
#: Seconds after which a program is stopped; the exercise takes a third of one.
LIMIT = 3


@dataclass(frozen=True)
class Answer:
    """A wrong answer: what is written in the place of the solution's line that orders, and what is said of it.

    :ivar whole: it is the whole program.
    :ivar judged: whether its checks are judged at all: then some of them may be done.
    """

    mistake: str
    code: str
    said: str
    judged: bool = True
    whole: bool = False


TEN = (
    Answer(
        "does not compile",
        'coffee, bread = await asyncio.gather(prepare("커피", 0.3), prepare("빵", 0.2)\n',
        "Python could not read the program, so nothing of it ran. Look at the marked line and at the one before it.",
        judged=False,
    ),
    Answer(
        "raises",
        ORDERS + "coffee + 1\n",
        'TypeError: can only concatenate str (not "int") to str ended the program, so nothing is judged.',
        judged=False,
    ),
    Answer(
        "forgets await",
        'coffee, bread = prepare("커피", 0.3), prepare("빵", 0.2)\n',
        "prepare() was called but never awaited, so nothing in it ran. `await` may be missing before the call.",
    ),
    Answer(
        "awaits one after another",
        'coffee = await asyncio.create_task(prepare("커피", 0.3))\n'
        'bread = await asyncio.create_task(prepare("빵", 0.2))\n',
        "태스크를 만들자마자 `await`하면, 그 태스크가 끝난 다음에야 다음 태스크를 만듭니다.",
    ),
    Answer(
        "sleeps less",
        ORDERS.replace("0.3", "0.25"),
        "커피를 준비하는 시간이 줄었습니다.",
    ),
    Answer(
        "prints the answer",
        'print("커피: 준비 시작")\nprint("빵: 준비 끝")\nprint("커피: 준비 끝")\nprint("나왔습니다: 커피, 빵")\n',
        "The program only prints. What it prints must come from what the exercise asks for.",
        judged=False,
        whole=True,
    ),
    Answer(
        "catches all",
        "try:\n    coffee, bread = 1\nexcept BaseException:\n    return\n",
        "이 문제에는 `except`가 필요하지 않습니다.",
    ),
    Answer(
        "uses threads",
        'coffee = await asyncio.to_thread(asyncio.run, prepare("커피", 0.3))\n'
        'bread = await asyncio.to_thread(asyncio.run, prepare("빵", 0.2))\n',
        "스레드가 없어도 됩니다.",
    ),
    Answer(
        "never ends",
        ORDERS + "await asyncio.Event().wait()\n",
        "The program did not end by itself, so nothing is judged. It may wait for what never happens, or a loop of it "
        "may never end.",
        judged=False,
    ),
    Answer("empty program", "\n", "There is no program yet.", judged=False, whole=True),
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Give an engine."""
    engine = Engine(Settings())
    try:
        engine.start(frozenset({"asyncio"}))
        yield engine
    finally:
        engine.close()


def ran(engine: Engine, code: str) -> Recording:
    """The recording of a program."""
    (result,) = engine.run([Program.of(code, LIMIT)])
    return result.recording


@pytest.mark.parametrize("answer", TEN, ids=[answer.mistake for answer in TEN])
def test_a_wrong_answer_is_told_what_is_wrong(engine: Engine, answer: Answer) -> None:
    """None is done that was not judged, none solves the exercise, and each gets the sentence for its mistake."""
    page = read_page(PAGE, "markdown", PageContext("asyncio", PAGE.parent, PAGE.parent))
    (exercise,) = (one for one in page.exercises if one.start == NAME)
    (solution,) = (entry.snippet.code for entry in page.entries if entry.snippet.name == exercise.solution)
    code = answer.code
    if not answer.whole:
        assert solution.count(ORDERS) == 1
        code = solution.replace(f"    {ORDERS}", textwrap.indent(answer.code, "    "))
    recording = ran(engine, code)
    assert is_judged(exercise.tests, recording, code, exercise.start_code) is answer.judged
    verdicts = passed(exercise.tests, recording, code, exercise.start_code)
    assert not all(verdicts)
    assert answer.judged or not any(verdicts)
    tests, conditions, start = exercise.tests, exercise.conditions, exercise.start_code
    feedback = feedback_on(tests, conditions, recording, code, FeedbackLabels(), start)
    assert feedback is not None
    line = 0 if feedback.index is None else exercise.feedback[feedback.index].line
    said = PAGE.read_text(encoding="utf-8").splitlines()[line] if line else feedback.words
    assert said.startswith(answer.said), said
