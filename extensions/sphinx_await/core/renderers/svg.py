"""Draws timelines as SVG.

Moments are percentages of the plot's width, and everything else is pixels. So a picture fits a telephone and a wide
screen with text of the same size. A label has the class ``at-nPIXELS``: the style sheet hides it where the plot is
narrower than that. Nothing needs a script.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, partial
from html import escape
from typing import TYPE_CHECKING

from ..timeline.describe import (
    blocked_words,
    findings,
    lane_name,
    lane_note,
    lane_title,
    legend,
    mark_words,
    span_words,
    wait_words,
)
from ..timeline.model import AT_REST, PRINTED, LaneKind, MarkKind, SpanKind, axis_of_all, drawn_kind
from .places import crossings, dots, event_shifts, free_part, half_width
from .text_metrics import close_width, fit_text, text_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..timeline.labels import Labels
    from ..timeline.model import Arrow, Lane, Mark, Section, Span, Timeline
    from .places import Dot

#: The width of a stand-alone picture, in pixels, and of one in a book, which is read on small screens, too.
WIDTH, BOOK_WIDTH = 760, 560
#: The column of names, and the room to the right of the plot.
NAMES, RIGHT = 136, 16
_MARGIN = 14
#: The widths of plots, in pixels, for which the style knows whether to show a label.
ROOMS = (*range(80, 400, 20), 400, 440, 480, 520, 560, 640, 760, 900)
#: In a page narrower than this, in pixels, the column of names and the room to the right take less.
NARROW_PAGE, NARROW_SIDES, SIDE_GAP = 467, 100, 4
_AXIS, _HEADING, _LEGEND_ROW, _GAP = 26, 30, 20, 14
_LOOP_ROW, _LOW_ROW, _HIGH_ROW = 38, 42, 52
_MIDDLE = 25
_LEAST = 0.01
_INDENT, _DEEPEST = 8, 4
_NEAR_END = 93.0
#: The width of a plot in a page of 390 pixels: what is told apart there, is everywhere.
NARROW_PLOT = 228
#: The share of a plot from which on a pattern can be seen: four pixels there.
SEEN = 4 / NARROW_PLOT
#: A lane of more runs than this has thinner ones.
_DENSE = 60
#: Half the height of a bar by its kind, in pixels.
_HALF = {SpanKind.RUN: 7, SpanKind.MIXED: 4, SpanKind.BLOCK: 9, SpanKind.WORK: 8}
_LOOP_HALF = {SpanKind.RUN: 4, SpanKind.MIXED: 2.5, SpanKind.BLOCK: 7}
_VARIABLE = re.compile(r"var\(--await-(\w+)\)")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: The colours of a stand-alone picture. They are filled in, because not every viewer of SVG knows variables of CSS.
COLOURS = {
    "ink": "#1f2328",
    "soft": "#5b6570",
    "paper": "#ffffff",
    "wait": "#7a8694",
    "run": "#0b62c4",
    "block": "#c2410c",
    "work": "#9d174d",
    "out": "#1f2328",
    "count": "#ffffff",
}


@cache
def style() -> str:
    """The style sheet of a stand-alone picture, without colours. It is read on demand; a browser never needs it."""
    from importlib import resources  # takes long to import

    return resources.files(__package__).joinpath("svg.css").read_text(encoding="utf-8")


#: The shapes of marks, around the middle of a square of 14 pixels.
_GLYPHS = {
    MarkKind.OUTPUT: '<circle class="at-dot" r="4"/>',
    MarkKind.STDERR: '<path class="at-dot" d="M0-5 5 0 0 5-5 0Z"/>',
    MarkKind.CANCEL: '<path class="at-event" d="M-5-4H5L0 5Z"/>',
    MarkKind.DESTROYED: '<circle class="at-event" r="5.5"/><path class="at-sign" stroke-width="1.3" d="M-2.5 0H2.5"/>',
    MarkKind.TIMEOUT: '<circle class="at-event" r="5.5"/><path class="at-sign" stroke-width="1.3" d="M0-3V0H2.5"/>',
    MarkKind.RAISED: '<path class="at-sign" d="M-4-4 4 4M-4 4 4-4"/>',
    MarkKind.CANCELLED: '<path class="at-sign" d="M-3.2 3.2 3.2-3.2"/><circle class="at-sign" r="4.5"/>',
    MarkKind.CLOSED: '<path class="at-sign" d="M-4-4H4V4H-4Z"/>',
    MarkKind.LIMIT: '<path class="at-limit" d="M0-7V7"/>',
    MarkKind.CREATION: ('<line class="at-create" y1="-7" y2="5"/><circle class="at-tip-create" cy="4" r="2.5"/>'),
    MarkKind.WAKE: '<line class="at-wake" y1="-7" y2="6"/><path class="at-tip-wake" d="M-3.5 0H3.5L0 6Z"/>',
    MarkKind.LIFE: '<line class="at-life" x1="-7" x2="7"/>',
    MarkKind.CUT: '<rect class="at-cut" x="-5" y="-7" width="10" height="14"/>',
}
_SAMPLES = {
    SpanKind.RUN: '<rect class="at-run" x="-2" y="-6" width="4" height="12"/>',
    SpanKind.MIXED: '<rect class="at-mixed" x="-7" y="-4" width="14" height="8"/>',
    SpanKind.WAIT: '<line class="at-wait" x1="-7" x2="7"/>',
    SpanKind.READY: '<line class="at-ready" x1="-7" x2="7"/>',
    SpanKind.IDLE: '<line class="at-idle" x1="-7" x2="7"/>',
    SpanKind.BLOCK: '<rect class="at-block" x="-7" y="-7" width="14" height="14" fill="url(#{prefix}-stripes)"/>',
    SpanKind.WORK: '<rect class="at-work" x="-7" y="-5" width="14" height="10" rx="3"/>',
}


@dataclass(frozen=True, slots=True)
class Frame:
    """The name of a picture, and how it is embedded.

    :ivar prefix: prefix of all its ids, unique in the page.
    :ivar label: its accessible name.
    :ivar linked: whether its marks link to the lines of output, whose ids are ``PREFIX-lN``.
    :ivar alone: whether it is a document of its own, with style and legend.
    :ivar width: of a document of its own, in pixels.
    """

    prefix: str
    label: str
    linked: bool = False
    alone: bool = False
    width: int = WIDTH

    @property
    def plot(self) -> int:
        """The width of the plot of a document of its own."""
        return self.width - 2 * _MARGIN - NAMES - RIGHT


def render_svg(sections: Sequence[Section], labels: Labels, frame: Frame) -> str:
    """Render the picture of one run, or of several on one axis: an SVG document, or HTML elements that contain SVG.

    :param sections: the runs; their timelines have the same end.
    """
    drawn = "".join(_SvgDrawing(labels, frame, sections).pieces()) + "\n"
    return _VARIABLE.sub(lambda match: COLOURS[match[1]], drawn) if frame.alone else drawn


def draw_legend(sections: Sequence[Section], labels: Labels, prefix: str) -> str:
    """Render the legend of a picture as an HTML list."""
    samples = [
        f'<li><svg class="await-svg" width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">'
        f"{_sample(what, prefix)}</svg>{_text(words)}</li>"
        for what, words in legend([section.timeline for section in sections], labels, SEEN)
    ]
    return f'<ul class="await-legend">{"".join(samples)}</ul>\n'


def _sample(what: SpanKind | MarkKind, prefix: str) -> str:
    return _GLYPHS[what] if isinstance(what, MarkKind) else _SAMPLES[what].format(prefix=prefix)


def _may_go(number: int, last: int) -> bool:
    """Whether the label of a tick is hidden in a narrow picture. The labels that stay are evenly spaced."""
    return 0 < number < last and bool(last % 2 or number % 2)


def _text(words: str) -> str:
    return escape(_NO_XML.sub("\ufffd", words))


def _bold_width(text: str) -> float:
    return text_width(text, bold=True)


def brief_text(text: str, room: float, *, bold: bool) -> str:
    """Cut a text for a narrow page. The name of a group, ``Task-5 … Task-9``, ends with its own ellipsis."""
    cut = fit_text(text, room, partial(close_width, bold=bold))
    return cut if cut == text else re.sub("… .*", "…", cut)


def _room(text: str, share: float) -> int | None:
    """The smallest width of a plot in which a text fits into its share; None if there is none."""
    need = (text_width(text) + 8) / share if share else float("inf")
    return next((room for room in ROOMS if need <= room), None)


def _dot_shape(mark: Mark) -> str:
    """A dot of output; one of several lines has their number."""
    if len(mark.lines) == 1:
        return _GLYPHS[mark.sign]
    half = half_width(mark)
    shape = f'<rect class="at-dot" x="{-half:g}" y="-6.5" width="{2 * half:g}" height="13" rx="6.5"/>'
    if mark.sign is MarkKind.STDERR:
        shape = f'<path class="at-dot" d="M{-half:g} 0l7-7H{half - 7:g}l7 7-7 7H{7 - half:g}Z"/>'
    return f'{shape}<text class="at-count" text-anchor="middle" y="4">{len(mark.lines)}</text>'


class _SvgDrawing:
    """One picture, from top to bottom."""

    def __init__(self, labels: Labels, frame: Frame, sections: Sequence[Section]) -> None:
        self._words = labels
        self._labels = labels.on_axis(sections[0].timeline)
        self._frame = frame
        self._sections = sections
        self._axis = axis_of_all([section.timeline for section in sections])
        self._y = 0.0
        #: The content of each layer of the picture, from back to front.
        self._heads: list[str] = []
        self._names: list[str] = []
        self._back: list[str] = []
        self._front: list[str] = []
        self._marks: list[str] = []
        self._tips: list[str] = []
        for section in sections:
            self._section(section)
        self._grid(sections[0].timeline)
        self._bottom: list[str] = list(self._legend_rows()) if frame.alone else []

    def pieces(self) -> Iterator[str]:
        """The text of the picture, in pieces. In a page: a drawing of the names, and a plot of variable width."""
        frame, label = self._frame, _text(self._frame.label)
        if not frame.alone:
            yield f'<div class="await-drawing" id="{frame.prefix}" role="group" aria-label="{label}">'
            yield f'<svg class="await-svg at-side" width="{NAMES}" height="{self._y:g}" aria-hidden="true">'
            yield from self._side("100%")
            yield f'</svg><svg class="await-svg at-plot" width="100%" height="{self._y:g}" overflow="visible">'
            yield from self._plot()
            yield "</svg></div>"
            return
        yield f'<svg xmlns="http://www.w3.org/2000/svg" class="await-svg" role="img" aria-label="{label}"'
        width = self._frame.width
        yield f' width="{width}" height="{self._y:g}" viewBox="0 0 {width} {self._y:g}"><style>{style()}</style>'
        yield f'<rect width="{width}" height="{self._y:g}" fill="var(--await-paper)"/>'
        yield f'<g transform="translate({_MARGIN})">'
        yield from self._side(str(NAMES))
        yield f'<svg x="{NAMES}" width="{self._frame.plot}" height="{self._y:g}" overflow="visible">'
        yield from self._plot()
        yield "</svg>"
        yield from self._bottom
        yield "</g></svg>"

    def _side(self, width: str) -> Iterator[str]:
        """The names, clipped at the plot; headings may extend over it."""
        yield f'<svg width="{width}" height="{self._y:g}">{"".join(self._names)}</svg>{"".join(self._heads)}'

    def _plot(self) -> Iterator[str]:
        yield f'<defs><pattern id="{self._frame.prefix}-stripes" width="6" height="6" patternUnits="userSpaceOnUse"'
        yield ' patternTransform="rotate(45)"><rect width="6" height="6" fill="var(--await-paper)"/>'
        yield '<line class="at-stripe" x1="1" x2="1" y2="6"/></pattern></defs>'
        yield f'<g aria-hidden="true">{"".join(self._back)}{"".join(self._front)}</g>{"".join(self._marks)}'
        yield f'<g aria-hidden="true" pointer-events="none">{"".join(self._tips)}</g>'

    @property
    def _plot_width(self) -> int:
        """The width of the narrowest plot in which it is looked at."""
        return self._frame.plot if self._frame.alone else NARROW_PLOT

    def _section(self, section: Section) -> None:
        if section.heading:
            self._heading(section)
        elif not self._y:
            self._y = _AXIS
        tops = []
        for index, lane in enumerate(section.timeline.lanes):
            tops.append(self._y)
            self._lane(lane, index, section.timeline.arrows)
        for arrow in section.timeline.arrows:
            self._arrow(arrow, tops, section.timeline.lanes)
        if section.timeline.stopped is not None and tops:
            x = self._percent(section.timeline.stopped)
            title = f"<title>{_text(self._labels.limit)}</title>"
            place = f'x1="{x}" x2="{x}" y1="{tops[0]:g}" y2="{self._y:g}"'
            self._front.append(f'<line class="at-limit" {place}>{title}</line>')

    def _heading(self, section: Section) -> None:
        """Draw the name of a run above its lanes, and its total time as a bar."""
        self._y += _GAP if self._y else _AXIS
        total = f"{section.heading} · {self._words.total(section.timeline)}"
        room = self._frame.width - RIGHT
        width = self._percent(section.timeline.wall)
        self._back.append(f'<rect class="at-total" y="{self._y + 20:g}" width="{width}" height="5" rx="2"/>')
        self._heads.append(
            f'<text class="at-name" y="{self._y + 14:g}">{_text(fit_text(total, room, _bold_width))}</text>'
        )
        self._y += _HEADING

    def _lane(self, lane: Lane, index: int, arrows: Sequence[Arrow]) -> None:
        """Draw a lane: its name, its spans and its marks, in one row.

        :param arrows: what must not cross its labels and its dots.
        """
        is_loop = lane.row in {LaneKind.LOOP, LaneKind.PROGRAM}
        y = self._y
        indent = _INDENT * min(lane.depth, _DEEPEST)
        self._name("at-name", lane_title(lane, self._labels), indent, y + _MIDDLE - 2, _bold_width)
        self._name("at-note", lane_note(lane, self._labels), indent, y + _MIDDLE + 11, text_width)
        if lane.tasks:
            self._line("at-life", lane.start, lane.end, y + _MIDDLE)
        thin = " at-thin" if sum(span.kind is SpanKind.RUN for span in lane.spans) > _DENSE else ""
        above = crossings(arrows, index, self._axis, below=False)
        for span in lane.spans:
            self._span(span, y, thin, is_loop=is_loop)
            if not is_loop:
                self._label(span, y, above)
        events = [mark for mark in lane.marks if mark.sign not in PRINTED and mark.sign is not MarkKind.RETURNED]
        for mark, beside in zip(events, event_shifts(events, self._axis, self._plot_width), strict=True):
            self._event(mark, y, beside)
        below = crossings(arrows, index, self._axis, below=True)
        hanging = dots(lane.marks, self._axis, self._plot_width, below)
        if self._frame.alone:
            hanging = [replace(dot, mark=dot.all) for dot in hanging if dot.all is not None]
        for dot in hanging:
            self._dot(dot, y, 0 if is_loop else _HALF[SpanKind.RUN])
        has_dots = any(mark.sign in PRINTED for mark in lane.marks)
        self._y += _HIGH_ROW if has_dots else _LOOP_ROW if is_loop else _LOW_ROW

    def _name(self, kind: str, text: str, x: float, y: float, width: Callable[[str], float]) -> None:
        """Write beside a lane; what a narrow page has no room for, it cuts itself."""
        long = fit_text(text, NAMES - 8 - x, width)
        brief = brief_text(text, NARROW_SIDES - RIGHT - SIDE_GAP - x, bold=width is _bold_width)
        shown = _text(long)
        if brief != long and not self._frame.alone:
            shown = f'<tspan class="at-long">{shown}</tspan><tspan class="at-brief">{_text(brief)}</tspan>'
        self._names.append(f'<text class="{kind}" x="{x}" y="{y:g}">{shown}</text>')

    def _span(self, span: Span, y: float, thin: str, *, is_loop: bool) -> None:
        middle, title = y + _MIDDLE, f"<title>{_text(span_words(span, self._labels))}</title>"
        kind = drawn_kind(span, self._axis, SEEN)
        if kind in AT_REST:
            self._line(f"at-{kind}", span.start, span.end, middle, title)
        else:
            half = (_LOOP_HALF if is_loop else _HALF).get(kind, 4)
            x, width = self._percent(span.start), max(_LEAST, 100 * self._share(span))
            extra = f' fill="url(#{self._frame.prefix}-stripes)"' if kind is SpanKind.BLOCK else ""
            extra += ' rx="4"' if kind is SpanKind.WORK else ""
            self._front.append(
                f'<rect class="at-{kind}{thin}" x="{x}" y="{middle - half:g}" width="{width:.2f}%"'
                f' height="{2 * half:g}"{extra}>{title}</rect>'
            )

    def _label(self, span: Span, y: float, crossed: Sequence[float]) -> None:
        """Draw the label of a span, if it fits between arrows; a narrow page shows a shorter one."""
        start, end = free_part(self._axis.share(span.start), self._axis.share(span.end), crossed)
        share = end - start
        above = _HALF.get(span.kind, _HALF[SpanKind.RUN]) + 4
        words = wait_words(span, self._labels)
        if span.kind is SpanKind.BLOCK:
            words = iter(blocked_words(span, self._labels))
        shown = [(text, room) for text in words if (room := _room(text, share)) is not None]
        if self._frame.alone:
            shown = [(text, room) for text, room in shown if room <= self._frame.plot][:1]
        longer = ""
        for text, room in shown:
            self._front.append(
                f'<text class="at-label at-n{room}{longer}" x="{100 * start:.2f}%" dx="4"'
                f' y="{y + _MIDDLE - above:g}">{_text(text)}</text>'
            )
            longer = f" at-s{room}"

    def _event(self, mark: Mark, y: float, beside: float) -> None:
        """Draw a mark that is no output, so many pixels to the right of its moment."""
        title = _text(mark_words(mark, self._labels))
        many = f'<text class="at-many" text-anchor="middle" y="15">×{mark.count}</text>' if mark.count > 1 else ""
        glyph = f'<g transform="translate({beside:g})">{_GLYPHS[mark.sign]}{many}</g>'
        place = f'x="{self._percent(mark.at)}" y="{y + _MIDDLE:g}"'
        self._front.append(f'<svg {place} overflow="visible"><title>{title}</title>{glyph}</svg>')

    def _dot(self, dot: Dot, y: float, above: float) -> None:
        """Draw a dot of output below its lane, on a stem from ``above`` pixels below the lane's middle.

        In a narrow page one dot stands for several that would lie on each other.
        """
        mark, title = dot.mark, _text(mark_words(dot.mark, self._labels))
        shape = _dot_shape(mark)
        is_fine = dot.all is None
        if dot.all is not None and dot.all != mark:
            both = f"<title>{_text(mark_words(dot.all, self._labels))}</title>{_dot_shape(dot.all)}"
            shape = f'<g class="at-fine">{shape}</g><g class="at-coarse">{both}</g>'
        hung = f'<circle class="at-hit" r="10"/>{shape}'
        hung = f'<g transform="translate({dot.beside:g})">{hung}</g>' if dot.beside else hung
        x = self._percent(mark.at)
        drawn = (
            f'<svg x="{x}" y="{y + _MIDDLE + 18:g}" overflow="visible"><title>{title}</title>'
            f'<path class="at-stem" d="M0 {above - 18:g}L{dot.beside:g}-4"/>{hung}</svg>'
        )
        if self._frame.linked:
            first = mark.lines[0]
            # The number that is seen is part of the name: readers may say it to their device.
            numbers = [len(one.lines) for one in (dot.all, mark) if one is not None and len(one.lines) > 1]
            name = " · ".join([*dict.fromkeys(map(str, numbers)), title])
            drawn = (
                f'<a class="at-out{" at-fine" if is_fine else ""}" id="{self._frame.prefix}-m{first}"'
                f' href="#{self._frame.prefix}-l{first}" tabindex="-1" aria-label="{name}">{drawn}</a>'
            )
        elif is_fine:
            drawn = f'<g class="at-fine">{drawn}</g>'
        self._marks.append(drawn)

    def _arrow(self, arrow: Arrow, tops: Sequence[float], lanes: Sequence[Lane]) -> None:
        start, end = tops[arrow.source] + _MIDDLE, tops[arrow.target] + _MIDDLE
        down = 1 if end > start else -1
        is_call = lanes[arrow.target].row is LaneKind.THREAD
        words = self._labels.wakes if arrow.wakes else self._labels.hands if is_call else self._labels.creates
        names = (lane_name(lanes[index], self._labels) for index in (arrow.source, arrow.target))
        source, target = names
        title = f"<title>{_text(words.format(source=source, target=target))}</title>"
        kind = "wake" if arrow.wakes else "create"
        tip = f'<path class="at-tip-wake" d="M-3.5 {-6 * down}H3.5L0 0Z"/>'
        if not arrow.wakes:
            tip = f'<circle class="at-tip-create" cy="{-2 * down}" r="2.5"/>'
        start, end = start + 7 * down, end - 8 * down
        self._back.append(
            f'<line class="at-{kind}" x1="{self._percent(arrow.start)}" y1="{start:g}" x2="{self._percent(arrow.end)}"'
            f' y2="{end:g}">{title}</line>'
        )
        self._tips.append(f'<svg x="{self._percent(arrow.end)}" y="{end:g}" overflow="visible">{tip}</svg>')

    def _grid(self, timeline: Timeline) -> None:
        unit = self._labels.unit(timeline)
        lines = []
        for number, tick in enumerate(timeline.ticks):
            x = self._percent(tick.at)
            lines.append(f'<line class="at-grid" x1="{x}" x2="{x}" y1="{_AXIS - 8}" y2="{self._y:g}"/>')
            is_last = number + 1 == len(timeline.ticks)
            words = unit.format(number=tick.text) if is_last else tick.text
            place = 100 * self._axis.share(tick.at)
            anchor = "middle" if 0 < place < _NEAR_END else "start" if not number else "end"
            odd = " at-odd" if _may_go(number, len(timeline.ticks) - 1) else ""
            lines.append(
                f'<text class="at-tick{odd}" x="{x}" y="{_AXIS - 13}" text-anchor="{anchor}">{_text(words)}</text>'
            )
        self._back[:0] = [*self._cuts(), *lines]

    def _cuts(self) -> Iterator[str]:
        """Draw where time is drawn shorter."""
        axis = self._axis
        for start, end in ((0.0, axis.first), (axis.last, axis.end)):
            if start < end:
                width = 100 * (axis.share(end) - axis.share(start))
                title = _text(self._labels.cut_at.format(duration=self._labels.duration(end - start)))
                x, y = self._percent(start), _AXIS - 8
                place = f'x="{x}" y="{y}" width="{width:.2f}%" height="{self._y - y:g}"'
                yield f'<rect class="at-cut" {place}><title>{title}</title></rect>'

    def _line(self, name: str, start: float, end: float, y: float, title: str = "") -> None:
        x = f'x1="{self._percent(start)}" x2="{self._percent(end)}"'
        self._front.append(f'<line class="{name}" {x} y1="{y:g}" y2="{y:g}">{title}</line>')

    def _percent(self, moment: float) -> str:
        return f"{100 * self._axis.share(moment):.2f}%"

    def _share(self, span: Span) -> float:
        """The share of the plot that a span takes."""
        return self._axis.share(span.end) - self._axis.share(span.start)

    def _legend_rows(self) -> Iterator[str]:
        """Draw the legend and the findings below a stand-alone picture."""
        x, self._y = 0.0, self._y + _GAP
        for what, words in legend([section.timeline for section in self._sections], self._labels, SEEN):
            width = text_width(words) + 36
            if x + width > self._frame.width - 2 * _MARGIN:
                x, self._y = 0.0, self._y + _LEGEND_ROW
            sample = f'{_sample(what, self._frame.prefix)}<text x="14" y="4">{_text(words)}</text>'
            yield f'<g transform="translate({x + 8:g} {self._y:g})">{sample}</g>'
            x += width
        for section in self._sections:
            for words in findings(section.timeline, self._words):
                self._y += _LEGEND_ROW
                lead = f"{section.heading}: " if section.heading else ""
                cut = fit_text(lead + words, self._frame.width - 2 * _MARGIN, _bold_width)
                yield f'<text class="at-name" y="{self._y + 4:g}">{_text(cut)}</text>'
        self._y += _GAP
