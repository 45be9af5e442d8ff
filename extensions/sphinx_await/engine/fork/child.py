"""The program's process, from the fork until the program has run. It never returns to the fork server's code."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import resource
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ...core.journal.records import STDERR, STDOUT, Journal, RecordType
from ...core.recorder.execution import Execution
from ...core.recorder.recorder import Recorder
from ..linux import sandbox
from ..linux.memory_files import memory_file
from ..linux.protocol import Descriptors, Listen, ProgramRequest
from ..linux.syscalls import die_with_parent, run_delay
from ..program_process import name_lookup
from ..program_process.access_log import AccessLog
from ..program_process.audit_events import notice_audit_events
from ..program_process.foreign_output import connect
from ..program_process.workdir import fill_workdir, program_files

if TYPE_CHECKING:
    from ...core.recorder.hooks import Hooks
    from ..linux.channel import Channel
    from ..linux.sandbox import Capabilities
    from ..program_process.imports import ImportObserver
    from ..program_process.module_graph import ModuleGraph
    from ..program_process.name_lookup import Ports
    from ..settings import Settings
    from .networks import Network, Networks

_BROKEN_EXIT = 70  # EX_SOFTWARE of sysexits.h
_HIGHEST = 1000  # our descriptors go just below this, out of the way of a program that counts on 3 being free


@dataclass(frozen=True, slots=True)
class ServerContext:
    """What the fork server knows and all its programs share.

    :ivar capabilities: what the kernel grants to isolate programs.
    :ivar ports: where the mock servers listen, if programs share the machine's network.
    :ivar mock_server: sends them the sockets of programs that have a network of their own.
    :ivar graph: the modules that are parked.
    :ivar observer: observes the imports of this process and its forks.
    :ivar environment: the variables of programs.
    :ivar readable: paths that programs may read.
    :ivar hooks: called by asyncio's probes in this process and its forks; no-ops here.
    """

    settings: Settings
    capabilities: Capabilities
    ports: Ports | None
    mock_server: Channel | None
    graph: ModuleGraph
    observer: ImportObserver
    environment: dict[str, str]
    readable: tuple[str, ...]
    hooks: Hooks


def become_program(
    run: str,
    descriptors: Descriptors,
    context: ServerContext,
    *,
    network: Network | None = None,
    networks: Networks | None = None,
    asks_hosts: bool = True,
) -> NoReturn:
    """Turn this fork into the program's process, run the program, exit with its status.

    :param network: the network namespace to enter; None to make one.
    :param networks: takes one that is made for later programs; None where each has its own.
    :param asks_hosts: mock servers answer on its sockets; else on those of another program of its network.

    It leaves all callers by an exception (see :meth:`.Execution.run_at_bottom`), so that no frame of ours is below the
    program's.
    """
    journal: Journal | None = None
    try:
        die_with_parent()
        sandbox.new_session()
        journal = Journal(mmap.mmap(descriptors.journal, 0))
        size = os.fstat(descriptors.request).st_size
        request = ProgramRequest.decode(os.pread(descriptors.request, size, 0))
        _start_on(request.core)
        folder = Path(request.folder)
        if context.capabilities.namespaces:
            _enter_namespaces(run, folder, request.shared, context, network, asks_hosts=asks_hosts)
            if networks is not None and network is None:
                networks.announce(run)
        descriptors = _arrange(descriptors, request.stdin)
        fill_workdir(folder, request.parts, context.settings, fresh=request.fresh)
        context.observer.check_ahead()
        sandbox.limit(context.settings.memory_limit, namespaces=context.capabilities.namespaces)
        if context.capabilities.landlock:
            sandbox.lock(folder, context.readable, view=context.capabilities.view)
        if context.settings.sandbox != "off":
            sandbox.refuse_calls()
        recorder = Recorder(journal, limit=context.settings.output_limit)
        pipes = {STDOUT: descriptors.out_read, STDERR: descriptors.err_read}
        connect(recorder, pipes, descriptors.journal)
        recorder.install()
        files = program_files(len(request.parts))
        recorder.watch(context.hooks, files, context.observer)
        if not context.capabilities.namespaces and not context.settings.network:
            name_lookup.enter(journal, context.settings.hosts, context.ports)
        private = sandbox.TEMPORARY if context.capabilities.view else None
        log = AccessLog(journal, descriptors.access_log, folder.parent, private)
        context.observer.park_new()
        context.observer.start(log.searched)
        execution = Execution(
            request.parts,
            journal,
            at_end=log.end,
            delay=run_delay,
            files=files,
            arguments=request.arguments,
            tools=lambda: context.observer.tools("traceback"),
            last_values=request.last_values,
            in_loop=request.in_loop,
            examples=request.examples,
            end_output=recorder.end_output,
            compiled=recorder.compiled,
            set_may_run=recorder.set_may_run,
            ended=recorder.ended,
        )
        notice_audit_events(log, recorder, execution, context.observer)
    except BaseException:  # noqa: BLE001 - report it, and never fall back into the fork server's code
        context.graph.restore()
        if journal is not None:
            journal.append(RecordType.BROKEN, traceback.format_exc().encode("utf-8", "backslashreplace"))
        os._exit(_BROKEN_EXIT)
    execution.run_at_bottom()


def _start_on(core: int) -> None:
    """Move this process to a core; it may leave it again, and the program sees nothing of it."""
    with contextlib.suppress(OSError):  # the core may have been taken away meanwhile
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})
        os.sched_setaffinity(0, allowed)


def _enter_namespaces(
    run: str, folder: Path, shared: str | None, context: ServerContext, network: Network | None, *, asks_hosts: bool
) -> None:
    sockets = sandbox.enter_own_namespaces(
        folder,
        shared,
        view=context.capabilities.view,
        mock_server=context.mock_server is not None and asks_hosts,
        network=context.settings.network,
        entrance=None if network is None else network.entrance,
    )
    if sockets:
        assert context.mock_server is not None
        context.mock_server.send(Listen(run), [one.fileno() for one in sockets])
        for one in sockets:
            one.close()


def _input(given: str) -> int:
    """The descriptor of a standard input with some text."""
    if not given:
        return os.open(os.devnull, os.O_RDONLY)
    file = memory_file("stdin")
    os.pwrite(file, given.encode("utf-8", "surrogateescape"), 0)
    return file


def _arrange(descriptors: Descriptors, given: str) -> Descriptors:
    """0, which has what is given, 1 and 2 in their places, what we need out of the way, and nothing else open."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    top = (_HIGHEST if soft == resource.RLIM_INFINITY else min(soft, _HIGHEST)) - 5
    kept = [
        fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, top)
        for fd in (descriptors.journal, descriptors.access_log, descriptors.out_read, descriptors.err_read)
    ]
    for source, target in ((_input(given), 0), (descriptors.out_write, 1), (descriptors.err_write, 2)):
        os.dup2(source, target)
    os.closerange(3, min(kept))
    os.closerange(max(kept) + 1, 1 << 16)
    return Descriptors(-1, kept[0], kept[1], kept[2], 1, kept[3], 2)
