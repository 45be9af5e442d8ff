"""Where orders go: the workers of a Dask scheduler, or any executor of ``concurrent.futures``.

Nothing of Dask is imported by a project that does not use it.
"""

from __future__ import annotations

import asyncio
import pkgutil
import uuid
from concurrent.futures import BrokenExecutor, CancelledError, Executor
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from ...core.errors import EngineError
from .messages import VERSION
from .worker import release, run_order

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_LOOK_AGAIN = 1.0  # seconds for which it is known which workers there are
_CONNECT = 10.0  # seconds until a scheduler must have answered
#: What a client of Dask raises when its scheduler is gone.
_GONE = (OSError, CancelledError, asyncio.CancelledError, ValueError, RuntimeError)
_VERSION_OF_WORKER = f"{run_order.__module__.rpartition('.')[0]}.messages:VERSION"


class Sent(Protocol):
    """An order that was sent: a future, of ``concurrent.futures`` or of Dask."""

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None:
        """Call a function when it has ended, in whatever thread."""

    def result(self) -> Any:
        """The answer; raises what the worker, or the way to it, has raised."""

    def cancel(self) -> Any:
        """Take it back, if it has not begun."""


class Pool(Protocol):
    """Takes orders.

    :ivar refused: workers that cannot take any, and why.
    :ivar most_losses: when a program was lost with its worker so often, it is perhaps what ends them.
    """

    refused: dict[str, str]
    most_losses: int

    def open(self) -> None:
        """Connect.

        :raises EngineError: nothing is there.
        """

    def slots(self) -> int:
        """How many orders run at once, as far as that is known; 0 if nobody is there now."""
        ...

    def workers(self) -> frozenset[str] | None:
        """Those that are there and may take orders; None if it is not known who they are."""
        ...

    def submit(self, text: str, workers: Collection[str] | None) -> Sent:
        """Send an order to one of these workers; None: to whichever.

        :raises EngineError: there is no way to any.
        """
        ...

    def is_loss(self, error: BaseException) -> bool:
        """Whether an order was lost with its worker. What can be done about it is done here.

        :raises EngineError: nothing can.
        """
        ...

    def close(self, builder: str) -> None:
        """Let workers end what they keep for a build."""


@dataclass(slots=True)
class ExecutorPool:
    """An executor that an author hands over, or a function that returns one; that one is shut down at the end.

    Its workers are not known: any of them may get an order.
    """

    given: Any
    refused: dict[str, str] = field(default_factory=dict)
    most_losses: int = 3
    _executor: Executor | None = None
    _renewals: int = 3

    def open(self) -> None:
        """Make the executor, if it is to be made."""
        if self._executor is None:
            made = self.given if hasattr(self.given, "submit") else self.given()
            if not hasattr(made, "submit"):
                raise EngineError(f"await_executor: an executor expected, found {made!r:.60}")
            self._executor = made

    def slots(self) -> int:
        """Executors of Python itself say how many workers they have."""
        most = getattr(self._executor, "_max_workers", None)
        return most if isinstance(most, int) and most > 0 else 2

    def workers(self) -> None:
        """Nobody knows."""

    def submit(self, text: str, workers: Collection[str] | None) -> Sent:  # noqa: ARG002 - they are not known
        """Send an order to some worker."""
        assert self._executor is not None
        while True:
            try:
                return self._executor.submit(run_order, text)
            except BrokenExecutor as error:
                self.is_loss(error)  # now there is another, or none and an error
            except RuntimeError as error:
                raise EngineError(f"await_executor takes no programs: {error}") from None

    def is_loss(self, error: BaseException) -> bool:
        """An executor whose process was killed is broken as a whole: another one is made."""
        if isinstance(error, CancelledError):
            raise EngineError("await_executor was shut down while programs ran") from None
        if not isinstance(error, BrokenExecutor):
            return False
        if self._executor is not None and _is_broken(self._executor):
            self._renewals -= 1
            if hasattr(self.given, "submit") or self._renewals < 0:
                how = "; a function that returns an executor can make another" if hasattr(self.given, "submit") else ""
                raise EngineError(f"await_executor is broken: {error}{how}") from None
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None
            self.open()
        return True

    def close(self, builder: str) -> None:
        """Shut down what was made here."""
        release(builder)  # of an executor of threads
        if self._executor is not None and not hasattr(self.given, "submit"):
            self._executor.shutdown(cancel_futures=True)
        self._executor = None


def _is_broken(executor: Executor) -> bool:
    """Whether an executor is the one that broke, and none that was made in its place meanwhile."""
    try:
        executor.submit(int).cancel()
    except BrokenExecutor:
        return True
    return False


@dataclass(slots=True)
class DaskPool:
    """The workers of a Dask scheduler."""

    address: str
    refused: dict[str, str] = field(default_factory=dict)
    most_losses: int = 1  # Dask has tried before
    _client: Any = None
    _threads: dict[str, int] = field(default_factory=dict)
    _looked: float = float("-inf")

    def open(self) -> None:
        """Connect to the scheduler."""
        if self._client is not None:
            return
        try:
            import dask.config
            from distributed import Client
        except ImportError:
            raise EngineError(
                "await_executor is 'dask', and Dask is missing: pip install 'sphinx-await[dask]'"
            ) from None
        address = self.address or dask.config.get("scheduler-address", None)
        if not address:
            raise EngineError("await_executor_address: the address of a Dask scheduler expected, as tcp://host:8786")
        try:
            self._client = Client(address, timeout=_CONNECT, set_as_default=False, name="sphinx-await")
        except (OSError, ValueError) as error:
            raise EngineError(f"await_executor_address: no scheduler answers at {address} ({error})") from None

    def slots(self) -> int:
        """The threads of all workers."""
        there = self.workers()
        return sum(self._threads[name] for name in there)

    def workers(self) -> frozenset[str]:
        """Those that are there, and have this package."""
        if monotonic() - self._looked > _LOOK_AGAIN:
            self._look()
        return frozenset(self._threads.keys() - self.refused.keys())

    def _look(self) -> None:
        try:
            found: Mapping[str, Any] = self._client.scheduler_info(n_workers=-1)["workers"]
            new = [name for name in found if name not in self._threads and name not in self.refused]
            if new:
                # What Python itself has comes by its name, whatever a worker lacks.
                said = self._client.run(pkgutil.resolve_name, _VERSION_OF_WORKER, workers=new, on_error="return")
                said = {name: one for name, one in said.items() if not isinstance(one, OSError)}  # just left
                self.refused |= {name: _without_us(one) for name, one in said.items() if one != VERSION}
                found = {name: one for name, one in found.items() if name not in new or name in said}
            self._threads = {name: int(one["nthreads"]) for name, one in found.items()}
        except _GONE as error:
            raise self._gone(error) from None
        self._looked = monotonic()

    def submit(self, text: str, workers: Collection[str] | None) -> Sent:
        """Send an order."""
        key = f"sphinx-await-{uuid.uuid4().hex}"
        try:
            sent: Sent = self._client.submit(run_order, text, key=key, workers=sorted(workers or ()), pure=False)
        except _GONE as error:
            raise self._gone(error) from None
        return sent

    def is_loss(self, error: BaseException) -> bool:
        """Dask itself gives an order to another worker, until it has lost some of them with it."""
        from distributed import KilledWorker

        if isinstance(error, CancelledError | asyncio.CancelledError):
            raise self._gone(error) from None
        return isinstance(error, KilledWorker)

    def _gone(self, error: BaseException) -> EngineError:
        return EngineError(f"await_executor: the scheduler is gone ({error or type(error).__name__})")

    def close(self, builder: str) -> None:
        """Let workers close their engines, and leave the scheduler."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            if client.status == "running" and (there := [*self._threads.keys() - self.refused.keys()]):
                client.run(release, builder, workers=there, on_error="ignore")
        except _GONE:
            pass  # they close them themselves after a while
        client.close()


def _without_us(found: object) -> str:
    if isinstance(found, BaseException):
        return f"has no sphinx-await that takes programs ({found})"
    return "has another version of sphinx-await"
