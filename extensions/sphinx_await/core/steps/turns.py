"""Builds the steps of a program of generators: each beginning and each end of a turn, and each line of output."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..timeline.builder import axis_of, end_of
from ..timeline.turns import PROGRAM, TurnOrder, names_of, seen_place, yield_words
from .line_roles import with_roles
from .lines import bounded
from .model import Happening, Moment, Phase, Position, SteppedTask, Steps
from .shortening import shortened
from .tidying import within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..model.recording import Recording
    from ..text.output_lines import OutputLine
    from ..timeline.model import Place, Timeline
    from ..timeline.turns import Switch
    from .places import Definitions

_LONGEST = 120
_PHASES = {"yielded": Phase.SUSPENDED, "returned": Phase.RETURNED, "raised": Phase.RAISED, "closed": Phase.CLOSED}
#: Of a generator whose turn has not ended.
_IN_TURN = frozenset({Phase.RUNNING, Phase.WAITING})


def make_turn_steps(
    recording: Recording,
    lines: Sequence[OutputLine],
    shown: Sequence[int | None] | None,
    timeline: Timeline | None,
    definitions: Definitions,
) -> Steps:
    """Build the steps of a recording that has turns of generators.

    :param timeline: that of the picture beside it.
    :param definitions: what the snippet says of its lines.
    """
    axis = axis_of(recording) if timeline is None else timeline.axis
    lanes, by_order = ((), False) if timeline is None else (timeline.lanes, timeline.by_order)
    end = end_of(recording)
    names = ["", *names_of(recording.generators)]
    lane_of = {number: index for index, lane in enumerate(lanes) for number in lane.tasks}
    owners = tuple(SteppedTask(name, "", lane_of.get(number)) for number, name in enumerate(names))
    order = TurnOrder(recording, lines, end)
    has_room = order.add_lines(recording.lines, shown, by_order=by_order)
    follower = _Follower(recording, order, names, shown)
    moments = [
        replace(moment, slot=slot)
        for slot, moment in enumerate(with_roles(follower.moments(lines, end), definitions, {}))
    ]
    moments, too_many = (moments, False) if by_order else bounded(moments)
    without_lines = recording.lines_left_out or too_many or not has_room
    return Steps(axis, owners, tuple(shortened(moments)), by_order, without_lines)


class _Follower:
    """Follows the turns, and knows where the program and each generator is."""

    def __init__(
        self, recording: Recording, order: TurnOrder, names: Sequence[str], shown: Sequence[int | None] | None
    ) -> None:
        self._recording = recording
        self._order = order
        self._names = names
        self._shown = shown
        self._positions: dict[int, Position] = {}

    def moments(self, lines: Sequence[OutputLine], end: float) -> Iterator[tuple[Moment, int | None]]:
        """Everything that happened, in order, each with its line in the snippet."""
        recording, order = self._recording, self._order
        begun = Position(Phase.RUNNING)
        self._positions[PROGRAM] = begun
        yield Moment(0.0, Happening.BEGUN, changes=((PROGRAM, begun),)), None
        now = 0.0
        for count, happened in enumerate(order.between):
            if count:
                switch = order.switches[count - 1]
                now = max(now, switch.at)
                turn = order.turns[switch.turn]
                moment, line = (
                    (self._begins(switch), turn.line) if switch.begins else (self._ends(switch), turn.left_at)
                )
                yield replace(moment, at=now), line
            for one in happened:
                now = max(now, one.at)
                owner, place = order.owner_after(count), seen_place(one.line, self._shown)
                changes = self._moved(owner, place)
                if one.row is None:
                    yield Moment(now, Happening.LINE, owner, place=place, changes=changes), one.line
                else:
                    text = lines[one.row].text[:_LONGEST]
                    moment = Moment(now, Happening.PRINTED, owner, None, text, place, changes=changes, rows=(one.row,))
                    yield moment, one.line
        failure = recording.failure
        what, line_of_failure = (failure.type[:_LONGEST], failure.line) if failure else ("", None)
        last = max(now, within(recording.wall, end))
        place, changes = seen_place(line_of_failure, self._shown), () if recording.timed_out else self._over()
        yield Moment(last, Happening.FINISHED, what=what, place=place, changes=changes), None

    def _moved(self, owner: int, place: Place | None) -> tuple[tuple[int, Position], ...]:
        """Whose turn it is runs at a line that is known."""
        if place is None:
            return ()
        self._positions[owner] = Position(Phase.RUNNING, place, chain=self._chain(owner))
        return ((owner, self._positions[owner]),)

    def _over(self) -> tuple[tuple[int, Position], ...]:
        """The end of the program, and of the generators whose turn it still was; others are where they yielded."""
        ended = {number: Position(Phase.ENDED) for number, one in self._positions.items() if one.phase in _IN_TURN}
        ended[PROGRAM] = Position(Phase.RAISED if self._recording.failure else Phase.RETURNED)
        return tuple(ended.items())

    def _begins(self, switch: Switch) -> Moment:
        turn = self._order.turns[switch.turn]
        mine, by = turn.generator + 1, switch.waiting[0]
        place, how = seen_place(turn.line, self._shown), turn.how[:_LONGEST]
        before = self._positions.get(mine)
        at = self._defined(turn.generator) if before is None else before.place
        changes = {
            by: Position(Phase.WAITING, place, chain=self._chain(by, how)),
            mine: Position(Phase.RUNNING, at, at is not None, self._chain(mine)),
        }
        self._positions |= changes
        return Moment(
            switch.at,
            Happening.TURN,
            mine,
            by,
            how,
            place,
            changes=tuple(changes.items()),
            thrown=(turn.thrown or "")[:_LONGEST],
            is_first=before is None,
        )

    def _ends(self, switch: Switch) -> Moment:
        turn = self._order.turns[switch.turn]
        mine, place = turn.generator + 1, seen_place(turn.left_at, self._shown)
        phase = _PHASES.get(turn.left or "", Phase.ENDED)
        is_asleep = phase is Phase.SUSPENDED
        at = self._positions[switch.owner].place
        changes = {switch.owner: Position(Phase.RUNNING, at, at is not None, self._chain(switch.owner))}
        asleep = Position(phase, place, chain=self._chain(mine, yield_words(turn)))
        if mine != switch.owner:  # in a damaged recording it may run within itself
            changes[mine] = asleep if is_asleep else Position(phase)
        # Whoever began within it and did not end, did so unseen.
        unseen = (number for number, one in self._positions.items() if one.phase is Phase.RUNNING)
        changes = {number: Position(Phase.ENDED) for number in unseen if number not in changes} | changes
        self._positions |= changes
        what = (turn.error if turn.left == "raised" else turn.value) or ""
        what = "" if what == "None" else what[:_LONGEST]
        kind = Happening.YIELDED if is_asleep else Happening.ENDED
        return Moment(switch.at, kind, mine, switch.owner, what, place, changes=tuple(changes.items()))

    def _defined(self, generator: int) -> Place | None:
        return seen_place(self._recording.generators[generator].line, self._shown)

    def _chain(self, number: int, doing: str = "") -> tuple[str, ...]:
        return tuple(text for text in (self._names[number], doing) if text)
