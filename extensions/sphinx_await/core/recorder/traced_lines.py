"""The line tracer of Python 3.11, which has :func:`sys.settrace` alone.

While that is set, all code of the thread is slower, that of libraries too, and no event says how much where a library
only computes. So libraries are traced line by line like the program, only to count: between two lines little can run,
and as each line takes about as long as the other, so many cost so much. After that the tracer takes itself away, and
the code runs as ever. While a module is imported it is away, too.
"""

from __future__ import annotations

import os
import sys
from itertools import count
from os import getpid
from os.path import dirname
from threading import get_ident
from typing import TYPE_CHECKING, Any

from ..journal.limits import MOST_LINE_CODE, MOST_LINES, MOST_TRACED
from ..journal.records import LINE, LINES_SIZE, RecordType
from ._cpython import caller
from .lines import LOOKS_EVERY, MOST_TIME, is_deep
from .program_code import is_on_the_watch, with_inner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType, FrameType

    from ..journal.records import Journal

    _Trace = Callable[[FrameType, str, Any], Any]

#: Nanoseconds that a look at the stack takes on a slow machine. It takes at least as long as what is traced between two
#: lines, and the shortest one is that of the machine.
_LONGEST = 20_000
#: Names by which a program may come to see or to replace a trace function, and modules that do. What a signal handler
#: raises while one runs would leave with it, and the interpreter would trace no more.
_TRACES = frozenset(
    {
        *("gettrace", "f_trace", "f_trace_lines", "f_trace_opcodes", "call_tracing", "breakpoint", "set_trace"),
        *("bdb", "cProfile", "coverage", "doctest", "pdb", "profile", "signal", "trace"),
    }
)
_LIBRARY = dirname(os.__file__)
#: Where our own files are; and those of libraries in whose loops each turn calls a function: their calls are enough.
_OWN = dirname(dirname(dirname(__file__)))
_CALLS = (_OWN, "<frozen importlib", f"{_LIBRARY}{os.sep}asyncio{os.sep}", f"{_LIBRARY}{os.sep}selectors.py")


class TracedLines:
    """Records the lines of the program in one thread: see :class:`.LineTracer`, whose methods it has."""

    def __init__(self, journal: Journal, parts: Mapping[str, int], give_up: Callable[[Exception], None]) -> None:
        self._journal = journal
        self._parts = parts
        self._give_up = give_up
        self._is_over = False
        self._code = 0
        self._trace: _Trace | None = None
        self._local: set[object] = set()
        self._look = _LONGEST
        self._place = (0, 0)
        self._away = 0

    def watch(self, code: CodeType) -> None:
        """Record the lines of a code, which will run now, and of all that is in it."""
        if self._is_over:
            return
        try:
            found = list(with_inner(code))
            self._code += len(found)
            if is_on_the_watch(found) or any(map(_may_trace, found)) or sys.gettrace() not in {None, self._trace}:
                self.end()
            elif self._code > MOST_LINE_CODE:
                self._leave_out()
            elif self._trace is None:
                self._begin()
        except Exception as error:  # noqa: BLE001 - the program goes on
            self.end()
            self._give_up(error)

    def pause(self) -> None:
        """A module is about to be loaded: that would be slower, and has no line of the program."""
        if self._trace is not None and (get_ident(), getpid()) == self._place:
            self._away += 1
            if sys.gettrace() is self._trace:
                sys.settrace(None)

    def resume(self) -> None:
        """It is loaded."""
        if self._away and (get_ident(), getpid()) == self._place:
            self._away -= 1
            if not self._away and not self._is_over and sys.gettrace() is None:
                sys.settrace(self._trace)

    def end(self) -> None:
        """Trace no more: the program has ended, or may notice."""
        if self._trace is not None and sys.gettrace() is not self._trace:  # somebody took it: what followed is missing
            self._leave_out()
        self._is_over = True
        if self._trace is not None and sys.gettrace() is self._trace:
            sys.settrace(None)

    def _begin(self) -> None:
        room = self._journal.reserve(RecordType.LINES, LINES_SIZE)
        if room is None:
            self._is_over = True
            return
        self._place = get_ident(), getpid()
        self._trace = self._make_trace(room)
        sys.settrace(self._trace)

    def _make_trace(self, room: memoryview) -> _Trace:
        """What the interpreter calls when a function begins.

        It and what it returns catch no error, since nothing in them can fail: an error that comes out of them is one
        that a signal handler of the program raises while they run.
        """
        take, is_enough = count(1).__next__, self._is_enough
        parts, note = self._parts, self._note_hook(room)

        def begins(frame: FrameType, _event: str, _value: object) -> _Trace | None:
            if not (number := take()) % LOOKS_EVERY and is_enough(number):
                return None
            file = frame.f_code.co_filename
            if file in parts:
                return of_program
            back = frame.f_back
            # What our own functions call is followed as little as they.
            is_own = back is not None and back.f_code.co_filename.startswith(_OWN)
            return None if is_own or file.startswith(_CALLS) else of_library

        def of_library(_frame: FrameType, _event: str, _value: object) -> _Trace | None:
            return None if not (number := take()) % LOOKS_EVERY and is_enough(number) else of_library

        def of_program(frame: FrameType, event: str, _value: object) -> _Trace | None:
            if not (number := take()) % LOOKS_EVERY and is_enough(number):
                return None
            if event == "line":
                note(frame)
            return of_program

        self._local = {of_library, of_program}
        return begins

    def _note_hook(self, room: memoryview) -> Callable[[FrameType], None]:
        """What writes down the line of a frame."""
        clock, parts = self._journal.clock, self._parts
        take, pack, size = count().__next__, LINE.pack_into, LINE.size

        def note(frame: FrameType) -> None:
            index = take()
            if index >= MOST_LINES:
                self._leave_out()
            elif not self._is_over and getpid() == self._place[1]:
                pack(room, index * size, clock(), frame.f_lineno, parts[frame.f_code.co_filename])

        return note

    def _is_enough(self, number: int) -> bool:
        """Whether to trace no more, when so much was traced."""
        clock = self._journal.clock
        at = clock()
        is_deep_now = is_deep()
        self._look = min(self._look, clock() - at)
        if is_deep_now or number >= MOST_TRACED or number * self._look > MOST_TIME:
            self._leave_out()
        return self._is_over

    def _leave_out(self) -> None:
        """Record no more: there was too much, it takes too long, or it is too deep."""
        if self._is_over:
            return
        self._is_over = True
        if getpid() == self._place[1]:
            self._journal.append(RecordType.LINES_LEFT_OUT)
        if sys.gettrace() is self._trace:
            sys.settrace(None)
        frame: FrameType | None = caller(0)
        while frame is not None:
            if frame.f_trace in self._local:
                frame.f_trace = None
            frame = frame.f_back


def _may_trace(code: CodeType) -> bool:
    return not _TRACES.isdisjoint(code.co_names) or any(
        type(value) is str and value in _TRACES for value in code.co_consts
    )
