"""The spawn backend: a fresh interpreter for each program. It is slower, and works wherever Python does.

It is for systems without fork (Windows), or on which to fork a process that has loaded much is unsafe (macOS). Programs
share the machine's network and see its files; the limits that the system offers are used.
"""

from __future__ import annotations

import json
import mmap
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter_ns
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, NoReturn

from ..core.decoding.ending import Ending
from ..core.errors import EngineError
from ..core.journal.records import STDERR, STDOUT, Journal, RecordType
from ..core.recorder.execution import Execution
from ..core.recorder.hooks import Hooks
from ..core.recorder.internal_frames import make_internal
from ..core.recorder.recorder import Recorder
from . import mock_server
from .inherited import handle_signals_as_a_new_process
from .process_environment import CERTIFICATE, import_path, program_environment, remove_folder, temporary_folder
from .process_state import ProcessTable, busy_check
from .program_process import name_lookup
from .program_process.access_log import AccessLog
from .program_process.audit_events import notice_audit_events
from .program_process.imports import ImportObserver
from .program_process.name_lookup import Ports
from .program_process.workdir import fill_workdir, program_files, set_environment
from .run import Run, SharedFolder
from .runtime_info import PACKAGE
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .program import Program

POSIX = os.name == "posix"
_CHUNK = 1 << 16
_IN_MEMORY = hasattr(os, "memfd_create")
_HAS_PROC = os.path.exists("/proc/self/stat")
_LAST_WORDS_SECONDS = 1.0  # for which output is read after a program has ended
_CHECK_SECONDS = 0.05  # between two checks whether the run has ended
_BOOT = """
import json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    request = json.load(file)
sys.path[:] = request["sys_path"]
for folder in sys.argv[2:]:  # of the package, which this Python need not have
    from importlib.util import module_from_spec, spec_from_file_location
    spec = spec_from_file_location("sphinx_await", f"{folder}/__init__.py", submodule_search_locations=[folder])
    sys.modules["sphinx_await"] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules["sphinx_await"])
from sphinx_await.engine import spawn_backend
spawn_backend.main(request)
"""


class SpawnBackend:
    """Starts interpreters. Threads read what their children write, and wait for their end."""

    missing: tuple[str, ...] = ("namespaces (network, processes, user)", "Landlock (files)")
    no_meetings = "" if _HAS_PROC else "programs can meet on Linux only: this system does not say which of them listens"
    not_shared: Mapping[str, str] = MappingProxyType({})

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = temporary_folder(self)
        self._ended: queue.SimpleQueue[Run | None] = queue.SimpleQueue()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._threads: dict[str, list[threading.Thread]] = {}
        self._mock_server: subprocess.Popen[bytes] | None = None
        self._ports: Ports | None = None
        self._states: dict[str, int] = {}
        self._folders: dict[str, int] = {}
        self._table = ProcessTable()
        self._environment = program_environment(settings)
        self._path = import_path(settings)

    def start(self, imports: Iterable[str]) -> None:  # noqa: ARG002 - there is no fork server
        """Start the mock servers, if there are any."""
        if self._settings.hosts and not self._settings.network:
            certificate = str(self._folder / CERTIFICATE)
            request = _SpawnedServers(self._path, self._settings.to_dict(), certificate)
            self._mock_server = self._boot("mock-server", request, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def _boot(self, name: str, request: _SpawnedProgram | _SpawnedServers, **options: Any) -> subprocess.Popen[bytes]:
        """Start an interpreter with a request."""
        file = self._folder / f"{name}.json"
        file.write_text(json.dumps(asdict(request)), encoding="utf-8")
        own_package = [PACKAGE] if self._settings.interpreter is not None else []
        command = [self._settings.python.executable, "-c", _BOOT, str(file), *own_package]
        return subprocess.Popen(command, env=self._environment, start_new_session=POSIX, **options)

    def warm(self, imports: Iterable[str]) -> None:
        """Do nothing: every interpreter imports for itself."""

    def wait_until_ready(self) -> None:
        """Wait until the mock servers listen."""
        if self._mock_server is not None:
            assert self._mock_server.stdout is not None
            self._mock_server.stdout.readline()
            line = self._mock_server.stdout.readline()
            if not line:
                raise EngineError("the mock servers could not start; see their message above")
            self._ports = Ports(**json.loads(line))
            trusted = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
            self._environment |= dict.fromkeys(trusted, str(self._folder / CERTIFICATE))

    def make_shared_folder(self) -> SharedFolder:
        """Make an empty folder for programs that run one after another."""
        return SharedFolder(Path(tempfile.mkdtemp(prefix="run-", dir=self._folder)))

    def launch(self, name: str, program: Program, shared: SharedFolder | None = None, meeting: str = "") -> Run:
        """Start an interpreter. Programs that meet do so in the machine's network."""
        with ExitStack() as undo, ExitStack() as given:  # descriptors that are the program's: closed here in any case
            undo.callback(self._remove_files, name)
            folder = shared.path if shared else Path(tempfile.mkdtemp(prefix="run-", dir=self._folder))
            if shared is None:
                undo.callback(remove_folder, folder)
            journal, journal_name = self._file(f"{name}.journal")
            undo.callback(os.close, journal)
            access_log, log_name = self._file(f"{name}.log", os.O_APPEND)
            undo.callback(os.close, access_log)
            limit = self._settings.output_limit
            run = Run.prepare(name, program, folder, journal=journal, access_log=access_log, output_limit=limit)
            run.shared = shared
            if _IN_MEMORY:
                from .linux.memory_files import keep_size

                keep_size(journal)
            reads, theirs, writes = [], [], []
            for number in range(2):
                own_end, their_end, write_end = _pipe(self._folder / f"{name}.pipe{number}")
                undo.callback(os.close, own_end)
                given.callback(os.close, write_end)
                if their_end is not None:
                    given.callback(os.close, their_end)
                    theirs.append(their_end)
                reads.append(own_end)
                writes.append(write_end)
            request = _SpawnedProgram(
                sys_path=self._path,
                settings=self._settings.to_dict(),
                parts=list(program.parts),
                arguments=list(program.arguments),
                last_values=list(program.last_values),
                in_loop=list(program.in_loop),
                examples=[list(starts) for starts in program.examples],
                folder=str(run.folder),
                fresh=not (shared and shared.used),
                journal=journal_name,
                log=log_name,
                ports=asdict(self._ports) if self._ports else None,
                reads=theirs if POSIX else None,
            )
            passed = [*theirs, *(name for name in (journal_name, log_name) if isinstance(name, int))]
            options: dict[str, Any] = {"pass_fds": passed} if POSIX else {}
            stdin = given.enter_context(_input(program.stdin))
            process = self._boot(
                name, request, cwd=run.folder, stdin=stdin, stdout=writes[0], stderr=writes[1], **options
            )
            undo.pop_all()
        lock = threading.Lock()
        readers = [
            threading.Thread(target=self._read, args=(run, stream, fd, lock), daemon=True)
            for stream, fd in zip((STDOUT, STDERR), reads, strict=True)
        ]
        self._watch(run, process)
        if meeting:
            self._watch_sockets(run, process)
        waiter = threading.Thread(target=self._wait, args=(run, process), daemon=True)
        self._processes[name], self._threads[name] = process, [*readers, waiter]
        for thread in self._threads[name]:
            thread.start()
        return run

    def _file(self, name: str, flags: int = 0) -> tuple[int, int | str]:
        """A new file for a program: its descriptor, and what the program knows it by, a descriptor or a path.

        A file in memory where there are any: in a folder that is full, to read a part of a file that was not written
        yet would end this process.
        """
        if _IN_MEMORY:
            from .linux.memory_files import memory_file

            fd = memory_file(name, flags)
            return fd, fd
        path = self._folder / name
        return os.open(path, os.O_RDWR | os.O_CREAT | flags | getattr(os, "O_BINARY", 0), 0o600), str(path)

    def _remove_files(self, name: str) -> None:
        for suffix in ("journal", "log", "json", "pipe0", "pipe1"):
            with suppress(OSError):
                (self._folder / f"{name}.{suffix}").unlink()

    def _watch(self, run: Run, process: subprocess.Popen[bytes]) -> None:
        """Let a run know whether its process is busy. Where nobody says, each counts as computing."""
        if _HAS_PROC:
            with suppress(OSError):
                self._states[run.name] = os.open(f"/proc/{process.pid}/stat", os.O_RDONLY)
                run.busy = busy_check(run, self._states[run.name])
        elif POSIX:
            run.busy = lambda: run.ending is None and self._table.is_busy(process.pid, self._alive())

    def _watch_sockets(self, run: Run, process: subprocess.Popen[bytes]) -> None:
        from .listeners import listens, open_process  # few programs meet

        with suppress(OSError):
            self._folders[run.name] = open_process(process.pid)
            run.listens = partial(listens, self._folders[run.name])

    def _alive(self) -> list[int]:
        return [process.pid for process in self._processes.values() if process.returncode is None]

    def _read(self, run: Run, stream: int, fd: int, lock: threading.Lock) -> None:
        """Read what is written to a pipe until no process can write to it any more."""
        limit = self._settings.output_limit
        if POSIX:
            _share_pipe(run, stream, fd, lock, limit)
        else:
            while data := os.read(fd, _CHUNK):
                run.wrote(stream, perf_counter_ns(), data, limit)
        os.close(fd)

    def _wait(self, run: Run, process: subprocess.Popen[bytes]) -> None:
        status, cpu = _wait_for(process)
        at = perf_counter_ns()
        _kill_tree(process)
        stopped = run.killed and (status < 0 or not POSIX)  # or else it ended by itself before
        run.ending = Ending(at, status, cpu, None, stopped)
        self._ended.put(run)

    def kill(self, run: Run) -> None:
        """Kill a run and what it started."""
        _kill_tree(self._processes[run.name])

    def listen(self, seconds: float) -> None:
        """Wait until a run has ended."""
        with suppress(queue.Empty):
            self._ended.get(timeout=seconds)
            while True:
                self._ended.get_nowait()

    def finish(self, run: Run) -> None:
        """Wait until everything that was written has been read."""
        for thread in self._threads.pop(run.name):
            thread.join(_LAST_WORDS_SECONDS + 1)  # on Windows, a process that was left behind can hold its pipe
        del self._processes[run.name]
        for kept in (self._states, self._folders):
            if run.name in kept:
                os.close(kept.pop(run.name))
        run.close()
        self._remove_files(run.name)
        if run.shared is None:
            remove_folder(run.folder)

    def close(self) -> None:
        """Kill everything, and join all threads."""
        for process in self._processes.values():
            _kill_tree(process)
        for threads in self._threads.values():
            for thread in threads:
                thread.join(_LAST_WORDS_SECONDS + 1)
        if self._mock_server is not None:
            self._mock_server.communicate()  # it ends when its standard input does
            self._mock_server = None
        remove_folder(self._folder)


def _pipe(path: Path) -> tuple[int, int | None, int]:
    """A pipe with two read ends, ours and the program's, and its write end. On Windows it has one read end.

    The two read ends share no flags: a program that makes its own a blocking one does not let us wait.

    :param path: a name in the file system, which the pipe has for a moment.
    """
    if not POSIX:
        own, write = os.pipe()
        return own, None, write
    os.mkfifo(path, 0o600)
    opened: list[int] = []
    try:
        for flags in (os.O_RDONLY | os.O_NONBLOCK, os.O_RDONLY | os.O_NONBLOCK, os.O_WRONLY):
            opened.append(os.open(path, flags))  # noqa: PERF401 - those before are closed if one fails
    except OSError:
        for fd in opened:
            os.close(fd)
        raise
    finally:
        path.unlink()
    return opened[0], opened[1], opened[2]


def _share_pipe(run: Run, stream: int, fd: int, lock: threading.Lock, limit: int) -> None:
    """Read from a pipe from which the program reads too (see :mod:`.program_process.foreign_output`)."""
    from select import POLLHUP, POLLIN, poll

    from .program_process.foreign_output import drain

    poller = poll()
    poller.register(fd, POLLIN)
    ended: float | None = None
    while ended is None or time.monotonic() - ended < _LAST_WORDS_SECONDS:
        if ended is None and run.ending is not None:
            ended = time.monotonic()
        events = poller.poll(0 if ended is not None else _CHECK_SECONDS * 1000)
        try:
            with lock:  # a record lock holds back other processes, but not our other thread
                piece = drain(fd, run.journal, patient=False)
        except BlockingIOError:  # the program holds the lock, or a process that it left behind does
            time.sleep(0.001)
            continue
        if piece is not None:
            run.wrote(stream, *piece, limit)
        # One read takes all that the program has written. A process that escaped may go on writing to the pipe.
        if ended is not None or (piece is None and any(event & POLLHUP for _, event in events)):
            return


def _wait_for(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """The exit status of a process and its CPU seconds (0 where the system does not say)."""
    if not POSIX:
        return process.wait(), 0.0
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


def _kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its descendants, as far as the system knows them."""
    if POSIX:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.returncode is None:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S607


@dataclass(frozen=True, slots=True)
class _SpawnedProgram:
    """What a fresh interpreter must know to run a program.

    :ivar settings: the fields of :class:`Settings`.
    :ivar fresh: no program has run in its folder.
    :ivar journal: descriptor or path of the journal.
    :ivar log: descriptor or path of the access log.
    :ivar ports: the fields of :class:`Ports`; None without mock servers.
    :ivar reads: descriptors from which the program reads what others wrote to its streams; None on Windows.
    """

    sys_path: list[str]
    settings: dict[str, Any]
    parts: list[str]
    arguments: list[str]
    last_values: list[int]
    in_loop: list[int]
    examples: list[list[int]]
    folder: str
    fresh: bool
    journal: int | str
    log: int | str
    ports: dict[str, int] | None
    reads: list[int] | None


@dataclass(frozen=True, slots=True)
class _SpawnedServers:
    """What a fresh interpreter must know to run the mock servers.

    :ivar settings: the fields of :class:`Settings`.
    :ivar certificate: path of the file for the certificate that programs trust.
    """

    sys_path: list[str]
    settings: dict[str, Any]
    certificate: str


def _input(text: str) -> IO[bytes]:
    """A file that has some text as the standard input of a program; the null device for none."""
    if not text:
        return open(os.devnull, "rb")
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(text.encode("utf-8", "surrogateescape"))
    file.seek(0)
    return file


def main(request: dict[str, Any]) -> None:
    """Do in this fresh interpreter what is asked for."""
    handle_signals_as_a_new_process()
    if "certificate" in request:
        _serve_hosts(_SpawnedServers(**request))
    else:
        _run_program(_SpawnedProgram(**request))


def _opened(given: int | str, flags: int) -> int:
    """The descriptor of a file that is given by a descriptor or a path."""
    if isinstance(given, str):
        return os.open(given, flags)
    os.set_inheritable(given, False)  # noqa: FBT003 - its only form
    return given


def _run_program(request: _SpawnedProgram) -> NoReturn:
    """Run a program, and exit with its status."""
    settings = Settings.from_dict(request.settings)
    file = _opened(request.journal, os.O_RDWR | getattr(os, "O_BINARY", 0))
    journal = Journal(mmap.mmap(file, 0))
    try:
        log = AccessLog(journal, _opened(request.log, os.O_WRONLY | os.O_APPEND), Path(request.folder).parent)
        observer = ImportObserver()
        observer.install()
        set_environment({**os.environ, **settings.environment})
        fill_workdir(Path(request.folder), request.parts, settings, fresh=request.fresh)
        if request.reads is not None:
            from .linux import sandbox
            from .program_process import foreign_output
        make_internal()
        recorder = Recorder(journal, limit=settings.output_limit)
        if request.reads is not None:
            sandbox.limit(settings.memory_limit, namespaces=False)
            foreign_output.connect(recorder, dict(zip((STDOUT, STDERR), request.reads, strict=True)), file)
        recorder.install()
        files = program_files(len(request.parts))
        recorder.watch(Hooks(), files, observer)
        if not settings.network:
            name_lookup.enter(journal, settings.hosts, Ports(**request.ports) if request.ports else None)
        observer.start(log.searched)
        execution = Execution(
            request.parts,
            journal,
            at_end=log.end,
            files=files,
            arguments=request.arguments,
            tools=lambda: observer.tools("traceback"),
            last_values=request.last_values,
            in_loop=request.in_loop,
            examples=request.examples,
            end_output=recorder.end_output,
            compiled=recorder.compiled,
            set_may_run=recorder.set_may_run,
            ended=recorder.ended,
        )
        notice_audit_events(log, recorder, execution, observer)
    except BaseException as error:  # noqa: BLE001 - report it
        journal.append(RecordType.BROKEN, repr(error).encode("utf-8", "backslashreplace"))
        os._exit(70)  # EX_SOFTWARE of sysexits.h
    execution.run_at_bottom()


def _serve_hosts(request: _SpawnedServers) -> None:
    """Answer for the mock hosts until standard input ends."""
    threading.Thread(target=_exit_with_stdin, daemon=True).start()
    settings = Settings.from_dict(request.settings)
    ready = os.dup(1)  # not what a handler prints
    mock_server.serve_hosts(settings.hosts, Path(request.certificate), ready, None, lambda _run, _host: None)


def _exit_with_stdin() -> None:
    sys.stdin.read()
    os._exit(0)
