"""Programs see the stack that they see under ``python``: there is no frame of ours below theirs."""

from __future__ import annotations

import re
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
    "an exception, with a hook for those that nobody can catch": "sys.unraisablehook = trace\n1 / 0",
    "exit in a task": "async def leave(): sys.exit(3)\nasyncio.run(leave())",
    "an exit handler that fails": "@atexit.register\ndef fail(): raise ValueError('late')",
    "syntax": "exec('1 +')",
}
#: What stands before each of :data:`FINDERS`.
SEARCHING = """
import ast, sys, tokenize, traceback, unicodedata  # what printing a traceback imports

class Finder:
    def __init__(self, answer): self.answer = answer
    def find_spec(self, name, path=None, target=None):
        if name in NAMES:
            return self.answer(name)

class Loader:
    def create_module(self, spec): return None
    def exec_module(self, module): fail(module.__name__)

def fail(name, error=ValueError):
    print("asked for", name, [frame.name for frame in traceback.extract_stack()], flush=True)
    raise error(name)

def attempt(statement):
    try:
        exec(statement, {})
        print(statement, "worked")
    except BaseException:
        traceback.print_exc()

# No module, one that the program has not imported yet, one that the recorder waits for, asyncio, one in a package.
NAMES = ["nothing", "colorsys", "concurrent.futures.thread", "asyncio", "xml.dom"]
def attempt_all():
    for name in NAMES:
        attempt(f"import {name}")
        attempt(f"import importlib; importlib.import_module({name!r})")
        attempt(f"from importlib.util import find_spec; find_spec({name!r})")
"""
#: What the import system shows of what a program has put into it.
FINDERS = {
    "a finder that raises": "sys.meta_path.insert(0, Finder(fail))\nattempt_all()\nimport nothing",
    "a finder that interrupts": """
sys.meta_path.insert(0, Finder(lambda name: fail(name, KeyboardInterrupt)))
attempt_all()
import nothing
""",
    "a finder that exits": """
sys.meta_path.insert(0, Finder(lambda name: fail(name, SystemExit)))
attempt_all()
import nothing
""",
    "a finder that fails once": """
def once(name):
    if name not in seen:
        seen.append(name)
        fail(name)
seen = []
sys.meta_path.insert(0, Finder(once))
attempt_all()
import colorsys
""",
    "answers that are no specs": """
from types import SimpleNamespace
for answer in (1, "text", [], object(), SimpleNamespace(), SimpleNamespace(loader=None), SimpleNamespace(loader=5)):
    sys.meta_path.insert(0, Finder(lambda name: answer))
    attempt("import nothing")
    attempt("import colorsys")
    attempt("from importlib.util import find_spec; find_spec('colorsys')")
    del sys.meta_path[0]
class Spec:
    def __getattr__(self, name):
        print("asked for", name)
        raise RuntimeError(name)
sys.meta_path.insert(0, Finder(lambda name: Spec()))
import nothing
""",
    "loaders that raise": """
from importlib.machinery import ModuleSpec
sys.meta_path.insert(0, Finder(lambda name: ModuleSpec(name, Loader(), origin="here")))
attempt_all()
class Creator(Loader):
    def create_module(self, spec): fail(spec.name)
sys.meta_path.insert(0, Finder(lambda name: ModuleSpec(name, Creator())))
attempt_all()
class Old:
    def load_module(self, name): fail(name)
sys.meta_path.insert(0, Finder(lambda name: ModuleSpec(name, Old())))
attempt_all()
import nothing
""",
    "hooks of paths that raise": """
def hook(path):
    if path == "/odd":
        fail(path)
    raise ImportError
sys.path_hooks.insert(0, hook)
sys.path.insert(0, "/odd")
attempt_all()
import nothing
""",
    "hooks of paths with odd finders": """
def hook(path):
    if path == "/odd":
        return Finder(fail)
    raise ImportError
sys.path_hooks.insert(0, hook)
sys.path.insert(0, "/odd")
attempt_all()
sys.path_importer_cache["/odd"] = 5
import nothing
""",
    "a finder that tells": """
class All(list):
    def __contains__(self, name): return name != "traceback"
before = NAMES
NAMES = All()
sys.meta_path.insert(0, Finder(lambda name: print("asked for", name)))
for name in before:
    attempt(f"import {name}")
print(sys.meta_path[1:], sys.path_hooks)
import nothing
""",
    "no finders": """
sys.meta_path.clear()
attempt("import nothing")
attempt("import colorsys")
sys.meta_path = None
import nothing
""",
    "modules that raise": """
import os, pathlib
for name in ("colorsys", "asyncio"):
    text = "import traceback\\nprint([frame.name for frame in traceback.extract_stack()])\\nraise ValueError"
    pathlib.Path(f"{name}.py").write_text(text)
    attempt(f"import {name}")
    pathlib.Path(f"{name}.py").unlink()
""",
}
#: Those in which a program also finds what was imported before it, unless it is forked.
NEEDS_FORK = {"hooks of paths that raise", "a finder that tells", "modules that raise"}


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
    status = 128 - done.returncode if done.returncode < 0 else done.returncode
    return without_addresses(done.stdout.replace(f"{folder}/", "")), status


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
def test_no_search_for_a_module_has_a_frame_of_ours(tmp_path: Path, backend: str) -> None:
    """Finders, loaders and hooks of a program's own are called as plain Python calls them, and fail as there."""
    # Without fork a program finds modules imported that it has not imported itself.
    searching = SEARCHING.replace(', "concurrent.futures.thread", "asyncio"', "") if backend == "spawn" else SEARCHING
    programs = {name: Program.of(f"{searching}{code}", 60) for name, code in FINDERS.items()}
    names = {program: name for name, program in programs.items() if backend != "spawn" or name not in NEEDS_FORK}
    shown = {}
    with Engine(BACKENDS[backend]) as engine:
        for result in engine.run(names, rerun=False):
            text = re.sub(r"/[\w/.-]*/run-\w+/", "", "".join(output.text for output in result.recording.outputs))
            shown[names[result.program]] = without_addresses(text), result.recording.exit
    assert shown == {name: by_python(tmp_path, program.parts[0]) for program, name in names.items()}


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


#: Garbage with coroutines that nobody awaited, collected at any moment while the program prints and its tasks step, and
#: an error that holds one at its end. How much other garbage there is moves the moments.
GARBAGE = """
import asyncio, warnings
warnings.simplefilter("always")

async def lost():
    pass

async def work():
    for number in range(150):
        cycle = [lost()]
        cycle.append(cycle)
        print([number])
        await asyncio.sleep(0)

async def main():
    kept = [[] for _ in range({objects})]
    await asyncio.gather(*[work() for _ in range(3)])
    asyncio.run(lost())

asyncio.run(main())
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_warning_about_garbage_names_a_line_of_ours(backend: str) -> None:
    """Python destroys it whenever it likes, in the middle of a function of ours too."""
    times = 4 if backend == "spawn" else 40
    with Engine(BACKENDS[backend]) as engine:
        results = list(engine.run([Program.of(GARBAGE.replace("{objects}", str(17 * n))) for n in range(times)]))
    printed = [output.text for result in results for output in result.recordings[0].outputs]
    lines = [line for line in "".join(printed).splitlines() if "never awaited" in line]
    assert len(lines) > 300 * times
    assert [line for line in lines if "sphinx_await" in line] == []
