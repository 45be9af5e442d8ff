"""The task tracer: records which task or callback holds an event loop, and what tasks wait for.

It touches no coroutine and keeps no task, future, frame or coroutine alive.
"""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..journal.limits import (
    DETAILED_STEPS,
    LONG_CALLBACK,
    LONG_STEP,
    MOST_LONG_STEPS,
    MOST_LOOP_NOTES,
    MOST_NOTES,
    MOST_RENAMES,
    MOST_STEPS,
)
from ..journal.records import RecordType, StepFlag, TaskOutcome, encode_name, pack_interval
from ._cpython import (
    asyncio_functions,
    asyncio_internals,
    awaited_future,
    caller,
    exception_of,
    expired_timeout,
    handle_parts,
    identity,
    is_wait_timeout,
    ready_queue,
)
from ._hot_path import CALLBACK, detailed_hooks, sparse_hook
from .call_sites import CallSites, name_of
from .libraries import code_of, is_of_a_library, makes_tasks_for_others
from .sampler import StepSampler
from .task_registry import TaskRegistry, TrackedTask, qualified_name
from .uvloop_adapter import ForeignCallback, ForeignQueue
from .wait_places import WaitPlaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import CodeType, FrameType

    from ..journal.records import Journal
    from .hooks import Hooks

_MOST_FRAMES = 64  # in which the line of the program is looked for


class TaskTracer:
    """Records what happens in the event loops of this process. Its methods are set as hooks.

    :param files: the file names under which the program was compiled.
    :param current_work: returns the number of the work that this thread does, 0 if none is recorded.
    :param give_up: called with the first error; the program never sees one.
    :ivar room_for_bare: how many bare yields may be recorded before steps are recorded sparsely.
    :ivar unseen: how many steps were only counted.
    """

    def __init__(
        self,
        journal: Journal,
        files: frozenset[str],
        sites: CallSites,
        hooks: Hooks,
        current_work: Callable[[], int],
        give_up: Callable[[Exception], None],
    ) -> None:
        self._hooks = hooks
        self._current_work = current_work
        self._files = files
        self._sites = sites
        self.give_up = give_up
        self.journal = journal
        self.header = journal.header()
        self.internals = asyncio_internals()
        self.registry = TaskRegistry(journal, files)
        self.places = WaitPlaces(journal, files, sites, self.registry, self.internals, self._may_note)
        self.room_for_bare = DETAILED_STEPS
        #: Of the functions that execute steps.
        self._step_codes = frozenset({asyncio_functions()[0].__code__, ForeignCallback.__call__.__code__})
        self._sampler = StepSampler(journal, files, sites, self._step_codes, self._note_each_step)
        self._notes_each_step = False
        self._written = 0  # steps that did not end in a bare yield; for those that did there is _bare_yields
        self._bare_yields: Callable[[], int] = int
        self._long_steps = 0
        self.unseen = self._unseen_tasks = 0
        self._notes = self._loop_notes = self._renames = 0

    def enable(self) -> None:
        """Set the hooks."""
        hooks, lock = self._hooks, self.journal.lock
        hooks.before_step, hooks.after_step, self._bare_yields = detailed_hooks(self)
        self._before_step = hooks.before_step
        if lock is not None:
            hooks.after_step = partial(_call_locked, hooks.after_step, lock)
        hooks.before_task_creation, hooks.task_spawned = self.before_task_creation, self.task_spawned
        hooks.task_renamed, hooks.callback_scheduled = self.task_renamed, self.callback_scheduled
        hooks.loop_started, hooks.loop_stopped = self.loop_started, self.loop_stopped

    def hide_thread(self) -> None:
        """Have no thread from now on: lines that hold the loop are not known any more."""
        self._sampler.disable()

    def block_begins(self) -> None:
        """The program is about to block this thread; see :meth:`.StepSampler.block_begins`."""
        try:
            self._sampler.block_begins(caller(2))
        except Exception as error:  # noqa: BLE001
            self.give_up(error)

    def block_ends(self) -> None:
        """It goes on."""
        self._sampler.block_ends()

    def _note_each_step(self) -> None:
        """From now on note the step of each thread: the journal's header holds but one."""
        self._notes_each_step = True
        hooks, sampler, number_of_loop = self._hooks, self._sampler, self.registry.number_of_loop
        before_step, after_step = hooks.before_step, hooks.after_step

        def before_noted_step(handle: Any) -> Any:
            seen = before_step(handle)
            if seen is not None:
                began, _, task, tracked, *_ = seen
                number = CALLBACK if task is None else 0 if tracked is None else tracked.number
                loop = handle_parts(handle)[2]
                loop = loop.loop() if isinstance(loop, ForeignQueue) else loop
                sampler.step_began(began, number, number_of_loop(loop) if task is None else 0)
            return seen

        def after_noted_step(seen: Any) -> None:
            sampler.step_ended()
            after_step(seen)

        hooks.before_step, hooks.after_step = before_noted_step, after_noted_step

    def thin_out(self) -> None:
        """From now on count bare yields instead of recording them, but for long steps and the one after each."""
        lock, after_step = self.journal.lock, sparse_hook(self)
        self._hooks.before_step = self._before_step
        self._hooks.after_step = after_step if lock is None else partial(_call_locked, after_step, lock)
        if self._notes_each_step:
            self._note_each_step()

    # Loops and tasks

    def current(self) -> int:
        """The number of the task that runs in this thread, 0 if there is none."""
        task = self.internals.current_task()
        tracked = None if task is None else self.registry.meet(task)
        return 0 if tracked is None else tracked.number

    def current_for_output(self) -> int:
        """The same for what is printed: a task that prints is recorded although there are many."""
        task = self.internals.current_task()
        if task is None:
            return 0
        tracked = self.registry.get(identity(task))
        if tracked is None and self.registry.has_room(is_special=True):  # else it is one of very many lines
            late = self.registry.is_full
            tracked = self._meet_late(task, self.header[0]) if late else self.registry.meet(task)
        return 0 if tracked is None else tracked.number

    def _meet_late(self, task: Any, at: int) -> TrackedTask | None:
        """Record a task that was only counted."""
        tracked = self.registry.meet(task, at=at, is_special=True)
        if tracked is not None:
            tracked.gap = True
            self._unseen_tasks = self.header[3] = max(0, self._unseen_tasks - 1)
        return tracked

    def loop_started(self, loop: Any) -> None:
        """A loop starts running."""
        self._note_loop(RecordType.LOOP_STARTED, loop)
        self._sampler.loop_started()

    def loop_stopped(self, loop: Any) -> None:
        """A loop stops running."""
        self._note_loop(RecordType.LOOP_STOPPED, loop)
        self._sampler.loop_stopped()

    def _note_loop(self, kind: RecordType, loop: Any) -> None:
        try:
            # The last record is a start: from then on nobody knows when the loop stood still.
            most = MOST_LOOP_NOTES + (kind is RecordType.LOOP_STARTED)
            if self._loop_notes < most and (number := self.registry.number_of_loop(loop)):
                self._loop_notes += 1
                self.journal.append(kind, stream=number, by=self._current_work())
        except Exception as error:  # noqa: BLE001 - whatever it is, the program goes on
            self.give_up(error)

    def before_task_creation(self, _: Any) -> Any:
        """A task is about to be created: return the moment, and which task creates it."""
        try:
            return self.journal.clock(), self.current()
        except Exception as error:  # noqa: BLE001
            self.give_up(error)
            return None

    def task_spawned(self, before: Any, task: Any, coro: Any) -> Any:
        """A task was created. An eager one has run its first step already."""
        try:
            if before is not None and isinstance(task, self.internals.task_types):
                self._note_spawned(before, task, coro)
        except Exception as error:  # noqa: BLE001
            self.give_up(error)
        return task

    def _note_spawned(self, before: tuple[int, int], task: asyncio.Task[Any], coro: Any) -> None:
        at, by = before
        tracked = self.registry.get(identity(task))
        if tracked is not None:  # it ran already, and did something by which it was met
            if tracked.number:
                tracked.name = task.get_name()
                self.registry.introduce(task, tracked, qualified_name(coro), at, by, self._current_site(3))
        elif not self.registry.is_full:
            tracked = self.registry.meet_created(task, coro, by=by, at=at, site=self._current_site(3))
        if tracked is None:
            if not self.registry.is_hidden(coro):
                self._unseen_tasks = self.header[3] = self._unseen_tasks + 1
            return
        if self._is_internal(coro, 3):
            self.registry.note_internal(tracked)
        self._sampler.start()
        tracked.ready_at = at
        if tracked.number and (task.done() or getattr(coro, "cr_suspended", False)):
            tracked.wake(by)
            self._note_eager_step(task, tracked, coro, at)

    def callback_scheduled(self, handle: Any) -> None:
        """A callback became ready; if it is the first step of a task, the task was created just now."""
        try:
            callback, _, _ = handle_parts(handle)
            if self.internals.is_step(callback):
                task = callback.__self__
                if self.registry.get(identity(task)) is None and not self.registry.is_full:
                    coro, by = task.get_coro(), self.current()
                    tracked = self.registry.meet_created(task, coro, by=by, site=self._current_site(2))
                    if self._is_internal(coro, 2):
                        self.registry.note_internal(tracked)
        except Exception as error:  # noqa: BLE001
            self.give_up(error)

    def task_renamed(self, task: Any) -> None:
        """A task was named after its creation, as before Python 3.13."""
        try:
            tracked = self.registry.get(identity(task))
            if tracked is not None and tracked.number and self._renames < MOST_RENAMES:
                self._renames += 1
                self.registry.note_name(task, tracked)
        except Exception as error:  # noqa: BLE001
            self.give_up(error)

    def _note_eager_step(self, task: asyncio.Task[Any], tracked: TrackedTask, coro: Any, began: int) -> None:
        ended = self.journal.clock()
        if task.done():
            self._write_step(StepFlag.DONE | StepFlag.NESTED, 0, 0, began, ended, tracked)
            self._note_task_end(task, tracked, began, ended)
            return
        future = awaited_future(task)
        site, on = self.places.find(tracked, coro, future, ended)
        flags = StepFlag.NESTED | (StepFlag.BARE if future is None else 0)
        self._write_step(flags, site, on, began, ended, tracked)

    def _current_site(self, above: int) -> int:
        """The call site of the line of the program that runs now, else of the project; 0 if a library's callback runs.

        :param above: how many frames further up the search begins.
        """
        frame: FrameType | None = caller(above)
        beside: FrameType | None = None
        for _ in range(_MOST_FRAMES):
            if frame is None or frame.f_code in self._step_codes:
                break
            file = frame.f_code.co_filename
            if file in self._files:
                return self._sites.number("", file, frame.f_lineno or 0)
            if beside is None and self._sites.name_beside(file):
                beside = frame
            frame = frame.f_back
        return 0 if beside is None else self._sites.number("", beside.f_code.co_filename, beside.f_lineno or 0)

    def _is_of_the_project(self, code: CodeType | None) -> bool:
        """Whether code is the program's, or that of another module of its project."""
        file = "" if code is None else code.co_filename
        return file in self._files or (file != "" and self._sites.name_beside(file) != "")

    def _is_internal(self, coro: Any, above: int) -> bool:
        """Whether a library creates a task for itself: with a coroutine of its own, and not asked to by the program.

        Asked for is what the program creates by a function of asyncio for that: ``gather``, ``run``, a task group.

        :param above: how many frames further up the search begins.
        """
        if self._is_of_the_project(code_of(coro)):
            return False
        frame: Any = caller(above)
        for _ in range(_MOST_FRAMES):
            code = None if frame is None else frame.f_code
            # A step of asyncio's own function, such as ``wait_for``: the program has made a task of it.
            if code is None or code in self._step_codes or code.co_filename in self._files:
                return False
            if not makes_tasks_for_others(frame):
                return is_of_a_library(frame.f_code.co_filename)
            frame = frame.f_back
        return False

    # Steps

    def long_yield_ended(self, began: int, ended: int, task: Any, tracked: TrackedTask) -> None:
        """A long step, or the one after it, ended in a bare yield when these are not recorded any more."""
        self.places.note_bare_yield(tracked, task.get_coro())
        self._write_step(StepFlag.BARE, tracked.site, 0, began, ended, tracked)

    def step_ended(
        self, began: int, ended: int, handle: Any, task: Any, tracked: TrackedTask | None, before: int
    ) -> None:
        """A callback has run that is no step, or a step that did not end in a bare yield."""
        if tracked is None and task is not None:
            tracked = self.registry.get(identity(task))  # it may have printed
        if tracked is None:
            self._callback_ended(began, ended, handle, task, before)
            return
        ready = ready_queue(handle_parts(handle)[2])
        if len(ready) > before:
            self.note_scheduled(ready, len(ready) - before, tracked.number, ended)
        if not tracked.number:
            return
        if task.done():
            self._write_step(StepFlag.DONE, 0, 0, began, ended, tracked)
            self._note_task_end(task, tracked, began, ended)
            return
        if (cancels := task.cancelling()) > tracked.cancels:
            self._note_cancel_requests(0, began)
        tracked.cancels = cancels
        if not self._has_room(ended - began, tracked):
            self.drop(tracked)
            return
        site, on = self.places.find(tracked, task.get_coro(), awaited_future(task), ended)
        self._write_step(0, site, on, began, ended, tracked)

    def drop(self, tracked: TrackedTask) -> None:
        """Count a step that is not recorded."""
        tracked.gap = True
        self.header[1] = 0
        if tracked.number:
            self._count_unseen()

    def _count_unseen(self) -> None:
        if not self.unseen:
            self.journal.append(RecordType.THINNED_OUT)
        self.unseen += 1
        self.header[2] = self.unseen

    def _has_room(self, duration: int, tracked: TrackedTask) -> bool:
        """Whether a step of so many nanoseconds is recorded. Long ones are although there are many."""
        if self._written + self._bare_yields() < MOST_STEPS:
            return True
        return (duration >= LONG_STEP or tracked.follows) and self._long_steps < MOST_LONG_STEPS

    def _write_step(self, flags: int, site: int, on: int, began: int, ended: int, tracked: TrackedTask) -> None:
        if not self._has_room(ended - began, tracked):
            self.drop(tracked)
            return
        tracked.follows = ended - began >= LONG_STEP
        if self._written + self._bare_yields() >= MOST_STEPS:
            self._long_steps += 1
        else:
            self._written += 1
            self.room_for_bare -= 1
        flags |= StepFlag.GAP if tracked.gap else 0
        number, by = tracked.number, tracked.woken_by
        late = (began - tracked.ready_at) // 1000 if tracked.ready_at else 0
        payload = pack_interval(on, ended, late)
        self.journal.append(RecordType.STEP, payload, at=began, stream=flags, task=number, by=by, site=site)
        tracked.wake(0)
        tracked.ready_at = 0
        tracked.gap = False

    def _note_task_end(self, task: asyncio.Task[Any], tracked: TrackedTask, began: int, at: int) -> None:
        self.registry.note_name(task, tracked)
        tracked.ended = True
        if task.cancelling() > tracked.cancels:
            self._note_cancel_requests(0, began)
        outcome, error = TaskOutcome.RETURNED, None
        if task.cancelled():
            outcome = TaskOutcome.CANCELLED
        elif (error := exception_of(task)) is not None:
            outcome = TaskOutcome.RAISED
        payload = b"" if error is None else encode_name(type(error).__name__)
        self.journal.append(RecordType.TASK_ENDED, payload, at=at, stream=outcome, task=tracked.number)

    # What a step causes

    def note_scheduled(self, ready: Any, count: int, by: int, at: int, ready_at: int = 0) -> None:
        """Note whose steps became ready in a step, and record which tasks were cancelled in it.

        :param count: how many handles were appended to the queue.
        :param by: the number of the step's task, 0 for a callback.
        :param at: when the step ended.
        :param ready_at: when they could have become ready, if that was earlier: a timer's callback runs late, too.
        """
        is_cancelled = False
        for handle in reversed(list(islice(reversed(ready), count))):
            callback, _, _ = handle_parts(handle)
            if not self.internals.is_step(callback):
                continue
            task = callback.__self__
            tracked = self.registry.get(identity(task)) or self.registry.meet(task, by=by, at=at)
            if tracked is None:
                continue
            is_cancelled = is_cancelled or task.cancelling() > tracked.cancels
            if tracked.number != by:
                tracked.wake(by)
                if tracked.ready_at < self.header[0]:  # else it was created in this step
                    tracked.ready_at = ready_at or at
        if is_cancelled:
            self._note_cancel_requests(by, at)

    def _note_cancel_requests(self, by: int, at: int) -> None:
        """Record all requests for cancellation that were not recorded before."""
        for tracked in self.registry:
            if (task := tracked.task()) is None:
                continue
            count = task.cancelling()
            for _ in range(tracked.cancels, count if tracked.number else 0):
                if not self._may_note():
                    break
                self.journal.append(RecordType.CANCEL_REQUESTED, at=at, task=tracked.number, by=by)
            tracked.cancels = count

    def _callback_ended(self, began: int, ended: int, handle: Any, task: Any, before: int) -> None:
        """A callback has run that is no step of a recorded task."""
        callback, args, loop = handle_parts(handle)
        ready = ready_queue(loop)
        if task is not None:
            self._untracked_step_ended(began, ended, task)
        else:
            self._note_timeout(handle, callback, args, began)
            self._note_callback(callback, loop, began, ended)
        if len(ready) > before:
            done = task if task is not None else args[0] if args else None
            cause = (
                self.registry.get(identity(done))
                if isinstance(done, self.internals.task_types) and done.done()
                else None
            )
            by = 0 if cause is None else cause.number
            self.note_scheduled(ready, len(ready) - before, by, ended, self._due_at(handle, loop))
        self.header[1] = 0

    def _untracked_step_ended(self, began: int, ended: int, task: Any) -> None:
        """A step of a task that was only counted has run."""
        has_failed = task.done() and not task.cancelled() and exception_of(task) is not None
        if ended - began < LONG_STEP and not has_failed:
            self._count_unseen()
            return
        tracked = self._meet_late(task, began)
        if tracked is None:
            self._count_unseen()
        elif task.done():
            self._write_step(StepFlag.DONE, 0, 0, began, ended, tracked)
            self._note_task_end(task, tracked, began, ended)
        else:
            future = awaited_future(task)
            site, on = self.places.find(tracked, task.get_coro(), future, ended)
            self._write_step(0 if future is not None else StepFlag.BARE, site, on, began, ended, tracked)

    def _due_at(self, handle: Any, loop: Any) -> int:
        """When a timer's callback should have run, in nanoseconds; 0 for anything else."""
        if not isinstance(handle, asyncio.TimerHandle) or type(loop).time is not asyncio.BaseEventLoop.time:
            return 0
        late: float = loop.time() - handle.when()
        return self.journal.clock() - max(0, round(late * 1e9))

    def _note_callback(self, callback: Any, loop: Any, began: int, ended: int) -> None:
        if callback is None:  # it cancelled itself
            return
        name, code = name_of(callback)
        if (ended - began >= LONG_CALLBACK or self._is_of_the_project(code)) and self._may_note():
            site = self._sites.definition(name, code)
            loop = self.registry.number_of_loop(loop.loop() if isinstance(loop, ForeignQueue) else loop)
            self.journal.append(RecordType.CALLBACK, pack_interval(0, ended), at=began, stream=loop, site=site)

    def _note_timeout(self, handle: Any, callback: Any, args: Any, at: int) -> None:
        """Record that a time limit expired: of ``asyncio.timeout``, or of ``wait`` (and 3.11's ``wait_for``)."""
        if is_wait_timeout(callback) and isinstance(handle, asyncio.TimerHandle):
            tasks = [task for tracked in self.registry if (task := tracked.task()) and awaited_future(task) is args[0]]
        else:
            tasks = [expired_timeout(callback)]
        for task in tasks:
            tracked = self.registry.get(identity(task))
            if tracked is not None and tracked.number and self._may_note():
                tracked.cancels = task.cancelling()
                self.journal.append(RecordType.TIMEOUT_EXPIRED, at=at, task=tracked.number)

    def _may_note(self, cost: int = 1) -> bool:
        self._notes += cost
        return self._notes <= MOST_NOTES


def _call_locked(after_step: Callable[[Any], None], lock: AbstractContextManager[bool], seen: Any) -> None:
    """Call a hook where threads run in parallel."""
    with lock:
        after_step(seen)
