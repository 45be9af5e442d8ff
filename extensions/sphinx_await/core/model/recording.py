"""The recording of one run of a snippet: plain data with a JSON form.

All moments and durations are seconds; a moment counts from the start of the program's first line. A line is a line of
the snippet, counted from 1, and not of the document: a snippet may move without running again. It is None for a place
in another snippet of the same session. Where no line of the program has to do with it, it is the line of another module
of the project, and a field beside it has the name of that file.
"""

from __future__ import annotations

import builtins
import json
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..errors import RecordingError
from .dependencies import Dependencies
from .displays import Display, check_displays
from .from_data import ALWAYS, build
from .source_files import is_file_name
from .to_data import to_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SCHEMA = 10
_ALWAYS = {ALWAYS: True}
#: Schemas that can be read: what a later one added has defaults.
_READ = (1, 2, 3, 4, 5, 6, 7, 8, 9, SCHEMA)
#: The name of a file, for which :func:`.is_file_name` is true: without a folder, and fit to be shown.
FileName = str


@dataclass(frozen=True, slots=True)
class Output:
    """Text that was written to ``stdout`` or ``stderr`` at one moment.

    :ivar at: when it was written
    :ivar stream: ``stdout`` or ``stderr``
    :ivar text: what was written
    :ivar task: index of the task that wrote it; None outside of tasks, for child processes and for ``os.write``
    :ivar thread: index of the thread that wrote it; None for the first thread
    :ivar switches: how many beginnings and ends of turns of generators were before it; None if there were none, or if
        that is not known
    """

    at: float
    stream: str
    text: str
    task: int | None = None
    thread: int | None = None
    switches: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """An interval in which a task held the event loop.

    :ivar start: when it began
    :ivar end: when it ended
    :ivar woken_by: index of the task that made it ready; None: a timer, the network or a thread did, or it is unknown
    :ivar ready: since when it could have run while something else held the loop; None: less than a millisecond, or
        unknown
    :ivar held_at: the line at which it spent most of its time, or called what did, if it took 50 ms and more; None:
        unknown, or no such line
    :ivar held_in: name of the file of that line; None if it is the snippet
    """

    start: float
    end: float
    woken_by: int | None = None
    ready: float | None = None
    held_at: int | None = None
    held_in: FileName | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """An interval in which a task was suspended at one line.

    :ivar start: when it began
    :ivar end: when it ended; None: the task was still suspended when the program ended
    :ivar line: the line at which the task waited
    :ivar on: what it awaited: ``asyncio.sleep(1)``, ``Queue.get()``, ``Task-2``
    :ivar tasks: indices of the tasks that it awaited: one, or the children of a ``gather``
    :ivar file: name of the file of the line; None if it is the snippet
    """

    start: float
    end: float | None
    line: int | None
    on: str
    tasks: tuple[int, ...] = ()
    file: FileName | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """An asyncio task.

    :ivar name: its last known name
    :ivar parent: index of the task that created it
    :ivar created: when it was created
    :ivar finished: when it ended
    :ivar outcome: ``returned``, ``raised``, ``cancelled``; None if it never ended
    :ivar steps: intervals in which it held the event loop
    :ivar waits: intervals in which it was suspended
    :ivar coro: qualified name of its coroutine
    :ivar line: line at which it was created
    :ivar error: the type of the exception that it raised
    :ivar loop: index of its event loop
    :ivar internal: a library created it for itself, with a coroutine of its own
    :ivar file: name of the file of the line; None if it is the snippet
    """

    name: str
    parent: int | None = None
    created: float | None = None
    finished: float | None = None
    outcome: str | None = None
    steps: tuple[Step, ...] = field(default=(), metadata=_ALWAYS)
    waits: tuple[Wait, ...] = field(default=(), metadata=_ALWAYS)
    coro: str | None = None
    line: int | None = None
    error: str | None = None
    loop: int | None = None
    internal: bool = False
    file: FileName | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """An event loop, from its start until it stopped (None: it did not stop).

    :ivar start: when it began to run
    :ivar end: when it stopped; None: it was never stopped
    :ivar name: the name of its class
    :ivar thread: index of the thread that it ran in; None for the first thread
    """

    start: float
    end: float | None
    name: str
    thread: int | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """An interval in which a callback, not a step of a task, held the event loop.

    :ivar start: when it began
    :ivar end: when it ended
    :ivar name: its qualified name
    :ivar line: line at which it is defined; None if a library defines it
    :ivar loop: index of its event loop
    :ivar held_at: as of a step
    :ivar file: name of the file of the line; None if it is the snippet
    :ivar held_in: as of a step
    """

    start: float
    end: float
    name: str
    line: int | None = None
    loop: int | None = None
    held_at: int | None = None
    file: FileName | None = None
    held_in: FileName | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a task at one moment.

    :ivar at: when it happened
    :ivar kind: ``cancel``: the task was asked to cancel; ``timeout``: a time limit of the task ran out; ``destroyed``:
        it had not ended, and nothing referred to it any more
    :ivar task: index of the task
    :ivar by: index of the task that caused it
    :ivar line: the line that caused it
    :ivar file: name of the file of the line; None if it is the snippet
    """

    at: float
    kind: str
    task: int | None
    by: int | None = None
    line: int | None = None
    file: FileName | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A call that a thread executed.

    :ivar start: when it began
    :ivar end: when it ended; None: the program ended before
    :ivar what: qualified name of the function that was called
    :ivar line: line at which that is defined
    :ivar task: index of the task that handed it over
    :ivar file: name of the file of the line; None if it is the snippet
    """

    start: float
    end: float | None
    what: str
    line: int | None = None
    task: int | None = None
    file: FileName | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread other than the main thread: of an executor, of ``asyncio.to_thread``, or started by the program.

    :ivar name: its name
    :ivar work: the calls that it carried out
    """

    name: str
    work: tuple[Work, ...] = ()


@dataclass(frozen=True, slots=True)
class Generator:
    """An object of a generator function of the program, of a generator expression, or of another function with turns.

    It is here from its first turn on: that it was created is not recorded.

    :ivar name: qualified name of its function; ends with ``<genexpr>`` for a generator expression
    :ivar call: how the function was called, with the arguments that are numbers, short texts, truth values or None:
        ``cook('rice', …)``
    :ivar kind: ``generator``, ``coroutine`` or ``asynchronous generator``
    :ivar line: the line at which its function is defined
    """

    name: str
    call: str | None = None
    kind: str = "generator"
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """An interval in which a generator ran, from where it was resumed until it yielded or ended.

    The turns of those that it resumed meanwhile are within it.

    :ivar generator: whose turn it is: an index of ``generators``
    :ivar start: when it began
    :ivar first: the number of its beginning: those of all beginnings and ends are counted together, from 1. Times may
        be equal, these are not
    :ivar end: when it ended; None: it did not end, or its end is missing
    :ivar last: the number of its end
    :ivar by: index of the generator that ran before it and goes on after it; None: the rest of the program
    :ivar line: where it was resumed
    :ivar how: what the program does there: ``next(numbers)``, ``for … in numbers``, ``yield from``
    :ivar thrown: the type of the exception that was thrown into it: ``GeneratorExit`` by ``close()``
    :ivar left: ``yielded``, ``returned``, ``raised`` or ``closed``
    :ivar left_at: the line at which it yielded or ended
    :ivar value: what it yielded or returned, as Python writes it; None if it is not a value as in ``call``
    :ivar error: the type of the exception with which it ended
    """

    generator: int
    start: float
    first: int
    end: float | None = None
    last: int | None = None
    by: int | None = None
    line: int | None = None
    how: str = ""
    thrown: str | None = None
    left: str | None = None
    left_at: int | None = None
    value: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class LineRun:
    """Lines that ran one after another in one step of a task, or outside of tasks, or between two switches.

    A line that ran several times in a row is there once.

    :ivar start: when the first of them began
    :ivar lines: the lines
    :ivar after: for each line, how many microseconds after ``start`` it began
    :ivar task: index of the task in which they ran; None outside of tasks, and in those that are not recorded
    :ivar switches: how many beginnings and ends of turns of generators were before them; None if there were none
    """

    start: float
    lines: tuple[int, ...]
    after: tuple[int, ...]
    task: int | None = None
    switches: int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """The exception that ended the program.

    :ivar type: the name of its type as in a traceback: ``ValueError``, ``json.decoder.JSONDecodeError``
    :ivar message: its text
    :ivar traceback: as Python prints it, with ``snippet.py`` for the snippet
    :ivar line: the deepest line of the snippet in the traceback; None if there is none
    :ivar os_error: type of the operating system's error that it is or that caused it (``OSError``,
        ``socket.gaierror``); None if there is none
    :ivar errno: number of that error
    :ivar names: names for which ``except NAME`` would catch it: its type, the bases of that, and other names for them
        (``OSError`` of a ``FileNotFoundError``, ``json.JSONDecodeError``)
    """

    type: str
    message: str
    traceback: str
    line: int | None
    os_error: str | None = None
    errno: int | None = None
    names: tuple[str, ...] = ()

    def is_a(self, wanted: str) -> bool:
        """Whether ``except NAME`` would catch the exception, for one of the names, which have commas between them.

        A name may be without its module, or the start of that. Names of built-in exceptions mean these.
        """
        return any(self._has_name(name.strip()) for name in wanted.split(","))

    def _has_name(self, name: str) -> bool:
        name, names = name.removeprefix("builtins."), {self.type, *self.names}
        if name in names or name in _BUILT_IN:
            return name in names
        return any(one.endswith(f".{name}") for one in names)


_BUILT_IN = frozenset(
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
)

#: The failure of a part whose session had ended before it.
NOT_REACHED = Failure("SessionEnded", "the session had ended before this part could run", "", None)
#: The failures of a program that meets another one: that one ended by itself, or was stopped, and never listened.
NOT_MET = Failure("NobodyListens", "what it meets had ended before it listened", "", None)
NEVER_LISTENED = Failure("NobodyListens", "what it meets was stopped before it listened", "", None)
#: The failure of one that would have begun after another that met nobody it meets.
NOT_BEGUN = Failure("NobodyListens", "another program that begins before it did not listen", "", None)


@dataclass(frozen=True, slots=True)
class StandIn:
    """A mock server that answered the program.

    :ivar host: its name
    :ivar delay: seconds before it answered
    """

    host: str
    delay: float


@dataclass(frozen=True, slots=True)
class Omission:
    """Output that was not kept, since there was too much of it.

    :ivar after: how many ``outputs`` come before it
    :ivar lines: how many ends of lines it had
    :ivar size: how many bytes
    """

    after: int
    lines: int
    size: int


#: A program that wanted a core in vain for longer than the larger of the two (seconds, share of its wall time) was
#: disturbed: its times are not to be trusted.
_DISTURBED_SECONDS, _DISTURBED_SHARE = 0.010, 0.02


def is_disturbing(run_delay: float | None, wall: float) -> bool:
    """Whether a program waited too long for a core.

    :param run_delay: seconds for which it wanted one in vain.
    :param wall: seconds that it took.
    """
    return (run_delay or 0.0) > max(_DISTURBED_SECONDS, wall * _DISTURBED_SHARE)


#: More than anybody types into a page.
MOST_EXAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class ExampleRun:
    """The run of one example that was typed at a prompt.

    :ivar at: when it began
    :ivar after: how many ``outputs`` come before its own
    :ivar failure: the exception that ended it; the program went on
    """

    at: float
    after: int
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """One run of one snippet.

    :ivar python: implementation and version of Python: ``CPython 3.13.0``
    :ivar platform: system and machine: ``Linux x86_64``
    :ivar started: when the program started, or the first one of its session or shared folder: ISO 8601, UTC
    :ivar wall: seconds from the first line until the program ended
    :ivar cpu: seconds of processor time during ``wall``, with finished children
    :ivar exit: exit status; negative: the signal that killed the program
    :ivar failure: the exception that ended it; None if none did
    :ivar timed_out: the program was stopped, at its time limit or since nobody met it any more
    :ivar truncated: it wrote more than the output limit; the rest was counted but not kept
    :ivar outputs: what it wrote, in order
    :ivar tasks: its asyncio tasks, in the order in which they were created
    :ivar stand_ins: the mock servers that answered it
    :ivar network: it could reach the real network
    :ivar run_delay: seconds for which it could have run but had no core; None where the system does not say
    :ivar repeats: with the option ``repeat``: the wall times of all runs. The run that is recorded is the one in the
        middle
    :ivar requires: what the recording depends on, besides the program
    :ivar loops: its event loops
    :ivar callbacks: callbacks that held an event loop
    :ivar events: cancellations and time limits
    :ivar threads: threads other than the first
    :ivar unseen: how many steps were left out, because there were too many
    :ivar unseen_tasks: how many tasks were left out, because there were too many
    :ivar unseen_since: from when on steps are missing
    :ivar incomplete: why tasks, steps or threads may be missing, if the recorder failed
    :ivar omitted: what is missing in the middle of the output, because it printed more than is kept; None if nothing
        is, or if only the start was kept
    :ivar reruns: how many more times it ran because a run before had been disturbed
    :ivar displays: the results that it displayed, in order. Before version 6 there were none
    :ivar examples: of a program with prompts (``>>>``): what was run at each, in order. Before version 7 there were
        none
    :ivar machine: the name of the machine that ran it for the one that builds; None if that ran it itself. Pages do not
        publish it
    :ivar generators: of a program without tasks: its generators that ran in the first thread, in the order of their
        first turns. Before version 9, and before Python 3.12, there are none
    :ivar turns: the turns of these generators, in the order in which they began; at most 500, of 200 generators
    :ivar turns_unseen_since: from when on turns are missing, because there were too many
    :ivar lines: the lines that ran in the first thread, in order. Before version 10 there are none; nor where a program
        might notice it (it uses ``sys.monitoring``, ``sys.settrace`` or ``sys.setprofile``)
    :ivar lines_left_out: more than 2000 lines ran, or fewer on a slow machine, or the stack became deep, or on Python
        3.11 more than 20 000 with those of libraries: none is kept
    """

    python: str
    platform: str
    started: str
    wall: float
    cpu: float
    exit: int
    failure: Failure | None = field(default=None, metadata=_ALWAYS)
    timed_out: bool = False
    truncated: bool = False
    outputs: tuple[Output, ...] = field(default=(), metadata=_ALWAYS)
    tasks: tuple[Task, ...] = field(default=(), metadata=_ALWAYS)
    stand_ins: tuple[StandIn, ...] = field(default=(), metadata=_ALWAYS)
    network: bool = False
    run_delay: float | None = None
    repeats: tuple[float, ...] = field(default=(), metadata=_ALWAYS)
    requires: Dependencies = field(default_factory=Dependencies, metadata=_ALWAYS)
    loops: tuple[Loop, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    events: tuple[Event, ...] = ()
    threads: tuple[Thread, ...] = ()
    unseen: int = 0
    unseen_tasks: int = 0
    unseen_since: float | None = None
    incomplete: str | None = None
    omitted: Omission | None = None
    reruns: int = 0
    displays: tuple[Display, ...] = ()
    examples: tuple[ExampleRun, ...] = ()
    machine: str | None = None
    generators: tuple[Generator, ...] = ()
    turns: tuple[Turn, ...] = ()
    turns_unseen_since: float | None = None
    lines: tuple[LineRun, ...] = ()
    lines_left_out: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The recording as JSON-ready data, with the schema number first.

        ``file``, ``held_in`` and ``switches`` are left out where they are None: there are many steps, waits and
        outputs, and it stays short.
        """
        data = to_data(self)
        for one in _with_files(data):
            for name in ("file", "held_in"):
                if name in one and one[name] is None:
                    del one[name]
        for one in data["outputs"]:
            if one["switches"] is None:
                del one["switches"]
        return {"schema": SCHEMA, **data}

    def to_json(self) -> str:
        """One JSON document on one line; equal recordings give equal texts."""
        text = json.dumps(self.to_dict(), ensure_ascii=False) + "\n"
        # A lone surrogate becomes its JSON escape, and comes back as it was.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")

    @classmethod
    def from_json(cls, text: str | bytes) -> Recording:
        """Read what :meth:`to_json` wrote.

        :raises RecordingError: the text is not JSON, has an unknown schema, or lacks a field.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RecordingError(f"not JSON: {error}") from None
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: Any) -> Recording:
        """Read what :meth:`to_dict` made.

        :raises RecordingError: as for :meth:`from_json`.
        """
        if not isinstance(data, dict) or data.get("schema") not in _READ:
            found = data.get("schema") if isinstance(data, dict) else type(data).__name__
            raise RecordingError(f"schema {SCHEMA} expected, found {found!r}")
        given = {name: value for name, value in data.items() if name != "schema"}
        recording = build(cls, given, "recording")
        _check(recording)
        return recording


OUTCOMES = frozenset({"returned", "raised", "cancelled"})
EVENTS = frozenset({"cancel", "destroyed", "timeout"})
STREAMS = frozenset({"stdout", "stderr"})
KINDS = frozenset({"generator", "coroutine", "asynchronous generator"})
LEFT = frozenset({"yielded", "returned", "raised", "closed"})
_LONGEST_NAME = 253  # characters, of a name in the Internet


def is_machine_name(name: str) -> bool:
    """Whether a machine may have such a name, which is shown in a terminal."""
    return 0 < len(name) <= _LONGEST_NAME and name.isprintable()


def _check(recording: Recording) -> None:
    """Check what types do not say.

    Indices refer to a task, a loop, a thread or a generator that exists; streams, outcomes and kinds are known ones;
    files have a name and a line; displays, examples and turns are in order; the start is a moment; a machine has a
    name that can be shown.

    :raises RecordingError: a check fails.
    """
    ranges = {
        "task": range(len(recording.tasks)),
        "loop": range(len(recording.loops)),
        "thread": range(len(recording.threads)),
        "generator": range(len(recording.generators)),
    }
    for where, index, there in _references(recording):
        known = ranges[there]
        if index is not None and index not in known:
            raise RecordingError(f"recording.{where}: there is no {there} {index}")
    words: tuple[tuple[str, Iterable[str | None], frozenset[str]], ...] = (
        ("outputs", (one.stream for one in recording.outputs), STREAMS),
        ("tasks", (one.outcome for one in recording.tasks), OUTCOMES),
        ("events", (one.kind for one in recording.events), EVENTS),
        ("generators", (one.kind for one in recording.generators), KINDS),
        ("turns", (one.left for one in recording.turns), LEFT),
    )
    for where, found, known_words in words:
        if unknown := {word for word in found if word is not None} - known_words:
            raise RecordingError(f"recording.{where}: unknown word {min(unknown)!r:.40}")
    for where, line, file in _files(recording):
        if line is None or not is_file_name(file):
            raise RecordingError(f"recording.{where}: no line of a file: {line!r:.40} of {file!r:.40}")
    check_displays(recording.displays, len(recording.outputs))
    places = [0, *(example.after for example in recording.examples), len(recording.outputs)]
    if len(places) > MOST_EXAMPLES or places != sorted(places):
        raise RecordingError("recording.examples: too many, or not in order")
    if any(after.first <= before.first for before, after in pairwise(recording.turns)):
        raise RecordingError("recording.turns: not in order")
    if any(len(run.lines) != len(run.after) for run in recording.lines):
        raise RecordingError("recording.lines: not as many moments as lines")
    _check_origin(recording)


def _check_origin(recording: Recording) -> None:
    """Check what is said of where and when it ran.

    :raises RecordingError: a check fails.
    """
    if recording.machine is not None and not is_machine_name(recording.machine):
        raise RecordingError(f"recording.machine: no name of a machine: {recording.machine!r:.40}")
    try:
        datetime.fromisoformat(recording.started)
    except ValueError:
        raise RecordingError(f"recording.started: no moment: {recording.started!r:.40}") from None


def _references(recording: Recording) -> Iterator[tuple[str, int | None, str]]:
    """Iterate over all indices: the field, the index, and what it refers to (``task``, ``loop``, …)."""
    yield from (("outputs", one.task, "task") for one in recording.outputs)
    yield from (("outputs", one.thread, "thread") for one in recording.outputs)
    yield from (("displays", one.task, "task") for one in recording.displays)
    yield from (("displays", one.thread, "thread") for one in recording.displays)
    for task in recording.tasks:
        yield "tasks", task.parent, "task"
        yield "tasks", task.loop, "loop"
        yield from (("tasks", step.woken_by, "task") for step in task.steps)
        yield from (("tasks", index, "task") for wait in task.waits for index in wait.tasks)
    yield from (("loops", one.thread, "thread") for one in recording.loops)
    yield from (("callbacks", one.loop, "loop") for one in recording.callbacks)
    yield from (("events", index, "task") for one in recording.events for index in (one.task, one.by))
    yield from (("threads", one.task, "task") for thread in recording.threads for one in thread.work)
    yield from (("lines", run.task, "task") for run in recording.lines)
    yield from (("turns", index, "generator") for one in recording.turns for index in (one.generator, one.by))


def _with_files(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Iterate over all objects, in the JSON form of a recording, that may name a file."""
    for task in data["tasks"]:
        yield task
        yield from task["steps"]
        yield from task["waits"]
    yield from data["callbacks"]
    yield from data["events"]
    for thread in data["threads"]:
        yield from thread["work"]


def _files(recording: Recording) -> Iterator[tuple[str, int | None, str]]:
    """Iterate over all names of files: the field, the line in the file, and the name."""
    for task in recording.tasks:
        if task.file is not None:
            yield "tasks", task.line, task.file
        yield from (("tasks", step.held_at, step.held_in) for step in task.steps if step.held_in is not None)
        yield from (("tasks", wait.line, wait.file) for wait in task.waits if wait.file is not None)
    for one in recording.callbacks:
        if one.file is not None:
            yield "callbacks", one.line, one.file
        if one.held_in is not None:
            yield "callbacks", one.held_at, one.held_in
    yield from (("events", one.line, one.file) for one in recording.events if one.file is not None)
    works = (work for thread in recording.threads for work in thread.work)
    yield from (("threads", work.line, work.file) for work in works if work.file is not None)
