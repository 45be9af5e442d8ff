"""Decode what tasks, loops, callbacks and threads did from the records of a journal."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from typing import TYPE_CHECKING

from ..journal.limits import (
    MOST_AWAITED,
    MOST_LATE_TASKS,
    MOST_LONG_STEPS,
    MOST_NOTES,
    MOST_SAMPLES,
    MOST_SITES,
    MOST_STEPS,
    MOST_TASKS,
)
from ..journal.reader import Header, Record, decode_text, unpack_interval, unpack_numbers
from ..journal.records import TASK_NUMBER_SIZE, GeneratorKind, RecordType, StepFlag, TaskOutcome, TurnEnd
from ..model.recording import Callback, Event, Generator, LineRun, Loop, Step, Task, Thread, Turn, Wait, Work
from ..model.source_files import is_file_name
from .lines import Held, LineRecords, line_runs
from .turns import KINDS, TurnRecords, TurnState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

NANOSECONDS = 1e9
MOST_SECONDS = 1e9  # 30 years: what is more was written by a program that damaged its journal
_MOST_COUNT = 2**53  # integers that every reader of JSON can hold
DIGITS = 6  # microseconds: no clock is more precise
_OUTCOMES = {TaskOutcome.RETURNED: "returned", TaskOutcome.RAISED: "raised", TaskOutcome.CANCELLED: "cancelled"}
_EVENTS = {
    RecordType.CANCEL_REQUESTED: "cancel",
    RecordType.TIMEOUT_EXPIRED: "timeout",
    RecordType.TASK_DESTROYED: "destroyed",
}
_LEAST_HELD = 50_000_000  # nanoseconds from which on it is said which line held the loop
_CALLBACK = -1
_SOME_FUTURE = "Future"
_SEVERAL = -1
_LEAST_LATENESS = 1_000_000  # nanoseconds from which on it is recorded when a step became ready
_TASKS, _STEPS = MOST_TASKS + MOST_LATE_TASKS, MOST_STEPS + MOST_LONG_STEPS  # what there can be in a recording


def seconds(nanoseconds: int) -> float:
    """Nanoseconds as the seconds of a recording: never negative, and never more than one can hold."""
    return round(min(max(0, nanoseconds) / NANOSECONDS, MOST_SECONDS), DIGITS)


@dataclass(frozen=True, slots=True)
class PartWindow:
    """The interval of a run that one recording covers, in nanoseconds of the monotonic clock.

    :ivar since: what ended before that belongs to an earlier part; None for the first part.
    :ivar until: what starts then or later belongs to a later part; None for the last.
    :ivar part: the number of the part, from 1; only its lines are recorded.
    """

    start: int
    end: int
    since: int | None = None
    until: int | None = None
    part: int = 1

    def has(self, start: int | None, end: int | None) -> bool:
        """Whether an interval belongs to it; None means that it started before the run, or did not end."""
        early = self.until is None or start is None or start < self.until
        return early and (self.since is None or end is None or end >= self.since)

    def moment(self, at: int) -> float:
        """A moment in seconds from the start of the interval, limited to its end."""
        return seconds(min(at, max(self.start, self.end)) - self.start)

    def moment_or_none(self, at: int | None) -> float | None:
        """The same; None for a moment that is unknown or belongs to a later part."""
        return None if at is None or (self.until is not None and at >= self.until) else self.moment(at)


@dataclass(frozen=True, slots=True)
class _StepState:
    """A step, with what its task waited for after it. Tasks are given by number."""

    start: int
    end: int
    by: int = 0
    site: int = 0
    on: tuple[int, ...] = ()
    flags: int = 0
    late: int = 0  #: nanoseconds

    def ready_since(self, before: _StepState | None) -> int | None:
        """When it became ready to run, in nanoseconds, if that is known and was noticeably before it ran.

        :param before: the step of its task before it.
        """
        since = self.start - self.late
        if self.flags & StepFlag.GAP:
            return None
        if before is not None and before.flags & StepFlag.BARE:
            since = before.end
        elif before is not None and since < before.end:
            return None
        return since if self.start - since >= _LEAST_LATENESS else None


@dataclass(slots=True)
class _TaskState:
    """What the records say about one task."""

    name: str = ""
    coro: str | None = None
    parent: int = 0
    site: int = 0
    loop: int = 0
    created: int | None = None
    finished: int | None = None
    outcome: str | None = None
    error: str | None = None
    internal: bool = False
    steps: list[_StepState] = field(default_factory=list)

    def begin(self) -> int | None:
        """When it was created or first ran."""
        return self.created if self.created is not None or not self.steps else self.steps[0].start


@dataclass(slots=True)
class _Interval:
    """What the records say about one loop, or about one piece of work of a thread."""

    name: str
    start: int | None = None
    end: int | None = None
    site: int = 0
    task: int = 0
    work: int = 0


@dataclass(frozen=True, slots=True)
class _CallSite:
    """A line, and what happens there in words.

    :ivar part: the part of the program that has the line; 0 for another file.
    :ivar line: 0 if there is none.
    :ivar file: the name of the other file.
    """

    words: str
    part: int = 0
    line: int = 0
    file: str | None = None

    @classmethod
    def of(cls, record: Record) -> _CallSite:
        """The call site of a record. A program can have written it, and what is no name of a file has no line."""
        if record.site or record.task <= 0:
            return cls(_text(record), record.site, max(0, record.task) if record.site else 0)
        name, _, words = record.payload.partition(b"\0")
        file = decode_text(name)
        is_named = is_file_name(file)
        return cls(decode_text(words), 0, record.task if is_named else 0, file if is_named else None)


#: A line, or None, and the name of its file if that is none of the program's.
_Place = tuple[int | None, str | None]


@dataclass(frozen=True, slots=True)
class Activity:
    """What happened in a part.

    :ivar indices: the index of each task by its number.
    :ivar unseen: how many steps are not recorded; only the last part has it.
    :ivar unseen_tasks: how many tasks are not recorded; only the last part has it.
    :ivar unseen_since: from when on steps are missing, or None.
    :ivar threads_of_work: the index of the thread of each piece of work, by its number.
    :ivar generators: what had turns, of a part without tasks.
    :ivar turns_unseen_since: from when on turns are missing, or None.
    :ivar lines: the lines that ran.
    :ivar lines_left_out: there were too many, and none is here.
    """

    tasks: tuple[Task, ...]
    loops: tuple[Loop, ...]
    callbacks: tuple[Callback, ...]
    events: tuple[Event, ...]
    threads: tuple[Thread, ...]
    indices: dict[int, int]
    unseen: int
    unseen_tasks: int
    unseen_since: float | None
    threads_of_work: dict[int, int]
    generators: tuple[Generator, ...] = ()
    turns: tuple[Turn, ...] = ()
    turns_unseen_since: float | None = None
    lines: tuple[LineRun, ...] = ()
    lines_left_out: bool = False


class ActivityDecoder:
    """Reads the records of a journal one by one, keeps no more than a recording may hold, and decodes them."""

    def __init__(self) -> None:
        self._unseen = 0
        self._tasks: dict[int, _TaskState] = {}
        self._sites: dict[int, _CallSite] = {}
        self._awaited: dict[int, tuple[int, ...]] = {}
        self._loops: dict[int, _Interval] = {}
        self._works: dict[int, _Interval] = {}
        self._callbacks: list[tuple[Record, int]] = []
        self._events: list[tuple[Record, int]] = []
        self._samples: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        self._steps = 0
        self._room_for_awaited = MOST_AWAITED
        self._sampled = 0
        self._thinned_out: int | None = None
        self._turns = TurnRecords()
        self._lines = LineRecords()

    def add(self, record: Record) -> None:
        """Read one record; those of other types are ignored.

        :raises ValueError: the record is invalid.
        """
        match record.kind:
            case RecordType.STEP:
                self._add_step(record)
            case RecordType.AWAITS_MANY:
                self._add_awaited(record)
            case RecordType.SAMPLE if self._sampled <= MOST_SAMPLES:
                self._sampled += 1
                loop = record.stream if record.task == _CALLBACK else 0
                self._samples[record.task, loop].append((record.at, record.site))
            case RecordType.TASK_NAMED | RecordType.TASK_CREATED | RecordType.TASK_ENDED | RecordType.TASK_INTERNAL:
                if state := self._state(record.task):
                    _update_task(state, record)
            case RecordType.CALL_SITE if len(self._sites) < MOST_SITES:
                self._sites[record.by] = _CallSite.of(record)
            case RecordType.LOOP_CREATED | RecordType.LOOP_STARTED | RecordType.LOOP_STOPPED:
                self._add_loop(record)
            case (
                RecordType.CALLBACK
                | RecordType.CANCEL_REQUESTED
                | RecordType.TIMEOUT_EXPIRED
                | RecordType.TASK_DESTROYED
                | RecordType.WORK_STARTED
                | RecordType.WORK_ENDED
            ):
                self._add_note(record)
            case RecordType.THINNED_OUT if self._thinned_out is None:
                self._thinned_out = record.at
            case _:
                self._turns.add(record)
                self._lines.add(record)

    def _add_awaited(self, record: Record) -> None:
        numbers = unpack_numbers(record.payload[: MOST_TASKS * TASK_NUMBER_SIZE])
        self._room_for_awaited -= len(numbers) + 1
        if self._room_for_awaited >= 0:
            self._awaited[record.task] = tuple(numbers)

    def _state(self, number: int) -> _TaskState | None:
        """What is known about a task; None if there are too many."""
        state = self._tasks.get(number)
        if state is None and len(self._tasks) < _TASKS:
            state = self._tasks[number] = _TaskState()
        return state

    def _add_step(self, record: Record) -> None:
        on, end, late = unpack_interval(record)
        state = self._state(record.task)
        if state is None or self._steps >= _STEPS:
            self._unseen += 1
            return
        self._steps += 1
        awaited = self._awaited.pop(record.task, ()) if on == _SEVERAL else (on,) if on > 0 else ()
        state.steps.append(_StepState(record.at, end, record.by, record.site, awaited, record.stream, late * 1000))

    def _add_loop(self, record: Record) -> None:
        if record.kind is RecordType.LOOP_CREATED:
            self._loops[record.stream] = _Interval(_text(record))
        elif loop := self._loops.get(record.stream):
            if record.kind is RecordType.LOOP_STOPPED:
                loop.end = record.at
            else:
                if loop.start is None:
                    loop.start, loop.work = record.at, record.by
                loop.end = None

    def _add_note(self, record: Record) -> None:
        if record.kind is RecordType.WORK_ENDED:
            if work := self._works.get(record.by):
                work.end = record.at
        elif len(self._callbacks) + len(self._events) + len(self._works) >= MOST_NOTES:
            pass
        elif record.kind is RecordType.CALLBACK:
            self._callbacks.append((record, unpack_interval(record)[1]))
        elif record.kind is RecordType.WORK_STARTED:
            self._works[record.by] = _Interval(_text(record), record.at, None, record.site, record.task)
        else:
            state = self._tasks.get(record.task)
            self._events.append((record, state.steps[-1].site if state and state.steps else 0))

    def decode(self, span: PartWindow, header: Header) -> Activity:
        """What happened in a part.

        :param header: the header of the journal: a step that had not ended when the process died has no record.
        """
        if span.until is None:
            self._add_unfinished_step(header, span.end)
        states = {number: state for number, state in self._tasks.items() if span.has(state.begin(), state.finished)}
        indices = {number: index for index, number in enumerate(states)}
        loops = {number: loop for number, loop in self._loops.items() if span.has(loop.start, loop.end)}
        numbers = {number: index for index, number in enumerate(loops)}
        builder = _RecordingBuilder(span, self._tasks, self._sites, indices, numbers, self._samples)
        works = {number: work for number, work in self._works.items() if span.has(work.start, work.end)}
        names = {name: index for index, name in enumerate(dict.fromkeys(work.name for work in works.values()))}
        threads = {number: names[work.name] for number, work in works.items()}
        is_last = span.until is None
        generators, turns = ((), ()) if states or loops else self._turns_in(builder, span)
        return Activity(
            tuple(builder.tasks(states)),
            tuple(
                Loop(
                    span.moment(loop.start or span.start),
                    span.moment_or_none(loop.end),
                    loop.name,
                    threads.get(loop.work),
                )
                for loop in loops.values()
            ),
            tuple(builder.callback(*one) for one in self._callbacks if span.has(one[0].at, one[1])),
            tuple(builder.event(*one) for one in self._events if span.has(one[0].at, one[0].at)),
            tuple(builder.threads(works.values())),
            indices,
            min(max(0, header.unseen) + self._unseen, _MOST_COUNT) if is_last else 0,
            min(max(0, header.unseen_tasks), _MOST_COUNT) if is_last else 0,
            span.moment_or_none(self._thinned_out),
            threads,
            generators,
            turns,
            span.moment_or_none(self._turns.left_out) if turns else None,
            tuple(self._lines_in(span, indices, has_turns=bool(turns))),
            self._lines.is_left_out,
        )

    def _lines_in(self, span: PartWindow, indices: Mapping[int, int], *, has_turns: bool) -> Iterator[LineRun]:
        lines = [one for one in self._lines.found if one.part == span.part and span.has(one.at, one.at)]
        elsewhere = {number for number, loop in self._loops.items() if loop.work}  # loops of other threads
        held = (
            Held(step.start, step.end, indices[number])
            for number, state in self._tasks.items()
            if lines and number in indices and state.loop not in elsewhere
            for step in state.steps
        )
        return line_runs(lines, held, self._turns.switches if has_turns else None, span.moment)

    def _turns_in(self, builder: _RecordingBuilder, span: PartWindow) -> tuple[tuple[Generator, ...], tuple[Turn, ...]]:
        found = [one for one in self._turns.found if span.has(one.began.at, one.began.at)]
        numbers = {number: index for index, number in enumerate(dict.fromkeys(one.began.task for one in found))}
        generators = (builder.generator(self._turns.generators[number]) for number in numbers)
        return tuple(generators), tuple(builder.turn(one, numbers) for one in found)

    def _add_unfinished_step(self, header: Header, end: int) -> None:
        state = self._tasks.get(header.task)
        if state is None or state.finished is not None or header.began > end:
            return
        if not state.steps or state.steps[-1].start < header.began:
            state.steps.append(_StepState(header.began, end, flags=StepFlag.DONE))


@dataclass(frozen=True, slots=True)
class _RecordingBuilder:
    """Builds the parts of a recording from what is known: moments in seconds, tasks by index, sites as lines."""

    span: PartWindow
    states: dict[int, _TaskState]
    sites: dict[int, _CallSite]
    indices: dict[int, int]
    loops: dict[int, int]
    samples: Mapping[tuple[int, int], Sequence[tuple[int, int]]]

    def place(self, site: int) -> _Place:
        """The line of a call site, None if it is in another part, and its file."""
        found = self.sites.get(site)
        if found is None or found.part not in (0, self.span.part):
            return None, None
        return found.line or None, found.file

    def words(self, site: int, unknown: str = "") -> str:
        """The words of a call site."""
        found = self.sites.get(site)
        return unknown if found is None else found.words

    def held(self, task: int, start: int, end: int, loop: int = 0) -> _Place:
        """The line at which a long step or callback (-1) spent at least half of its time, None if that is not known.

        :param loop: of a callback.
        """
        if end - start < _LEAST_HELD:
            return None, None
        alone, among_others = self.samples.get((task, 0), ()), self.samples.get((task, loop), ()) if loop else ()
        samples = sorted([*alone, *among_others]) if alone and among_others else alone or among_others
        first, last = bisect_left(samples, (start, 0)), bisect_left(samples, (end, 0))
        totals: defaultdict[_Place, int] = defaultdict(int)
        since = start  # not of the first sample: C code runs to its end before anything else is seen
        for (_, site), (until, _) in pairwise([*samples[first:last], (end, 0)]):
            totals[self.place(site)] += until - since
            since = until
        place = max(totals, key=lambda place: totals[place], default=(None, None))
        return place if totals[place] * 2 >= end - start else (None, None)

    def tasks(self, states: Mapping[int, _TaskState]) -> Iterable[Task]:
        """The tasks, each with its steps and waits in this part."""
        # By loop: loops in other threads run at the same time.
        nested: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for state in self.states.values():
            nested[state.loop] += ((step.start, step.end) for step in state.steps if step.flags & StepFlag.NESTED)
        for intervals in nested.values():
            intervals.sort()
        # Each nested interval splits one other: more is split only by steps that did not run like that.
        room = count(sum(map(len, nested.values())), -1)
        for number, state in states.items():
            line, file = self.place(state.site)
            yield Task(
                name=state.name,
                parent=self.indices.get(state.parent),
                created=self.span.moment_or_none(state.begin()),
                finished=self.span.moment_or_none(state.finished),
                outcome=state.outcome if self.span.moment_or_none(state.finished) is not None else None,
                steps=tuple(self._steps(number, state, nested[state.loop], room)),
                waits=tuple(self._waits(state)),
                coro=state.coro,
                line=line,
                error=state.error,
                loop=self.loops.get(state.loop),
                internal=state.internal,
                file=file,
            )

    def _steps(
        self, number: int, state: _TaskState, nested: list[tuple[int, int]], room: Iterator[int]
    ) -> Iterable[Step]:
        for before, step in pairwise([None, *state.steps]):
            if step is not None and self.span.has(step.start, step.end):
                by = self.indices.get(step.by)
                ready = self.span.moment_or_none(step.ready_since(before))
                for start, end in _around(step.start, step.end, nested, room):
                    held = self.held(number, start, end)
                    yield Step(self.span.moment(start), self.span.moment(end), by, ready, *held)
                    by = ready = None

    def _waits(self, state: _TaskState) -> Iterable[Wait]:
        for step, then in pairwise([*state.steps, None]):
            end = None if then is None else then.start
            if step is None or step.flags & StepFlag.DONE or not self.span.has(step.end, end):
                continue
            is_known = state.finished is None if then is None else not then.flags & StepFlag.GAP
            # After a bare yield the next step comes soon; if it is missing, it was not recorded.
            if is_known and (then is not None or not step.flags & StepFlag.BARE):
                yield self._wait(step, end)

    def _wait(self, step: _StepState, end: int | None) -> Wait:
        (line, file), words = self.place(step.site), self.words(step.site)
        if not words and len(step.on) == 1 and (awaited := self.states.get(step.on[0])):
            words = awaited.name
        tasks = tuple(self.indices[number] for number in step.on if number in self.indices)
        moment = self.span.moment
        return Wait(moment(step.end), self.span.moment_or_none(end), line, words or _SOME_FUTURE, tasks, file)

    def callback(self, record: Record, end: int) -> Callback:
        """The callback that a record describes, which ended at ``end``."""
        line, file = self.place(record.site)
        name, loop = self.words(record.site, "?"), self.loops.get(record.stream)
        held_at, held_in = self.held(_CALLBACK, record.at, end, record.stream)
        return Callback(self.span.moment(record.at), self.span.moment(end), name, line, loop, held_at, file, held_in)

    def event(self, record: Record, site: int) -> Event:
        """Something that happened to a task, with the line at which it waited."""
        task, by = self.indices.get(record.task), self.indices.get(record.by)
        return Event(self.span.moment(record.at), _EVENTS[record.kind], task, by, *self.place(site))

    def generator(self, record: Record) -> Generator:
        """The generator that began with a record."""
        line, _file = self.place(record.site)
        return Generator(self.words(record.site, "?"), _text(record) or None, KINDS[GeneratorKind(record.stream)], line)

    def turn(self, turn: TurnState, numbers: Mapping[int, int]) -> Turn:
        """A turn.

        :param numbers: the index of each generator of the recording, by its number.
        """
        began, ended = turn.began, turn.ended
        line, _file = self.place(began.site)
        made = Turn(
            numbers[began.task],
            self.span.moment(began.at),
            turn.first,
            by=numbers.get(turn.by),
            line=line,
            how=self.words(began.site),
            thrown=_text(began) or None,
        )
        if ended is None or self.span.moment_or_none(ended.at) is None:
            return made
        left, text = turn.left(), _text(ended) or None
        return replace(
            made,
            end=max(made.start, self.span.moment(ended.at)),
            last=turn.last,
            left=left,
            left_at=self.place(ended.site)[0],
            value=None if ended.stream == TurnEnd.RAISED else text,
            error=text if ended.stream == TurnEnd.RAISED and left != "closed" else None,
        )

    def threads(self, works: Iterable[_Interval]) -> Iterable[Thread]:
        """The threads in the order in which they started, each with its work."""
        lanes: defaultdict[str, list[Work]] = defaultdict(list)
        for work in works:
            (line, file), what = self.place(work.site), self.words(work.site, "?")
            start = self.span.moment(work.start or self.span.start)
            task = self.indices.get(work.task)
            lanes[work.name].append(Work(start, self.span.moment_or_none(work.end), what, line, task, file))
        for name, done in lanes.items():
            yield Thread(name.partition("\0")[2], tuple(done))


def _around(start: int, end: int, nested: list[tuple[int, int]], room: Iterator[int]) -> Iterable[tuple[int, int]]:
    """The parts of an interval in which none of the nested ones ran.

    :param room: how many more parts there may be.
    """
    index = bisect_left(nested, (start, 0))
    while index < len(nested):
        inner_start, inner_end = nested[index]
        if inner_start >= end:
            break
        index += 1
        if (inner_start, inner_end) != (start, end) and inner_start >= start and inner_end <= end:
            if next(room) <= 0:
                break
            yield start, inner_start
            start = inner_end
            index = max(index, bisect_left(nested, (start, 0)))
    yield start, end


def _update_task(state: _TaskState, record: Record) -> None:
    if record.kind is RecordType.TASK_NAMED:
        state.name = _text(record)
    elif record.kind is RecordType.TASK_CREATED:
        state.created, state.parent, state.site = record.at, record.by, record.site
        state.loop, state.coro = record.stream, _text(record)
    elif record.kind is RecordType.TASK_INTERNAL:
        state.internal = True
    else:
        state.finished, state.outcome = record.at, _OUTCOMES.get(TaskOutcome(record.stream))
        state.error = _text(record) or None


def _text(record: Record) -> str:
    return decode_text(record.payload)
