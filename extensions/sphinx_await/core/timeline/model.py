"""The data of a timeline: lanes with spans and marks, and arrows between lanes.

All moments are seconds between ``0`` and :attr:`Timeline.end`. A place is None if readers do not see the line, or if
it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Who holds the event loop for longer than this, in seconds, blocks it.
BLOCKED = 0.05


class SpanKind(StrEnum):
    """The kind of a span."""

    RUN = "run"  #: it holds the loop
    MIXED = "mixed"  #: several short runs, closer together than a pixel, most of the time between them
    BLOCK = "block"  #: it holds the loop for so long that others notice
    READY = "ready"  #: a task could run, but something else holds the loop
    WAIT = "wait"  #: a task is suspended
    IDLE = "idle"  #: a loop has nothing to do
    WORK = "work"  #: a thread carries out a call


@dataclass(frozen=True, slots=True)
class Place:
    """A line: of the snippet, the number that readers see; of another module of the project, that of its file.

    :ivar file: the name of that file; empty for the snippet.
    """

    line: int
    file: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """An interval in a lane.

    :ivar on: what is awaited, or what a thread executes.
    :ivar place: the line at which the task waits, or which holds the loop.
    :ivar count: number of intervals that were merged.
    :ivar busy: total seconds of the merged intervals, without the gaps between them.
    """

    start: float
    end: float
    kind: SpanKind
    on: str = ""
    place: Place | None = None
    count: int = 1
    busy: float = 0.0


class LaneKind(StrEnum):
    """The kind of a lane."""

    PROGRAM = "program"  #: the main thread while it runs no event loop
    LOOP = "loop"
    TASK = "task"
    MAIN = "main"  #: the program, apart from its generators
    GENERATOR = "generator"
    GROUP = "group"  #: several similar tasks
    INTERNAL = "internal"  #: tasks that asyncio and libraries create for themselves
    UNRECORDED = "unrecorded"  #: tasks that were only counted
    THREAD = "thread"


class MarkKind(StrEnum):
    """The kind of a mark."""

    OUTPUT = "output"
    STDERR = "stderr"
    CANCEL = "cancel"
    TIMEOUT = "timeout"
    DESTROYED = "destroyed"
    RETURNED = "returned"
    RAISED = "raised"
    CANCELLED = "cancelled"
    CLOSED = "closed"  #: a generator
    CREATION = "creation"  #: in a legend: an arrow from who creates a task, or hands a call to a thread
    WAKE = "wake"  #: in a legend: an arrow from who wakes a task
    LIFE = "life"  #: in a legend: the line of a task that has not run yet
    CUT = "cut"  #: time that is drawn shorter than it was; it is no lane's, but the picture's
    LIMIT = "limit"  #: the program was stopped; it is no lane's, but the picture's


#: The lanes that stand for several tasks.
SHARED = frozenset({LaneKind.GROUP, LaneKind.INTERNAL, LaneKind.UNRECORDED})
#: The signs of lines of output.
PRINTED = frozenset({MarkKind.OUTPUT, MarkKind.STDERR})
#: What is drawn below the rest: nothing runs there.
AT_REST = frozenset({SpanKind.WAIT, SpanKind.READY, SpanKind.IDLE})
#: The signs of how tasks end, by their outcomes.
ENDS = {sign.value: sign for sign in (MarkKind.RETURNED, MarkKind.RAISED, MarkKind.CANCELLED)}


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment in a lane.

    :ivar lines: indices of its lines of output.
    :ivar text: the first of these lines, the name of the exception, or the task that requested the cancellation.
    :ivar count: number of moments that were merged; their text is empty if they differ in it.
    """

    at: float
    sign: MarkKind
    lines: tuple[int, ...] = ()
    text: str = ""
    place: Place | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class WaitTotal:
    """The total of a lane's waits on one thing at one line."""

    on: str
    place: Place | None
    count: int
    seconds: float

    def by_seconds(self) -> tuple[float, str, str, int]:
        """The key by which totals are sorted: the longest come first."""
        place = self.place or Place(0)
        return -self.seconds, self.on, place.file, place.line


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the picture, from ``start`` to ``end``.

    :ivar name: the task's or thread's name; the first and the last name of a group; of a loop, the name of its thread
        if that has to be said, and "" there is the main thread.
    :ivar note: its coroutine.
    :ivar call: how its coroutine was called, if that tells it from others of the same function.
    :ivar depth: how many of its ancestors are tasks.
    :ivar tasks: indices of its tasks.
    :ivar unrecorded: number of its tasks that have no index, as they were only counted.
    :ivar parent: name of the task that created it.
    :ivar ended: the outcome of its task (``returned``, ``raised``, ``cancelled``), or None.
    :ivar steps: number of its steps.
    :ivar ran: total seconds of its steps.
    :ivar place: where the function of its generator is defined.
    :ivar resumed_by: names of the generators that resumed its generator; "" is the program.
    :ivar values: what its generator yielded, as a program writes it; "…" is no plain value.
    """

    row: LaneKind
    name: tuple[str, ...]
    start: float
    end: float
    note: str = ""
    call: str = ""
    depth: int = 0
    tasks: tuple[int, ...] = ()
    unrecorded: int = 0
    parent: str = ""
    ended: str | None = None
    outcomes: tuple[tuple[str | None, int], ...] = ()
    error: str = ""
    steps: int = 0
    ran: float = 0.0
    waited: tuple[WaitTotal, ...] = ()
    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()
    place: Place | None = None
    resumed_by: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Number of its tasks."""
        return len(self.tasks) + self.unrecorded


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow between two lanes, by index: one task creates or wakes another, or hands a call to a thread."""

    start: float
    end: float
    source: int
    target: int
    wakes: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """An interval in which a task or a callback blocked the loop, or in which a task had to wait for its turn.

    :ivar place: the line that held the loop; if that is not known, of a callback the line of its definition, and of a
        task the line of its last wait (``after``).
    :ivar late: the task had to wait for its turn, and no single step or callback is to blame.
    :ivar behind: number of steps and callbacks that ran meanwhile; 0 if that is not known.
    :ivar delay: for how many seconds of the run the machine had no core for the program, if that may be the reason.
    """

    at: float
    seconds: float
    name: str
    place: Place | None
    after: bool = False
    late: bool = False
    behind: int = 0
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick of the time axis: its moment, and its number in the unit of the axis."""

    at: float
    text: str


#: The share of an axis that is given to time in which nothing happens, before and after everything else.
CUT = 0.04


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of time from 0 to its end. What is before ``first`` and after ``last`` is drawn shorter than it was."""

    first: float
    last: float
    end: float

    @property
    def length(self) -> float:
        """Seconds between first and last."""
        return self.last - self.first

    def share(self, moment: float) -> float:
        """Where a moment is on the axis, from 0 to 1."""
        before, after = (CUT if self.first > 0 else 0.0), (CUT if self.last < self.end else 0.0)
        if moment < self.first:
            return before * moment / self.first
        if moment > self.last:
            return 1 - after * (self.end - moment) / (self.end - self.last)
        return before + (1 - before - after) * ((moment - self.first) / self.length)


#: What a span looks like that is too short for its own pattern to be seen.
_PLAIN = {SpanKind.READY: SpanKind.WAIT, SpanKind.MIXED: SpanKind.RUN}


def drawn_kind(span: Span, axis: Axis, least: float) -> SpanKind:
    """The kind as which a span is drawn.

    :param least: the share of the axis from which on a pattern can be seen.
    """
    is_seen = axis.share(span.end) - axis.share(span.start) >= least
    return span.kind if is_seen else _PLAIN.get(span.kind, span.kind)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The timeline of one run.

    :ivar axis: the time axis.
    :ivar wall: end of the program.
    :ivar seconds: whether the ticks are in seconds; otherwise they are in milliseconds.
    :ivar tasks: number of tasks.
    :ivar findings: intervals in which the loop was blocked, the longest first.
    :ivar stopped: when the program was stopped, or None.
    :ivar generators: number of generators, if it shows whose turn it was.
    :ivar by_order: its axis is no time: each thing that happened has a unit of it. Then lanes have no seconds, either.
    :ivar turns_unseen_since: from when on turns of generators are missing, or None.
    """

    axis: Axis
    wall: float
    ticks: tuple[Tick, ...]
    seconds: bool
    lanes: tuple[Lane, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    findings: tuple[Finding, ...] = ()
    tasks: int = 0
    unseen: int = 0
    unseen_tasks: int = 0
    incomplete: str = ""
    stopped: float | None = None
    generators: int = 0
    by_order: bool = False
    turns_unseen_since: float | None = None

    @property
    def end(self) -> float:
        """The end of the time axis."""
        return self.axis.end


@dataclass(frozen=True, slots=True)
class Section:
    """One run of a picture, with a heading if there are several."""

    timeline: Timeline
    heading: str = ""


def axis_of_all(timelines: Sequence[Timeline]) -> Axis:
    """The axis of a picture of several runs, or of one."""
    end = max(timeline.end for timeline in timelines)
    return timelines[0].axis if len(timelines) == 1 else Axis(0.0, end, end)
