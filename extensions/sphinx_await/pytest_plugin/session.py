"""One run of pytest with programs: finds the files, lets programs run, and says what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..core.errors import OptionError
from ..course.pages.docstrings import may_have_programs
from ..course.paths import shown_path
from ..course.project import USUAL_SUFFIXES
from .files import DOCSTRINGS, PROGRAM
from .items import ProgramFile, ProgramItem
from .measured import running_coverage, why_not_measured
from .shared import Shared

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


class ProgramSession:
    """The hooks."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._is_worker = hasattr(config, "workerinput")
        if config.option.await_update and (self._is_worker or getattr(config.option, "numprocesses", None)):
            raise pytest.UsageError("--await-update writes pages, one after another: run it without -n")
        self._shared = Shared(config)

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Take pages, Python files with programs in docstrings, and examples."""
        is_python = file_path.suffix == ".py"
        kind = self._kind_of_python(file_path) if is_python else self._kind_of_page(file_path, parent)
        if kind is None:
            return None
        collector: ProgramFile = ProgramFile.from_parent(parent, path=file_path, shared=self._shared, kind=kind)
        return collector

    def _kind_of_python(self, path: Path) -> str | None:
        if self._shared.projects.is_example(path):
            return PROGRAM
        try:
            return DOCSTRINGS if may_have_programs(path.read_bytes()) else None
        except OSError:
            return None

    def _kind_of_page(self, path: Path, parent: pytest.Collector) -> str | None:
        try:
            project = self._shared.projects.of(path)
        except OptionError:
            return USUAL_SUFFIXES.get(path.suffix)  # reading it will say what is wrong
        if project.is_excluded(path) and not parent.session.isinitpath(path):
            return None
        return project.markup_of(path)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Announce the programs that were selected, so that the first of them starts all."""
        for item in session.items:
            if isinstance(item, ProgramItem):
                self._shared.add_judge(item.job.program, item.is_suspect, timed=item.is_timed)
                if not self._is_worker:  # which of them a worker gets, nobody knows yet
                    item.found.runs.expect([item.job.program])

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """End all programs and processes, before coverage makes its report."""
        try:
            return (yield)
        finally:
            self._shared.close()

    def pytest_report_collectionfinish(self) -> list[str]:
        """Say what does not run, and which configuration nobody could read."""
        lines = [
            f"await: {self._shown(project.base / 'conf.py')} is not read, since Sphinx is not installed: "
            "the await_* options of pytest's configuration hold"
            for project in self._shared.projects.all()
            if project.unread
        ]
        if running_coverage() is not None and (reason := why_not_measured()):
            lines.append(f"await: {reason}")
        if self._shared.idle:
            lines.append(
                f"await: {self._shared.idle} plain Python fences do not run: "
                "await_run_fences does not name their pages, and no comment asks for it"
            )
        return lines

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was written, and what was missing."""
        written = self._shared.updates.written if self._shared.updates else ()
        lines = [f"written: {self._shown(path)}:{line}" for path, line in written]
        for runs in self._shared.runs:
            lines += runs.trouble
            if runs.missing:
                lines.append(f"programs ran without what this system lacks: {'; '.join(runs.missing)}")
        if lines:
            terminalreporter.section("await")
            for line in dict.fromkeys(lines):
                terminalreporter.write_line(line)

    def _shown(self, path: Path) -> str:
        return shown_path(path, self._config.invocation_params.dir)
