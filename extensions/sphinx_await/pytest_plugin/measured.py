"""Coverage of what programs import, where pytest itself runs under coverage.

Coverage's own start file begins it in each process of a program, and what these saw is added to pytest's when all have
ended. They run without a sandbox then, in which the files of their data would not exist.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..engine.settings import Settings

#: The first version that measures processes that end by ``os._exit()``.
_OLDEST = (7, 10)
#: What of pytest's own measurement holds for programs, too.
_OPTIONS = ("source", "source_pkgs", "include", "omit")


class ProgramCoverage:
    """The measurement of all programs of one run of pytest."""

    def __init__(self, running: Any) -> None:
        self._running = running
        self._folder = Path(tempfile.mkdtemp(prefix="await-coverage-"))
        self._options = self._folder / "options"
        lines = ["[run]", f"data_file = {self._folder / 'data'}", "parallel = true", "patch = fork, _exit"]
        lines += ["disable_warnings = no-data-collected, module-not-imported, module-not-measured, no-ctracer"]
        lines.append(f"branch = {bool(running.get_option('run:branch'))}")
        for name in _OPTIONS:
            if given := running.get_option(f"run:{name}"):
                lines.append(f"{name} =\n" + "\n".join(f"    {_from_here(name, one)}" for one in given))
        self._options.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @classmethod
    def of_pytest(cls) -> ProgramCoverage | None:
        """The coverage of programs; None if pytest runs without coverage, or with one that cannot measure programs."""
        running = running_coverage()
        return None if running is None or why_not_measured() else cls(running)

    def settings(self, settings: Settings) -> Settings:
        """The settings with which programs are measured."""
        environment = {**settings.environment, "COVERAGE_PROCESS_START": str(self._options)}
        return replace(settings, environment=environment, sandbox="off")

    def collect(self) -> None:
        """Add what programs saw to what pytest saw. To be called when all of them have ended."""
        from coverage import CoverageData
        from coverage.exceptions import CoverageException

        total = self._running.get_data()
        for file in sorted(self._folder.glob("data.*")):
            data = CoverageData(str(file))
            try:
                data.read()
            except CoverageException:  # of a process that was killed meanwhile
                continue
            if data.measured_files():
                total.update(data)
        shutil.rmtree(self._folder, ignore_errors=True)


def _from_here(option: str, given: str) -> str:
    """A folder or a glob of coverage's, which programs, whose folder is another, understand as pytest does."""
    is_package = option == "source_pkgs" or (option == "source" and not os.path.isdir(given))
    # coverage takes a glob that begins with a wildcard as it is
    return given if is_package or given.startswith(("*", "?")) else os.path.abspath(given)


def running_coverage() -> Any:
    """The measurement of this process; None if there is none."""
    module = sys.modules.get("coverage")
    return None if module is None else module.Coverage.current()


def why_not_measured() -> str:
    """Why coverage cannot measure programs; empty if it can."""
    module = sys.modules["coverage"]
    if module.version_info < _OLDEST:
        return f"coverage {'.'.join(map(str, _OLDEST))} or newer measures programs"
    folders = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    if not any(any(Path(folder).glob("*coverage*.pth")) for folder in folders):
        return "coverage's start file (*coverage*.pth) is not installed, so programs are not measured"
    return ""
