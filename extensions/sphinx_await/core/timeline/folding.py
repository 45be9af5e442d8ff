"""Reduces many spans to few, and many tasks to a few groups, so that the picture stays readable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .model import AT_REST, PRINTED, SHARED, Lane, Mark, MarkKind, Span, SpanKind

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from ..model.recording import Task

#: The largest number of spans and marks in one picture, in all lanes together.
MOST_SPANS, MOST_MARKS, MOST_ARROWS = 420, 120, 60
#: How many moments a picture can distinguish.
PIXELS = 700
#: How far apart dots of output are, in the same pixels: else they would lie on each other. One with a count is wider.
_DOT, _COUNTED = 12, 22
#: How many of similar tasks have a lane each.
SHOWN = 3
#: Merged runs are drawn solid if they cover at least this share, or if the result is narrower than this many pixels.
_FULL, _NARROW = 0.8, 3


def join_runs(spans: Iterable[Span], apart: float) -> list[Span]:
    """Merge running spans that are less than ``apart`` seconds from each other; they are in order of time.

    A span that blocked the loop is not merged, except with another that follows at once, or with one at the same time.
    """
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        is_near = last is not None and span.start - last.end < apart
        if last is not None and is_near and (span.start < last.end or _may_join(last, span)):
            joined[-1] = _one_of(last, span, apart)
        else:
            joined.append(span)
    return joined


def _may_join(last: Span, span: Span) -> bool:
    return (last.kind is SpanKind.BLOCK) == (span.kind is SpanKind.BLOCK) and (last.kind is SpanKind.WORK) == (
        span.kind is SpanKind.WORK
    )


def _one_of(last: Span, span: Span, apart: float) -> Span:
    end, busy = max(last.end, span.end), last.busy + span.busy
    kind = SpanKind.BLOCK if span.kind is SpanKind.BLOCK else last.kind
    if kind in {SpanKind.RUN, SpanKind.MIXED}:
        whole = end - last.start
        kind = SpanKind.RUN if busy >= _FULL * whole or whole < _NARROW * apart else SpanKind.MIXED
    same = last.on == span.on and last.place == span.place
    return Span(
        last.start, end, kind, last.on if same else "", last.place if same else None, last.count + span.count, busy
    )


def join_waits(spans: Iterable[Span], apart: float) -> list[Span]:
    """Keep waits of at least ``apart`` seconds; shorter ones are covered by the running spans around them.

    What two of them share is the earlier one's.
    """
    kept: list[Span] = []
    for span in spans:
        start = max(span.start, kept[-1].end) if kept else span.start
        if span.end - start >= apart:
            kept.append(replace(span, start=start))
    return kept


def union(spans: Iterable[Span], apart: float) -> list[Span]:
    """The union of the spans, with gaps shorter than ``apart`` seconds closed."""
    united: list[Span] = []
    for span in spans:
        if united and span.start - united[-1].end < apart:
            last = united[-1]
            same = last.on == span.on and last.place == span.place
            on, place = (last.on, last.place) if same else ("", None)
            united[-1] = replace(last, end=max(last.end, span.end), on=on, place=place, count=last.count + span.count)
        else:
            united.append(span)
    return united


def longest(spans: Sequence[Span], most: int) -> tuple[Span, ...]:
    """The ``most`` longest spans, in their original order."""
    if len(spans) <= most:
        return tuple(spans)
    by_length = sorted(range(len(spans)), key=lambda index: (spans[index].start - spans[index].end, index))
    return tuple(spans[index] for index in sorted(by_length[:most]))


def fold_lanes(lanes: Sequence[Lane], length: float) -> Iterator[Lane]:
    """Limit the spans and marks of each lane to what a picture can show.

    :param length: seconds of the axis, without what is drawn shorter.
    """
    apart = length / PIXELS
    spans = [_first_fold(lane, apart) for lane in lanes]
    while sum(map(len, spans)) > MOST_SPANS and apart < length / 8:
        apart *= 2
        spans = [_refold(one, apart) for one in spans]
    share = MOST_SPANS // max(1, len(lanes)) if sum(map(len, spans)) > MOST_SPANS else MOST_SPANS
    most_marks = max(2, MOST_MARKS // max(1, len(lanes)))
    for lane, kept in zip(lanes, spans, strict=True):
        yield replace(lane, spans=longest(kept, share), marks=_fewer_marks(lane.marks, length, most_marks))


def _first_fold(lane: Lane, apart: float) -> tuple[Span, ...]:
    waits = [span for span in lane.spans if span.kind in AT_REST]
    held = [span for span in lane.spans if span.kind not in AT_REST]
    waits = union(waits, apart) if lane.row in SHARED else join_waits(waits, apart)
    return (*waits, *join_runs(held, apart))


def _refold(spans: Sequence[Span], apart: float) -> tuple[Span, ...]:
    waits = [span for span in spans if span.kind in AT_REST]
    return (*join_waits(waits, apart), *join_runs([span for span in spans if span.kind not in AT_REST], apart))


def _fewer_marks(marks: Sequence[Mark], length: float, most: int) -> tuple[Mark, ...]:
    """Merge marks of one kind that would lie on each other, or those further apart if there are too many."""
    apart = length / PIXELS
    kept = _joined_marks(marks, apart, _DOT, _COUNTED)
    while len(kept) > most and apart < length:
        apart *= 2
        kept = _joined_marks(kept, apart)
    return tuple(kept)


def _joined_marks(marks: Sequence[Mark], apart: float, dot: float = 1, counted: float = 1) -> list[Mark]:
    """Merge marks of one kind that are less than ``apart`` from each other; of output, less than a dot is wide.

    :param dot: the width of a dot of output, in the unit ``apart``.
    :param counted: that of a dot of several lines.
    """
    kept: list[Mark] = []
    lines: list[list[int]] = []
    last: dict[MarkKind, int] = {}
    for mark in marks:
        index = last.get(mark.sign)
        width = 1.0 if index is None or not lines[index] else dot if len(lines[index]) == 1 else counted
        if index is not None and mark.at - kept[index].at < width * apart:
            lines[index] += mark.lines
            kept[index] = _one_mark(kept[index], mark)
        else:
            last[mark.sign] = len(kept)
            kept.append(mark)
            lines.append(list(mark.lines))
    return [replace(mark, lines=tuple(own)) for mark, own in zip(kept, lines, strict=True)]


def _one_mark(mark: Mark, other: Mark) -> Mark:
    """A mark for both. One of output names its first line."""
    text = mark.text if mark.sign in PRINTED or mark.text == other.text else ""
    place = mark.place if mark.place == other.place else None
    return replace(mark, text=text, place=place, count=mark.count + other.count)


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks that share a lane: their indices and their depth in the tree."""

    tasks: tuple[int, ...]
    depth: int


def is_internal(task: Task) -> bool:
    """Whether a library created a task for itself, and it waited at no line of the project."""
    return task.internal and all(wait.line is None for wait in task.waits)


def group_tasks(tasks: Sequence[Task], most: int, without: Container[int] = ()) -> list[Group]:
    """Group the tasks, in tree order. Up to ``most`` tasks have a lane each.

    If there are more, tasks of the same coroutine that were created at the same line by similar parents are a family.
    The first few of a family have a lane each, the others share one. Whatever is still too much shares the last lane.

    :param without: tasks that are in no group.
    """
    order, depths = _tree(tasks)
    order = [number for number in order if number not in without]
    if len(order) <= most:
        return [Group((number,), depths[number]) for number in order]
    family = _families(tasks)
    slots: list[list[int]] = []
    shown: dict[int, int] = {}
    shared: dict[int, list[int]] = {}
    sizes: dict[int, int] = {}
    for number in order:
        sizes[family[number]] = sizes.get(family[number], 0) + 1
    for number in order:
        name = family[number]
        if shown.get(name, 0) < SHOWN or sizes[name] == SHOWN + 1:
            shown[name] = shown.get(name, 0) + 1
            slots.append([number])
        elif name in shared:
            shared[name].append(number)
        else:
            shared[name] = [number]
            slots.append(shared[name])
    if len(slots) > most:
        slots[most - 1 :] = [[number for slot in slots[most - 1 :] for number in slot]]
    return [Group(tuple(slot), depths[slot[0]]) for slot in slots]


def _tree(tasks: Sequence[Task]) -> tuple[list[int], list[int]]:
    """The indices in tree order (each task before its descendants), and the depth of each task."""
    children: dict[int | None, list[int]] = {}
    depths: list[int] = []
    for number, task in enumerate(tasks):
        parent = task.parent if task.parent is not None and 0 <= task.parent < number else None
        children.setdefault(parent, []).append(number)
        depths.append(0 if parent is None else depths[parent] + 1)
    order: list[int] = []
    ahead = list(reversed(children.get(None, [])))
    while ahead:
        number = ahead.pop()
        order.append(number)
        ahead.extend(reversed(children.get(number, [])))
    return order, depths


def _families(tasks: Sequence[Task]) -> list[int]:
    numbers: dict[tuple[int | None, str | None, int | None, str | None], int] = {}
    family: list[int] = []
    for number, task in enumerate(tasks):
        parent = family[task.parent] if task.parent is not None and 0 <= task.parent < number else None
        key = (parent, task.coro, task.line, task.file)
        family.append(numbers.setdefault(key, len(numbers)))
    return family
