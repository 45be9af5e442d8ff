"""Make uvloop's event loop call the hooks. It has no Python source, so its callbacks are wrapped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

if TYPE_CHECKING:
    from collections.abc import Callable

    from .hooks import Hooks


class ForeignQueue:
    """What became ready in a foreign loop during a callback. Hooks see it in the place of the loop.

    :ivar loop: returns the loop, or None if it is gone.
    :ivar is_inside: a callback is running.
    :ivar is_running: the loop is running.
    """

    def __init__(self, loop: Any) -> None:
        self.loop = ref(loop)
        self.is_inside = False
        self.is_running = False
        self._ready: list[Any] = []

    def add(self, callback: ForeignCallback) -> None:
        """Note that a callback became ready."""
        if self.is_inside:
            self._ready.append(callback)

    def clear(self) -> None:
        """Forget what became ready."""
        self._ready.clear()


class ForeignCallback:
    """A callback of a foreign loop, which looks like the callback; also the handle that hooks see for it."""

    __slots__ = ("_args", "_callback", "_hooks", "_loop")
    _callback: Callable[..., object]

    def __init__(self, hooks: Hooks, queue: ForeignQueue, callback: Callable[..., object]) -> None:
        self._hooks = hooks
        self._loop = queue
        inner = callback._callback if isinstance(callback, ForeignCallback) else callback  # noqa: SLF001 - its own
        self._callback = inner
        self._args: tuple[object, ...] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._callback, name)

    def __repr__(self) -> str:
        return repr(self._callback)

    def __call__(self, *args: object) -> object:
        """Call the callback, with the hooks around it."""
        self._args, queue = args, self._loop
        if not queue.is_running:
            queue.is_running = True
            self._hooks.loop_started(queue.loop())
        before = self._hooks.before_step(self)
        queue.is_inside = True
        try:
            return self._callback(*args)
        finally:
            queue.is_inside = False
            self._hooks.after_step(before)
            queue.clear()


def instrument_uvloop(hooks: Hooks, uvloop: Any) -> None:
    """Wrap uvloop's callbacks, those of timers too, which then have one frame more.

    A task is met when its first step becomes ready, and the loop runs from its first callback until it is stopped.
    """
    loop_type = uvloop.Loop
    original_call_soon, original_stop = loop_type.call_soon, loop_type.stop
    original_call_later, original_call_at = loop_type.call_later, loop_type.call_at
    queues: WeakKeyDictionary[Any, ForeignQueue] = WeakKeyDictionary()

    def queue_of(loop: Any) -> ForeignQueue:
        return queues.get(loop) or queues.setdefault(loop, ForeignQueue(loop))

    def call_later(self: Any, delay: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        wrapped = ForeignCallback(hooks, queue_of(self), callback)
        return original_call_later(self, delay, wrapped, *args, context=context)

    def call_at(self: Any, when: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        return original_call_at(self, when, ForeignCallback(hooks, queue_of(self), callback), *args, context=context)

    def call_soon(self: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        queue = queue_of(self)
        wrapped = ForeignCallback(hooks, queue, callback)
        queue.add(wrapped)
        hooks.callback_scheduled(wrapped)
        return original_call_soon(self, wrapped, *args, context=context)

    def stop(self: Any) -> None:
        original_stop(self)
        if (queue := queues.get(self)) is not None:
            queue.is_running = False
            hooks.loop_stopped(self)

    originals = (call_soon, original_call_soon), (call_later, original_call_later), (call_at, original_call_at)
    for function, original in (*originals, (stop, original_stop)):
        function.__name__, function.__qualname__ = original.__name__, original.__qualname__
        setattr(loop_type, original.__name__, function)
