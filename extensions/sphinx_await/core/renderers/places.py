"""Finds room in a lane: for its marks, which may not lie on each other, and for its labels, which no arrow may cross.

Places are shares of the plot; what is beside a place is so in pixels, and the same in a wide plot and a narrow one. So
it is measured in the narrow one, where there is less room.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ..timeline.model import PRINTED, MarkKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..timeline.model import Arrow, Axis, Mark

#: Marks of how a task ended are beside its last run, so many pixels. A mark with neighbours takes so many, and is moved
#: by at most so many; so is a dot away from arrows, which else would be far from its moment.
_BESIDE, _EVENT, _MOST = 10, 11.5, 24
#: The width of a usual wide plot, in pixels, in which dots are apart for which one stands in a narrow one. To its right
#: there is so much room for them.
_WIDE, _BEYOND = 500, 16
_ENDS = frozenset({MarkKind.RAISED, MarkKind.CANCELLED, MarkKind.CLOSED})
#: How far an arrow is from a dot at least, in pixels.
_CLEAR = 4
#: Dots hang so far below their lane, and labels are so far above, as parts of the way to the next lane.
_HANGING, _LABEL = 0.4, 0.35


def half_width(mark: Mark) -> float:
    """Half the width of a dot of output, in pixels; one of several lines has room for their number."""
    more = 2.0 if mark.sign is MarkKind.STDERR else 0.0
    digits = len(str(len(mark.lines)))
    return 3.25 + 3.5 * digits + more if len(mark.lines) > 1 else 4.75 + more / 2


@dataclass(frozen=True, slots=True)
class Dot:
    """A dot of output, and how far it is beside its moment.

    :ivar mark: what it stands for in a wide plot.
    :ivar all: what it stands for in a narrow one; None if there another stands for it.
    """

    mark: Mark
    all: Mark | None
    beside: float = 0.0


def dots(marks: Sequence[Mark], axis: Axis, plot: float, crossed: Sequence[float]) -> list[Dot]:
    """The dots of a lane, in order of time.

    :param plot: the width of the narrow plot, in pixels.
    :param crossed: where arrows pass between them.
    """
    printed = [mark for mark in marks if mark.sign in PRINTED]
    found: list[Dot] = []
    leaders: dict[MarkKind, int] = {}
    for mark in printed:
        index = leaders.get(mark.sign)
        if index is not None and (leader := found[index].all) is not None:
            both = replace(leader, lines=(*leader.lines, *mark.lines), count=leader.count + mark.count)
            apart = plot * (axis.share(mark.at) - axis.share(leader.at))
            if apart < half_width(leader) + half_width(mark) + 1:
                found[index] = replace(found[index], all=both)
                found.append(Dot(mark, None))
                continue
        leaders[mark.sign] = len(found)
        found.append(Dot(mark, mark))
    return list(_apart(found, axis, plot, crossed))


def _apart(found: Sequence[Dot], axis: Axis, plot: float, crossed: Sequence[float]) -> Iterator[Dot]:
    """Move dots away from arrows, and those of two kinds from each other; in a wide plot those with a number."""
    edge = wide_edge = -float("inf")  # where the last dot ends
    had_number = False  # whether the last dot has one
    for dot in found:
        share, wide_half, has_number = axis.share(dot.mark.at), half_width(dot.mark), len(dot.mark.lines) > 1
        if dot.all is None:
            beside = wide_edge + wide_half + 1 - _WIDE * share if has_number or had_number else 0.0
            beside = max(0.0, min(beside, _MOST, _WIDE * (1 - share) + _BEYOND - wide_half))
        else:
            half, place = half_width(dot.all), plot * share
            beside = _beside([plot * cross - place for cross in crossed], half)
            beside = beside if place + beside - half > edge else max(0.0, edge + half + 1 - place)
            edge = place + beside + half
        wide_edge, had_number = _WIDE * share + beside + wide_half, has_number
        yield replace(dot, beside=round(beside, 1))


def _beside(arrows: Sequence[float], half: float) -> float:
    """The shortest way out of the way of arrows, to the right if both are as short; none if that is far."""
    ways = [0.0, *(way for arrow in arrows for way in (arrow + half + _CLEAR, arrow - half - _CLEAR))]
    free = [way for way in ways if all(abs(way - arrow) >= half + _CLEAR - 1e-6 for arrow in arrows)]
    shortest = min(free, key=lambda way: (abs(way), -way))
    return shortest if abs(shortest) <= _MOST else 0.0


def event_shifts(marks: Sequence[Mark], axis: Axis, plot: float) -> list[float]:
    """How far each of these marks is to the right of its moment, so that none lies on the one before it."""
    shifts: list[float] = []
    least = -float("inf")
    for mark in marks:
        place = plot * axis.share(mark.at)
        base = _BESIDE if mark.sign in _ENDS else 0
        shifts.append(round(min(max(base, least - place), base + _MOST), 1))
        least = place + shifts[-1] + _EVENT
    return shifts


def crossings(arrows: Sequence[Arrow], lane: int, axis: Axis, *, below: bool) -> list[float]:
    """Where arrows pass the dots that hang below a lane, or else the labels above it."""
    found = []
    height = lane + _HANGING if below else lane - _LABEL
    for arrow in arrows:
        top, bottom = sorted((arrow.source, arrow.target))
        if top <= height <= bottom:
            part = abs(height - arrow.source) / (bottom - top)
            start, end = axis.share(arrow.start), axis.share(arrow.end)
            found.append(start + part * (end - start))
    return found


def free_part(start: float, end: float, crossed: Sequence[float]) -> tuple[float, float]:
    """The first part of a stretch that no arrow crosses, unless another one is more than twice as long."""
    parts = list(pairwise([start, *sorted(cross for cross in crossed if start < cross < end), end]))
    longest = max(last - first for first, last in parts)
    return next((first, last) for first, last in parts if last - first >= longest / 2)
