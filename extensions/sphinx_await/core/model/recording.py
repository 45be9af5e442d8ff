"""A recording: what one run of a snippet left. Plain data with a JSON form.

All moments and durations are seconds; moments count from when the program's first line ran. Lines are the
snippet's own, counted from 1: where the snippet stands in a chapter may change without it running again. What stands in
another snippet of the same session has no line.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import RecordingError
from .dependencies import Dependencies
from .from_data import ALWAYS, build

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SCHEMA = 3
_ALWAYS = {ALWAYS: True}
#: Schemas that can be read: what a later one added has defaults.
_READ = (1, 2, SCHEMA)


@dataclass(frozen=True, slots=True)
class Output:
    """Text that reached ``stdout`` or ``stderr`` at one moment.

    :ivar task: index into :attr:`Recording.tasks` of the task that wrote it; None outside any task, and for
        what did not pass through Python's streams (a child process, ``os.write``).
    """

    at: float
    stream: str
    text: str
    task: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One stretch, from ``start`` to ``end``, in which a task held the event loop.

    :ivar woken_by: index of the task in whose step this one became due; None if it was a timer, the network, a
        thread, or is not known.
    """

    start: float
    end: float
    woken_by: int | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """One stretch in which a task was suspended, ``on`` what, and at which ``line`` of the snippet.

    :ivar on: what was awaited, in the words of a program: ``asyncio.sleep(1)``, ``Queue.get()``, ``Task-2``.
    :ivar tasks: indices of the tasks that were awaited: one, or the children of a ``gather``.
    """

    start: float
    end: float | None
    line: int | None
    on: str
    tasks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """An asyncio task: its last known name, who made it, when it lived, what it did.

    :ivar parent: index of the task that created it, or None.
    :ivar outcome: ``returned``, ``raised``, ``cancelled``, or None when it never ended.
    :ivar coro: qualified name of its coroutine.
    :ivar line: line of the snippet at which it was created.
    :ivar error: name of the exception type that it raised.
    :ivar loop: index into :attr:`Recording.loops`.
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


@dataclass(frozen=True, slots=True)
class Loop:
    """An event loop, from when it began to run until it stopped."""

    start: float
    end: float | None
    name: str


@dataclass(frozen=True, slots=True)
class Callback:
    """One stretch in which a callback that is no task's step held the event loop.

    :ivar name: its qualified name.
    :ivar line: line of the snippet at which it is defined; None if it is not the snippet's.
    """

    start: float
    end: float
    name: str
    line: int | None = None
    loop: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a task at one moment.

    :ivar kind: ``cancel`` (somebody asked for its cancellation), ``timeout`` (a time limit of its own ran out).
    :ivar by: index of the task that caused it, or None.
    """

    at: float
    kind: str
    task: int | None
    by: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """One call that a thread carried out.

    :ivar what: qualified name of the function that was called.
    :ivar task: index of the task that handed it over, or None.
    """

    start: float
    end: float | None
    what: str
    line: int | None = None
    task: int | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread other than the first: of an executor, of ``asyncio.to_thread``, or the program's own."""

    name: str
    work: tuple[Work, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """The exception that ended the program.

    :ivar type: the exception's name as a traceback prints it (``ValueError``, ``json.decoder.JSONDecodeError``).
    :ivar traceback: as Python prints it, with :data:`~.program.SNIPPET_FILE` for the snippet.
    :ivar line: the deepest line of the snippet in the traceback; None if there is none.
    :ivar os_error: type of the operating system's error that it is or that caused it (``OSError``,
        ``socket.gaierror``); None if there is none.
    :ivar errno: that error's number.
    """

    type: str
    message: str
    traceback: str
    line: int | None
    os_error: str | None = None
    errno: int | None = None


#: Stands in the recording of a part whose session had ended.
NOT_REACHED = Failure("SessionEnded", "the session had ended before this part could run", "", None)


@dataclass(frozen=True, slots=True)
class StandIn:
    """A host of the lesson web that answered the program, after ``delay`` seconds."""

    host: str
    delay: float


@dataclass(frozen=True, slots=True)
class Recording:
    """One run of one snippet.

    :ivar python: implementation and version, ``CPython 3.13.0``.
    :ivar platform: system and machine, ``Linux x86_64``.
    :ivar started: ISO 8601, UTC.
    :ivar wall: seconds from the first line until the program ended.
    :ivar cpu: seconds of processor time in that stretch, finished children included.
    :ivar exit: exit status; negative for the signal that killed it.
    :ivar timed_out: it was stopped at its time limit.
    :ivar truncated: it wrote more than the output limit; the rest was counted but not kept.
    :ivar network: it could reach the real network.
    :ivar run_delay: seconds for which it could have run but had no core; None where the system does not say.
    :ivar repeats: the wall times of all its runs if it was run several times; the one shown is in the middle.
    :ivar unseen: how many steps are not in the recording, because there were too many to keep.
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

    def to_dict(self) -> dict[str, Any]:
        """The recording as JSON-ready data, its schema number first."""
        return {"schema": SCHEMA, **asdict(self)}

    def to_json(self) -> str:
        """One JSON document on one line, the same text for the same recording."""
        text = json.dumps(self.to_dict(), ensure_ascii=False) + "\n"
        # A lone surrogate becomes its JSON escape, and comes back as it was.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")

    @classmethod
    def from_json(cls, text: str | bytes) -> Recording:
        """Read what :meth:`to_json` wrote.

        :raises RecordingError: it is not JSON, not of a schema that is read, or lacks a field.
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
        _see_references(recording)
        return recording


OUTCOMES = frozenset({"returned", "raised", "cancelled"})
EVENTS = frozenset({"cancel", "timeout"})
STREAMS = frozenset({"stdout", "stderr"})


def _see_references(recording: Recording) -> None:
    """See whether all that a recording refers to is there, and each word is one of its kind.

    :raises RecordingError: it is not.
    """
    tasks, loops = range(len(recording.tasks)), range(len(recording.loops))
    for where, index, there in _references(recording):
        known = loops if there == "loop" else tasks
        if index is not None and index not in known:
            raise RecordingError(f"recording.{where}: there is no {there} {index}")
    words: tuple[tuple[str, Iterable[str | None], frozenset[str]], ...] = (
        ("outputs", (one.stream for one in recording.outputs), STREAMS),
        ("tasks", (one.outcome for one in recording.tasks), OUTCOMES),
        ("events", (one.kind for one in recording.events), EVENTS),
    )
    for where, found, known_words in words:
        if unknown := {word for word in found if word is not None} - known_words:
            raise RecordingError(f"recording.{where}: unknown word {min(unknown)!r:.40}")
    try:
        datetime.fromisoformat(recording.started)
    except ValueError:
        raise RecordingError(f"recording.started: no moment: {recording.started!r:.40}") from None


def _references(recording: Recording) -> Iterator[tuple[str, int | None, str]]:
    """Every index: the field it is in, the index, and what it is of."""
    yield from (("outputs", one.task, "task") for one in recording.outputs)
    for task in recording.tasks:
        yield "tasks", task.parent, "task"
        yield "tasks", task.loop, "loop"
        yield from (("tasks", step.woken_by, "task") for step in task.steps)
        yield from (("tasks", index, "task") for wait in task.waits for index in wait.tasks)
    yield from (("callbacks", one.loop, "loop") for one in recording.callbacks)
    yield from (("events", index, "task") for one in recording.events for index in (one.task, one.by))
    yield from (("threads", one.task, "task") for thread in recording.threads for one in thread.work)
