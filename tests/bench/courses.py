"""The courses that are built: generated, the same text every time; and this repository's own.

Nothing here knows a tool or a markup: a generated course is prose and programs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType


class Edit(IntEnum):
    """What an author has done since the course was first written; each includes those before it."""

    NONE = 0
    SNIPPET = 1
    PROSE = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph, the program below it, and what that program prints: no other text of the course holds it."""

    prose: str
    code: str
    output: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One page."""

    name: str
    title: str
    intro: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """A generated course.

    :ivar template: a program; ``{seconds}`` and ``{total}`` are filled in.
    :ivar seconds: of the programs of a chapter, in order, again and again.
    :ivar computes: the seconds are computed, not slept.
    :ivar loops: how many turns of the loop of :data:`COMPUTES` take one second.
    :ivar only: the tools that build it; empty for all.
    :ivar once: it is so large that each build of it is made once.
    """

    name: str
    about: str
    pages: int
    per_page: int
    template: str
    seconds: tuple[float, ...]
    computes: bool = False
    loops: float = 0.0
    only: tuple[str, ...] = ()
    once: bool = False

    @property
    def programs(self) -> int:
        """How many there are."""
        return self.pages * self.per_page

    @property
    def total(self) -> float:
        """The seconds of all programs."""
        return sum(self._seconds(number) for number in range(self.programs))

    @property
    def longest(self) -> float:
        """The seconds of the longest program."""
        return max(self._seconds(number) for number in range(self.programs))

    @property
    def edited(self) -> float:
        """The seconds of the program that is edited."""
        return self._seconds(self.pages // 2 * self.per_page)

    def chapters(self, edit: Edit = Edit.NONE) -> list[Chapter]:
        """The text. Edits are made in the chapter in the middle."""
        return [self._chapter(index, edit if index == self.pages // 2 else Edit.NONE) for index in range(self.pages)]

    def outputs(self, edit: Edit = Edit.NONE) -> list[str]:
        """What the pages must show, in order."""
        return [part.output for chapter in self.chapters(edit) for part in chapter.parts]

    def _seconds(self, number: int) -> float:
        return self.seconds[number % len(self.seconds)]

    def _chapter(self, index: int, edit: Edit) -> Chapter:
        first = index * self.per_page
        intro = _paragraph(first) + (" The author has added this sentence." if edit >= Edit.PROSE else "")
        parts = (self._part(first + place, edited=edit > Edit.NONE and place == 0) for place in range(self.per_page))
        return Chapter(f"chapter_{index + 1:03}", f"Chapter {index + 1}", intro, tuple(parts))

    def _part(self, number: int, *, edited: bool) -> Part:
        base = _EDITED if edited else _UNEDITED
        seconds = self._seconds(number)
        values = {"seconds": f"{seconds:g}", "turns": round(seconds * self.loops), "total": f"{base} + {number}"}
        return Part(_paragraph(number + 1), self.template.format(**values), f"done {base + number}")


@dataclass(frozen=True, slots=True)
class OwnCourse:
    """This repository's chapters and conf.py, as they are when the run begins."""

    name: str = "course"
    about: str = "this repository's own chapters, conf.py and theme"
    only: tuple[str, ...] = ("floor", "await")
    once: bool = False


_UNEDITED, _EDITED = 10_000, 50_000

# A program prints in one piece: what comes in two may be shown in two.
SLEEPS = """\
import time

time.sleep({seconds})
print(f"done {{{total}}}")
"""

SLEEPS_IN_ASYNCIO = """\
import asyncio

async def main() -> None:
    await asyncio.sleep({seconds})
    print(f"done {{{total}}}")

asyncio.run(main())
"""

COMPUTES = """\
found = 0
for number in range({turns}):
    found += number * number % 7
print(f"done {{{total}}}")
"""

_SENTENCES = (
    "A program does one thing after another, and most of what it does is to wait for somebody else.",
    "Whoever waits may as well let others work, if only there is somebody who knows whose turn it is.",
    "The loop asks each task in turn whether there is anything to do, and goes to sleep if there is not.",
    "What looks like many things at once is one thing at a time, handed over at places that you can see.",
    "Read the program below before you look at what it prints, and say how long it is going to take.",
    "A number on a page is worth something only if it was measured, and the page says where and when.",
    "Change one line of it, run it again, and compare what you expected with what you have got.",
    "None of this is about speed: it is about not standing idle while somebody else is at work.",
)


def _paragraph(number: int) -> str:
    return " ".join(_SENTENCES[(number * 3 + step * 5) % len(_SENTENCES)] for step in range(3))


def calibrated() -> float:
    """How many turns a second :data:`COMPUTES` makes on this machine: the best of several tries."""
    turns = 300_000
    code = compile(COMPUTES.format(turns=turns, total="0").rpartition("print")[0], "calibration", "exec")
    return turns / min(_processor_time(code) for _ in range(7))


def _processor_time(code: CodeType) -> float:
    begin = time.process_time()
    exec(code, {})  # noqa: S102 - our own loop, at a module's level as in a program
    return time.process_time() - begin


def all_courses(loops: float, *, quick: bool) -> dict[str, list[Course | OwnCourse]]:
    """The courses by the names that the command line knows.

    :param loops: what :func:`calibrated` found.
    :param quick: small ones, to try the benchmarks themselves.
    """
    sleepy, few, cpu = ((2, 5), (2, 10), (2, 2)) if quick else ((8, 5), (10, 20), (4, 5))
    wide, wider, page = ((5, 2), (5, 10), (1, 10)) if quick else ((500, 4), (500, 20), (1, 2000))
    short = "sleep 1 ms each"
    ours = ("floor", "await")
    return {
        "sleepy": [Course("sleepy", "sleep 0.1 to 1 s each", *sleepy, SLEEPS, (0.1, 0.3, 0.5, 0.6, 1.0))],
        "tiny": [Course("tiny", short, *few, SLEEPS, (0.001,))],
        "tiny-asyncio": [Course("tiny-asyncio", f"{short}, under `asyncio.run`", *few, SLEEPS_IN_ASYNCIO, (0.001,))],
        "cpu": [Course("cpu", "compute 0.2 s each", *cpu, COMPUTES, (0.2,), computes=True, loops=loops)],
        "course": [OwnCourse()],
        "wide": [
            Course("wide-2000", short, *wide, SLEEPS, (0.001,), only=ours, once=True),
            Course("wide-10000", short, *wider, SLEEPS, (0.001,), only=ours, once=True),
            Course("page-2000", short, *page, SLEEPS, (0.001,), only=ours, once=True),
        ],
    }
