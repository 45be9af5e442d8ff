"""An event loop that blocks: its thread sleeps between two callbacks, as with CPython's own loops.

So ``asyncio.run(main())`` works in a worker of a browser as it does elsewhere.
"""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from ..core.validation.browser_support import NO_PROCESSES, NO_SIGNALS, NO_THREADS
from .monotonic import strictly_increasing
from .network import Network

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    Wait = Callable[[float | None], None]

_SECOND = 1e9


class _Selector:
    """The loop's selector: there are no sockets to select from, so it only waits."""

    def __init__(self, wait: Wait) -> None:
        self._wait = wait

    def select(self, timeout: float | None) -> list[object]:
        self._wait(timeout)
        return []

    def close(self) -> None:
        """Do nothing."""


class BlockingLoop(Network, asyncio.BaseEventLoop):  # type: ignore[misc] # the network has no TLS and no options
    """The event loop of a program in a browser.

    :param wait: called once in each iteration with the seconds that the loop may sleep: 0 if a callback is ready, None
        if none is ready and no timer is set, so that the loop would wait for ever.
    :param hosts: the mock hosts by name.
    """

    def __init__(self, wait: Wait, hosts: Any) -> None:
        super().__init__()
        self._ticks = strictly_increasing(monotonic_ns)
        self._selector = _Selector(wait)
        self.open_network(hosts)

    def time(self) -> float:
        """The loop's clock. No time occurs twice, so timers run in the order in which they were set."""
        return self._ticks() / _SECOND

    def _process_events(self, event_list: list[object]) -> None:
        """Do nothing: there are no events."""

    def _write_to_self(self) -> None:
        """Do nothing: no other thread could wake the loop."""

    def close(self) -> None:
        """Close the loop and its servers."""
        self.close_network()
        super().close()

    def run_in_executor(  # type: ignore[override] # typeshed counts the arguments of the function
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> Any:
        """Run a function in an executor of the program.

        :raises RuntimeError: the loop's own executor is wanted, which has threads.
        """
        if executor is None:
            raise RuntimeError(NO_THREADS)
        return super().run_in_executor(executor, func, *args)

    async def _make_subprocess_transport(self, *_: object, **__: object) -> Any:
        raise NotImplementedError(NO_PROCESSES)

    def add_signal_handler(self, *_: object) -> None:
        """Refuse.

        :raises NotImplementedError: always.
        """
        raise NotImplementedError(NO_SIGNALS)

    def remove_signal_handler(self, _sig: int) -> bool:
        """Return False: no signal has a handler."""
        return False
