"""Why programs of foreign pages fail, in kinds that need the same of their author. For the console, in English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ...core.model.recording import NOT_REACHED
from ...core.validation.advice import defines, has_prompts, is_ipython, serves
from ...core.validation.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.model.recording import Failure, Recording
    from ...core.model.snippet import Snippet
    from ...core.validation.verdict import Problem


class Cause(Enum):
    """A kind of failure.

    :ivar words: what such programs do.
    :ivar advice: what an author can do about them.
    """

    words: str
    advice: str

    def __init__(self, words: str, advice: str) -> None:
        self.words = words
        self.advice = advice

    EARLIER_NAME = (
        "use a name that an earlier program of their page defines",
        'session=NAME before each of them, or await_session = "page" for the page',
    )
    EARLIER_FAILS = (
        "use a name of an earlier program of their page, and fail in a session with it, too",
        "mend the earlier program first, or no-run",
    )
    UNKNOWN_NAME = (
        "use a name that nothing on their page defines",
        "no-run; or await_setup with what they all need, such as imports",
    )
    AWAITS = ("await outside of functions", "top-level-await")
    PROMPTS = ("have prompts in them", "no-run; a program of prompts begins with `>>> ` or is tagged pycon")
    IPYTHON = ("have lines of IPython's own, such as !ls", "leave them out; or no-run, of a cell skip-execution")
    NO_PYTHON = ("are no Python", "no-run, or another tag than python")
    NO_MODULE = ("import what is not installed", "install it where the pages are built, or no-run")
    NO_FILE = ("open files that are not there", "await_files puts files there; session=NAME shares a folder")
    WRITES = ("write outside of their folder", "no-run")
    NETWORK = ("want the network", "await_hosts answers for hosts, await_network reaches them; or no-run")
    INPUT = ("read input", 'stdin="..."')
    SERVES = ("serve for ever", "stop-after=2")
    TIME = ("do not end in time", "timeout=SECONDS; hangs if that is meant; or no-run")
    EXPECTED = ("print something else than is claimed", "correct the page, or expect=off if it differs in each run")
    EXIT = ("end with another status than 0", "no-run")
    AFTER_ANOTHER = ("come after one that ended their session", "what the one before them needs")
    RAISED = ("raise an exception", "raises=TYPE if that is meant, else no-run")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a program failed.

    :ivar detail: what differs among programs of one cause: a name, a module, a type; may be empty.
    """

    cause: Cause
    detail: str = ""


def failure_of(problem: Problem, recording: Recording, snippet: Snippet) -> Failure | None:
    """The exception that a problem is about: of the program, or of one of its examples; None if there is none."""
    if problem.fault is Fault.RAISED:
        return recording.failure
    if snippet.typed is None or problem.fault is not Fault.MISMATCH or problem.line is None:
        return None
    pairs = zip(snippet.typed.run, recording.examples, strict=False)
    return next((run.failure for example, run in pairs if example.first <= problem.line <= example.end), None)


_OF_FAULT = {
    Fault.MISMATCH: Cause.EXPECTED,
    Fault.STDERR: Cause.EXPECTED,
    Fault.NOT_RAISED: Cause.EXPECTED,
    Fault.NOT_HUNG: Cause.EXPECTED,
    Fault.EXIT: Cause.EXIT,
}
_OF_TYPE = {
    "NameError": Cause.UNKNOWN_NAME,
    "ModuleNotFoundError": Cause.NO_MODULE,
    "FileNotFoundError": Cause.NO_FILE,
    "EOFError": Cause.INPUT,
    "PermissionError": Cause.WRITES,
    "SyntaxError": Cause.NO_PYTHON,
    "IndentationError": Cause.NO_PYTHON,
    "TabError": Cause.NO_PYTHON,
}


#: What differs among failures of a cause, in their messages.
_DETAILS = {
    Cause.UNKNOWN_NAME: re.compile(r"name '([^']+)' is not defined"),
    Cause.NO_MODULE: re.compile(r"No module named '(\w+)"),
    Cause.NO_FILE: re.compile(r"No such file or directory: '([^']+)'"),
}


def diagnose(problem: Problem, recording: Recording, snippet: Snippet, earlier: Sequence[str] = ()) -> Diagnosis:
    """Sort a failure.

    :param problem: the first of the run.
    :param earlier: the programs before it on its page.
    """
    code = snippet.code
    if problem.fault is Fault.TIMEOUT:
        return Diagnosis(Cause.SERVES if serves(code) else Cause.TIME)
    failure = failure_of(problem, recording, snippet)
    if failure is None:
        return Diagnosis(_OF_FAULT.get(problem.fault, Cause.RAISED))
    cause = _cause_of(failure)
    found = _DETAILS[cause].search(failure.message) if cause in _DETAILS else None
    detail = found[1] if found else ""
    if cause is Cause.UNKNOWN_NAME and defines(earlier, detail):
        cause = Cause.EARLIER_NAME
    elif cause is Cause.NO_PYTHON and has_prompts(code):
        cause = Cause.PROMPTS
    elif cause is Cause.NO_PYTHON and is_ipython(failure):
        cause = Cause.IPYTHON
    return Diagnosis(cause, failure.type if cause is Cause.RAISED else detail)


def _cause_of(failure: Failure) -> Cause:
    if failure == NOT_REACHED:
        return Cause.AFTER_ANOTHER
    if failure.os_error == "socket.gaierror":
        return Cause.NETWORK
    if "[Errno 30]" in failure.message:
        return Cause.WRITES
    return _OF_TYPE.get(failure.type, Cause.RAISED)
