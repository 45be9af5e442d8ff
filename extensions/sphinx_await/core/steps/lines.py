"""Lines that ran, as moments: one is there where nothing else says that a task is at that line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .line_roles import BY_ANOTHER
from .model import Happening
from .shortening import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ..timeline.model import Place
    from .model import Moment

#: The largest number of lines that are moments: a page loads them all. If there are more, none is.
MOST_LINE_MOMENTS = 300
#: Lines that ran in a row from which on only the first and the last are moments, and how many at each end.
_LONG, _ENDS = 40, 10
_ONLY_LINES = frozenset({Happening.LINE})
#: When a task begins or ends to run, or another one does.
_AWAY = frozenset(
    {
        *(Happening.STARTED, Happening.RESUMED, Happening.INTERRUPTED, Happening.WAITS, Happening.PAUSED),
        *(Happening.READY, Happening.ENDED, Happening.TURN, Happening.YIELDED),
    }
)


def joined(moments: Iterable[Moment], start_of: Callable[[int], int]) -> Iterator[Moment]:
    """The moments without lines at which the next moment of the same task says it is, or at which it was already.

    A line of output gets the line of the program that printed it. A statement of several lines is one. A line that
    begins or ends a block stays, unless the next moment says that as well.

    :param start_of: returns the first line of the statement that a line is in.
    """
    pending: Moment | None = None
    at: dict[int | None, int] = {}  # where each task is, while it runs
    for moment in moments:
        if moment.kind is Happening.LINE and moment.place is not None:
            start = start_of(moment.place.line)
            if at.get(moment.task) != start:
                if pending is not None:
                    yield pending
                pending, at[moment.task] = moment, start
            continue
        actor = moment.other if moment.kind in BY_ANOTHER else moment.task
        if pending is not None and pending.place is not None:
            if _says_the_line(pending, moment, actor, start_of):
                if moment.kind is Happening.PRINTED:
                    moment = replace(moment, place=pending.place, changes=(*pending.changes, *moment.changes))  # noqa: PLW2901
            else:
                yield pending
            pending = None
        _follow_away(at, moment, start_of)
        yield moment
    if pending is not None:
        yield pending


def _follow_away(at: dict[int | None, int], moment: Moment, start_of: Callable[[int], int]) -> None:
    """Forget where a task is that begins or ends to run, or whose turn somebody else gets.

    Where an exception is raised into it, it is still at its line, which Python 3.13 begins again for that.
    """
    if moment.kind in _AWAY:
        at.pop(moment.task, None)
        at.pop(moment.other, None)
    if moment.kind is Happening.INTERRUPTED and moment.place is not None and not moment.place.file:
        at[moment.task] = start_of(moment.place.line)


def _says_the_line(line: Moment, moment: Moment, actor: int | None, start_of: Callable[[int], int]) -> bool:
    """Whether the next moment, which somebody caused, says what a line says."""
    if line.task != actor or line.role is not moment.role or moment.kind is Happening.HELD:
        return False
    start = start_of(line.place.line) if line.place is not None else None
    return moment.kind is Happening.PRINTED or _is_in(moment.place, start, start_of)


def _is_in(place: Place | None, start: int | None, start_of: Callable[[int], int]) -> bool:
    """Whether a place is in the statement that begins at a line."""
    return place is not None and not place.file and start_of(place.line) == start


def bounded(moments: Sequence[Moment]) -> tuple[list[Moment], bool]:
    """The moments without the middle of many lines in a row; and whether there are too many lines, and none is left."""
    found = list(moments)
    if _lines_in(found):
        found = list(folded(found, _ONLY_LINES, _ENDS, _LONG))
    if _lines_in(found) <= MOST_LINE_MOMENTS:
        return found, False
    return [moment for moment in found if moment.kind is not Happening.LINE], True


def _lines_in(moments: Sequence[Moment]) -> int:
    return sum(moment.kind is Happening.LINE for moment in moments)
