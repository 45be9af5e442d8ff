"""Whose turn it is in a program of generators: the lanes of its picture, and the order behind them.

The program itself has a lane, and each generator. Who has the turn runs; who resumed it waits until it is over; a
generator that has yielded waits to be resumed.

Mostly all of it happens within a millisecond, most of which is the recorder's own. Then the axis is no time: each thing
that happens is as wide as every other, as on the scale of steps. The steps of the player have the same numbers.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter, deque
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from .model import Axis, Lane, LaneKind, Mark, MarkKind, Place, Span, SpanKind, Tick
from .presence import GENEXPR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..model.recording import Generator, LineRun, Output, Recording, Turn
    from ..text.output_lines import OutputLine

#: The number of the program among those that have turns; that of a generator is one more than its index.
PROGRAM = 0
_LONGEST_NAME, _LONGEST_TEXT = 60, 120
#: Seconds, and a share of an axis: in less, the time that the recorder takes is much of what is seen.
_SOON, _NEAR = 0.05, 0.005
_MOST_TICKS, _FEW_TICKS = 10, 4
#: Lines of the program for which an axis of all that happened has room: if more are to be on it, none is.
_MOST_ORDERED_LINES = 60
_MICROSECONDS, _DIGITS = 1e6, 6
_ENDS = {"returned": MarkKind.RETURNED, "raised": MarkKind.RAISED, "closed": MarkKind.CLOSED}


@dataclass(frozen=True, slots=True)
class Switch:
    """The beginning or the end of a turn: from then on it is another one's.

    :ivar number: as of a :class:`~.recording.Turn`.
    :ivar owner: whose turn it is from then on.
    :ivar waiting: who waits for that, the last one first.
    """

    at: float
    number: int
    turn: int
    begins: bool
    owner: int = PROGRAM
    waiting: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Between:
    """What happened between two switches: a line of the program ran, or a line of output was printed, in it perhaps.

    :ivar row: the index of the line of output.
    :ivar line: the line of the program.
    """

    at: float
    row: int | None = None
    line: int | None = None


class TurnOrder:
    """All turns of a recording in their order.

    :param lines: what was printed, by lines or as it was written.
    :param end: the end of the axis of time; no moment is later.
    :ivar turns: the turns that are shown.
    :ivar switches: their beginnings and ends.
    :ivar between: what happened after so many switches, and before the next.
    :ivar switch_slots: the number of each switch among all that happened; 0 is the beginning of the program.
    :ivar line_slots: that of each line of output.
    :ivar count: of all that happened, with the beginning and the end of the program.
    """

    def __init__(self, recording: Recording, lines: Sequence[OutputLine | Output], end: float) -> None:
        known = range(len(recording.generators))
        self.generators = recording.generators
        self.turns = [
            turn for turn in recording.turns if turn.generator in known and not _is_left_to_python(turn, lines)
        ]
        self.switches = list(self._follow(end))
        self._numbers = [one.number for one in self.switches]
        self._moments = [one.at for one in self.switches]
        self._end = end
        self.between: list[list[Between]] = [[] for _ in range(len(self.switches) + 1)]
        for row, line in enumerate(lines):
            self.between[self.before(line)].append(Between(min(max(0.0, line.at), end), row))
        self.switch_slots: list[int] = []
        self.line_slots = [0] * len(lines)
        self.count = 0
        self._number()

    def _number(self) -> None:
        self.switch_slots = []
        slot = 1
        for number, happened in enumerate(self.between):
            if number:
                self.switch_slots.append(slot)
                slot += 1
            for one in happened:
                if one.row is not None:
                    self.line_slots[one.row] = slot
                slot += 1
        self.count = slot + 1

    def add_lines(self, runs: Iterable[LineRun], shown: Sequence[int | None] | None, *, by_order: bool) -> bool:
        """Have lines of the program among what happened, where nothing else says that they ran; if there is room.

        :param shown: for each line, the number that readers see, or None: then it is not there.
        :param by_order: whether all that happened has a place of its own on an axis.
        """
        found: list[list[Between]] = [[] for _ in self.between]
        for run in runs:
            after = found[0 if run.switches is None else bisect_right(self._numbers, run.switches)]
            for line, since in zip(run.lines, run.after, strict=False):
                at = round(run.start + since / _MICROSECONDS, _DIGITS)
                after.append(Between(min(max(0.0, at), self._end), None, line))
        happened = [
            [one for one in self._with_lines(number, lines) if one.row is not None or seen_place(one.line, shown)]
            for number, lines in enumerate(found)
        ]
        if by_order and sum(one.row is None for some in happened for one in some) > _MOST_ORDERED_LINES:
            return False
        self.between = happened
        self._number()
        return True

    def _with_lines(self, number: int, lines: Sequence[Between]) -> Iterator[Between]:
        """What happened between two switches, with the lines that ran there: what is printed is printed in a line."""
        ahead, last, pending = deque(lines), None, None
        for printed in [*self.between[number], None]:
            while ahead and (printed is None or ahead[0].at <= printed.at):
                line = ahead.popleft()
                if line.line != last:
                    yield from () if pending is None else (pending,)
                    last, pending = line.line, line
            if printed is not None:
                yield printed if pending is None else replace(printed, line=pending.line)
                pending = None
        if pending is not None and pending.line != self._line_of(number):
            yield pending

    def _line_of(self, number: int) -> int | None:
        """The line of the program at which a switch happens."""
        if number >= len(self.switches):
            return None
        turn = self.turns[self.switches[number].turn]
        return turn.line if self.switches[number].begins else turn.left_at

    def owner_after(self, count: int) -> int:
        """The owner of the turn after ``count`` switches: a generator, or the program."""
        return self.switches[count - 1].owner if count else PROGRAM

    def is_crowded(self, axis: Axis) -> bool:
        """Whether an axis of time says little: all was over soon, or most switches are too near to each other on it."""
        shares = [axis.share(at) for at in self._moments]
        near = sum(after - before < _NEAR for before, after in pairwise(shares))
        return not shares or self._moments[-1] - self._moments[0] < _SOON or near * 2 >= len(shares)

    def _follow(self, end: float) -> Iterator[Switch]:
        found = [Switch(turn.start, turn.first, index, begins=True) for index, turn in enumerate(self.turns)]
        found += [
            Switch(turn.end, turn.last, index, begins=False)
            for index, turn in enumerate(self.turns)
            if turn.end is not None and turn.last is not None and turn.last > turn.first
        ]
        running: list[int] = []
        now = 0.0
        for one in sorted(found, key=lambda switch: switch.number):
            now = max(now, min(max(0.0, one.at), end))
            if one.begins:
                running.append(one.turn)
            elif one.turn in running:
                del running[running.index(one.turn) :]
            else:
                continue
            owners = [PROGRAM, *(self.turns[turn].generator + 1 for turn in running)]
            yield replace(one, at=now, owner=owners[-1], waiting=tuple(owners[-2::-1]))

    def before(self, line: OutputLine | Output) -> int:
        """How many switches were before a line of output was printed."""
        if line.switches is None:
            return bisect_right(self._moments, line.at)
        return bisect_right(self._numbers, line.switches)

    def owner_of(self, line: OutputLine | Output) -> int:
        """Whose turn it was when a line was printed."""
        return self.owner_after(self.before(line))


def _is_left_to_python(turn: Turn, lines: Sequence[OutputLine | Output]) -> bool:
    """Whether a turn is the quiet end of a generator that was left when the program ended. Not every Python has it."""
    is_closing = turn.thrown is not None and turn.left == "closed" and turn.line is None and not turn.how
    return is_closing and not any(
        line.switches is not None and turn.first <= line.switches < (turn.last or 0) for line in lines
    )


def names_of(generators: Iterable[Generator]) -> list[str]:
    """A name for each generator; those of one name are numbered."""
    found: Counter[str] = Counter()
    names = []
    for one in generators:
        name = one.call or one.name.rpartition("<locals>.")[2] or "?"
        name = GENEXPR if name.endswith(GENEXPR) else name
        name = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
        found[name] += 1
        names.append(name if found[name] == 1 else f"{name} ({found[name]})")
    return names


def seen_place(line: int | None, shown: Sequence[int | None] | None) -> Place | None:
    """The place of a line of the snippet; None if readers do not see it.

    :param shown: for each line, the number that readers see, or None; by default the snippet's own.
    """
    if line is None or shown is None:
        return None if line is None else Place(line)
    number = shown[line - 1] if 0 < line <= len(shown) else None
    return None if number is None else Place(number)


def yield_words(turn: Turn) -> str:
    """What a generator did at the end of a turn, as a program writes it; empty if it did not yield."""
    if turn.left != "yielded":
        return ""
    return f"yield {turn.value[:_LONGEST_TEXT]}" if turn.value not in (None, "None") else "yield"


class TurnLanes:
    """Builds the lanes of a program of generators.

    :param axis: the axis of time.
    :param is_shared: other runs have the same axis, so that it must be one of time.
    :ivar axis: the axis of the lanes: of time, or of all that happened.
    """

    def __init__(
        self,
        recording: Recording,
        lines: Sequence[OutputLine],
        shown: Sequence[int | None] | None,
        axis: Axis,
        *,
        is_shared: bool = False,
    ) -> None:
        self._order = TurnOrder(recording, lines, axis.end)
        self.by_order = not is_shared and self._order.is_crowded(axis)
        if self.by_order:
            self._order.add_lines(recording.lines, shown, by_order=True)
        self.axis = Axis(0.0, float(self._order.count), float(self._order.count)) if self.by_order else axis
        self._end = self.axis.end
        self._wall = self._end if self.by_order else min(max(0.0, recording.wall), self._end)
        self._shown = shown
        self._lines = lines
        self.names = names_of(recording.generators)
        self._spans: list[list[Span]] = [[] for _ in range(len(self.names) + 1)]
        self._marks: list[list[Mark]] = [[] for _ in range(len(self.names) + 1)]
        self._draw()
        self._print()

    def lanes(self, most: int) -> list[Lane]:
        """The program, then the generators as they began; the last lane has all that are too many."""
        program = self._lane(PROGRAM, LaneKind.MAIN, ())
        found = [self._generator(index) for index in range(len(self.names)) if self._spans[index + 1]]
        if len(found) <= most:
            return [program, *found]
        return [program, *found[: most - 1], _together(found[most - 1 :])]

    def ticks(self) -> tuple[Tick, ...]:
        """The numbers of an axis of all that happened."""
        every = math.ceil(self._order.count / _MOST_TICKS)
        found = [Tick(slot + 0.5, str(slot + 1)) for slot in range(0, self._order.count, every)]
        if len(found) > _FEW_TICKS:
            found[-2] = replace(found[-2], text="")  # the last one has the unit, which is wide
        return tuple(found)

    def _draw(self) -> None:
        moments = self._order.switch_slots if self.by_order else [one.at for one in self._order.switches]
        end = max([self._wall, *moments[-1:]])
        since = [0.0] * len(self._spans)
        asleep: list[tuple[str, Place | None] | None] = [None] * len(self._spans)
        states: list[SpanKind | None] = [SpanKind.RUN, *[None] * len(self.names)]

        def become(who: int, kind: SpanKind | None, at: float) -> None:
            before = states[who]
            if before is not None:
                on, place = (asleep[who] or ("", None)) if before is SpanKind.WAIT else ("", None)
                self._spans[who].append(Span(since[who], at, before, on, place, 1, at - since[who]))
            states[who], since[who] = kind, at

        for switch, at in zip(self._order.switches, map(float, moments), strict=True):
            turn = self._order.turns[switch.turn]
            mine = turn.generator + 1
            if switch.begins:
                become(mine, SpanKind.RUN, at)
                for who in switch.waiting[:1]:
                    become(who, SpanKind.WAIT, at)
                    asleep[who] = self.names[turn.generator], seen_place(turn.line, self._shown)
                continue
            asleep[mine] = yield_words(turn), seen_place(turn.left_at, self._shown)
            become(mine, SpanKind.WAIT if turn.left == "yielded" else None, at)
            if states[switch.owner] is SpanKind.WAIT:
                become(switch.owner, SpanKind.RUN, at)
            if turn.left in _ENDS:
                place = seen_place(turn.left_at, self._shown)
                error = (turn.error or "")[:_LONGEST_NAME]
                self._marks[mine].append(Mark(at, _ENDS[turn.left], (), error, place))
        for who in range(len(self._spans)):
            become(who, None, end)

    def _print(self) -> None:
        for number, line in enumerate(self._lines):
            sign = MarkKind.STDERR if line.stream == "stderr" else MarkKind.OUTPUT
            at = self._order.line_slots[number] + 0.5 if self.by_order else min(max(0.0, line.at), self._end)
            mark = Mark(at, sign, (number,), line.text[:_LONGEST_TEXT])
            self._marks[self._order.owner_of(line)].append(mark)

    def _lane(self, number: int, row: LaneKind, name: tuple[str, ...]) -> Lane:
        spans, marks = self._spans[number], sorted(self._marks[number], key=lambda mark: mark.at)
        moments = [at for span in spans for at in (span.start, span.end)] + [mark.at for mark in marks]
        own = [span for span in spans if span.kind is SpanKind.RUN]
        return Lane(
            row,
            name,
            min(moments, default=0.0),
            max(moments, default=self._end),
            tasks=(number,),
            steps=len(own),
            ran=math.fsum(span.busy for span in own),
            spans=tuple(spans),
            marks=tuple(marks),
        )

    def _generator(self, index: int) -> Lane:
        turns = [turn for turn in self._order.turns if turn.generator == index]
        by = dict.fromkeys(PROGRAM if turn.by is None else turn.by + 1 for turn in turns)
        left = next((turn for turn in reversed(turns) if turn.left in _ENDS), None)
        return replace(
            self._lane(index + 1, LaneKind.GENERATOR, (self.names[index],)),
            place=seen_place(self._order.generators[index].line, self._shown),
            depth=0 if PROGRAM in by else 1,
            resumed_by=tuple(self.names[who - 1] if 0 < who <= len(self.names) else "" for who in by),
            values=tuple(turn.value or "…" for turn in turns if turn.left == "yielded"),
            steps=len(turns),
            ended=left.left if left else None,
            error=(left.error or "")[:_LONGEST_NAME] if left else "",
        )


def _together(lanes: Sequence[Lane]) -> Lane:
    """A lane that merges several."""
    return Lane(
        LaneKind.GROUP,
        (lanes[0].name[0], lanes[-1].name[0]),
        min(lane.start for lane in lanes),
        max(lane.end for lane in lanes),
        tasks=tuple(number for lane in lanes for number in lane.tasks),
        outcomes=tuple(Counter(lane.ended for lane in lanes).items()),
        ended=lanes[0].ended if len({lane.ended for lane in lanes}) == 1 else None,
        steps=sum(lane.steps for lane in lanes),
        ran=math.fsum(lane.ran for lane in lanes),
        spans=tuple(sorted((span for lane in lanes for span in lane.spans), key=lambda span: (span.start, span.end))),
        marks=tuple(
            sorted(
                (mark for lane in lanes for mark in lane.marks if mark.sign is not MarkKind.RETURNED),
                key=lambda mark: mark.at,
            )
        ),
    )
