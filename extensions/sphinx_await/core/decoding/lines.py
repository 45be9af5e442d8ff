"""Read what a journal says about the lines of the program that ran, and in which task."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from ..journal.limits import MOST_LINES
from ..journal.records import LINE, RecordType
from ..model.recording import LineRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ..journal.reader import Record

_MICROSECONDS = 1e6
_LARGEST_LINE = 2**31


@dataclass(frozen=True, slots=True)
class LineState:
    """A line that ran: when it began, in nanoseconds, and in which part of the program it is."""

    at: int
    line: int
    part: int


class LineRecords:
    """Keeps the records of lines, and no more than a recorder writes.

    :ivar found: all lines in the order in which they ran.
    :ivar is_left_out: there were too many, and none is kept.
    """

    def __init__(self) -> None:
        self.found: list[LineState] = []
        self.is_left_out = False

    def add(self, record: Record) -> None:
        """Read one record; those of other types are ignored."""
        if record.kind is RecordType.LINES_LEFT_OUT:
            self.is_left_out = True
            self.found = []
        elif record.kind is RecordType.LINES and not self.is_left_out:
            written = -(-len(record.payload.rstrip(b"\0")) // LINE.size)
            size = min(written, len(record.payload) // LINE.size) * LINE.size
            for at, line, part in LINE.iter_unpack(record.payload[:size]):
                # One of zeros is that of another thread, or the program ended before it. Times go on, whoever wrote it.
                is_next = not self.found or at >= self.found[-1].at
                if at > 0 and part and 0 < line < _LARGEST_LINE and is_next and len(self.found) < MOST_LINES:
                    self.found.append(LineState(at, line, part))


class Held(NamedTuple):
    """An interval in which a task held the loop of the thread whose lines are recorded, in nanoseconds."""

    start: int
    end: int
    task: int


def line_runs(
    lines: Iterable[LineState], held: Iterable[Held], switches: Sequence[int] | None, moment: Callable[[int], float]
) -> Iterator[LineRun]:
    """The lines in runs: each is what ran in one step of a task, or between two steps.

    :param held: the steps of tasks. One within another is that of a task that was begun eagerly.
    :param switches: when each turn of generators began and ended, in order; runs are between these. None without turns.
    :param moment: turns nanoseconds into the seconds of a recording.
    """
    holders = _Holders(held)

    def key(one: LineState) -> tuple[Held | None, int | None]:
        return holders.of(one.at), None if switches is None else bisect_right(switches, one.at)

    for (holder, before), group in groupby(lines, key):
        run = [one for _line, (one, *_same) in groupby(group, lambda one: one.line)]
        start = moment(run[0].at)
        after = tuple(round((moment(one.at) - start) * _MICROSECONDS) for one in run)
        yield LineRun(start, tuple(one.line for one in run), after, None if holder is None else holder.task, before)


class _Holders:
    """Finds the innermost of some intervals that has a moment; moments are asked for in order."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._ahead = sorted(held, key=lambda one: (-one.start, one.end))
        self._open: list[Held] = []

    def of(self, at: int) -> Held | None:
        while self._ahead and self._ahead[-1].start <= at:
            self._open.append(self._ahead.pop())
        while self._open and self._open[-1].end < at:
            self._open.pop()
        return self._open[-1] if self._open else None
