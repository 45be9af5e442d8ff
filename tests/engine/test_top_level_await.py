"""Programs that await outside of functions do what they do under ``python -m asyncio``."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

if TYPE_CHECKING:
    from sphinx_await.core.model.recording import Recording

#: Typed one after another; they work only in a loop that goes on from one to the next. Each is one line: newer prompts
#: take no blocks from a pipe.
PARTS = (
    "later = lambda x: asyncio.sleep(0.01, x)\n",
    "task = asyncio.create_task(later(3), name='mine')\n",
    "print(await task)\n",
    "print([await later(x) for x in range(2)], __name__)\n",
    "x: int = 7; print(x, globals() is locals(), A := await later(5))\n",
    "print(asyncio.get_running_loop().is_running(), A)\n",
)


def recordings(*parts: str, fork: bool = True, last_values: tuple[int, ...] = ()) -> tuple[Recording, ...]:
    """Run parts in one loop."""
    with Engine(Settings(fork=fork)) as engine:
        engine.start([])
        program = Program(parts, in_loop=tuple(range(len(parts))), last_values=last_values)
        (result,) = engine.run([program])
    return tuple(result.recordings)


def printed(recording: Recording) -> str:
    """All that a program printed."""
    return "".join(one.text for one in recording.outputs)


@pytest.mark.parametrize("fork", [True, False])
def test_parts_print_what_they_print_under_pythons_own_prompt(fork: bool) -> None:
    """With one loop for all of them; each is a task of its own, and none fails."""
    command = [sys.executable, "-I", "-m", "asyncio"]
    typed = subprocess.run(command, input="".join(PARTS), capture_output=True, text=True, timeout=60, check=True)
    ours = recordings(*PARTS, fork=fork)
    assert [one.failure for one in ours] == [None] * len(PARTS)
    assert "".join(map(printed, ours)).split() == typed.stdout.replace(">>> ", "").replace("... ", "").split()
    assert [task.coro for task in ours[0].tasks] == ["<module>"]
    assert "mine" in [task.name for task in ours[2].tasks]


def test_errors_are_the_programs_own() -> None:
    """Each traceback begins in the program, and its line is the one that failed; the next part goes on."""
    raising, wrong, leaving, ended = recordings(
        "async def f():\n    1 / 0\n\nawait f()\n",
        "x = 1\nawait = 2\n",
        "import sys\nawait f.__class__\n",
        "sys.exit(3)",
    )
    assert raising.failure is not None
    assert (raising.failure.type, raising.failure.line) == ("ZeroDivisionError", 2)
    assert raising.failure.traceback.splitlines()[1] == '  File "snippet-1.py", line 4, in <module>'
    assert "asyncio" not in raising.failure.traceback
    assert printed(raising) == raising.failure.traceback
    assert wrong.failure is not None
    assert (wrong.failure.type, wrong.failure.line) == ("SyntaxError", 2)
    assert leaving.failure is not None
    assert (leaving.failure.type, leaving.failure.line) == ("TypeError", 2)
    assert ended.exit == 3


def test_a_part_without_await_runs_in_the_loop_and_what_is_left_is_cancelled() -> None:
    """As by ``asyncio.run``: its ``finally`` is executed, and nothing is reported as destroyed."""
    (recording,) = recordings(
        "async def f():\n    try:\n        await asyncio.sleep(9)\n    finally:\n        print('cancelled')\n\n"
        "task = asyncio.create_task(f())\nawait asyncio.sleep(0)"
    )
    assert printed(recording) == "cancelled\n"
    (alone,) = recordings("print(asyncio.current_task().get_name())")
    assert printed(alone) == "Task-1\n"
    (empty,) = recordings("")
    _, kept = recordings("import contextvars\nkept = contextvars.ContextVar('kept')\nkept.set(1)", "print(kept.get())")
    assert printed(kept) == "1\n"
    assert empty.failure is None


def test_the_value_of_the_last_expression_may_be_awaited() -> None:
    """And a future statement holds for it, too."""
    (recording,) = recordings(
        "from __future__ import annotations\nasync def f(x: unknown):\n    return x\nawait f(2) * 3", last_values=(0,)
    )
    assert printed(recording) == "6\n"
