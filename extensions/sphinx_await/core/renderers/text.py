"""Writes timelines as text, for terminals and for builders without pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..text.terminal import for_terminal
from ..text.widths import char_width, text_columns
from ..timeline.describe import findings, full_name, legend, summary, table_head, table_rows, wait_words
from ..timeline.model import MarkKind, SpanKind
from .text_metrics import fit_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..timeline.labels import Labels
    from ..timeline.model import Axis, Lane, Span, Timeline

_BARS = {
    SpanKind.IDLE: "·",
    SpanKind.WAIT: "─",
    SpanKind.READY: "┄",
    SpanKind.MIXED: "▒",
    SpanKind.RUN: "█",
    SpanKind.WORK: "▄",
    SpanKind.BLOCK: "▓",
}
_SIGNS = {
    MarkKind.OUTPUT: "●",
    MarkKind.STDERR: "◆",
    MarkKind.CANCEL: "▽",
    MarkKind.TIMEOUT: "◷",
    MarkKind.DESTROYED: "⊖",
    MarkKind.RAISED: "✗",
    MarkKind.CANCELLED: "⊘",
    MarkKind.CLOSED: "□",
    MarkKind.LIMIT: "╎",
    MarkKind.CUT: "⋯",
}
#: What only drawings have.
_UNDRAWN = frozenset({MarkKind.CREATION, MarkKind.WAKE, MarkKind.LIFE})
_LEAST_PLOT, _MOST_NAME, _MOST_CELL = 20, 26, 120
#: A wait's words stand in its line, with this much of the line before and after them.
_BEFORE, _AROUND = 1, 4


def _plain(text: str) -> str:
    """A text on one line; control characters are escapes, as they have no width."""
    return for_terminal(text).replace("\n", " ").replace("\t", " ")


def _padded(text: str, width: int) -> str:
    """Pad or cut a text to exactly this number of columns."""
    text = fit_text(text, width, text_columns)
    return text + " " * (width - text_columns(text))


def render_text(timeline: Timeline, labels: Labels, width: int = 80) -> str:
    """Render the lanes of a timeline in lines of at most ``width`` columns (about 40 at least), and a legend."""
    names = [("  " * min(lane.depth, 2)) + _plain(full_name(lane, labels)) for lane in timeline.lanes]
    name_width = min(_MOST_NAME, max(map(text_columns, names), default=0))
    cells = max(_LEAST_PLOT, width - name_width - 1)
    lines = [" " * (name_width + 1) + _axis(timeline, labels, cells)]
    lines += [
        f"{_padded(name, name_width)} {_row(lane, timeline, labels, cells)}".rstrip()
        for name, lane in zip(names, timeline.lanes, strict=True)
    ]
    samples = [f"{_sample(what)} {words}" for what, words in legend([timeline], labels) if what not in _UNDRAWN]
    lines += _wrapped(samples, width)
    return "\n".join([*lines, *(f"! {_plain(words)}" for words in findings(timeline, labels))])


def render_table(timeline: Timeline, labels: Labels) -> str:
    """Render a table of what each task did; an empty text if there was no task."""
    if not (facts := table_rows(timeline, labels)):
        return ""
    rows = [
        table_head(timeline, labels),
        *(tuple(fit_text(_plain(cell), _MOST_CELL, text_columns) for cell in row) for row in facts),
    ]
    widths = [max(map(text_columns, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(_padded, row, widths)).rstrip() for row in rows)


def render_timeline(timeline: Timeline, labels: Labels, width: int = 80) -> str:
    """Render the picture, the table and a summary."""
    parts = [render_text(timeline, labels, width), render_table(timeline, labels), summary(timeline, labels)]
    return "\n\n".join(filter(None, parts))


def _sample(what: SpanKind | MarkKind) -> str:
    return _SIGNS[what] if isinstance(what, MarkKind) else _BARS[what]


def _axis(timeline: Timeline, labels: Labels, cells: int) -> str:
    unit = labels.on_axis(timeline).unit(timeline)
    text = _SIGNS[MarkKind.CUT] if timeline.axis.first else ""
    for number, tick in enumerate(timeline.ticks):
        is_last = number + 1 == len(timeline.ticks)
        words = unit.format(number=tick.text) if is_last else tick.text
        at = min(_cell(tick.at, timeline.axis, cells), cells - text_columns(words))
        if at > text_columns(text) or not number:
            text += " " * (at - text_columns(text)) + words
    return text


def _cell(moment: float, axis: Axis, cells: int) -> int:
    return min(int(axis.share(moment) * cells), cells - 1)


def _row(lane: Lane, timeline: Timeline, labels: Labels, cells: int) -> str:
    row, axis = [" "] * cells, timeline.axis
    for span in sorted(lane.spans, key=lambda span: list(_BARS).index(span.kind)):
        first, last = _cell(span.start, axis, cells), _cell(span.end, axis, cells)
        _put(row, first, list(_BARS[span.kind] * (last + 1 - first)))
        if span.kind is SpanKind.WAIT:
            _write_words(row, span, first, last, labels)
    if timeline.stopped is not None:
        _put(row, _cell(timeline.stopped, axis, cells), [_SIGNS[MarkKind.LIMIT]])
    for mark in sorted(lane.marks, key=lambda mark: list(MarkKind).index(mark.sign)):
        if mark.sign in _SIGNS:
            _put(row, _cell(mark.at, axis, cells), [_SIGNS[mark.sign]])
    return "".join(row)


def _write_words(row: list[str], span: Span, first: int, last: int, labels: Labels) -> None:
    for words in map(_plain, wait_words(span, labels)):
        if text_columns(words) + _AROUND <= last + 1 - first:
            _put(row, first + 1 + _BEFORE, _cells(f" {words} "))
            return


def _cells(text: str) -> list[str]:
    """The characters of a text, one a column; an empty cell follows each wide character."""
    cells: list[str] = []
    for char in text:
        if char_width(char):
            cells += [char, ""] if char_width(char) == 2 else [char]  # noqa: PLR2004 - two columns
        elif cells:
            cells[-1 if cells[-1] else -2] += char
    return cells


def _put(row: list[str], start: int, cells: list[str]) -> None:
    """Set some cells. What is left of a wide character that they cover in part becomes a space."""
    end = start + len(cells)
    if not row[start]:
        row[start - 1] = " "
    if row[end : end + 1] == [""]:
        row[end] = " "
    row[start:end] = cells


def _wrapped(parts: Sequence[str], width: int) -> list[str]:
    lines: list[str] = []
    for part in parts:
        if lines and text_columns(lines[-1]) + 3 + text_columns(part) <= width:
            lines[-1] += f"   {part}"
        else:
            lines.append(part)
    return lines
