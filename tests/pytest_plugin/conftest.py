"""Projects whose programs are tests of a pytest of their own."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# A run of pytest in this process forgets what it imported: to import these again would take most of it.
import sphinx_await.pytest_plugin
import sphinx_await.pytest_plugin.session
import sphinx_await.sphinxext.conf_file
import sphinx_await.sphinxext.run.judging

if TYPE_CHECKING:
    from _pytest.pytester import RunResult

EXTENSIONS = Path(__file__).parents[2] / "extensions"
CONF = 'extensions = ["myst_parser", "sphinx_await"]\nawait_run_fences = ["**"]\n'


@dataclass(frozen=True)
class Tested:
    """A project in a folder of its own."""

    pytester: pytest.Pytester

    @property
    def folder(self) -> Path:
        """Its folder, which is pytest's root."""
        return self.pytester.path

    def write(self, name: str, content: str | bytes) -> Path:
        """Write one of its files, byte for byte."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, *arguments: str) -> RunResult:
        """Run ``pytest --await`` with other arguments in this process."""
        return self.pytester.runpytest_inprocess(
            "-p", "xdist", "--await", *arguments, plugins=[sphinx_await.pytest_plugin]
        )

    def run_apart(self, *arguments: str, variables: dict[str, str] | None = None) -> RunResult:
        """Run ``pytest --await`` in a process of its own."""
        self.pytester._monkeypatch.setenv("PYTHONPATH", str(EXTENSIONS))
        for name, value in (variables or {}).items():
            self.pytester._monkeypatch.setenv(name, value)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "xdist",
            "-p",
            "sphinx_await.pytest_plugin",
            "--await",
            *arguments,
        ]
        return self.pytester.run(*command, timeout=120)

    def recordings(self) -> set[str]:
        """The recordings that runs have left."""
        return {path.name for path in self.folder.rglob(".await-cache/*.json")}


@pytest.fixture
def tested(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Tested:
    """Give an empty project."""
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # where the project is installed, it has the plugin, too
    return Tested(pytester)
