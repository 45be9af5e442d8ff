"""The line tracer: which lines of the program ran, and when.

It listens to :mod:`sys.monitoring`. Before Python 3.12 there is :mod:`.traced_lines` instead.

Only the code of the program tells its lines, and only until there were too many, or until they took too long on a slow
machine. So what this costs in all is bounded, whatever the program does: see :data:`.MOST_LINES`. In which task a line
ran is not looked up here. Its moment says it: it lies in a step of that task.
"""

from __future__ import annotations

import sys
from itertools import count
from os import getpid
from threading import get_ident
from typing import TYPE_CHECKING, Any

from ..journal.limits import MOST_LINE_CODE, MOST_LINES
from ..journal.records import LINE, LINES_SIZE, RecordType
from ._cpython import caller, identity
from .program_code import TOOLS, is_on_the_watch, leave_tool, with_inner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType

    from ..journal.records import Journal
    from .hooks import Hooks
    from .import_hook import ImportHook

#: Every so many lines it is looked at how deep the stack is, and how long a line takes. Our callback is a function of
#: Python: where the program is at its limit of recursion, it would have its error one call too early.
LOOKS_EVERY = 32
#: A line takes three times as long as what is measured of it, in a browser eight times. More than the longest, in
#: nanoseconds, is not its own.
_SHARE, _LONGEST = 8, 10_000
#: Nanoseconds that all lines may take: times are right within so many.
MOST_TIME = 10_000_000
#: How often a loop on one line is recorded again while nothing else runs in it.
_MOST_QUIET = 16


class LineTracer:
    """Records the lines of the program in one thread.

    :param parts: the number of each part of the program by the name of its file.
    :param give_up: called with an error; the program never sees one.
    """

    def __init__(self, journal: Journal, parts: Mapping[str, int], give_up: Callable[[Exception], None]) -> None:
        self._journal = journal
        self._parts = parts
        self._give_up = give_up
        self._tool = -1
        self._is_over = False
        self._code: list[CodeType] = []
        #: The thread in which a trace function is being set or taken away: see :mod:`.traced_lines`.
        self.switching = 0

    def watch(self, code: CodeType) -> None:
        """Record the lines of a code, which will run now, and of all that is in it."""
        if self._is_over:
            return
        try:
            found = list(with_inner(code))
            if is_on_the_watch(found):
                self._stop()
            elif len(self._code) + len(found) > MOST_LINE_CODE:
                self._leave_out()
            else:
                self._listen(found)
        except Exception as error:  # noqa: BLE001 - the program goes on
            self._stop()
            self._give_up(error)

    def attach(self, hooks: Hooks, imports: ImportHook) -> None:
        """Be called where code of the program cannot run: other code costs nothing."""

    def set_may_run(self, *, may_run: bool) -> None:
        """The last part of the program has run: from now on its code runs only where this says so."""

    def end(self) -> None:
        """The program has ended."""

    def _listen(self, found: list[CodeType]) -> None:
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
        if self._tool < 0:
            tool = next((one for one in TOOLS if monitoring.get_tool(one) is None), -1)
            room = None if tool < 0 else self._journal.reserve(RecordType.LINES, LINES_SIZE)
            if room is None:
                self._is_over = True
                return
            self._tool = tool
            monitoring.use_tool_id(tool, "sphinx-await")
            line_begins = self._line_hook(room)
            monitoring.register_callback(tool, monitoring.events.LINE, line_begins)
            monitoring.register_callback(tool, monitoring.events.JUMP, _jump_hook(line_begins, monitoring.DISABLE))
        self._code += found
        for code in found:
            monitoring.set_local_events(self._tool, code, monitoring.events.LINE | monitoring.events.JUMP)

    def _line_hook(self, room: memoryview) -> Callable[[CodeType, int], int]:
        """What the interpreter calls before each line; it returns how many were before that.

        It catches no error, since nothing in it can fail: an error that comes out of it is one that a signal handler of
        the program raises while it runs.
        """
        clock, parts, leave_out = self._journal.clock, self._parts, self._leave_out
        take, pack, size = count().__next__, LINE.pack_into, LINE.size
        thread, process = get_ident(), getpid()
        spent = 0

        def line_begins(code: CodeType, line: int) -> int:
            nonlocal spent
            index = take()
            if index >= MOST_LINES:
                leave_out()
            elif get_ident() == thread and getpid() == process:
                at = clock()
                pack(room, index * size, at, line, parts[code.co_filename])
                if not index % LOOKS_EVERY:
                    spent += LOOKS_EVERY * _SHARE * min(clock() - at, _LONGEST)
                    if spent > MOST_TIME or is_deep():
                        leave_out()
            return index

        return line_begins

    def _leave_out(self) -> None:
        """Record no more: there was too much, it takes too long, or it is too deep."""
        if not self._is_over:
            self._is_over = True
            self._journal.append(RecordType.LINES_LEFT_OUT)
            self._stop()

    def _stop(self) -> None:
        """Listen no more, and leave the tool to others."""
        self._is_over = True
        tool, self._tool = self._tool, -1
        if tool >= 0:
            events: Any = sys.monitoring.events  # type: ignore[attr-defined, unused-ignore]
            leave_tool(tool, self._code, (events.LINE, events.JUMP))


class _Loop:
    """A jump back within one line, or another jump: then the line is 0.

    :ivar last: which of all lines that ran was its last one.
    :ivar quiet: how often nothing else ran since the time before.
    """

    __slots__ = ("last", "line", "quiet")

    def __init__(self, line: int) -> None:
        self.line = line
        self.last = self.quiet = 0


def _jump_hook(line_begins: Callable[[CodeType, int], int], disable: object) -> Callable[[CodeType, int, int], object]:
    """What the interpreter calls when a function jumps: a loop on one line begins it again, and no event says so.

    As with :func:`sys.settrace`, other jumps tell nothing, and are asked about once. So is a loop in which nothing else
    runs, after a while: a sum over a million numbers is one line, and no long program.
    """
    loops: dict[tuple[int, int], _Loop] = {}

    def jumps(code: CodeType, origin: int, target: int) -> object:
        key = identity(code), origin
        loop = loops.get(key)
        if loop is None:
            loop = loops[key] = _Loop(_line_of_loop(code, origin, target))
        if not loop.line or loop.quiet >= _MOST_QUIET:
            return disable
        index = line_begins(code, loop.line)
        loop.quiet = loop.quiet + 1 if index == loop.last + 1 else 0
        loop.last = index
        return None

    return jumps


def _line_of_loop(code: CodeType, origin: int, target: int) -> int:
    """The line of a jump back within one line; 0 if it is another jump."""
    lines = {line for start, end, line in code.co_lines() for at in (origin, target) if start <= at < end}
    return (lines.pop() or 0) if target < origin and len(lines) == 1 else 0


def is_deep() -> bool:
    """Whether the stack has more than half of the frames that the program may have."""
    try:
        caller(sys.getrecursionlimit() // 2)
    except ValueError:
        return False
    return True
