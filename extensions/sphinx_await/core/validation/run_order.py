"""Whether the order of two lines of output is certain, or may be another in the next run.

Within an event loop, order follows from control flow: whoever became ready first runs first. It is uncertain only where
two things become ready by causes of their own (a timer, the network, a thread) at nearly the same moment, and neither
waits for the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .expected_output import TOLERANCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model.recording import Recording, Step, Work
    from ..text.output_lines import OutputLine

#: What a task that only lets others run awaits.
_BARE_YIELDS = frozenset({"asyncio.sleep(0)", "yield"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something that ran comes from.

    :ivar ready: when it could run, in seconds.
    :ivar cause: when the first of what made it ready could run.
    :ivar by: what that is; the same for all that the start of the program made ready.
    :ivar is_external: whether that was a timer, the network or a thread.
    """

    ready: float
    cause: float
    by: tuple[int, int]
    is_external: bool


_START = (-1, -1)
_MAIN = (-2, -2)
#: A step or a call: the index of its task or (below zero) of its thread, and its own.
_Place = tuple[int, int]


def is_order_certain(line: OutputLine, later: OutputLine, recording: Recording) -> bool:
    """Whether a line comes before a later one in each run of the program."""
    history = _History(recording)
    first, second = history.place_of(line), history.place_of(later)
    if first is None and second is None:
        return True
    if first is not None and second is not None and (first == second or first in history.before(second)):
        return True
    one, other = history.origin(line, first), history.origin(later, second)
    if one.by == other.by or not (one.is_external or other.is_external):
        return True
    apart = min(abs(one.ready - other.ready), abs(one.cause - other.cause))
    return apart >= TOLERANCE_SECONDS


@dataclass(frozen=True, slots=True)
class _History:
    """What made each step of a recording ready."""

    recording: Recording

    def place_of(self, line: OutputLine) -> _Place | None:
        """The step or call that wrote a line; None if none did: the program outside of its loops, or a callback."""
        if line.thread is not None:
            found = [
                index
                for index, work in enumerate(self.recording.threads[line.thread].work)
                if work.start <= line.at and (work.end is None or line.at <= work.end)
            ]
            return (-1 - line.thread, found[-1]) if found else None
        return None if line.task is None else self._step_at(line.task, line.at)

    def origin(self, line: OutputLine, place: _Place | None) -> Origin:
        """Where a line comes from."""
        if place is None or place[0] < 0:
            own = _MAIN if place is None and line.thread is None else (-3 - (line.thread or 0), -3)
            in_loop = any(
                loop.start <= line.at and (loop.end is None or line.at <= loop.end) for loop in self.recording.loops
            )
            return Origin(line.at, line.at, own, line.thread is not None or in_loop)
        ready = _ready(self._step(place))
        seen = {place}
        while (maker := self._maker(place)) is not None and maker not in seen:
            seen.add(maker)
            place = maker
        task, step = place
        # The first step of a task that nobody created is the start of the program.
        is_external = step > 0 or self.recording.tasks[task].parent is not None
        return Origin(ready, _ready(self._step(place)), place if is_external else _START, is_external)

    def before(self, place: _Place) -> set[_Place]:
        """All steps and calls that end before a step or call begins, in each run."""
        found: set[_Place] = set()
        rest = [place]
        while rest:
            for one in self._direct(rest.pop()):
                if one not in found:
                    found.add(one)
                    rest.append(one)
        return found

    def _direct(self, place: _Place) -> Iterator[_Place]:
        """What comes right before a step or call in each run."""
        owner, index = place
        if owner < 0:
            work = self._work(place)
            if work.task is not None and (step := self._step_at(work.task, work.start)) is not None:
                yield step
            return
        if (maker := self._maker(place)) is not None:
            yield maker
        begin = self._step(place).start
        if index == 0:
            return
        yield owner, index - 1
        since = self._step((owner, index - 1)).start
        for number, thread in enumerate(self.recording.threads):
            for call, work in enumerate(thread.work):
                if work.task == owner and work.end is not None and since <= work.start and work.end <= begin:
                    yield -1 - number, call

    def _maker(self, place: _Place) -> _Place | None:
        """The step that made a step ready; None if something from outside did, or the start of the program."""
        owner, index = place
        task, step = self.recording.tasks[owner], self._step(place)
        by = step.woken_by
        if by is None and index == 0:
            by = task.parent
        if by is not None:
            return self._step_at(by, step.start)
        if index and self._yields_before(place):
            return owner, index - 1
        return None

    def _yields_before(self, place: _Place) -> bool:
        """Whether a task only let others run before a step."""
        owner, index = place
        end, start = self._step((owner, index - 1)).end, self._step(place).start
        middle = (end + start) / 2
        waits = self.recording.tasks[owner].waits
        between = [wait for wait in waits if wait.start <= middle and (wait.end is None or middle <= wait.end)]
        return bool(between) and all(wait.on in _BARE_YIELDS for wait in between)

    def _step_at(self, task: int, moment: float) -> _Place | None:
        """The last step of a task that began by a moment."""
        steps = self.recording.tasks[task].steps
        index = sum(step.start <= moment for step in steps) - 1
        return (task, index) if index >= 0 else None

    def _step(self, place: _Place) -> Step:
        return self.recording.tasks[place[0]].steps[place[1]]

    def _work(self, place: _Place) -> Work:
        return self.recording.threads[-1 - place[0]].work[place[1]]


def _ready(step: Step) -> float:
    return step.start if step.ready is None else step.ready
