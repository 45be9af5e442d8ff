"""Watches an event loop: notes in a journal which task or callback holds it, and what tasks wait for.

It touches no coroutine and keeps no task, future, frame or coroutine alive: of a task it remembers a number under
the task's address, until the task goes.
"""

from __future__ import annotations

import asyncio
import sys
import weakref
from functools import partial
from itertools import count, islice
from types import BuiltinMethodType, CoroutineType, MethodType
from typing import TYPE_CHECKING, Any

from ..journal.limits import DETAIL, LONG_CALLBACK, MOST_NOTES, MOST_STEPS, MOST_TASKS
from ..journal.records import (
    BARE_STEP,
    RecordType,
    StepFlag,
    TaskOutcome,
    bare_word,
    due_word,
    pack_interval,
    pack_numbers,
)
from .call_sites import CallSites, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from ..journal.records import Journal
    from .hooks import Hooks

_STEP_SIZE, _pack = BARE_STEP.size, BARE_STEP.pack_into
_SLEEP = asyncio.sleep.__code__
_COROUTINE: Any = CoroutineType
_CALLBACK = -1  # in the place of a task's number: something else holds the loop
_SEVERAL = -1
#: What `asyncio.run` does for itself at the end; a reader would look in vain for it in the program.
_HIDDEN = frozenset(
    {
        f"{loop}.{what}"
        for loop in ("BaseEventLoop", "Loop")
        for what in ("shutdown_asyncgens", "shutdown_default_executor")
    }
)
_STEPPER, _WAKER = "TaskStepMethWrapper", "task_wakeup"
_PURE_STEPS = frozenset({"__step", "__wakeup"})  # of asyncio without its C part
_UNKNOWN = 0, None
_FRAMES = 64  # how far up we look for the program


class TrackedTask:
    """What the watch remembers of a task.

    :ivar number: 0 for a task that is not recorded.
    :ivar due: its number, and that of the task in whose step its next one became due, as a step tells them.
    :ivar cancels: how many requests for its cancellation were noted.
    :ivar gap: steps of it were not written since the last one that was.
    :ivar word: as a step tells it, where it yielded last: in its own coroutine at instruction ``lasti``, to a
        coroutine of the code ``callee``; None where it was otherwise.
    """

    __slots__ = ("callee", "cancels", "due", "gap", "lasti", "name", "number", "ref", "word")

    def __init__(self, number: int, name: str) -> None:
        self.number = number
        self.name = name
        self.due = number
        self.cancels = 0
        self.word = 0
        self.lasti = 0
        self.callee: object = None
        self.gap = False
        self.ref: weakref.ref[asyncio.Task[Any]] | None = None

    def task(self) -> asyncio.Task[Any] | None:
        """The task, if it is still there."""
        return None if self.ref is None else self.ref()


class TaskTracer:
    """Notes what happens in the event loops of this process; its methods are the hooks of :class:`~.hooks.Hooks`.

    :param files: the file names under which the program was compiled.
    :param give_up: is called with the first error; the program never sees one.
    """

    def __init__(
        self,
        journal: Journal,
        files: frozenset[str],
        sites: CallSites,
        hooks: Hooks,
        give_up: Callable[[Exception], None],
    ) -> None:
        self._hooks = hooks
        self._give_up = give_up
        self._journal = journal
        self._clock = journal.clock
        self._head = journal.head()
        self._files = files
        self._sites = sites
        self._known: dict[int, TrackedTask] = {}
        self._get = self._known.get
        self._count = 0
        self._fresh = count(1)
        self._fresh_loops = count(1)
        self._others = 0  # steps that were written and did not end in a bare yield; those that did counts :meth:`_full`
        self._bare_steps: Callable[[], int] = int
        self._room_for_bare = DETAIL
        self._unseen = 0
        self._notes = 0
        self._loops: dict[int, tuple[int, weakref.ref[Any]]] = {}
        self._task_type: type[asyncio.Task[Any]] = asyncio.Task
        self._stepper: type | None = None
        # By a place in the program's code, a site and how it was awaited. One for bare yields, one for the rest.
        self._bare: dict[int, tuple[int, object]] = {}
        self._placed: dict[int, tuple[int, object]] = {}
        self._codes: dict[int, object] = {}  # whose addresses are in those keys: they must stay theirs
        self._leaves: set[type] = {type(None)}

    def wake(self) -> None:
        """Let the hooks call."""
        hooks, lock = self._hooks, self._journal.lock
        hooks.step_began, hooks.step_ended = self._full()
        if lock is not None:
            hooks.step_ended = partial(_locked, hooks.step_ended, lock)
        hooks.task_making, hooks.task_made, hooks.task_named = self.task_making, self.task_made, self.task_named
        hooks.task_due = self.task_due
        hooks.loop_began, hooks.loop_ended = self.loop_began, self.loop_ended

    # Tasks

    def current(self) -> int:
        """The number of the task that runs in this thread, 0 if there is none."""
        if asyncio._get_running_loop() is None:  # noqa: SLF001 - documented for such use; the public one raises
            return 0
        task = asyncio.current_task()
        known = None if task is None else self._meet(task)
        return 0 if known is None else known.number

    def _meet(
        self, task: asyncio.Task[Any], coro: Any = None, *, by: int = 0, at: int | None = None, site: int = 0
    ) -> TrackedTask | None:
        """What is remembered of a task, from now on if nothing was; None if there are too many."""
        key = id(task)
        known = self._get(key)
        if known is not None:
            return known
        if self._count >= MOST_TASKS:
            return None
        # A task that ended at once must not be asked for its coroutine: Python 3.12.1 would crash.
        coro = task.get_coro() if coro is None else coro
        name = _name(coro)
        code = getattr(coro, "cr_code", None)
        hidden = name in _HIDDEN and getattr(code, "co_filename", "") not in self._files
        if not hidden:
            self._count = number = next(self._fresh)  # no other's, whose loop runs in another thread
        known = self._known[key] = TrackedTask(0 if hidden else number, task.get_name())
        known.ref = weakref.ref(task, lambda _: self._forget(key, known))
        if not hidden:
            self._introduce(task, known, name, at, by, site)
        return known

    def _introduce(
        self, task: asyncio.Task[Any], known: TrackedTask, coro: str, at: int | None, by: int, site: int
    ) -> None:
        loop = self._loop(task.get_loop())
        made = {"at": at, "stream": loop, "task": known.number, "by": by, "site": site}
        self._journal.append(RecordType.MADE, coro.encode("utf-8", "backslashreplace"), **made)  # type: ignore[arg-type]
        self._journal.append(RecordType.TASK, known.name.encode("utf-8", "backslashreplace"), at=at, task=known.number)

    def _forget(self, key: int, known: TrackedTask) -> None:
        # The address may now become another task's.
        if self._get(key) is known:
            del self._known[key]

    def _loop(self, loop: Any) -> int:
        """The number of a loop, 0 if there are too many."""
        number, known = self._loops.get(id(loop), _UNKNOWN)
        if known is None or known() is not loop:
            number = next(self._fresh_loops)
            number = number if number <= 0xFF else 0  # noqa: PLR2004 - all that a byte can tell
            self._loops[id(loop)] = number, weakref.ref(loop)
            if number:
                self._journal.append(RecordType.LOOP, type(loop).__name__.encode(), stream=number)
        return number

    def loop_began(self, loop: Any) -> None:
        """A loop begins to run."""
        self._note_loop(RecordType.LOOP_RUNS, loop)

    def loop_ended(self, loop: Any) -> None:
        """A loop stops."""
        self._note_loop(RecordType.LOOP_STOPS, loop)

    def _note_loop(self, kind: RecordType, loop: Any) -> None:
        try:
            if number := self._loop(loop):
                self._journal.append(kind, stream=number)
        except Exception as error:  # noqa: BLE001 - whatever it is, the program goes on
            self._give_up(error)

    def task_making(self, _: Any) -> Any:
        """A task is about to be made: the moment, and who makes it."""
        try:
            return self._clock(), self.current()
        except Exception as error:  # noqa: BLE001 - whatever it is, the program goes on
            self._give_up(error)
            return None

    def task_made(self, seen: Any, task: Any, coro: Any) -> Any:
        """A task was made; an eager one has had its first step already."""
        try:
            if seen is not None and isinstance(task, self._task_type):
                self._note_made(seen, task, coro)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)
        return task

    def _note_made(self, seen: tuple[int, int], task: asyncio.Task[Any], coro: Any) -> None:
        at, by = seen
        known = self._get(id(task))
        if known is not None:  # it ran already, and did something by which we met it
            if known.number:
                known.name = task.get_name()
                self._introduce(task, known, _name(coro), at, by, self._here(3))
        elif self._count < MOST_TASKS:
            known = self._meet(task, coro, by=by, at=at, site=self._here(3))
        if known is None:
            self._unseen += 1
            self._head[2] = self._unseen
        elif known.number and (task.done() or getattr(coro, "cr_suspended", False)):
            known.due = due_word(known.number, by)
            self._note_eager(task, known, coro, at)

    def task_due(self, handle: Any) -> None:
        """A callback became due; if it is the first step of a task, the task was made just now."""
        try:
            if self._is_step(handle._callback):  # noqa: SLF001
                task = handle._callback.__self__  # noqa: SLF001
                if self._get(id(task)) is None and self._count < MOST_TASKS:
                    self._meet(task, by=self.current(), site=self._here(2))
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def task_named(self, task: Any) -> None:
        """A task got a name after it was made, as before Python 3.13."""
        try:
            if (known := self._get(id(task))) is not None and known.number:
                self._note_name(task, known)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def _note_name(self, task: asyncio.Task[Any], known: TrackedTask) -> None:
        if (name := task.get_name()) != known.name:
            known.name = name
            self._journal.append(RecordType.TASK, name.encode("utf-8", "backslashreplace"), task=known.number)

    def _note_eager(self, task: asyncio.Task[Any], known: TrackedTask, coro: Any, began: int) -> None:
        ended = self._clock()
        if task.done():
            self._write_step(StepFlag.DONE | StepFlag.NESTED, 0, 0, began, ended, known)
            self._note_end(task, known, began, ended)
            return
        wait = task._fut_waiter  # type: ignore[attr-defined] # noqa: SLF001 - there is no public way to know
        site, on = self._place(known, coro, wait, ended)
        self._write_step(StepFlag.NESTED | (StepFlag.BARE if wait is None else 0), site, on, began, ended, known)

    def _here(self, above: int) -> int:
        """The site of the line of the program that is being carried out, 0 if a callback of a library's is.

        :param above: how many frames up the search begins.
        """
        frame = sys._getframe(above)  # noqa: SLF001 - inspect's own way
        for _ in range(_FRAMES):
            if frame.f_code.co_filename in self._files:
                return self._sites.number("", frame.f_code.co_filename, frame.f_lineno or 0)
            if frame.f_back is None or frame.f_code is asyncio.Handle._run.__code__:  # noqa: SLF001
                return 0
            frame = frame.f_back
        return 0

    # Steps. What runs for each of them is written out and not called: a program may have a million of them.

    def _full(self) -> tuple[Callable[[Any], Any], Callable[[Any], None]]:  # noqa: C901 - nothing may be called
        """The hooks for a callback's beginning and end while all steps are noted.

        What they use are variables around them, which Python reaches faster than attributes.
        """
        clock, get, head, journal, buffer = self._clock, self._get, self._head, self._journal, self._journal.buffer
        stepper, bare = self._stepper, 0

        def step_began(handle: Any) -> Any:
            """A callback begins: what ``step_ended`` needs to know."""
            nonlocal stepper
            try:
                callback = handle._callback  # noqa: SLF001
                ready = handle._loop._ready  # noqa: SLF001
                if type(callback) is stepper or self._is_step(callback):
                    stepper = self._stepper
                    task = callback.__self__
                    known = get(id(task)) or self._meet(task)
                    head[1] = 0 if known is None else known.number
                else:
                    task = known = None
                    head[1] = _CALLBACK
                began = head[0] = clock()
                return began, handle, task, known, ready, len(ready)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
                return None

        def step_ended(seen: Any) -> None:
            """A callback is over: note the step, and what its task waits for now."""
            nonlocal bare
            ended = clock()
            if seen is None:
                return
            try:
                began, handle, task, known, ready, before = seen
                if known is None or task._fut_waiter is not None:  # noqa: SLF001
                    self._ended(began, ended, handle, task, known, before)
                    return
                # A bare yield, or its end. Mostly it yields where it did before, and then it has not ended.
                coro = task.get_coro()
                if not (
                    known.callee is not None
                    and type(inner := coro.cr_await) is _COROUTINE
                    and inner.cr_code is known.callee
                    and coro.cr_frame.f_lasti == known.lasti
                ):
                    if task.done():
                        self._ended(began, ended, handle, task, known, before)
                        return
                    self._place_bare(known, coro)
                # Its own next step became due, and perhaps more.
                if len(ready) > before + 1:
                    self._look_at(ready, len(ready) - before, known.number, ended)
                start = journal.end
                end = start + _STEP_SIZE
                if end > journal.bulk_room or not known.number:
                    self._drop(known)
                    return
                journal.end = end
                _pack(buffer, start, known.word, began, known.due, ended)
                known.due = known.number
                bare += 1
                if bare >= self._room_for_bare:
                    self._hooks.step_began, self._hooks.step_ended = self.thin_began, self.thin_ended
            except Exception as error:  # noqa: BLE001
                self._give_up(error)

        self._bare_steps = lambda: bare
        return step_began, step_ended

    def thin_began(self, handle: Any) -> Any:
        """A callback begins, when bare yields are not noted any more."""
        try:
            clock, get = self._clock, self._get  # a name of their own: Python calls them faster
            callback = handle._callback  # noqa: SLF001
            ready = handle._loop._ready  # noqa: SLF001
            if type(callback) is self._stepper or self._is_step(callback):
                task = callback.__self__
                known = get(id(task)) or self._meet(task)
            else:
                task = known = None
            return clock(), handle, task, known, ready, len(ready)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)
            return None

    def thin_ended(self, seen: Any) -> None:
        """A callback is over, when bare yields are not noted any more."""
        if seen is None:
            return
        try:
            began, handle, task, known, ready, before = seen
            if known is None or task._fut_waiter is not None or task.done():  # noqa: SLF001
                self._ended(began, self._clock(), handle, task, known, before)
                return
            if len(ready) > before + 1:
                self._look_at(ready, len(ready) - before, known.number, self._clock())
            known.gap = True
            self._unseen += 1
            self._head[2] = self._unseen
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def _ended(self, began: int, ended: int, handle: Any, task: Any, known: TrackedTask | None, before: int) -> None:
        """A callback is over that is no step, or a step that ended otherwise than with a bare yield."""
        if known is None:
            self._other_ended(began, ended, handle, task, before)
            return
        ready = handle._loop._ready  # noqa: SLF001
        if len(ready) > before:
            self._look_at(ready, len(ready) - before, known.number, ended)
        if not known.number:
            return
        if task.done():
            self._write_step(StepFlag.DONE, 0, 0, began, ended, known)
            self._note_end(task, known, began, ended)
            return
        if (cancels := task.cancelling()) > known.cancels:
            self._note_cancels(0, began)
        known.cancels = cancels
        if self._others + self._bare_steps() >= MOST_STEPS:
            self._drop(known)
            return
        site, on = self._place(known, task.get_coro(), task._fut_waiter, ended)  # noqa: SLF001
        self._write_step(0, site, on, began, ended, known)

    def _is_step(self, callback: Any) -> bool:
        """Whether a callback is a task's step: and not, say, its ``cancel``."""
        kind = type(callback)
        if kind is BuiltinMethodType:
            return callback.__name__ == _WAKER and isinstance(callback.__self__, self._task_type)
        if kind.__name__ == _STEPPER:
            self._stepper = kind
            return True
        if kind is MethodType:
            return callback.__name__ in _PURE_STEPS and isinstance(callback.__self__, self._task_type)
        inner = getattr(callback, "_callback", None) if kind.__name__ == "_Called" else None
        return inner is not None and self._is_step(inner)

    def _drop(self, known: TrackedTask) -> None:
        known.gap = True
        if known.number:
            self._unseen += 1
        self._head[1] = 0
        self._head[2] = self._unseen

    def _write_step(self, marks: int, site: int, on: int, began: int, ended: int, known: TrackedTask) -> None:
        if self._others + self._bare_steps() >= MOST_STEPS:
            self._drop(known)
            return
        self._others += 1
        self._room_for_bare -= 1
        marks |= StepFlag.GAP if known.gap else 0
        by = known.due >> 32  # due_word's other half
        place = {"at": began, "stream": marks, "task": known.number, "by": by, "site": site}
        self._journal.append(RecordType.STEP, pack_interval(on, ended), **place)
        known.due = known.number
        known.gap = False

    def _note_end(self, task: asyncio.Task[Any], known: TrackedTask, began: int, at: int) -> None:
        self._note_name(task, known)
        if task.cancelling() > known.cancels:
            self._note_cancels(0, began)
        error = None if task.cancelled() else task._exception  # noqa: SLF001 - exception() would mark it as retrieved
        outcome = (
            TaskOutcome.CANCELLED
            if task.cancelled()
            else TaskOutcome.RAISED
            if error is not None
            else TaskOutcome.RETURNED
        )
        payload = b"" if error is None else type(error).__name__.encode("utf-8", "backslashreplace")
        self._journal.append(RecordType.END, payload, at=at, stream=outcome, task=known.number)

    # What tasks wait for

    def _place_bare(self, known: TrackedTask, coro: Any) -> None:
        """Find where a task yields. Mostly it is a coroutine of the program that awaits ``asyncio.sleep(0)``."""
        deep, callee, _ = self._walk(coro)
        site, awaited = 0, None
        if deep is not None:
            site, awaited = self._bare.get(id(deep.cr_code) + deep.cr_frame.f_lasti, _UNKNOWN)
        if not site or awaited is not callee or callee is not _SLEEP:
            site = self._sites.find(coro, None).site
            self._keep(self._bare, deep, callee, callee, site)
        known.word = bare_word(site)
        is_plain = deep is coro and callee is _SLEEP
        known.callee = callee if is_plain else None
        known.lasti = coro.cr_frame.f_lasti if is_plain else 0

    def _place(self, known: TrackedTask, coro: Any, wait: Any, at: int) -> tuple[int, int]:
        """Where a task waits, and on which task."""
        deep, callee, leaf = self._walk(coro)
        how, site = callee or type(wait), 0
        if deep is not None and type(leaf) in self._leaves:
            site, awaited = self._placed.get(id(deep.cr_code) + deep.cr_frame.f_lasti, _UNKNOWN)
            if awaited is not how:
                site = 0
        if site:
            return site, self._number_awaited(known, (wait,), at)
        place = self._sites.find(coro, wait)
        if place.lasting and wait is not None and deep is not None:
            if type(leaf).__name__ == "FutureIter":
                self._leaves.add(type(leaf))
            if type(leaf) in self._leaves:
                self._keep(self._placed, deep, callee, how, place.site)
        return place.site, self._number_awaited(known, place.awaited or (wait,), at)

    def _walk(self, link: Any) -> tuple[Any, Any, Any]:
        """The deepest coroutine of the program, the code of what it awaits if that is a coroutine, and what is last."""
        deep = callee = None
        while type(link) is CoroutineType:
            if link.cr_code.co_filename in self._files:
                deep, callee = link, None
            elif callee is None:
                callee = link.cr_code
            link = link.cr_await
        return deep, callee, link

    def _keep(self, places: dict[int, tuple[int, object]], deep: Any, callee: Any, how: object, site: int) -> None:
        if deep is not None and site:
            self._codes |= {id(code): code for code in (deep.cr_code, callee)}
            places[id(deep.cr_code) + deep.cr_frame.f_lasti] = site, how

    def _number_awaited(self, known: TrackedTask, futures: Iterable[Any], at: int) -> int:
        """The number of the task that is awaited, or :data:`_SEVERAL`, which are noted; 0 if there is none."""
        awaited = []
        for future in futures:
            children = getattr(future, "_children", None) or (future,)  # of a gather
            tasks = [one for one in children if isinstance(one, self._task_type) and not one.done()]
            awaited += [met.number for task in tasks if (met := self._meet(task)) and met.number]
        if len(awaited) <= 1:
            return awaited[0] if awaited else 0
        if self._may_note(1 + len(awaited) // 100):
            self._journal.append(RecordType.AWAITED, pack_numbers(sorted(awaited)), at=at, task=known.number)
        return _SEVERAL

    # What a step causes

    def _look_at(self, ready: Any, count: int, by: int, at: int) -> None:
        """Note whose steps became due in one, and which tasks were cancelled in it."""
        cancelled = False
        for handle in reversed(list(islice(reversed(ready), count))):
            callback = handle._callback  # noqa: SLF001
            if not (type(callback) is self._stepper or self._is_step(callback)):
                continue
            task = callback.__self__
            known = self._get(id(task)) or self._meet(task, by=by, at=at)
            if known is None:
                continue
            cancelled = cancelled or task.cancelling() > known.cancels
            if known.number != by:
                known.due = due_word(known.number, by)
        if cancelled:
            self._note_cancels(by, at)

    def _note_cancels(self, by: int, at: int) -> None:
        """Note all requests for cancellation that were not noted before."""
        for known in list(self._known.values()):
            if (task := known.task()) is None:
                continue
            count = task.cancelling()
            if count > known.cancels and known.number and self._may_note():
                self._journal.append(RecordType.CANCEL, at=at, task=known.number, by=by)
            known.cancels = count

    def _other_ended(self, began: int, ended: int, handle: Any, task: Any, before: int) -> None:
        """A callback that is no step of a known task is over."""
        ready = handle._loop._ready  # noqa: SLF001
        if task is not None:
            self._unseen += 1
            self._head[1], self._head[2] = 0, self._unseen
        else:
            callback, args = handle._callback, handle._args or ()  # noqa: SLF001
            self._note_timeout(handle, callback, args, began)
            self._note_callback(callback, handle, began, ended)
        if len(ready) > before:
            done = task if task is not None else args[0] if args else None
            cause = self._get(id(done)) if isinstance(done, self._task_type) and done.done() else None
            self._look_at(ready, len(ready) - before, 0 if cause is None else cause.number, ended)
        self._head[1] = 0

    def _note_callback(self, callback: Any, handle: Any, began: int, ended: int) -> None:
        if callback is None:  # it cancelled itself
            return
        name, code = name_of(callback)
        own = code is not None and code.co_filename in self._files
        if (own or ended - began >= LONG_CALLBACK) and self._may_note():
            site = self._sites.definition(name, code)
            foreign = getattr(handle._loop, "foreign", None)  # noqa: SLF001
            loop = self._loop(handle._loop if foreign is None else foreign())  # noqa: SLF001
            self._journal.append(RecordType.CALLBACK, pack_interval(0, ended), at=began, stream=loop, site=site)

    def _note_timeout(self, handle: Any, callback: Any, args: Any, at: int) -> None:
        """Note that a time limit ran out: of ``asyncio.timeout``, or of ``wait`` (and 3.11's ``wait_for``)."""
        name = getattr(callback, "__qualname__", "")
        if name == "Timeout._on_timeout":
            tasks = [callback.__self__._task]  # noqa: SLF001
        elif name == "_release_waiter" and isinstance(handle, asyncio.TimerHandle):
            known = [known.task() for known in list(self._known.values())]
            tasks = [task for task in known if task is not None and task._fut_waiter is args[0]]  # type: ignore[attr-defined] # noqa: SLF001
        else:
            return
        for task in tasks:
            met = self._get(id(task))
            if met is not None and met.number and self._may_note():
                met.cancels = task.cancelling()
                self._journal.append(RecordType.TIMEOUT, at=at, task=met.number)

    def _may_note(self, cost: int = 1) -> bool:
        self._notes += cost
        return self._notes <= MOST_NOTES


def _locked(step_ended: Callable[[Any], None], lock: AbstractContextManager[bool], seen: Any) -> None:
    """The end of a callback where threads really run at once."""
    with lock:
        step_ended(seen)


def _name(coro: Any) -> str:
    """The qualified name of a coroutine."""
    return getattr(coro, "__qualname__", None) or type(coro).__name__
