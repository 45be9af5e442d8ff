"""Builds the timeline of a recording. Nothing is drawn here.

All moments are seconds and lie within ``0`` and :attr:`Timeline.end`. A run that is too long or has too many
tasks for a picture is folded: steps less than a pixel apart become one span, and similar tasks share a lane.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from ..model.recording import EVENTS
from ..text.output_lines import OutputLine, visible_lines
from .folding import MOST_ARROWS, PIXELS, fold_lanes, group_tasks, is_internal
from .labels import IN_SECONDS
from .model import (
    BLOCKED,
    ENDS,
    Arrow,
    Axis,
    Finding,
    Lane,
    LaneKind,
    Mark,
    MarkKind,
    Place,
    Span,
    SpanKind,
    Tick,
    Timeline,
    WaitTotal,
)
from .names import calls_of
from .presence import has_turns
from .turns import TurnLanes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..model.recording import Callback, Event, Loop, Recording, Task, Wait, Work

#: More tasks than this share lanes.
MOST_LANES = 16
#: Where several runs share a picture, more than this of one run do.
COMPARED_LANES = 8
#: An axis is at least so long, and what claims to be later than the latter is none of it (about 30 years).
_LEAST_END, _MOST_END = 1e-6, 1e9
_LONGEST_NAME, _LONGEST_TEXT = 60, 120
_TICKS = 6
#: Time before the first thing in a picture and after the last is drawn shorter if it is at most so long, and at least
#: this share of the axis: mostly it is Python's own.
_MOST_CUT, _LEAST_SHARE = 0.25, 0.05


def end_of(recording: Recording) -> float:
    """The end of the time axis: the end of the program, or its last event if that was later."""
    found = [moment for moment in _moments(recording) if moment < _MOST_END]
    return max([_LEAST_END, *found])


def axis_of(recording: Recording) -> Axis:
    """The time axis of a recording: Python's start and end are drawn shorter where they would take much of it."""
    end = end_of(recording)
    starts, ends, is_open = _activity(recording)
    first, last = min(starts, default=0.0), max(ends, default=end)
    least = _LEAST_SHARE * end
    last = last if least <= end - last <= _MOST_CUT and not is_open else end
    least = _LEAST_SHARE * last if recording.turns else least  # turns last for microseconds
    first = first if least <= first <= _MOST_CUT else 0.0
    return Axis(first, last, end) if first < last else Axis(0.0, end, end)


def make_timeline(
    recording: Recording,
    lines: Sequence[OutputLine] | None = None,
    *,
    shown: Sequence[int | None] | None = None,
    end: float | None = None,
    most: int = MOST_LANES,
    source: str = "",
) -> Timeline:
    """Build the timeline of a recording.

    :param lines: the lines of output that are shown with the picture; by default all that can be seen.
    :param shown: for each line of the snippet, the number that readers see, or None; by default the snippet's own.
    :param end: the end of the time axis, if it is shared with other runs.
    :param most: the largest number of lanes for tasks.
    :param source: the code of the snippet: from it tasks of one function get their arguments, as in ``serve(1, …)``.
    """
    axis = axis_of(recording)
    if end is not None:
        end = max(end, axis.end)
        axis = Axis(0.0, end, end)
    lines = visible_lines(recording) if lines is None else lines
    if has_turns(recording):
        of_turns = TurnLanes(recording, lines, shown, axis, is_shared=end is not None)
        return _timeline_of_turns(recording, of_turns, most)
    maker = _TimelineBuilder(recording, lines, shown, axis, calls_of(recording.tasks, source, shown))
    ticks, seconds = _ticks(axis)
    lanes = maker.lanes(most)
    wall = _within(recording.wall, axis.end)
    drawn = tuple(fold_lanes(lanes, axis.length))
    stopped = wall if recording.timed_out else None
    arrows = tuple(maker.arrows(lanes))
    findings = tuple(maker.findings())
    return Timeline(
        axis,
        wall,
        ticks,
        seconds,
        drawn,
        arrows,
        findings,
        len(recording.tasks) + recording.unseen_tasks,
        recording.unseen,
        recording.unseen_tasks,
        (recording.incomplete or "")[:_LONGEST_TEXT],
        stopped,
    )


def _timeline_of_turns(recording: Recording, drawn: TurnLanes, most: int) -> Timeline:
    axis, end = drawn.axis, end_of(recording)
    ticks, seconds = (drawn.ticks(), False) if drawn.by_order else _ticks(axis)
    wall = _within(recording.wall, end)
    since = recording.turns_unseen_since
    return Timeline(
        axis,
        wall,
        ticks,
        seconds,
        tuple(fold_lanes(drawn.lanes(most), axis.length)),
        incomplete=(recording.incomplete or "")[:_LONGEST_TEXT],
        stopped=(axis.end if drawn.by_order else wall) if recording.timed_out else None,
        generators=len(recording.generators),
        by_order=drawn.by_order,
        turns_unseen_since=None if since is None else _within(since, end),
    )


def _activity(recording: Recording) -> tuple[list[float], list[float], bool]:
    """When something began and when something ended, and whether anything had not."""
    intervals: list[tuple[float | None, float | None]] = [(one.start, one.end) for one in recording.loops]
    intervals += [(work.start, work.end) for thread in recording.threads for work in thread.work]
    intervals += [(wait.start, wait.end or task.finished) for task in recording.tasks for wait in task.waits]
    is_open = recording.timed_out or any(end is None for _, end in intervals)
    intervals += [(one.start, one.end) for one in recording.callbacks]
    intervals += [(step.start, step.end) for task in recording.tasks for step in task.steps]
    intervals += [(task.created, task.finished) for task in recording.tasks]
    intervals += [(turn.start, turn.end) for turn in recording.turns]
    moments = [one.at for one in recording.outputs] + [one.at for one in recording.events]
    intervals += [(at, at) for at in moments]
    starts = [start for start, _ in intervals if start is not None and start >= 0]
    return starts, [end for _, end in intervals if end is not None], is_open


def _moments(recording: Recording) -> Iterator[float]:
    yield recording.wall
    yield from (output.at for output in recording.outputs)
    yield from (event.at for event in recording.events)
    intervals: Iterable[Loop | Callback | Work] = chain(
        recording.loops, recording.callbacks, *(thread.work for thread in recording.threads)
    )
    for interval in intervals:
        yield interval.start
        yield interval.end or 0.0
    for turn in recording.turns:
        yield turn.start
        yield turn.end or 0.0
    for task in recording.tasks:
        yield task.created or 0.0
        yield task.finished or 0.0
        yield from (step.end for step in task.steps)
        yield from (step.start for step in task.steps)
        yield from (wait.start for wait in task.waits)
        yield from (wait.end or 0.0 for wait in task.waits)


def _within(moment: float, end: float) -> float:
    return min(max(0.0, moment), end)  # in this order NaN becomes 0


@dataclass(slots=True)
class _TimelineBuilder:
    """Builds the parts of one timeline."""

    recording: Recording
    lines: Sequence[OutputLine]
    shown: Sequence[int | None] | None
    axis: Axis
    calls: Mapping[int, str]
    end: float = field(init=False)
    _by_task: dict[int | None, list[Mark]] = field(init=False)
    _by_thread: dict[int, list[Mark]] = field(init=False)
    _steps: list[list[Span]] = field(init=False)
    _callbacks: list[Span] = field(init=False)

    def __post_init__(self) -> None:
        self.end = self.axis.end
        self._steps = [
            [
                self._span(step.start, step.end, SpanKind.RUN, "", self._place(step.held_at, step.held_in))
                for step in task.steps
            ]
            for task in self.recording.tasks
        ]
        self._callbacks = [
            self._span(one.start, one.end, SpanKind.RUN, one.name, self._held(one)) for one in self.recording.callbacks
        ]
        self._by_task, self._by_thread = {}, {}
        count = len(self.recording.tasks)
        for number, line in enumerate(self.lines):
            sign = MarkKind.STDERR if line.stream == "stderr" else MarkKind.OUTPUT
            mark = Mark(_within(line.at, self.end), sign, (number,), line.text[:_LONGEST_TEXT])
            if line.thread is not None and line.task is None:
                self._by_thread.setdefault(line.thread, []).append(mark)
                continue
            owner = line.task if line.task is not None and 0 <= line.task < count else None
            self._by_task.setdefault(owner, []).append(mark)
        for event in self.recording.events:
            if event.task is not None and 0 <= event.task < count and event.kind in EVENTS:
                self._by_task.setdefault(event.task, []).append(self._event(event))

    def lanes(self, most: int) -> list[Lane]:
        """The lanes: each loop with its tasks in tree order, the other tasks, the threads."""
        tasks = self.recording.tasks
        internal = tuple(number for number, task in enumerate(tasks) if is_internal(task))
        rows = self._loop_rows(most)
        under: list[list[Lane]] = [[] for _ in rows]
        for group in group_tasks(tasks, most, set(internal)):
            is_one = len(group.tasks) == 1
            lane = self._task_lane(group.tasks[0], group.depth) if is_one else self._group(group.tasks)
            loop = tasks[group.tasks[0]].loop
            under[next((index for index, row in enumerate(rows) if loop in row), 0)].append(lane)
        lanes = [lane for loop, own in zip(self._loops(rows), under, strict=True) for lane in (loop, *own)]
        if outside := [mark for mark in self._by_task.get(None, ()) if self._row_at(rows, mark.at) is None]:
            lanes.insert(0, self._lane(LaneKind.PROGRAM, (), [], outside))
        if internal:
            lanes.append(self._internal_lane(internal))
        if self.recording.unseen_tasks > 0:
            lanes.append(replace(self._lane(LaneKind.UNRECORDED, (), [], []), unrecorded=self.recording.unseen_tasks))
        return [*lanes, *self._threads(most)]

    def findings(self) -> list[Finding]:
        """All intervals in which the loop was blocked, the longest first."""
        found = [
            self._blocked(span, task)
            for task, spans in zip(self.recording.tasks, self._steps, strict=True)
            for span in spans
            if span.kind is SpanKind.BLOCK
        ]
        found += [
            Finding(span.start, span.end - span.start, span.on, span.place)
            for span in self._callbacks
            if span.kind is SpanKind.BLOCK
        ]
        found += self._late(found)
        delay = _within(self.recording.run_delay or 0.0, self.end)
        found = [replace(one, delay=delay) if one.seconds - delay <= BLOCKED else one for one in found]
        return sorted(found, key=lambda finding: (-finding.seconds, finding.at, finding.name))

    def _blocked(self, span: Span, task: Task) -> Finding:
        """A step that blocked the loop, with its line or, if that is not known, with the line after which it began."""
        place = self._before(task, span.start) if span.place is None else span.place
        called = self._called(task)
        return Finding(span.start, span.end - span.start, called, place, after=span.place is None)

    def _late(self, blocked: Sequence[Finding]) -> Iterator[Finding]:
        """Tasks that had to wait for their turn, where no single step or callback is to blame."""
        late = [
            (_within(step.ready, self.end), _within(step.start, self.end), task)
            for task in self.recording.tasks
            for step in task.steps
            if step.ready is not None and step.start - step.ready > BLOCKED
        ]
        late.sort(key=lambda one: (one[0] - one[1], one[0]))  # the longest first
        covered = _united((finding.at, finding.at + finding.seconds) for finding in blocked)
        for start, end, task in late:
            if _shared_seconds(covered, start, end) < (end - start) / 2:
                covered = _united([*covered, (start, end)])
                behind = 0 if self.recording.unseen else self._steps_between(start, end, task)
                yield Finding(start, end - start, self._called(task), None, late=True, behind=behind)

    def _steps_between(self, start: float, end: float, late: Task) -> int:
        """How many steps of other tasks held the loop of a task between two moments."""
        others = (task for task in self.recording.tasks if task is not late and task.loop == late.loop)
        return sum(step.start < end and step.end > start for task in others for step in task.steps)

    def arrows(self, lanes: Sequence[Lane]) -> Iterator[Arrow]:
        """Arrows of creation and to threads, then as many arrows of wake-up as a picture can show."""
        lane_of = {task: index for index, lane in enumerate(lanes) for task in lane.tasks}
        seen = set()
        for number, task in enumerate(self.recording.tasks):
            if task.parent in lane_of and task.created is not None and task.parent < number:
                source, target = lane_of[task.parent], lane_of[number]
                if source != target and (source, target) not in seen:
                    seen.add((source, target))
                    at = _within(task.created, self.end)
                    yield Arrow(at, at, source, target)
        threads = [index for index, lane in enumerate(lanes) if lane.row is LaneKind.THREAD]
        for place, number in enumerate(self._shown_threads()):
            target = threads[min(place, len(threads) - 1)]  # the last lane may be that of several
            for work in self.recording.threads[number].work:
                if work.task in lane_of and (lane_of[work.task], target) not in seen:
                    seen.add((lane_of[work.task], target))
                    at = _within(work.start, self.end)
                    yield Arrow(at, at, lane_of[work.task], target)
        wakes = sorted(self._wakes(lane_of), key=lambda arrow: (arrow.end, arrow.source, arrow.target))
        apart = self.axis.length / PIXELS
        while len(wakes) > MOST_ARROWS:
            wakes = list({(one.source, one.target, int(one.end / apart)): one for one in reversed(wakes)}.values())
            wakes.reverse()
            if apart > self.end:
                wakes = wakes[:MOST_ARROWS]
            apart *= 2
        yield from wakes

    def _wakes(self, lane_of: dict[int, int]) -> Iterator[Arrow]:
        starts = [[step.start for step in task.steps] for task in self.recording.tasks]
        for number, task in enumerate(self.recording.tasks):
            for index, step in enumerate(task.steps):
                by = step.woken_by
                if by is None or by not in lane_of or lane_of[by] == lane_of[number]:
                    continue
                if not index and by == task.parent:
                    continue  # being created says it
                last = bisect_right(starts[by], step.start) - 1
                left = self.recording.tasks[by].steps[last].end if last >= 0 else step.start
                end = _within(step.start, self.end)
                yield Arrow(min(_within(left, self.end), end), end, lane_of[by], lane_of[number], wakes=True)

    def _loop_rows(self, most: int) -> list[list[int]]:
        """The loops of each lane. Loops of one thread that ran one after another share a lane.

        Of more than ``most`` lanes, the last has all loops that are left.
        """
        loops = self.recording.loops

        def end_of(number: int) -> float:
            end = loops[number].end
            return self.end if end is None else end

        rows: list[list[int]] = []
        for number in sorted(range(len(loops)), key=lambda number: (loops[number].start, end_of(number))):
            loop = loops[number]
            same = (row for row in rows if loops[row[0]].thread == loop.thread)
            row = next((row for row in same if end_of(row[-1]) <= loop.start), None)
            if row is None:
                rows.append([number])
            else:
                row.append(number)
        if len(rows) > most:
            rows[most - 1 :] = [[number for row in rows[most - 1 :] for number in row]]
        return rows or ([[]] if self.recording.tasks or self._callbacks or self._by_task.get(None) else [])

    def _row_at(self, rows: Sequence[Sequence[int]], moment: float) -> int | None:
        """The lane of the loop that the main thread ran at a moment; None if it ran none."""
        for index, row in enumerate(rows):
            for loop in (self.recording.loops[number] for number in row):
                span = self._span(loop.start, loop.end, SpanKind.IDLE)
                if loop.thread is None and span.start <= moment <= span.end:
                    return index
        return None if self.recording.loops else 0

    def _loops(self, rows: Sequence[Sequence[int]]) -> Iterator[Lane]:
        """The lanes of the loops. If not all ran one after another in the main thread, each names its thread."""
        marks: list[list[Mark]] = [[] for _ in rows]
        for mark in self._by_task.get(None, ()):
            if (index := self._row_at(rows, mark.at)) is not None:
                marks[index].append(mark)
        threads = [[self._thread_of(number) for number in (row[0], row[-1])] if row else [""] for row in rows]
        is_plain = len(rows) == 1 and set(threads[0]) == {""}
        for number, row in enumerate(rows):
            name = () if is_plain else tuple(dict.fromkeys(threads[number]))
            yield self._loop_lane(row, name, marks[number], is_first=number == 0)

    def _thread_of(self, loop: int) -> str:
        """The name of the thread of a loop; empty for the main thread."""
        thread = self.recording.loops[loop].thread
        known = self.recording.threads
        return _short(known[thread].name) if thread is not None and 0 <= thread < len(known) else ""

    def _loop_lane(self, row: Sequence[int], name: tuple[str, ...], marks: list[Mark], *, is_first: bool) -> Lane:
        def belongs(loop: int | None) -> bool:
            return loop in row or (is_first and (loop is None or not 0 <= loop < len(self.recording.loops)))

        tasks = zip(self.recording.tasks, self._steps, strict=True)
        busy = [span for task, spans in tasks if belongs(task.loop) for span in spans]
        callbacks = zip(self.recording.callbacks, self._callbacks, strict=True)
        busy += [span for callback, span in callbacks if belongs(callback.loop)]
        busy.sort(key=_by_time)
        lives = list(self._lives(self.recording.loops[number] for number in row))
        if not lives and busy:
            lives = [Span(busy[0].start, max(span.end for span in busy), SpanKind.IDLE)]
        ran = math.fsum(span.end - span.start for span in busy)
        return self._lane(LaneKind.LOOP, name, [*lives, *busy], marks, steps=len(busy), ran=ran)

    def _lives(self, loops: Iterable[Loop]) -> Iterator[Span]:
        """When loops ran. From when on steps are missing, a loop that seems idle may have been busy."""
        since = self.recording.unseen_since
        for loop in loops:
            span = self._span(loop.start, loop.end, SpanKind.IDLE)
            if since is None or span.end <= since:
                yield span
            elif span.start < since:
                yield replace(span, end=since, busy=since - span.start)

    def _task_lane(self, number: int, depth: int) -> Lane:
        task = self.recording.tasks[number]
        steps, waits = self._steps[number], [self._wait(wait, task) for wait in task.waits]
        ready = [
            self._span(step.ready, step.start, SpanKind.READY)
            for step in task.steps
            if step.ready is not None and step.ready < step.start
        ]
        waits = [_until(wait, ready) for wait in waits]
        marks = list(self._by_task.get(number, ()))
        if task.finished is not None and task.outcome in ENDS:
            marks.append(Mark(_within(task.finished, self.end), ENDS[task.outcome], text=_short(task.error or "")))
        lane = self._lane(LaneKind.TASK, (_short(task.name),), [*waits, *ready, *steps], marks, steps=len(steps))
        start = lane.start if task.created is None else min(lane.start, _within(task.created, self.end))
        end = lane.end if task.finished is None else max(lane.end, _within(task.finished, self.end))
        return replace(
            lane,
            start=min(start, end),
            end=end,
            note=_coroutine(task),
            call=self.calls.get(number, ""),
            depth=depth,
            tasks=(number,),
            parent=self._parent(task, number),
            ended=task.outcome if task.outcome in ENDS else None,
            error=_short(task.error or ""),
            ran=math.fsum(span.end - span.start for span in steps),
            waited=tuple(_waited(waits)),
        )

    def _group(self, members: tuple[int, ...], row: LaneKind = LaneKind.GROUP) -> Lane:
        """A lane that merges several tasks."""
        lanes = [self._task_lane(number, 0) for number in members]
        first, last = lanes[0], lanes[-1]
        marks = [mark for lane in lanes for mark in lane.marks if mark.sign is not MarkKind.RETURNED]
        spans = [span for lane in lanes for span in lane.spans if span.kind is not SpanKind.READY]
        outcomes = Counter(lane.ended for lane in lanes)
        return Lane(
            row,
            (first.name[0], last.name[0]),
            min(lane.start for lane in lanes),
            max(lane.end for lane in lanes),
            note=first.note if len({lane.note for lane in lanes}) == 1 else "",
            tasks=members,
            parent=first.parent if len({lane.parent for lane in lanes}) == 1 else "",
            ended=next(iter(outcomes)) if len(outcomes) == 1 else None,
            outcomes=tuple(outcomes.items()),
            error=first.error if len({lane.error for lane in lanes}) == 1 else "",
            steps=sum(lane.steps for lane in lanes),
            ran=math.fsum(lane.ran for lane in lanes),
            waited=tuple(_waited([span for span in spans if span.kind is SpanKind.WAIT])),
            spans=tuple(sorted(spans, key=_by_time)),
            marks=tuple(sorted(marks, key=lambda mark: mark.at)),
        )

    def _internal_lane(self, tasks: tuple[int, ...]) -> Lane:
        """The lane of what libraries do for themselves: their tasks, and the threads that work for these only."""
        lane, threads = self._group(tasks, LaneKind.INTERNAL), self.recording.threads
        folded = (threads[number] for number in range(len(threads)) if self._works_for_libraries(number))
        work = [self._work_span(one) for thread in folded for one in thread.work]
        start, end = min([lane.start, *(one.start for one in work)]), max([lane.end, *(one.end for one in work)])
        return replace(lane, start=start, end=end, spans=tuple(sorted([*lane.spans, *work], key=_by_time)))

    def _works_for_libraries(self, number: int) -> bool:
        """Whether a thread did nothing but what tasks of libraries asked for, such as to resolve names of hosts."""
        work, tasks = self.recording.threads[number].work, self.recording.tasks
        askers = [tasks[one.task] if one.task is not None and 0 <= one.task < len(tasks) else None for one in work]
        return bool(work) and number not in self._by_thread and all(one and is_internal(one) for one in askers)

    def _work_span(self, work: Work) -> Span:
        return self._span(work.start, work.end, SpanKind.WORK, work.what, self._place(work.line, work.file))

    def _shown_threads(self) -> list[int]:
        return [number for number in range(len(self.recording.threads)) if not self._works_for_libraries(number)]

    def _threads(self, most: int) -> Iterator[Lane]:
        threads = [self.recording.threads[number] for number in self._shown_threads()]
        shared = [threads[most - 1 :]] if len(threads) > most else []
        numbers = {id(thread): number for number, thread in enumerate(self.recording.threads)}
        for some in [*((thread,) for thread in threads[: most - len(shared)]), *shared]:
            marks = [mark for thread in some for mark in self._by_thread.get(numbers[id(thread)], ())]
            spans = [self._work_span(work) for thread in some for work in thread.work]
            ran = math.fsum(span.end - span.start for span in spans)
            name = tuple(_short(thread.name) for thread in (some[0], some[-1])[: len(some)])
            yield self._lane(LaneKind.THREAD, name, spans, marks, steps=len(spans), ran=ran)

    def _lane(
        self,
        row: LaneKind,
        name: tuple[str, ...],
        spans: list[Span],
        marks: list[Mark],
        *,
        steps: int = 0,
        ran: float = 0.0,
    ) -> Lane:
        """A lane from the first to the last of its spans and marks; an empty lane has the length of the axis."""
        moments = [moment for span in spans for moment in (span.start, span.end)] + [mark.at for mark in marks]
        start, end = min(moments, default=0.0), max(moments, default=self.end)
        spans = sorted(spans, key=_by_time)
        ordered = tuple(sorted(marks, key=lambda mark: mark.at))
        return Lane(row, name, start, end, steps=steps, ran=ran, spans=tuple(spans), marks=ordered)

    def _span(self, start: float, end: float | None, kind: SpanKind, on: str = "", place: Place | None = None) -> Span:
        first, last = _within(start, self.end), _within(self.end if end is None else end, self.end)
        if last < first:
            first, last = last, first
        if kind is SpanKind.RUN and last - first > BLOCKED:
            kind = SpanKind.BLOCK  # so long that other tasks notice
        return Span(first, last, kind, on[:_LONGEST_TEXT], place, 1, last - first)

    def _wait(self, wait: Wait, task: Task) -> Span:
        end = task.finished if wait.end is None else wait.end
        return self._span(wait.start, end, SpanKind.WAIT, wait.on, self._place(wait.line, wait.file))

    def _event(self, event: Event) -> Mark:
        tasks = self.recording.tasks
        by = tasks[event.by].name if event.by is not None and 0 <= event.by < len(tasks) else ""
        place = self._place(event.line, event.file)
        return Mark(_within(event.at, self.end), MarkKind(event.kind), text=_short(by), place=place)

    def _place(self, line: int | None, file: str | None) -> Place | None:
        """The place of a line of a recording; None if readers do not see it."""
        if line is None:
            return None
        if file is not None:
            return Place(line, _short(file))
        number = line if self.shown is None else self.shown[line - 1] if 0 < line <= len(self.shown) else None
        return None if number is None else Place(number)

    def _held(self, callback: Callback) -> Place | None:
        """The line at which a callback held the loop; if that is not known, the line at which it is defined."""
        if callback.held_at is not None:
            return self._place(callback.held_at, callback.held_in)
        return self._place(callback.line, callback.file)

    def _before(self, task: Task, moment: float) -> Place | None:
        """The line of a task's last wait before a moment. The code that blocked follows it."""
        before = [wait for wait in task.waits if wait.end is not None and wait.end <= moment + BLOCKED / 10]
        last = max(before, key=lambda wait: wait.start, default=None)
        return None if last is None else self._place(last.line, last.file)

    def _parent(self, task: Task, number: int) -> str:
        known = task.parent is not None and 0 <= task.parent < number
        return _short(self.recording.tasks[task.parent].name) if known and task.parent is not None else ""

    @staticmethod
    def _called(task: Task) -> str:
        return _short(f"{task.name} {_coroutine(task)}()" if task.coro else task.name)


def _united(intervals: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The union of intervals, in order."""
    united: list[tuple[float, float]] = []
    for start, end in sorted(intervals):
        if united and start <= united[-1][1]:
            united[-1] = united[-1][0], max(united[-1][1], end)
        else:
            united.append((start, end))
    return united


def _shared_seconds(united: Sequence[tuple[float, float]], start: float, end: float) -> float:
    """How much of an interval a union covers."""
    first, last = bisect_right(united, (start, start)), bisect_right(united, (end, end))
    return math.fsum(max(0.0, min(end, b) - max(start, a)) for a, b in united[max(0, first - 1) : last])


def _until(wait: Span, ready: Sequence[Span]) -> Span:
    """A wait up to when its task became ready."""
    end = next((span.start for span in ready if wait.start <= span.start < wait.end), wait.end)
    return replace(wait, end=end, busy=end - wait.start)


def _coroutine(task: Task) -> str:
    """The name of a task's coroutine, without the functions that enclose it."""
    return _short((task.coro or "").rpartition("<locals>.")[2])


def _by_time(span: Span) -> tuple[float, float]:
    return span.start, span.end


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


def _waited(waits: Iterable[Span]) -> list[WaitTotal]:
    """The total of the waits on each thing, the longest first."""
    counts: dict[tuple[str, Place | None], int] = {}
    seconds: dict[tuple[str, Place | None], float] = {}
    for span in waits:
        key = span.on, span.place
        counts[key] = counts.get(key, 0) + 1
        seconds[key] = seconds.get(key, 0.0) + span.busy
    found = [WaitTotal(*key, count, seconds[key]) for key, count in counts.items()]
    return sorted(found, key=WaitTotal.by_seconds)


def _ticks(axis: Axis) -> tuple[tuple[Tick, ...], bool]:
    """About six round numbers from the first to the last, and whether their unit is seconds, as of a duration."""
    seconds = axis.last >= IN_SECONDS
    unit = 1.0 if seconds else 1000.0
    rough = axis.length * unit / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    digits = max(0, -math.floor(math.log10(step)))
    first = math.ceil(axis.first * unit / step * (1 - 1e-9))
    count = int(axis.last * unit / step * (1 + 1e-9))
    ticks = (Tick(min(n * step / unit, axis.end), f"{n * step:.{digits}f}") for n in range(first, count + 1))
    return tuple(ticks), seconds
