"""The line tracer of Python 3.11, which has :func:`sys.settrace` alone.

While that is set, all code of the thread is slower, that of libraries too, and no event says how much where a library
only computes. So libraries are traced line by line like the program, only to count: between two lines little can run,
and as each line takes about as long as the other, so many cost so much. After that the tracer takes itself away, and
the code runs as ever.

It is away, too, while no code of the program can run: while a module is imported, and while asyncio sets its loop up,
runs it and takes it down, but for the steps. See :meth:`TracedLines.asyncio_begins`.
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
    from .hooks import Hooks
    from .import_hook import ImportHook

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
_LIBRARY = dirname(os.__file__) + os.sep
#: Where our own files are; and those of libraries in whose loops each turn calls a function: their calls are enough.
_OWN = dirname(dirname(dirname(__file__))) + os.sep
_CALLS = (
    _OWN,
    "<frozen importlib",
    *(_LIBRARY + name for name in (f"asyncio{os.sep}", "selectors.py", "threading.py", f"logging{os.sep}")),
)
#: Names of methods, with two underscores around them, that run only where the code of the program says so. Others, as
#: those of a destructor or of a text for an object, may be called by anyone at any time.
_CALLED_IN_STEPS = frozenset(
    f"__{name}__"
    for name in (
        *("init", "new", "post_init", "call", "iter", "next", "enter", "exit", "await", "aiter", "anext", "aenter"),
        *("aexit", "lt", "len", "getitem", "contains"),
    )
)
#: The same of methods without: of what stands for a stream, and for a task.
_CALLED_ANYWHERE = frozenset({"write", "flush", "cancel", "cancelled", "exception", "add_done_callback"})
#: Names by which a program has functions of its own called at any time; and parts of the names of classes that it may
#: inherit from, or change, and of modules in which it may replace functions.
_REGISTERS = frozenset(
    {
        *("set_exception_handler", "set_task_factory", "set_default_executor", "set_asyncgen_hooks", "unraisablehook"),
        *("gc", "logging", "mock", "selectors", "unittest", "warnings", "weakref"),
    }
)
_LOOP_CLASSES = ("EventLoop", "Policy", "Selector", "base_events", "_run_once")
#: A module whose functions call those of the program at its end; and the bits of flags of code that is closed then, if
#: it has not ended. Of that, lines run only where it catches exceptions.
_AT_END, _IS_CLOSED = "atexit", 0x20 | 0x80 | 0x200


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
        #: The thread in which the trace function is being set or taken away: no audit event of the program says so.
        self.switching = 0
        #: The thread whose lines are recorded, 0 before and after that; and its process.
        self._thread = self._process = 0
        self._take, self._take_place = count(1).__next__, count().__next__
        self._is_set = False
        #: Why the trace function is away: how many modules are being loaded, and how many functions of asyncio run in
        #: the innermost step; and how many did around each step.
        self._loading = self._in_asyncio = 0
        self._around_steps: list[int] = []
        self._may_run_anywhere = self._may_run_at_end = False

    def attach(self, hooks: Hooks, imports: ImportHook) -> None:
        """Be called where code of the program cannot run, and where it can again."""
        imports.before_load, imports.after_load = self.pause, self.resume
        hooks.asyncio_begins, hooks.asyncio_ends = self.asyncio_begins, self.asyncio_ends
        hooks.step_begins, hooks.step_ends = self.step_begins, self.step_ends

    def watch(self, code: CodeType) -> None:
        """Record the lines of a code, which will run now, and of all that is in it."""
        if self._is_over:
            return
        try:
            found = list(with_inner(code))
            self._code += len(found)
            self._may_run_anywhere = self._may_run_anywhere or any(map(_may_run_anywhere, found))
            self._may_run_at_end = self._may_run_at_end or self._may_run_anywhere or any(map(_may_run_at_end, found))
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
        if get_ident() == self._thread:
            self._loading += 1
            self._update()

    def resume(self) -> None:
        """It is loaded."""
        if self._loading and get_ident() == self._thread:
            self._loading -= 1
            self._update()

    def asyncio_begins(self, owner: object) -> bool:
        """A function of asyncio begins that calls the program only in steps.

        The lines of what it calls would cost many times as much as those of the program. But a program may have
        functions that are called at any time, as destructors are. Then it is traced everywhere.

        :param owner: the event loop, or the policy that will make one. Another one than asyncio's own may call the
            program without a step.
        :returns: what :meth:`asyncio_ends` is to be called with.
        """
        if self._may_run_anywhere or get_ident() != self._thread:
            return False
        module: object = getattr(type(owner), "__module__", None)
        if type(module) is not str or not module.startswith("asyncio."):
            return False
        self._in_asyncio += 1
        self._update()
        return True

    def asyncio_ends(self, has_begun: object) -> None:
        """It has returned or raised."""
        if has_begun and get_ident() == self._thread:
            self._in_asyncio = max(0, self._in_asyncio - 1)
            self._update()

    def step_begins(self) -> None:
        """A callback of a loop is about to run."""
        if get_ident() == self._thread:
            self._around_steps.append(self._in_asyncio)
            self._in_asyncio = 0
            self._update()

    def step_ends(self) -> None:
        """It has run."""
        if self._around_steps and get_ident() == self._thread:
            self._in_asyncio = self._around_steps.pop()
            self._update()

    def set_may_run(self, *, may_run: bool) -> None:
        """The last part of the program has run. From now on its code runs only where this says so."""
        if not self._may_run_at_end:
            self.end()
        elif get_ident() == self._thread:
            self._in_asyncio = not may_run
            self._update()

    def end(self) -> None:
        """Trace no more: the program has ended, or may notice."""
        if self._trace is not None and sys.gettrace() is not (self._trace if self._is_set else None):
            self._leave_out()  # somebody took it: what followed is missing
        self._is_over, self._thread = True, 0
        if self._trace is not None and sys.gettrace() is self._trace:
            sys.settrace(None)

    def _update(self) -> None:
        """Set the trace function, or take it away. That costs about as much as a call that is traced."""
        is_to_be_set = not self._loading and not self._in_asyncio
        if is_to_be_set == self._is_set:
            return
        if sys.gettrace() is not (self._trace if self._is_set else None):
            self._leave_out()  # somebody took it, or has set another one
        elif (number := self._take()) % LOOKS_EVERY or not self._is_enough(number):
            self.switching = self._thread
            sys.settrace(self._trace if is_to_be_set else None)
            self.switching = 0
            self._is_set = is_to_be_set

    def _begin(self) -> None:
        room = self._journal.reserve(RecordType.LINES, LINES_SIZE)
        if room is None:
            self._is_over = True
            return
        self._thread, self._process = get_ident(), getpid()
        self._trace = self._make_trace(room)
        self._is_set = True
        sys.settrace(self._trace)

    def _make_trace(self, room: memoryview) -> _Trace:
        """What the interpreter calls when a function begins.

        It and what it returns catch no error, since nothing in them can fail: an error that comes out of them is one
        that a signal handler of the program raises while they run.
        """
        take, is_enough = self._take, self._is_enough
        of_parts = {file: self._trace_of_part(part, room) for file, part in self._parts.items()}
        trace_of_part = of_parts.get

        # To read the code of a frame is an audit event, which costs as much as the rest.
        def begins(frame: FrameType, _event: str, _value: object) -> _Trace | None:
            if not (number := take()) % LOOKS_EVERY and is_enough(number):
                return None
            file = frame.f_code.co_filename
            if (of_program := trace_of_part(file)) is not None:
                return of_program
            if file.startswith(_CALLS):
                return None
            # What our own functions call is followed as little as they.
            back = frame.f_back
            return None if back is not None and back.f_code.co_filename.startswith(_OWN) else of_library

        def of_library(_frame: FrameType, _event: str, _value: object) -> _Trace | None:
            return None if not (number := take()) % LOOKS_EVERY and is_enough(number) else of_library

        self._local = {of_library, *of_parts.values()}
        return begins

    def _trace_of_part(self, part: int, room: memoryview) -> _Trace:
        """What the interpreter calls for each line of a part of the program."""
        take, is_enough, clock, process = self._take, self._is_enough, self._journal.clock, self._process
        take_place, pack, size = self._take_place, LINE.pack_into, LINE.size

        def of_program(frame: FrameType, event: str, _value: object) -> _Trace | None:
            if not (number := take()) % LOOKS_EVERY and is_enough(number):
                return None
            if event == "line":
                place = take_place()
                if place >= MOST_LINES:
                    self._leave_out()
                elif not self._is_over and getpid() == process:
                    pack(room, place * size, clock(), frame.f_lineno, part)
            return of_program

        return of_program

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
        self._is_over, self._thread = True, 0
        if getpid() == self._process:
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


def _may_run_anywhere(code: CodeType) -> bool:
    """Whether a function of the program may be called by others than the program and steps, or sees to that."""
    name = code.co_name
    if name in _CALLED_ANYWHERE or (name.startswith("__") and name.endswith("__") and name not in _CALLED_IN_STEPS):
        return True
    words = "\n".join([*code.co_names, *(value for value in code.co_consts if type(value) is str)])
    return not _REGISTERS.isdisjoint(code.co_names) or any(part in words for part in _LOOP_CLASSES)


def _may_run_at_end(code: CodeType) -> bool:
    """Whether code of the program may run when its last part has run, although it may not run anywhere."""
    return _AT_END in code.co_names or bool(code.co_flags & _IS_CLOSED and code.co_exceptiontable)
