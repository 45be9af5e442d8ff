"""What it means that a line runs whose statement has a block: it is left, a loop is over, an exception is caught.

Python runs the header of ``with`` again when the block is left, and that of a loop before each round and once more. A
reader who sees only that the line runs would think that it begins anew.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from .model import Happening, LineRole, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..timeline.names import Made
    from .blocks import Block
    from .model import Moment
    from .places import Definitions

_LONGEST = 120
#: Whose moments say at which line the one is that caused them.
BY_ANOTHER = frozenset({Happening.CREATED, Happening.CANCEL, Happening.TURN})


def with_roles(
    moments: Iterable[tuple[Moment, int | None]], definitions: Definitions, makings: Mapping[int, Made]
) -> list[Moment]:
    """The moments, those of lines with what it means that these run.

    :param moments: each with its line in the source, if it has one.
    :param makings: where the tasks were made.
    """
    follower = _Follower(definitions, makings)
    for moment, line in moments:
        follower.see(moment, line)
    return follower.found


#: A function, and the task or the generator that runs it.
_Running = tuple[int | None, str]


class _Follower:
    """Follows who is at which line of each function. A function that calls itself is followed as if it were one."""

    def __init__(self, definitions: Definitions, makings: Mapping[int, Made]) -> None:
        self.found: list[Moment] = []
        self._definitions = definitions
        self._blocks = definitions.blocks
        self._makings = makings
        #: The line before, and whether a block was left there.
        self._before: dict[_Running, tuple[int, bool]] = {}
        #: The moments at which a loop may have ended, an exception been caught or a lock taken: the next line says it.
        self._open: dict[_Running, int] = {}
        #: The functions that called each other until now, and the last moment.
        self._stacks: defaultdict[int | None, list[str]] = defaultdict(list)
        self._last: dict[int | None, int] = {}

    def see(self, moment: Moment, line: int | None) -> None:
        """Take what happened next."""
        who = moment.other if moment.kind in BY_ANOTHER else moment.task
        if line is not None and moment.kind not in _OF_BEFORE:
            moment = self._at(moment, who, line)
        if moment.kind in {Happening.ENDED, Happening.FINISHED}:
            for ended, where in moment.changes:
                if where.phase in _OVER:
                    for function in [*reversed(self._stacks.pop(ended, [])), ""]:
                        self._close((ended, function), by_error=where.phase is not Phase.RETURNED)
        if moment.kind in {Happening.INTERRUPTED, Happening.ENDED}:
            self._open = {key: index for key, index in self._open.items() if key[0] != who}
        self._last[who] = len(self.found)
        self.found.append(moment)

    def _at(self, moment: Moment, who: int | None, line: int) -> Moment:
        function = self._definitions.around(line)
        self._return(who, function)
        key = who, function
        before, has_left = self._before.get(key, (0, False))
        over = self._decide(key, before, line) if line != before else ""
        is_line = moment.kind is Happening.LINE
        block = self._blocks.entering.get(line)
        leaves = block is not None and (
            before in block.body or (has_left and line < before and before in block.header)
            if is_line
            else has_left and before == line
        )
        self._before[key] = line, leaves
        if leaves and block is not None:
            return self._leaving(moment, block, line) if is_line else replace(moment, role=LineRole.LEAVES)
        if not is_line:
            if block is not None and moment.kind is Happening.WAITS:
                self._open.pop(key, None)  # it is taken when the wait is over, which says so
            return moment
        if block is not None or line in self._blocks.loops or line in self._blocks.handlers:
            self._open[key] = len(self.found)
        final = self._blocks.finals.get(line)
        if final is not None and before not in final:
            return replace(moment, role=LineRole.FINALLY)
        return replace(moment, role=LineRole.LOOP_ENDED, what=over) if over else moment

    def _return(self, who: int | None, function: str) -> None:
        """A function of those that called each other goes on: the ones that it called have returned."""
        stack = self._stacks[who]
        if function and function not in stack:
            stack.append(function)
            return
        while stack and stack[-1] != function:
            self._close((who, stack.pop()))

    def _close(self, key: _Running, *, by_error: bool = False) -> None:
        """A function has returned: no more of its lines says what the last one meant."""
        index = self._open.pop(key, None)
        if index is None:
            return
        line = self._before[key][0]
        if (handler := self._blocks.handlers.get(line)) is not None:
            self._become(index, LineRole.MISSES, handler)
        elif (loop := self._blocks.loops.get(line)) is not None and index == self._last.get(key[0]) and not by_error:
            self._become(index, LineRole.LOOP_ENDS, loop)

    def _leaving(self, moment: Moment, block: Block, line: int) -> Moment:
        released = self._locks(moment, block, line)
        return replace(moment, role=LineRole.LEAVES, what=block.text[:_LONGEST], released=released)

    def _locks(self, moment: Moment, block: Block, line: int) -> str:
        """The names of the locks and semaphores among what a block enters."""
        made = self._makings.get(moment.task) if moment.task is not None else None
        released = (self._definitions.names.released(item, line, made) for item in block.items)
        return ", ".join(name for name in released if name)[:_LONGEST]

    def _decide(self, key: _Running, before: int, line: int) -> str:
        """Whether the line before caught an exception, was the last of a loop, or took a lock.

        If that ended later, after somebody's ``__anext__`` had run, returns the header of the loop.
        """
        index = self._open.pop(key, None)
        if index is None:
            return ""
        if (handler := self._blocks.handlers.get(before)) is not None:
            self._become(index, LineRole.CATCHES if line in handler.body else LineRole.MISSES, handler)
        elif (loop := self._blocks.loops.get(before)) is not None and self._blocks.is_behind(loop, line):
            if index != self._last.get(key[0]):
                return loop.text[:_LONGEST]
            self._become(index, LineRole.LOOP_ENDS, loop)
        elif (block := self._blocks.entering.get(before)) is not None and line in block.body:
            self.found[index] = replace(self.found[index], taken=self._locks(self.found[index], block, before))
        return ""

    def _become(self, index: int, role: LineRole, block: Block) -> None:
        self.found[index] = replace(self.found[index], role=role, what=block.text[:_LONGEST])


#: What says where a task was before.
_OF_BEFORE = frozenset({Happening.STARTED, Happening.RESUMED, Happening.INTERRUPTED})
_OVER = frozenset({Phase.RETURNED, Phase.RAISED, Phase.CANCELLED})
