"""The results as tables, for the console and for a page."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from .measure import PHASES
from .small import HOWS
from .targets import targets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .results import Facts, Results
    from .small import Small

_NONE = "-"
_QUICK = "These are small courses, to try the benchmarks: the targets are not meant for them."


@dataclass(frozen=True, slots=True)
class Table:
    """Cells below a header."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def text(self) -> str:
        """For the console: columns of equal width."""
        lines = [self.header, *self.rows]
        widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
        padded = ["  ".join(map(_pad, line, widths)).rstrip() for line in lines]
        bar = "  ".join("-" * width for width in widths)
        return "\n".join([self.title, "", padded[0], bar, *padded[1:], *([self.note] if self.note else [])])

    def said_in(self, words: Callable[[str], str]) -> Table:
        """The same in the words of another language."""
        rows = tuple(tuple(map(words, row)) for row in self.rows)
        return Table(words(self.title), tuple(map(words, self.header)), rows, words(self.note))

    def markdown(self) -> str:
        """For a page."""
        rows = [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in (self.header, *self.rows)]
        rows.insert(1, "|" + "---|" * len(self.header))
        return "\n".join([*rows, *(["", self.note] if self.note else [])])


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def course_table(results: Results, facts: Facts) -> Table:
    """The medians of a course, a row a tool."""
    measured = {sample.tool for sample in results.samples if sample.course == facts.name}
    rows = [_row(results, facts.name, tool) for tool in results.tools if tool in measured]
    header = ("tool", *PHASES, "programs run", "MiB")
    return Table(_title(facts), header, tuple(rows), _spread(results, facts.name))


def _title(facts: Facts) -> str:
    if facts.programs is None:
        return f"{facts.name}: {facts.about}"
    text = f"{facts.name}: {facts.programs} programs on {facts.pages} pages, {facts.about}"
    return f"{text}; {facts.total:g} s in all"


def _row(results: Results, course: str, tool: str) -> tuple[str, ...]:
    walls = [results.median(course, tool, phase) for phase in PHASES]
    cells = [_NONE if wall is None else f"{wall:.2f}" for wall in walls]
    if any(sample.failed for sample in results.samples if (sample.course, sample.tool) == (course, tool)):
        cells[0] = "failed" if walls[0] is None else f"{cells[0]} (some failed)"
    size = results.median(course, tool, "cold", lambda sample: sample.rss)
    return (tool, *cells, _programs(results, course, tool), _NONE if size is None else f"{size:.0f}")


def _programs(results: Results, course: str, tool: str) -> str:
    counts = [results.median(course, tool, phase, lambda sample: sample.programs or 0) for phase in PHASES]
    known = any(sample.programs is not None for sample in results.of(course, tool, "cold"))
    return " / ".join(_NONE if count is None else f"{count:g}" for count in counts) if known else _NONE


def _spread(results: Results, course: str) -> str:
    """How far the repetitions of one build lie apart, at worst."""
    spreads = [
        ((max(walls) - min(walls)) / min(walls), tool, phase)
        for tool in results.tools
        for phase in PHASES
        if len(walls := [sample.wall for sample in results.of(course, tool, phase)]) > 1
    ]
    if not spreads:
        return ""
    worst, tool, phase = max(spreads)
    return f"Slowest over fastest repetition: at worst {worst:+.0%} ({tool}, {phase})."


def small_table(found: Sequence[Small]) -> Table:
    """Small programs: medians of milliseconds a program, where the processor time goes, and times a bare fork."""
    rows = []
    for kind in dict.fromkeys(one.kind for one in found):
        of = {how: [one for one in found if (one.kind, one.how) == (kind, how)] for how in HOWS}
        for how, ours in of.items():
            both = list(zip(ours, of[HOWS[0]], strict=True))
            cells = [[one.wall, one.cpu, one.builder, one.server, one.programs] for one in ours]
            times = [[one.wall / bare.wall, one.cpu / bare.cpu] for one, bare in both]
            columns = (*zip(*cells, strict=True), *zip(*times, strict=True))
            rows.append((f"{kind}, {how}", *(f"{median(column):.2f}" for column in columns)))
    header = (
        "ms a program",
        "wall",
        "processor",
        "builder",
        "server",
        "programs",
        "wall, times bare",
        "processor, times bare",
    )
    return Table("Small programs", header, tuple(rows))


def target_table(results: Results) -> Table:
    """Promises, and what became of them."""
    words = {True: "yes", False: "NO", None: _NONE}
    rows = [(one.what, one.target, one.measured, words[one.met]) for one in targets(results)]
    return Table("Targets", ("what", "target", "measured", "met?"), tuple(rows), _QUICK if results.quick else "")


def failure_table(results: Results) -> Table:
    """The builds that count for nothing, and why."""
    reasons: dict[tuple[str, str, str, str], int] = {}
    for sample in results.samples:
        if sample.failed:
            key = (sample.course, sample.tool, sample.phase, sample.failed)
            reasons[key] = reasons.get(key, 0) + 1
    rows = [(*key[:3], str(times), key[3]) for key, times in reasons.items()]
    return Table("Failed builds", ("course", "tool", "phase", "times", "why"), tuple(rows))


def tables(results: Results) -> list[Table]:
    """All of them that have rows."""
    courses = [course_table(results, facts) for facts in results.courses]
    more = small_table(results.small), target_table(results), failure_table(results)
    return [table for table in (*courses, *more) if table.rows]
