"""The passes in which the programs of a course run, and which of them run again.

In the first are all but those that run alone or several times. A program that was disturbed (it could have run and had
no core for too long) and whose times matter runs again before it is shown: in the second pass those that sleep, beside
each other. In the last, one by one, run those that compute, and those that were left out of the first.

Here it is decided *whether* a program runs again. *How* programs are started is the schedule's, which may be in another
process: see :mod:`.scheduler` and :mod:`.engine_process.work`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .result import Attempts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .program import Program
    from .result import RerunPolicy, Result
    from .settings import Settings

_RERUNS = 3


class AnySchedule(Protocol):
    """Starts programs when there is room for them. A program is known by its number."""

    settings: Settings

    @property
    def missing(self) -> tuple[str, ...]:
        """What the system lacks to isolate programs, in words; known when programs run."""
        ...

    def together(self, programs: Mapping[int, Program]) -> Iterator[tuple[int, Result]]:
        """Run programs beside each other, and yield each result as it comes."""
        ...

    def sleepers(self, programs: Mapping[int, Program]) -> Iterator[tuple[int, Result]]:
        """Run programs beside each other, each of which starts when no other wants a core."""
        ...

    def alone(self, program: Program) -> Result:
        """Run one program while no other runs."""
        ...


def run_in_passes(schedule: AnySchedule, programs: Sequence[Program], policy: RerunPolicy | None) -> Iterator[Result]:
    """Run programs, and yield the result to show of each as soon as it is known.

    :param policy: which of them run again; None if none may, since they have side effects.
    """
    return _Passes(schedule, policy).run(programs)


class _Passes:
    """One run of several programs. What waits for a pass is known by its number."""

    def __init__(self, schedule: AnySchedule, policy: RerunPolicy | None) -> None:
        self._schedule = schedule
        self._policy = policy
        self._attempts: dict[int, Attempts] = {}
        self._sleepers: dict[int, Attempts] = {}
        self._alone: dict[int, Attempts] = {}

    def run(self, programs: Sequence[Program]) -> Iterator[Result]:
        self._attempts = {number: Attempts(program) for number, program in enumerate(programs)}
        for number, program in enumerate(programs):
            if program.alone or program.repeat > 1:
                self._alone[number] = self._attempts[number]
        yield from self._all_at_once()
        yield from self._sleepers_again()
        yield from self._one_by_one()

    def _all_at_once(self) -> Iterator[Result]:
        together = {
            number: attempts.program for number, attempts in self._attempts.items() if number not in self._alone
        }
        for number, result in self._schedule.together(together):
            attempts = self._attempts[number]
            if not self._keep(number, result):
                continue
            if not self._needs_another(attempts):
                yield result
            elif result.is_cpu_bound:
                self._alone[number] = attempts
            else:
                self._sleepers[number] = attempts

    def _sleepers_again(self) -> Iterator[Result]:
        again = {number: attempts.program for number, attempts in self._sleepers.items()}
        for number, result in self._schedule.sleepers(again):
            attempts = self._attempts[number]
            if not self._keep(number, result):
                continue
            if self._needs_another(attempts):
                self._alone[number] = attempts
            else:
                yield self._best(attempts)

    def _keep(self, number: int, result: Result) -> bool:
        """Keep a result, unless its program could not run beside others: then it runs alone. Say whether it is kept."""
        attempts = self._attempts[number]
        if not result.started or self._met_neighbour(result):
            self._alone[number] = attempts
            return False
        attempts.add(result)
        return True

    def _one_by_one(self) -> Iterator[Result]:
        for attempts in self._alone.values():
            wanted = attempts.program.repeat
            tries = 0
            while len(attempts.results) < wanted or (wanted == 1 and tries < _RERUNS and self._needs_another(attempts)):
                tries += 1
                result = self._schedule.alone(attempts.program)
                if not result.started:
                    attempts.results[:] = [result] * wanted
                    break
                attempts.add(result)
            yield self._best(attempts)

    def _met_neighbour(self, result: Result) -> bool:
        """Whether a program failed because another one had taken what it needed, as far as can be known."""
        settings, missing = self._schedule.settings, self._schedule.missing
        shares_disk = bool(missing) or settings.sandbox == "off"
        shares_ports = settings.network or shares_disk
        met = shares_ports and result.found_port_in_use
        lacked = result.crowded and (result.was_refused or (shares_disk and result.found_disk_full))
        return self._policy is not None and (met or lacked)

    def _needs_another(self, attempts: Attempts) -> bool:
        return self._policy is not None and attempts.needs_another(self._policy)

    def _best(self, attempts: Attempts) -> Result:
        from .result import RerunPolicy

        return attempts.best(self._policy or RerunPolicy())
