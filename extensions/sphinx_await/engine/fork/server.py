"""The fork server: imports once what programs import, then forks one process for each program.

It is a process of its own, so that the builder imports neither asyncio nor aiohttp, and it has a single thread, so that
a fork of it is sound.

Why not :mod:`multiprocessing.forkserver`: a program is a ``__main__`` of its own and not a function that is called; its
process enters namespaces, which the server must create before the fork; its journal, pipes and sockets are passed as
descriptors; and the server must know when *all* processes of a program are gone. Of multiprocessing's server only the
loop over a socket would be left.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import signal
import socket
import sys
from pathlib import Path
from select import POLLIN, poll
from typing import TYPE_CHECKING

from ...core.recorder.hooks import Hooks
from ...core.recorder.instrumentation import instrument
from ...core.recorder.internal_frames import make_internal
from ..inherited import handle_signals_as_a_new_process
from ..linux import sandbox
from ..linux.channel import Channel
from ..linux.protocol import Descriptors, Kill, Launch, NotReady, Ready, Refused, ServerConfig, WarmUp
from ..linux.syscalls import adopt_orphans, die_with_parent, leave_session_keyring
from ..process_environment import CERTIFICATE, editable_folders
from ..program_process.imports import ImportObserver, warm_up
from ..program_process.workdir import set_environment
from ..runtime_info import PACKAGE
from ..settings import Settings
from .child import ServerContext
from .launchers import NamespaceLauncher, SubreaperLauncher
from .mock_server_process import MockServerProcess, NoMockServers
from .preload import not_to_share

if TYPE_CHECKING:
    from ..linux.protocol import ChannelMessage
    from ..program_process.module_graph import ModuleGraph
    from .launchers import Launcher


def serve(channel: Channel, launcher: Launcher, context: ServerContext) -> None:
    """Do what the engine asks for until it closes the channel."""
    wake_up, on_signal = os.pipe()
    for end in (wake_up, on_signal):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(on_signal, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poller = poll()
    for fd in (channel.fileno(), wake_up):
        poller.register(fd, POLLIN)
    while True:
        ready = {fd for fd, _ in poller.poll()}
        if wake_up in ready:
            os.read(wake_up, 4096)
            launcher.reap()
        if channel.fileno() in ready:
            received = channel.receive()
            if received is None:
                return
            _handle(channel, launcher, context, *received)


def _handle(
    channel: Channel, launcher: Launcher, context: ServerContext, message: ChannelMessage, fds: list[int]
) -> None:
    match message:
        case Launch(run, begins_with, meeting):
            if len(fds) == len(Descriptors._fields):
                context.observer.park(begins_with)
                launcher.launch(run, Descriptors(*fds), meeting)
            else:  # the kernel left out those for which this process has no room
                channel.send(Refused(run, os.strerror(errno.EMFILE)))
            for fd in fds:
                os.close(fd)
        case Kill(run):
            launcher.kill(run)
        case WarmUp(modules):
            _warm_up(context, modules)


def _warm_up(context: ServerContext, modules: list[str]) -> None:
    """Import modules, and keep the collector from them: each page that it touches in a fork is copied."""
    set_environment(context.environment)
    context.graph.restore()
    warm_up(context.graph, modules)
    instrument(context.hooks)
    context.graph.park()
    context.observer.prepare()
    set_environment(context.environment)  # whatever the modules did to it
    gc.collect()
    gc.freeze()


def main(control: int, data: bytes, graph: ModuleGraph) -> None:
    """Run the fork server.

    :param control: descriptor of the channel to the engine.
    :param data: the encoded :class:`ServerConfig`.
    :param graph: it traces imports since the interpreter has started.
    """
    channel = Channel(socket.socket(fileno=control))
    _serve_until_closed(channel, ServerConfig.decode(data), graph)
    channel.close()  # a program leaves by an exception: its descriptors are others


def _serve_until_closed(channel: Channel, config: ServerConfig, graph: ModuleGraph) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the engine does not need us any more
        try:
            launcher, context = _prepare(channel, config, graph)
        except (BrokenPipeError, ConnectionResetError, NoMockServers):
            return
        except OSError as error:
            reason = f"the fork server could not start: {error.strerror or error} (its folder is {config.folder})"
            channel.send(NotReady(reason))
            return
        serve(channel, launcher, context)


def _prepare(channel: Channel, config: ServerConfig, graph: ModuleGraph) -> tuple[Launcher, ServerContext]:
    """Enter the sandbox, start the mock servers and import what programs need.

    :raises OSError: the system refuses something, or there is no room in the engine's folder.
    :raises NoMockServers: the mock servers could not start.
    """
    die_with_parent()
    os.chdir("/")  # the folder in which we were started goes before we do, and Python 3.13.0 cannot do without one
    handle_signals_as_a_new_process()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings, folder = Settings.from_dict(config.settings), Path(config.folder)
    sys.dont_write_bytecode = True
    certificate = folder / CERTIFICATE
    extra = [*filter(None, [settings.working_dir]), *settings.neighbours, *editable_folders(), PACKAGE]
    readable = sandbox.readable_paths(extra)
    probe = None
    if settings.sandbox != "off":
        leave_session_keyring()
        probe = sandbox.probe(folder, readable)
    observer = ImportObserver(graph)
    observer.install()
    capabilities = _enter_sandbox(settings, folder, readable, probe)
    adopt_orphans()
    servers = None
    if settings.hosts and not settings.network:
        servers = MockServerProcess(settings, certificate, channel, own_networks=capabilities.namespaces)
    environment = {**os.environ, **settings.environment}
    if servers:
        servers.wait_for_authority()
        trusted = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        environment = {**dict.fromkeys(trusted, str(certificate)), **environment}
    ports = servers.ports() if servers else None
    # In a view of its own a program may read whatever it can see at all.
    visible = ("/",) if capabilities.view else (*sandbox.SYSTEM, "/proc", "/dev", *readable, str(certificate))
    context = ServerContext(
        settings=settings,
        capabilities=capabilities,
        ports=ports,
        mock_server=servers.channel if servers and capabilities.namespaces else None,
        graph=graph,
        observer=observer,
        environment=environment,
        readable=visible,
        hooks=Hooks(),
    )
    sandbox.prepare()
    graph.stop_tracing()
    context.graph.restore()
    make_internal()
    not_shared = not_to_share([name for name in config.warm if name in settings.preload])
    _warm_up(context, [name for name in config.warm if name not in not_shared])
    channel.send(Ready(list(capabilities.missing), capabilities.namespaces, not_shared))
    launcher = NamespaceLauncher if capabilities.namespaces else SubreaperLauncher
    return launcher(channel, context), context


def _enter_sandbox(
    settings: Settings, folder: Path, readable: tuple[str, ...], probe: sandbox.Probe | None
) -> sandbox.Capabilities:
    if probe is None:
        return sandbox.NOTHING
    capabilities = probe.result()
    if capabilities.namespaces:
        sandbox.enter_shared(capabilities, settings.hosts, folder, readable, network=settings.network)
    return capabilities
