"""The card of a page: the picture of a run as messengers show it. It has no letters, so no build needs fonts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_await.core.timeline.model import LaneKind, MarkKind, SpanKind

from .canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sphinx_await.core.timeline.model import Lane, Timeline

    from .canvas import Colour

#: Of a card; the side of the touch icon.
WIDTH, HEIGHT, ICON = 1200, 630, 180
_PAPER: Colour = (255, 255, 255)
_INK: Colour = (39, 87, 221)  # that of favicon.svg
_GRID: Colour = (232, 235, 242)
_LIFE: Colour = (205, 212, 228)
_DOT: Colour = (30, 34, 45)
_COLOURS: dict[SpanKind, Colour] = {
    SpanKind.RUN: _INK,
    SpanKind.MIXED: _INK,
    SpanKind.WORK: _INK,
    SpanKind.BLOCK: (196, 60, 30),
    SpanKind.WAIT: (147, 169, 222),
    SpanKind.READY: (226, 170, 96),
}
_ENDS = {MarkKind.CANCEL: (196, 60, 30), MarkKind.CANCELLED: (196, 60, 30), MarkKind.RAISED: (196, 60, 30)}
#: The most lanes, the margin and the height of a lane at most, in pixels; the shortest run is seen, too.
_MOST, _MARGIN, _ROW, _LEAST = 7, 72, 110, 14
_HEAD = 150


def is_for_card(timeline: Timeline) -> bool:
    """Whether a picture shows something from afar: several tasks, over a time in which something is seen."""
    tasks = [lane for lane in timeline.lanes if lane.row is LaneKind.TASK]
    waits = sum(span.end - span.start for lane in tasks for span in lane.spans if span.kind is SpanKind.WAIT)
    return len(tasks) > 1 and waits > timeline.end / 4


def draw_card(timeline: Timeline) -> bytes:
    """Draw a run: tasks with their steps, waits and lines of output, from the first thing that happens to the end."""
    canvas = Canvas(WIDTH, HEIGHT, _PAPER)
    canvas.box(0, 0, WIDTH, 12, _INK)
    draw_mark(canvas, _MARGIN, 48, 68)
    lanes = _lanes(timeline)
    start = min((lane.start for lane in lanes), default=0.0)
    end = max(max((lane.end for lane in lanes), default=0.0), start + 1e-6)

    def x(moment: float) -> float:
        return _MARGIN + (WIDTH - 2 * _MARGIN) * (min(max(moment, start), end) - start) / (end - start)

    for part in range(9):
        at = _MARGIN + (WIDTH - 2 * _MARGIN) * part / 8
        canvas.box(at - 1, _HEAD, at + 1, HEIGHT - 36, _GRID)
    row = min(_ROW, (HEIGHT - _HEAD - 48) / max(1, len(lanes)))
    top = _HEAD + (HEIGHT - _HEAD - 36 - row * len(lanes)) / 2
    for number, lane in enumerate(lanes):
        _draw_lane(canvas, lane, x, top + row * (number + 0.5), row * 0.4)
    return canvas.png()


def draw_sign() -> bytes:
    """Draw the card of a site whose first page has no picture: its sign alone."""
    canvas = Canvas(WIDTH, HEIGHT, _PAPER)
    canvas.box(0, 0, WIDTH, 12, _INK)
    size = HEIGHT / 2
    draw_mark(canvas, (WIDTH - size) / 2, (HEIGHT - size) / 2, size)
    return canvas.png()


def draw_icon() -> bytes:
    """Draw the sign of the site for the screens of phones, which round its corners themselves."""
    canvas = Canvas(ICON, ICON, _INK)
    draw_mark(canvas, 0, 0, ICON)
    return canvas.png()


def draw_mark(canvas: Canvas, left: float, top: float, size: float) -> None:
    """Draw the sign of the site, which favicon.svg has on 16 x 16 units."""
    unit = size / 16
    if size < canvas.width:
        for below in (3.0, 13.0):
            canvas.pill(left, top + (below - 3) * unit, left + size, top + (below + 3) * unit, _INK)
        canvas.box(left, top + 3 * unit, left + size, top + 13 * unit, _INK)
    for begin, end, middle in ((3, 10, 5), (6, 13, 8), (3, 8, 11)):
        canvas.pill(
            left + (begin - 0.8) * unit,
            top + (middle - 0.8) * unit,
            left + (end + 0.8) * unit,
            top + (middle + 0.8) * unit,
            _PAPER,
        )


def _lanes(timeline: Timeline) -> Sequence[Lane]:
    """The lanes that are drawn: tasks, and threads that tasks gave work to."""
    shown = (LaneKind.TASK, LaneKind.GROUP, LaneKind.THREAD)
    return [lane for lane in timeline.lanes if lane.row in shown][:_MOST]


def _draw_lane(canvas: Canvas, lane: Lane, x: Callable[[float], float], middle: float, high: float) -> None:
    canvas.pill(x(lane.start), middle - 3, x(lane.end), middle + 3, _LIFE)
    for resting in (True, False):
        for span in lane.spans:
            if span.kind not in _COLOURS or (span.kind in (SpanKind.WAIT, SpanKind.READY)) != resting:
                continue
            left, right, half = x(span.start), x(span.end), 6.0 if resting else high / 2
            if not resting and right - left < _LEAST:
                left, right = (left + right - _LEAST) / 2, (left + right + _LEAST) / 2
            canvas.box(left, middle - half, right, middle + half, _COLOURS[span.kind])
    for mark in lane.marks:
        if mark.sign in (MarkKind.OUTPUT, MarkKind.STDERR):
            canvas.disc(x(mark.at), middle + high * 0.5 + 14, 8, _DOT)
        elif mark.sign in _ENDS:
            canvas.disc(x(mark.at), middle, 11, _ENDS[mark.sign])
