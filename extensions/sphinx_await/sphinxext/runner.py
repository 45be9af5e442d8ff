"""Brings every program its recording: from the cache where one holds, from a new run otherwise.

The layer between a course and the engine that talks to the console.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.display import status_iterator

from ..core.errors import EngineError
from ..engine.cache import Cache, Miss
from ..engine.engine import Engine, Result
from ..engine.imports import imported_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..core.recording import Recording
    from ..engine.settings import Program, Settings

logger = logging.getLogger(__name__)


class Runner:
    """The recordings of one build.

    :param execute: ``auto``, ``force`` or ``cached``.
    """

    def __init__(self, settings: Settings, folder: Path, execute: str, verbosity: int) -> None:
        self._cache = Cache(folder, settings)
        self._engine = Engine(settings)
        self._execute = execute
        self._verbosity = verbosity
        self._process = os.getpid()
        self._found: dict[tuple[str, int], Recording] = {}

    def expect(self, program: Program) -> None:
        """A program that will be asked for: if it must run, the engine may begin to warm up."""
        # A parallel reader is a fork of us and will not be the one to run it.
        if os.getpid() != self._process or self._execute == "cached" or self._engine.has_started:
            return
        if self._execute == "force" or not self._cache.has(program):
            try:
                self._engine.start({name for part in program.parts for name in imported_names(part)})
            except EngineError as error:
                raise ExtensionError(f"sphinx-await: {error}") from None

    def run(self, programs: Sequence[tuple[Program, str]]) -> None:
        """Find or make the recordings of all programs, each with a name for the console.

        :raises ExtensionError: programs cannot be run here.
        """
        missing: dict[str, tuple[Program, str]] = {}
        for program, name in programs:
            key = self._cache.key(program)
            if (key, 0) in self._found or key in missing:
                continue
            reason = self._load(key, program)
            if reason is not None:
                logger.verbose("%s runs because %s", name, reason.reason)
                missing[key] = reason.weigh(program), name
        try:
            if missing and self._execute != "cached":
                self._run(missing)
        except EngineError as error:
            raise ExtensionError(f"sphinx-await: {error}") from None
        finally:
            self.close()
        for message in self._cache.trouble:
            logger.warning(message, type="await", subtype="cache")

    def recording(self, program: Program, part: int) -> Recording | None:
        """The recording of a part of a program, or None if it has none and none may be made."""
        return self._found.get((self._cache.key(program), part))

    def close(self) -> None:
        """End all processes."""
        if os.getpid() == self._process:
            self._engine.close()

    def _load(self, key: str, program: Program) -> Miss | None:
        """Load a program's recordings; the reason if that cannot be."""
        loaded = [self._cache.load(key, part) for part in range(len(program.parts))]
        if reasons := [one for one in loaded if isinstance(one, Miss)]:
            return reasons[0]
        if self._execute == "force":
            walls = (one.wall for one in loaded if not isinstance(one, Miss))
            return Miss("await_execute is 'force'", sum(walls))
        self._keep(key, [one for one in loaded if not isinstance(one, Miss)])
        return None

    def _keep(self, key: str, recordings: Sequence[Recording]) -> None:
        self._found.update({(key, part): recording for part, recording in enumerate(recordings)})

    def _run(self, missing: dict[str, tuple[Program, str]]) -> None:
        keys = {id(program): key for key, (program, _) in missing.items()}
        programs = [program for program, _ in missing.values()]
        self._engine.start({name for one in programs for part in one.parts for name in imported_names(part)})

        def words(result: Result) -> str:
            return f"{missing[keys[id(result.program)]][1]} ({sum(one.wall for one in result.recordings):.2f} s)"

        results = self._engine.run(programs)
        shown = status_iterator(results, "running programs... ", "purple", len(programs), self._verbosity, words)
        for result in shown:
            key = keys[id(result.program)]
            self._keep(key, result.recordings)
            for part, recording in enumerate(result.recordings):
                self._cache.store(key, part, recording)
        if quiet := self._engine.quiet.programs:
            logger.info("running again in quiet: %d programs (%.2f s)", quiet, self._engine.quiet.seconds)
        if self._engine.missing:
            logger.info("programs ran without what this system lacks: %s", "; ".join(self._engine.missing))
