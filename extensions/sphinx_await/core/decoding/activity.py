"""From a journal's records to what tasks, loops, callbacks and threads did."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from ..journal.limits import MOST_NOTES, MOST_SITES, MOST_STEPS, MOST_TASKS
from ..journal.reader import Header, Record, unpack_interval, unpack_numbers
from ..journal.records import RecordType, StepFlag, TaskOutcome
from ..model.recording import Callback, Event, Loop, Step, Task, Thread, Wait, Work

if TYPE_CHECKING:
    from collections.abc import Iterable

NANOSECONDS = 1e9
DIGITS = 6  # microseconds: below what any of the clocks can tell
_OUTCOMES = {TaskOutcome.RETURNED: "returned", TaskOutcome.RAISED: "raised", TaskOutcome.CANCELLED: "cancelled"}
_EVENTS = {RecordType.CANCEL: "cancel", RecordType.TIMEOUT: "timeout"}
_SOME_FUTURE = "Future"
_SEVERAL = -1


def seconds(nanoseconds: int) -> float:
    """Nanoseconds as a recording has them; never negative."""
    return round(max(0, nanoseconds) / NANOSECONDS, DIGITS)


@dataclass(frozen=True, slots=True)
class PartWindow:
    """The stretch of a run that one recording tells, in nanoseconds of the monotonic clock.

    :ivar since: what ended before it belongs to an earlier part; None for the first part.
    :ivar until: what begins then or later belongs to a later part; None for the last.
    :ivar part: the number of the part, from 1; lines are its own.
    """

    start: int
    end: int
    since: int | None = None
    until: int | None = None
    part: int = 1

    def has(self, start: int | None, end: int | None) -> bool:
        """Whether something that lasted so long (None: from before, or without an end) is in it."""
        early = self.until is None or start is None or start < self.until
        return early and (self.since is None or end is None or end >= self.since)

    def moment(self, at: int) -> float:
        """A moment in seconds from its start, in it."""
        return seconds(min(at, max(self.start, self.end)) - self.start)

    def moment_or_none(self, at: int | None) -> float | None:
        """The same for a moment that may be unknown, or beyond this span."""
        return None if at is None or (self.until is not None and at >= self.until) else self.moment(at)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A step, with what its task waited for after it; tasks by number."""

    start: int
    end: int
    by: int = 0
    site: int = 0
    on: tuple[int, ...] = ()
    marks: int = 0


@dataclass(slots=True)
class _TaskState:
    """What is said of one task."""

    name: str = ""
    coro: str | None = None
    parent: int = 0
    site: int = 0
    loop: int = 0
    created: int | None = None
    finished: int | None = None
    outcome: str | None = None
    error: str | None = None
    steps: list[_Stretch] = field(default_factory=list)

    def begin(self) -> int | None:
        """When it was first seen."""
        return self.created if self.created is not None or not self.steps else self.steps[0].start


@dataclass(slots=True)
class _Interval:
    """What is said of one loop, or of one piece of a thread's work."""

    name: str
    start: int | None = None
    end: int | None = None
    site: int = 0
    task: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """What happened in a span.

    :ivar indices: the index of each task by its number.
    :ivar unseen: how many steps are not told; the last span knows.
    """

    tasks: tuple[Task, ...]
    loops: tuple[Loop, ...]
    callbacks: tuple[Callback, ...]
    events: tuple[Event, ...]
    threads: tuple[Thread, ...]
    indices: dict[int, int]
    unseen: int


class ActivityDecoder:
    """Takes in the records of a journal one by one, no more than a recording keeps, and tells what happened."""

    def __init__(self) -> None:
        self._unseen = 0
        self._lives: dict[int, _TaskState] = {}
        self._sites: dict[int, tuple[int, int, str]] = {}
        self._awaited: dict[int, tuple[int, ...]] = {}
        self._loops: dict[int, _Interval] = {}
        self._works: dict[int, _Interval] = {}
        self._callbacks: list[tuple[Record, int]] = []
        self._events: list[tuple[Record, int]] = []
        self._steps = 0

    def see(self, record: Record) -> None:
        """Take in one record; those of other kinds say nothing here.

        :raises ValueError: it makes no sense.
        """
        match record.kind:
            case RecordType.STEP:
                self._see_step(record)
            case RecordType.AWAITED:
                self._awaited[record.task] = tuple(unpack_numbers(record.payload)[:MOST_TASKS])
            case RecordType.TASK | RecordType.MADE | RecordType.END:
                if life := self._life(record.task):
                    _see_life(life, record)
            case RecordType.SITE if len(self._sites) < MOST_SITES:
                self._sites[record.by] = record.site, record.task, _text(record)
            case RecordType.LOOP | RecordType.LOOP_RUNS | RecordType.LOOP_STOPS:
                self._see_loop(record)
            case RecordType.CALLBACK | RecordType.CANCEL | RecordType.TIMEOUT | RecordType.WORK | RecordType.WORK_ENDS:
                self._see_note(record)

    def _life(self, number: int) -> _TaskState | None:
        """What is known of a task; None if there are too many."""
        life = self._lives.get(number)
        if life is None and len(self._lives) < MOST_TASKS:
            life = self._lives[number] = _TaskState()
        return life

    def _see_step(self, record: Record) -> None:
        on, end = unpack_interval(record)
        life = self._life(record.task)
        if life is None or self._steps >= MOST_STEPS:
            self._unseen += 1
            return
        self._steps += 1
        awaited = self._awaited.pop(record.task, ()) if on == _SEVERAL else (on,) if on > 0 else ()
        life.steps.append(_Stretch(record.at, end, record.by, record.site, awaited, record.stream))

    def _see_loop(self, record: Record) -> None:
        if record.kind is RecordType.LOOP:
            self._loops[record.stream] = _Interval(_text(record))
        elif loop := self._loops.get(record.stream):
            if record.kind is RecordType.LOOP_STOPS:
                loop.end = record.at
            else:
                loop.start, loop.end = record.at if loop.start is None else loop.start, None

    def _see_note(self, record: Record) -> None:
        if record.kind is RecordType.WORK_ENDS:
            if work := self._works.get(record.by):
                work.end = record.at
        elif len(self._callbacks) + len(self._events) + len(self._works) >= MOST_NOTES:
            pass
        elif record.kind is RecordType.CALLBACK:
            self._callbacks.append((record, unpack_interval(record)[1]))
        elif record.kind is RecordType.WORK:
            self._works[record.by] = _Interval(_text(record), record.at, None, record.site, record.task)
        else:
            life = self._lives.get(record.task)
            self._events.append((record, life.steps[-1].site if life and life.steps else 0))

    def tell(self, span: PartWindow, head: Header) -> Activity:
        """What happened in a span.

        :param head: of the journal: the step that had begun and not ended when the process died is in no record.
        """
        if span.until is None:
            self._finish_running(head, span.end)
        lives = {number: life for number, life in self._lives.items() if span.has(life.begin(), life.finished)}
        indices = {number: index for index, number in enumerate(lives)}
        loops = {number: loop for number, loop in self._loops.items() if span.has(loop.start, loop.end)}
        teller = _RecordingBuilder(
            span, self._lives, self._sites, indices, {number: i for i, number in enumerate(loops)}
        )
        return Activity(
            tuple(teller.tasks(lives.values())),
            tuple(
                Loop(span.moment(loop.start or span.start), span.moment_or_none(loop.end), loop.name)
                for loop in loops.values()
            ),
            tuple(teller.callback(*one) for one in self._callbacks if span.has(one[0].at, one[1])),
            tuple(teller.event(*one) for one in self._events if span.has(one[0].at, one[0].at)),
            tuple(teller.threads(work for work in self._works.values() if span.has(work.start, work.end))),
            indices,
            head.unseen + self._unseen if span.until is None else 0,
        )

    def _finish_running(self, head: Header, end: int) -> None:
        life = self._lives.get(head.task)
        if life is None or life.finished is not None or head.began > end:
            return
        if not life.steps or life.steps[-1].start < head.began:
            life.steps.append(_Stretch(head.began, end, marks=StepFlag.DONE))


@dataclass(frozen=True, slots=True)
class _RecordingBuilder:
    """Puts what is known into the words of a recording: seconds, indices, lines."""

    span: PartWindow
    lives: dict[int, _TaskState]
    sites: dict[int, tuple[int, int, str]]
    indices: dict[int, int]
    loops: dict[int, int]

    def place(self, site: int, unknown: str = "") -> tuple[int | None, str]:
        """The line of a site, None if it is not of the part that is told, and its words."""
        part, line, words = self.sites.get(site, (0, 0, unknown))
        return (line or None if part == self.span.part else None), words

    def tasks(self, lives: Iterable[_TaskState]) -> Iterable[Task]:
        """The tasks, each with its steps and waits in this span."""
        nested: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)  # by loop: others run at the same time
        for life in self.lives.values():
            nested[life.loop] += ((step.start, step.end) for step in life.steps if step.marks & StepFlag.NESTED)
        for stretches in nested.values():
            stretches.sort()
        for life in lives:
            yield Task(
                name=life.name,
                parent=self.indices.get(life.parent),
                created=self.span.moment_or_none(life.begin()),
                finished=self.span.moment_or_none(life.finished),
                outcome=life.outcome if self.span.moment_or_none(life.finished) is not None else None,
                steps=tuple(self._steps(life, nested[life.loop])),
                waits=tuple(self._waits(life)),
                coro=life.coro,
                line=self.place(life.site)[0],
                error=life.error,
                loop=self.loops.get(life.loop),
            )

    def _steps(self, life: _TaskState, nested: list[tuple[int, int]]) -> Iterable[Step]:
        for step in life.steps:
            if self.span.has(step.start, step.end):
                by = self.indices.get(step.by)
                for start, end in _around(step.start, step.end, nested):
                    yield Step(self.span.moment(start), self.span.moment(end), by)
                    by = None

    def _waits(self, life: _TaskState) -> Iterable[Wait]:
        for step, then in pairwise([*life.steps, None]):
            end = None if then is None else then.start
            if step is None or step.marks & StepFlag.DONE or not self.span.has(step.end, end):
                continue
            is_known = life.finished is None if then is None else not then.marks & StepFlag.GAP
            # After a bare yield the next step comes soon; if it is not here, it was left out.
            if is_known and (then is not None or not step.marks & StepFlag.BARE):
                yield self._wait(step, end)

    def _wait(self, step: _Stretch, end: int | None) -> Wait:
        line, words = self.place(step.site)
        if not words and len(step.on) == 1 and (awaited := self.lives.get(step.on[0])):
            words = awaited.name
        tasks = tuple(self.indices[number] for number in step.on if number in self.indices)
        moment = self.span.moment
        return Wait(moment(step.end), self.span.moment_or_none(end), line, words or _SOME_FUTURE, tasks)

    def callback(self, record: Record, end: int) -> Callback:
        """A callback that held the loop."""
        line, name = self.place(record.site, "?")
        loop = self.loops.get(record.stream)
        return Callback(self.span.moment(record.at), self.span.moment(end), name, line, loop)

    def event(self, record: Record, site: int) -> Event:
        """Something that happened to a task, at the line at which it waited."""
        line, _ = self.place(site)
        task, by = self.indices.get(record.task), self.indices.get(record.by)
        return Event(self.span.moment(record.at), _EVENTS[record.kind], task, by, line)

    def threads(self, works: Iterable[_Interval]) -> Iterable[Thread]:
        """The threads in the order in which they began, each with what it did."""
        lanes: defaultdict[str, list[Work]] = defaultdict(list)
        for work in works:
            line, what = self.place(work.site, "?")
            start = self.span.moment(work.start or self.span.start)
            task = self.indices.get(work.task)
            lanes[work.name].append(Work(start, self.span.moment_or_none(work.end), what, line, task))
        for name, done in lanes.items():
            yield Thread(name.partition("\0")[2], tuple(done))


def _around(start: int, end: int, nested: list[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """A stretch without those that ran inside it."""
    for index in range(bisect_left(nested, (start, 0)), len(nested)):  # a slice would copy all that follow
        inner_start, inner_end = nested[index]
        if inner_start >= end:
            break
        if (inner_start, inner_end) != (start, end) and inner_start >= start and inner_end <= end:
            yield start, inner_start
            start = inner_end
    yield start, end


def _see_life(life: _TaskState, record: Record) -> None:
    if record.kind is RecordType.TASK:
        life.name = _text(record)
    elif record.kind is RecordType.MADE:
        life.created, life.parent, life.site = record.at, record.by, record.site
        life.loop, life.coro = record.stream, _text(record)
    else:
        life.finished, life.outcome = record.at, _OUTCOMES.get(TaskOutcome(record.stream))
        life.error = _text(record) or None


def _text(record: Record) -> str:
    return record.payload.decode("utf-8", "backslashreplace")
