"""Programs see the stack that they see under ``python``: there is no frame of ours below theirs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.text.output_lines import read_lines
from sphinx_await.engine.process_environment import plain_environment
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

#: With and without namespaces, and without fork.
BACKENDS = {
    "namespaces": Settings(),
    "no-sandbox": Settings(sandbox="off"),
    "spawn": Settings(fork=False),
}
STACKS = """
import asyncio, atexit, faulthandler, inspect, logging, sys, threading, traceback, warnings

def show(title):
    print(title, [frame.name for frame in traceback.extract_stack()], flush=True)

def trace(exc_type, exc, tb):
    show("hook")
    print(exc_type.__name__, [frame.name for frame in traceback.extract_tb(tb)], exc is sys.last_value, flush=True)

async def lost():
    raise OSError("lost")

async def main():
    asyncio.get_running_loop().slow_callback_duration = 100
    show("task")
    task = asyncio.create_task(lost())
    await asyncio.sleep(0)
    del task

show("module")
print(len(inspect.stack()), sys._getframe().f_back, sys.exc_info(), hasattr(sys, "last_value"))
print(sys.excepthook is sys.__excepthook__, flush=True)
traceback.print_stack()
logging.error("with its stack", stack_info=True)
warnings.warn("above the program", stacklevel=2)
faulthandler.dump_traceback(all_threads=False)
thread = threading.Thread(target=show, args=("thread",))
thread.start()
thread.join()
asyncio.run(main(), debug=True)
atexit.register(show, "exit handler")
sys.excepthook = trace
"""
ENDINGS = {
    "the end": "",
    "an exception": "1 / 0",
    "exit in a task": "async def leave(): sys.exit(3)\nasyncio.run(leave())",
    "an exit handler that fails": "@atexit.register\ndef fail(): raise ValueError('late')",
    "syntax": "exec('1 +')",
}


def by_python(folder: Path, code: str) -> tuple[list[str], int]:
    """The lines and the exit status of a program under ``python``."""
    (folder / "snippet.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-u", "snippet.py"],
        cwd=folder,
        env=plain_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=60,
    )
    return without_addresses(done.stdout.replace(f"{folder}/", "")), done.returncode


def without_addresses(text: str) -> list[str]:
    """Its lines, but for that in which an address is."""
    return [line for line in text.splitlines() if " 0x" not in line]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_no_stack_has_a_frame_of_ours(tmp_path: Path, backend: str, ending: str) -> None:
    """Stacks, tracebacks, warnings, debug messages, exception hooks and exit handlers are those of plain Python."""
    code = f"{STACKS}{ENDINGS[ending]}\n"
    with Engine(BACKENDS[backend]) as engine:
        (result,) = engine.run([Program.of(code, 60)])
    text = "".join(output.text for output in result.recording.outputs)
    assert (without_addresses(text), result.recording.exit) == by_python(tmp_path, code)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_session_goes_on_after_an_exception(backend: str) -> None:
    """Parts run one after another in one namespace, whatever ended one of them; each has its own failure."""
    parts = ("import sys\nvalue = 1\nsys._getframe().f_back.f_back", "print(value)\n1 +", "print(value, 'still')")
    with Engine(BACKENDS[backend]) as engine:
        (result,) = engine.run([Program(parts, 60)])
    first, second, third = result.recordings
    assert [None if one.failure is None else one.failure.type for one in (first, second, third)] == [
        "AttributeError",  # there is no frame below its own
        "SyntaxError",
        None,
    ]
    assert [line.text for line in read_lines(third.outputs)] == ["1 still"]
    assert (first.exit, second.exit, third.exit) == (1, 1, 0)


def test_errors_in_destructors_do_not_end_a_program(tmp_path: Path) -> None:
    """They are printed as ever, also in a thread and outside all functions."""
    code = """
import sys, threading
class Dies:
    def __del__(self): raise ValueError("in a destructor")
Dies()
sys.unraisablehook = lambda args: print("unraisable", args.exc_value)
Dies()
thread = threading.Thread(target=Dies)
thread.start()
thread.join()
print("goes on")
"""
    with Engine(Settings()) as engine:
        (result,) = engine.run([Program.of(code, 60)])
    text = "".join(output.text for output in result.recording.outputs)
    assert (without_addresses(text), result.recording.exit) == by_python(tmp_path, code)
