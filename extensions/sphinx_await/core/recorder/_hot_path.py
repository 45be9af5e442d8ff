"""The hooks around each step: the code that runs most often.

A program may have a million steps, so what runs for each is written out here instead of called, variables are closed
over instead of looked up, and private names of asyncio are used directly (each has a probe in :mod:`._cpython`).
``tests/bench/recorder.py`` measures it. Medians of 7 runs in turn, CPython 3.13, a busy machine, microseconds a switch
between two tasks that await ``sleep(0)``: 3.7 without the recorder, 5.5 with these hooks while all steps are recorded.
"""

# ruff: noqa: SLF001 - see above

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING, Any

from ..journal.limits import LONG_STEP
from ..journal.records import BARE_STEP, RecordType
from ._cpython import identity

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from ..journal.records import Journal
    from ._cpython import AsyncioInternals
    from .task_registry import TaskRegistry, TrackedTask
    from .wait_places import WaitPlaces

    class Tracer(Protocol):
        """What the hooks need of :class:`.tasks.TaskTracer`."""

        header: memoryview
        internals: AsyncioInternals
        journal: Journal
        places: WaitPlaces
        registry: TaskRegistry
        room_for_bare: int
        unseen: int
        give_up: Callable[[Exception], None]

        def drop(self, tracked: TrackedTask) -> None: ...
        def note_scheduled(self, ready: Any, count: int, by: int, at: int, ready_at: int = 0) -> None: ...
        def step_ended(
            self, began: int, ended: int, handle: Any, task: Any, tracked: TrackedTask | None, before: int
        ) -> None: ...
        def long_yield_ended(self, began: int, ended: int, task: Any, tracked: TrackedTask) -> None: ...
        def thin_out(self) -> None: ...


_STEP_SIZE, _pack = BARE_STEP.size, BARE_STEP.pack_into
_COROUTINE: Any = CoroutineType
#: In the header in the place of a task's number: something else holds the loop.
CALLBACK = -1


def detailed_hooks(  # noqa: C901 - nothing may be called
    tracer: Tracer,
) -> tuple[Callable[[Any], Any], Callable[[Any], None], Callable[[], int]]:
    """The hooks before and after a step while all steps are recorded, and a count of the bare yields among them."""
    registry, places, journal, internals = tracer.registry, tracer.places, tracer.journal, tracer.internals
    clock, buffer, header, get = journal.clock, journal.buffer, tracer.header, registry.get
    step_type, is_step, meet, give_up = internals.step_type, internals.is_step, registry.meet, tracer.give_up
    note_scheduled, step_ended, drop = tracer.note_scheduled, tracer.step_ended, tracer.drop
    note_bare_yield, identity_of = places.note_bare_yield, identity
    bare = 0

    def before_step(handle: Any) -> Any:
        try:
            callback = handle._callback
            ready = handle._loop._ready
            if type(callback) is step_type or is_step(callback):
                task = callback.__self__
                tracked = get(identity_of(task)) or meet(task)
                header[1] = 0 if tracked is None else tracked.number
            else:
                task = tracked = None
                header[1] = CALLBACK
            began = header[0] = clock()
            return began, handle, task, tracked, ready, len(ready)
        except Exception as error:  # noqa: BLE001 - whatever it is, the program goes on
            give_up(error)
            return None

    def after_step(seen: Any) -> None:
        nonlocal bare
        ended = clock()
        if seen is None:
            return
        try:
            began, handle, task, tracked, ready, before = seen
            if tracked is None or task._fut_waiter is not None:
                step_ended(began, ended, handle, task, tracked, before)
                return
            # A bare yield, or the task's end. Mostly a task yields where it did before, and then it has not ended.
            coro = task.get_coro()
            if not (
                tracked.callee is not None
                and type(inner := coro.cr_await) is _COROUTINE
                and inner.cr_code is tracked.callee
                and coro.cr_frame.f_lasti == tracked.yields_at
            ):
                if task.done():
                    step_ended(began, ended, handle, task, tracked, before)
                    return
                note_bare_yield(tracked, coro)
            # Its own next step became ready, and perhaps others.
            if len(ready) > before + 1:
                note_scheduled(ready, len(ready) - before, tracked.number, ended)
            start = journal.end
            end = start + _STEP_SIZE
            if end > journal.bulk_room or not tracked.number:
                drop(tracked)
                return
            journal.end = end
            _pack(buffer, start, tracked.step_start, began, tracked.fields, ended)
            tracked.fields = tracked.plain_fields
            bare += 1
            if bare >= tracer.room_for_bare:
                tracer.thin_out()
        except Exception as error:  # noqa: BLE001 - whatever it is, the program goes on
            give_up(error)

    return before_step, after_step, lambda: bare


def sparse_hook(tracer: Tracer) -> Callable[[Any], None]:
    """The hook after a step when bare yields are only counted, but for long steps and the one after each."""
    clock, header, note_scheduled = tracer.journal.clock, tracer.header, tracer.note_scheduled
    step_ended, long_yield_ended, give_up = tracer.step_ended, tracer.long_yield_ended, tracer.give_up
    append = tracer.journal.append

    def after_step(seen: Any) -> None:
        ended = clock()
        if seen is None:
            return
        try:
            began, handle, task, tracked, ready, before = seen
            if tracked is None or task._fut_waiter is not None or task.done():
                step_ended(began, ended, handle, task, tracked, before)
                return
            if len(ready) > before + 1:
                note_scheduled(ready, len(ready) - before, tracked.number, ended)
            if tracked.follows or ended - began >= LONG_STEP:
                long_yield_ended(began, ended, task, tracked)
                return
            tracked.gap = True
            header[1] = 0
            if tracked.number:  # what TaskTracer.drop does
                if not tracer.unseen:
                    append(RecordType.THINNED_OUT)
                tracer.unseen += 1
                header[2] = tracer.unseen
        except Exception as error:  # noqa: BLE001 - whatever it is, the program goes on
            give_up(error)

    return after_step
