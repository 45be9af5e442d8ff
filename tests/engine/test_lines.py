"""Lines that ran, of programs that an engine runs: whichever process they have, and however they end."""

from __future__ import annotations

import pytest

from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..core.test_generators import HAS_TURNS
from ..core.test_lines import needs_lines, told

pytestmark = needs_lines

STUCK = """\
import asyncio
async def main():
    event = asyncio.Event()
    await event.wait()
asyncio.run(main())
"""
BUSY = """\
number = 1
number += 1
number = sum(1 for number in iter(int, 1))
"""
FUNCTION = """\
def double(number):
    return 2 * number
double(2)
"""
CALL = """\
x = 1
double(x)
"""
AWAITING = "import asyncio\nx = 1\nawait asyncio.sleep(0)\nx += 1\n"


@pytest.fixture(params=[True, False], ids=["fork", "spawn"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """An engine of each kind."""
    return Engine(Settings(fork=request.param))


def test_a_program_that_is_stopped_has_the_lines_until_then(engine: Engine) -> None:
    """While it waits, and while it computes: the last line is there, whenever the process was killed."""
    with engine:
        found = engine.run([Program.of(STUCK, 1.0), Program.of(BUSY, 1.5)])
        stuck, busy = sorted((one.recording for one in found), key=lambda recording: not recording.tasks)
    assert stuck.timed_out
    assert busy.timed_out
    assert told(stuck) == [(None, 1), (None, 2), (None, 5), ("main", 3), ("main", 4)]
    if HAS_TURNS:
        assert told(busy)[:3] == [(None, 1), (None, 2), (None, 3)]
    else:  # each turn of the loop counts
        assert (busy.lines, busy.lines_left_out) == ((), True)


def test_parts_of_a_session_have_their_own_lines(engine: Engine) -> None:
    """A line of an earlier part is none of a later one, although it runs then."""
    with engine:
        (result,) = engine.run([Program((FUNCTION, CALL))])
    first, second = result.recordings
    assert told(first) == [(None, 1), (None, 3), (None, 2)]
    assert told(second) == [(None, 1), (None, 2)]


def test_lines_of_a_program_that_awaits_outside_of_functions(engine: Engine) -> None:
    """They are those of the task in which it runs."""
    with engine:
        (result,) = engine.run([Program((AWAITING,), in_loop=(0,))])
    assert [line for _, line in told(result.recording)] == [1, 2, 3, 4]
    assert {run.task for run in result.recording.lines} == {0}
