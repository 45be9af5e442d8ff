"""Builds the steps of a recording: everything that happened, in order, and where each task is after it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import accumulate, islice, pairwise
from typing import TYPE_CHECKING

from ..model.recording import OUTCOMES
from ..text.output_lines import visible_lines
from ..timeline.builder import axis_of
from ..timeline.folding import is_internal
from ..timeline.model import BLOCKED, Place
from ..timeline.names import calls_of, makings, plain_name
from ..timeline.presence import has_turns
from .line_roles import with_roles
from .lines import bounded, joined
from .model import Cause, Happening, Held, LineRole, Moment, Phase, Position, SteppedTask, Steps
from .places import Definitions
from .shortening import shortened
from .tidying import tidied, within
from .turns import make_turn_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ..model.recording import Recording, Step, Task, Wait
    from ..text.output_lines import OutputLine
    from ..timeline.model import Timeline
    from ..timeline.names import Made
    from .places import Entered

#: Characters of a text in a moment.
_LONGEST = 120
_MICROSECONDS, _DIGITS = 1e6, 6
#: How many blocks around a line are told.
_MOST_HELD = 3
#: Of so many tasks that one waits for, it is said which have ended.
_MOST_AWAITED = 8
#: What is set after the name of a task that has ended. The player's signs are the same.
_SIGNS = {
    **dict.fromkeys((Phase.RETURNED, Phase.ENDED), "✓"),
    Phase.RAISED: "✗",
    Phase.CANCELLED: "⊘",
}
#: The share of the time for which a step holds the loop after which one says so before its end.
_NEARLY_ALL = 0.9
#: Why a task waits, by what it awaits.
_CAUSES = {
    "Lock.acquire()": Cause.LOCKED,
    "Semaphore.acquire()": Cause.NO_SLOT,
    "Queue.get()": Cause.EMPTY,
    "Queue.put()": Cause.FULL,
    "Queue.join()": Cause.UNFINISHED,
    "Event.wait()": Cause.UNSET,
    "Condition.wait()": Cause.UNNOTIFIED,
    "Barrier.wait()": Cause.INCOMPLETE,
}
#: Functions that are not known, in a chain.
UNKNOWN = "…"
# The order of what happened at one time within a step, and between two steps.
_BEGINS, _INSIDE, _HOLDS, _LEAVES, _BETWEEN = range(5)
_BEGUN = frozenset({Happening.STARTED, Happening.RESUMED, Happening.INTERRUPTED})
_ASLEEP = frozenset({Phase.WAITING, Phase.READY})
_OVER = frozenset({Phase.RETURNED, Phase.RAISED, Phase.CANCELLED, Phase.ENDED, Phase.DESTROYED})

#: When something happened: the time, the step that it belongs to, and its place in or after that.
_When = tuple[float, int, int]


def make_steps(
    recording: Recording,
    lines: Sequence[OutputLine] | None = None,
    *,
    shown: Sequence[int | None] | None = None,
    source: str = "",
    timeline: Timeline | None = None,
) -> Steps:
    """Build the steps of a recording.

    :param lines: the lines of output beside it; by default all.
    :param shown: for each line of the snippet, the number that readers see, or None; by default the snippet's own.
    :param source: the snippet, for what the recording leaves open.
    :param timeline: the timeline of the picture beside it.
    """
    lines = visible_lines(recording) if lines is None else lines
    if has_turns(recording):
        return make_turn_steps(recording, lines, shown, timeline, Definitions(source))
    axis = axis_of(recording) if timeline is None else timeline.axis
    end = axis.end
    recording = tidied(recording, end)
    lines = [replace(line, at=within(line.at, end)) for line in lines]
    definitions = Definitions(source)
    collector = _Collector(recording, lines, definitions)
    collected = sorted(collector.collect(), key=lambda found: found[0])
    follower = _Follower(recording, shown, collector.inside)
    known = ((moment, _own_line(moment)) for _, moment in collected)
    found = joined(with_roles(known, definitions, dict(makings(recording.tasks))), definitions.start_of)
    seen = (one for one in found if one.kind is not Happening.LINE or follower.sees(one.place))
    moments, without_lines = bounded(list(follower.follow(seen)))
    lanes = timeline.lanes if timeline is not None else ()
    calls = calls_of(recording.tasks, source, shown)
    lane_of = {task: index for index, lane in enumerate(lanes) for task in lane.tasks}
    tasks = (
        SteppedTask(task.name[:_LONGEST], calls.get(index) or _called(task), lane_of.get(index))
        for index, task in enumerate(recording.tasks)
    )
    without_lines = without_lines or recording.lines_left_out
    return Steps(axis, tuple(tasks), tuple(shortened(moments)), without_lines=without_lines)


def _own_line(moment: Moment) -> int | None:
    return moment.place.line if moment.place is not None and not moment.place.file else None


def _place_of(line: int | None, file: str | None = None) -> Place | None:
    """The place of a line of a recording."""
    return None if line is None else Place(line, (file or "")[:_LONGEST])


def _called(task: Task) -> str:
    """A task's coroutine as a program calls it; empty if it is not known."""
    name = (task.coro or "").rpartition("<locals>.")[2]
    return f"{name[:_LONGEST]}()" if name else ""


class _Order:
    """The steps of all tasks in one order, and where in it something happened."""

    def __init__(self, recording: Recording) -> None:
        found = [
            (step.start, step.end, number, index)
            for number, task in enumerate(recording.tasks)
            for index, step in enumerate(task.steps)
        ]
        found.sort()
        self._found = found
        self._starts = [start for start, *_ in found]
        self._ends = list(accumulate((end for _, end, *_ in found), max))
        self._numbers = {(number, index): place for place, (_, _, number, index) in enumerate(found)}
        self._tasks = recording.tasks
        self._own = [[step.start for step in task.steps] for task in recording.tasks]

    def of_step(self, task: int, index: int) -> int:
        """The place of a step."""
        return self._numbers[task, index]

    def is_held(self, task: int, since: float, until: float) -> bool:
        """Whether a step of another task holds the loop of a task at the beginning of an interval."""
        loop = self._tasks[task].loop
        first, last = bisect_left(self._ends, since), bisect_left(self._starts, until)
        ahead = self._found[first:last]
        return since < until and any(
            start <= since < end and self._tasks[number].loop == loop for start, end, number, _ in ahead
        )

    def inside(self, task: int | None, at: float) -> _When:
        """Of something that a task did: in its step, if it has one at that time."""
        if task is not None:
            index = bisect_right(self._own[task], at) - 1
            if index >= 0 and self._tasks[task].steps[index].end >= at:
                return at, self._numbers[task, index], _INSIDE
        return self.between(at)

    def between(self, at: float, after: int = -1) -> _When:
        """Of something that happens between two steps: before those that begin then, and after one that is given."""
        return at, max(bisect_left(self._starts, at) - 1, after), _BETWEEN


@dataclass(slots=True)
class _Collector:
    """Collects what happened, each with its place in the order. Lines are still the snippet's own."""

    recording: Recording
    lines: Sequence[OutputLine]
    definitions: Definitions
    _order: _Order = field(init=False)
    _skipped: frozenset[int] = field(init=False)
    #: When something of a kind happened to a task, in order.
    _told: dict[tuple[int | None, str], list[float]] = field(init=False)
    _made: dict[int, Made] = field(init=False)
    #: When which lines of a task ran.
    _ran: dict[int, list[tuple[float, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._order = _Order(self.recording)
        self._skipped = frozenset(index for index, task in enumerate(self.recording.tasks) if is_internal(task))
        self._told = {}
        self._made = dict(makings(self.recording.tasks))
        for event in sorted(self.recording.events, key=lambda one: one.at):
            self._told.setdefault((event.task, event.kind), []).append(event.at)
        for run in self.recording.lines:
            if run.task is not None:
                moments = (round(run.start + after / _MICROSECONDS, _DIGITS) for after in run.after)
                ran = zip((within(at, self.recording.wall) for at in moments), run.lines, strict=False)
                self._ran.setdefault(run.task, []).extend(ran)

    def collect(self) -> list[tuple[_When, Moment]]:
        """Everything, in no order."""
        recording = self.recording
        # A line begins before what is done in it, also in the same microsecond.
        found = [*self._lines(), *self._program(), *self._outputs(), *self._events()]
        found += [*self._callbacks(), *self._threads()]
        for number, task in enumerate(recording.tasks):
            if number not in self._skipped:
                found += self._created(number, task)
                found += self._steps(number, task)
                found += self._ended(number, task)
        last = max([recording.wall, *(moment.at for _, moment in found)])
        what = recording.failure.type[:_LONGEST] if recording.failure else ""
        line = recording.failure.line if recording.failure else None
        found.append(((math.inf, 0, 0), Moment(last, Happening.FINISHED, what=what, place=_place_of(line))))
        return found

    def _program(self) -> Iterator[tuple[_When, Moment]]:
        yield (-math.inf, 0, 0), Moment(0.0, Happening.BEGUN)
        for loop in self.recording.loops:
            thread = "" if loop.thread is None else self.recording.threads[loop.thread].name[:_LONGEST]
            yield self._order.between(loop.start), Moment(loop.start, Happening.LOOP_STARTED, thread=thread)
            if loop.end is not None:
                place = self._order.between(loop.end, after=self._last_step())
                yield place, Moment(loop.end, Happening.LOOP_STOPPED, thread=thread)

    def _last_step(self) -> int:
        """After all steps that do not begin later: what is between two steps is sorted by its time first."""
        return sum(len(task.steps) for task in self.recording.tasks)

    def _lines(self) -> Iterator[tuple[_When, Moment]]:
        """The lines of tasks."""
        for task, ran in self._ran.items():
            if task in self._skipped:
                continue
            for at, line in ran:
                place = self._order.inside(task, at)
                if place[2] == _INSIDE:
                    yield place, Moment(at, Happening.LINE, task, place=Place(line))

    def _outputs(self) -> Iterator[tuple[_When, Moment]]:
        threads = self.recording.threads
        for row, line in enumerate(self.lines):
            task = line.task if line.task is not None and 0 <= line.task < len(self.recording.tasks) else None
            is_known = task is None and line.thread is not None and 0 <= line.thread < len(threads)
            thread = threads[line.thread].name[:_LONGEST] if is_known and line.thread is not None else ""
            moment = Moment(line.at, Happening.PRINTED, task, None, line.text[:_LONGEST], thread=thread, rows=(row,))
            yield self._order.inside(task, line.at), moment

    def _events(self) -> Iterator[tuple[_When, Moment]]:
        for event in self.recording.events:
            if event.task is not None and event.task not in self._skipped:
                kind, by = Happening(event.kind), self._known(event.by)
                at, line = (event.at, None) if by is None or kind is not Happening.CANCEL else self._asked(by, event.at)
                yield self._order.inside(event.by, at), Moment(at, kind, event.task, by, place=_place_of(line))

    def _asked(self, by: int, noted: float) -> tuple[float, int | None]:
        """When a task asked for a cancellation, which was noted at the end of its step, and the line if it is known."""
        begun = max((step.start for step in self.recording.tasks[by].steps if step.start <= noted), default=noted)
        found = [
            (at, line) for at, line in self._ran.get(by, ()) if begun <= at <= noted and self.definitions.cancels(line)
        ]
        return max(found) if found else (noted, None)

    def _callbacks(self) -> Iterator[tuple[_When, Moment]]:
        for one in self.recording.callbacks:
            name, defined = one.name[:_LONGEST], _place_of(one.line, one.file)
            yield self._order.between(one.start), Moment(one.start, Happening.CALLBACK, what=name, place=defined)
            if (held := one.end - one.start) > BLOCKED:
                moment = Moment(
                    one.end,
                    Happening.HELD,
                    what=name,
                    place=_place_of(one.held_at, one.held_in) or defined,
                    seconds=held,
                )
                yield self._order.between(one.end), moment

    def _threads(self) -> Iterator[tuple[_When, Moment]]:
        for thread in self.recording.threads:
            name = thread.name[:_LONGEST]
            for work in (one for one in thread.work if one.task not in self._skipped):
                what, by, defined = work.what[:_LONGEST], self._known(work.task), _place_of(work.line, work.file)
                started = Moment(work.start, Happening.CALL_STARTED, None, by, what, defined, name)
                yield self._order.inside(work.task, work.start), started
                if work.end is not None:
                    ended = Moment(work.end, Happening.CALL_ENDED, None, by, what, defined, name)
                    yield self._order.between(work.end), ended

    def _known(self, task: int | None) -> int | None:
        return None if task in self._skipped else task

    def _created(self, number: int, task: Task) -> Iterator[tuple[_When, Moment]]:
        if task.created is None:
            return
        parent = task.parent
        new = Position(Phase.NEW, chain=_chain(_called(task)))
        changes = ((number, new),)
        moment = Moment(
            task.created,
            Happening.CREATED,
            number,
            self._known(parent),
            place=_place_of(task.line, task.file),
            changes=changes,
        )
        yield self._order.inside(parent, task.created), moment

    def _steps(self, number: int, task: Task) -> Iterator[tuple[_When, Moment]]:
        waits: defaultdict[float, list[Wait]] = defaultdict(list)
        for wait in reversed(task.waits):
            waits[wait.start].append(wait)
        before: Wait | None = None
        # A coroutine of another module may have the name of one of the program, which would always wait at a line.
        is_elsewhere = any(wait.file is not None or wait.line is None for wait in task.waits)
        at = None if is_elsewhere else _place_of(self.definitions.line_of(task.coro or ""))
        for index, step in enumerate(task.steps):
            place = self._order.of_step(number, index)
            begun = self._begun(number, step, before, index, at)
            if index and step.ready is not None and self._order.is_held(number, step.ready, step.start):
                when = self._order.between(step.ready, after=self._order.of_step(number, index - 1))
                yield when, Moment(step.ready, Happening.READY, number)
                begun = replace(begun, what=Happening.READY) if begun.kind is Happening.RESUMED else begun
            yield (step.start, place, _BEGINS), begun
            if step.end - step.start > BLOCKED:
                yield self._holds(number, step, place)
            before = waits[step.end].pop() if waits[step.end] else None
            if before is not None:
                at = _place_of(before.line, before.file)
                yield (step.end, place, _LEAVES), self._waits(number, task, before)
            elif index + 1 < len(task.steps):
                yield (step.end, place, _LEAVES), Moment(step.end, Happening.PAUSED, number)
        for wait in (wait for left in waits.values() for wait in left):  # their steps were not recorded
            yield self._order.between(wait.start), self._waits(number, task, wait)

    def _holds(self, number: int, step: Step, place: int) -> tuple[_When, Moment]:
        """That a step has held the loop: said after the line that did, if that was nearly all of it, or at its end."""
        where = _place_of(step.held_at, step.held_in)
        moment = Moment(step.end, Happening.HELD, number, place=where, seconds=step.end - step.start)
        if where is not None and not where.file:
            first = self.definitions.start_of(where.line)
            ran = [one for one in self._ran.get(number, ()) if step.start <= one[0] < step.end]
            over = [at for (_, line), (at, _) in pairwise(ran) if self.definitions.start_of(line) == first]
            if over and over[-1] - step.start > max(BLOCKED, _NEARLY_ALL * moment.seconds):
                return (over[-1], place, _BEGINS), replace(moment, at=over[-1])
        return (step.end, place, _HOLDS), moment

    def _begun(self, number: int, step: Step, before: Wait | None, index: int, at: Place | None) -> Moment:
        kind = Happening.RESUMED if index else Happening.STARTED
        what = before.on[:_LONGEST] if before is not None else ""
        if before is not None and (cause := self._interrupted(number, before.start, step.start)):
            kind, what = Happening.INTERRUPTED, cause
        at = _place_of(before.line, before.file) if before is not None else at
        # What it awaited may have been over long before, and the function that did so, too.
        inside = self.inside(number, before.line) if before is not None and before.file is None else ()
        called = _chain(_called(self.recording.tasks[number]))
        position = Position(Phase.RUNNING, at, at is not None, called, inside)
        by = self._known(step.woken_by)
        return Moment(step.start, kind, number, by, what, at, changes=((number, position),))

    def _interrupted(self, number: int, since: float, until: float) -> str:
        """Whether a task was cancelled (``cancel``) or ran out of time (``timeout``) while it waited; else empty."""
        for kind in (Happening.TIMEOUT, Happening.CANCEL):
            moments = self._told.get((number, kind), ())
            if bisect_left(moments, since) < bisect_right(moments, until):
                return kind
        return ""

    def _waits(self, number: int, task: Task, wait: Wait) -> Moment:
        is_task = [self.recording.tasks[one].name for one in wait.tasks] == [wait.on]
        through = self._through(task, None if wait.file else wait.line)
        chain = through if is_task else _chain(*through, wait.on)
        at = _place_of(wait.line, wait.file)
        position = Position(Phase.WAITING, at, chain=chain, cause=_CAUSES.get(wait.on), awaited=tuple(wait.tasks))
        if wait.file is None and wait.line is not None:
            position = self._within_blocks(position, number, wait.line)
        return Moment(wait.start, Happening.WAITS, number, None, wait.on[:_LONGEST], at, changes=((number, position),))

    def _within_blocks(self, position: Position, number: int, line: int) -> Position:
        """A position with what is entered around its line, and what it waits to enter there."""
        wanted = self.definitions.enters(line) if position.cause in {Cause.LOCKED, Cause.NO_SLOT} else None
        held = None if wanted is None else self._held(wanted, number)
        return replace(position, inside=self.inside(number, line), wanted=held)

    def inside(self, number: int, line: int | None) -> tuple[Held, ...]:
        """What a task has entered in the function in which it is at a line, the outermost first.

        A block that begins in this line is left out: the task may still wait to enter it.
        """
        entered = [one for one in self.definitions.entered(line) if one.line != line] if line is not None else []
        return tuple(self._held(one, number) for one in entered[-_MOST_HELD:])

    def _held(self, entered: Entered, number: int) -> Held:
        """What a task has entered, or waits to enter."""
        meant = self.definitions.names.meant(entered.text, entered.line, self._made.get(number))
        return Held(entered.text[:_LONGEST], Place(entered.line), meant)

    def _through(self, task: Task, line: int | None) -> tuple[str, ...]:
        """The functions of the program from a task's coroutine to the one that a line is in."""
        outer = _called(task)
        inner = self.definitions.around(line) if line is not None else ""
        if not inner or inner == plain_name(task.coro or ""):
            return _chain(outer)
        through = self.definitions.between(task.coro or "", inner)
        called = [f"{name.rpartition('.')[2]}()" for name in (through or ("", inner))[1:]]
        return _chain(outer, *called) if through else _chain(outer, UNKNOWN, *called)

    def _ended(self, number: int, task: Task) -> Iterator[tuple[_When, Moment]]:
        if task.finished is None:
            return
        phase = Phase(task.outcome) if task.outcome in OUTCOMES else Phase.ENDED
        what = (task.error or "")[:_LONGEST]
        changes = ((number, Position(phase)),)
        moment = Moment(task.finished, Happening.ENDED, number, None, what, changes=changes)
        index = len(task.steps) - 1
        after = self._order.of_step(number, index) if index >= 0 else -1
        if index >= 0 and task.steps[index].start <= task.finished <= task.steps[index].end:
            end = task.steps[index].end  # it ends with its last step: nothing of that comes later
            yield (end, after, _LEAVES), replace(moment, at=end)
        else:
            yield self._order.between(task.finished, after), moment


def _names_inside(position: Position | None) -> set[str]:
    """The names of what a task has entered by ``async with``.

    ``Condition.wait()`` releases its lock, so the innermost is left out then.
    """
    if position is None:
        return set()
    inside = position.inside[:-1] if position.cause is Cause.UNNOTIFIED else position.inside
    return {one.meant for one in inside if one.meant}


def _chain(*names: str) -> tuple[str, ...]:
    return tuple(name[:_LONGEST] for name in names if name)


@dataclass(slots=True)
class _Follower:
    """Follows the tasks through what happened, and gives each moment what changes in it."""

    recording: Recording
    shown: Sequence[int | None] | None
    #: What a task has entered where it is at a line.
    entered: Callable[[int, int], tuple[Held, ...]]
    _positions: dict[int, Position] = field(default_factory=dict)
    _running: dict[int | None, int] = field(default_factory=dict)
    #: The tasks that wait for a task, or did.
    _awaiting: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    #: The tasks inside what a name means, and those that wait to enter it.
    _inside: defaultdict[str, dict[int, None]] = field(default_factory=lambda: defaultdict(dict))
    _wanting: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def follow(self, moments: Iterable[Moment]) -> Iterator[Moment]:
        """The same moments with all changes, and with the numbers that readers see for their lines."""
        for moment in moments:
            changes = {
                task: position for task, position in self._changes(moment) if self._positions.get(task) != position
            }
            changes |= self._awaited(changes)
            before = {task: self._positions.get(task) for task in changes}
            self._positions |= changes
            held = self._held(changes, before, has_left=moment.role is LineRole.LEAVES)
            self._positions |= held
            told = ((task, self._as_seen(where)) for task, where in (changes | held).items())
            yield replace(moment, place=self._seen(moment.place), changes=tuple(told))

    def _held(
        self, changed: Mapping[int, Position], before: Mapping[int, Position | None], *, has_left: bool
    ) -> dict[int, Position]:
        """The positions of those that wait to enter something, as far as who is inside it has changed.

        :param has_left: a task leaves a block now, so what it was inside of is not taken any more.
        """
        touched: set[str] = set()
        for task, position in changed.items():
            for old in _names_inside(before[task]):
                self._inside[old].pop(task, None)
            for name in _names_inside(position):
                self._inside[name][task] = None
            touched |= _names_inside(before[task]) | _names_inside(position)
            for waiting in self._wanting.values():
                waiting.discard(task)
            if position.wanted is not None and position.wanted.meant:
                self._wanting[position.wanted.meant].add(task)
                touched.add(position.wanted.meant)
        found = {}
        for name in touched:
            inside = tuple(islice(self._inside[name], _MOST_HELD))
            for task in self._wanting[name]:
                position = self._positions[task]
                if position.holders != inside:
                    cause = None if has_left and not inside else position.cause
                    found[task] = replace(position, holders=inside, cause=cause)
        return found

    def _awaited(self, changes: Mapping[int, Position]) -> dict[int, Position]:
        """The positions of those that wait for tasks which have ended now: readers see that they wait for less."""
        found = {}
        for task, position in changes.items():
            for waiter in self._awaiting.pop(task, ()) if position.phase in _OVER else ():
                if waiter not in changes and task in self._positions[waiter].awaited:
                    found[waiter] = self._positions[waiter]
            if len(position.awaited) <= _MOST_AWAITED:
                for one in position.awaited:
                    self._awaiting[one].add(task)
        return found

    def _as_seen(self, position: Position) -> Position:
        inside = tuple(replace(one, place=self._seen(one.place)) for one in position.inside)
        name = self._with_sign if len(position.awaited) <= _MOST_AWAITED else self._name
        chain = (*position.chain, *_chain(", ".join(map(name, position.awaited))))
        return replace(position, place=self._seen(position.place), inside=inside, chain=chain)

    def _with_sign(self, task: int) -> str:
        """The name of a task; and of one that has ended, how."""
        position = self._positions.get(task)
        sign = _SIGNS.get(position.phase, "") if position is not None else ""
        return f"{self._name(task)} {sign}".rstrip()

    def _name(self, task: int) -> str:
        return self.recording.tasks[task].name

    def _changes(self, moment: Moment) -> Iterator[tuple[int, Position]]:
        task = moment.task
        yield from moment.changes
        if moment.kind in {Happening.CREATED, Happening.CANCEL} and moment.other is not None:
            yield from self._moved(moment.other, moment.place)
        if task is None:
            return
        position = self._positions.get(task)
        loop = self.recording.tasks[task].loop
        if moment.kind in _BEGUN:
            other = self._running.get(loop, task)
            if other != task:  # it did not say that it lets others run
                yield other, replace(self._positions[other], phase=Phase.READY)
            self._running[loop] = task
        elif moment.kind in {Happening.WAITS, Happening.ENDED, Happening.PAUSED} and self._running.get(loop) == task:
            del self._running[loop]
        if position is None:
            return
        yield from self._becomes(task, position, moment)

    def _becomes(self, task: int, position: Position, moment: Moment) -> Iterator[tuple[int, Position]]:
        """Where a task is after something happened to it that does not say so itself."""
        if moment.kind is Happening.CANCEL and position.phase in {Phase.NEW, *_ASLEEP}:
            yield task, replace(position, cancel_requested=True)
        elif moment.kind is Happening.PAUSED or (moment.kind is Happening.READY and position.phase in _ASLEEP):
            yield task, replace(position, phase=Phase.READY)
        elif moment.kind in {Happening.LINE, Happening.PRINTED} or (
            moment.kind is Happening.HELD and position.is_after
        ):
            yield from self._moved(task, moment.place)  # what held the loop may lie behind the line that runs
        elif moment.kind is Happening.DESTROYED and position.phase not in _OVER:
            yield task, Position(Phase.DESTROYED)
            self._running = {at: one for at, one in self._running.items() if one != task}

    def _moved(self, task: int, place: Place | None) -> Iterator[tuple[int, Position]]:
        """A running task is at a line that is known."""
        position = self._positions.get(task)
        if position is not None and position.phase is Phase.RUNNING and place is not None:
            inside = () if place.file else self.entered(task, place.line)
            yield task, replace(position, place=place, is_after=False, inside=inside)

    def sees(self, place: Place | None) -> bool:
        """Whether readers see a line."""
        return self._seen(place) is not None

    def _seen(self, place: Place | None) -> Place | None:
        """A place with the number that readers see; lines of another file are its own."""
        if place is None or place.file or self.shown is None:
            return place
        number = self.shown[place.line - 1] if 0 < place.line <= len(self.shown) else None
        return None if number is None else Place(number)
