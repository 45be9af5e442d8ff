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
from typing import TYPE_CHECKING, Any

from ...core.recorder.hooks import Hooks
from ...core.recorder.instrumentation import instrument
from ..linux import sandbox
from ..linux.channel import Channel
from ..linux.syscalls import (
    adopt_orphans,
    die_with_parent,
)
from ..program_process.imports import WarmModules
from ..program_process.workdir import enter_workdir
from ..settings import Settings
from .child import Descriptors, ProgramContext
from .launchers import NamespaceLauncher, SubreaperLauncher
from .web_process import CERTIFICATE, WebProcess

if TYPE_CHECKING:
    from .launchers import Launcher


def serve(line: Channel, launcher: Launcher, world: ProgramContext) -> None:
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


def _obey(launcher: Launcher, world: ProgramContext, message: dict[str, Any], fds: list[int]) -> None:
    if "run" in message:
        launcher.launch(message["run"], Descriptors(*fds))
        for fd in fds:
            os.close(fd)
    elif "kill" in message:
        launcher.kill(message["kill"])
    elif "warm" in message:
        _warm_up(world, message["warm"])


def _warm_up(world: ProgramContext, names: list[str]) -> None:
    """Import, and leave forks little to do and their collector little to look at, and so little memory to copy."""
    enter_workdir(world.environment)
    world.warm.warm_up(names)
    instrument(world.hooks)
    enter_workdir(world.environment)  # whatever the modules did to it
    gc.collect()
    gc.freeze()


def main(control: int, config: int) -> None:
    """The warm parent's life: ``config`` is a file of JSON, ``control`` the connection to the engine."""
    die_with_parent()
    os.chdir("/")  # where we were started goes before our keepers do, and Python 3.13.0 cannot do without a folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = Channel(socket.socket(fileno=control))
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
        lesson_web = WebProcess(settings, folder, line, handed_over=means.namespaces)
    environment = {**os.environ, **settings.environment}
    if lesson_web:
        lesson_web.wait_for_authority()
        environment = {"SSL_CERT_FILE": certificate, **environment}
    ports = lesson_web.ports() if lesson_web else None
    handed_over = lesson_web.line if lesson_web and means.namespaces else None
    # In a view of its own all that a program can see at all is for it to read.
    seen = ("/",) if means.view else (*sandbox.SYSTEM, "/proc", "/dev", *readable, certificate)
    world = ProgramContext(settings, means, ports, handed_over, WarmModules(), environment, seen, Hooks())
    _warm_up(world, told["warm"])
    line.say(ready=True, missing=means.missing, namespaces=means.namespaces)
    launcher = NamespaceLauncher(line, world) if means.namespaces else SubreaperLauncher(line, world)
    serve(line, launcher, world)


def _enter_sandbox(settings: Settings, folder: Path, readable: tuple[str, ...]) -> sandbox.Capabilities:
    if settings.sandbox == "off":
        return sandbox.NOTHING
    means = sandbox.probe(folder, readable)
    if means.namespaces:
        sandbox.enter_shared(means, settings.hosts, folder, readable, network=settings.network)
    return means
