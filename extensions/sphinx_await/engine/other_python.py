"""Another Python than this one, on which programs run: finds it, and asks it what must be known of it.

A project names it by the path of an interpreter, by the folder of a virtual environment, or by a command.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ..core.errors import OptionError
from .own_imports import OwnImports
from .process_environment import editable_folders
from .runtime_info import PACKAGE, Interpreter, this_python

#: The oldest that can record programs.
OLDEST = (3, 11)
_PATIENCE = 60.0  # seconds until it has answered
_LONGEST_REASON = 300
#: The only variables of Python that say where modules are; others are the builder's own.
_KEPT = ("PYTHONPATH", "PYTHONUSERBASE", "PYTHONNOUSERSITE")
_OURS = ("PYTHON", "__PYVENV")
#: Where an environment has its interpreter.
_IN_ENVIRONMENT = ("Scripts/python.exe", "python.exe") if os.name == "nt" else ("bin/python", "bin/python3")
#: What the mock servers are made with.
_SERVING = ("aiohttp", "trustme")
_OLD = """
import json, sys
version = list(sys.version_info[:3])
if version < {oldest}:
    print(json.dumps({{"version": version}}))
    sys.exit()
"""
# It imports our package as a process of programs does: by its folder, and not by the import path.
_ASKED = """
path = [entry for entry in sys.path if entry]
import importlib.util, os
spec = importlib.util.spec_from_file_location("sphinx_await", os.path.join(sys.argv[1], "__init__.py"))
sys.modules["sphinx_await"] = importlib.util.module_from_spec(spec)
from sphinx_await.engine.other_python import describe
print()
print(json.dumps(describe(path)))
"""


def interpreter_at(given: str) -> Interpreter | None:
    """The Python at a path; None if it is this one.

    :raises OptionError: there is no Python at the path, or it cannot run programs.
    """
    found = _asked(_executable(given))
    ours = this_python()
    if found.imports is None or (found.prefix, found.build) == (ours.prefix, ours.build):
        return None
    return replace(found, imports=replace(found.imports, not_from=_startup_path()))


@cache
def _startup_path() -> frozenset[str]:
    """The ``sys.path`` with which this Python starts."""
    said = _run(sys.executable, "import sys, json; print(json.dumps(sys.path))").stdout
    return frozenset(os.path.abspath(entry) for entry in json.loads(_last_line(said)) if entry)


def check_mock_servers(python: Interpreter) -> None:
    """Refuse a Python without what mock servers are made with.

    :raises OptionError: something is missing.
    """
    missing = [name for name in _SERVING if python.imports and name not in python.imports.serving]
    if missing:
        raise OptionError(
            f"await_python: {python.executable} has no {' and no '.join(missing)}, which await_hosts needs there: "
            f"{python.executable} -m pip install {' '.join(missing)}"
        )


def _executable(given: str) -> str:
    """The interpreter that a path means.

    :raises OptionError: there is no such interpreter.
    """
    path = Path(given)
    if path.is_dir():
        there = [path / one for one in _IN_ENVIRONMENT if (path / one).exists()]
        if not there:
            raise OptionError(
                f"await_python: {given} is a folder without {_IN_ENVIRONMENT[0]}, so it is no virtual environment; "
                "`python3 -m venv FOLDER` makes one"
            )
        return str(there[0])
    if not path.exists():
        raise OptionError(
            f"await_python: there is no {given}, and no command {os.path.basename(given)}; name a Python, or the "
            "folder of a virtual environment from that of conf.py (`python3 -m venv FOLDER` makes one)"
        )
    return given


def path_of(given: str, folder: Path) -> str:
    """An absolute path from what a configuration says: a path from a folder, or else a command."""
    path = os.path.abspath(folder / os.path.expanduser(given))
    if not os.path.exists(path) and os.path.basename(given) == given:
        return shutil.which(given) or path
    return path


def _run(executable: str, code: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run code on a Python, in the environment of the builder, which may say where modules are."""
    environment = {name: value for name, value in os.environ.items() if name in _KEPT or not name.startswith(_OURS)}
    return subprocess.run(
        [executable, "-B", "-c", code, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE,
        check=False,
    )


def _last_line(said: bytes) -> str:
    """What was printed last: what Python executes when it starts may print something before."""
    return said.decode("utf-8", "replace").rstrip().rpartition("\n")[2]


@cache
def _answer(executable: str) -> dict[str, Any]:
    """What a Python says of itself.

    :raises OptionError: the Python does not start, or is too old.
    """
    try:
        ended = _run(executable, _OLD.format(oldest=list(OLDEST)) + _ASKED, PACKAGE)
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = error.strerror if isinstance(error, OSError) else f"it has not ended within {_PATIENCE:g} seconds"
        raise OptionError(f"await_python: {executable} cannot be started: {reason}") from None
    answer: dict[str, Any] = {}
    with contextlib.suppress(ValueError):  # it has printed something else
        if ended.returncode == 0 and isinstance(read := json.loads(_last_line(ended.stdout)), dict):
            answer = read
    if "version" not in answer:
        said = _last_line(ended.stderr)[:_LONGEST_REASON]
        raise OptionError(f"await_python: {executable} is no Python that can run programs{said and f': {said}'}")
    if tuple(answer["version"]) < OLDEST:
        oldest, its = (".".join(map(str, one)) for one in (OLDEST, answer["version"]))
        raise OptionError(f"await_python: {executable} is Python {its}; programs need {oldest} or newer")
    return answer


@cache
def _asked(executable: str) -> Interpreter:
    """A Python as it describes itself.

    :raises OptionError: the Python does not start, or is too old.
    """
    answer = _answer(executable)
    imports = OwnImports(
        tuple(answer["path"]),
        frozenset(answer["builtin"]),
        tuple(answer["suffixes"]),
        answer["cache_tag"],
        bytes.fromhex(answer["magic"]),
        tuple((name, path) for name, path in answer["editable"]),
        tuple(answer["editable_folders"]),
        tuple(answer["serving"]),
    )
    return Interpreter(
        answer["executable"] or executable,  # a command may be a script that chooses one
        answer["name"],
        ".".join(map(str, answer["version"])),
        answer["build"],
        answer["prefix"],
        tuple(answer["prefixes"]),
        tuple(answer["standard"]),
        tuple(answer["packages"]),
        frozenset(answer["modules"]),
        imports,
    )


def describe(path: list[str]) -> dict[str, Any]:
    """What this Python says of itself, as data for JSON.

    :param path: its ``sys.path`` when it started.
    """
    import importlib.machinery
    from importlib.util import MAGIC_NUMBER, find_spec

    this = this_python()
    editable: dict[str, str] = {}
    for finder in sys.meta_path:
        mapping = getattr(sys.modules.get(getattr(finder, "__module__", "")), "MAPPING", None)
        if isinstance(mapping, dict):  # of setuptools
            editable |= {str(name): str(place) for name, place in mapping.items()}
    return {
        "version": list(sys.version_info[:3]),
        "executable": this.executable,
        "name": this.name,
        "build": this.build,
        "prefix": this.prefix,
        "prefixes": this.prefixes,
        "standard": this.standard,
        "packages": this.packages,
        "modules": sorted(this.modules),
        "path": [os.path.abspath(entry) for entry in path],
        "builtin": sys.builtin_module_names,
        "suffixes": importlib.machinery.EXTENSION_SUFFIXES,
        "cache_tag": sys.implementation.cache_tag or "",
        "magic": MAGIC_NUMBER.hex(),
        "editable": sorted(editable.items()),
        "editable_folders": editable_folders(),
        "serving": [name for name in _SERVING if find_spec(name) is not None],
    }
