"""An event loop that truly blocks: between two callbacks its thread sleeps, as with CPython's own loops.

So ``asyncio.run(main())`` is the same program in a worker of a browser as it is anywhere else.
"""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from .monotonic import strictly_increasing
from .network import Network
from .unsupported import NO_PROCESSES, NO_SIGNALS, NO_THREADS

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    Wait = Callable[[float | None], None]

_SECOND = 1e9


class _Selector:
    """Stands where a loop looks for what the system has for it: here nothing comes but time."""

    def __init__(self, wait: Wait) -> None:
        self._wait = wait

    def select(self, timeout: float | None) -> list[object]:
        self._wait(timeout)
        return []

    def close(self) -> None:
        """Let go of nothing."""


class BlockingLoop(Network, asyncio.BaseEventLoop):  # type: ignore[misc] # the network has no TLS and no options
    """The loop of a program in a browser.

    :param wait: is called once in each turn, with the seconds for which nothing is to be done; None: for ever,
        since there is no timer, no thread and no socket.
    :param hosts: who answers in the network of the program.
    """

    def __init__(self, wait: Wait, hosts: Any) -> None:
        super().__init__()
        self._ticks = strictly_increasing(monotonic_ns)
        self._selector = _Selector(wait)
        self.open_network(hosts)

    def time(self) -> float:
        """The loop's clock: never the same moment twice, so that timers run in the order in which they were set."""
        return self._ticks() / _SECOND

    def _process_events(self, event_list: list[object]) -> None:
        """Do nothing with events that never come."""

    def _write_to_self(self) -> None:
        """Wake nobody: nobody else can be asleep in here."""

    def close(self) -> None:
        """Close the loop and all that listens in it."""
        self.close_network()
        super().close()

    def run_in_executor(  # type: ignore[override] # typeshed counts the arguments of the function
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> Any:
        """Refuse the loop's own threads in words; a program's executor refuses by itself."""
        if executor is None:
            raise RuntimeError(NO_THREADS)
        return super().run_in_executor(executor, func, *args)

    async def _make_subprocess_transport(self, *_: object, **__: object) -> Any:
        raise NotImplementedError(NO_PROCESSES)

    def add_signal_handler(self, *_: object) -> None:
        """Refuse in words."""
        raise NotImplementedError(NO_SIGNALS)

    def remove_signal_handler(self, _sig: int) -> bool:
        """No signal has a handler."""
        return False
