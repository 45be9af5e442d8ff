"""What asyncio's own code calls while it runs, and how the calls get into it.

The hooks are plain functions: an event loop of another make can call them itself.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from .graft import graft

if TYPE_CHECKING:
    from collections.abc import Callable


def _asleep(*_: object) -> None:
    pass


def _same(_: object, task: Any, __: object) -> Any:
    return task


class Hooks:
    """The functions that are called; asleep they do nothing.

    What the first of a pair returns is handed to the second.

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
    :ivar trouble: what could not be hung in, and why.
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
        self._hung: set[str] = set()
        self.sleep()

    def sleep(self) -> None:
        """Do nothing any more."""
        self.step_began = self.step_ended = self.task_making = self.task_named = _asleep
        self.task_due = self.loop_began = self.loop_ended = _asleep
        self.work_given = self.work_began = self.work_ended = _asleep
        self.task_made = _same

    def hang(self, arrived: str = "") -> None:
        """Have the modules that are imported call the hooks; those that do already are left alone.

        :param arrived: a module whose import is about to end.
        """
        for name, hang in HANGERS.items():
            module = sys.modules.get(name)
            # One that is being imported may yet lack what we look for.
            is_there = name == arrived or not getattr(getattr(module, "__spec__", None), "_initializing", False)
            if module is not None and is_there and name not in self._hung:
                self._hung.add(name)
                try:
                    hang(self, module)
                except Exception as error:  # noqa: BLE001 - another Python may look different inside: programs go on
                    self.trouble.append(f"{name} cannot be watched: {error!r}")
        if hasattr(os, "register_at_fork") and "fork" not in self._hung:
            self._hung.add("fork")
            os.register_at_fork(after_in_child=self.sleep)


def _hang_asyncio(hooks: Hooks, asyncio: Any) -> None:
    from . import watch  # noqa: F401 - here, in the warm parent, and not in each program

    graft(
        asyncio.Handle._run,  # noqa: SLF001 - every callback of asyncio's own loops passes here, and only here
        hooks,
        # A name of its own is called faster than an attribute.
        before="seen__ = target.step_began; seen__ = seen__(self)",
        after="ended__ = target.step_ended; ended__(seen__); seen__ = None",
    )
    graft(
        asyncio.BaseEventLoop.create_task,
        hooks,
        before="seen__ = target.task_making(self)",
        result="target.task_made(seen__, result, coro)",
    )
    if hasattr(asyncio.tasks, "_set_task_name"):  # before 3.13
        graft(
            asyncio.tasks._set_task_name,  # noqa: SLF001
            hooks,
            before="",
            after="target.task_named(task)",
        )
    graft(
        asyncio.BaseEventLoop.run_forever,
        hooks,
        before="target.loop_began(self)",
        after="target.loop_ended(self)",
    )


def _hang_threading(hooks: Hooks, threading: Any) -> None:
    graft(threading.Thread.start, hooks, before="target.work_given(self)")
    graft(
        threading.Thread._bootstrap_inner,  # noqa: SLF001 - `run` may be the program's own
        hooks,
        before="seen__ = target.work_began(self)",
        after="target.work_ended(seen__); seen__ = None",
    )


def _hang_executors(hooks: Hooks, module: Any) -> None:
    item = module._WorkItem  # noqa: SLF001 - the one place through which an executor's calls pass
    graft(item.__init__, hooks, before="target.work_given(self)")
    graft(
        item.run,
        hooks,
        before="seen__ = target.work_began(self)",
        after="target.work_ended(seen__); seen__ = None",
    )


class _Due:
    """Stands for a foreign loop where a handle names its own.

    :ivar foreign: gives the loop.
    :ivar inside: a callback runs.
    :ivar ready: what became due in it.
    """

    def __init__(self, foreign: Any) -> None:
        self.foreign = foreign
        self.inside = False
        self.running = False
        self.ready: list[Any] = []

    @property
    def _ready(self) -> list[Any]:
        return self.ready


class _Called:
    """A callback of a foreign loop, and the handle for it that the hooks see; it looks like the callback."""

    __slots__ = ("_args", "_callback", "_hooks", "_loop")

    def __init__(self, hooks: Hooks, due: _Due, callback: Callable[..., object]) -> None:
        self._hooks = hooks
        self._loop = due
        self._callback = callback
        self._args: tuple[object, ...] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._callback, name)

    def __repr__(self) -> str:
        return repr(self._callback)

    def __call__(self, *args: object) -> object:
        self._args, due = args, self._loop
        if not due.running:
            due.running = True
            self._hooks.loop_began(due.foreign())
        seen = self._hooks.step_began(self)
        due.inside = True
        try:
            return self._callback(*args)
        finally:
            due.inside = False
            self._hooks.step_ended(seen)
            due.ready.clear()


def _hang_uvloop(hooks: Hooks, uvloop: Any) -> None:
    """Its loop has no Python source, so callbacks are wrapped, and have one frame more.

    What its timers call passes by unseen, but for what that makes due. A task is met when its first step becomes due,
    and the loop runs from its first callback until it is told to stop.
    """
    kind = uvloop.Loop
    call_soon, stop = kind.call_soon, kind.stop
    dues: WeakKeyDictionary[Any, _Due] = WeakKeyDictionary()

    def soon(self: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        due = dues.get(self) or dues.setdefault(self, _Due(ref(self)))
        called = _Called(hooks, due, callback)
        if due.inside:
            due.ready.append(called)
        hooks.task_due(called)
        return call_soon(self, called, *args, context=context)

    def end(self: Any) -> None:
        stop(self)
        if (due := dues.get(self)) is not None:
            due.running = False
            hooks.loop_ended(self)

    for function, original in ((soon, call_soon), (end, stop)):
        function.__name__, function.__qualname__ = original.__name__, original.__qualname__
        setattr(kind, original.__name__, function)


#: By the module whose import makes it possible: how its calls are hung in.
HANGERS: dict[str, Callable[[Hooks, Any], None]] = {
    "asyncio": _hang_asyncio,
    "threading": _hang_threading,
    "concurrent.futures.thread": _hang_executors,
    "uvloop": _hang_uvloop,
}
