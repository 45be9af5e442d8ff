"""Sphinx projects, built as their authors build them."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ..conftest import HERE, PROJECT
from ..support.sphinx_builds import run_sphinx

if TYPE_CHECKING:
    from pathlib import Path

CONF = 'extensions = ["myst_parser", "sphinx_await"]\nawait_run_fences = ["*"]\n'


@dataclass(frozen=True)
class Built:
    """The result of one ``sphinx-build``."""

    status: int
    out: str
    err: str
    folder: Path

    @property
    def ran(self) -> list[str]:
        """The snippets that ran, in the order in which they ended."""
        return re.findall(r"running programs\.\.\. \[ *\d+%\] (\S+) \(", self.out)

    def page(self, name: str = "index.html") -> str:
        """The text of a page."""
        return (self.folder / name).read_text(encoding="utf-8")

    def files(self) -> dict[str, bytes]:
        """All that was written, but for the pickled doctrees."""
        paths = [path for path in self.folder.rglob("*") if path.is_file() and ".doctrees" not in path.parts]
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}


@dataclass(frozen=True)
class Project:
    """A Sphinx project in a folder of its own."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        """Write one of its files."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        """Read one of its files."""
        return (self.folder / name).read_text(encoding="utf-8")

    def build(self, *arguments: str, builder: str = "html", folder: str = "build") -> Built:
        """Run sphinx-build with arguments of its own."""
        out = self.folder / folder / builder
        done = run_sphinx(["-b", builder, *arguments, ".", out], cwd=self.folder)
        return Built(done.returncode, done.stdout, done.stderr, out)

    def clean(self) -> None:
        """Delete what was built; the cache stays."""
        shutil.rmtree(self.folder / "build")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give an empty project that runs all plain fences."""
    made = Project(tmp_path / "project")
    made.write("conf.py", CONF)
    return made


@pytest.fixture
def seed(tmp_path: Path) -> Project:
    """Give the project whose chapter is the seed, byte for byte."""
    return copy_of("seed", tmp_path)


def copy_of(root: str, below: Path) -> Project:
    """Copy one of the roots, so that nothing is written into the repository."""
    target = below / root
    shutil.copytree(HERE / "roots" / root, target)
    return Project(target)


__all__ = ["PROJECT", "Built", "Project", "copy_of"]
