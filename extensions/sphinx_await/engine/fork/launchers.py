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

from ..linux.channel import Channel, reap
from ..linux.protocol import CloseSockets, Descriptors, Ended, Refused
from ..linux.syscalls import NEWPID, children_of, descendants, enter_namespace, kill_all, send_signal, unshare
from ..system_limits import own_processes
from .child import ServerContext, become_program
from .networks import Meetings, Networks
from .subreaper import run_subreaper

if TYPE_CHECKING:
    from collections.abc import Callable

    from .networks import Network

_WALL = 0x40000000  # children of any kind, see waitpid(2)
_PAUSE = 0.0005  # seconds


class Launcher(Protocol):
    """Starts the processes of programs, and reaps them."""

    def launch(self, run: str, descriptors: Descriptors, meeting: str = "") -> None:
        """Start a run.

        :param meeting: the first run of those whose network it shares; empty if it meets nobody.
        """

    def kill(self, run: str) -> None:
        """Kill a run with all its processes."""

    def reap(self) -> None:
        """Report the runs that have ended to the engine."""


class SubreaperLauncher:
    """Gives each program a subreaper that cleans up after it, where there are no PID namespaces."""

    def __init__(self, channel: Channel, context: ServerContext) -> None:
        self._channel = channel
        self._context = context
        self._subreapers: dict[int, str] = {}
        self._others = set(descendants(os.getpid()))  # the mock server

    def launch(self, run: str, descriptors: Descriptors, meeting: str = "") -> None:
        """Fork a subreaper, which forks the program."""
        own_processes()  # counted here, so that not each program counts anew
        # Blocked across the fork: a subreaper must not miss a signal that comes before it waits for signals.
        blocked = {signal.SIGTERM, signal.SIGCHLD}
        signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
        parent = os.getpid()
        try:
            process = os.fork()
            if process == 0:
                try:
                    # It returns in the program's process.
                    run_subreaper(run, self._channel, parent, meets=bool(meeting))
                except BaseException:  # noqa: BLE001 - never fall back into the fork server's code
                    os._exit(1)
                become_program(run, descriptors, self._context)
            self._subreapers[process] = run
        except OSError as error:
            self._channel.send(Refused(run, str(error)))
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, blocked)

    def kill(self, run: str) -> None:
        """Ask the subreaper to kill everything."""
        for process, its_run in self._subreapers.items():
            if its_run == run:
                send_signal(process, signal.SIGTERM)
                send_signal(process, signal.SIGCONT)  # a program may have stopped it

    def reap(self) -> None:
        """Subreapers have reported their programs; report those whose subreaper was killed."""
        for process in list(self._subreapers):
            if not os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                continue
            _, status = os.waitpid(process, 0)
            run = self._subreapers.pop(process)
            if status:
                kill_all(self._left_behind())
                code = os.waitstatus_to_exitcode(status)
                self._channel.send(Ended(run, perf_counter_ns(), code, 0.0, None))

    def _left_behind(self) -> list[int]:
        """All descendants that are neither the mock server, nor a subreaper, nor below one."""
        below = {child for subreaper in self._subreapers for child in descendants(subreaper)}
        known = below | self._others | set(self._subreapers)
        return [process for process in descendants(os.getpid()) if process not in known]


@dataclass(frozen=True, slots=True)
class _PidNamespace:
    """A PID namespace.

    :ivar init: its first process.
    :ivar hold: write end of the pipe from which ``init`` reads, so that it waits.
    :ivar entrance: descriptor by which it is entered.
    """

    init: int
    hold: int
    entrance: int

    @classmethod
    def create(cls, waiter: str) -> _PidNamespace:
        """Create a namespace.

        :param waiter: a tiny program for its first process, which waits until it is killed or this process is gone.
        :raises OSError: the system refuses a process or a descriptor; nothing is left of the namespace.
        """
        unshare(NEWPID)
        read, hold = os.pipe()
        init = None
        try:
            wait = [(os.POSIX_SPAWN_DUP2, read, 0)]
            init = os.posix_spawn(waiter, [waiter], {}, file_actions=wait, setsid=True)
            return cls(init, hold, os.open(f"/proc/{init}/ns/pid", os.O_RDONLY | os.O_CLOEXEC))
        except OSError:
            os.close(hold)
            if init is not None:
                send_signal(init, signal.SIGKILL)
                os.waitpid(init, 0)
            raise
        finally:
            os.close(read)

    def is_empty(self) -> bool:
        """Whether only its first process is left, which inherits whatever a program leaves behind."""
        return children_of(self.init) == set()

    def tear_down(self, is_ours: Callable[[int], bool]) -> None:
        """Kill everything in it and wait until all is dead. The program itself must have been reaped before.

        :param is_ours: whether a child is ours, not one that a program made ours (``CLONE_PARENT``): unless these are
            reaped, the namespace cannot end.
        """
        send_signal(self.init, signal.SIGKILL)
        while os.waitpid(self.init, os.WNOHANG)[0] == 0:
            strangers = [process for process in children_of(os.getpid()) or () if not is_ours(process)]
            for process in strangers:
                send_signal(process, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(process, os.WNOHANG | _WALL)
            time.sleep(_PAUSE)
        os.close(self.hold)
        os.close(self.entrance)


class NamespaceLauncher:
    """Gives each program a PID namespace: when its first process ends, the kernel kills all others in it.

    To create and end a namespace takes longer than everything else, so an empty one is used again.
    """

    def __init__(self, channel: Channel, context: ServerContext) -> None:
        self._channel = channel
        self._context = context
        self._runs: dict[int, tuple[str, _PidNamespace]] = {}
        self._empty: list[_PidNamespace] = []
        self._others = children_of(os.getpid()) or set()  # the mock server
        self._inits: set[int] = set()
        self._own_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._waiter = shutil.which("cat") or "/bin/cat"
        # The mock servers listen in the network of a program; without Landlock it could change settings there.
        is_own = not context.settings.network and context.mock_server is None
        self._networks = Networks() if is_own and context.capabilities.landlock else None
        self._meetings: Meetings | None = None

    def launch(self, run: str, descriptors: Descriptors, meeting: str = "") -> None:
        """Fork the program into an empty namespace."""
        process = -1
        network, networks = self._network_of(run, meeting)
        try:
            namespace = self._enter_namespace()
            try:
                process = os.fork()
            except OSError:
                self._empty.append(namespace)
                raise
        except OSError as error:
            self._forget_network(run, clean=True)  # its process made no sockets
            self._channel.send(Refused(run, str(error)))
            return
        finally:
            if process:
                enter_namespace(self._own_namespace, NEWPID)
        if process == 0:
            asks_hosts = meeting in {"", run}
            become_program(run, descriptors, self._context, network=network, networks=networks, asks_hosts=asks_hosts)
        self._runs[process] = run, namespace
        with contextlib.suppress(OSError):  # no descriptor is left: the engine then takes it for busy
            self._channel.send_started(run, process, meets=bool(meeting))

    def _network_of(self, run: str, meeting: str) -> tuple[Network | None, Networks | None]:
        """The network for a run, if there is one, and what takes the one that it makes."""
        if not meeting or self._context.settings.network:
            return (None if self._networks is None else self._networks.take(run)), self._networks
        if self._meetings is None:
            self._meetings = Meetings()
        return self._meetings.join(meeting, run), self._meetings.networks

    def _forget_network(self, run: str, *, clean: bool) -> str | None:
        """Take back the network of a run; return for which run mock servers answered there, if nobody is left in it."""
        if self._networks is not None:
            self._networks.ended(run, clean=clean)
        if self._meetings is not None and self._meetings.has(run):
            return self._meetings.leave(run)
        return run

    def _enter_namespace(self) -> _PidNamespace:
        """Enter an empty namespace.

        :raises OSError: the system has no room for another.
        """
        if self._empty:
            namespace = self._empty.pop()
            enter_namespace(namespace.entrance, NEWPID)
        else:
            namespace = _PidNamespace.create(self._waiter)
            self._inits.add(namespace.init)
        return namespace

    def _is_ours(self, process: int) -> bool:
        return process in self._runs or process in self._inits or process in self._others

    def kill(self, run: str) -> None:
        """Kill the program; the rest is killed when it is reaped."""
        for process, (name, _) in self._runs.items():
            if name == run:
                send_signal(process, signal.SIGKILL)

    def reap(self) -> None:
        """Report the programs that have ended, once nothing of them is left."""
        for process in list(self._runs):
            if not os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                continue
            run, namespace = self._runs.pop(process)
            # The program first: its namespace cannot end while it is there, even as a zombie.
            ended = reap(run, process)
            # Without Landlock a program could have done something to the first process.
            ours = children_of(os.getpid())
            strange = ours is None or not all(map(self._is_ours, ours))
            is_clean = self._context.capabilities.landlock and not strange and namespace.is_empty()
            if is_clean:
                self._empty.append(namespace)
            else:
                namespace.tear_down(self._is_ours)
                self._inits.discard(namespace.init)
            answered = self._forget_network(run, clean=is_clean)
            if self._context.mock_server is not None and answered is not None:
                self._context.mock_server.send(CloseSockets(answered))
            self._channel.send(ended)
