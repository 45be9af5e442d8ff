"""Draws what the benchmarks measured: the directive ``bench_chart``, which names a course.

The numbers are those of the file ``benchmarks.json`` beside the page, which ``tests/bench/report.py`` writes. The
option ``data`` names another file, and ``label`` says in another language what is drawn. The table below a chart says
the same in words, so builders without pictures have no chart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata, OptionSpec

DATA = "benchmarks.json"
_SVG = "http://www.w3.org/2000/svg"
#: Sizes in the units of the drawing: a row, the names before the bars, the bars, the numbers after them.
_ROW, _NAMES, _BARS, _NUMBERS = 26, 140, 420, 120


@dataclass(frozen=True, slots=True)
class Bar:
    """What a tool took: seconds, the median of its builds, the least and the most."""

    tool: str
    median: float
    least: float
    most: float


def bars(text: str, course: str) -> list[Bar]:
    """The bars of a course.

    :raises ValueError: the text is not what the benchmarks wrote, or lacks the course.
    """
    try:
        return [Bar(tool, *map(float, values)) for tool, values in json.loads(text)[course].items()]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no course {course!r} in {DATA}") from error


def drawing(found: Sequence[Bar], what: str) -> str:
    """The chart as SVG: a bar for each tool, and a line from the least to the most."""
    most = max((bar.most for bar in found), default=0.0) or 1.0
    width, height = _NAMES + _BARS + _NUMBERS, _ROW * len(found) + 4
    words = "; ".join(f"{bar.tool} {bar.median:.2f} s" for bar in found)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    label = escape(f"{what}: {words}")
    parts = [f'<svg xmlns="{_SVG}" class="bench-chart" role="img" {size} aria-label="{label}">']
    for number, bar in enumerate(found):
        top, middle = number * _ROW + 4, number * _ROW + _ROW / 2 + 2
        ours = " ours" if bar.tool.startswith("await") else ""
        begin, median, end = (_NAMES + value / most * _BARS for value in (bar.least, bar.median, bar.most))
        length = max(1.0, median - _NAMES)
        parts.append(
            f'<text class="name{ours}" x="{_NAMES - 8}" y="{middle + 4:g}">{escape(bar.tool)}</text>'
            f'<rect class="bar{ours}" x="{_NAMES}" y="{top}" width="{length:.1f}" height="{_ROW - 8}"/>'
            f'<path class="spread" d="M{begin:.1f} {middle:g}H{max(end, begin + 1):.1f}"/>'
            f'<text class="number" x="{max(median, end) + 8:.1f}" y="{middle + 4:g}">{bar.median:.2f} s</text>'
        )
    return "".join([*parts, "</svg>"])


class BenchChart(SphinxDirective):
    """``bench_chart``: the cold builds of a course."""

    required_arguments = 1
    has_content = False
    option_spec: ClassVar[OptionSpec] = {"data": directives.path, "label": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return the chart as raw HTML. The data file becomes a dependency of the page."""
        file = Path(self.env.doc2path(self.env.docname)).parent / self.options.get("data", DATA)
        self.env.note_dependency(str(file))
        course = self.arguments[0]
        try:
            found = bars(file.read_text(encoding="utf-8"), course)
        except (OSError, ValueError) as error:
            raise self.error(f"{file.name}: {error}; tests/bench/report.py writes it") from error
        what = f"{course}, {self.options.get('label', 'cold builds')}"
        chart = nodes.raw("", drawing(found, what), format="html")
        return [nodes.container("", chart, classes=["bench-chart-box"])]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive to a Sphinx application."""
    app.add_directive("bench_chart", BenchChart)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
