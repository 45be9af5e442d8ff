"""The recordings of a build: from the cache if valid, otherwise from a new run.

Connects Sphinx to the engine, and reports progress on the console.
"""

from __future__ import annotations

import os
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.display import status_iterator

from ..core.errors import EngineError
from ..core.text.terminal import for_terminal
from ..engine.cache.store import Cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from sphinx.application import Sphinx

    from ..core.model.dependencies import Dependencies
    from ..core.model.recording import Recording
    from ..engine.cache.miss import Miss
    from ..engine.cache.shared_storage import SharedStorage
    from ..engine.engine_process.builder import EngineProcess
    from ..engine.program import Program
    from ..engine.remote.pools import Pool
    from ..engine.remote.remote_engine import RemoteEngine
    from ..engine.result import RerunPolicy, Result
    from ..engine.scheduler import Engine
    from ..engine.settings import Settings
    from .ahead import Ahead

logger = logging.getLogger(__name__)

#: Called with how many programs have run, and how many are to run, if somebody wants to know.
on_progress: Callable[[int, int], None] | None = None
#: Called when a build has read its configuration, before anything that may look at the sources, if somebody wants that.
on_configured: Callable[[Sphinx], None] | None = None
#: What this build did while it waited for an edit, if it waited.
ahead: Ahead | None = None


class RecordingStore:
    """The recordings of one build.

    :param execute: ``auto``, ``force`` or ``cached``.
    :param shared: where other machines keep recordings, too.
    :ivar make_pool: makes the pool of workers on which programs run; None if they run on this machine.
    :ivar expect_early: runs a program whose page was read, before all are; None if programs run later.
    """

    make_pool: Callable[[], Pool] | None = None
    expect_early: Callable[[Program], None] | None = None

    def __init__(
        self, settings: Settings, folder: Path, execute: str, verbosity: int, shared: SharedStorage | None = None
    ) -> None:
        self._cache = Cache(folder, settings, shared, None if ahead is None else ahead.memory)
        self._settings = settings
        self._execute = execute
        self._verbosity = verbosity
        self._process = os.getpid()
        self._found: dict[tuple[str, int], Recording] = {}

    @cached_property
    def _engine(self) -> Engine | EngineProcess | RemoteEngine:
        if self.make_pool is not None:
            from ..engine.remote.remote_engine import RemoteEngine  # hardly a project has workers

            return RemoteEngine(self._settings, self.make_pool())
        if ahead is not None and ahead.engine is not None and ahead.engine.settings == self._settings:
            return ahead.engine
        from ..engine.scheduler import Engine  # a build that runs nothing does not need it

        return Engine(self._settings)

    def every_program_runs(self) -> bool:
        """Whether each program of the course will run, whichever it is."""
        return self._execute == "force" or (self._execute == "auto" and self._cache.is_empty())

    def warm_up(self, imports: Iterable[str]) -> None:
        """Start the fork server, which begins to import.

        :param imports: top-level names of modules.
        :raises ExtensionError: the system refuses a folder, a process or the like.
        """
        try:
            self._engine.start(imports)
        except EngineError as error:
            raise ExtensionError(f"sphinx-await: {error}") from None

    def warm_up_process(self, imports: Iterable[str]) -> None:
        """Start an engine that runs programs while this process reads pages, if there can be one; else :meth:`warm_up`.

        :param imports: top-level names of modules.
        :raises ExtensionError: the system refuses a folder, a process or the like.
        """
        if self._settings.fork and self.make_pool is None and ahead is None:
            from ..engine.engine_process.builder import EngineProcess, can_fork

            if can_fork():
                self._engine = EngineProcess(self._settings)
                self.expect_early = self._engine.expect
        self.warm_up(imports)

    def expect(self, program: Program) -> None:
        """Announce a program. If it must run, it runs at once, or the fork server starts to import its modules."""
        # A parallel reader is a fork of us and will not be the one to run it.
        if os.getpid() != self._process or self._execute == "cached":
            return
        if self.expect_early is not None:
            self.expect_early(program)
        if "_engine" in self.__dict__:
            return
        if self._execute == "force" or not self._cache.has(program):
            self.warm_up(program.imports())

    def run(self, programs: Sequence[tuple[Program, str]], policy: RerunPolicy, meanwhile: Callable[[], None]) -> None:
        """Load or make the recordings of all programs.

        :param policy: which programs run again that a busy machine may have disturbed.
        :param meanwhile: called once while programs run, if any must.
        :raises ExtensionError: programs cannot run on this system.
        """
        missing = self._missing(programs, policy)
        try:
            if missing and self._execute != "cached":
                self._run(missing, policy, meanwhile)
        except EngineError as error:
            raise ExtensionError(f"sphinx-await: {for_terminal(str(error))}") from None  # perhaps of a worker
        finally:
            self.close()
        self._cache.close()  # not after an interrupt, when nobody wants to wait
        from ..core.validation.faults import Fault  # not needed by a build in which nothing changed

        for message in self._cache.trouble:
            logger.warning(for_terminal(message), type="await", subtype=Fault.CACHE)

    def stamps(self) -> dict[str, list[int] | None]:
        """Mtime and size of each recording's file, as of when it was read."""
        return self._cache.stamps

    def still_holds(self, required: Dependencies, stamps: Mapping[str, list[int]]) -> bool:
        """Whether recordings and their dependencies are unchanged, and ``execute`` does not require runs."""
        kept = self._execute != "force" and all(self._cache.stamp(file) == stamp for file, stamp in stamps.items())
        return kept and self._cache.still_holds(required)

    def recording(self, program: Program, part: int) -> Recording | None:
        """The recording of a part of a program; None if there is none and none may be made."""
        from ..engine.cache.miss import Miss  # as above

        key = self._cache.key(program)
        if (key, part) not in self._found and not isinstance(recording := self._cache.load(key, part), Miss):
            self._found[key, part] = recording
        return self._found.get((key, part))

    def close(self) -> None:
        """End all processes."""
        if os.getpid() == self._process and "_engine" in self.__dict__:
            self._engine.close()

    def _missing(self, programs: Sequence[tuple[Program, str]], policy: RerunPolicy) -> dict[str, tuple[Program, str]]:
        """Load the valid recordings, also from the shared storage; return the other programs by cache key."""
        missing: dict[str, tuple[Program, str]] = {}
        reasons: dict[str, Miss] = {}
        for program, name in programs:
            key = self._cache.key(program)
            if (key, 0) in self._found or key in missing:
                continue
            reason = self._load(key, program, policy)
            if reason is not None:
                missing[key], reasons[key] = (reason.weigh(program), name), reason
        if self._execute != "force" and missing and self._cache.fetch(program for program, _ in missing.values()):
            for key, (program, _) in [*missing.items()]:
                if self._load(key, program, policy) is None:
                    del missing[key]
        for key, (_, name) in missing.items():
            logger.verbose("%s runs because %s", name, for_terminal(reasons[key].reason))
        return missing

    def _load(self, key: str, program: Program, policy: RerunPolicy) -> Miss | None:
        """Load the recordings of a program, or return the reason why it must run."""
        from ..engine.cache.miss import Miss  # as above

        loaded = self._cache.load_parts(program, self._execute, policy)
        if isinstance(loaded, Miss):
            return loaded
        self._keep(key, loaded)
        return None

    def _keep(self, key: str, recordings: Sequence[Recording]) -> None:
        self._found.update({(key, part): recording for part, recording in enumerate(recordings)})

    def _run(self, missing: dict[str, tuple[Program, str]], policy: RerunPolicy, meanwhile: Callable[[], None]) -> None:
        from concurrent.futures import Future, ThreadPoolExecutor  # as for the engine

        from ..core.validation.faults import Fault

        keys = {id(program): key for key, (program, _) in missing.items()}
        programs = [program for program, _ in missing.values()]

        def label(result: Result) -> str:
            return f"{missing[keys[id(result.program)]][1]} ({sum(one.wall for one in result.recordings):.2f} s)"

        results = self._engine.run(programs, policy)
        with_progress = status_iterator(
            results, "running programs... ", "purple", len(programs), self._verbosity, label
        )
        # Written by a thread: programs that wait to be started must not wait for the disk.
        stored: list[Future[bool]] = []
        reruns = _Reruns()
        with ThreadPoolExecutor(1) as disk:
            for count, result in enumerate(with_progress, 1):
                if on_progress is not None:
                    on_progress(count, len(programs))
                key = keys[id(result.program)]
                self._keep(key, result.recordings)
                reruns.add(result)
                stored += [disk.submit(self._cache.store, key, *one) for one in enumerate(result.recordings)]
                if reruns.count == 1:
                    meanwhile()
        for one in stored:
            one.result()  # an error of the thread is ours
        reruns.report()
        for module, does in self._engine.not_shared.items():
            logger.warning(
                "await_preload: %s %s when it is imported, so each program imports it itself; leave it out",
                module,
                does,
                type="await",
                subtype=Fault.PRELOAD,
            )
        for worker, reason in sorted(self._engine.refusals.items()):
            logger.warning(
                for_terminal(f"await_executor: {worker} {reason}; its recordings are not taken"),
                type="await",
                subtype=Fault.EXECUTOR,
            )
        if self._engine.missing:
            logger.info("programs ran without what this system lacks: %s", "; ".join(self._engine.missing))


class _Reruns:
    """Counts programs that ran again, and why."""

    def __init__(self) -> None:
        self.count = 0
        self._seconds: list[float] = []
        self._reasons: Counter[str] = Counter()
        self._let_stand = 0

    def add(self, result: Result) -> None:
        """Count the runs of a program."""
        self.count += 1
        if result.reruns:
            self._seconds.append(sum(result.reruns))
            self._reasons[result.rerun_reason.value if result.rerun_reason else ""] += 1
        elif result.is_disturbed:
            self._let_stand += 1

    def report(self) -> None:
        """Say what made a build longer."""
        if self._seconds:
            reasons = "; ".join(f"{count} {reason}" for reason, count in self._reasons.most_common())
            logger.info("ran again: %d programs (%.2f s): %s", len(self._seconds), sum(self._seconds), reasons)
        if self._let_stand:
            logger.info("had to wait for a processor, and claim no times: %d programs", self._let_stand)
