"""A fresh interpreter for each program: slower, and possible wherever Python is.

For systems without fork (Windows) or on which a fork of a process that has loaded much is unsafe (macOS).
Programs share the machine's network and see its files; what the system offers to limit them is used.
"""

from __future__ import annotations

import json
import mmap
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, NoReturn

from ..core.decoding.decoder import Ending
from ..core.errors import EngineError
from ..core.journal.records import STDERR, STDOUT, Journal, RecordType
from ..core.model.source_files import part_files
from ..core.recorder.execution import run_program
from ..core.recorder.hooks import Hooks
from ..core.recorder.recorder import Recorder
from . import web_server
from .backend import import_path, plain_environment, temporary_folder
from .program_process import name_lookup
from .program_process.imports import WarmModules, note
from .program_process.name_lookup import Ports
from .program_process.workdir import enter_workdir, fill_workdir
from .run import Run
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .program import Program

POSIX = os.name == "posix"
_CERTIFICATE = "authority.pem"
_CHUNK = 1 << 16
_LOOK_UP = 0.05  # seconds between two looks whether the run has ended
_BOOT = """
import json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    told = json.load(file)
sys.path[:] = told["sys_path"]
import sphinx_await.engine.spawn_backend as spawned
getattr(spawned, told["call"])(told)
"""


class SpawnBackend:
    """Starts interpreters, and has threads to read what their children write and to wait for their end."""

    missing: tuple[str, ...] = ("namespaces (network, processes, user)", "Landlock (files)")

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = temporary_folder(self)
        self._happened: queue.SimpleQueue[Run | None] = queue.SimpleQueue()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._threads: dict[str, list[threading.Thread]] = {}
        self._web: subprocess.Popen[bytes] | None = None
        self._ports: Ports | None = None
        self._environment = plain_environment()
        self._path = import_path(settings.path)

    def start(self, imports: Iterable[str]) -> None:  # noqa: ARG002 - nothing is warm here
        """Start the lesson web, if there is one."""
        if self._settings.hosts and not self._settings.network:
            told = {"call": "serve_web", "certificate": str(self._folder / _CERTIFICATE)}
            self._web = self._boot("web", told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None)

    def _boot(self, name: str, told: dict[str, Any], **how: Any) -> subprocess.Popen[bytes]:
        request = self._folder / f"{name}.json"
        told = {**told, "sys_path": self._path, "settings": self._settings.to_dict()}
        request.write_text(json.dumps(told), encoding="utf-8")
        command = [sys.executable, "-c", _BOOT, str(request)]
        return subprocess.Popen(command, env=self._environment, start_new_session=POSIX, **how)

    def warm(self, imports: Iterable[str]) -> None:
        """Nothing is warm here."""

    def wait_until_ready(self) -> None:
        """Until the lesson web listens."""
        if self._web is not None:
            assert self._web.stdout is not None
            self._web.stdout.readline()
            line = self._web.stdout.readline()
            if not line:
                raise EngineError("the lesson web could not start; what it said stands above")
            self._ports = Ports(**json.loads(line))
            self._environment["SSL_CERT_FILE"] = str(self._folder / _CERTIFICATE)

    def launch(self, name: str, program: Program) -> Run:
        """Start an interpreter."""
        path = self._folder / f"{name}.journal"
        journal = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=self._folder))
        run = Run.prepare(name, program, folder, journal, self._settings.output_limit)
        told: dict[str, Any] = {
            "call": "run_program_here",
            "parts": program.parts,
            "imports": program.imports(),
            "folder": str(run.folder),
            "journal": str(path),
            "ports": asdict(self._ports) if self._ports else None,
        }
        foreign_output = [os.pipe(), os.pipe()]
        reads, writes = [pipe[0] for pipe in foreign_output], [pipe[1] for pipe in foreign_output]
        if POSIX:
            told["reads"] = reads
        how: dict[str, Any] = {"pass_fds": reads} if POSIX else {}
        process = self._boot(
            name, told, cwd=run.folder, stdin=subprocess.DEVNULL, stdout=writes[0], stderr=writes[1], **how
        )
        for fd in writes:
            os.close(fd)
        guard = threading.Lock()
        readers = [
            threading.Thread(target=self._read, args=(run, stream, fd, guard), daemon=True)
            for stream, fd in zip((STDOUT, STDERR), reads, strict=True)
        ]
        waiter = threading.Thread(target=self._wait, args=(run, process), daemon=True)
        self._processes[name], self._threads[name] = process, [*readers, waiter]
        for thread in self._threads[name]:
            thread.start()
        return run

    def _read(self, run: Run, stream: int, fd: int, guard: threading.Lock) -> None:
        """Take what is written to a pipe until nobody is left to write."""
        limit = self._settings.output_limit
        if POSIX:
            _read_with_the_program(run, stream, fd, guard, limit)
        else:
            while data := os.read(fd, _CHUNK):
                run.wrote(stream, perf_counter_ns(), data, limit)
        os.close(fd)

    def _wait(self, run: Run, process: subprocess.Popen[bytes]) -> None:
        status, cpu = _wait_for(process)
        at = perf_counter_ns()
        _kill_tree(process)
        run.ending = Ending(at, status, cpu, None, run.killed)
        self._happened.put(run)

    def kill(self, run: Run) -> None:
        """Kill a run and what it started."""
        _kill_tree(self._processes[run.name])

    def listen(self, seconds: float) -> None:
        """Wait until a run has ended."""
        with suppress(queue.Empty):
            self._happened.get(timeout=seconds)

    def finish(self, run: Run) -> None:
        """Wait until everything that was written has been read."""
        for thread in self._threads.pop(run.name):
            thread.join()
        del self._processes[run.name]
        run.close()
        shutil.rmtree(run.folder, ignore_errors=True)

    def close(self) -> None:
        """Kill everything; no thread is left alive."""
        for process in self._processes.values():
            _kill_tree(process)
        for threads in self._threads.values():
            for thread in threads:
                thread.join()
        if self._web is not None:
            self._web.communicate()  # it ends when its standard input does
            self._web = None
        shutil.rmtree(self._folder, ignore_errors=True)


def _read_with_the_program(run: Run, stream: int, fd: int, guard: threading.Lock, limit: int) -> None:
    """Share a pipe with the program, which takes from it too, before it prints (see :mod:`.pipes`)."""
    from select import POLLHUP, POLLIN, poll

    from .program_process.foreign_output import drain

    poller = poll()
    poller.register(fd, POLLIN)
    while True:
        events = poller.poll(_LOOK_UP * 1000)
        try:
            with guard:  # a record lock holds back other processes, but not our other thread
                piece = drain(fd, run.journal, patient=False)
        except BlockingIOError:  # the program takes just now
            time.sleep(0.001)
            continue
        if piece is not None:
            run.wrote(stream, *piece, limit)
        elif run.ending is not None or any(event & POLLHUP for _, event in events):
            return  # what still writes has got away from us


def _wait_for(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """The exit status of a process and its CPU seconds (0 where the system does not tell)."""
    if not POSIX:
        return process.wait(), 0.0
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


def _kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and what it started, as far as the system can tell what that is."""
    if POSIX:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.returncode is None:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S607


def run_program_here(told: dict[str, Any]) -> NoReturn:
    """Run the program in this fresh interpreter, and exit with its status."""
    settings = Settings.from_dict(told["settings"])
    file = os.open(told["journal"], os.O_RDWR | getattr(os, "O_BINARY", 0))
    journal = Journal(mmap.mmap(file, 0))
    status = 70  # EX_SOFTWARE of sysexits.h
    try:
        warm = WarmModules()
        warm.look()
        enter_workdir({**os.environ, **settings.environment})
        fill_workdir(Path(told["folder"]), told["parts"], settings)
        recorder = Recorder(journal, limit=settings.output_limit)
        if POSIX:
            from .linux import sandbox
            from .program_process import foreign_output

            sandbox.limit(settings.memory_limit, namespaces=False)
            foreign_output.connect(recorder, dict(zip((STDOUT, STDERR), told["reads"], strict=True)), file)
        recorder.install()
        recorder.watch(Hooks(), part_files(len(told["parts"])))
        if not settings.network:
            name_lookup.enter(journal, settings.hosts, Ports(**told["ports"]) if told["ports"] else None)
        parts: list[str] = told["parts"]
        named = told["imports"]
        note(journal, warm, named, new=())  # what is known if the program never comes to its end
        status = run_program(parts, journal, at_end=lambda: note(journal, warm, named, new=warm.new()))
    except BaseException as error:  # noqa: BLE001 - it must be told
        journal.append(RecordType.BROKEN, repr(error).encode("utf-8", "backslashreplace"))
    finally:
        os._exit(status & 0xFF)


def serve_web(told: dict[str, Any]) -> None:
    """Be the lesson web until standard input ends."""
    threading.Thread(target=_exit_with_stdin, daemon=True).start()
    settings = Settings.from_dict(told["settings"])
    ready = os.dup(1)  # print, of a handler perhaps, goes elsewhere
    web_server.serve_hosts(settings.hosts, Path(told["certificate"]), ready, None, lambda _run, _host: None)


def _exit_with_stdin() -> None:
    sys.stdin.read()
    os._exit(0)
