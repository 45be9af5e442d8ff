"""The fork backend (Linux): programs are forked from a fork server. It is the fast one, and can isolate programs."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from select import POLLIN, poll
from types import MappingProxyType
from typing import TYPE_CHECKING

from ...core.decoding.ending import Ending
from ...core.errors import EngineError
from ...core.journal.records import STDERR, STDOUT
from ..linux.channel import Channel
from ..linux.memory_files import keep_size, memory_file
from ..linux.protocol import (
    Answered,
    Descriptors,
    Ended,
    Kill,
    Launch,
    NotReady,
    ProgramRequest,
    Ready,
    Refused,
    ServerConfig,
    Started,
    WarmUp,
)
from ..linux.sandbox import SHARED
from ..process_environment import import_path, may_be_warm, program_environment, remove_folder, temporary_folder
from ..process_state import busy_check
from ..program_process.foreign_output import drain, own_read_end
from ..run import Run, SharedFolder
from ..source_hints import first_import

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..linux.protocol import ChannelMessage
    from ..program import Program
    from ..settings import Settings

#: What asyncio itself imports late, when a program first needs it.
WITH_ASYNCIO = ("concurrent.futures.thread",)
#: The fork server may import aiohttp and the standard library, which start no thread when imported; but not these.
_COLD = frozenset({"antigravity", "this", "__main__", "idlelib"})

_LONGEST_POLL = 60.0  # seconds
_PAUSE = 0.001
_BOOT = Path(__file__).with_name("boot.py")


def _close(descriptors: list[int]) -> None:
    for fd in descriptors:
        os.close(fd)


class ForkBackend:
    """The engine's side of the fork server."""

    missing: tuple[str, ...] = ()
    no_meetings = ""
    not_shared: Mapping[str, str] = MappingProxyType({})

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = temporary_folder(self)
        self._channel, self._theirs = Channel.pair()
        self._warm: set[str] = set()
        self._warmable = {"aiohttp", *settings.python.modules} - _COLD | {*settings.preload}
        self._home: Path | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._poller = poll()
        self._poller.register(self._channel.fileno(), POLLIN)
        self._arrived = poll()
        self._arrived.register(self._channel.fileno(), POLLIN)
        self._runs: dict[str, Run] = {}
        self._pipes: dict[int, tuple[Run, int]] = {}
        self._states: dict[str, int] = {}
        self._processes: dict[str, int] = {}
        self._meetings: dict[str, str] = {}

    def start(self, imports: Iterable[str]) -> None:
        """Start the fork server, which begins to import."""
        config = os.memfd_create("config")
        path = "\0".join(import_path(self._settings))
        os.write(config, path.encode("utf-8", "surrogateescape") + b"\0\0" + self._config(imports).encode())
        os.lseek(config, 0, os.SEEK_SET)
        own_package = ["by its folder"] if self._settings.interpreter is not None else []
        self._server = subprocess.Popen(
            [self._settings.python.executable, str(_BOOT), str(self._theirs.fileno()), str(config), *own_package],
            pass_fds=[self._theirs.fileno(), config],
            # Set HOME so that Python never calls getpwuid(): the C library reads nsswitch.conf once, at first use, and
            # programs would then resolve hosts by the machine's configuration and not by their hosts file.
            env={"HOME": str(self._folder)} | program_environment(self._settings),
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the builder's to handle
        )
        os.close(config)
        self._theirs.close()

    def _config(self, imports: Iterable[str]) -> ServerConfig:
        return ServerConfig(
            settings=replace(self._settings, files=self._given_files()).to_dict(),
            folder=str(self._folder),
            warm=self._to_warm([*imports, *self._settings.preload]),
        )

    def _given_files(self) -> dict[str, str]:
        """Copies of the declared files in the engine's folder: programs cannot see the author's."""
        given = self._folder / "given"
        given.mkdir()
        copies = {name: str(given / str(number)) for number, name in enumerate(self._settings.files)}
        for name, copy in copies.items():
            shutil.copy(self._settings.files[name], copy)
        return copies

    def _to_warm(self, imports: Iterable[str]) -> list[str]:
        """Select the modules that the fork server may import and has not imported yet."""
        if not may_be_warm(self._settings.environment):
            return []
        wanted = set(imports) & self._warmable
        if wanted & {"asyncio", "aiohttp"}:
            wanted.update(WITH_ASYNCIO)
        new = sorted(wanted - self._warm)
        self._warm.update(new)
        return new

    def warm(self, imports: Iterable[str]) -> None:
        """Have the fork server import more before it forks the next program."""
        if new := self._to_warm(imports):
            self._send(WarmUp(new))

    def wait_until_ready(self) -> None:
        """Wait until the fork server has imported everything."""
        received = self._channel.receive()
        if received is not None and isinstance(received[0], NotReady):
            raise EngineError(received[0].reason)
        if received is None or not isinstance(ready := received[0], Ready):
            raise EngineError("the fork server could not start; see its message above")
        self.missing = tuple(ready.missing)
        self.not_shared = ready.not_shared
        if ready.namespaces:
            # Each program mounts a file system of its own there, which no other sees.
            self._home = self._folder / "run-home"
            self._home.mkdir()

    def make_shared_folder(self) -> SharedFolder:
        """Make an empty folder for programs that run one after another."""
        folder = self._folder / SHARED
        folder.mkdir(exist_ok=True)
        return SharedFolder(Path(tempfile.mkdtemp(prefix="run-", dir=folder)))

    def launch(self, name: str, program: Program, shared: SharedFolder | None = None, meeting: str = "") -> Run:
        """Ask the fork server for a process.

        :raises OSError: the system has no room for what a run needs; nothing is left of it.
        """
        with contextlib.ExitStack() as undo:
            request = os.memfd_create("request")
            given = [request]  # descriptors that are the fork server's: closed here in any case
            undo.callback(_close, given)
            own_folder = self._home is None and shared is None
            folder = self._home or (shared.path if shared else Path(tempfile.mkdtemp(prefix="run-", dir=self._folder)))
            with contextlib.ExitStack() as undo_all:
                if own_folder:
                    undo_all.callback(remove_folder, folder)
                journal, access_log = self._memories(undo_all)
                limit = self._settings.output_limit
                run = Run.prepare(name, program, folder, journal=journal, access_log=access_log, output_limit=limit)
                keep_size(run.journal)
                run.core, run.shared = self._free_core(), shared
                os.write(request, self._request(program, run).encode())
                own = []
                for _ in (STDOUT, STDERR):
                    given += os.pipe()
                    own.append(own_read_end(given[-2]))
                    undo_all.callback(os.close, own[-1])
                begins_with = first_import(program.parts[0])
                launch = Launch(name, begins_with, meeting)
                if meeting:
                    self._meetings[name] = meeting
                self._send(launch, Descriptors(request, journal, access_log, *given[1:]).as_list())
                undo_all.pop_all()
        for stream, fd in zip((STDOUT, STDERR), own, strict=True):
            self._pipes[fd] = run, stream
            self._poller.register(fd, POLLIN)
        self._runs[name] = run
        return run

    @staticmethod
    def _memories(undo: contextlib.ExitStack) -> tuple[int, int]:
        """The journal and the access log."""
        journal = memory_file("journal")
        undo.callback(os.close, journal)
        access_log = memory_file("accesses", os.O_APPEND)
        undo.callback(os.close, access_log)
        return journal, access_log

    @staticmethod
    def _request(program: Program, run: Run) -> ProgramRequest:
        assert run.core is not None
        shared = run.shared
        return ProgramRequest(
            parts=list(program.parts),
            folder=str(run.folder),
            shared=str(shared.path) if shared and run.folder != shared.path else None,
            fresh=not (shared and shared.used),
            core=run.core,
            arguments=list(program.arguments),
            last_values=list(program.last_values),
            in_loop=list(program.in_loop),
            examples=[list(starts) for starts in program.examples],
            stdin=program.stdin,
        )

    def _free_core(self) -> int:
        """The core on which the fewest programs compute.

        The system puts a fork on the core of the fork server, where another program may compute, and takes up to a
        tenth of a second to see that another core is idle.
        """
        taken = [run.core for run in self._runs.values() if run.ending is None and run.busy()]
        return min(sorted(os.sched_getaffinity(0)), key=taken.count)

    def _send(self, message: ChannelMessage, fds: list[int] | None = None) -> None:
        try:
            self._channel.send(message, fds)
        except OSError as error:
            raise EngineError(f"the fork server is gone: {error}") from None

    def kill(self, run: Run) -> None:
        """Ask the fork server to kill a run."""
        self._send(Kill(run.name))

    def listen(self, seconds: float) -> None:
        """Receive messages of the fork server, and take what children of programs write."""
        for fd, event in self._poller.poll(min(seconds, _LONGEST_POLL) * 1000):
            if fd == self._channel.fileno():
                # All that has arrived, before anybody is judged: this process may have been stopped for long.
                self._receive()
                while self._arrived.poll(0):
                    self._receive()
            elif fd in self._pipes:
                run, stream = self._pipes[fd]
                try:
                    if not self._drain(fd, run, stream) and not event & POLLIN:
                        self._close_pipe(fd)
                except BlockingIOError:  # the program holds the lock
                    time.sleep(_PAUSE)

    def _drain(self, fd: int, run: Run, stream: int) -> bool:
        piece = drain(fd, run.journal, patient=False)
        if piece is not None:
            run.wrote(stream, *piece, self._settings.output_limit)
        return piece is not None

    def _answered_of(self, name: str) -> Run | None:
        """The run that mock hosts answered; when it has ended, one of those that meet in its network."""
        others = (run for other, run in self._runs.items() if self._meetings.get(other) == name)
        return self._runs.get(name) or next(others, None)

    def _close_pipe(self, fd: int) -> None:
        self._poller.unregister(fd)
        del self._pipes[fd]
        os.close(fd)

    def _receive(self) -> None:
        received = self._channel.receive()
        if received is None:
            raise EngineError("the fork server died; see its message above")
        message, fds = received
        match message:
            case Started(name) if (run := self._runs.get(name)) and fds:
                self._states[name] = fds.pop(0)
                run.busy = busy_check(run, self._states[name])
                if fds:
                    from ..listeners import listens  # few programs meet

                    self._processes[name] = fds.pop()
                    run.listens = partial(listens, self._processes[name])
            case Refused(name, reason) if run := self._runs.get(name):
                run.refuse(reason)
            case Answered(name, host) if name is not None and (run := self._answered_of(name)):
                run.answered.append(host)
            case Ended(name) if run := self._runs.get(name):
                # One that ended by itself before our signal reached it was not stopped.
                stopped = run.killed and message.status < 0
                run.ending = Ending(message.at, message.status, message.cpu, message.delay, stopped)
        for fd in fds:
            os.close(fd)

    def finish(self, run: Run) -> None:
        """Take what is left in the pipes of a run that has ended."""
        for fd in [fd for fd, (owner, _) in self._pipes.items() if owner is run]:
            with contextlib.suppress(BlockingIOError):
                while self._drain(fd, *self._pipes[fd]):
                    pass
            self._close_pipe(fd)
        for kept in (self._states, self._processes):
            if run.name in kept:
                os.close(kept.pop(run.name))
        del self._runs[run.name]
        self._meetings.pop(run.name, None)
        run.close()
        if run.folder != self._home and run.shared is None:
            remove_folder(run.folder)

    def close(self) -> None:
        """Close the channel: the fork server ends, and with it every process."""
        self._channel.close()
        if self._server is not None:
            self._server.wait()
            self._server = None
        for run in list(self._runs.values()):
            self.finish(run)
        remove_folder(self._folder)
