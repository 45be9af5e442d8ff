"""What a step says of a line that Python runs a second time: the block is left, the loop is over."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.steps.words import StepLabels, moment_words
from sphinx_await.core.timeline.labels import Labels

from ..support.recordings import steps_of_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Steps = Callable[[str], list[str]]

HAS_TURNS = sys.version_info >= (3, 12)
RUN = "import asyncio\n\n{}\nasyncio.run(main())\n"


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    """Runs a program and returns what its steps say, without the name of the task."""

    def run(source: str) -> list[str]:
        made = steps_of_run(source, tmp_path)
        said = [moment_words(made, index, Labels(), StepLabels()) for index in range(len(made.moments))]
        return [text.removeprefix("Task-1 main() ") for text in said]

    return run


def test_the_end_of_a_with_block_is_no_second_beginning(steps: Steps) -> None:
    """It is left, and the lock is released; also by `return`, and by an exception."""
    said = steps(
        RUN.format(
            """\
async def hold(lock):
    async with lock:
        return await asyncio.sleep(0, 1)

async def main():
    pot = asyncio.Lock()
    async with pot:
        x = 1
    await hold(pot)
    await hold(pot)
    try:
        with open("nothing" if x else 0):
            pass
    except OSError:
        x = 2
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0.01))
"""
        )
    )
    assert said.count("leaves the block: async with pot · line 9 (pot released)") == 1
    assert said.count("runs this line · line 9 (pot taken)") == 1
    assert said.count("leaves the block: async with lock · line 4") == said.count("runs this line · line 4") == 2
    assert "catches the exception: except OSError · line 16" in said
    assert said.count("waits at the end of the block: asyncio.TaskGroup() · line 18") == 1
    assert not any(text.startswith("leaves the block: async with asyncio.TaskGroup()") for text in said)


def test_what_several_lines_enter_is_left_once(steps: Steps) -> None:
    """Python 3.13 runs their lines in the opposite order, older ones the first line."""
    source = """\
from contextlib import nullcontext

async def both():
    with (
        nullcontext(),
        nullcontext() as second,
    ):
        x = 1

async def main():
    await both()
    await both()
"""
    said = steps(RUN.format(source))
    leaves = [text for text in said if text.startswith("leaves the block: with nullcontext(), nullcontext()")]
    enters = [text for text in said if text.startswith("runs this line · line 7")]
    assert len(leaves) in {2, 4}
    assert len(enters) == 2
    ends = [index for index, text in enumerate(said) if text == leaves[0]]
    assert (
        said.index("runs this line · line 10") < ends[0] < len(said) - 1 - said[::-1].index("runs this line · line 10")
    )


def test_the_last_time_of_a_loops_header_is_its_end(steps: Steps) -> None:
    """Also where its function ends there; a loop that is left by `break` has no such line."""
    said = steps(
        RUN.format(
            """\
async def main():
    for n in range(2):
        x = n
    while x < 2:
        x += 1
    for n in range(9):
        if n:
            break
    for n in range(1):
        x = n
"""
        )
    )
    assert [text for text in said if "loop:" in text] == [
        "ends the loop: for n in range(2) · line 4",
        "ends the loop: while x < 2 · line 6",
        "ends the loop: for n in range(1) · line 11",
    ]
    assert said.count("runs this line · line 4") == 2


def test_an_asynchronous_loop_has_ended_when_its_generator_has(steps: Steps) -> None:
    """Its header runs before the generator waits and returns, so the line after it says so."""
    said = steps(
        RUN.format(
            """\
async def values():
    yield 1
    await asyncio.sleep(0.01)

async def main():
    async for x in values():
        y = x
    y = 2
"""
        )
    )
    assert said[-5:-2] == [
        "goes on: asyncio.sleep(0.01) is over",
        "has ended the loop: async for x in values() · line 10",
        "ends",
    ]
    assert not any(text.startswith("ends the loop") for text in said)


def test_a_cancellation_ends_no_loop(steps: Steps) -> None:
    """It is raised where the loop waits; the block `finally` begins, and `except` catches it."""
    said = steps(
        RUN.format(
            """\
async def values():
    while True:
        await asyncio.sleep(9)
        yield 1

async def main():
    try:
        async with asyncio.timeout(0.01):
            try:
                async for x in values():
                    y = x
            finally:
                await asyncio.sleep(0)
    except ValueError:
        y = 1
    except TimeoutError:
        y = 2
"""
        )
    )
    assert "begins the block: finally · line 15" in said
    assert "leaves the block: async with asyncio.timeout(0.01) · line 10" in said
    assert said.index("does not catch the exception: except ValueError · line 16") < said.index(
        "catches the exception: except TimeoutError · line 18"
    )
    assert not any("the loop" in text for text in said[3:-2])


def test_a_cancellation_does_not_begin_the_line_again_where_it_is_raised(steps: Steps) -> None:
    """Python 3.13 runs it for the exception; a reader would think that the block is entered after all."""
    said = steps(
        RUN.format(
            """\
async def main():
    lock = asyncio.Lock()
    try:
        async with asyncio.timeout(0.01), lock:
            async with lock:
                pass
    except TimeoutError:
        x = 1
"""
        )
    )
    after = said.index("goes on: its time limit ran out")
    assert said[after + 1 : after + 3] == [
        "leaves the block: async with asyncio.timeout(0.01), lock · line 6 (lock released)",
        "catches the exception: except TimeoutError · line 9",
    ]


@pytest.mark.skipif(not HAS_TURNS, reason="sys.monitoring")
def test_a_generator_ends_its_loop_as_well(steps: Steps) -> None:
    """Each generator has loops and blocks of its own."""
    said = steps(
        """\
def count(limit):
    for n in range(limit):
        yield n
    x = 1

first, second = count(1), count(2)
for pair in zip(second, first):
    x = 2
try:
    next(first)
except StopIteration:
    x = 3
while x < 5:
    x += 1
"""
    )
    assert [text for text in said if "ends the loop" in text] == [
        "count(1) ends the loop: for n in range(limit) · line 2",
        "the program ends the loop: while x < 5 · line 13",
    ]
    assert "the program catches the exception: except StopIteration · line 11" in said


def test_a_lock_that_is_free_is_taken_where_its_block_begins(steps: Steps) -> None:
    """One that is not is waited for there; what is no lock is not taken."""
    said = steps(
        RUN.format(
            """\
pot = asyncio.Lock()

async def hold():
    async with pot:
        x = 1
        await asyncio.sleep(0.01)

async def main():
    async with asyncio.timeout(1):
        await asyncio.gather(hold(), hold())
"""
        )
    )
    begins = [
        text for text in said if text.endswith((" · line 6", " · line 6 (pot taken)", "(pot is held by Task-2 hold())"))
    ]
    assert begins == [
        "Task-2 hold() runs this line · line 6 (pot taken)",
        "Task-3 hold() waits: Lock.acquire() · line 6 (pot is held by Task-2 hold())",
    ]
    assert not any("taken" in text for text in said if "line 11" in text)
