"""The engine: runs programs, many at once, and yields a result as each one ends.

It imports nothing heavy: what programs need is imported by the warm parent, and only if a program is run.

A program runs first in the crowd, with all others: sleeping costs nothing, so only those that compute are
counted against the cores. One that was disturbed there (it could have run and had no core for too long) runs
again in quiet, a few sleepers at a time and computing ones alone, before it is shown.
"""

from __future__ import annotations

import errno
import statistics
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from time import perf_counter_ns
from typing import TYPE_CHECKING, Self

from ..core.decoding.decoder import DecodedJournal, RunContext, build_recordings
from ..core.errors import EngineError
from ..core.model.dependencies import Dependencies
from ..core.model.recording import Recording, StandIn
from .cache.environment import distributions_of, local_modules
from .runtime_info import PLATFORM, PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .backend import Backend
    from .program import Program
    from .run import Run
    from .settings import Settings

#: A recording whose program wanted a core in vain for longer than the larger of these is run again.
DISTURBED_SECONDS, DISTURBED_SHARE = 0.010, 0.02
_QUIET_TRIES = 3
_SLEEPERS_AT_ONCE = 3
_COMPUTES_ABOVE = 0.5  # share of its time for which a program had a core
_MOST_AT_ONCE = 400  # each takes some descriptors and some MB
_YOUNG = 0.03  # seconds for which a new process is busy with becoming one
_LOOK_AGAIN = 0.01  # seconds between two looks at who is computing


@dataclass(frozen=True, slots=True)
class Result:
    """A program and what its run left, one recording for each part."""

    program: Program
    recordings: tuple[Recording, ...]

    @property
    def recording(self) -> Recording:
        """The recording of the last part: of the only one, for most programs."""
        return self.recordings[-1]


#: Whether a result looks as if the machine had been busy.
SuspectCheck = Callable[[Result], bool]


@dataclass(slots=True)
class RerunStats:
    """What ran again in quiet: how many programs, and for how many seconds in all."""

    programs: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class _Attempts:
    """What the runs of one program came to so far."""

    program: Program
    results: list[Result] = field(default_factory=list)

    def best(self, doubt: SuspectCheck) -> Result:
        """The one to show: in the middle of repeated ones, of others one beyond doubt, and the least disturbed."""
        if self.program.repeat == 1:
            return min(self.results, key=lambda result: (doubt(result), _disturbance(result)))
        walls = tuple(result.recording.wall for result in self.results)
        middle = statistics.median_low(walls)
        shown = next(result for result in self.results if result.recording.wall == middle)
        return Result(self.program, tuple(replace(recording, repeats=walls) for recording in shown.recordings))


class Engine:
    """Runs programs under one set of settings. A context manager: leaving it ends every process it began.

    :ivar quiet: what had to run again in quiet so far.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.quiet = RerunStats()
        self._backend: Backend | None = None
        self._ready = False
        self._missing: tuple[str, ...] = ()
        self._live: dict[str, Run] = {}
        self._count = 0
        self._doubt: SuspectCheck = lambda _: False
        self._latest_computes = True  # until one is known not to

    @cached_property
    def _declared(self) -> dict[str, str]:
        return self.settings.declared()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def missing(self) -> tuple[str, ...]:
        """What the system lacks to keep programs apart, in words; known when the first program was run."""
        return self._missing

    @property
    def _shares_ports(self) -> bool:
        return self.settings.network or bool(self._missing) or self.settings.sandbox == "off"

    def start(self, imports: Iterable[str] = ()) -> None:
        """Begin to warm up, if it has not begun; returns at once.

        :param imports: top-level names that the programs to come import.
        """
        if self._backend is None:
            self._backend = _backend(self.settings)
            self._backend.start(imports)

    def close(self) -> None:
        """End every process and remove every temporary folder. May be called twice."""
        if self._backend is not None:
            self._backend.close()
            self._backend = None
            self._ready = False
            self._live.clear()

    def run(self, programs: Iterable[Program], doubt: SuspectCheck = lambda _: False) -> Iterator[Result]:
        """Run the programs, all at once as far as there are cores, and yield each result as it comes.

        :param doubt: whether a result looks as if the machine had been busy; such a program runs again in quiet.
        :raises EngineError: programs cannot be run here, or one of them could not even be started.
        """
        self._doubt = doubt
        todo = sorted(programs, key=lambda program: -program.seconds())  # whoever takes long starts first
        if not todo:
            return
        backend = self._wait_until_ready()
        backend.warm({name for program in todo for name in program.imports()})
        crowd = deque(_Attempts(program) for program in todo if not program.alone and program.repeat == 1)
        alone = deque(_Attempts(program) for program in todo if program.alone or program.repeat > 1)
        sleepers: deque[_Attempts] = deque()
        yield from self._run_crowd(backend, crowd, sleepers, alone)
        yield from self._run_few(backend, sleepers, alone)
        yield from self._run_alone(backend, alone)

    def _wait_until_ready(self) -> Backend:
        self.start()
        assert self._backend is not None
        if not self._ready:
            self._backend.wait_until_ready()
            self._ready = True
            self._missing = self._backend.missing
            if self.settings.sandbox == "strict" and self._backend.missing:
                raise EngineError(
                    f"await_sandbox is 'strict', and this system has no {'; no '.join(self._backend.missing)}"
                )
        return self._backend

    def _run_crowd(
        self, backend: Backend, crowd: deque[_Attempts], sleepers: deque[_Attempts], alone: deque[_Attempts]
    ) -> Iterator[Result]:
        """All at once; who was disturbed goes to the sleepers or to those that run alone."""
        running: dict[str, _Attempts] = {}
        while crowd or running:
            while crowd and self._has_room():
                attempts = crowd.popleft()
                running[self._launch(backend, attempts.program)] = attempts
            for name, result in self._ended(backend, hurry=bool(crowd)):
                attempts = running.pop(name)
                attempts.results.append(result)
                if self._shares_ports and _clashed(result):
                    attempts.results.clear()
                    alone.append(attempts)
                elif not self._needs_quiet(result):
                    yield result
                elif _computes(result):
                    alone.append(attempts)
                else:
                    sleepers.append(attempts)

    def _run_few(self, backend: Backend, sleepers: deque[_Attempts], alone: deque[_Attempts]) -> Iterator[Result]:
        """Disturbed sleepers again, a few at a time."""
        running: dict[str, _Attempts] = {}
        while sleepers or running:
            while sleepers and len(running) < _SLEEPERS_AT_ONCE:
                attempts = sleepers.popleft()
                running[self._launch(backend, attempts.program)] = attempts
            for name, result in self._ended(backend):
                attempts = running.pop(name)
                self._note_quiet(attempts, result)
                if self._needs_quiet(result):
                    alone.append(attempts)
                else:
                    yield attempts.best(self._doubt)

    def _run_alone(self, backend: Backend, alone: deque[_Attempts]) -> Iterator[Result]:
        """One by one: what is to be alone or repeated, and what was disturbed all the same."""
        while alone:
            attempts = alone.popleft()
            wanted = attempts.program.repeat
            tries = 0
            while len(attempts.results) < wanted or (wanted == 1 and tries < _QUIET_TRIES and self._again(attempts)):
                tries += 1
                self._launch(backend, attempts.program)
                again = bool(attempts.results) and wanted == 1
                (result,) = [result for _, result in self._all_ended(backend)]
                if again:
                    self._note_quiet(attempts, result)
                else:
                    attempts.results.append(result)
            yield attempts.best(self._doubt)

    def _again(self, attempts: _Attempts) -> bool:
        return self._needs_quiet(attempts.best(self._doubt))

    def _needs_quiet(self, result: Result) -> bool:
        return _is_disturbed(result) or self._doubt(result)

    def _note_quiet(self, attempts: _Attempts, result: Result) -> None:
        if len(attempts.results) == 1:
            self.quiet.programs += 1
        self.quiet.seconds += sum(recording.wall for recording in result.recordings)
        attempts.results.append(result)

    def _has_room(self) -> bool:
        """Whether one more may start.

        Who sleeps does not count. One more than there are cores may be on its way, unless the latest of which that is
        known turned out to compute: then the next will too, and three would share two cores.
        """
        if len(self._live) >= _MOST_AT_ONCE:
            return False
        starting = computing = 0
        for run in self._live.values():
            busy, young = run.busy(), run.age() < _YOUNG
            starting += busy and young
            computing += busy and not young
            if not busy or not young:
                self._latest_computes = busy
        more = not self._latest_computes
        return computing < self.settings.jobs and starting + computing < self.settings.jobs + more

    def _launch(self, backend: Backend, program: Program) -> str:
        self._count += 1
        name = str(self._count)
        self._live[name] = backend.launch(name, program)
        return name

    def _all_ended(self, backend: Backend) -> Iterator[tuple[str, Result]]:
        while self._live:
            yield from self._ended(backend)

    def _ended(self, backend: Backend, *, hurry: bool = False) -> Iterator[tuple[str, Result]]:
        """Wait for something to happen; the runs that have ended by then."""
        soonest = min((run.deadline for run in self._live.values()), default=0)
        patience = max(0.001, _seconds_until(soonest))
        backend.listen(min(patience, _LOOK_AGAIN) if hurry else patience)
        for run in list(self._live.values()):
            if run.ending is not None:
                del self._live[run.name]
                story = run.story()
                backend.finish(run)
                result = self._result(run, story)
                self._latest_computes = result.recording.wall > _YOUNG and _computes(result)
                yield run.name, result
            elif run.overdue():
                backend.kill(run)

    def _result(self, run: Run, story: DecodedJournal) -> Result:
        assert run.ending is not None
        if not story.parts and story.broken is not None:
            raise EngineError(f"a program could not be started:\n{story.broken}")
        where = RunContext(PYTHON, PLATFORM, run.started, self.settings.network)
        limit, parts = self.settings.output_limit, len(run.program.parts)
        recordings = build_recordings(story, run.foreign, run.ending, where, limit=limit, parts=parts)
        answered = {*story.hosts, *run.answered}
        hosts = self.settings.hosts.items()
        stand_ins = tuple(StandIn(name, float(host.delay)) for name, host in hosts if name in answered)
        requires = self._requirements(story)
        return Result(
            run.program,
            tuple(replace(recording, stand_ins=stand_ins, requires=requires) for recording in recordings),
        )

    def _requirements(self, story: DecodedJournal) -> Dependencies:
        files = story.imports.get("files", {})
        return Dependencies(
            distributions=distributions_of(story.imports.get("names", []), self.settings.path),
            modules=local_modules(files.values()),
            declared=self._declared,
        )


def _backend(settings: Settings) -> Backend:
    if settings.fork:
        from .fork.backend import ForkBackend

        return ForkBackend(settings)
    from .spawn_backend import SpawnBackend

    return SpawnBackend(settings)


def _seconds_until(moment: int) -> float:
    return (moment - perf_counter_ns()) / 1e9


def _disturbance(result: Result) -> float:
    """Seconds for which the program wanted a core in vain."""
    return result.recording.run_delay or 0.0


def _is_disturbed(result: Result) -> bool:
    wall = sum(recording.wall for recording in result.recordings)
    return not result.recording.timed_out and _disturbance(result) > max(DISTURBED_SECONDS, wall * DISTURBED_SHARE)


def _clashed(result: Result) -> bool:
    """Whether a program found a port in use: where ports are shared, a neighbour's may have been."""
    failure = result.recording.failure
    return failure is not None and failure.type == "OSError" and f"[Errno {errno.EADDRINUSE}]" in failure.message


def _computes(result: Result) -> bool:
    wall = sum(recording.wall for recording in result.recordings)
    return sum(recording.cpu for recording in result.recordings) > wall * _COMPUTES_ABOVE
