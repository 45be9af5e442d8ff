"""Whether the order of two lines of output is certain, or may be another in the next run.

Within an event loop, order follows from control flow: whoever became ready first runs first. It is uncertain only where
two things become ready by causes of their own (a timer, the network, a thread, a callback of a loop) at nearly the same
moment, and neither waits for the other. A recording says neither what scheduled a callback nor which call of a thread
the future in a variable stands for. What it does not say is not certain.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from .expected_output import TOLERANCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from ..model.recording import Recording, Step, Wait, Work
    from ..text.output_lines import OutputLine

#: What a task that only lets others run awaits.
_BARE_YIELDS = frozenset({"asyncio.sleep(0)", "yield"})
#: A task that awaits this hands a call to a thread and goes on after it; the group is the function's name, if any.
_THREAD_CALL = re.compile(
    r"(?:(?:asyncio\.)?wait_for\()?(?:\w+(?:\(\))?\.)*(?:to_thread\(|run_in_executor\((?:[^,()]*,\s*)?)([\w.]*)"
)
#: A task that awaits this goes on after all that it awaits has returned.
_ALL = frozenset({"asyncio.gather()", "asyncio.TaskGroup()"})
#: What ends a wait before that for which the task waits.
_INTERRUPTIONS = frozenset({"cancel", "timeout"})
#: A thread may tell so many seconds late that a call is over: the task that waited for it runs already.
_LATE = 0.02
#: A loop that has run nothing for so many seconds had nothing to run.
_IDLE = 0.005


class _Kind(Enum):
    """What writes a line. It is known by two numbers."""

    #: The main thread outside of event loops: 0, and how many loops have started in it.
    PROGRAM = 0
    #: A step: the indices of its task and its own.
    STEP = 1
    #: A callback: the index of its loop, and its own among those of the loop.
    CALLBACK = 2
    #: A call: the index of its thread, and its own in that.
    CALL = 3


_Place = tuple[_Kind, int, int]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something that ran comes from.

    :ivar ready: when it could run, in seconds.
    :ivar since: since when it may have been ready; the same as ``ready`` if that is known.
    :ivar cause: when the first of what made it ready could run; None if unknown.
    :ivar by: what that is; the same for all that the start of a loop made ready.
    """

    ready: float
    since: float
    cause: float | None
    by: Hashable


class RunOrder:
    """What comes before what in every run of a program, by a recording of one.

    To make it takes time in proportion to the recording, and so does the first question about a later line. More
    questions about the same later line take little.
    """

    def __init__(self, recording: Recording) -> None:
        self._tasks = recording.tasks
        self._steps = [_Spans([(step.start, step.end) for step in task.steps]) for task in recording.tasks]
        self._waits = [_Spans([(wait.start, wait.end) for wait in task.waits]) for task in recording.tasks]
        steps = [step for task in recording.tasks for step in task.steps]
        #: When steps begin, and when they end.
        self._edges = {step.start for step in steps}, {step.end for step in steps}
        self._calls = [thread.work for thread in recording.threads]
        self._in_thread = [_Spans([(work.start, work.end) for work in works]) for works in self._calls]
        self._read_loops(recording)
        self._interruptions: defaultdict[int | None, list[float]] = defaultdict(list)
        for event in sorted(recording.events, key=lambda one: one.at):
            if event.kind in _INTERRUPTIONS:
                self._interruptions[event.task].append(event.at)
        #: For each step the calls that were over before it began; for each call the step that ended by asking for it.
        self._over: defaultdict[_Place, list[_Place]] = defaultdict(list)
        self._asked: dict[_Place, _Place] = {}
        self._read_calls()
        self._roots: dict[_Place, _Place] = {}
        self._before_last: tuple[_Place, set[_Place]] | None = None

    def _read_loops(self, recording: Recording) -> None:
        numbers: defaultdict[int | None, list[int]] = defaultdict(list)
        for number in sorted(range(len(recording.loops)), key=lambda number: recording.loops[number].start):
            numbers[recording.loops[number].thread].append(number)
        self._thread_of = [loop.thread for loop in recording.loops]
        self._loops = {
            thread: _Spans([(recording.loops[number].start, recording.loops[number].end) for number in there])
            for thread, there in numbers.items()
        }
        #: For each start of a loop in the main thread, the last that each task did in it.
        self._ran: list[list[_Place]] = [[] for _ in numbers[None]]
        held: defaultdict[int | None, list[tuple[float, float]]] = defaultdict(list)
        for number, task in enumerate(recording.tasks):
            last: dict[int, _Place] = {}
            for index, step in enumerate(task.steps):
                held[task.loop].append((step.start, step.end))
                if (at := self._in_loop(self._thread(number), step.start)) is not None:
                    last[at] = _Kind.STEP, number, index
            if self._thread(number) is None:
                for at, place in last.items():
                    self._ran[at].append(place)
        callbacks: defaultdict[int | None, list[tuple[float, float]]] = defaultdict(list)
        for one in sorted(recording.callbacks, key=lambda one: one.start):
            callbacks[one.loop].append((one.start, one.end))
            held[one.loop].append((one.start, one.end))
        self._callbacks = {loop: _Spans(spans) for loop, spans in callbacks.items()}
        self._numbers = numbers
        self._busy = {loop: _Busy(sorted(spans)) for loop, spans in held.items()}

    def _read_calls(self) -> None:
        asked: defaultdict[int, list[tuple[float, _Place]]] = defaultdict(list)
        for thread, works in enumerate(self._calls):
            for index, work in enumerate(works):
                if work.task is not None:
                    asked[work.task].append((work.start, (_Kind.CALL, thread, index)))
        for task, calls in asked.items():
            calls.sort(key=lambda one: one[0])
            starts = [start for start, _ in calls]
            for wait in self._tasks[task].waits:
                if found := _THREAD_CALL.match(wait.on):
                    self._read_awaited_call(task, wait, found[1], calls, starts)

    def _read_awaited_call(
        self, task: int, wait: Wait, name: str, calls: Sequence[tuple[float, _Place]], starts: Sequence[float]
    ) -> None:
        """Find the call that a task awaited: it ended the step by asking for it."""
        before = self._step_at(task, wait.start)
        if before is None:
            return
        since, until = self._step(before).start, float("inf") if wait.end is None else wait.end
        places = [place for _, place in calls[bisect_left(starts, since) : bisect_right(starts, until)]]
        named = [place for place in places if _is_called(self._call(place).what, name)]
        is_whole = wait.end is not None and not self._is_interrupted(task, wait.start, wait.end)
        if is_whole:
            # What it awaited is among them; others may have been asked for earlier.
            places = [place for place in places if not _is_after(self._call(place).end, until + _LATE)]
            named = [place for place in named if place in places] if len(places) > 1 else places
        if len(named) != 1:
            return
        self._asked[named[0]] = before
        after = before[2] + 1
        if is_whole and after < len(self._tasks[task].steps):
            self._over[_Kind.STEP, task, after].append(named[0])

    def is_certain(self, line: OutputLine, later: OutputLine) -> bool:
        """Whether a line comes before a later one in each run of the program."""
        if line.task is not None and line.task == later.task:
            return True
        if self._are_in_turn(line, later):
            return True
        first, second = self._place_of(line), self._place_of(later)
        if first is not None and second is not None and (first == second or first in self._before(second)):
            return True
        one, other = self._origin(line, first), self._origin(later, second)
        if one.by == other.by:
            return True
        apart = max(one.since - other.ready, other.since - one.ready)
        if one.cause is not None and other.cause is not None:
            apart = min(apart, abs(one.cause - other.cause))
        return apart >= TOLERANCE_SECONDS

    def _are_in_turn(self, line: OutputLine, later: OutputLine) -> bool:
        """Whether one thread wrote both, and not within one run of an event loop."""
        thread = line.thread
        if thread != later.thread or (thread is not None and self._call_at(line) != self._call_at(later)):
            return False
        if thread is not None and self._call_at(line) is None:
            return False
        loop = self._in_loop(thread, line.at)
        return loop is None or loop != self._in_loop(thread, later.at)

    def _place_of(self, line: OutputLine) -> _Place | None:
        """What wrote a line; None if that is not recorded."""
        if line.task is not None:
            place = self._step_at(line.task, line.at)
            return None if place is None or self._step(place).end < line.at else place
        at = self._in_loop(line.thread, line.at)
        if at is not None:
            loop = self._numbers[line.thread][at]
            index = self._callbacks[loop].at(line.at) if loop in self._callbacks else None
            return None if index is None else (_Kind.CALLBACK, loop, index)
        return (_Kind.PROGRAM, 0, self._started(line.at)) if line.thread is None else self._call_at(line)

    def _call_at(self, line: OutputLine) -> _Place | None:
        """The call within which a thread wrote a line."""
        index = None if line.thread is None else self._in_thread[line.thread].at(line.at)
        return None if index is None or line.thread is None else (_Kind.CALL, line.thread, index)

    def _origin(self, line: OutputLine, place: _Place | None) -> Origin:
        """Where a line comes from."""
        if place is not None and place[0] is _Kind.STEP:
            ready, root = _ready(self._step(place)), self._root(place)
            return Origin(ready, ready, _ready(self._step(root)), self._starter(root) or root)
        at = self._in_loop(line.thread, line.at)
        if at is not None:  # it ran late if something else held the loop
            busy = self._busy.get(self._numbers[line.thread][at])
            since = line.at if busy is None else busy.since(line.at)
            return Origin(line.at, since, None, place or object())
        return Origin(line.at, line.at, line.at, place or object())

    def _root(self, place: _Place) -> _Place:
        """The first of the steps each of which made the next one ready, the last of which is the given one."""
        way: list[_Place] = []
        seen: set[_Place] = set()
        while place not in self._roots and (maker := self._maker(place)) is not None and maker not in seen:
            way.append(place)
            seen.add(place)
            place = maker
        root = self._roots.get(place, place)
        self._roots.update(dict.fromkeys(way, root))
        return root

    def _starter(self, root: _Place) -> Hashable:
        """The start of a loop that made a step ready; None if something else did."""
        task, index = self._tasks[root[1]], root[2]
        if index or task.parent is not None:
            return None
        thread, begin = self._thread(root[1]), task.steps[0].start
        at = self._in_loop(thread, begin)
        if at is None or thread not in self._loops:
            return "start", thread, None
        # A task that was created later was created by a callback, or by another thread.
        is_early = task.created is None or task.created <= self._loops[thread].starts[at]
        return ("start", thread, at) if is_early else None

    def _before(self, place: _Place) -> set[_Place]:
        """All that ends before something begins, in each run."""
        if self._before_last is not None and self._before_last[0] == place:
            return self._before_last[1]
        found: set[_Place] = set()
        rest = [place]
        while rest:
            for one in self._right_before(rest.pop()):
                if one not in found:
                    found.add(one)
                    rest.append(one)
        self._before_last = place, found
        return found

    def _right_before(self, place: _Place) -> Iterator[_Place]:
        """What comes right before something in each run."""
        kind, owner, index = place
        if kind is _Kind.PROGRAM:
            if index:
                yield _Kind.PROGRAM, 0, index - 1
                yield from self._ran[index - 1]
        elif kind is _Kind.CALL:
            if (asked := self._asked.get(place)) is not None:
                yield asked
            elif (task := self._call(place).task) is not None and self._tasks[task].steps:
                # It is not known when: an executor may have begun it late. Its task had begun.
                yield from self._right_before((_Kind.STEP, task, 0))
        elif kind is _Kind.CALLBACK:
            if self._thread_of[owner] is None:
                yield _Kind.PROGRAM, 0, self._started(self._callbacks[owner].starts[index]) - 1
        else:
            yield from self._before_step(place)

    def _before_step(self, place: _Place) -> Iterator[_Place]:
        _, task, index = place
        begin = self._step(place).start
        if (maker := self._maker(place)) is not None:
            yield maker
        if self._thread(task) is None and self._in_loop(None, begin) is not None:
            yield _Kind.PROGRAM, 0, self._started(begin) - 1
        if index == 0:
            return
        yield _Kind.STEP, task, index - 1
        yield from self._over.get(place, ())
        wait = self._wait_before(place)
        if wait is not None and wait.on in _ALL and not self._is_interrupted(task, wait.start, begin):
            for one in wait.tasks:
                awaited = self._tasks[one]
                if awaited.outcome == "returned" and not _is_after(awaited.finished, begin) and awaited.steps:
                    yield _Kind.STEP, one, len(awaited.steps) - 1

    def _maker(self, place: _Place) -> _Place | None:
        """The step that made a step ready; None if something from outside did, or the start of a loop."""
        _, owner, index = place
        task, step = self._tasks[owner], self._step(place)
        by = task.parent if step.woken_by is None and index == 0 else step.woken_by
        if by is not None:
            # A task of another loop goes on at the same time.
            return self._step_at(by, step.start) if self._tasks[by].loop == task.loop else None
        if not index:
            return None
        wait = self._wait_before(place)
        goes_on = self._is_gap_of_others(task.steps[index - 1], step) if wait is None else wait.on in _BARE_YIELDS
        return (_Kind.STEP, owner, index - 1) if goes_on else None

    def _is_gap_of_others(self, step: Step, later: Step) -> bool:
        """Whether what is between two steps of a task are steps of eager ones, which ran within it."""
        return step.end in self._edges[0] and later.start in self._edges[1]

    def _wait_before(self, place: _Place) -> Wait | None:
        """What a task waited for right before a step that is not its first."""
        _, owner, index = place
        steps = self._tasks[owner].steps
        found = self._waits[owner].at((steps[index - 1].end + steps[index].start) / 2)
        return None if found is None else self._tasks[owner].waits[found]

    def _is_interrupted(self, task: int, since: float, until: float) -> bool:
        """Whether a task was cancelled, or a time limit in it expired, in an interval."""
        moments = self._interruptions.get(task, ())
        return bisect_left(moments, since) < bisect_right(moments, until)

    def _thread(self, task: int) -> int | None:
        """The thread in which a task ran."""
        loop = self._tasks[task].loop
        return None if loop is None else self._thread_of[loop]

    def _in_loop(self, thread: int | None, moment: float) -> int | None:
        """Which run of a loop in a thread a moment is in; None if it is in none."""
        loops = self._loops.get(thread)
        return None if loops is None else loops.at(moment)

    def _started(self, moment: float) -> int:
        """How many loops had started in the main thread."""
        loops = self._loops.get(None)
        return 0 if loops is None else bisect_right(loops.starts, moment)

    def _step_at(self, task: int, moment: float) -> _Place | None:
        """The last step of a task that began by a moment."""
        index = bisect_right(self._steps[task].starts, moment) - 1
        return (_Kind.STEP, task, index) if index >= 0 else None

    def _step(self, place: _Place) -> Step:
        return self._tasks[place[1]].steps[place[2]]

    def _call(self, place: _Place) -> Work:
        return self._calls[place[1]][place[2]]


class _Spans:
    """Intervals one after another, by their starts; one without an end goes on."""

    def __init__(self, spans: Sequence[tuple[float, float | None]]) -> None:
        self._spans = spans
        self.starts = [start for start, _ in spans]

    def at(self, moment: float) -> int | None:
        """The index of the last that begins by a moment, if that is in it."""
        index = bisect_right(self.starts, moment) - 1
        return None if index < 0 or not _is_after(self._spans[index][1], moment, or_at=True) else index


class _Busy:
    """Since when an event loop has had something to run."""

    def __init__(self, held: Sequence[tuple[float, float]]) -> None:
        self._starts = [start for start, _ in held]
        self._since: list[tuple[float, float]] = []
        first = last = float("-inf")
        for start, end in held:
            if start - last > _IDLE:
                first = start
            last = max(last, end)
            self._since.append((first, last))

    def since(self, moment: float) -> float:
        """Since when it has not been idle at a moment at which it runs something."""
        index = bisect_right(self._starts, moment) - 1
        if index < 0:
            return moment
        first, last = self._since[index]
        return first if moment - last <= _IDLE else moment


def _is_after(end: float | None, moment: float, *, or_at: bool = False) -> bool:
    """Whether something ends after a moment, or never."""
    return end is None or end > moment or (or_at and end == moment)


def _is_called(what: str, name: str) -> bool:
    """Whether a call is that of a function, as a program names it."""
    return bool(name) and what.rpartition(".")[2].strip("<>") == name.rpartition(".")[2]


def _ready(step: Step) -> float:
    return step.start if step.ready is None else step.ready
