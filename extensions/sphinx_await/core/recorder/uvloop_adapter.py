"""Makes uvloop's event loop call the hooks. uvloop has no Python source, so callbacks are wrapped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

if TYPE_CHECKING:
    from collections.abc import Callable

    from .hooks import Hooks


class _ForeignLoop:
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


class ForeignCallback:
    """A callback of a foreign loop, and the handle for it that the hooks see; it looks like the callback."""

    __slots__ = ("_args", "_callback", "_hooks", "_loop")

    def __init__(self, hooks: Hooks, due: _ForeignLoop, callback: Callable[..., object]) -> None:
        self._hooks = hooks
        self._loop = due
        self._callback = callback
        self._args: tuple[object, ...] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._callback, name)

    def __repr__(self) -> str:
        return repr(self._callback)

    def __call__(self, *args: object) -> object:
        """Call the callback, and the hooks around it."""
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


def instrument_uvloop(hooks: Hooks, uvloop: Any) -> None:
    """Its loop has no Python source, so callbacks are wrapped, and have one frame more.

    What its timers call passes by unseen, but for what that makes due. A task is met when its first step becomes due,
    and the loop runs from its first callback until it is told to stop.
    """
    kind = uvloop.Loop
    call_soon, stop = kind.call_soon, kind.stop
    dues: WeakKeyDictionary[Any, _ForeignLoop] = WeakKeyDictionary()

    def soon(self: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        due = dues.get(self) or dues.setdefault(self, _ForeignLoop(ref(self)))
        called = ForeignCallback(hooks, due, callback)
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
