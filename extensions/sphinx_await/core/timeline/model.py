"""What a timeline is made of: lanes, with spans and marks on them, and arrows between them. Plain data.

All moments are seconds and lie within ``0`` and :attr:`Timeline.end`. Lines are the snippet's as readers see them; None
where they do not, or where it is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: Who holds the event loop for longer than this, in seconds, blocks it.
BLOCKED = 0.05


class SpanKind(StrEnum):
    """What goes on during a span."""

    RUN = "run"  #: it holds the loop
    MIXED = "mixed"  #: several short runs, closer together than a pixel, most of the time between them
    BLOCK = "block"  #: it holds the loop for so long that others notice
    WAIT = "wait"  #: a task is suspended
    IDLE = "idle"  #: a loop has nothing to do
    WORK = "work"  #: a thread carries out a call


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch.

    :ivar on: what is waited for, or what a thread carries out.
    :ivar line: the line of the snippet at which it waits.
    :ivar count: how many stretches were put together.
    :ivar busy: seconds of it, in all, that were no gap between these.
    """

    start: float
    end: float
    kind: SpanKind
    on: str = ""
    line: int | None = None
    count: int = 1
    busy: float = 0.0


class LaneKind(StrEnum):
    """What a lane is about."""

    LOOP = "loop"
    TASK = "task"
    GROUP = "group"  #: several tasks that are alike
    THREAD = "thread"


class MarkKind(StrEnum):
    """What a mark is about."""

    OUTPUT = "output"
    STDERR = "stderr"
    CANCEL = "cancel"
    TIMEOUT = "timeout"
    RETURNED = "returned"
    RAISED = "raised"
    CANCELLED = "cancelled"


#: The signs of lines of output.
PRINTED = frozenset({MarkKind.OUTPUT, MarkKind.STDERR})
#: What is drawn below the rest: nothing runs there.
AT_REST = frozenset({SpanKind.WAIT, SpanKind.IDLE})
#: The signs of how tasks end, by their outcomes.
ENDS = {sign.value: sign for sign in (MarkKind.RETURNED, MarkKind.RAISED, MarkKind.CANCELLED)}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at one moment of a lane.

    :ivar lines: indices of the lines of output that it stands for.
    :ivar text: the first of these lines, the exception's name, or who asked for the cancellation.
    """

    at: float
    sign: MarkKind
    lines: tuple[int, ...] = ()
    text: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class WaitTotal:
    """All of a lane's waits on one thing at one line of the snippet."""

    on: str
    line: int | None
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the picture, from ``start`` to ``end``.

    :ivar name: the task's or thread's name; empty for the loop; the first and the last name of a group.
    :ivar note: its coroutine.
    :ivar depth: how many of its ancestors are tasks.
    :ivar tasks: indices of the tasks that it shows.
    :ivar parent: name of the task that created it.
    :ivar ended: the outcome of its task (``returned``, ``raised``, ``cancelled``), or None.
    :ivar steps: how often it ran, ``ran`` for how many seconds in all.
    """

    row: LaneKind
    name: tuple[str, ...]
    start: float
    end: float
    note: str = ""
    depth: int = 0
    tasks: tuple[int, ...] = ()
    parent: str = ""
    ended: str | None = None
    error: str = ""
    steps: int = 0
    ran: float = 0.0
    waited: tuple[WaitTotal, ...] = ()
    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one lane to another, by their indices: a task is created, or is woken."""

    start: float
    end: float
    source: int
    target: int
    wakes: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """The loop was blocked: from when, for how long, by which task or callback.

    :ivar line: of a callback, where it is defined; of a task, where it waited last (``after``), if that is known.
    """

    at: float
    seconds: float
    name: str
    line: int | None
    after: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on the time axis, and its number in the axis' unit."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A run as it can be drawn.

    :ivar end: where the axis ends.
    :ivar wall: when the program ended.
    :ivar seconds: the ticks count seconds; otherwise milliseconds.
    :ivar tasks: how many tasks there were.
    :ivar findings: the longest first.
    """

    end: float
    wall: float
    ticks: tuple[Tick, ...]
    seconds: bool
    lanes: tuple[Lane, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    findings: tuple[Finding, ...] = ()
    tasks: int = 0
    unseen: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """One run of a picture; ``heading`` says which where there are several."""

    timeline: Timeline
    heading: str = ""
