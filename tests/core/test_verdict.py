from __future__ import annotations

import re
import signal
from dataclasses import replace
from typing import Any

import pytest

from sphinx_await.core.model.recording import Failure, Output, Recording
from sphinx_await.core.model.snippet import Options, Snippet
from sphinx_await.core.validation.faults import Fault
from sphinx_await.core.validation.verdict import Problem, exit_words, judge

MARKERS = ("예상 출력",)
CODE = "print('a')\n\n# 예상 출력:\n# a\n# 1.00초\n"
FINE = Recording("p", "p", "s", 1.0, 0.1, 0, outputs=(Output(0.1, "stdout", "a\n1.02초\n"),))
FAILURE = Failure("json.decoder.JSONDecodeError", "Expecting value", "Traceback", 3)


def judged(recording: Recording, **options: Any) -> tuple[Problem, ...]:
    """What is wrong with a run of a program under these options."""
    snippet = Snippet("name", CODE, "chapter.md", (11, 12, 13, 14, 15), Options(**options))
    return judge(snippet, recording, markers=MARKERS, timeout=2.5)


def printed(stdout: str, stderr: str = "") -> Recording:
    """A run that ended well and printed this."""
    outputs = (Output(0.1, "stderr", stderr), Output(0.2, "stdout", stdout))
    return replace(FINE, outputs=tuple(output for output in outputs if output.text))


def unanswered(kind: str, message: str, os_error: str | None = None) -> Recording:
    """A run that was ended by an exception of a library's."""
    return replace(FINE, exit=1, failure=Failure(kind, message, "Traceback", None, os_error))


RAISED = replace(FINE, exit=1, failure=FAILURE)
MISSING = replace(
    FINE,
    exit=1,
    failure=Failure(
        *("app.errors.NoConfig", "none", "Traceback", 3),
        names=("Exception", "FileNotFoundError", "OSError", "app.NoConfig", "app.errors.NoConfig", "os.error"),
    ),
)
EXITED = replace(FINE, exit=3, failure=Failure("SystemExit", "3", "", 2))


@pytest.mark.parametrize(
    ("recording", "options"),
    [
        (FINE, {}),
        (RAISED, {"raises": "JSONDecodeError"}),
        (RAISED, {"raises": "decoder.JSONDecodeError"}),
        (RAISED, {"raises": "KeyError, JSONDecodeError"}),
        (RAISED, {"raises": "json.decoder.JSONDecodeError"}),
        (EXITED, {"raises": "SystemExit"}),
        *(
            (MISSING, {"raises": name})
            for name in ("NoConfig", "app.NoConfig", "OSError", "builtins.Exception", "error")
        ),
        (printed("1.00초\na\n"), {"expect": "any-order"}),
        (printed("b\n"), {"expect": "off"}),
        (printed("a\n1.00초\n"), {"expect": "exact", "stderr": "error"}),
        (printed("a\n1.00초\n", "Warning: x\n"), {}),
        (printed("a\n1.00초\n", "Warning: x\n"), {"stderr": "hide"}),
    ],
)
def test_nothing_is_wrong(recording: Recording, options: dict[str, str]) -> None:
    """A run that did what its author asked for has no problem."""
    assert judged(recording, **options) == ()


@pytest.mark.parametrize(
    ("recording", "options", "fault", "message", "line"),
    [
        (RAISED, {}, Fault.RAISED, "json.decoder.JSONDecodeError: Expecting value", 3),
        (
            replace(RAISED, failure=Failure("KeyboardInterrupt", "", "", None)),
            {},
            Fault.RAISED,
            "KeyboardInterrupt",
            None,
        ),
        (
            unanswered("gaierror", "[Errno -2] Name does not resolve", "socket.gaierror"),
            {},
            Fault.RAISED,
            r"\n.*`await_hosts`",
            None,
        ),
        (unanswered("EOFError", "EOF when reading a line"), {}, Fault.RAISED, r"\n.*`stdin` gives more to it", None),
        (unanswered("FileNotFoundError", "[Errno 2]"), {}, Fault.RAISED, r"\n.*`await_files`", None),
        (EXITED, {}, Fault.EXIT, "ended with exit status 3", 2),
        (replace(FINE, exit=3), {}, Fault.EXIT, "ended with exit status 3", None),
        (replace(FINE, exit=-int(signal.SIGSEGV)), {}, Fault.EXIT, "killed by SIGSEGV", None),
        (replace(FINE, exit=-9, timed_out=True), {}, Fault.TIMEOUT, "still running after 2.5 s", None),
        (replace(FINE, exit=-9, timed_out=True), {"raises": "ValueError"}, Fault.TIMEOUT, "2.5 s", None),
        (FINE, {"hangs": 0.5}, Fault.NOT_HUNG, "hang for 0.5 s .* ended by itself after 1.00 s", None),
        (RAISED, {"hangs": 0.5}, Fault.NOT_HUNG, "ended by json.decoder.JSONDecodeError: Expecting value", 3),
        (replace(FINE, exit=3), {"hangs": 0.5}, Fault.NOT_HUNG, "but it ended with exit status 3", None),
        (replace(RAISED, timed_out=True), {}, Fault.TIMEOUT, "`timeout` allows more", None),
        (FINE, {"raises": "ValueError"}, Fault.NOT_RAISED, "ValueError was expected .* nothing was raised", None),
        (RAISED, {"raises": "ValueError"}, Fault.NOT_RAISED, "but it was json.decoder.JSONDecodeError: Expecting", 3),
        (RAISED, {"raises": "KeyError, OSError"}, Fault.NOT_RAISED, "KeyError, OSError was expected", 3),
        (RAISED, {"raises": "DecodeError"}, Fault.NOT_RAISED, "DecodeError was expected", 3),
        (MISSING, {"raises": "ValueError"}, Fault.NOT_RAISED, "but it was app.errors.NoConfig: none", 3),
        (
            replace(RAISED, failure=replace(FAILURE, type="app.ValueError")),
            {"raises": "ValueError"},
            Fault.NOT_RAISED,
            "but it was app.ValueError",
            3,
        ),
        (EXITED, {"raises": "ValueError"}, Fault.NOT_RAISED, "but it was SystemExit: 3", 2),
        (printed("a\n"), {}, Fault.MISMATCH, r"printed something else than expected\n(.*\n)*-1\.00초", 5),
        (printed("1.00초\na\n"), {}, Fault.MISMATCH, "printed something else", 4),
        (printed("1.00초\nb\n"), {"expect": "any-order"}, Fault.MISMATCH, r"\+ b", 4),
        (FINE, {"expect": "exact"}, Fault.MISMATCH, r"\+1\.02초", 5),
        (printed("", "a\n1.00초\n"), {}, Fault.MISMATCH, "-a", 4),
        (
            printed("a\n1.00초\n", "Warning: x\n"),
            {"stderr": "error"},
            Fault.STDERR,
            "wrote to standard error:\nWarning: x",
            None,
        ),
    ],
)
def test_one_thing_is_wrong(
    recording: Recording, options: dict[str, str], fault: Fault, message: str, line: int | None
) -> None:
    """What is wrong is reported as one problem, in words, at its line of the snippet."""
    (problem,) = judged(recording, **options)
    assert (problem.fault, problem.line) == (fault, line)
    assert re.search(message, problem.message)


@pytest.mark.parametrize(
    ("bracket", "mode", "fine"),
    [
        ("", None, False),
        (" (순서는 다를 수 있음)", None, True),
        (" (순서는 다를 수 있음)", "ordered", False),
        (" (순서는 다를 수 있음)", "exact", False),
        ("", "any-order", True),
    ],
)
def test_the_option_is_stronger_than_the_comment(bracket: str, mode: str | None, fine: bool) -> None:
    """The bracket of the marker says that any order will do, unless the option says how to compare."""
    snippet = Snippet("name", f"# 예상 출력{bracket}:\n# a\n# b", "chapter.md", (1, 2, 3), Options(expect=mode))
    assert (judge(snippet, printed("b\na\n"), markers=MARKERS, timeout=1.0) == ()) is fine


def test_several_things_are_wrong() -> None:
    """An exception that did not come hides neither a mismatch nor what was written to standard error."""
    problems = judged(printed("b\n", "Warning: x\n"), raises="ValueError", stderr="error")
    assert [problem.fault for problem in problems] == [Fault.NOT_RAISED, Fault.MISMATCH, Fault.STDERR]


def test_a_program_that_is_meant_not_to_end_is_right_when_it_was_stopped() -> None:
    """What it printed until then is compared as of any other."""
    stopped = replace(FINE, exit=-9, timed_out=True)
    assert judged(stopped, hangs=0.5) == ()
    assert [problem.fault for problem in judged(replace(stopped, outputs=()), hangs=0.5)] == [Fault.MISMATCH]


def test_a_program_that_is_stopped_after_a_while_is_right() -> None:
    """And so it is if it ends before; what it printed until then is compared, and an exception is an error."""
    stopped = replace(FINE, exit=-9, timed_out=True)
    assert judged(stopped, stop_after=0.5) == judged(FINE, stop_after=0.5) == ()
    assert [problem.fault for problem in judged(replace(stopped, outputs=()), stop_after=0.5)] == [Fault.MISMATCH]
    assert [problem.fault for problem in judged(RAISED, stop_after=0.5)] == [Fault.RAISED]


def test_an_early_end_is_the_only_problem() -> None:
    """A program that did not get to its end is not blamed for the output it could not print."""
    for ended in (replace(RAISED, outputs=()), replace(EXITED, outputs=()), replace(RAISED, timed_out=True)):
        assert len(judged(ended, stderr="error")) == 1


def test_expected_output_is_compared_after_the_expected_exception() -> None:
    """A program that ends with the exception its author wants still has to print what its comment says."""
    problems = judged(replace(RAISED, outputs=()), raises="JSONDecodeError")
    assert [problem.fault for problem in problems] == [Fault.MISMATCH]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (3, "ended with exit status 3"),
        (-int(signal.SIGKILL), "was killed by SIGKILL"),
        (-250, "was killed by signal 250"),
    ],
)
def test_exit_words(status: int, words: str) -> None:
    """An exit status is described in words, a signal by its name if it has one."""
    assert exit_words(status).said() == words


@pytest.mark.parametrize(
    ("stdout", "options", "doubtful"),
    [
        ("a\n1.60초\n\n", {}, True),
        ("1.60초\na\n", {"expect": "any-order"}, True),
        ("1.60초\na\n", {}, False),
        ("b\n1.60초\n", {}, False),
        ("a\n1.60 초\n", {}, False),
        ("a\n", {}, False),
    ],
)
def test_only_durations_leave_doubt(stdout: str, options: dict[str, str], doubtful: bool) -> None:
    """A busy machine may be to blame for durations that are off; for anything else the program is."""
    (problem,) = judged(printed(stdout), **options)
    assert problem.doubtful == doubtful
