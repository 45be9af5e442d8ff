"""Under a clock that only sleeping moves, the moments of a recording are exact."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.model.recording import Recording

from ..conftest import run_python, seed_programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx_await.core.model.recording import Task

CLOCKED = Path(__file__).parent / "clocked.py"


@pytest.fixture
def run(tmp_path: Path) -> Callable[[str], Recording]:
    """Run a program under that clock and return its recording."""

    def run(code: str) -> Recording:
        (tmp_path / "program.py").write_text(code, encoding="utf-8")
        done = run_python(CLOCKED, tmp_path / "program.py", tmp_path / "out.json")
        assert done.returncode == 0, done.stderr
        return Recording.from_json((tmp_path / "out.json").read_text(encoding="utf-8"))

    return run


def steps(task: Task) -> list[tuple[float, float]]:
    """When a task held the loop."""
    return [(step.start, step.end) for step in task.steps]


def waits(task: Task) -> list[tuple[float, float | None, str]]:
    """When a task waited, and on what."""
    return [(wait.start, wait.end, wait.on) for wait in task.waits]


def test_the_seeds_tasks_overlap_under_their_gather(run: Callable[[str], Recording]) -> None:
    """In the chapter's second program A and B wait at the same time, while main waits for both."""
    recording = run(seed_programs()[1])
    main, first, second = recording.tasks
    assert recording.wall == 2.0
    assert waits(main) == [(0.0, 2.0, "asyncio.gather()")]
    assert main.waits[0].tasks == (1, 2)
    assert waits(first) == [(0.0, 2.0, "asyncio.sleep(2)")]
    assert waits(second) == [(0.0, 1.0, "asyncio.sleep(1)")]
    assert first.parent == second.parent == 0
    assert (first.finished, second.finished, main.finished) == (2.0, 1.0, 2.0)
    assert [(output.at, output.task) for output in recording.outputs][:4] == [(0.0, 1), (0.0, 2), (1.0, 2), (2.0, 1)]


def test_a_blocked_loop(run: Callable[[str], Recording]) -> None:
    """A step that blocks lasts as long as it blocks; what became due meanwhile runs late."""
    recording = run("""
import asyncio, time
async def tick():
    await asyncio.sleep(0.5)
    await asyncio.sleep(0.5)
async def bad():
    time.sleep(2)
async def main():
    await asyncio.gather(tick(), bad())
asyncio.run(main())
""")
    main, tick, bad = recording.tasks
    assert steps(bad) == [(0.0, 2.0)]
    assert steps(tick) == [(0.0, 0.0), (2.0, 2.0), (2.5, 2.5)]
    assert waits(tick) == [(0.0, 2.0, "asyncio.sleep(0.5)"), (2.0, 2.5, "asyncio.sleep(0.5)")]
    assert steps(main) == [(0.0, 0.0), (2.5, 2.5)]
    (loop,) = recording.loops
    assert (loop.start, loop.end) == (0.0, 2.5)


def test_callbacks_hold_the_loop(run: Callable[[str], Recording]) -> None:
    """A callback is recorded from its start to its end: the program's always, a library's if it is long."""
    recording = run("""
import asyncio, time
def hold(seconds):
    time.sleep(seconds)
async def main():
    loop = asyncio.get_running_loop()
    loop.call_later(1, hold, 0.25)
    loop.call_later(2, hold, 0)
    await asyncio.sleep(3)
asyncio.run(main())
""")
    assert [(one.start, one.end, one.name, one.line) for one in recording.callbacks] == [
        (1.0, 1.25, "hold", 3),
        (2.0, 2.0, "hold", 3),
    ]


def test_each_request_for_cancellation_is_recorded(run: Callable[[str], Recording]) -> None:
    """Even if one step asks twice."""
    recording = run("""
import asyncio

async def main():
    task = asyncio.create_task(asyncio.sleep(9))
    await asyncio.sleep(1)
    task.cancel()
    task.cancel()
    await asyncio.wait([task])

asyncio.run(main())
""")
    assert [(event.at, event.kind, event.task) for event in recording.events] == [(1.0, "cancel", 1)] * 2


def test_time_limits_and_cancellation(run: Callable[[str], Recording]) -> None:
    """An event is at the moment at which the limit expired, or at the end of the step that cancelled."""
    recording = run("""
import asyncio
async def work():
    await asyncio.sleep(10)
async def main():
    task = asyncio.create_task(work())
    await asyncio.sleep(1)
    task.cancel()
    try:
        async with asyncio.timeout(2):
            await asyncio.sleep(10)
    except TimeoutError:
        pass
asyncio.run(main())
""")
    assert [(one.at, one.kind, one.task, one.by, one.line) for one in recording.events] == [
        (1.0, "cancel", 1, 0, 4),
        (3.0, "timeout", 0, None, 11),
    ]
    main, task = recording.tasks
    assert (task.outcome, task.finished) == ("cancelled", 1.0)
    assert waits(main) == [(0.0, 1.0, "asyncio.sleep(1)"), (1.0, 3.0, "asyncio.sleep(10)")]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are new in Python 3.12")
def test_an_eager_step_is_taken_out_of_the_one_around_it(run: Callable[[str], Recording]) -> None:
    """At each moment one task holds the loop, also when one runs inside another's step."""
    recording = run("""
import asyncio, time
async def work():
    time.sleep(1)
    await asyncio.sleep(1)
async def main():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    time.sleep(0.5)
    task = asyncio.create_task(work(), name="work")
    time.sleep(0.25)
    await task
asyncio.run(main())
""")
    main, work = recording.tasks
    assert steps(main) == [(0.0, 0.5), (1.5, 1.75), (2.5, 2.5)]
    assert steps(work) == [(0.5, 1.5), (2.5, 2.5)]
    assert waits(main) == [(1.75, 2.5, "work")]
    assert (work.parent, work.created) == (0, 0.5)


def test_a_long_run_thins_out(run: Callable[[str], Recording]) -> None:
    """Of forty thousand bare yields the first are kept, and the end; the rest is counted, no wait made up."""
    recording = run("""
import asyncio
async def spin():
    for _ in range(40_000):
        await asyncio.sleep(0)
    await asyncio.sleep(1)
asyncio.run(spin())
""")
    (spin,) = recording.tasks
    assert len(spin.steps) == 16_002
    assert recording.unseen == 40_002 - len(spin.steps)
    assert waits(spin)[-1] == (0.0, 1.0, "asyncio.sleep(1)")
    assert len(spin.waits) == 16_000
    assert (spin.outcome, spin.finished) == ("returned", 1.0)


def test_many_tasks_are_bounded(run: Callable[[str], Recording]) -> None:
    """Of five thousand tasks the first are kept, main's end too; the steps of the others are counted."""
    recording = run("""
import asyncio
async def main():
    await asyncio.gather(*(asyncio.sleep(1) for _ in range(5_000)))
asyncio.run(main())
""")
    assert len(recording.tasks) == 2_000
    assert (recording.tasks[0].outcome, recording.tasks[0].finished) == ("returned", 1.0)
    assert recording.unseen >= 3_001
