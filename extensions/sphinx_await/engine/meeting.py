"""Programs that meet: they run at the same time in one network, each from when what it meets listens.

They start one after another, in an order in which each follows what it meets: the next one when all before it that
others meet listen. One that others meet is stopped when these have ended and it rests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .program import Program
    from .result import Result
    from .run import Run

_REST_NS = 100_000_000  # what a server still does when nobody needs it: it sees a connection end, and says so


@dataclass(slots=True)
class Meeting:
    """One run of a program whose processes meet.

    :ivar name: that of its first run, by which it is known.
    :ivar runs: those that have started, in the order of the processes.
    :ivar results: those of processes that have ended.
    :ivar listening: the processes that were seen to listen.
    :ivar refused: that the system gave one of them no process, and why: then none counts.
    """

    name: str
    program: Program
    runs: list[Run] = field(default_factory=list)
    results: dict[int, Result] = field(default_factory=dict)
    listening: set[int] = field(default_factory=set)
    refused: str | None = None
    _unneeded: dict[int, int] = field(default_factory=dict)
    _left: set[int] = field(default_factory=set)

    def next_process(self) -> Program | None:
        """The process that can start now."""
        number = len(self.runs)
        if self.refused is not None or number == len(self.program.processes):
            return None
        return self.program.processes[number] if all(map(self._listens, self._met_before(number))) else None

    def note(self, run: Run, result: Result) -> None:
        """Keep the result of a process."""
        number = self.runs.index(run)
        self.results[number] = result
        if result.recording.timed_out:
            self._left.update(one for one in self._meeting(number) if one < len(self.runs) and one not in self.results)
        if not result.started:
            failure = result.recording.failure
            self.refused = failure.message if failure else ""

    def to_stop(self) -> Iterator[Run]:
        """The processes that nobody needs any more."""
        now = perf_counter_ns()
        for number, run in enumerate(self.runs):
            if number in self.results or run.killed:
                continue
            if self.refused is not None:
                yield run
            elif self._is_unneeded(number):
                since = self._unneeded.setdefault(number, now)
                if now - since > _REST_NS and not run.busy():
                    yield run

    @property
    def is_over(self) -> bool:
        """Whether all that have started have ended: then nobody is left on whom another one could wait."""
        return len(self.results) == len(self.runs)

    @property
    def was_short(self) -> bool:
        """Whether one reached its time limit before another one that meets it ended: another time it may not."""
        return any(not self.results[one].recording.timed_out for one in self._left)

    @property
    def is_watched(self) -> bool:
        """Whether something may happen that nobody reports."""
        return len(self.runs) < len(self.program.processes) or any(
            self._is_unneeded(number) for number in range(len(self.runs)) if number not in self.results
        )

    def _meeting(self, number: int) -> list[int]:
        """Those that meet it."""
        return [one for one, met in enumerate(self.program.meets) if number in met]

    def _met_before(self, number: int) -> list[int]:
        return sorted({met for of_one in self.program.meets for met in of_one if met < number})

    def _listens(self, number: int) -> bool:
        if number not in self.listening and number not in self.results and self.runs[number].listens():
            self.listening.add(number)
        return number in self.listening

    def _is_unneeded(self, number: int) -> bool:
        """Whether all that meet it have ended, or will never begin."""
        meeting = self._meeting(number)
        return bool(meeting) and all(one in self.results or self._never_starts(one) for one in meeting)

    def _never_starts(self, number: int) -> bool:
        """Whether one before it that others meet has ended and never listened."""
        return number >= len(self.runs) and any(
            met in self.results and met not in self.listening for met in self._met_before(number)
        )
