"""``python -m sphinx`` in a fork of a process that has imported Sphinx: to import it takes most of a small build.

This project's own packages, which are tested, are imported anew in each build.
"""

from __future__ import annotations

import atexit
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import traceback
from functools import cache
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import IO

#: Variables that are read when an interpreter starts.
_AT_START = ("PYTHON", "COVERAGE", "LC_", "LANG", "TZ")
_expected: dict[str, str] = {}


def expect_environment() -> None:
    """Builds will have the variables of now. One that has others gets an interpreter of its own."""
    _expected.clear()
    _expected.update(_at_start())


def run_sphinx(arguments: Sequence[str | Path], cwd: Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run ``python -m sphinx`` with arguments and return what it printed and its exit status.

    :param timeout: seconds.
    :raises subprocess.TimeoutExpired: it took longer, and was ended.
    """
    words = [*map(str, arguments)]
    variables = _at_start()
    if os.name == "nt" or variables != _expected or any(name.startswith("COVERAGE") for name in variables):
        command = [sys.executable, "-m", "sphinx", *words]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.preloaded_sphinx", __name__])
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        task = (words, str(cwd), dict(os.environ), _import_path(), out.name, err.name)
        process = context.Process(target=_build, args=task)
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(words, timeout, _text(out), _text(err))
        return subprocess.CompletedProcess(words, process.exitcode, _text(out), _text(err))


def _at_start() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(_AT_START)}


@cache
def _import_path() -> list[str]:
    """The import path of a new interpreter, without its first entry."""
    command = [sys.executable, "-c", "import json, sys; print(json.dumps(sys.path[1:]))"]
    path: list[str] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return path


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _build(
    arguments: list[str], cwd: str, environment: dict[str, str], path: list[str], out: str, err: str
) -> NoReturn:
    """Be ``python -m sphinx``."""
    for name, target in ((os.devnull, 0), (out, 1), (err, 2)):
        fd = os.open(name, os.O_RDWR | os.O_APPEND)
        os.dup2(fd, target)
        os.close(fd)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.path[:] = [cwd, *path]
    sys.argv = ["sphinx", *arguments]
    status = 1
    try:
        from sphinx.cmd.build import main

        status = main(arguments)
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
    atexit._run_exitfuncs()  # a process of multiprocessing calls none
    sys.exit(status)
