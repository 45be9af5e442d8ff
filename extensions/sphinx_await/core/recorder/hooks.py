"""The probe points that instrumented code calls.

The hooks are plain functions: an event loop of another kind can call them itself.
:mod:`.instrumentation` makes the standard library call them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def _asleep(*_: object) -> None:
    pass


def _same(_: object, task: Any, __: object) -> Any:
    return task


class Hooks:
    """Probe points. They do nothing until a tracer sets them.

    The return value of ``*_began`` is passed to the matching ``*_ended``.

    :ivar step_began: a handle's callback is about to run: handle.
    :ivar step_ended: it has run, or raised: what the first returned.
    :ivar task_making: a loop is about to make a task: loop.
    :ivar task_made: it has: what the first returned, the task, its coroutine. Returns the task.
    :ivar task_named: a task got its name later than itself: task.
    :ivar task_due: a callback became due in a loop that is not asyncio's: a handle for it.
    :ivar loop_began: a loop begins to run: loop.
    :ivar loop_ended: it stops: loop.
    :ivar work_given: a call is handed to a thread, or a thread started: an object that stands for it.
    :ivar work_began: the thread begins with it: that object.
    :ivar work_ended: it is done: what the first returned.
    :ivar instrumented: the modules that call the hooks already.
    :ivar trouble: what could not be instrumented, and why.
    """

    # Not a dataclass: to make one takes a browser longer than all the rest of this module.

    step_began: Callable[[Any], Any]
    step_ended: Callable[[Any], None]
    task_making: Callable[[Any], Any]
    task_made: Callable[[Any, Any, Any], Any]
    task_named: Callable[[Any], None]
    task_due: Callable[[Any], None]
    loop_began: Callable[[Any], None]
    loop_ended: Callable[[Any], None]
    work_given: Callable[[Any], None]
    work_began: Callable[[Any], Any]
    work_ended: Callable[[Any], None]

    def __init__(self) -> None:
        self.trouble: list[str] = []
        self.instrumented: set[str] = set()
        self.sleep()

    def sleep(self) -> None:
        """Do nothing any more."""
        self.step_began = self.step_ended = self.task_making = self.task_named = _asleep
        self.task_due = self.loop_began = self.loop_ended = _asleep
        self.work_given = self.work_began = self.work_ended = _asleep
        self.task_made = _same
