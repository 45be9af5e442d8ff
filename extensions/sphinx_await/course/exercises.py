"""Judges the programs of an exercise, and what authors write for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.errors import CheckError
from ..core.syntax import blank_lines
from ..core.validation.exercise_checks import passed, passes, read_check
from ..core.validation.feedback import FeedbackLabels, feedback_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..core.model.recording import Recording
    from ..core.model.snippet import Options, Snippet
    from .entries import Check, Exercise, FeedbackEntry


def faults_of(
    exercise: Exercise, snippet: Snippet, recording: Recording
) -> Iterator[tuple[Check | FeedbackEntry | None, str]]:
    """What is wrong with a program of an exercise: the part that says so, or None for the program itself; and why.

    The solution passes every check, the start does not, and a wrong answer gets its sentence.
    """
    name, code = snippet.name, snippet.code
    if name == exercise.solution:
        yield from _faults_of_solution(exercise, recording, code)
    elif all(passed(exercise.tests, recording, code, exercise.start_code)):
        yield None, _passes_already(exercise, snippet)
    elif name in exercise.wrong:
        yield from _faults_of_wrong_answer(exercise, exercise.wrong[name], recording, code)


def _passes_already(exercise: Exercise, snippet: Snippet) -> str:
    if snippet.unordered:
        return "the shuffled lines pass every check already; other lines get another order (`fixed` keeps some)"
    what = "program to begin with" if snippet.name == exercise.start else "wrong answer"
    return f"the {what} passes every check already"


def _faults_of_solution(
    exercise: Exercise, recording: Recording, code: str
) -> Iterator[tuple[Check | FeedbackEntry | None, str]]:
    for check, is_passed in zip(exercise.checks, passed(exercise.tests, recording, code), strict=True):
        if error := _error_of(check.test, recording, code):
            yield check, error
        elif not is_passed:
            yield check, f"the solution does not pass {check.test!r}"
    for one in exercise.feedback:
        if one.condition and (error := _error_of(one.condition, recording, code)):
            yield one, error


def _faults_of_wrong_answer(
    exercise: Exercise, index: int, recording: Recording, code: str
) -> Iterator[tuple[Check | FeedbackEntry | None, str]]:
    tests, conditions = exercise.tests, exercise.conditions
    got = feedback_on(tests, conditions, recording, code, FeedbackLabels(), exercise.start_code)
    if got is None:
        yield None, "this wrong answer gets no sentence"
    elif got.index is None:
        yield None, f"this wrong answer gets another sentence: {got.words}"
    elif got.index != index:
        other = exercise.feedback[got.index]
        yield None, f"this wrong answer gets the sentence of line {other.line}: {other.condition}"


def _error_of(test: str, recording: Recording, code: str) -> str:
    """The error that an expression raises; empty if it raises none."""
    try:
        passes(test, recording, code)
    except CheckError as error:
        return str(error)
    return ""


def options_of_start(options: Options, code: str) -> Options | None:
    """The options of a start in which there are blanks; None if there are none.

    It cannot run, nobody misses its traceback, and its comment of expected output is what it is to print.
    """
    if not blank_lines(code):
        return None
    return replace(options, raises=options.raises or "Exception", expect="off", timeline=False)


def check_mistake(test: str, text: str) -> str:
    """What is wrong with a check, or with a condition; empty if nothing is.

    :param text: what it says to readers.
    """
    try:
        read_check(test)
    except CheckError as error:
        return str(error)
    return "" if text.strip() else f"{test!r} does not say what it is about"
