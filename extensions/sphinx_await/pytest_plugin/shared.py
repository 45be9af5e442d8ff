"""What the tests of all programs of one run of pytest share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..core.errors import OptionError
from ..course.printed import private_folders
from ..course.program_runs import ProgramRuns
from ..engine.result import RerunPolicy
from .measured import ProgramCoverage
from .projects import Projects
from .updates import Updates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..course.pages.model import Page
    from ..course.project import Project
    from ..engine.program import Program
    from ..engine.result import Result


class Shared:
    """The projects, and what runs their programs.

    :ivar updates: what writes expected output; None if nobody asked for that.
    :ivar idle: how many plain fences of Python do not run.
    """

    def __init__(self, config: pytest.Config) -> None:
        try:
            self.projects = Projects(config)
        except OptionError as error:
            raise pytest.UsageError(str(error)) from None
        self.updates = Updates() if config.option.await_update else None
        self.idle = 0
        self._root = config.rootpath
        self._runs: dict[Path, ProgramRuns] = {}
        self._coverage: ProgramCoverage | None = None
        self._judges: dict[Program, list[Callable[[Result], bool]]] = {}
        self._timed: set[Program] = set()
        # Only what tests judge matters here; a build runs again what it shows.
        self._policy = RerunPolicy(self._is_suspect, lambda result: result.program in self._timed)

    @property
    def runs(self) -> list[ProgramRuns]:
        """Those of each project."""
        return list(self._runs.values())

    def runs_of(self, project: Project) -> ProgramRuns:
        """What runs the programs of a project.

        :raises OptionError: the settings cannot work.
        """
        if project.base not in self._runs:
            settings = project.settings
            if not self._runs:
                self._coverage = ProgramCoverage.of_pytest()
            if self._coverage is not None:
                settings = self._coverage.settings(settings)
            folder, execute = project.config.cache_folder(project.base), project.config.execute
            is_measured = self._coverage is not None
            self._runs[project.base] = ProgramRuns(
                settings,
                folder,
                execute,
                self._policy,
                cached=not is_measured,
                shared=project.config.shared_storage(),
            )
        return self._runs[project.base]

    def close(self) -> None:
        """End all programs and processes, and take what coverage saw in them. May be called twice."""
        for runs in self._runs.values():
            runs.close()
        if self._coverage is not None:
            self._coverage.collect()
            self._coverage = None

    def folders_of(self, project: Project) -> tuple[str, ...]:
        """Folders of this machine that a page does not show."""
        given = {project.base, project.config.cache_folder(project.base), self._root}
        return private_folders(project.settings, sorted(map(str, given)))

    def count_idle(self, page: Page) -> None:
        """Count plain fences that do not run."""
        self.idle += page.idle

    def add_judge(self, program: Program, is_suspect: Callable[[Result], bool], *, timed: bool) -> None:
        """Add what says of a result that a busy machine may have caused it.

        :param timed: what judges the program asks how long something took.
        """
        self._judges.setdefault(program, []).append(is_suspect)
        if timed:
            self._timed.add(program)

    def _is_suspect(self, result: Result) -> bool:
        return any(judge(result) for judge in self._judges.get(result.program, ()))
