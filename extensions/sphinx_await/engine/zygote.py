"""The warm parent: imports once what programs import, then forks one process after another.

It is a process of its own, so that the builder imports neither asyncio nor aiohttp, and it has one thread, so
that a fork of it is sound.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shutil
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from select import POLLIN, poll
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Protocol

from ..core.hooks import Hooks
from . import sandbox
from .child import Descriptors, World, become_program
from .home import settle
from .imports import Warm
from .keeper import keep
from .linux import (
    NEWPID,
    adopt_orphans,
    children_of,
    descendants,
    die_with_parent,
    enter_namespace,
    kill_all,
    send,
    unshare,
)
from .messages import Ended, Line, reap
from .settings import Settings
from .stand_ins import Ports

if TYPE_CHECKING:
    from collections.abc import Callable

CERTIFICATE = "authority.pem"


class LessonWeb:
    """The web process, as the warm parent sees it."""

    def __init__(self, settings: Settings, folder: Path, engine: Line, *, handed_over: bool) -> None:
        read, write = os.pipe()
        self.line, theirs = Line.pair()
        self.process = os.fork()
        if self.process == 0:
            os.close(read)
            self.line.close()
            try:
                from . import web  # with asyncio and aiohttp: here, and not in every program

                die_with_parent()
                web.serve(
                    settings.hosts,
                    folder / CERTIFICATE,
                    write,
                    theirs if handed_over else None,
                    lambda run, host: engine.say(answered=run, host=host),
                )
            finally:
                os._exit(1)
        os.close(write)
        theirs.close()
        self._lines = open(read, encoding="utf-8")  # noqa: SIM115 - closed in `ports`

    def wait_for_authority(self) -> None:
        """Until the certificate of the throw-away authority can be trusted."""
        self._lines.readline()

    def ports(self) -> Ports | None:
        """Where it listens by itself, if it does."""
        with self._lines:
            ports = json.loads(self._lines.readline())
        return Ports(**ports) if ports else None


class Launcher(Protocol):
    """Makes processes for programs, and reaps them."""

    def launch(self, run: str, descriptors: Descriptors) -> None:
        """Begin a run."""

    def kill(self, run: str) -> None:
        """End a run with all its processes."""

    def reap(self) -> None:
        """Tell the engine of the runs that have ended."""


class KeptPrograms:
    """Where there is no process namespace: each program has a keeper that cleans up after it."""

    def __init__(self, line: Line, world: World) -> None:
        self._line = line
        self._world = world
        self._keepers: dict[int, str] = {}
        self._others = set(descendants(os.getpid()))  # the web process

    def launch(self, run: str, descriptors: Descriptors) -> None:
        """Fork a keeper, which forks the program."""
        # Blocked across the fork: a keeper that is told to end before it listens must not miss it.
        watched = {signal.SIGTERM, signal.SIGCHLD}
        signal.pthread_sigmask(signal.SIG_BLOCK, watched)
        parent = os.getpid()
        process = os.fork()
        if process == 0:
            try:
                keep(run, self._line, parent, lambda: become_program(run, descriptors, self._world))
            finally:
                os._exit(1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)
        self._keepers[process] = run

    def kill(self, run: str) -> None:
        """Tell the keeper to make an end."""
        for process, kept in self._keepers.items():
            if kept == run:
                send(process, signal.SIGTERM)
                send(process, signal.SIGCONT)  # a program may have stopped it

    def reap(self) -> None:
        """Keepers have told of their programs; a keeper that was killed could not."""
        for process in list(self._keepers):
            if not os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                continue
            _, status = os.waitpid(process, 0)
            run = self._keepers.pop(process)
            if status:
                kill_all(self._left_behind())
                code = os.waitstatus_to_exitcode(status)
                self._line.say_ended(run, Ended(perf_counter_ns(), code, 0.0, None))

    def _left_behind(self) -> list[int]:
        """All descendants that are not the web process, a keeper, or below a keeper."""
        kept = {child for keeper in self._keepers for child in descendants(keeper)}
        return [one for one in descendants(os.getpid()) if one not in kept | self._others | set(self._keepers)]


@dataclass(frozen=True, slots=True)
class _House:
    """A process namespace: its first process, the pipe that keeps that one waiting, and the way in."""

    init: int
    hold: int
    door: int

    @classmethod
    def build(cls, waiter: str) -> _House:
        """Make a namespace, and a tiny program as its first process, which waits until we end it or are gone."""
        unshare(NEWPID)
        read, hold = os.pipe()
        wait = [(os.POSIX_SPAWN_DUP2, read, 0)]
        init = os.posix_spawn(waiter, [waiter], {}, file_actions=wait, setsid=True)
        os.close(read)
        return cls(init, hold, os.open(f"/proc/{init}/ns/pid", os.O_RDONLY | os.O_CLOEXEC))

    def is_empty(self) -> bool:
        """Whether nothing lives in it but its first process, which inherits whatever a program leaves behind."""
        return children_of(self.init) == set()

    def tear_down(self, is_ours: Callable[[int], bool]) -> None:
        """End everything in it; returns when all are dead. The program itself must have been reaped before.

        :param is_ours: tells our own children from those that a program made so that they became ours
            (``CLONE_PARENT``): unless we reap those, the namespace cannot end.
        """
        send(self.init, signal.SIGKILL)
        while os.waitpid(self.init, os.WNOHANG)[0] == 0:
            strangers = [process for process in children_of(os.getpid()) or () if not is_ours(process)]
            for process in strangers:
                send(process, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(process, os.WNOHANG | _WALL)
            time.sleep(_MOMENT)
        os.close(self.hold)
        os.close(self.door)


_WALL = 0x40000000  # children of any kind, see waitpid(2)
_MOMENT = 0.0005


class HousedPrograms:
    """Each program in a process namespace of its own: when its first process ends, the kernel kills all the rest.

    Making and ending a namespace takes longer than all else, so an empty one serves the next program.
    """

    def __init__(self, line: Line, world: World) -> None:
        self._line = line
        self._world = world
        self._runs: dict[int, tuple[str, _House]] = {}
        self._empty: list[_House] = []
        self._others = children_of(os.getpid()) or set()  # the web process
        self._inits: set[int] = set()
        self._own_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._waiter = shutil.which("cat") or "/bin/cat"

    def launch(self, run: str, descriptors: Descriptors) -> None:
        """Fork the program into a namespace in which nobody is."""
        if self._empty:
            house = self._empty.pop()
            enter_namespace(house.door, NEWPID)
        else:
            house = _House.build(self._waiter)
            self._inits.add(house.init)
        process = os.fork()
        if process == 0:
            become_program(run, descriptors, self._world)
        enter_namespace(self._own_namespace, NEWPID)
        self._runs[process] = run, house
        self._line.say_started(run, process)

    def _is_ours(self, process: int) -> bool:
        return process in self._runs or process in self._inits or process in self._others

    def kill(self, run: str) -> None:
        """Kill the program; the rest follows when it is reaped."""
        for process, (name, _) in self._runs.items():
            if name == run:
                send(process, signal.SIGKILL)

    def reap(self) -> None:
        """Tell of the programs that have ended, when nothing of them is left."""
        for process in list(self._runs):
            if not os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                continue
            run, house = self._runs.pop(process)
            # The program first: its namespace cannot end while it is there, be it as a zombie.
            ended = reap(process)
            # Without Landlock a program could have done something to the first process.
            ours = children_of(os.getpid())
            strange = ours is None or not all(map(self._is_ours, ours))
            if self._world.means.landlock and not strange and house.is_empty():
                self._empty.append(house)
            else:
                house.tear_down(self._is_ours)
                self._inits.discard(house.init)
            if self._world.web is not None:
                self._world.web.say(close=run)
            self._line.say_ended(run, ended)


def serve(line: Line, launcher: Launcher, world: World) -> None:
    """Obey the engine until it hangs up."""
    bell, ring = os.pipe()
    for end in (bell, ring):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poller = poll()
    for fd in (line.fileno(), bell):
        poller.register(fd, POLLIN)
    while True:
        ready = {fd for fd, _ in poller.poll()}
        if bell in ready:
            os.read(bell, 4096)
            launcher.reap()
        if line.fileno() in ready:
            heard = line.hear()
            if heard is None:
                return
            _obey(launcher, world, *heard)


def _obey(launcher: Launcher, world: World, message: dict[str, Any], fds: list[int]) -> None:
    if "run" in message:
        launcher.launch(message["run"], Descriptors(*fds))
        for fd in fds:
            os.close(fd)
    elif "kill" in message:
        launcher.kill(message["kill"])
    elif "warm" in message:
        _warm_up(world, message["warm"])


def _warm_up(world: World, names: list[str]) -> None:
    """Import, and leave forks little to do and their collector little to look at, and so little memory to copy."""
    settle(world.environment)
    world.warm.warm_up(names)
    world.hooks.hang()
    settle(world.environment)  # whatever the modules did to it
    gc.collect()
    gc.freeze()


def main(control: int, config: int) -> None:
    """The warm parent's life: ``config`` is a file of JSON, ``control`` the connection to the engine."""
    die_with_parent()
    os.chdir("/")  # where we were started goes before our keepers do, and Python 3.13.0 cannot do without a folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = Line(socket.socket(fileno=control))
    with open(config, encoding="utf-8") as file:
        told = json.load(file)
    settings, folder = Settings.from_dict(told["settings"]), Path(told["folder"])
    sys.dont_write_bytecode = True
    certificate = str(folder / CERTIFICATE)
    readable = sandbox.readable_paths([*filter(None, [settings.working_dir])])
    means = _enter_sandbox(settings, folder, readable)
    adopt_orphans()
    lesson_web = None
    if settings.hosts and not settings.network:
        lesson_web = LessonWeb(settings, folder, line, handed_over=means.namespaces)
    environment = {**os.environ, **settings.environment}
    if lesson_web:
        lesson_web.wait_for_authority()
        environment = {"SSL_CERT_FILE": certificate, **environment}
    ports = lesson_web.ports() if lesson_web else None
    handed_over = lesson_web.line if lesson_web and means.namespaces else None
    # In a view of its own all that a program can see at all is for it to read.
    seen = ("/",) if means.view else (*sandbox.SYSTEM, "/proc", "/dev", *readable, certificate)
    world = World(settings, means, ports, handed_over, Warm(), environment, seen, Hooks())
    _warm_up(world, told["warm"])
    line.say(ready=True, missing=means.missing, namespaces=means.namespaces)
    launcher = HousedPrograms(line, world) if means.namespaces else KeptPrograms(line, world)
    serve(line, launcher, world)


def _enter_sandbox(settings: Settings, folder: Path, readable: tuple[str, ...]) -> sandbox.Means:
    if settings.sandbox == "off":
        return sandbox.NOTHING
    means = sandbox.probe(folder, readable)
    if means.namespaces:
        sandbox.enter_shared(means, settings.hosts, folder, readable, network=settings.network)
    return means
