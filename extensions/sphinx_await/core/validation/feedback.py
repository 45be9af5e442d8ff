"""What is said of a program that does not solve its exercise: a sentence of its author, or a general one.

A general sentence comes first where nothing else can be said of a run: it did not end, Python could not read it, an
exception ended it, a coroutine was never awaited, or it only printed. A condition that asks for one of that has
precedence; and where a browser lacks what the program asks for, each condition has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..syntax import blank_lines, is_empty
from ..text.messages import N_
from ..text.output_lines import shown_text
from .browser_support import LACKS
from .exercise_checks import ABOUT_TASKS, holds, names_of, passed, skips_the_work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..model.recording import Recording

#: Words of a condition that asks how a program ended.
_OF_ENDING = frozenset({"raised", "returned", "stopped", "stderr"})
_A_COROUTINE = "'coroutine'"
_A_FUTURE = "await wasn't used with future"
_NEVER_AWAITED = re.compile(r"coroutine '(?:.*[.>])?([^.']+)' was never awaited")


@dataclass(frozen=True, slots=True)
class FeedbackLabels:
    """The general sentences; ``{names}`` are filled in by :meth:`str.format`."""

    endless: str = N_(
        "The program did not end by itself, so nothing is judged. It may wait for what never happens, or a loop of it "
        "may never end."
    )
    unreadable: str = N_(
        "Python could not read the program, so nothing of it ran. Look at the marked line and at the one before it."
    )
    never_awaited: str = N_(
        "{name}() was called but never awaited, so nothing in it ran. `await` may be missing before the call."
    )
    future: str = N_(
        "A task or a future was used as if it were its result, so nothing is judged. `await` is missing in the marked "
        "line."
    )
    failed: str = N_("{error} ended the program, so nothing is judged. Mend that first.")
    exited: str = N_("The program ended itself early, so nothing is judged.")
    blank: str = N_("There is a blank left in line {line}: write something in the place of `______`.")
    empty: str = N_("There is no program yet.")
    unsupported: str = N_("The program asks for what a browser does not have, so nothing is judged. Do without it.")
    printed: str = N_("The program only prints. What it prints must come from what the exercise asks for.")
    idle: str = N_("No coroutine ran. `asyncio.run(main())` runs one.")


@dataclass(frozen=True, slots=True)
class Feedback:
    """What is said of a program.

    :ivar index: of the author's sentence; None if it is a general one.
    :ivar words: the general sentence; else empty.
    """

    index: int | None
    words: str = ""


def feedback_on(
    tests: Sequence[str],
    conditions: Sequence[str],
    recording: Recording,
    code: str,
    labels: FeedbackLabels,
    start: str = "",
) -> Feedback | None:
    """What is said of a program; None if it solves the exercise, or if nothing fits.

    :param tests: the checks of the exercise.
    :param conditions: of the author's sentences, of which the first one that holds is said.
    :param code: the program.
    :param start: the program to begin with.
    """
    if all(passed(tests, recording, code, start)):
        return None
    return next(_fitting(tests, conditions, recording, code, labels, start), None)


def _fitting(
    tests: Sequence[str],
    conditions: Sequence[str],
    recording: Recording,
    code: str,
    labels: FeedbackLabels,
    start: str,
) -> Iterator[Feedback]:
    """All that could be said, the best first."""
    of_ending = {index for index, condition in enumerate(conditions) if names_of(condition) & _OF_ENDING}
    own = [Feedback(index) for index, condition in enumerate(conditions) if holds(condition, recording, code)]
    yield from (one for one in own if one.index in of_ending)
    if recording.failure is not None and recording.failure.message in LACKS:
        yield from own
        yield Feedback(None, labels.unsupported)
    yield from (Feedback(None, words) for words in _of_ending(recording, code, labels))
    if skips_the_work(code, start):
        yield Feedback(None, labels.printed)
    yield from (one for one in own if one.index not in of_ending)
    if not recording.tasks and any(names_of(test) & ABOUT_TASKS for test in tests):
        yield Feedback(None, labels.idle)


def _of_ending(recording: Recording, code: str, labels: FeedbackLabels) -> Iterator[str]:
    """What is said of how a program ended."""
    failure = recording.failure
    if is_empty(code):
        yield labels.empty
    if blanks := blank_lines(code):
        yield labels.blank.format(line=blanks[0])
    if recording.timed_out or recording.exit < 0:
        yield labels.endless
    if failure is not None and failure.type in {"SyntaxError", "IndentationError", "TabError"}:
        yield labels.unreadable
    match = _NEVER_AWAITED.search(shown_text(recording.outputs, "stderr"))
    # An exception may be the reason that a coroutine was not awaited, or come of it: then it names one.
    if match and (failure is None or _A_COROUTINE in failure.message):
        yield labels.never_awaited.format(name=match[1])
    if failure is not None and failure.message == _A_FUTURE:
        yield labels.future
    if failure is not None:
        error = f"{failure.type}: {failure.message}" if failure.message else failure.type
        yield labels.failed.format(error=error.partition("\n")[0])
    elif recording.exit > 0:
        yield labels.exited
