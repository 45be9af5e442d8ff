"""One run of a program, as the engine sees it: what it left so far, and when it must end."""

from __future__ import annotations

import contextlib
import datetime
import mmap
import os
import time
from collections import deque
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import TYPE_CHECKING

from ..core.decoding.ending import Ending
from ..core.journal.reader import Record, read_header, read_journal
from ..core.journal.records import RecordType, output_cost
from ..core.journal.tail import NOTHING, LeftOut
from .process_environment import remove_folder
from .program_process.access_log import LOG_LIMIT, LOST, read_log

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..core.decoding.decoder import DecodedJournal
    from .program import Program

_JOURNAL_SIZE = 32 << 20  # beside the output; sparse: only what is written takes memory
#: Seconds that a process may take to reach its first line, and to be gone after it was killed.
PATIENCE = 30.0
_NS = 1e9
_CHECK_AGAIN_NS = 50_000_000


@dataclass(slots=True)
class SharedFolder:
    """A folder in which programs run one after another.

    :ivar used: a program has run in it.
    """

    path: Path
    used: bool = False

    def size(self) -> int:
        """Bytes of the files in it."""
        total = 0
        for folder, _, names in os.walk(self.path):
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(folder, name)).st_size
        return total

    def remove(self) -> None:
        """Remove it with everything that programs left there."""
        remove_folder(self.path)


@dataclass(slots=True)
class Run:
    """One run of a program.

    :ivar journal: descriptor of the file to which its process writes records.
    :ivar access_log: descriptor of the file to which its processes write what they use.
    :ivar started_at: seconds since the epoch.
    :ivar output_limit: bytes of output that the recorder keeps.
    :ivar deadline: nanoseconds of the monotonic clock.
    :ivar core: the core on which its process starts; None leaves it to the system.
    :ivar busy: says whether its process holds or wants a core.
    :ivar listens: says whether its process, one of a meeting, holds a socket on which others reach it.
    :ivar answered: mock hosts that answered it.
    :ivar refused: why the system gave it no process; it then has an ending, and may be launched again.
    :ivar crowded: other programs ran beside it.
    :ivar paused: nanoseconds in which the engine did not run, which do not count towards the time limit.
    :ivar shared: the folder that it shares with earlier and later programs.
    :ivar foreign: output that the engine itself took from the program's pipes, up to the limit.
    :ivar left_out: what of it was not kept.
    """

    name: str
    program: Program
    folder: Path
    journal: int
    access_log: int
    output_limit: int
    launched: int = field(default_factory=perf_counter_ns)
    started_at: float = field(default_factory=time.time)
    ending: Ending | None = None
    killed: bool = False
    deadline: int = 0
    core: int | None = None
    busy: Callable[[], bool] = lambda: True
    listens: Callable[[], bool] = lambda: False
    answered: list[str] = field(default_factory=list)
    foreign: list[Record] = field(default_factory=list)
    refused: str | None = None
    crowded: bool = False
    paused: int = 0
    left_out: LeftOut = NOTHING
    shared: SharedFolder | None = None
    _foreign_cost: int = 0
    _foreign_tail: deque[Record] = field(default_factory=deque)
    _tail_cost: int = 0

    @classmethod
    def prepare(
        cls, name: str, program: Program, folder: Path, *, journal: int, access_log: int, output_limit: int
    ) -> Run:
        """Allocate the journal. The deadline counts from launch until the program reports its first line.

        :raises OSError: there is no room for it.
        """
        os.ftruncate(journal, _JOURNAL_SIZE + 4 * output_limit)
        run = cls(name, program, folder, journal, access_log, output_limit)
        run.deadline = run.launched + int(program.timeout * _NS)
        return run

    def wrote(self, stream: int, at: int, data: bytes, limit: int) -> None:
        """Keep what a foreign writer wrote; beyond the limit, only the last of it.

        :param at: nanoseconds of the monotonic clock.
        """
        record = Record(RecordType.OUTPUT, at, data, stream)
        if self._foreign_cost <= limit:
            self.foreign.append(record)
            self._foreign_cost += output_cost(data)
            return
        self._foreign_tail.append(record)
        self._tail_cost += output_cost(data)
        while self._tail_cost - output_cost(self._foreign_tail[0].payload) > limit:
            old = self._foreign_tail.popleft()
            self._tail_cost -= output_cost(old.payload)
            self.left_out += LeftOut.of([old])

    def foreign_output(self) -> list[Record]:
        """The output that the engine took from the program's pipes, as far as it is kept."""
        return [*self.foreign, *self._foreign_tail]

    @property
    def started(self) -> str:
        """When it was launched: ISO 8601, UTC. By the microseconds the parts of a session know each other."""
        return datetime.datetime.fromtimestamp(self.started_at, datetime.UTC).isoformat(timespec="microseconds")

    def refuse(self, reason: str) -> None:
        """Note that the system gave it no process."""
        self.refused, self.ending = reason, Ending(perf_counter_ns(), 1)

    def postpone(self, nanoseconds: int) -> None:
        """Leave out a stretch in which the engine did not run: nobody knows what the program could do in it."""
        self.paused += nanoseconds
        self.deadline += nanoseconds

    def stop(self) -> None:
        """Note that it is stopped now, before its time limit."""
        self.killed = True
        self.deadline = perf_counter_ns() + int(PATIENCE * _NS)

    def age(self) -> float:
        """Seconds since it was launched."""
        return (perf_counter_ns() - self.launched) / _NS

    def overdue(self) -> bool:
        """Whether it must be killed now. Its time limit counts from its first line, not from its launch."""
        now = perf_counter_ns()
        if now < self.deadline:
            return False
        if not self.killed:
            start, limit = self.decode().start, int(self.program.timeout * _NS)
            # A program can write anything into its journal, but it did not start later than this.
            latest = self.launched + limit + self.paused + int(PATIENCE * _NS)
            due = latest if start is None else min(start + limit + self.paused, latest)
            if now < due:
                # It is not known yet when the program begins: check again soon.
                self.deadline = due if start is not None else min(due, now + _CHECK_AGAIN_NS)
                return False
        self.killed = True
        self.deadline = now + int(PATIENCE * _NS)
        return True

    def decode(self) -> DecodedJournal:
        """Decode what is in the journal so far."""
        from ..core.decoding.decoder import decode_journal  # the first programs start before it is imported

        with mmap.mmap(self.journal, 0, access=mmap.ACCESS_READ) as buffer:
            return decode_journal(read_journal(buffer), read_header(buffer), limit=self.output_limit)

    def accesses(self, journal: DecodedJournal) -> list[tuple[str, ...]]:
        """What the program used, as far as its journal and the access log of its forks say."""
        forks = os.pread(self.access_log, LOG_LIMIT, 0)
        lost = journal.header.unlogged or os.fstat(self.access_log).st_size > len(forks)
        entries = [*read_log(forks.splitlines()), *read_log(journal.accesses)]
        return [*entries, (LOST,)] if lost else entries

    def close(self) -> None:
        """Close the journal and the access log."""
        os.close(self.journal)
        os.close(self.access_log)
