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

SCHEMA = 9
_ALWAYS = {ALWAYS: True}
#: Schemas that can be read: what a later one added has defaults.
_READ = (1, 2, 3, 4, 5, 6, 7, 8, SCHEMA)
#: The name of a file, for which :func:`.is_file_name` is true: without a folder, and fit to be shown.
FileName = str


@dataclass(frozen=True, slots=True)
class Output:
    """Text that was written to ``stdout`` or ``stderr`` at one moment.

    :ivar task: index into :attr:`Recording.tasks` of the task that wrote it; None outside of tasks, and for
        output that bypasses Python's streams (a child process, ``os.write``).
    :ivar thread: index into :attr:`Recording.threads` of the thread that wrote it; None for the first thread.
    :ivar switches: how many beginnings and ends of turns of generators were before it; None if there were none, or if
        that is not known.
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

    :ivar woken_by: index of the task that made it ready; None if a timer, the network or a thread did, or if unknown.
    :ivar ready: since when it could have run while something else held the event loop; None if it did not have to wait
        for a millisecond, or if unknown.
    :ivar held_at: line of the snippet at which it spent most of its time, or called what did; None if it was short, or
        if unknown.
    :ivar held_in: name of the file of that line; None if it is the snippet.
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

    :ivar end: None if the task was still suspended at the end of the program.
    :ivar on: the awaited expression or task: ``asyncio.sleep(1)``, ``Queue.get()``, ``Task-2``.
    :ivar tasks: indices of the awaited tasks: one, or the children of a ``gather``.
    :ivar file: name of the file of the line; None if it is the snippet.
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

    :ivar name: its last known name.
    :ivar parent: index of the task that created it, or None.
    :ivar outcome: ``returned``, ``raised``, ``cancelled``; None if it never ended.
    :ivar coro: qualified name of its coroutine.
    :ivar line: line at which it was created.
    :ivar error: name of the exception type that it raised.
    :ivar loop: index into :attr:`Recording.loops`.
    :ivar internal: whether a library created it for itself, with a coroutine of its own.
    :ivar file: name of the file of the line; None if it is the snippet.
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

    :ivar thread: index into :attr:`Recording.threads` of the thread that it ran in; None for the first thread.
    """

    start: float
    end: float | None
    name: str
    thread: int | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """An interval in which a callback, not a step of a task, held the event loop.

    :ivar name: its qualified name.
    :ivar line: line at which it is defined; None if a library defines it.
    :ivar held_at: as of a :class:`Step`.
    :ivar file: name of the file of the line; None if it is the snippet.
    :ivar held_in: as of a :class:`Step`.
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

    :ivar kind: ``cancel`` (its cancellation was requested), ``timeout`` (a time limit in it expired) or ``destroyed``
        (nothing referred to it any more, and it had not ended).
    :ivar by: index of the task that caused it, or None.
    :ivar file: name of the file of the line; None if it is the snippet.
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

    :ivar what: qualified name of the function that was called.
    :ivar task: index of the task that submitted it, or None.
    :ivar file: name of the file of the line; None if it is the snippet.
    """

    start: float
    end: float | None
    what: str
    line: int | None = None
    task: int | None = None
    file: FileName | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread other than the main thread: of an executor, of ``asyncio.to_thread``, or started by the program."""

    name: str
    work: tuple[Work, ...] = ()


@dataclass(frozen=True, slots=True)
class Generator:
    """An object of a generator function of the program, of a generator expression, or of another function with turns.

    It is here from its first turn on: that it was created is not recorded.

    :ivar name: qualified name of its function, ``<genexpr>`` of a generator expression.
    :ivar call: how the function was called, with the arguments that are plain values: ``cook('rice', …)``.
    :ivar kind: ``generator``, ``coroutine`` or ``asynchronous generator``.
    :ivar line: line at which its function is defined.
    """

    name: str
    call: str | None = None
    kind: str = "generator"
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """An interval in which a generator ran, from where it was resumed until it yielded or ended.

    The turns of those that it resumed meanwhile are within it.

    :ivar generator: index into :attr:`Recording.generators`.
    :ivar start: when it began.
    :ivar first: the number of its beginning: beginnings and ends of all turns are counted, from 1, in their order.
    :ivar end: None if it had not ended when the program did, or when there were too many turns.
    :ivar last: the number of its end.
    :ivar by: index of the generator that ran before it and goes on after it; None if that was the rest of the program.
    :ivar line: line at which it was resumed.
    :ivar how: what the program does there: ``next(numbers)``, ``for … in numbers``, ``yield from``.
    :ivar thrown: type of the exception that was thrown into it: ``GeneratorExit`` when it is closed.
    :ivar left: ``yielded``, ``returned``, ``raised`` or ``closed`` (it ended since it was closed).
    :ivar left_at: line at which it yielded or ended.
    :ivar value: what it yielded or returned, if that is a plain value, as Python writes it.
    :ivar error: type of the exception with which it ended.
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
class Failure:
    """The exception that ended the program.

    :ivar type: the name of the exception as in a traceback (``ValueError``, ``json.decoder.JSONDecodeError``).
    :ivar traceback: as Python prints it, with :data:`~.source_files.SNIPPET_FILE` for the snippet.
    :ivar line: the deepest line of the snippet in the traceback; None if there is none.
    :ivar os_error: type of the operating system's error that it is or that caused it (``OSError``,
        ``socket.gaierror``); None if there is none.
    :ivar errno: number of that error.
    :ivar names: names for which ``except NAME`` catches it: its type, the bases of that, and other names for them
        (``OSError`` of a ``FileNotFoundError``, ``json.JSONDecodeError``).
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


@dataclass(frozen=True, slots=True)
class StandIn:
    """A mock server that answered the program after ``delay`` seconds."""

    host: str
    delay: float


@dataclass(frozen=True, slots=True)
class Omission:
    """Output that was not kept, since there was too much of it.

    :ivar after: how many of :attr:`Recording.outputs` come before it.
    :ivar lines: how many ends of lines it had.
    :ivar size: how many bytes.
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

    :ivar at: when it began.
    :ivar after: how many of :attr:`Recording.outputs` come before its own.
    :ivar failure: the exception that ended it; the program goes on with the next one.
    """

    at: float
    after: int
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """One run of one snippet.

    :ivar python: implementation and version, ``CPython 3.13.0``.
    :ivar platform: system and machine, ``Linux x86_64``.
    :ivar started: ISO 8601, UTC. The parts of a session and the programs that share a folder have that of the first.
    :ivar wall: seconds from the first line until the program ended.
    :ivar cpu: seconds of processor time in that interval, with finished children.
    :ivar exit: exit status; negative: the signal that killed the program.
    :ivar timed_out: whether it was stopped at its time limit.
    :ivar truncated: whether it wrote more than the output limit; the rest was not kept.
    :ivar network: whether it could reach the real network.
    :ivar run_delay: seconds for which it could have run but had no core; None if the system does not measure it.
    :ivar reruns: how many more times it ran because a run before had been disturbed.
    :ivar repeats: wall times of all runs, if it ran several times; this recording is the one in the middle.
    :ivar unseen: number of steps that were left out, because there were too many.
    :ivar unseen_tasks: number of tasks that were left out, because there were too many.
    :ivar unseen_since: from when on steps are missing; None if none is.
    :ivar incomplete: why tasks, steps or threads may be missing, if the recorder failed.
    :ivar omitted: what is missing between the start and the end of the output; None if nothing is, or if only the
        start was kept.
    :ivar displays: results that it displayed, in their order.
    :ivar examples: of a program that was typed at a prompt: what was run at each, in their order.
    :ivar machine: the name of the machine that ran it for the one that builds; None if that ran it itself.
    :ivar generators: of a program without tasks: generators that ran in its first thread, in the order in which they
        began.
    :ivar turns: their turns, in the order in which these began.
    :ivar turns_unseen_since: from when on turns are missing, because there were too many; None if none is.
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
