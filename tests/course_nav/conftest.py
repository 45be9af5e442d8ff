"""Two Sphinx projects side by side: chapters like those of this repository, and a larger course."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ..sphinxext.conftest import Built, Project, copy_of

if TYPE_CHECKING:
    from pathlib import Path

CONF = """
project = "파이썬 비동기 강좌"
language = "ko"
extensions = ["myst_parser", "course_nav"]
html_theme = "furo"
intersphinx_mapping = {"larger": ("https://larger.example/", "../larger/build/html/objects.inv")}
"""
FRONT = {
    "generator": "---\nprevious: larger:functions\nnext: asyncio\n---\n",
    "asyncio": "---\nprevious: generator\nnext: metaclass\n---\n",
    "metaclass": "---\nprevious: ./asyncio.md\nnext: larger:part/projects\n---\n",
}


@dataclass(frozen=True)
class Page:
    """What a page shows of its neighbours: ``(address, title)`` of each button, and the addresses in its head."""

    html: str

    def button(self, way: str) -> tuple[str, str] | None:
        """A button of the theme furo."""
        found = re.search(rf'<a class="{way}-page" href="([^"]+)">(.*?)</a>', self.html, re.DOTALL)
        if not found:
            return None
        title = re.search(r'<div class="title">(.*?)</div>', found[2], re.DOTALL)
        return found[1], re.sub(r"<[^>]+>", "", title[1]).strip() if title else "Home"

    def rel(self, way: str) -> str | None:
        """The address of a ``<link rel>``."""
        found = re.search(rf'<link rel="{way}"[^>]* href="([^"]+)"', self.html)
        return found[1] if found else None

    @property
    def sides(self) -> tuple[str | None, str | None]:
        """Both addresses, which buttons and head agree on."""
        for way in ("prev", "next"):
            assert (self.button(way) or (None,))[0] == self.rel(way)
        return self.rel("prev"), self.rel("next")


def page(built: Built, name: str) -> Page:
    """A page that was built."""
    return Page(built.page(f"{name}.html"))


def warnings(built: Built) -> list[tuple[str, int, str, str]]:
    """The warnings of this extension: file, line, subtype, message."""
    found = re.findall(r"^(\S+?):(\d+): WARNING: (.*) \[course_nav\.(\w+)\]$", built.err, re.MULTILINE)
    return [(name.rpartition("/")[2], int(line), subtype, message) for name, line, message, subtype in found]


@pytest.fixture
def small(tmp_path: Path) -> Project:
    """Give an empty project of Markdown pages."""
    made = Project(tmp_path / "small")
    made.write("conf.py", 'project = "Small"\nextensions = ["myst_parser", "course_nav"]\nhtml_theme = "furo"\n')
    return made


@pytest.fixture
def chapters(tmp_path: Path) -> Project:
    """Give the chapters that this project began with, with front matter that leads into a larger course."""
    made = copy_of("seed", tmp_path)
    made = Project(made.folder.rename(tmp_path / "async"))
    made.write("conf.py", CONF)
    for name, front in FRONT.items():
        made.write(f"{name}.md", front + made.read(f"{name}.md"))
    return made


@pytest.fixture
def larger(tmp_path: Path) -> Project:
    """Give a larger course that leads into the chapters."""
    return copy_of("larger", tmp_path)


def toctree(*names: str) -> str:
    """A first page."""
    return "# Small\n\n```{toctree}\n" + "\n".join(names) + "\n```\n"
