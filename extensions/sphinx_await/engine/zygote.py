"""The warm parent: imports once what programs import, then forks one process after another.

It is a process of its own, so that the builder imports neither asyncio nor aiohttp, and it has one thread, so
that a fork of it is sound.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from pathlib import Path
from select import POLLIN, poll
from time import perf_counter_ns
from typing import Any

from . import web
from .child import Descriptors, World, become_program
from .imports import Warm
from .keeper import keep
from .linux import adopt_orphans, descendants, die_with_parent, kill_all
from .messages import Line
from .settings import Settings
from .stand_ins import Ports

CERTIFICATE = "authority.pem"


class LessonWeb:
    """The web process, as the warm parent sees it."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        read, write = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            os.close(read)
            try:
                web.quiet()
                web.serve(settings.hosts, folder / CERTIFICATE, write)
            finally:
                os._exit(1)
        os.close(write)
        self._lines = open(read, encoding="utf-8")  # noqa: SIM115 - closed in `ports`

    def wait_for_authority(self) -> None:
        """Until the certificate of the throw-away authority can be trusted."""
        self._lines.readline()

    def ports(self) -> Ports:
        """Where it listens."""
        with self._lines:
            return Ports(**json.loads(self._lines.readline()))


class Zygote:
    """Forks a process for each request and tells the engine what becomes of it."""

    def __init__(self, line: Line, world: World) -> None:
        self._line = line
        self._world = world
        self._runs: dict[int, str] = {}  # keeper's process: run
        self._children = _own_children()  # the web process

    def serve(self) -> None:
        """Until the engine hangs up."""
        bell, ring = os.pipe()
        for end in (bell, ring):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poller = poll()
        for fd in (self._line.fileno(), bell):
            poller.register(fd, POLLIN)
        while True:
            ready = {fd for fd, _ in poller.poll()}
            if bell in ready:
                os.read(bell, 4096)
                self._reap()
            if self._line.fileno() in ready:
                heard = self._line.hear()
                if heard is None:
                    return
                self._obey(*heard)

    def _obey(self, message: dict[str, Any], fds: list[int]) -> None:
        if "run" in message:
            self._launch(message["run"], Descriptors(*fds))
            for fd in fds:
                os.close(fd)
        elif "kill" in message:
            for process, run in self._runs.items():
                if run == message["kill"]:
                    os.kill(process, signal.SIGTERM)

    def _launch(self, run: str, descriptors: Descriptors) -> None:
        # Blocked across the fork: a keeper that is told to end before it listens must not miss it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})
        process = os.fork()
        if process == 0:
            try:
                keep(run, self._line, lambda: become_program(descriptors, self._world))
            finally:
                os._exit(1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGCHLD})
        self._runs[process] = run

    def _reap(self) -> None:
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                return
            run = self._runs.pop(process, None)
            if run is not None and status != 0:
                # The program killed its keeper, and what it left behind has come to us.
                kill_all(self._orphans())
                code = os.waitstatus_to_exitcode(status)
                self._line.say(ended=run, at=perf_counter_ns(), status=code, cpu=0.0, delay=None)

    def _orphans(self) -> list[int]:
        """All descendants that are not the web process, a keeper, or below a keeper."""
        kept = {child for keeper in self._runs for child in descendants(keeper)}
        return [
            process for process in descendants(os.getpid()) if process not in kept | self._children | set(self._runs)
        ]


def _own_children() -> set[int]:
    return set(descendants(os.getpid()))


def main(control: int, config: int) -> None:
    """The warm parent's life: ``config`` is a file of JSON, ``control`` the connection to the engine."""
    die_with_parent()
    adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = Line(socket.socket(fileno=control))
    with open(config, encoding="utf-8") as file:
        told = json.load(file)
    settings = Settings.from_dict(told["settings"])
    sys.dont_write_bytecode = True
    lesson_web = LessonWeb(settings, Path(told["folder"])) if settings.hosts and not settings.network else None
    environment = dict(os.environ)
    if lesson_web:
        lesson_web.wait_for_authority()
        environment["SSL_CERT_FILE"] = os.environ["SSL_CERT_FILE"] = str(Path(told["folder"], CERTIFICATE))
    warm = Warm()
    warm.warm_up(told["warm"])
    world = World(settings, lesson_web.ports() if lesson_web else None, warm, environment)
    gc.collect()
    gc.freeze()
    line.say(ready=True)
    Zygote(line, world).serve()
