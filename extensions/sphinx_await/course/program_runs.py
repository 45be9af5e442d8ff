"""Runs the programs of a project: all that were selected at once, when the first of them is asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ..engine.cache.miss import Miss
from ..engine.cache.store import Cache
from ..engine.result import RerunPolicy

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from ..core.model.recording import Recording
    from ..engine.cache.shared_storage import SharedStorage
    from ..engine.program import Program
    from ..engine.result import Result
    from ..engine.scheduler import Engine
    from ..engine.settings import Settings


class ProgramRuns:
    """The recordings of the programs of a project, from the cache where they are valid.

    Engine and cache are the build's, so each finds what the other ran.

    :param execute: ``auto``, ``force`` or ``cached``.
    :param cached: recordings are read and kept; else every program runs.
    :param shared: where other machines keep recordings, too.
    :param policy: which programs run again that a busy machine may have disturbed; None: no program does.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        execute: str,
        policy: RerunPolicy | None,
        *,
        cached: bool = True,
        shared: SharedStorage | None = None,
    ) -> None:
        self._settings = settings
        self._cache = Cache(folder, settings, shared)
        self._execute = execute
        self._cached = cached
        self._reruns = policy is not None
        self._policy = policy or RerunPolicy(times_matter=lambda _: False)
        self._expected: dict[Program, None] = {}
        self._found: dict[Program, tuple[Recording, ...]] = {}
        self._results: Generator[Result] | None = None

    @cached_property
    def _engine(self) -> Engine:
        from ..engine.scheduler import Engine  # with a full cache nobody needs it

        return Engine(self._settings)

    def expect(self, programs: Iterable[Program]) -> None:
        """Announce programs, which then run at once."""
        self._expected |= dict.fromkeys(programs)

    def recordings(self, program: Program) -> tuple[Recording, ...] | None:
        """The recordings of the parts of a program, which runs if it must; None if it may not.

        :raises EngineError: programs cannot run on this system.
        """
        if program not in self._found:
            self._expected.setdefault(program)
            self._begin()
            for result in self._results or ():
                self._keep(result)
                if result.program == program:
                    break
        return self._found.get(program)

    def close(self) -> None:
        """End all programs and processes."""
        if self._results is not None:
            self._results.close()
            self._results = None
        if "_engine" in self.__dict__:
            self._engine.close()
        self._cache.close()

    @property
    def missing(self) -> tuple[str, ...]:
        """What the system lacks to isolate programs, in words."""
        return self._engine.missing if "_engine" in self.__dict__ else ()

    @property
    def trouble(self) -> list[str]:
        """Messages about the folder of recordings."""
        return self._cache.trouble

    def _begin(self) -> None:
        """Start all expected programs that have no valid recording."""
        missing = {program: reason for program in self._expected if (reason := self._load(program)) is not None}
        self._expected.clear()
        if self._cached and self._execute != "force" and missing and self._cache.fetch(missing):
            missing = {program: reason for program, reason in missing.items() if self._load(program) is not None}
        if missing and self._execute != "cached":
            weighed = [reason.weigh(program) for program, reason in missing.items()]
            self._results = _chained(self._results, self._engine.run(weighed, self._policy, rerun=self._reruns))

    def _load(self, program: Program) -> Miss | None:
        if not self._cached:
            return Miss("nothing is kept")
        loaded = self._cache.load_parts(program, self._execute, self._policy)
        if isinstance(loaded, Miss):
            return loaded
        self._found[program] = loaded
        return None

    def _keep(self, result: Result) -> None:
        self._found[result.program] = result.recordings
        key = self._cache.key(result.program)
        if not self._cached:
            return
        for part, recording in enumerate(result.recordings):
            self._cache.store(key, part, recording)


def _chained(first: Generator[Result] | None, second: Generator[Result]) -> Generator[Result]:
    if first is not None:
        yield from first
    yield from second
