"""What holds of the steps of any recording."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from sphinx_await.core.steps.model import Happening, Phase
from sphinx_await.core.text.output_lines import visible_lines
from sphinx_await.core.timeline.folding import is_internal

if TYPE_CHECKING:
    from sphinx_await.core.model.recording import Recording
    from sphinx_await.core.steps.model import Steps

_BEGUN = {Happening.STARTED, Happening.RESUMED, Happening.INTERRUPTED}


def check_steps(recording: Recording, steps: Steps) -> None:
    """Everything happens once and in order, and at each moment each loop runs at most one task."""
    internal = {number for number, task in enumerate(recording.tasks) if is_internal(task)}
    own = [task for number, task in enumerate(recording.tasks) if number not in internal]
    counts = Counter("steps" if moment.kind in _BEGUN else str(moment.kind) for moment in steps.moments)
    expected = {
        "steps": sum(len(task.steps) for task in own),
        Happening.WAITS: sum(len(task.waits) for task in own),
        Happening.CREATED: sum(task.created is not None for task in own),
        Happening.ENDED: sum(task.finished is not None for task in own),
        Happening.CALLBACK: len(recording.callbacks),
        Happening.CALL_STARTED: sum(work.task not in internal for thread in recording.threads for work in thread.work),
    }
    if not steps.left_out:
        assert {kind: counts[kind] for kind in expected} == expected
    rows = [row for moment in steps.moments for row in moment.rows]
    assert sorted(rows) == list(range(len(visible_lines(recording))))
    for index, moment in enumerate(steps.moments):
        if moment.kind is Happening.PRINTED and moment.task is not None and moment.task not in internal:
            assert steps.positions(index)[moment.task].phase is Phase.RUNNING
    check_one_at_a_time(recording, steps)


def check_one_at_a_time(recording: Recording, steps: Steps) -> None:
    """At each moment each loop runs at most one task: the one that begins then, until it waits or ends."""
    assert all(before.at <= after.at for before, after in pairwise(steps.moments))
    for index, moment in enumerate(steps.moments):
        positions = steps.positions(index)
        running = [task for task, position in positions.items() if position.phase is Phase.RUNNING]
        assert max(Counter(recording.tasks[task].loop for task in running).values(), default=1) == 1
        if moment.kind in _BEGUN:
            assert moment.task in running
        if moment.kind in {Happening.WAITS, Happening.ENDED, Happening.PAUSED}:
            assert moment.task not in running
