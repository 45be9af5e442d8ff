"""Measures the branch coverage of the fork server, of its helpers and of programs, for ``nox -s coverage``.

On Linux and macOS. Coverage cannot do so itself: these processes get none of the author's variables, they end by
``os._exit()``, and most of them have a root in which the data file does not exist. So ``install`` puts a ``.pth`` file
into the environment of the tests, by which each interpreter that the engine starts measures itself from its first line,
and its forks do too. What they saw goes, when they end, to a file that was opened before anything was isolated. The
product knows nothing of it. A process that is killed leaves nothing; its coverage has to come from a test in which it
ends by itself.

``python tools/measure_programs.py install FOLDER`` begins; the data of programs goes to FOLDER.
``python tools/measure_programs.py collect FOLDER`` makes of it a file that ``coverage combine`` reads.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import resource
import signal
import struct
import sys
import sysconfig
import time
from pathlib import Path
from types import MethodType
from typing import TYPE_CHECKING, NoReturn

import coverage

if TYPE_CHECKING:
    from types import FrameType

_PTH = "sphinx_await_measure_programs.pth"
#: A word that is in the command of each interpreter that the engine starts, and of hardly any other.
_MARK = "from sphinx_await.engine"
_SERVER = "fork.server"
_MEASURED = ("*/sphinx_await/core/*", "*/sphinx_await/engine/*")
_SUFFIX = ".programs"
_LENGTH = struct.Struct("<Q")

#: A program's process closes all but the descriptors around its own, which are from 996 on; the first process of the
#: fork server closes all below 1024.
_KEPT_BY_PROGRAMS, _KEPT_BY_SERVER = 997, 2000
#: Programs do not use it.
_WRITE_NOW = getattr(signal, "SIGRTMAX", signal.SIGTERM) - 3
_PATIENCE = 1.0  # seconds


class _Measurement:
    """The coverage of this process, and of each fork of it."""

    def __init__(self, folder: str) -> None:
        self._descriptors = _open(os.path.join(folder, f"{os.getpid()}-{time.time_ns()}{_SUFFIX}"))
        self._inode = os.fstat(self._descriptors[0]).st_ino
        self._exit = os._exit
        self._owner = os.getpid()
        self._coverage = coverage.Coverage(
            data_file=None, config_file=False, branch=True, include=list(_MEASURED), messages=False
        )
        self._coverage.set_option("run:disable_warnings", ["no-data-collected"])

    def start(self) -> None:
        """Measure from now on, and write at the end."""
        self._coverage.start()
        # It would stop measuring in programs, which run their exit handlers long before they end.
        atexit.unregister(self._coverage._atexit)  # noqa: SLF001 - there is no other way
        if _SERVER in "".join(sys.orig_argv[1:3]):
            atexit.register(self._at_exit)
        # What this process saw is its own to write, and not for each of its forks.
        os.register_at_fork(before=self._coverage.get_data)
        signal.signal(_WRITE_NOW, self._on_signal)
        os._exit = self._exit_measured

    def write(self) -> None:
        """Write what has been measured and not been written."""
        with contextlib.suppress(Exception):  # a program may have used up all memory, or closed everything
            data = self._coverage.get_data().dumps()
            for descriptor in self._descriptors:
                with contextlib.suppress(OSError):
                    if os.fstat(descriptor).st_ino == self._inode:
                        os.write(descriptor, _LENGTH.pack(len(data)) + data)  # in one piece: others append too
                        return

    def _exit_measured(self, status: int) -> NoReturn:
        self.write()
        self._exit(status)

    def _on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        self._exit_measured(0)

    def _at_exit(self) -> None:
        if os.getpid() not in {self._owner, 1}:
            return  # a program calls its exit handlers, but ends by `os._exit()`
        self._end_children()
        self.write()

    def _end_children(self) -> None:
        """Let the mock server write before it is killed, as it is when this process ends."""
        with contextlib.suppress(OSError):
            children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
            for child in map(int, children):
                os.kill(child, _WRITE_NOW)
            end = time.monotonic() + _PATIENCE
            while time.monotonic() < end and os.waitpid(-1, os.WNOHANG) is not None:
                time.sleep(0.005)


def _open(path: str) -> list[int]:
    """Descriptors of a new file, of which in each process at least one stays open."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    numbers = [
        number for number in (_KEPT_BY_SERVER, _KEPT_BY_PROGRAMS) if soft == resource.RLIM_INFINITY or number < soft
    ]
    kept = [fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, number) for number in numbers]
    if kept:
        os.close(opened)
    return kept or [opened]


def measure(folder: str) -> None:
    """Measure this process and its forks; what they saw goes to files in ``folder``."""
    if not isinstance(os._exit, MethodType):  # some environments read their .pth files twice
        _Measurement(folder).start()


def install(folder: str) -> None:
    """Have each interpreter that the engine starts in this environment measure itself."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    path, target = str(Path(__file__).resolve()), os.path.abspath(folder)
    code = f"names = {{'__name__': ''}}; exec(open({path!r}).read(), names); names['measure']({target!r})"
    line = f"import sys; {_MARK!r} in ''.join(sys.orig_argv[1:3]) and exec({code!r})"
    Path(sysconfig.get_path("purelib"), _PTH).write_text(line + "\n", encoding="utf-8")


def collect(folder: str) -> None:
    """Make one data file of all that processes wrote."""
    total = coverage.CoverageData(os.path.join(folder, "data"), suffix="programs")
    for file in sorted(Path(folder).glob(f"*{_SUFFIX}")):
        content, position = file.read_bytes(), 0
        while position < len(content):
            (length,) = _LENGTH.unpack_from(content, position)
            position += _LENGTH.size
            one = coverage.CoverageData(no_disk=True)
            one.loads(content[position : position + length])
            total.update(one)
            position += length
    total.write()


if __name__ == "__main__":
    {"install": install, "collect": collect}[sys.argv[1]](sys.argv[2])
