"""How long a program took: as measured, and by the own lengths of what it waited for.

On a busy or slow device a program takes longer than it means to: timers are late, and Python computes slowly. Where a
program sleeps, the length of the sleep is recorded, too, so it is known what the time would have been without that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model.recording import Loop, Recording

#: A wait whose own length is known.
_SLEEP = re.compile(r"asyncio\.sleep\((\d+(?:\.\d+)?(?:e[-+]\d+)?)\)")
#: A step of at least so many seconds is part of the program; a shorter one is time that a slow device needs.
LONG_STEP = 0.05
#: As long as short steps are no more than this share of the measured time.
_SHORT_SHARE = 0.25


def duration(recording: Recording) -> float:
    """The seconds for which its event loops ran; without one, those until it ended.

    Python's start and the imports of a program take long on a slow device and are no part of an exercise.
    """
    if not recording.loops:
        return recording.wall
    return max(_end(recording, loop) for loop in recording.loops) - start(recording)


def start(recording: Recording) -> float:
    """When its first event loop started; 0 without one."""
    return min((loop.start for loop in recording.loops), default=0.0)


def own_duration(recording: Recording) -> float:
    """The seconds of :func:`duration` without what a busy or slow device adds.

    A sleep counts as long as the program asked for, a short step of a task not at all; everything else as measured.
    Equal to the measured time where that cannot be known: with loops in threads, and if steps are missing.
    """
    if recording.unseen or recording.unseen_tasks or any(loop.thread is not None for loop in recording.loops):
        return duration(recording)
    if not recording.loops:
        return recording.wall
    between, at, short = 0.0, start(recording), 0.0
    for index, loop in enumerate(recording.loops):
        between += _long(loop.start - at)
        at = _end(recording, loop)
        short += sum(end - begin for begin, end, _ in _busy(recording, index) if end - begin < LONG_STEP)
    own = between + sum(_own(recording, index, loop) for index, loop in enumerate(recording.loops))
    # A program may compute, or block the loop, in many short steps.
    return own + max(0.0, short - _SHORT_SHARE * duration(recording))


def _own(recording: Recording, index: int, loop: Loop) -> float:
    """The seconds of one loop."""
    clock, at = 0.0, loop.start
    since: dict[int | None, float] = {}  # when each task began to wait, by the clock
    for begin, end, task in sorted(_busy(recording, index), key=lambda one: one[:2]):
        if (gap := begin - at) > 0:
            due = _due(recording, task, begin, since.get(task, clock))
            clock += gap if due is None else min(max(due - clock, 0.0), gap)
        clock += _long(end - begin)
        since[task] = clock
        at = max(at, end)
    return clock + _long(_end(recording, loop) - at)


def _busy(recording: Recording, index: int) -> Iterator[tuple[float, float, int | None]]:
    """The intervals in which a task, or a callback (None), held a loop."""
    for number, task in enumerate(recording.tasks):
        if (task.loop or 0) == index:
            yield from ((step.start, step.end, number) for step in task.steps)
    yield from ((one.start, one.end, None) for one in recording.callbacks if (one.loop or 0) == index)


def _due(recording: Recording, task: int | None, begin: float, since: float) -> float | None:
    """When a task that goes on then was to go on, by the clock; None if that is not known."""
    if task is None:
        return None
    waits = (wait for wait in recording.tasks[task].waits if wait.start < begin and (wait.end or begin) >= begin)
    match = next((found for wait in waits if (found := _SLEEP.fullmatch(wait.on))), None)
    return None if match is None else since + float(match[1])


def _long(seconds: float) -> float:
    return seconds if seconds >= LONG_STEP else 0.0


def _end(recording: Recording, loop: Loop) -> float:
    return recording.wall if loop.end is None else loop.end
