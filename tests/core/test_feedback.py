"""What is said of a program that does not solve its exercise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sphinx_await.core.model.recording import Failure, Output, Recording, Task
from sphinx_await.core.validation.browser_support import NO_THREADS
from sphinx_await.core.validation.feedback import Feedback, FeedbackLabels, feedback_on

WORDS = FeedbackLabels()
ENDED = Recording("CPython 3.13.0", "Linux", "2026-11-24T12:00:00+00:00", wall=0.5, cpu=0.1, exit=0)
BUSY = replace(ENDED, tasks=(Task("Task-1"),))
FAILED = replace(ENDED, exit=1, failure=Failure("ValueError", "bad\nvery", "", 1))
NEVER = "snippet.py:3: RuntimeWarning: coroutine 'main.<locals>.work' was never awaited\n"
TESTS = ("printed('x')", "tasks > 1")


def said(recording: Recording, *conditions: str, code: str = "pass") -> Feedback | None:
    """What is said of a program."""
    return feedback_on(TESTS, conditions, recording, code, WORDS)


def test_the_first_condition_that_holds_counts() -> None:
    """One that raises an error, or that cannot be read, does not hold."""
    assert said(BUSY, "tasks == 7", "1 / 0 == 1", "", "tasks == 1", "tasks < 9") == Feedback(3)
    assert said(BUSY, "tasks == 7") is None


def test_a_program_that_only_prints_is_told_so() -> None:
    """Where the start does more, whatever its author says of other mistakes."""
    start, code = "import asyncio\nasyncio.run(asyncio.sleep(1))", "print('x')"
    printed = replace(BUSY, tasks=BUSY.tasks * 2, outputs=(Output(0.1, "stdout", "x\n"),))
    assert feedback_on(TESTS, ("tasks == 2",), printed, code, WORDS, start) == Feedback(None, WORDS.printed)
    assert feedback_on(TESTS, ("returned",), printed, code, WORDS, start) == Feedback(0)
    assert feedback_on(TESTS, ("tasks == 2",), printed, code, WORDS, code) is None
    assert feedback_on(TESTS, ("tasks == 2",), printed, "# x", WORDS, start) == Feedback(None, WORDS.empty)


def test_what_a_browser_lacks_is_no_mistake_to_mend() -> None:
    """The author's sentence comes first, as where a build runs the same answer."""
    failed = replace(FAILED, failure=Failure("RuntimeError", NO_THREADS, "", 1))
    code = "import threading\nthreading.Thread(target=print).start()"
    assert said(failed, "uses('threading')", code=code) == Feedback(0)
    assert said(failed, "uses('queue')", code=code) == Feedback(None, WORDS.unsupported)


def test_a_program_that_solves_the_exercise_gets_no_sentence() -> None:
    """Whatever holds of it."""
    solved = replace(BUSY, tasks=BUSY.tasks * 2, outputs=(Output(0.1, "stdout", "x\n"),))
    assert said(solved, "tasks == 2") is None


@pytest.mark.parametrize(
    ("recording", "code", "words"),
    [
        (replace(ENDED, timed_out=True, exit=-15), "pass", WORDS.endless),
        (replace(FAILED, failure=Failure("SyntaxError", "bad", "", 1)), "a b", WORDS.unreadable),
        (
            replace(FAILED, failure=Failure("RuntimeError", "await wasn't used with future", "", 1)),
            "pass",
            WORDS.future,
        ),
        (FAILED, "pass", WORDS.failed.format(error="ValueError: bad")),
        (replace(ENDED, exit=3), "pass", WORDS.exited),
        (replace(BUSY, outputs=(Output(0.1, "stderr", NEVER),)), "pass", WORDS.never_awaited.format(name="work")),
        (ENDED, " \n", WORDS.empty),
        (FAILED, "import x\nx.______()\n______", WORDS.blank.format(line=2)),
    ],
)
def test_what_makes_all_else_pointless_is_said_first(recording: Recording, code: str, words: str) -> None:
    """Unless a condition asks for that."""
    assert said(recording, "tasks < 9", code=code) == Feedback(None, words)
    assert said(recording, "tasks < 9", "not returned or stderr() or stopped or returned", code=code) == Feedback(1)


def test_an_exception_comes_before_a_forgotten_await_unless_it_names_a_coroutine() -> None:
    """It may be the reason that nobody awaited the coroutine."""
    outputs = (Output(0.1, "stderr", NEVER),)
    other = replace(FAILED, failure=Failure("TypeError", "unhashable type: 'list'", "", 1), outputs=outputs)
    assert said(other) == Feedback(None, WORDS.failed.format(error="TypeError: unhashable type: 'list'"))
    named = replace(other, failure=Failure("AttributeError", "'coroutine' object has no attribute 'items'", "", 1))
    assert said(named) == Feedback(None, WORDS.never_awaited.format(name="work"))


def test_where_no_task_ran_and_no_sentence_fits_it_is_said_what_runs_one() -> None:
    """If checks ask about tasks."""
    assert said(ENDED, "tasks == 7") == Feedback(None, WORDS.idle)
    assert said(ENDED, "tasks == 0") == Feedback(0)
    assert feedback_on(["printed('x')"], [], ENDED, "pass", WORDS) is None
