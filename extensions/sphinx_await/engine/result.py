"""The result of running one program, and what it says about the machine's load."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.model.recording import Failure, Recording
    from .program import Program

_CPU_BOUND_SHARE = 0.5  # of the wall time
_SIGKILL = 9
_REFUSED = frozenset({errno.EAGAIN, errno.ENOMEM, errno.ENFILE})
_NO_THREAD = "can't start new thread"
_TIMEOUTS = 2  # a time limit is believed when a program ran into it so often


class RerunReason(Enum):
    """Why a program runs again, in words that follow the number of programs."""

    DISTURBED = "had to wait for a processor"
    DURATIONS = "printed other durations than expected"
    TIME_LIMIT = "reached the time limit beside others"


@dataclass(frozen=True, slots=True)
class Result:
    """A program and the recordings of its parts.

    :ivar reruns: wall seconds of each additional run that was needed because an earlier one was disturbed.
    :ivar rerun_reason: why the first of them was needed; None if there was none.
    :ivar crowded: other programs ran beside it.
    :ivar started: False if the system gave it no process; the recording says why.
    """

    program: Program
    recordings: tuple[Recording, ...]
    reruns: tuple[float, ...] = ()
    rerun_reason: RerunReason | None = None
    crowded: bool = False
    started: bool = True

    @property
    def recording(self) -> Recording:
        """The recording of the last part, which is the only one of most programs."""
        return self.recordings[-1]

    @property
    def wall(self) -> float:
        """Seconds that all parts took together."""
        return sum(recording.wall for recording in self.recordings)

    @property
    def _processes(self) -> list[tuple[Recording, ...]]:
        """The recordings of each process."""
        found, start = [], 0
        for process in self.program.processes or (self.program,):
            found.append(self.recordings[start : start + len(process.parts)])
            start += len(process.parts)
        return found

    @property
    def run_delay(self) -> float:
        """Seconds for which the program wanted a core in vain; 0 where the system does not say."""
        return sum(process[-1].run_delay or 0.0 for process in self._processes)

    @property
    def is_disturbed(self) -> bool:
        """Whether the program waited too long for a core, so that its times are not to be trusted."""
        from ..core.model.recording import is_disturbing  # the first programs start before it is imported

        return any(
            is_disturbing(process[-1].run_delay, sum(one.wall for one in process)) for process in self._processes
        )

    @property
    def timed_out(self) -> bool:
        """Whether it was stopped at its time limit, in a part that is meant to end."""
        return any(
            recording.timed_out and not self.program.hangs_in(part) for part, recording in enumerate(self.recordings)
        )

    def reached_limit(self, part: int) -> bool:
        """Whether the process of a part was stopped at its time limit, and not since nobody met it any more."""
        recording = self.recordings[part]
        return recording.timed_out and (not self.program.meets or recording.wall >= self.program.timeout_of(part))

    @property
    def is_cpu_bound(self) -> bool:
        """Whether the program computed for most of its time."""
        return sum(recording.cpu for recording in self.recordings) > self.wall * _CPU_BOUND_SHARE

    @property
    def found_port_in_use(self) -> bool:
        """Whether the program failed because a port was in use: where ports are shared, perhaps by another program."""
        return any(failure.errno == errno.EADDRINUSE for failure in self._failures)

    @property
    def was_refused(self) -> bool:
        """Whether the system refused it a process, a thread or memory, which others may have taken."""
        if any(failure.errno in _REFUSED or _NO_THREAD in failure.message for failure in self._failures):
            return True
        # Perhaps no memory was left.
        return any(
            one.exit == -_SIGKILL and one.failure is None and not one.timed_out
            for one in (process[-1] for process in self._processes)
        )

    @property
    def found_disk_full(self) -> bool:
        """Whether it failed because there was no room on the disk, which programs may share."""
        return any(failure.errno == errno.ENOSPC for failure in self._failures)

    @property
    def _failures(self) -> list[Failure]:
        """The failures that ended its processes."""
        return [process[-1].failure for process in self._processes if process[-1].failure is not None]


#: A question about a result.
Check = Callable[[Result], bool]


@dataclass(frozen=True, slots=True)
class RerunPolicy:
    """When a program runs again that the machine may have disturbed.

    :ivar is_suspect: whether a result looks as if the machine had been busy.
    :ivar times_matter: whether somebody is shown the times of a result. If not, a disturbed run stands.
    """

    is_suspect: Check = lambda _: False
    times_matter: Check = lambda _: True

    def reason(self, result: Result) -> RerunReason | None:
        """Why a program runs again that was not stopped at its time limit; None if it does not."""
        if result.is_disturbed and self.times_matter(result):
            return RerunReason.DISTURBED
        return RerunReason.DURATIONS if self.is_suspect(result) else None


def was_let_stand(program: Program, recordings: Sequence[Recording], policy: RerunPolicy) -> bool:
    """Whether kept recordings are of a disturbed run that was not repeated, and whose times matter now."""
    if any(one.reruns or one.repeats for one in recordings):
        return False
    result = Result(program, tuple(recordings))
    return result.is_disturbed and not result.timed_out and policy.times_matter(result)


@dataclass(slots=True)
class Attempts:
    """The runs of one program so far.

    :ivar reruns: wall seconds of each but the first.
    :ivar reason: why the first of these was needed.
    :ivar disturbances: how many of the runs were not to be shown because they had been disturbed.
    """

    program: Program
    results: list[Result] = field(default_factory=list)
    reruns: list[float] = field(default_factory=list)
    reason: RerunReason | None = None
    disturbances: int = 0

    def add(self, result: Result) -> None:
        """Keep a result; if there is one already, this run is a rerun."""
        if self.results:
            self.reruns.append(result.wall)
        self.results.append(result)

    def needs_another(self, policy: RerunPolicy) -> bool:
        """Whether the best of the results is not yet to be trusted.

        A time limit is believed at once if nobody ran beside the program and it had its core, else at the second time.
        One that the program is meant to reach is, too, if it had its core: else it may not have come to where it hangs.
        """
        best, reason = self.best(policy), None
        is_hung = any(map(best.reached_limit, range(len(best.recordings)))) and not best.timed_out
        if is_hung and best.is_disturbed and len(self.results) < _TIMEOUTS:
            reason = RerunReason.TIME_LIMIT
        elif not best.timed_out:
            reason = policy.reason(best)
        elif (best.crowded or best.is_disturbed) and sum(one.timed_out for one in self.results) < _TIMEOUTS:
            reason = RerunReason.TIME_LIMIT
        self.reason = self.reason or reason
        self.disturbances += reason is RerunReason.DISTURBED
        return reason is not None

    def best(self, policy: RerunPolicy) -> Result:
        """The result to show.

        Of the runs of a repeated program it is the one with the median wall time; of others one that was not stopped,
        of these one that is not suspect, and of these the least disturbed.
        """
        if self.program.repeat == 1:
            if not self.reruns:
                return self.results[0]
            shown = min(self.results, key=lambda one: (one.timed_out, policy.is_suspect(one), one.run_delay))
            # A run that was let stand may be repeated later, whatever it was repeated for now.
            reruns = min(self.disturbances, len(self.reruns))
            recordings = tuple(replace(recording, reruns=reruns) for recording in shown.recordings)
            return replace(shown, recordings=recordings, reruns=tuple(self.reruns), rerun_reason=self.reason)
        import statistics  # few programs are repeated

        walls = tuple(result.recording.wall for result in self.results)
        median = statistics.median_low(walls)
        shown = next(result for result in self.results if result.recording.wall == median)
        return Result(self.program, tuple(replace(recording, repeats=walls) for recording in shown.recordings))
