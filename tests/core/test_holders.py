"""Who holds a lock: the steps name it to those who wait while it is inside, also while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.steps.model import Happening, Phase

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
