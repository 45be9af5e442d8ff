"""The program's own process, from the fork until the program has run. Nothing here returns."""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import random
import resource
import shutil
import signal
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ..core.journal import STDERR, STDOUT, Journal, Kind
from ..core.program import run_program
from ..core.recorder import Recorder
from ..core.recording import SNIPPET_FILE
from . import imports, stand_ins
from .linux import die_with_parent
from .pipes import take

if TYPE_CHECKING:
    from .settings import Settings
    from .stand_ins import Ports

_BROKEN_EXIT = 70  # EX_SOFTWARE of sysexits.h
_HIGHEST = 1024  # our descriptors go just below this, out of the way of a program that counts on 3 being free


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
class World:
    """What the warm parent knows and every program of the build shares."""

    settings: Settings
    ports: Ports | None
    warm: imports.Warm
    environment: dict[str, str]


def become_program(descriptors: Descriptors, world: World) -> NoReturn:
    """Turn this fork into the program's process, run the program, exit with its status."""
    status = _BROKEN_EXIT
    journal: Journal | None = None
    try:
        die_with_parent()
        _reset_signals()
        os.setsid()
        request = json.loads(_read_all(descriptors.request))
        descriptors = _arrange(descriptors)
        journal = Journal(mmap.mmap(descriptors.journal, 0))
        _move_in(request, world)
        recorder = Recorder(journal, limit=world.settings.output_limit)
        _connect(recorder, descriptors)
        if not world.settings.network:
            _enter_lesson_web(journal, world)
        status = run_program(
            request["code"], journal, at_end=lambda: imports.note(journal, world.warm, request["code"])
        )
    except BaseException:  # noqa: BLE001 - it must be told, and never fall back into the warm parent's code
        if journal is not None:
            journal.append(Kind.BROKEN, traceback.format_exc().encode("utf-8", "backslashreplace"))
    finally:
        os._exit(status & 0xFF)


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for name in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(name, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _read_all(fd: int) -> bytes:
    return os.pread(fd, os.fstat(fd).st_size, 0)


def _arrange(descriptors: Descriptors) -> Descriptors:
    """0, 1 and 2 in their places, what we need out of the way, and nothing else open."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    top = min(soft, _HIGHEST) - 4 if soft != resource.RLIM_INFINITY else _HIGHEST - 4
    kept = [
        fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, top)
        for fd in (descriptors.journal, descriptors.out_read, descriptors.err_read)
    ]
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (descriptors.out_write, 1), (descriptors.err_write, 2)):
        os.dup2(source, target)
    os.closerange(3, min(kept))
    os.closerange(max(kept) + 1, max(max(kept) + 1, _HIGHEST * 8))
    return Descriptors(-1, kept[0], kept[1], 1, kept[2], 2)


def _move_in(request: dict[str, str], world: World) -> None:
    """The program's folder, environment and import path."""
    folder, settings = Path(request["folder"]), world.settings
    os.environ.clear()
    os.environ.update(world.environment | {"HOME": request["folder"], "TMPDIR": request["folder"]})
    os.environ.update(settings.environment)
    for name, source in settings.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    (folder / SNIPPET_FILE).write_text(request["code"], encoding="utf-8")
    os.chdir(settings.working_dir or folder)
    sys.path.insert(0, os.getcwd())
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc] # noqa: SIM115
    random.seed()  # or every fork of the warm parent would draw the same numbers


def _connect(recorder: Recorder, descriptors: Descriptors) -> None:
    """Standard output and error go to the recorder, what others write to them before what Python writes later."""
    pipes = {STDOUT: descriptors.out_read, STDERR: descriptors.err_read}
    alive = {stream: os.fstat(pipe).st_ino for stream, pipe in pipes.items()}

    def take_foreign() -> None:
        for stream, inode in list(alive.items()):
            try:
                # A program may have closed our descriptors, and the number may be another file's by now.
                if os.fstat(pipes[stream]).st_ino == inode and (piece := take(pipes[stream], descriptors.journal)):
                    recorder.output(stream, piece[1], at=piece[0])
            except OSError:
                del alive[stream]

    recorder.before_output = take_foreign
    recorder.install()


def _enter_lesson_web(journal: Journal, world: World) -> None:
    seen: set[str] = set()

    def looked_up(name: str) -> None:
        if name not in seen:
            seen.add(name)
            journal.append(Kind.HOST, name.encode())

    stand_ins.install(world.settings.hosts, world.ports, looked_up)
