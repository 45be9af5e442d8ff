"""The verdict on a run: what is wrong with it, measured by what its author asked for."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .expect import compare, find_expectation
from .lines import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .recording import Failure, Recording
    from .snippet import Snippet


class Fault(StrEnum):
    """What can be wrong with a run; the value is the subtype of the warning."""

    RAISED = "raised"  #: an exception ended it
    NOT_RAISED = "not_raised"  #: ``:raises:`` was given, and it ended well or with another exception
    EXIT = "exit"  #: an exit status other than 0, or a signal
    TIMEOUT = "timeout"  #: it was still running at its time limit
    MISMATCH = "mismatch"  #: it printed something else than its comment of expected output says
    STDERR = "stderr"  #: it wrote to standard error, and ``:stderr: error`` was given


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what, in words, and at which line of the snippet (None: the whole of it)."""

    fault: Fault
    message: str
    line: int | None = None


def judge(snippet: Snippet, recording: Recording, *, markers: Sequence[str], timeout: float) -> tuple[Problem, ...]:
    """All that is wrong with a run; nothing if the page may show it as it is.

    :param markers: what starts a comment of expected output.
    :param timeout: the limit in seconds that held for the run.
    """
    ending = _judge_ending(snippet, recording, timeout)
    if ending and ending.fault in {Fault.TIMEOUT, Fault.EXIT, Fault.RAISED}:
        return (ending,)
    rest = (_judge_output(snippet, recording, markers), _judge_stderr(snippet, recording))
    return tuple(problem for problem in (ending, *rest) if problem)


def _judge_ending(snippet: Snippet, recording: Recording, timeout: float) -> Problem | None:
    failure, wanted = recording.failure, snippet.options.raises
    if recording.timed_out:
        return Problem(Fault.TIMEOUT, f"still running after {timeout:g} s, so it was stopped; `timeout` allows more")
    if wanted is not None:
        return _judge_raises(wanted, recording)
    if failure is not None and failure.type != "SystemExit":
        return Problem(Fault.RAISED, _first_words(failure), failure.line)
    if recording.exit != 0:
        return Problem(Fault.EXIT, exit_words(recording.exit), failure.line if failure else None)
    return None


def _judge_raises(wanted: str, recording: Recording) -> Problem | None:
    failure = recording.failure
    if failure is None:
        instead = f"it {exit_words(recording.exit)}" if recording.exit else "nothing was raised"
        return Problem(Fault.NOT_RAISED, f"{wanted} was expected to end the program, but {instead}")
    if failure.type == wanted or failure.type.endswith(f".{wanted}"):
        return None
    message = f"{wanted} was expected to end the program, but it was {_first_words(failure)}"
    return Problem(Fault.NOT_RAISED, message, failure.line)


def _first_words(failure: Failure) -> str:
    return f"{failure.type}: {failure.message}" if failure.message else failure.type


def exit_words(status: int) -> str:
    """An exit status in words: ``ended with exit status 3``, ``was killed by SIGSEGV``."""
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


def _judge_output(snippet: Snippet, recording: Recording, markers: Sequence[str]) -> Problem | None:
    mode = snippet.options.expect
    if mode == "off" or (expectation := find_expectation(snippet.code, markers)) is None:
        return None
    any_order = mode == "any-order" or (mode is None and expectation.any_order)
    printed = text_of(recording.outputs, "stdout")
    if mismatch := compare(expectation, printed, exact=mode == "exact", any_order=any_order):
        return Problem(Fault.MISMATCH, f"printed something else than expected\n{mismatch.diff}", mismatch.line)
    return None


def _judge_stderr(snippet: Snippet, recording: Recording) -> Problem | None:
    text = text_of(recording.outputs, "stderr")
    if snippet.options.stderr != "error" or not text:
        return None
    return Problem(Fault.STDERR, f"wrote to standard error:\n{text.rstrip()}")
