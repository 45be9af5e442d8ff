"""The recorder: what a program prints, when, and in which task; and what its tasks and threads do.

It observes and does not disturb. It keeps no task alive, and its first error ends the recording, never the program.
"""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from functools import partial
from os import fstat, getpid  # a program may patch the module
from threading import get_ident
from typing import TYPE_CHECKING

from ..journal.limits import LONGEST_REPORT
from ..journal.records import STDERR, STDOUT, STREAM_NAMES, Journal, RecordType, output_cost
from ..journal.tail import OutputTail, tail_limit, tail_size
from ._cpython import caller
from .call_sites import CallSites
from .displays import record_displays, show
from .figures import MODULES as FIGURE_MODULES
from .figures import prepare as prepare_figures
from .generators import GeneratorTracer
from .import_hook import ImportHook
from .instrumentation import INSTRUMENTERS, instrument, task_tracer
from .program_code import leave_tool
from .threads import ThreadTracer

if sys.version_info >= (3, 12):
    from .lines import LineTracer
else:
    from .traced_lines import TracedLines as LineTracer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType

    from _typeshed import ReadableBuffer

    from .hooks import Hooks
    from .tasks import TaskTracer


#: A module that prints what all threads execute, without an audit event.
_SHOWS_THREADS = "faulthandler"


#: Why nothing more is recorded.
_ASIDE = "the program looks at all calls, so the recorder stepped aside"
#: Audit events of a program that is about to see each call, those of the recorder among them.
_LOOKS_AT_CALLS = ("sys.setprofile", "sys.settrace", "sys.monitoring.register_callback")
#: The names of our own modules that look at the program, which are such events, too.
_TRACERS = tuple(one.__globals__ for one in (LineTracer.watch, GeneratorTracer.watch, leave_tool))


def _do_nothing() -> None:
    pass


def _ignore(*, may_run: bool) -> None:
    pass


def _identity(descriptor: int) -> tuple[int, int] | None:
    """What a descriptor leads to; None if it is closed."""
    try:
        status = fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino


class Recorder:
    """Records the program of this process in a journal.

    :param limit: bytes of output that are kept, both streams together.
    :ivar before_output: called before each write; it records what other writers have put on the same descriptors.
    :ivar set_may_run: to be called when the last part of the program has run: from now on its code runs only where this
        says so. Before :meth:`watch` it does nothing.
    """

    def __init__(self, journal: Journal, *, limit: int) -> None:
        self.journal = journal
        self._clock = journal.clock
        self._limit = limit
        self._left = limit - tail_limit(limit)
        self._tail: OutputTail | None = None
        self.before_output: Callable[[], None] = _do_nothing
        self.set_may_run: Callable[..., None] = _ignore
        self._tasks: TaskTracer | None = None
        self._threads: ThreadTracer | None = None
        self._generators: GeneratorTracer | None = None
        self._lines: LineTracer | None = None
        self._hooks: Hooks | None = None
        self._process = getpid()
        self._places: dict[int, tuple[int, int] | None] = {}
        self._reported: set[str] = set()
        self._truncated = False
        self._hides_thread = False
        self._is_aside = False
        self._failed = False
        self._lock = threading.RLock()

    def install(self) -> None:
        """Replace ``sys.stdout`` and ``sys.stderr`` by recorded streams.

        They are flushed after each line, as on a terminal: a line belongs to the task that ended it.
        """
        self._places = {stream: _identity(stream) for stream in STREAM_NAMES}
        sys.stdout = sys.__stdout__ = self._stream(STDOUT, "surrogateescape")  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = self._stream(STDERR, "backslashreplace")  # type: ignore[misc]

    def watch(self, hooks: Hooks, files: Iterable[str], imports: ImportHook | None = None) -> None:
        """Set the hooks: from now on what tasks and threads do is recorded.

        A program that does not import asyncio does not pay for it.

        :param files: the file names under which the program's parts are compiled, in their order.
        :param imports: observes imports; without it a new one is installed.
        """
        parts = tuple(files)
        record_displays(self.displayed, parts)
        names, sites = frozenset(parts), CallSites(self.journal, parts)
        threads = self._threads = ThreadTracer(self.journal, sites, self._current_task, self._give_up)
        generators = self._generators = GeneratorTracer(self.journal, sites, self._give_up)
        numbers = {file: part for part, file in enumerate(parts, 1)}
        lines = self._lines = LineTracer(self.journal, numbers, self._give_up)
        self._hooks = hooks
        hooks.work_submitted, hooks.before_work, hooks.after_work = (
            threads.work_submitted,
            threads.before_work,
            threads.after_work,
        )

        def imported(module: str = "") -> None:
            if module == _SHOWS_THREADS:
                self.hide_thread()
                return
            try:
                if module in FIGURE_MODULES:
                    prepare_figures(module, show)
                    return
                if module == "asyncio":
                    generators.give_way_to_tasks()
                if not self._is_aside:
                    instrument(hooks, module)
                self._trace_tasks(hooks, names, sites, threads.current)
            except Exception as error:  # noqa: BLE001 - the program goes on
                self._give_up(error)

        imported()
        if imports is None:
            imports = ImportHook()
            imports.install()
        lines.attach(hooks, imports)
        self.set_may_run = lines.set_may_run
        imports.call_after([*INSTRUMENTERS, *FIGURE_MODULES, _SHOWS_THREADS], imported)

    def compiled(self, code: CodeType, *, in_loop: bool = False) -> None:
        """Some code of the program is about to run: from now on its lines and the turns of its generators are recorded.

        :param in_loop: it runs in an event loop, so that it has tasks and no turns.
        """
        if self._generators is not None and not in_loop:
            self._generators.watch(code)
        if self._lines is not None:
            self._lines.watch(code)

    def wants_to_know(self) -> dict[str, Callable[[tuple[object, ...]], None]]:
        """For names of audit events, what is to be called with their arguments."""
        return {"sys._current_frames": self.hide_thread} | dict.fromkeys(_LOOKS_AT_CALLS, self.step_aside)

    def ended(self) -> None:
        """The program has ended: what runs from now on is none of its own."""
        if self._lines is not None:
            self._lines.end()

    def hide_thread(self, _event: object = None) -> None:
        """Have no thread of ours from now on: the program is about to look at all threads."""
        self._hides_thread = True
        if self._tasks is not None:
            self._tasks.hide_thread()

    def step_aside(self, _event: object) -> None:
        """Have no function called from now on: the program is about to look at all calls or audit events.

        It is called by the hook for audit events. What the program prints goes to the descriptors: the engine reads it.
        """
        if self._lines is not None and self._lines.switching == get_ident():
            return  # which is so often that not even the frame is looked at
        if self._is_aside or getpid() != self._process:
            return
        asks = caller(1).f_back  # of the audit hook
        if asks is not None and any(asks.f_globals is one for one in _TRACERS):
            return
        self._is_aside = True
        if self._lines is not None:
            self._lines.end()
        self.hide_thread()
        if self._tasks is not None:
            self._tasks.registry.let_go()
            self._tasks = None
        if self._hooks is not None:
            self._hooks.remove()
        with contextlib.suppress(AttributeError):  # there is one class, and may be another recorder
            del _RecordedFile.write
        if "asyncio" in sys.modules:
            self._report(_ASIDE)

    def block_begins(self) -> None:
        """The program is about to block this thread, where no other one can look at which line that is."""
        if self._tasks is not None:
            self._tasks.block_begins()

    def block_ends(self) -> None:
        """It goes on."""
        if self._tasks is not None:
            self._tasks.block_ends()

    def _trace_tasks(
        self, hooks: Hooks, files: frozenset[str], sites: CallSites, current_work: Callable[[], int]
    ) -> None:
        """Record tasks if asyncio calls the hooks by now, and why a module does not."""
        for name in hooks.refused.keys() - self._reported:
            self._reported.add(name)
            self._report(hooks.refused[name])
        if self._is_aside:
            if "asyncio" in sys.modules:
                self._report(_ASIDE)
            return
        if self._tasks is None and "asyncio" in hooks.instrumented and "asyncio" in sys.modules:
            self._tasks = task_tracer()(self.journal, files, sites, hooks, current_work, self._give_up)
            if self._hides_thread or _SHOWS_THREADS in sys.modules:
                self._tasks.hide_thread()
            self._tasks.enable()

    def _give_up(self, error: Exception) -> None:
        """Record no more: an error of the recorder must not become the program's."""
        if self._hooks is not None:
            self._hooks.disable()
        self._tasks = None
        self._report(f"the recorder gave up: {error!r}")

    def _report(self, problem: str) -> None:
        self.journal.append(RecordType.BROKEN, problem[:LONGEST_REPORT].encode("utf-8", "backslashreplace"))

    def output(self, stream: int, data: bytes, *, at: int | None = None, task: int = 0, work: int = 0) -> None:
        """Record bytes of a stream; beyond the limit only the last of them, or just that there were more."""
        if self._left > 0:
            kept = data[: self._left]
            turns = 0 if self._generators is None else self._generators.switches
            self.journal.append(RecordType.OUTPUT, kept, at=at, stream=stream, task=task, by=work, site=turns)
            self._left -= output_cost(data)
            if not (data := data[len(kept) :]):
                return
        if self._tail is None and not self._truncated:
            self._begin_tail()
        if self._tail is not None:
            self._tail.append(stream, data, self.journal.clock() if at is None else at, task, work)

    def _begin_tail(self) -> None:
        """From now on only the end of the output is kept, if the journal has room for it."""
        payload = self.journal.reserve(RecordType.TAIL, tail_size(self._limit))
        if payload is None:
            self._truncated = True
            self.journal.append(RecordType.TRUNCATED)
        else:
            self._tail = OutputTail(payload)

    def recorded_stream(self, stream: int) -> int | None:
        """The stream as which to record what is about to be written to a descriptor; None if it has to be written.

        It is another one if the program has made it so, as by ``os.dup2(2, 1)``.

        :param stream: the number of the descriptor.
        """
        if self._failed or getpid() != self._process:
            return None
        leads_to = _identity(stream)
        if leads_to == self._places.get(stream):
            return stream
        return next((one for one, place in self._places.items() if leads_to is not None and place == leads_to), None)

    def wrote(self, stream: int, data: bytes) -> bool:
        """Record what Python's stream is about to write. If this returns False, it must be written."""
        if self._failed or getpid() != self._process:
            return False
        try:
            if self._truncated:  # no more is shown; what children write is still read by the engine
                return True
            with self._lock:
                self.before_output()
                work = 0 if self._threads is None else self._threads.current()
                task, tail = self._writing_task(), self._tail
                if tail is None:
                    self.output(stream, data, task=task, work=work)
                else:  # one of many lines: not by way of output(), which takes as long as what it does
                    tail.append(stream, data, self._clock(), task, work)
        except Exception as error:  # noqa: BLE001 - the program goes on
            self._failed = True
            self._give_up(error)
            return False
        return True

    def displayed(self, payload: bytes) -> bool:
        """Record a display, given as JSON. If this returns False, it is not recorded."""
        if self._failed or getpid() != self._process:
            return False
        self._flush()
        with self._lock:
            self._end_record()
            work = 0 if self._threads is None else self._threads.current()
            return self.journal.append(RecordType.DISPLAY, payload, task=self._writing_task(), by=work)

    def end_output(self) -> None:
        """Record all that is written by now, for itself: an example or another part comes next."""
        if self._failed or getpid() != self._process:
            return
        self._flush()
        with self._lock:
            self._end_record()

    def _flush(self) -> None:
        """Write what has no end of its line yet; without the lock, which a stream that writes may wait for."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the program may have replaced it, or closed it
                stream.flush()

    def _end_record(self) -> None:
        self.before_output()
        if self._tail is not None:
            self._tail.end_record()

    def _current_task(self) -> int:
        try:
            return 0 if self._tasks is None else self._tasks.current()
        except Exception as error:  # noqa: BLE001 - what is printed is recorded all the same
            self._give_up(error)
            return 0

    def _writing_task(self) -> int:
        try:
            return 0 if self._tasks is None else self._tasks.current_for_output()
        except Exception as error:  # noqa: BLE001 - what is printed is recorded all the same
            self._give_up(error)
            return 0

    def _stream(self, stream: int, errors: str) -> io.TextIOWrapper:
        raw = _RecordedFile(self, stream)
        text = io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors=errors, line_buffering=True)
        text.mode = "w"  # type: ignore[misc] # as the interpreter's own has it
        return text


class _RecordedFile(io.FileIO):
    """A standard stream whose bytes go to the recorder while its descriptor leads to the pipe of a standard stream.

    In a forked child they go to the descriptor, and so they do when the program has made it lead elsewhere, or has
    closed it: then no function of ours is called, and an error of the write has no frame of ours.
    """

    def __init__(self, recorder: Recorder, stream: int) -> None:
        super().__init__(stream, "wb", closefd=False)
        self.name = f"<{STREAM_NAMES[stream]}>"  # as the interpreter names its own
        self._recorder = recorder
        self._stream = stream

    @property
    def write(self) -> Callable[[ReadableBuffer], int]:  # type: ignore[override]
        """What writes: it is looked up for each write."""
        stream = self._recorder.recorded_stream(self._stream)
        return super().write if stream is None else partial(self._record, stream)

    def _record(self, stream: int, data: ReadableBuffer, /) -> int:
        raw = bytes(data)
        return len(raw) if self._recorder.wrote(stream, raw) else super().write(raw)
