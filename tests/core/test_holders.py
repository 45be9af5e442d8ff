"""Who holds a lock: the steps name it to those who wait while it is inside, also while it runs."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.steps.model import Happening, Phase
from sphinx_await.core.steps.words import StepLabels, moment_words, position_words
from sphinx_await.core.timeline.labels import Labels

from ..support.recordings import steps_of_run

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """\
import asyncio

def helper():
    return 1

async def hold(name, lock):
    async with lock:
        print(name, "in")
        await asyncio.sleep(0.01)
        total = 1
        {call}
        print(name, "out")
        await asyncio.sleep(0)

async def main():
    pot = {lock}
    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(hold(name, pot), name=name)

asyncio.run(main())
"""


@pytest.mark.parametrize("lock", ["asyncio.Lock()", "asyncio.Semaphore(1)"])
def test_those_who_wait_see_the_holder_as_long_as_it_is_inside(lock: str, tmp_path: Path) -> None:
    """Where it waits, as it goes on, and at each of its lines; and never one that has left."""
    steps = steps_of_run(PROGRAM.format(lock=lock, call="total += 1"), tmp_path)
    holder, seen = "", set()
    for index, moment in enumerate(steps.moments):
        if moment.kind is Happening.PRINTED:
            name, _, word = moment.what.partition(" ")
            holder = name if word == "in" else ""
        waiting = [one for one in steps.positions(index).values() if one.phase is Phase.WAITING and one.wanted]
        for position in waiting:
            named = [steps.tasks[task].name for task in position.holders]
            assert named == [holder] or not holder, (index, moment)
            seen.add((holder, moment.kind))
    assert {(name, kind) for name in "ab" for kind in (Happening.RESUMED, Happening.LINE, Happening.WAITS)} <= seen


def test_a_function_that_the_holder_calls_leaves_open_whether_it_is_inside(tmp_path: Path) -> None:
    """No task is named then that may have left."""
    steps = steps_of_run(PROGRAM.format(lock="asyncio.Lock()", call="helper()"), tmp_path)
    lines = [index for index, moment in enumerate(steps.moments) if moment.place and moment.place.line == 4]
    assert lines
    for index in lines:
        assert not any(one.holders for one in steps.positions(index).values() if one.phase is Phase.WAITING)


def test_a_running_task_says_what_it_is_inside_of(tmp_path: Path) -> None:
    """At each line of the block, and no more where it is left; nobody is said to hold a lock that was released."""
    steps = steps_of_run(PROGRAM.format(lock="asyncio.Lock()", call="total += 1"), tmp_path)
    said = []
    for index, moment in enumerate(steps.moments):
        if moment.kind is Happening.LINE and moment.task is not None and moment.place is not None:
            position = steps.positions(index)[moment.task]
            said.append((moment.place.line, bool(position_words(position, steps, Labels(), StepLabels()))))
        if moment.released:
            notes = [position_words(one, steps, Labels(), StepLabels()) for one in steps.positions(index).values()]
            assert not any("taken" in note or "held" in note for note in chain(*notes))
    assert {line for line, is_inside in said if is_inside} >= {10, 11}
    assert {line for line, is_inside in said if not is_inside} >= {7}
    assert {line for line, is_inside in said if is_inside}.isdisjoint({7, 16})


CANCELLED = """\
import asyncio

async def clock():
    await asyncio.sleep(1)

async def main():
    task = asyncio.create_task(clock(), name="clock")
    await asyncio.sleep(0)
    task.cancel()
    total = 1
    await asyncio.wait([task])

asyncio.run(main())
"""


def test_a_task_whose_cancellation_was_requested_says_so_until_it_goes_on(tmp_path: Path) -> None:
    """It waits as before, and does not know it yet."""
    steps = steps_of_run(CANCELLED, tmp_path)
    clock = next(index for index, task in enumerate(steps.tasks) if task.name == "clock")
    asked = [index for index, moment in enumerate(steps.moments) if moment.kind is Happening.CANCEL]
    goes_on = [index for index, moment in enumerate(steps.moments) if moment.kind is Happening.INTERRUPTED]
    assert (len(asked), len(goes_on)) == (1, 1)
    for index in range(len(steps.moments)):
        position = steps.positions(index).get(clock)
        note = position_words(position, steps, Labels(), StepLabels()) if position else []
        assert ("cancellation requested" in note) is (asked[0] <= index < goes_on[0])


BLOCKED = """\
import asyncio
import time

async def tick():
    await asyncio.sleep(0.01)

async def main():
    task = asyncio.create_task(tick())
    await asyncio.sleep(0)
    time.sleep(0.2)
    print("done")
    await task

asyncio.run(main())
"""


def test_that_a_line_held_the_loop_is_said_before_the_next_line_runs(tmp_path: Path) -> None:
    """The line has a step of its own before; and a task that was ready meanwhile goes on since it is its turn."""
    steps = steps_of_run(BLOCKED, tmp_path)
    said = [moment_words(steps, index, Labels(), StepLabels()) for index in range(len(steps.moments))]
    texts = [text.removeprefix("Task-1 main() ") for text in said]
    runs = texts.index("runs this line · line 10")
    (held,) = [at for at, text in enumerate(texts) if text.startswith("has held the event loop for ")]
    assert runs < held < texts.index("prints: done")
    assert any(text.endswith("goes on: it is its turn") for text in texts)


ONE_LINE = """\
import asyncio

async def hold(pot):
    async with pot: await asyncio.sleep(0.01)

async def main():
    pot = asyncio.Lock()
    await asyncio.gather(hold(pot), hold(pot))

asyncio.run(main())
"""


def test_a_block_in_one_line_is_no_deadlock(tmp_path: Path) -> None:
    """A task that waits for a lock in the line of the block is not said to hold it."""
    steps = steps_of_run(ONE_LINE, tmp_path)
    said = [moment_words(steps, index, Labels(), StepLabels()) for index in range(len(steps.moments))]
    assert any("Lock.acquire()" in text for text in said)
    assert not any("deadlock" in text or "held by" in text for text in said)
