"""The times on our pages, held against the same programs run alone."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .courses import Course
from .measure import run_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .measure import Site

_FIGURE = re.compile(r"<figure\b[^>]*>")
_NAME = re.compile(r'\bdata-name="([^"]+)"')
_WALL = re.compile(r'\bdata-wall="([\d.]+)"')


@dataclass(frozen=True, slots=True)
class Pair:
    """A program's time on its page, and alone: seconds from its first line until it ended.

    :ivar cpu: seconds of processor time that it took alone.
    """

    course: str
    repetition: int
    name: str
    shown: float
    alone: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Delay:
    """For how many seconds a shown recording's program could have run but had no core."""

    course: str
    repetition: int
    delay: float


def shown_walls(site: Site) -> dict[str, float]:
    """The times in the pages, by the names of the programs."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(site.pages.glob("chapter_*.html"))]
    figures = [figure for text in texts for figure in _FIGURE.findall(text)]
    found = [(_NAME.search(figure), _WALL.search(figure)) for figure in figures]
    return {name[1]: float(wall[1]) for name, wall in found if name and wall}


def delays(site: Site, repetition: int) -> list[Delay]:
    """What the kept recordings say, field ``run_delay``; nothing if they do not say it."""
    kept = [json.loads(path.read_bytes()) for path in sorted((site.conf / ".await-cache").rglob("*.json"))]
    return [Delay(site.course.name, repetition, delay) for data in kept for delay in _run_delays(data)]


def _run_delays(data: Any) -> Iterator[float]:
    """The field, wherever it is: a file may hold one recording or several."""
    if isinstance(data, dict) and isinstance(delay := data.get("run_delay"), int | float):
        yield float(delay)
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _run_delays(value)


def pairs(site: Site, repetition: int) -> list[Pair]:
    """Run each program alone, one after another, and set it beside what the pages show.

    :raises RuntimeError: one could not be run.
    """
    assert isinstance(site.course, Course)
    shown = shown_walls(site)
    found = []
    for chapter in site.course.chapters():
        for place, part in enumerate(chapter.parts, start=1):
            name = f"{chapter.name}-{place}"
            if name in shown:
                wall, cpu = _alone(site, name, part.code)
                found.append(Pair(site.course.name, repetition, name, shown[name], wall, cpu))
    return found


def _alone(site: Site, name: str, code: str) -> tuple[float, float]:
    """A program's seconds, and those of them that it computed.

    :raises RuntimeError: it could not be run.
    """
    file = site.folder / "alone" / f"{name}.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(code, encoding="utf-8")
    process = run_process([sys.executable, "-m", "sphinx_await", "run", file, "--json"], site.folder, site.environment)
    try:
        recording = json.loads(process.out)
        return float(recording["wall"]), float(recording["cpu"])
    except (ValueError, TypeError, KeyError):
        raise RuntimeError(f"{name} left no recording when run alone: {process.err.strip()[-200:]}") from None
