"""The data of a run to step through.

A place is a line; None if readers do not see it, or if it is unknown. Moments are
seconds from the start of the program's first line. Two things that happened in the same microsecond are two moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..timeline.model import Axis, Place


class Happening(StrEnum):
    """What happened at a moment."""

    BEGUN = "begun"  #: the program
    LOOP_STARTED = "loop-started"
    LOOP_STOPPED = "loop-stopped"
    CREATED = "created"  #: a task
    STARTED = "started"  #: a task, for the first time
    RESUMED = "resumed"  #: a task
    INTERRUPTED = "interrupted"  #: a task goes on since its cancellation was requested or its time limit expired
    PRINTED = "printed"  #: a line of output
    HELD = "held"  #: a step or a callback has blocked the loop
    WAITS = "waits"  #: a task awaits something
    PAUSED = "paused"  #: a task lets others run
    READY = "ready"  #: a task could go on, but something else holds the loop
    CANCEL = "cancel"  #: the cancellation of a task was requested
    TIMEOUT = "timeout"  #: a time limit in a task expired
    DESTROYED = "destroyed"  #: a task, which had not ended
    CALLBACK = "callback"  #: the loop calls a function that is no task
    CALL_STARTED = "call-started"  #: a call in a thread
    CALL_ENDED = "call-ended"
    ENDED = "ended"  #: a task, or a generator
    TURN = "turn"  #: of a generator begins
    YIELDED = "yielded"  #: a generator
    LINE = "line"  #: a line of the program begins to run
    FINISHED = "finished"  #: the program


class Phase(StrEnum):
    """What a task is doing at a moment."""

    NEW = "new"  #: it was created, and has not run yet
    RUNNING = "running"
    WAITING = "waiting"
    READY = "ready"  #: it could go on, but something else holds the loop
    RETURNED = "returned"
    RAISED = "raised"
    CANCELLED = "cancelled"
    ENDED = "ended"  #: it is not known how
    DESTROYED = "destroyed"
    SUSPENDED = "suspended"  #: a generator that yielded, until it is resumed
    CLOSED = "closed"  #: a generator


class Cause(StrEnum):
    """Why a task waits for a primitive of asyncio."""

    LOCKED = "locked"
    NO_SLOT = "no-slot"  #: of a semaphore
    EMPTY = "empty"  #: a queue
    FULL = "full"  #: a queue
    UNFINISHED = "unfinished"  #: items of a queue
    UNSET = "unset"  #: an event
    UNNOTIFIED = "unnotified"  #: a condition
    INCOMPLETE = "incomplete"  #: a barrier


class LineRole(StrEnum):
    """What it means that a line runs, where the line alone does not say it."""

    LEAVES = "leaves"  #: the header of ``with`` again: the block is over, its ``__exit__`` runs
    LOOP_ENDS = "loop-ends"  #: the header of a loop, for the last time
    LOOP_ENDED = "loop-ended"  #: the first line after a loop, which ended after its header had run for the last time
    CATCHES = "catches"  #: the header of ``except``, whose block runs
    MISSES = "misses"  #: the header of ``except``, which does not name the exception
    FINALLY = "finally"  #: the first line of a block ``finally``


@dataclass(frozen=True, slots=True)
class Held:
    """What a task has entered by ``async with``, or waits to enter: its text in the program, and the line.

    :ivar meant: where the source binds this object; empty if that is not certain.
    """

    text: str
    place: Place | None = None
    meant: str = ""

    @property
    def name(self) -> str:
        """The name to which it is bound, or its text."""
        return self.meant.rpartition(".")[2] or self.text


@dataclass(frozen=True, slots=True)
class Position:
    """Where a task is.

    :ivar place: the line at which it is.
    :ivar is_after: it runs somewhere after that line: at which line is not recorded, or comes next.
    :ivar chain: what awaits what, from the task's coroutine to what it waits for: ``("main()", "asyncio.sleep(0.3)")``.
        ``…`` stands for functions that are not known.
    :ivar inside: what it has entered in the function in which it is, the outermost first.
    :ivar cause: why it waits, if that is known.
    :ivar wanted: what it waits to enter; None if that is not known.
    :ivar holders: the tasks that are known to be inside that.
    :ivar awaited: the tasks that it waits for, which the chain names, too.
    :ivar cancel_requested: somebody has requested its cancellation, which it does not know yet.
    """

    phase: Phase
    place: Place | None = None
    is_after: bool = False
    chain: tuple[str, ...] = ()
    inside: tuple[Held, ...] = ()
    cause: Cause | None = None
    wanted: Held | None = None
    holders: tuple[int, ...] = ()
    awaited: tuple[int, ...] = ()
    cancel_requested: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened.

    :ivar task: index of the task that it happened to, or that did it; None for the program, a loop or a thread.
    :ivar other: index of the task that caused it: the creator, who woke it, who asked for its cancellation.
    :ivar what: what is awaited, printed or called; the exception with which something ended; the thread of a loop.
    :ivar thread: name of the thread that did it; empty for the first one.
    :ivar seconds: for how long the loop was held.
    :ivar changes: the tasks that are elsewhere from here on, each by its index.
    :ivar rows: indices of the lines of output that are there from here on.
    :ivar left_out: how many moments before this one are left out, since there are too many.
    :ivar thrown: type of the exception that is thrown into a generator when it goes on.
    :ivar is_first: it is the first turn of a generator.
    :ivar slot: its number among all moments, where turns of generators are shown.
    :ivar role: what it means that its line runs; of a wait at the end of a block it is ``LEAVES``.
    :ivar taken: the locks that are taken where a block is entered.
    :ivar released: what is released where a block is left.
    """

    at: float
    kind: Happening
    task: int | None = None
    other: int | None = None
    what: str = ""
    place: Place | None = None
    thread: str = ""
    seconds: float = 0.0
    changes: tuple[tuple[int, Position], ...] = ()
    rows: tuple[int, ...] = ()
    left_out: int = 0
    thrown: str = ""
    is_first: bool = False
    slot: int = 0
    role: LineRole | None = None
    taken: str = ""
    released: str = ""


@dataclass(frozen=True, slots=True)
class SteppedTask:
    """A task, or a generator; before all of these the program, with the name "".

    It has a name, the name of its coroutine, and the index of its lane in the picture (None: it has none).
    """

    name: str
    coro: str
    lane: int | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """A run to step through.

    :ivar axis: the picture's axis of time.
    :ivar tasks: all tasks of the recording; or the program, and all of its generators. Tasks that libraries create for
        themselves have no moments.
    :ivar by_order: the axis is no time: a moment is where its slot is.
    :ivar without_lines: so many lines ran that they are no moments.
    """

    axis: Axis
    tasks: tuple[SteppedTask, ...]
    moments: tuple[Moment, ...]
    by_order: bool = False
    without_lines: bool = False

    @property
    def left_out(self) -> int:
        """How many moments are left out, since there are too many."""
        return sum(moment.left_out for moment in self.moments)

    def positions(self, index: int) -> dict[int, Position]:
        """Where each task that is known by then is, after what happened at the moment with an index."""
        return {task: position for moment in self.moments[: index + 1] for task, position in moment.changes}
