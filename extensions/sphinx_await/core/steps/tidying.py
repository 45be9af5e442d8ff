"""Puts a recording in order that a program may have damaged: its steps are built from what could have happened."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..model.recording import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ..model.recording import Recording, Step, Task


def within(moment: float, end: float) -> float:
    """A moment, limited to the axis of time; NaN becomes 0."""
    return min(max(0.0, moment), end)  # in this order


def tidied(recording: Recording, end: float) -> Recording:
    """A recording of which all moments are within the axis, all steps in order, and all indices of something."""

    def moment(at: float | None) -> float | None:
        return None if at is None else within(at, end)

    def a_task(index: int | None) -> int | None:
        return _known(index, recording.tasks)

    threads = tuple(
        replace(
            thread,
            work=tuple(
                replace(one, start=within(one.start, end), end=moment(one.end), task=a_task(one.task))
                for one in thread.work
            ),
        )
        for thread in recording.threads
    )
    return replace(
        recording,
        wall=within(recording.wall, end),
        tasks=tuple(_task(task, recording, end) for task in recording.tasks),
        loops=tuple(
            replace(loop, start=within(loop.start, end), end=moment(loop.end), thread=_known(loop.thread, threads))
            for loop in recording.loops
        ),
        callbacks=tuple(
            replace(one, start=within(one.start, end), end=within(one.end, end)) for one in recording.callbacks
        ),
        events=tuple(
            replace(event, at=within(event.at, end), task=a_task(event.task), by=a_task(event.by))
            for event in recording.events
            if event.kind in EVENTS
        ),
        threads=threads,
        lines=tuple(
            replace(
                run, start=within(run.start, end), task=a_task(run.task), after=tuple(max(0, one) for one in run.after)
            )
            for run in recording.lines
        ),
    )


def _known(index: int | None, of: Sequence[object]) -> int | None:
    return index if index is not None and 0 <= index < len(of) else None


def _task(task: Task, recording: Recording, end: float) -> Task:
    tasks = recording.tasks
    waits = (
        replace(
            wait,
            start=within(wait.start, end),
            end=None if wait.end is None else within(wait.end, end),
            tasks=tuple(one for one in wait.tasks if _known(one, tasks) is not None),
        )
        for wait in task.waits
    )
    return replace(
        task,
        parent=_known(task.parent, tasks),
        created=None if task.created is None else within(task.created, end),
        finished=None if task.finished is None else within(task.finished, end),
        loop=_known(task.loop, recording.loops),
        steps=tuple(_steps(task.steps, end, lambda by: _known(by, tasks))),
        waits=tuple(waits),
    )


def _steps(steps: Iterable[Step], end: float, known: Callable[[int | None], int | None]) -> Iterator[Step]:
    before = 0.0
    for step in steps:
        start = max(before, within(step.start, end))
        before = max(start, within(step.end, end))
        ready = None if step.ready is None else within(step.ready, start)
        yield replace(step, start=start, end=before, ready=ready, woken_by=known(step.woken_by))
