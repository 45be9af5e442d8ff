"""The hooks that instrumented code calls. :mod:`.instrumentation` makes the standard library call them.

They are plain functions, so an event loop of another kind can call them itself. Their names are those of trio's
instruments, as far as trio has them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FunctionType


def _do_nothing(*_: object) -> None:
    pass


def _return_task(_: object, task: Any, __: object) -> Any:
    return task


class Hooks:
    """What instrumented code calls. Each hook does nothing until a tracer sets it.

    What ``before_…`` returns is passed to ``after_…``. Each line below says when a hook is called and, after the second
    colon, with what.

    :ivar before_step: a handle's callback is about to run: handle.
    :ivar after_step: the callback has returned or raised: what ``before_step`` returned.
    :ivar before_task_creation: a loop is about to create a task: loop.
    :ivar task_spawned: the loop has created the task: what ``before_task_creation`` returned, task, coroutine. Returns
        the task.
    :ivar task_renamed: a task was named after its creation: task.
    :ivar callback_scheduled: a callback became ready in a loop that is not asyncio's: a handle for it.
    :ivar loop_started: a loop starts running: loop.
    :ivar loop_stopped: a loop stops running: loop.
    :ivar work_submitted: a call was handed to a thread pool, or a thread started: the work item or thread.
    :ivar before_work: a thread is about to do that work: the work item or thread.
    :ivar after_work: the thread has done it: what ``before_work`` returned.
    :ivar asyncio_begins: on Python 3.11, a function of asyncio begins that calls the program only in steps: loop, or
        the policy that makes one.
    :ivar asyncio_ends: it has returned or raised: what ``asyncio_begins`` returned.
    :ivar step_begins: on Python 3.11, after ``before_step``.
    :ivar step_ends: on Python 3.11, before ``after_step``.
    :ivar instrumented: names of the modules that call the hooks.
    :ivar uninstrumented: the functions that call the hooks, with the code in which they do not.
    :ivar missing: what this Python lacks of what every tracer needs; None until it was tried.
    :ivar refused: for each module that cannot be instrumented, the reason.
    """

    # Not a dataclass: to create one takes a browser longer than the rest of this module.

    before_step: Callable[[Any], Any]
    after_step: Callable[[Any], None]
    before_task_creation: Callable[[Any], Any]
    task_spawned: Callable[[Any, Any, Any], Any]
    task_renamed: Callable[[Any], None]
    callback_scheduled: Callable[[Any], None]
    loop_started: Callable[[Any], None]
    loop_stopped: Callable[[Any], None]
    work_submitted: Callable[[Any], None]
    before_work: Callable[[Any], Any]
    after_work: Callable[[Any], None]
    asyncio_begins: Callable[[Any], object]
    asyncio_ends: Callable[[Any], None]
    step_begins: Callable[[], None]
    step_ends: Callable[[], None]

    def __init__(self) -> None:
        self.instrumented: set[str] = set()
        self.uninstrumented: list[tuple[FunctionType, CodeType]] = []
        self.missing: list[str] | None = None
        self.refused: dict[str, str] = {}
        self.asyncio_begins = self.asyncio_ends = self.step_begins = self.step_ends = _do_nothing
        self.disable()

    def disable(self) -> None:
        """Set the hooks of tasks and threads back to one that does nothing. Lines are recorded all the same."""
        self.before_step = self.after_step = self.before_task_creation = self.task_renamed = _do_nothing
        self.callback_scheduled = self.loop_started = self.loop_stopped = _do_nothing
        self.work_submitted = self.before_work = self.after_work = _do_nothing
        self.task_spawned = _return_task

    def remove(self) -> None:
        """Have no function call the hooks any more. One that is running does so once more, without a frame of ours."""
        for function, code in self.uninstrumented:
            function.__code__ = code
        self.disable()
        # Python tells a profiler about functions of its own and of C, but not about such an object.
        self.after_step = self.after_work = self.loop_stopped = self.asyncio_ends = partial({}.get, None)
        self.step_ends = partial({}.clear)
