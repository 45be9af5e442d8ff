"""The engine: runs programs, many at once, and yields a recording as each one ends.

It imports nothing heavy: what programs need is imported by the warm parent, and only if a program is run.
"""

from __future__ import annotations

import datetime
import json
import mmap
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from select import POLLIN, poll
from time import perf_counter_ns
from typing import TYPE_CHECKING, Self

from ..core.decode import Circumstances, Ending, Story, read_story, tell
from ..core.errors import EngineError
from ..core.journal import STDERR, STDOUT, Kind, Record, output_cost, read_journal
from ..core.recording import Recording, Requirements, StandIn
from .installed import distributions_of, local_modules
from .messages import Line
from .pipes import take

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .settings import Program, Settings

#: What the warm parent imports, beside what the programs themselves import.
WARM = ("asyncio", "ssl", "subprocess", "concurrent.futures.thread", "json", "random", "traceback", "linecache")
#: Of what programs import, what may be imported before a fork: known to start no thread when imported.
MAY_BE_WARM = frozenset({"aiohttp", *sys.stdlib_module_names}) - {"antigravity", "this", "__main__", "idlelib"}

_JOURNAL_SIZE = 64 << 20  # sparse: only what is written takes memory
_MOST_AT_ONCE = 400
_DESCRIPTORS_A_RUN = 4
_STARTUP_PATIENCE = 30.0  # seconds for a process to reach its first line, or to be gone after it was killed
_LOOK_AGAIN = 0.03  # seconds between two looks at who is computing, at the longest
_BOOT = """
import json, socket, sys
control, config = map(int, sys.argv[1:])
with open(config, encoding="utf-8", closefd=False) as file:
    sys.path[:] = json.load(file)["sys_path"]
from sphinx_await.engine.zygote import main
import os
os.lseek(config, 0, 0)
main(control, config)
"""


@dataclass(frozen=True, slots=True)
class Result:
    """A program and what its run left.

    :ivar delay: seconds for which the program could have run but had no core; None if unknown.
    """

    program: Program
    recording: Recording
    delay: float | None = None


class Engine:
    """Runs programs under one set of settings. A context manager: leaving it ends every process it began.

    :raises EngineError: (from :meth:`start`) this system cannot run programs.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._zygote: subprocess.Popen[bytes] | None = None
        self._line: Line | None = None
        self._folder: Path | None = None
        self._ready = False
        self._runs: dict[str, _Run] = {}
        self._count = 0
        self._poller = poll() if sys.platform == "linux" else None
        self._by_fd: dict[int, tuple[_Run, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, imports: Iterable[str] = ()) -> None:
        """Begin to warm up, if it has not begun; returns at once.

        :param imports: top-level names that the programs to come import.
        """
        if self._zygote is not None:
            return
        if sys.platform != "linux":
            raise EngineError("programs are run on Linux only so far")
        self._folder = Path(tempfile.mkdtemp(prefix="sphinx-await-"))
        ours, theirs = Line.pair()
        config = os.memfd_create("config")
        os.write(config, json.dumps(self._config(imports)).encode())
        os.lseek(config, 0, os.SEEK_SET)
        self._zygote = subprocess.Popen(
            [sys.executable, "-c", _BOOT, str(theirs.fileno()), str(config)],
            pass_fds=[theirs.fileno(), config],
            env=_plain_environment(),
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the builder's to handle
        )
        os.close(config)
        theirs.close()
        self._line = ours
        assert self._poller is not None
        self._poller.register(ours.fileno(), POLLIN)

    def _config(self, imports: Iterable[str]) -> dict[str, object]:
        assert self._folder is not None
        warm = [*WARM, *sorted(set(imports) & MAY_BE_WARM)]
        paths = [str(Path(entry).resolve()) if entry else os.getcwd() for entry in [*self.settings.path, *sys.path]]
        return {"settings": self.settings.to_dict(), "folder": str(self._folder), "warm": warm, "sys_path": paths}

    def close(self) -> None:
        """End every process and remove every temporary folder. May be called twice."""
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._zygote is not None:
            # It sees that we hung up, and its keepers see that it is gone.
            self._zygote.wait()
            self._zygote = None
        for run in self._runs.values():
            run.close()
        self._runs.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def run(self, programs: Iterable[Program]) -> Iterator[Result]:
        """Run the programs, all at once as far as there are cores, and yield each result as it comes.

        :raises EngineError: the warm parent could not start, or a program's process could not be made.
        """
        waiting = deque(programs)
        if not waiting:
            return
        self.start()
        self._wait_until_ready()
        while waiting or self._runs:
            while waiting and self._has_room():
                self._launch(waiting.popleft())
            self._listen(_LOOK_AGAIN if waiting else self._until_next_deadline())
            for run in list(self._runs.values()):
                if run.ending is not None:
                    del self._runs[run.name]
                    yield self._finish(run)
                elif run.overdue():
                    self._say(kill=run.name)

    def _say(self, fds: list[int] | None = None, **message: object) -> None:
        assert self._line is not None
        try:
            self._line.say(fds, **message)
        except OSError as error:
            raise EngineError(f"the warm parent is gone: {error}") from None

    def _wait_until_ready(self) -> None:
        if not self._ready:
            assert self._line is not None
            if self._line.hear() is None:
                raise EngineError("the warm parent could not start; what it said stands above")
            self._ready = True

    def _has_room(self) -> bool:
        """Whether one more may start: while fewer compute than there are cores. Who sleeps does not count."""
        if len(self._runs) >= _MOST_AT_ONCE:
            return False
        busy = 0
        for run in self._runs.values():
            busy += run.is_busy()
            if busy >= self.settings.jobs:
                return False
        return True

    def _launch(self, program: Program) -> None:
        assert self._folder is not None
        assert self._poller is not None
        self._count += 1
        run = _Run.prepare(str(self._count), program, self._folder)
        self._say(run.request_fds, run=run.name)
        run.sent()
        self._runs[run.name] = run
        for stream, fd in run.pipes.items():
            self._by_fd[fd] = run, stream
            self._poller.register(fd, POLLIN)

    def _until_next_deadline(self) -> float:
        now = perf_counter_ns()
        return max(0.001, min(run.deadline - now for run in self._runs.values()) / 1e9) if self._runs else 0.0

    def _listen(self, seconds: float) -> None:
        assert self._poller is not None
        assert self._line is not None
        for fd, event in self._poller.poll(seconds * 1000):
            if fd == self._line.fileno():
                self._hear()
            elif fd in self._by_fd:
                run, stream = self._by_fd[fd]
                if not run.take(stream, self.settings.output_limit) and not event & POLLIN:
                    self._forget(fd)

    def _forget(self, fd: int) -> None:
        assert self._poller is not None
        if self._by_fd.pop(fd, None):
            self._poller.unregister(fd)

    def _hear(self) -> None:
        assert self._line is not None
        heard = self._line.hear()
        if heard is None:
            raise EngineError("the warm parent died; what it said stands above")
        message, fds = heard
        if run := self._runs.get(message.get("started", "")):
            run.state = fds[0]
        elif run := self._runs.get(message.get("ended", "")):
            run.delay = message["delay"]
            run.ending = Ending(message["at"], message["status"], message["cpu"], run.killed)
        else:
            for fd in fds:
                os.close(fd)

    def _finish(self, run: _Run) -> Result:
        for stream, fd in run.pipes.items():
            while run.take(stream, self.settings.output_limit):
                pass
            self._forget(fd)
        assert run.ending is not None
        story = run.story()
        run.close()
        if story.broken is not None and story.start is None:
            raise EngineError(f"a program could not be started:\n{story.broken}")
        where = Circumstances(PYTHON, PLATFORM, run.started, self.settings.network)
        recording = tell(story, run.foreign, run.ending, where, limit=self.settings.output_limit)
        recording = replace(recording, stand_ins=self._stand_ins(story), requires=self._requirements(story))
        return Result(run.program, recording, run.delay)

    def _stand_ins(self, story: Story) -> tuple[StandIn, ...]:
        return tuple(StandIn(name, float(self.settings.hosts[name].delay)) for name in story.hosts)

    def _requirements(self, story: Story) -> Requirements:
        files = story.imports.get("files", {})
        return Requirements(
            distributions=distributions_of(story.imports.get("names", [])),
            modules=local_modules(files.values()),
            declared=self.settings.declared(),
        )


PYTHON = f"{platform.python_implementation()} {platform.python_version()}"
PLATFORM = f"{platform.system()} {platform.machine()}"


def _plain_environment() -> dict[str, str]:
    """The few variables that processes need; none of the author's own, since a page may print them."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT") if name in os.environ}
    return kept | {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(slots=True)
class _Run:
    """One program that runs now, and the engine's ends of what connects us with it."""

    name: str
    program: Program
    folder: Path
    journal: int
    pipes: dict[int, int]
    request_fds: list[int]
    started: str
    deadline: int
    state: int | None = None
    ending: Ending | None = None
    delay: float | None = None
    killed: bool = False
    foreign: list[Record] = field(default_factory=list)
    _foreign_cost: int = 0
    _busy: bool = True
    _looked: int = 0

    @classmethod
    def prepare(cls, name: str, program: Program, below: Path) -> _Run:
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=below))
        request, journal = os.memfd_create("request"), os.memfd_create("journal")
        os.write(request, json.dumps({"code": program.code, "folder": str(folder)}).encode())
        os.truncate(journal, _JOURNAL_SIZE)
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        for fd in (out_read, err_read):
            os.set_blocking(fd, False)
        return cls(
            name,
            program,
            folder,
            journal,
            {STDOUT: out_read, STDERR: err_read},
            [request, journal, out_read, out_write, err_read, err_write],
            datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            perf_counter_ns() + int((program.timeout + _STARTUP_PATIENCE) * 1e9),
        )

    def sent(self) -> None:
        """The other side has its descriptors: close those that are not ours to keep."""
        for fd in self.request_fds:
            if fd != self.journal and fd not in self.pipes.values():
                os.close(fd)
        self.deadline = perf_counter_ns() + int(self.program.timeout * 1e9)

    def take(self, stream: int, limit: int) -> bool:
        """Take what foreign writers left in a pipe; False if nothing was there."""
        piece = take(self.pipes[stream], self.journal)
        if piece is None:
            return False
        at, data = piece
        if self._foreign_cost <= limit:
            self.foreign.append(Record(Kind.OUTPUT, at, data, stream))
            self._foreign_cost += output_cost(data)
        return True

    def is_busy(self) -> bool:
        """Whether the program's process holds or wants a core; until it is known to exist, it does."""
        now = perf_counter_ns()
        if self.state is None or self.ending is not None:
            return self.ending is None
        # Looking costs the programs time: a sleeper is looked at less often than one that computes.
        if now - self._looked > (2_000_000 if self._busy else _LOOK_AGAIN * 1e9):
            self._looked = now
            try:
                self._busy = os.pread(self.state, 512, 0).rpartition(b")")[2][1:2] in b"RD"
            except OSError:
                self._busy = False
        return self._busy

    def overdue(self) -> bool:
        """Whether the program must be killed now. Its time counts from its first line, not from our request."""
        now = perf_counter_ns()
        if now < self.deadline:
            return False
        if not self.killed:
            start = self.story().start
            limit = int(self.program.timeout * 1e9)
            self.deadline = (start + limit) if start is not None else self.deadline + int(_STARTUP_PATIENCE * 1e9)
            if now < self.deadline:
                return False
        self.killed = True
        self.deadline = now + int(_STARTUP_PATIENCE * 1e9)
        return True

    def story(self) -> Story:
        """What the journal says so far."""
        with mmap.mmap(self.journal, 0, access=mmap.ACCESS_READ) as buffer:
            return read_story(read_journal(buffer))

    def close(self) -> None:
        """Let go of everything."""
        for fd in (self.journal, self.state, *self.pipes.values()):
            if fd is not None:
                os.close(fd)
        shutil.rmtree(self.folder, ignore_errors=True)
