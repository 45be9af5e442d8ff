"""Which line of the project holds an event loop: a thread looks, several times while a step is long.

Nothing is added to a step: the thread sleeps, and sees in the journal's header since when a step is under way. It is
none of :mod:`threading`, takes no signals, and is gone while the process forks: a fork with threads is warned of. Where
loops run in several threads, each notes its step itself. Where there are no threads, as in a browser, only the lines
are known at which the program blocks: see :meth:`StepSampler.block_begins`.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
from typing import TYPE_CHECKING

from ..journal.limits import LONG_STEP, MOST_SAMPLES
from ..journal.records import RecordType
from ._cpython import frame_of_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from ..journal.records import Journal
    from .call_sites import CallSites

#: Seconds from one look to the next, while a step is under way, and at most while the loop waits: many programs may
#: wait at once, and each look takes time from the others.
INTERVAL, MOST_INTERVAL = 0.02, 0.1
_GROWTH = 0.005  # seconds more after each look that has seen nothing new
#: Seconds within which a thread that was told to end has ended.
_PATIENCE = 1.0
_PAUSE = 0.0002
_MOST_FRAMES = 256


class StepSampler:
    """Samples the line at which a loop is held.

    :param files: the file names under which the program was compiled.
    :param step_codes: of the functions that execute steps: what is above one on a stack belongs to a step.
    :param several: called when loops run in several threads: from now on :meth:`step_began` must be called.
    """

    def __init__(
        self,
        journal: Journal,
        files: frozenset[str],
        sites: CallSites,
        step_codes: frozenset[CodeType],
        several: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._header = journal.header()
        self._files = files
        self._sites = sites
        self._step_codes = step_codes
        self._several = several
        #: The step of each thread since there are several: when it began, its task, its loop.
        self._steps: dict[int, tuple[int, int, int]] | None = None
        self._loops: dict[int, int] = {}  # how many loops each thread runs
        self._wake = _thread.allocate_lock()
        self._wake.acquire()
        self._thread = 0  # its number in the system; 0 if there is none, -1 if it is about to start
        self._ident = 0
        self._ends = self._is_disabled = False
        self._samples = 0
        #: Of each thread, when the step began that was seen last, and the line at which it was.
        self._seen: dict[int, tuple[int, int]] = {}
        self._interval = INTERVAL
        self._blocked = 0  # when the step began in which the program was blocked last
        self._idle = 0  # when the step began after which the loop waits
        self._process = os.getpid()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._end)

    def loop_started(self) -> None:
        """A loop starts running in this thread."""
        me = _thread.get_ident()
        self._loops[me] = self._loops.get(me, 0) + 1
        if len(self._loops) > 1 and self._steps is None:
            # The step that is under way in the thread of the loop that was alone until now.
            alone, began, task = next(iter(self._loops)), self._header[0], self._header[1]
            self._steps = {alone: (began, task, 0)} if task else {}
            self._several()
        self.start()

    def step_began(self, began: int, task: int, loop: int) -> None:
        """A step begins in this thread: its moment, and the numbers of its task (-1: a callback) and its loop."""
        if self._steps is not None:
            self._steps[_thread.get_ident()] = began, task, loop

    def step_ended(self) -> None:
        """It has ended."""
        if self._steps is not None:
            self._steps.pop(_thread.get_ident(), None)

    def start(self) -> None:
        """Start the thread if there is none: it ends when the process forks, and when no loop runs."""
        if self._thread or self._is_disabled or not self._loops or os.getpid() != self._process:
            return
        self._thread = -1
        self._ends = False
        try:
            _thread.start_new_thread(self._watch, ())
        except (OSError, RuntimeError):  # no threads, as in a browser: then no line is known
            self._loops.clear()
            self._thread = 0

    def loop_stopped(self) -> None:
        """A loop stopped running in this thread. The sampling thread ends later: another loop may start."""
        me = _thread.get_ident()
        left = self._loops.get(me, 0) - 1
        if left > 0:
            self._loops[me] = left
        else:
            self._loops.pop(me, None)

    def disable(self) -> None:
        """End the thread for good, unless it is the thread itself that asks for it."""
        if _thread.get_ident() != self._ident:
            self._is_disabled = True
            self._end()

    def _end(self) -> None:
        """End the thread, and wait until the system knows no more of it."""
        if not self._thread or os.getpid() != self._process:
            return
        self._ends = True
        with contextlib.suppress(RuntimeError):
            self._wake.release()
        clock, pause = self._journal.clock, _thread.allocate_lock()
        pause.acquire()
        until = clock() + int(_PATIENCE * 1e9)
        while (number := self._thread) and clock() < until:
            if number > 0 and not os.path.exists(f"/proc/self/task/{number}"):
                break
            pause.acquire(timeout=_PAUSE)
        self._thread = 0

    def _watch(self) -> None:
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            while self._loops and not self._ends and self._thread < 1:
                self._thread, self._ident = _thread.get_native_id(), _thread.get_ident()
                while self._loops and not self._ends:
                    self._wake.acquire(timeout=self._look())
                if not self._ends:  # else it is gone when the system says so
                    self._thread = 0
        except Exception:  # noqa: BLE001 - without samples a line is not known, and that is all
            self._thread = 0

    def block_begins(self, frame: FrameType | None) -> None:
        """Record at which line this thread is about to be blocked: for where no other thread can look.

        :param frame: what it executes.
        """
        began, task = self._header[0], self._header[1]
        site = self._place(frame) if task else None
        if site is not None and self._samples <= MOST_SAMPLES:
            if self._blocked != began:  # what was before in this step is not known
                self._append(task, 0, at=began)
            self._blocked = began
            self._append(task, site)

    def block_ends(self) -> None:
        """It goes on, and where it is from now on is not known."""
        if self._blocked == self._header[0] and self._samples <= MOST_SAMPLES:
            self._append(self._header[1], 0)

    def _look(self) -> float:
        """Record the line of each loop's thread, if it is another than before in the same step.

        :returns: seconds until the next look.
        """
        if self._steps is not None:
            is_idle = True
            for thread in list(self._loops):
                if (step := self._steps.get(thread)) is not None:
                    is_idle = False
                    self._sample(thread, step)
        else:
            began, task = self._header[0], self._header[1]
            is_idle = not task or began == self._idle
            for thread in [] if is_idle else list(self._loops)[:1]:
                self._sample(thread, (began, task, 0))
        self._interval = min(MOST_INTERVAL, self._interval + _GROWTH) if is_idle else INTERVAL
        return self._interval

    def _sample(self, thread: int, step: tuple[int, int, int]) -> None:
        began, task, _ = step
        if not task or self._journal.clock() - began < LONG_STEP:
            return
        site = self._place(frame_of_thread(thread))
        if self._steps is not None:
            if site is not None and self._steps.get(thread) is step:
                self._record(thread, step, site)
        elif site is None:  # it has ended, and nothing else was executed since
            self._idle = began
        elif self._header[0] == began:
            self._record(thread, step, site)

    def _record(self, thread: int, step: tuple[int, int, int], site: int) -> None:
        began, task, loop = step
        if self._seen.get(thread) != (began, site) and self._samples <= MOST_SAMPLES:
            self._seen[thread] = began, site
            self._append(task, site, loop)

    def _append(self, task: int, site: int, loop: int = 0, at: int | None = None) -> None:
        self._samples += 1
        site = site if self._samples <= MOST_SAMPLES else 0
        self._journal.append(RecordType.SAMPLE, at=at, stream=loop, task=task, site=site)

    def _place(self, frame: FrameType | None) -> int | None:
        """The call site of the deepest line of the program, else of the project; 0 if there is none.

        None if no step is under way.
        """
        line: tuple[str, int] | None = None
        beside: tuple[str, int] | None = None
        for _ in range(_MOST_FRAMES):
            if frame is None:
                return None
            if frame.f_code in self._step_codes:
                found = line or beside
                return 0 if found is None else self._sites.number("", *found)
            file = frame.f_code.co_filename
            if line is None and file in self._files:
                line = file, frame.f_lineno or 0
            elif beside is None and self._sites.name_beside(file):
                beside = file, frame.f_lineno or 0
            frame = frame.f_back
        return None
