"""How the fork server starts and reaps the processes of programs: in a PID namespace, or below a subreaper."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from dataclasses import dataclass
from time import perf_counter_ns
from typing import TYPE_CHECKING, Protocol

from ..linux.channel import Channel, ProcessExit, reap
from ..linux.syscalls import (
    NEWPID,
    children_of,
    descendants,
    enter_namespace,
    kill_all,
    send,
    unshare,
)
from .child import Descriptors, ProgramContext, become_program
from .subreaper import run_subreaper

if TYPE_CHECKING:
    from collections.abc import Callable


class Launcher(Protocol):
    """Makes processes for programs, and reaps them."""

    def launch(self, run: str, descriptors: Descriptors) -> None:
        """Begin a run."""

    def kill(self, run: str) -> None:
        """End a run with all its processes."""

    def reap(self) -> None:
        """Tell the engine of the runs that have ended."""


class SubreaperLauncher:
    """Where there is no process namespace: each program has a keeper that cleans up after it."""

    def __init__(self, line: Channel, world: ProgramContext) -> None:
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
                run_subreaper(run, self._line, parent, lambda: become_program(run, descriptors, self._world))
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
                self._line.say_ended(run, ProcessExit(perf_counter_ns(), code, 0.0, None))

    def _left_behind(self) -> list[int]:
        """All descendants that are not the web process, a keeper, or below a keeper."""
        kept = {child for keeper in self._keepers for child in descendants(keeper)}
        return [one for one in descendants(os.getpid()) if one not in kept | self._others | set(self._keepers)]


@dataclass(frozen=True, slots=True)
class _PidNamespace:
    """A process namespace: its first process, the pipe that keeps that one waiting, and the way in."""

    init: int
    hold: int
    door: int

    @classmethod
    def build(cls, waiter: str) -> _PidNamespace:
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


class NamespaceLauncher:
    """Each program in a process namespace of its own: when its first process ends, the kernel kills all the rest.

    Making and ending a namespace takes longer than all else, so an empty one serves the next program.
    """

    def __init__(self, line: Channel, world: ProgramContext) -> None:
        self._line = line
        self._world = world
        self._runs: dict[int, tuple[str, _PidNamespace]] = {}
        self._empty: list[_PidNamespace] = []
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
            house = _PidNamespace.build(self._waiter)
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
