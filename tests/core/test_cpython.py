"""CPython's internals: which one is missing where a test fails, and what happens then."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from sphinx_await.core import recorder as package
from sphinx_await.core.recorder import _cpython

from ..conftest import run_python

FOLDER = Path(package.__file__).parent
#: Modules that may name what is private to others.
MODULES = {"asyncio", "threading", "concurrent.futures.thread"}
ALLOWED = {"_cpython.py", "_hot_path.py"}


@pytest.fixture(scope="module", autouse=True)
def _modules() -> None:
    """Have the modules imported that the probes look at."""
    import asyncio  # noqa: F401
    import concurrent.futures.thread  # noqa: F401


@pytest.mark.parametrize("probe", _cpython.PROBES, ids=lambda probe: probe.name)
def test_this_python_has(probe: _cpython.Probe) -> None:
    """A name of CPython's that the recorder uses is there and means what it meant."""
    assert probe.test()


def private_names(path: Path) -> set[str]:
    """The private attributes that a module uses of anything but ``self`` and its own classes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }
    own |= {
        slot.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Tuple)
        for slot in node.elts
        if isinstance(slot, ast.Constant) and isinstance(slot.value, str)
    }
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr.startswith("_")}
    return {name for name in used if not name.endswith("__")} - own


def test_private_names_are_in_one_module() -> None:
    """No module of the recorder names what is private to CPython but two, and each name of the hot path is probed."""
    used = {path.name: private_names(path) for path in FOLDER.glob("*.py")}
    assert {name for name, names in used.items() if names} == ALLOWED
    probed = " ".join(probe.name for probe in _cpython.PROBES)
    assert {name for name in used["_hot_path.py"] if name not in probed} == set()


#: What is removed from a Python, the name that is then missing, and whether tasks are recorded all the same.
REMOVALS = {
    "del asyncio.Handle._run": "asyncio.Handle._run",
    "asyncio.Handle._run = lambda self, more: None": "asyncio.Handle._run",
    "asyncio.BaseEventLoop._call_soon = len": "asyncio.BaseEventLoop._ready",
    "del asyncio.tasks._GatheringFuture": "asyncio.tasks._GatheringFuture._children",
    "asyncio.tasks._wait = asyncio.sleep": "asyncio.tasks._wait(fs)",
    "del asyncio.tasks._release_waiter": "asyncio.tasks._release_waiter",
    "del asyncio.Timeout._on_timeout": "asyncio.Timeout._on_timeout, _task",
    "asyncio.sleep = asyncio.tasks.sleep = asyncio.wait_for": "asyncio.tasks.sleep(delay)",
    "del threading.Thread._bootstrap_inner": "threading.Thread._bootstrap_inner",
    "del concurrent.futures.thread._WorkItem": "concurrent.futures.thread._WorkItem.run",
}
LACKING = """
import asyncio, concurrent.futures.thread, json, sys, threading
from sphinx_await.core.journal.reader import read_journal
from sphinx_await.core.journal.records import Journal, RecordType
from sphinx_await.core.recorder.hooks import Hooks
from sphinx_await.core.recorder.recorder import Recorder

REMOVAL
buffer = bytearray(1 << 20)
hooks = Hooks()
Recorder(Journal(buffer), limit=1).watch(hooks, ["snippet.py"])
records = list(read_journal(buffer))
broken = [record.payload.decode() for record in records if record.kind is RecordType.BROKEN]
print(json.dumps([broken, sorted(hooks.instrumented - {"fork"})]))
"""


@pytest.mark.parametrize(("removal", "name"), REMOVALS.items(), ids=REMOVALS)
def test_a_module_that_lacks_a_name_is_left_alone(removal: str, name: str) -> None:
    """One message says which name is missing, and of the module nothing was changed."""
    done = run_python("-c", LACKING.replace("REMOVAL", removal))
    assert done.stderr == ""
    (message,), instrumented = json.loads(done.stdout)
    module = next(one for one in MODULES if name.startswith(one))
    assert message.startswith(f"{module} cannot be recorded with Python 3.")
    assert message.partition("which lacks ")[2].partition(", ")[0] == name.partition(", ")[0]
    assert set(instrumented) == MODULES - {module}


def test_a_program_runs_where_tasks_cannot_be_recorded() -> None:
    """It prints what it prints, and what went wrong is in the journal."""
    program = "async def main():\n    await asyncio.sleep(0)\n    print('done')\nasyncio.run(main())"
    removal = "del asyncio.tasks._release_waiter"
    done = run_python("-c", LACKING.replace("REMOVAL", removal) + program)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "done"
