"""The program's own process, from the fork until the program has run. Nothing here returns."""

from __future__ import annotations

import contextlib
import fcntl
import json
import mmap
import os
import resource
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ...core.journal.records import STDERR, STDOUT, Journal, RecordType
from ...core.model.source_files import part_files
from ...core.recorder.execution import run_program
from ...core.recorder.recorder import Recorder
from ..linux import sandbox
from ..linux.syscalls import die_with_parent, run_delay
from ..program_process import imports, name_lookup
from ..program_process.foreign_output import connect
from ..program_process.workdir import fill_workdir

if TYPE_CHECKING:
    from ...core.recorder.hooks import Hooks
    from ..linux.channel import Channel
    from ..linux.sandbox import Capabilities
    from ..program_process.name_lookup import Ports
    from ..settings import Settings

_BROKEN_EXIT = 70  # EX_SOFTWARE of sysexits.h
_HIGHEST = 1000  # our descriptors go just below this, out of the way of a program that counts on 3 being free


@dataclass(frozen=True, slots=True)
class Descriptors:
    """What a run is connected with: the request to read, the journal to write, both ends of two pipes."""

    request: int
    journal: int
    out_read: int
    out_write: int
    err_read: int
    err_write: int


@dataclass(frozen=True, slots=True)
class ProgramContext:
    """What the warm parent knows and every program of the build shares.

    :ivar environment: what programs find in theirs.
    :ivar ports: where the lesson web listens, if it does so on the machine's loopback.
    :ivar web: brings it the sockets of programs that have a network of their own.
    :ivar hooks: what asyncio calls in this process and its forks; asleep here.
    """

    settings: Settings
    means: Capabilities
    ports: Ports | None
    web: Channel | None
    warm: imports.WarmModules
    environment: dict[str, str]
    readable: tuple[str, ...]
    hooks: Hooks


def become_program(run: str, descriptors: Descriptors, world: ProgramContext) -> NoReturn:
    """Turn this fork into the program's process, run the program, exit with its status."""
    status = _BROKEN_EXIT
    journal: Journal | None = None
    try:
        die_with_parent()
        sandbox.new_session()
        journal = Journal(mmap.mmap(descriptors.journal, 0))
        request = json.loads(os.pread(descriptors.request, os.fstat(descriptors.request).st_size, 0))
        _start_on(request["core"])
        folder = Path(request["folder"])
        if world.means.namespaces:
            _enter_namespaces(run, folder, world)
        descriptors = _arrange(descriptors)
        fill_workdir(folder, request["parts"], world.settings)
        sandbox.limit(world.settings.memory_limit, namespaces=world.means.namespaces)
        if world.means.landlock:
            sandbox.lock(folder, world.readable)
        recorder = Recorder(journal, limit=world.settings.output_limit)
        pipes = {STDOUT: descriptors.out_read, STDERR: descriptors.err_read}
        connect(recorder, pipes, descriptors.journal)
        recorder.install()
        recorder.watch(world.hooks, part_files(len(request["parts"])))
        if not world.means.namespaces and not world.settings.network:
            name_lookup.enter(journal, world.settings.hosts, world.ports)
        named = request["imports"]
        imports.note(journal, world.warm, named, new=())  # what is known if the program never comes to its end

        def at_end() -> None:
            imports.note(journal, world.warm, named, new=world.warm.new())

        status = run_program(request["parts"], journal, at_end=at_end, delay=run_delay)
    except BaseException:  # noqa: BLE001 - it must be told, and never fall back into the warm parent's code
        if journal is not None:
            journal.append(RecordType.BROKEN, traceback.format_exc().encode("utf-8", "backslashreplace"))
    finally:
        os._exit(status & 0xFF)


def _start_on(core: int) -> None:
    """Move this process to a core; it may leave it again, and the program sees nothing of it."""
    with contextlib.suppress(OSError):  # the core may have been taken away meanwhile
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})
        os.sched_setaffinity(0, allowed)


def _enter_namespaces(run: str, folder: Path, world: ProgramContext) -> None:
    sockets = sandbox.enter_own(folder, lesson_web=world.web is not None, network=world.settings.network)
    if sockets:
        assert world.web is not None
        world.web.say([one.fileno() for one in sockets], run=run)
        for one in sockets:
            one.close()


def _arrange(descriptors: Descriptors) -> Descriptors:
    """0, 1 and 2 in their places, what we need out of the way, and nothing else open."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    top = (_HIGHEST if soft == resource.RLIM_INFINITY else min(soft, _HIGHEST)) - 4
    kept = [
        fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, top)
        for fd in (descriptors.journal, descriptors.out_read, descriptors.err_read)
    ]
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (descriptors.out_write, 1), (descriptors.err_write, 2)):
        os.dup2(source, target)
    os.closerange(3, min(kept))
    os.closerange(max(kept) + 1, 1 << 16)
    return Descriptors(-1, kept[0], kept[1], 1, kept[2], 2)
