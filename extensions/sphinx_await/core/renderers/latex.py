"""Draws timelines in LaTeX's ``picture`` environment; only the package xcolor is needed.

One unit is a thousandth of the line width. A picture cannot break across pages, so none is higher than the line is
wide. A run with many lanes gets several pictures, each with the time axis. Findings follow the last one as text, which
TeX breaks into lines, and the legend follows all.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from ..timeline.describe import blocked_words, findings, full_name, legend, wait_words
from ..timeline.model import PRINTED, LaneKind, MarkKind, SpanKind, axis_of_all
from .text_metrics import fit_text, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..timeline.labels import Labels
    from ..timeline.model import Arrow, Axis, Lane, Mark, Section, Span, Timeline

_WIDTH, _NAMES, _RIGHT = 1000, 215, 30
_PLOT = _WIDTH - _NAMES - _RIGHT
_ROW, _LOOP_ROW, _AXIS, _HEADING, _LEGEND_ROW = 58, 54, 40, 44, 34
_MIDDLE = 34
#: The largest height of the lanes of one picture: with everything else in it, it is at most as high as wide.
_MOST_LANES_HEIGHT = 700
#: Units of one of :func:`text_width`'s pixels, in the small type of the picture.
_TYPE = 1.75
_RUN, _WAIT, _BLOCK, _WORK, _SOFT, _INK = "0B62C4", "7A8694", "C2410C", "9D174D", "8A939C", "1F2328"
_HALF = {SpanKind.RUN: 11, SpanKind.MIXED: 6, SpanKind.BLOCK: 14, SpanKind.WORK: 10}
_LEAST = 3.0
_SPECIAL = str.maketrans(
    {char: f"\\{char}" for char in "&%$#_{}"}
    | {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
)
_NO_TEX = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
#: Symbols of LaTeX's own mathematical type.
_SIGNS = {
    MarkKind.CANCEL: r"\nabla",
    MarkKind.TIMEOUT: r"\odot",
    MarkKind.DESTROYED: r"\ominus",
    MarkKind.RAISED: r"\times",
    MarkKind.CANCELLED: r"\oslash",
    MarkKind.CLOSED: r"\bullet",
    MarkKind.LIMIT: r"\vert",
    MarkKind.CUT: r"\cdots",
}


_ARROWS = {MarkKind.CREATION: _SOFT, MarkKind.WAKE: _RUN}


def render_latex(sections: Sequence[Section], labels: Labels) -> str:
    """Render the pictures of one run, or of several on one axis, as LaTeX source.

    :param sections: the runs; their timelines have the same end.
    """
    timelines = [section.timeline for section in sections]
    axis = axis_of_all(timelines)
    lines = [r"\par\begingroup\setlength{\unitlength}{\dimexpr\linewidth/1000\relax}\scriptsize"]
    for section in sections:
        for picture in _pictures(section, labels, axis):
            lines += [r"\par\noindent", *picture.lines()]
        lines += [
            rf"{{\par\nobreak\raggedright\noindent {_text(words)}\par}}" for words in findings(section.timeline, labels)
        ]
    below = _LatexDrawing(labels, axis)
    below.legend(timelines)
    return "\n".join([*lines, r"\par\nobreak\noindent", *below.lines(), r"\par\endgroup"]) + "\n"


def _pictures(section: Section, labels: Labels, axis: Axis) -> Iterator[_LatexDrawing]:
    """The pictures of one run."""
    for indices in _shares(section.timeline.lanes):
        drawing = _LatexDrawing(labels, axis)
        drawing.section(section, indices)
        yield drawing


def _shares(lanes: Sequence[Lane]) -> list[range]:
    """Ranges of lanes; each range fits into one picture."""
    starts, height = [0], 0
    for index, lane in enumerate(lanes):
        if height + _height(lane) > _MOST_LANES_HEIGHT:
            starts.append(index)
            height = 0
        height += _height(lane)
    return [range(*pair) for pair in pairwise([*starts, len(lanes)])]


def _height(lane: Lane) -> int:
    return _LOOP_ROW if lane.row is LaneKind.LOOP else _ROW


def _text(words: str) -> str:
    return _NO_TEX.sub("\ufffd", words).translate(_SPECIAL)


def _sign(sign: MarkKind) -> str:
    return rf"\makebox(0,0){{\textcolor[HTML]{{{_BLOCK}}}{{\normalsize${_SIGNS[sign]}$}}}}"


def _width(text: str) -> float:
    """The width of a text in units."""
    return text_width(text) * _TYPE


class _LatexDrawing:
    """One picture, drawn from top to bottom. LaTeX counts from the bottom, so coordinates are reversed at the end."""

    def __init__(self, labels: Labels, axis: Axis) -> None:
        self._labels = labels
        self._scale = axis
        self._y = 0.0
        #: What is put where: x, y from the top, and the thing.
        self._put: list[tuple[float, float, str]] = []

    def lines(self) -> Iterator[str]:
        """The lines of LaTeX source."""
        yield rf"\begin{{picture}}({_WIDTH},{self._y:.0f})"
        for x, y, thing in self._put:
            yield rf"\put({x:.1f},{self._y - y:.1f}){{{thing}}}"
        yield r"\end{picture}"

    def _x(self, moment: float) -> float:
        return _NAMES + _PLOT * self._scale.share(moment)

    def _rule(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A filled rectangle whose top left corner is at (x, y)."""
        rule = rf"\textcolor[HTML]{{{colour}}}{{\rule{{{width:.1f}\unitlength}}{{{height:.1f}\unitlength}}}}"
        self._put.append((x, y + height, rule))

    def _words(self, x: float, y: float, words: str, place: str = "l", colour: str = _INK) -> None:
        self._put.append((x, y, rf"\makebox(0,0)[{place}]{{\textcolor[HTML]{{{colour}}}{{{_text(words)}}}}}"))

    def section(self, section: Section, indices: range) -> None:
        """Draw the axis, the heading (if any), and some lanes of one run."""
        self._y = _AXIS + (_HEADING if section.heading else 0)
        lanes = section.timeline.lanes
        tops: dict[int, float] = {}
        for index in indices:
            tops[index] = self._y
            self._lane(lanes[index])
        for arrow in section.timeline.arrows:
            self._arrow(arrow, tops)
        if section.timeline.stopped is not None and tops:
            top = min(tops.values())
            self._rule(self._x(section.timeline.stopped), top, 1.2, self._y - top, _BLOCK)
        drawn, self._put = self._put, []
        self._axis(section.timeline)
        self._put += drawn  # the grid lies below
        if section.heading:
            total = self._labels.total(section.timeline)
            self._words(0, _AXIS + _HEADING / 2, fit_text(f"{section.heading} · {total}", _WIDTH, _width))

    def _lane(self, lane: Lane) -> None:
        middle = self._y + _MIDDLE
        self._words(0, middle, fit_text(full_name(lane, self._labels), _NAMES - 12, _width))
        if lane.tasks:
            self._rule(self._x(lane.start), middle, self._x(lane.end) - self._x(lane.start), 0.6, _SOFT)
        for span in lane.spans:
            self._bar(span.kind, self._x(span.start), self._x(span.end) - self._x(span.start), middle)
            if lane.row is not LaneKind.LOOP:
                self._label(span, middle)
        for mark in lane.marks:
            self._mark(mark, middle)
        self._y += _height(lane)

    def _bar(self, kind: SpanKind, x: float, width: float, middle: float) -> None:
        """Draw a span; its height and fill show its kind."""
        width = max(_LEAST, width)
        if kind is SpanKind.READY:
            dashes = rf"\textcolor[HTML]{{{_BLOCK}}}{{\rule{{3\unitlength}}{{4\unitlength}}}}"
            self._put.append((x, middle - 2, rf"\multiput(0,0)(6,0){{{max(1, int(width / 6))}}}{{{dashes}}}"))
            return
        if kind in {SpanKind.WAIT, SpanKind.IDLE}:
            thick = 2.4 if kind is SpanKind.WAIT else 0.8
            self._rule(x, middle - thick / 2, width, thick, _WAIT)
            return
        half = _HALF[kind]
        if kind is SpanKind.RUN:
            self._rule(x, middle - half, width, 2 * half, _RUN)
            return
        colour = {SpanKind.BLOCK: _BLOCK, SpanKind.WORK: _WORK}.get(kind, _RUN)
        for y in (middle - half, middle + half - 1.2):
            self._rule(x, y, width, 1.2, colour)
        if kind is not SpanKind.WORK:
            stripes, apart = (3.0, 7.0) if kind is SpanKind.BLOCK else (1.2, 5.0)
            bar = rf"\textcolor[HTML]{{{colour}}}{{\rule{{{stripes}\unitlength}}{{{2 * half}\unitlength}}}}"
            count = max(1, int(width / apart))
            self._put.append((x, middle + half, rf"\multiput(0,0)({apart},0){{{count}}}{{{bar}}}"))
        for end in (x, x + width - 1.2):
            self._rule(end, middle - half, 1.2, 2 * half, colour)

    def _label(self, span: Span, middle: float) -> None:
        room = self._x(span.end) - self._x(span.start) - 16
        words = (
            iter(blocked_words(span, self._labels)) if span.kind is SpanKind.BLOCK else wait_words(span, self._labels)
        )
        text = next((text for text in words if _width(text) <= room), None)
        if text is not None:
            self._words(self._x(span.start) + 8, middle - 24, text)

    def _mark(self, mark: Mark, middle: float) -> None:
        x = self._x(mark.at)
        if mark.sign in PRINTED:
            self._put.append((x, middle + 18, rf"\textcolor[HTML]{{{_INK}}}{{\circle*{{8}}}}"))
        elif mark.sign in _SIGNS:
            right = 12 if mark.sign in {MarkKind.RAISED, MarkKind.CANCELLED, MarkKind.CLOSED} else 0
            self._put.append((x + right, middle, _sign(mark.sign)))

    def _arrow(self, arrow: Arrow, tops: dict[int, float]) -> None:
        """Draw an arrow to a lane of this picture. If it starts in another picture, it starts at the edge."""
        if arrow.target not in tops:
            return
        end = tops[arrow.target] + _MIDDLE
        edge = min(tops.values()) if arrow.source < arrow.target else self._y
        start = tops[arrow.source] + _MIDDLE if arrow.source in tops else edge
        down = 1 if end > start else -1
        length = abs(end - start) - 24
        colour = _RUN if arrow.wakes else _SOFT
        if length > 0:
            vector = rf"\textcolor[HTML]{{{colour}}}{{\vector(0,{-down}){{{length:.1f}}}}}"
            self._put.append((self._x(arrow.end), start + 12 * down, vector))

    def _axis(self, timeline: Timeline) -> None:
        unit = self._labels.on_axis(timeline).unit(timeline)
        for number, tick in enumerate(timeline.ticks):
            is_last = number + 1 == len(timeline.ticks)
            words = unit.format(number=tick.text) if is_last else tick.text
            self._words(self._x(tick.at), _AXIS / 2 - 6, words, "r" if is_last else "", _INK)
            self._rule(self._x(tick.at), _AXIS - 8, 0.5, self._y - _AXIS + 8, "D5D9DE")
        for start, end in ((0.0, self._scale.first), (self._scale.last, self._scale.end)):
            if start < end:
                self._put.append(((self._x(start) + self._x(end)) / 2, _AXIS / 2 - 6, _sign(MarkKind.CUT)))

    def legend(self, timelines: list[Timeline]) -> None:
        """Write the legend for the spans and marks of all runs."""
        x, self._y = 0.0, self._y + _LEGEND_ROW / 2
        for what, words in legend(timelines, self._labels):
            width = _width(words) + 56
            if x + width > _WIDTH:
                x, self._y = 0.0, self._y + _LEGEND_ROW
            if isinstance(what, MarkKind):
                self._mark_sample(what, x + 14)
            else:
                self._bar(what, x + 12 if what is SpanKind.RUN else x, 4 if what is SpanKind.RUN else 28, self._y)
            self._words(x + 36, self._y, words)
            x += width
        self._y += _LEGEND_ROW / 2

    def _mark_sample(self, sign: MarkKind, x: float) -> None:
        thing = rf"\textcolor[HTML]{{{_INK}}}{{\circle*{{8}}}}"
        if sign in _SIGNS:
            thing = _sign(sign)
        if sign in _ARROWS:
            thing = rf"\textcolor[HTML]{{{_ARROWS[sign]}}}{{\vector(0,-1){{16}}}}"
            self._put.append((x, self._y - 8, thing))
            return
        if sign is MarkKind.LIFE:
            thing = rf"\textcolor[HTML]{{{_SOFT}}}{{\rule{{28\unitlength}}{{0.6\unitlength}}}}"
            x -= 14
        self._put.append((x, self._y, thing))
