"""Read what a journal says about the turns of generators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..journal.limits import MOST_GENERATORS, MOST_TURNS
from ..journal.reader import decode_text
from ..journal.records import GeneratorKind, RecordType, TurnEnd

if TYPE_CHECKING:
    from ..journal.reader import Record

#: The words of a recording for what functions with turns make.
KINDS = {
    GeneratorKind.GENERATOR: "generator",
    GeneratorKind.COROUTINE: "coroutine",
    GeneratorKind.ASYNC_GENERATOR: "asynchronous generator",
}
_LEFT = {TurnEnd.YIELDED: "yielded", TurnEnd.RETURNED: "returned", TurnEnd.RAISED: "raised"}
_EXIT = "GeneratorExit"


@dataclass(slots=True)
class TurnState:
    """What the records say about one turn.

    :ivar first: the number of its beginning, as of a :class:`~.recording.Turn`.
    :ivar by: number of the generator during whose turn it began, 0 if there was none.
    :ivar last: the number of its end.
    """

    began: Record
    first: int
    by: int = 0
    ended: Record | None = None
    last: int | None = None

    def left(self) -> str:
        """How it ended: a generator into which GeneratorExit was thrown is closed when it ends in the same turn."""
        if self.ended is None:
            return ""
        left = _LEFT[TurnEnd(self.ended.stream)]
        is_exit = decode_text(self.began.payload) == _EXIT
        with_exit = left == "returned" or decode_text(self.ended.payload) == _EXIT
        return "closed" if is_exit and left != "yielded" and with_exit else left


class TurnRecords:
    """Keeps the records of turns, and no more than a recorder writes.

    :ivar generators: the first record of each generator, by its number.
    :ivar found: all turns in the order in which they began.
    :ivar switches: when each turn began or ended, in nanoseconds.
    :ivar left_out: from when on turns are missing, in nanoseconds, or None.
    """

    def __init__(self) -> None:
        self.generators: dict[int, Record] = {}
        self.found: list[TurnState] = []
        self.switches: list[int] = []
        self.left_out: int | None = None
        self._open: list[TurnState] = []

    def add(self, record: Record) -> None:
        """Read one record; those of other types are ignored.

        :raises ValueError: the record is invalid.
        """
        if record.kind is RecordType.TURNS_LEFT_OUT:
            self.left_out = record.at if self.left_out is None else self.left_out
        elif record.kind is RecordType.GENERATOR:
            GeneratorKind(record.stream)
            if len(self.generators) < MOST_GENERATORS:
                self.generators[record.task] = record
        elif record.kind is RecordType.TURN:
            self._begin(record)
        elif record.kind is RecordType.TURN_ENDED:
            self._end(record)

    def _begin(self, record: Record) -> None:
        self.switches.append(record.at)
        if record.task not in self.generators or len(self.found) >= MOST_TURNS:
            raise ValueError("not the turn of a generator")
        turn = TurnState(record, len(self.switches), self._open[-1].began.task if self._open else 0)
        self.found.append(turn)
        self._open.append(turn)

    def _end(self, record: Record) -> None:
        """End the turn of a generator, and leave those within it whose end was not recorded."""
        TurnEnd(record.stream)
        self.switches.append(record.at)
        mine = next((at for at in reversed(range(len(self._open))) if self._open[at].began.task == record.task), None)
        if mine is not None:
            turn = self._open[mine]
            turn.ended, turn.last = record, len(self.switches)
            del self._open[mine:]
