"""Processes forked from a warm parent (Linux): the fast way, and the one that can keep programs apart."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from select import POLLIN, poll
from time import perf_counter_ns
from typing import TYPE_CHECKING

from ...core.decoding.decoder import Ending
from ...core.errors import EngineError
from ...core.journal.records import STDERR, STDOUT
from ..backend import import_path, plain_environment, temporary_folder
from ..linux.channel import Channel
from ..program_process.foreign_output import drain
from ..run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..program import Program
    from ..settings import Settings

#: What asyncio itself imports late, when a program first needs it.
WITH_ASYNCIO = ("concurrent.futures.thread",)
#: Of what programs import, what may be imported before a fork: known to start no thread when imported.
MAY_BE_WARM = frozenset({"aiohttp", *sys.stdlib_module_names}) - {"antigravity", "this", "__main__", "idlelib"}

# Looking at a process costs it time: one that sleeps is looked at less often than one that computes.
_LOOK_AGAIN_BUSY, _LOOK_AGAIN_ASLEEP = 2_000_000, 30_000_000  # nanoseconds
_LONGEST_POLL = 60.0  # seconds
_PAUSE = 0.001
_BOOT = """
import json, os, sys
control, config = map(int, sys.argv[1:])
with open(config, encoding="utf-8", closefd=False) as file:
    sys.path[:] = json.load(file)["sys_path"]
os.lseek(config, 0, 0)
from sphinx_await.engine.fork.server import main
main(control, config)
"""


# A program that shrank its journal would take the memory away under us. (Python 3.11 has no names for these.)
_F_ADD_SEALS, _KEEP_SIZE = 1033, 0x1 | 0x2 | 0x4  # F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW


def _memory(name: str) -> int:
    return os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)


class ForkBackend:
    """The engine's side of the warm parent."""

    missing: tuple[str, ...] = ()

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = temporary_folder(self)
        self._line, self._theirs = Channel.pair()
        self._warm: set[str] = set()
        self._home: Path | None = None
        self._zygote: subprocess.Popen[bytes] | None = None
        self._poller = poll()
        self._poller.register(self._line.fileno(), POLLIN)
        self._runs: dict[str, Run] = {}
        self._pipes: dict[int, tuple[Run, int]] = {}
        self._states: dict[str, int] = {}

    def start(self, imports: Iterable[str]) -> None:
        """Start the warm parent, which begins to import."""
        config = os.memfd_create("config")
        os.write(config, json.dumps(self._config(imports)).encode())
        os.lseek(config, 0, os.SEEK_SET)
        self._zygote = subprocess.Popen(
            [sys.executable, "-c", _BOOT, str(self._theirs.fileno()), str(config)],
            pass_fds=[self._theirs.fileno(), config],
            # With a home, Python need not ask the C library for it, which would then for ever look up names as the
            # machine does and not as the hosts file of programs says.
            env=plain_environment() | {"HOME": str(self._folder)},
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the builder's to handle
        )
        os.close(config)
        self._theirs.close()

    def _config(self, imports: Iterable[str]) -> dict[str, object]:
        return {
            "settings": replace(self._settings, files=self._given_files()).to_dict(),
            "folder": str(self._folder),
            "warm": self._to_warm([*imports, *self._settings.preload]),
            "sys_path": import_path(self._settings.path),
        }

    def _given_files(self) -> dict[str, str]:
        """Copies of the declared files in our own folder: programs see nothing of the author's."""
        given = self._folder / "given"
        given.mkdir()
        copies = {name: str(given / str(number)) for number, name in enumerate(self._settings.files)}
        for name, copy in copies.items():
            shutil.copy(self._settings.files[name], copy)
        return copies

    def _to_warm(self, imports: Iterable[str]) -> list[str]:
        """What of these names the warm parent may import and has not yet."""
        wanted = set(imports) & MAY_BE_WARM.union(self._settings.preload)
        if wanted & {"asyncio", "aiohttp"}:
            wanted.update(WITH_ASYNCIO)
        new = sorted(wanted - self._warm)
        self._warm.update(new)
        return new

    def warm(self, imports: Iterable[str]) -> None:
        """Have the warm parent import more, before it forks the next program."""
        if new := self._to_warm(imports):
            self._say(warm=new)

    def wait_until_ready(self) -> None:
        """Until the warm parent has imported everything."""
        heard = self._line.hear()
        if heard is None:
            raise EngineError("the warm parent could not start; what it said stands above")
        self.missing = tuple(heard[0]["missing"])
        if heard[0]["namespaces"]:
            # Each program mounts a file system of its own there, which no other sees.
            self._home = self._folder / "run-home"
            self._home.mkdir()

    def launch(self, name: str, program: Program) -> Run:
        """Ask the warm parent for a process."""
        request = os.memfd_create("request")
        folder = self._home or Path(tempfile.mkdtemp(prefix="run-", dir=self._folder))
        run = Run.prepare(name, program, folder, _memory("journal"), self._settings.output_limit)
        fcntl.fcntl(run.journal, _F_ADD_SEALS, _KEEP_SIZE)
        run.core = self._free_core()
        os.write(request, json.dumps(self._request(program, run)).encode())
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        for stream, fd in ((STDOUT, out_read), (STDERR, err_read)):
            os.set_blocking(fd, False)
            self._pipes[fd] = run, stream
            self._poller.register(fd, POLLIN)
        self._say([request, run.journal, out_read, out_write, err_read, err_write], run=name)
        for fd in (request, out_write, err_write):
            os.close(fd)
        self._runs[name] = run
        return run

    @staticmethod
    def _request(program: Program, run: Run) -> dict[str, object]:
        imports = program.imports()
        return {"parts": program.parts, "folder": str(run.folder), "imports": imports, "core": run.core}

    def _free_core(self) -> int:
        """The core on which the fewest programs compute.

        The system itself puts a fork beside the warm parent, which may be where another program computes; it takes up
        to a tenth of a second to see that another core is idle.
        """
        taken = [run.core for run in self._runs.values() if run.ending is None and run.busy()]
        return min(sorted(os.sched_getaffinity(0)), key=taken.count)

    def _say(self, fds: list[int] | None = None, **message: object) -> None:
        try:
            self._line.say(fds, **message)
        except OSError as error:
            raise EngineError(f"the warm parent is gone: {error}") from None

    def kill(self, run: Run) -> None:
        """Ask the warm parent to kill a run."""
        self._say(kill=run.name)

    def listen(self, seconds: float) -> None:
        """Hear the warm parent, and take what children of programs write."""
        for fd, event in self._poller.poll(min(seconds, _LONGEST_POLL) * 1000):
            if fd == self._line.fileno():
                self._hear()
            elif fd in self._pipes:
                run, stream = self._pipes[fd]
                try:
                    if not self._take(fd, run, stream) and not event & POLLIN:
                        self._forget(fd)
                except BlockingIOError:  # the program takes just now, or pretends to
                    time.sleep(_PAUSE)

    def _take(self, fd: int, run: Run, stream: int) -> bool:
        piece = drain(fd, run.journal, patient=False)
        if piece is not None:
            run.wrote(stream, *piece, self._settings.output_limit)
        return piece is not None

    def _forget(self, fd: int) -> None:
        self._poller.unregister(fd)
        del self._pipes[fd]
        os.close(fd)

    def _hear(self) -> None:
        heard = self._line.hear()
        if heard is None:
            raise EngineError("the warm parent died; what it said stands above")
        message, fds = heard
        if run := self._runs.get(message.get("started", "")):
            self._states[run.name] = fds.pop()
            run.busy = self._watch(run)
        elif run := self._runs.get(message.get("answered", "")):
            run.answered.append(message["host"])
        elif run := self._runs.get(message.get("ended", "")):
            run.ending = Ending(message["at"], message["status"], message["cpu"], message["delay"], run.killed)
        for fd in fds:
            os.close(fd)

    def _watch(self, run: Run) -> Callable[[], bool]:
        """A function that tells whether a run's process holds or wants a core."""
        state, looked, busy = self._states[run.name], 0, True

        def look() -> bool:
            nonlocal looked, busy
            now = perf_counter_ns()
            if run.ending is not None:
                return False
            if now - looked > (_LOOK_AGAIN_BUSY if busy else _LOOK_AGAIN_ASLEEP):
                looked = now
                try:
                    busy = os.pread(state, 512, 0).rpartition(b")")[2][1:2] in b"RD"
                except OSError:  # it has ended, and we shall hear of it
                    busy = False
            return busy

        return look

    def finish(self, run: Run) -> None:
        """Take what is left in the pipes of a run that has ended."""
        for fd in [fd for fd, (owner, _) in self._pipes.items() if owner is run]:
            with contextlib.suppress(BlockingIOError):
                while self._take(fd, *self._pipes[fd]):
                    pass
            self._forget(fd)
        if (state := self._states.pop(run.name, None)) is not None:
            os.close(state)
        del self._runs[run.name]
        run.close()
        if run.folder != self._home:
            shutil.rmtree(run.folder, ignore_errors=True)

    def close(self) -> None:
        """Hang up: the warm parent ends, and with it every process."""
        self._line.close()
        if self._zygote is not None:
            self._zygote.wait()
            self._zygote = None
        for run in list(self._runs.values()):
            self.finish(run)
        shutil.rmtree(self._folder, ignore_errors=True)
