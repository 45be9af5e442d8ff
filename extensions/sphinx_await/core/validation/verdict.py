"""The verdict on a run: what is wrong with it, by the options of its author."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model.recording import NEVER_LISTENED, NOT_BEGUN, NOT_MET, NOT_REACHED
from ..text.messages import Message, format_message
from ..text.output_lines import shown_text
from .advice import advise, advise_on_time_limit
from .examples import first_not_reached, mismatches
from .expected_output import compare, differ_only_in_times, find_expectation
from .faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..model.recording import Failure, Recording
    from ..model.snippet import Options, Snippet
    from ..model.typed import Typed
    from .advice import Programs


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a run, and the line of the snippet (None: the snippet as a whole).

    :ivar words: a sentence, and lines below it that show details.
    :ivar doubtful: whether only durations differ from the expectation, which a busy machine can cause.
    """

    fault: Fault
    words: tuple[Message | str, ...]
    line: int | None = None
    doubtful: bool = False

    @property
    def message(self) -> str:
        """All its words in English, for the console."""
        return format_message(self.words)


def judge(
    snippet: Snippet,
    recording: Recording,
    *,
    markers: Sequence[str],
    timeout: float,
    earlier: Programs = list,
    displayed: Callable[[str], str] = str,
) -> tuple[Problem, ...]:
    """Find all problems of a run.

    :param markers: the starts of a comment of expected output.
    :param timeout: the time limit of the run, in seconds.
    :param earlier: finds the programs before it on its page that it shares no session with, for advice.
    :param displayed: what a page shows of a printed text, which may have paths of the machine in it.
    """
    if snippet.unordered:
        return ()
    ending = _judge_meeting(snippet.options, recording) or _judge_ending(snippet, recording, timeout, earlier)
    if ending and ending.fault in {Fault.TIMEOUT, Fault.EXIT, Fault.RAISED, Fault.NOT_HUNG}:
        return (ending,)
    if snippet.typed is None:
        outputs = [_judge_output(snippet, recording, markers, displayed)]
    else:
        outputs = [*_judge_examples(snippet.typed, snippet.options.expect, recording, displayed)]
    return tuple(problem for problem in (ending, *outputs, _judge_stderr(snippet, recording)) if problem)


def _judge_ending(snippet: Snippet, recording: Recording, timeout: float, earlier: Programs) -> Problem | None:
    failure, wanted = recording.failure, snippet.options.raises
    if snippet.options.hangs is not None:
        return None if recording.timed_out else _ended(snippet.options.hangs, recording)
    if recording.timed_out:
        words = Message("still running after %g s, so it was stopped; `timeout` allows more", (timeout,))
        is_right = snippet.options.stop_after is not None
        return None if is_right else Problem(Fault.TIMEOUT, (words, *advise_on_time_limit(snippet.code)))
    if wanted is not None:
        return _judge_raises(wanted, recording)
    if failure is not None and failure.type != "SystemExit":
        advice = advise(failure, recording, snippet.code, earlier)
        return Problem(Fault.RAISED, (_raised(failure), *advice), failure.line)
    if recording.exit != 0:
        return Problem(Fault.EXIT, (exit_words(recording.exit),), failure.line if failure else None)
    return None


def _judge_meeting(options: Options, recording: Recording) -> Problem | None:
    """Say that a program did not run, since what it meets did not listen."""
    names = (options.meets or "",)
    if recording.failure == NEVER_LISTENED:
        words = Message(
            "did not run: what it meets (`%s`) listened on no socket until it was stopped; give it a longer "
            "`stop-after`, or let it listen",
            names,
        )
    elif recording.failure == NOT_MET:
        words = Message(
            "did not run: what it meets (`%s`) had ended before it listened on a socket; `meets` is for a program that "
            "listens until it is stopped",
            names,
        )
    elif recording.failure == NOT_BEGUN:
        words = Message(
            "did not run: another program that meets others of this page begins before it, and did not listen"
        )
    else:
        return None
    return Problem(Fault.RAISED, (words,))


def _ended(limit: float, recording: Recording) -> Problem:
    """Say that a program ended that was meant not to; what raised the exception that ended it is its line."""
    failure = recording.failure
    if failure is not None:
        words = Message("was expected to hang (`hangs`), but it was ended by %s", (_name(failure),))
        return Problem(Fault.NOT_HUNG, (words,), failure.line)
    if recording.exit:
        words = Message("was expected to hang (`hangs`), but it %s", (exit_words(recording.exit),))
    else:
        words = Message(
            "was expected to hang for %g s (`hangs`), but it ended by itself after %.2f s", (limit, recording.wall)
        )
    return Problem(Fault.NOT_HUNG, (words,))


def _judge_raises(wanted: str, recording: Recording) -> Problem | None:
    failure = recording.failure
    if failure is None:
        words = Message("%s was expected to end the program, but nothing was raised", (wanted,))
        if recording.exit:
            words = Message("%s was expected to end the program, but it %s", (wanted, exit_words(recording.exit)))
        return Problem(Fault.NOT_RAISED, (words,))
    if failure.is_a(wanted):
        return None
    words = Message("%s was expected to end the program, but it was %s", (wanted, _name(failure)))
    return Problem(Fault.NOT_RAISED, (words,), failure.line)


def _raised(failure: Failure) -> Message | str:
    if failure == NOT_REACHED:
        return Message("the session had ended before this part could run")
    return _name(failure)


def _name(failure: Failure) -> str:
    return f"{failure.type}: {failure.message}" if failure.message else failure.type


def exit_words(status: int) -> Message:
    """An exit status in words: ``ended with exit status 3``, ``was killed by SIGSEGV``."""
    if status >= 0:
        return Message("ended with exit status %d", (status,))
    try:
        return Message("was killed by %s", (signal.Signals(-status).name,))
    except ValueError:
        return Message("was killed by signal %d", (-status,))


def _judge_output(
    snippet: Snippet, recording: Recording, markers: Sequence[str], displayed: Callable[[str], str]
) -> Problem | None:
    mode = snippet.options.expect
    if mode == "off" or (expectation := find_expectation(snippet.code, markers)) is None:
        return None
    any_order = mode == "any-order" or (mode is None and expectation.any_order)
    printed = displayed(shown_text(recording.outputs, "stdout"))
    if mismatch := compare(expectation, printed, exact=mode == "exact", any_order=any_order):
        words = (Message("printed something else than expected"), *mismatch.words)
        doubtful = differ_only_in_times(expectation, printed, any_order=any_order)
        return Problem(Fault.MISMATCH, words, mismatch.line, doubtful)
    return None


def _judge_examples(
    typed: Typed, mode: str | None, recording: Recording, displayed: Callable[[str], str]
) -> Iterator[Problem]:
    found = [] if mode == "off" else mismatches(typed, recording, mode=mode, displayed=displayed)
    for mismatch, doubtful in found:
        words = (Message("displayed something else than is typed"), *mismatch.words)
        yield Problem(Fault.MISMATCH, words, mismatch.line, doubtful)
    if (left := first_not_reached(typed, recording)) is not None:
        yield Problem(Fault.MISMATCH, (Message("the program had ended before this example"),), left.first)


def _judge_stderr(snippet: Snippet, recording: Recording) -> Problem | None:
    text = shown_text(recording.outputs, "stderr")
    if snippet.options.stderr != "error" or not text:
        return None
    return Problem(Fault.STDERR, (Message("wrote to standard error:"), text.rstrip()))
