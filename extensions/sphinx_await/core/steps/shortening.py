"""Shortens a long run: what is left out first is that tasks take turns, many times, without a line of output."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from .model import Happening

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .model import Moment, Position

#: The largest number of moments: a reader steps through no more, and a page loads them at once.
MOST_MOMENTS = 1000
_LINES = frozenset({Happening.LINE})
_TURNS = _LINES | {Happening.PAUSED, Happening.RESUMED, Happening.TURN, Happening.YIELDED}
_WAITS = _TURNS | {
    Happening.WAITS,
    Happening.READY,
    Happening.CALLBACK,
    Happening.CALL_STARTED,
    Happening.CALL_ENDED,
}
#: What is left out, one after another until the rest is short enough, and how many at both ends of a run of it stay.
_STAGES = ((_LINES, 2), (_LINES, 0), (_TURNS, 2), (_WAITS, 2), (_WAITS, 0))


def shortened(moments: Sequence[Moment], most: int = MOST_MOMENTS) -> list[Moment]:
    """At most so many moments: the one after a gap has all that changed in it, and says how many are left out.

    Each line of output keeps a moment of its own if it is enough to leave out turns and waits. If it is not, the last
    moment has all that happened after the first ones.
    """
    found = list(moments)
    for kinds, ends in _STAGES:
        if len(found) <= most:
            return found
        found = list(folded(found, kinds, ends))
    if len(found) <= most:
        return found
    return [*found[: most - 1], _after(found[most - 1 : -1], found[-1])]


def folded(moments: Sequence[Moment], kinds: frozenset[Happening], ends: int, long: int = 0) -> Iterator[Moment]:
    """The moments without the middle of each run of those kinds.

    :param ends: how many stay at each end of it.
    :param long: only of runs of more than so many.
    """
    left: Sequence[Moment] = ()
    for is_run, group in groupby(moments, lambda moment: moment.kind in kinds and not moment.rows):
        run = list(group)
        if is_run and len(run) > long:
            yield from run[:ends]
            run, left = run[max(ends, len(run) - ends) :], run[ends : len(run) - ends]
        if run:
            yield _after(left, run[0])
            yield from run[1:]
            left = ()


def _after(left: Sequence[Moment], moment: Moment) -> Moment:
    """A moment before which others are left out."""
    if not left:
        return moment
    changes: dict[int, Position] = {task: where for one in (*left, moment) for task, where in one.changes}
    rows = tuple(row for one in (*left, moment) for row in one.rows)
    count = moment.left_out + sum(1 + one.left_out for one in left)
    return replace(moment, changes=tuple(changes.items()), rows=rows, left_out=count)
