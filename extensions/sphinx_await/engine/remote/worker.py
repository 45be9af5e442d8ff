"""What runs on a worker: an engine of its own, with its own fork server and sandbox, that lives on between orders.

Several orders may run at once, in threads of one process or in several processes of one machine. Each has an engine,
which computes one program at a time.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import socket
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ...core.errors import AwaitError
from ..scheduler import Engine
from ..settings import Settings
from .likeness import settings_received, unlikeness
from .messages import Answer, Order, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

#: Seconds after which an engine that nobody uses is closed.
IDLE_SECONDS = 30.0


@dataclass(slots=True, eq=False)
class _Workshop:
    """An engine and its thread: the fork server ends with the thread that has started it.

    :ivar closing: closes it, unless it is used again before.
    """

    builder: str
    engine: Engine
    thread: ThreadPoolExecutor = field(default_factory=partial(ThreadPoolExecutor, 1, "sphinx-await"))
    closing: threading.Timer | None = None

    def close(self) -> None:
        """End its processes."""
        with contextlib.suppress(RuntimeError):  # the interpreter ends, and its threads have ended
            self.thread.submit(self.engine.close).result()
        self.thread.shutdown()


@dataclass(slots=True, eq=False)
class _Presence:
    """An order that runs.

    :ivar crowded: another one ran at the same time.
    """

    crowded: bool = False


class _Workshops:
    """The engines of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Workshop] = []
        self._refusals: dict[str, str] = {}
        self._running: list[_Presence] = []
        self._stopped: set[str] = set()
        self._process = os.getpid()

    def refusal(self, order: Order, settings: Settings) -> str:
        """Why this process must not run the order; "" if it may. It is found out once for a builder."""
        with self._lock:
            if order.builder not in self._refusals:
                self._refusals.clear()  # of builds that are over
                self._refusals[order.builder] = unlikeness(order.likeness, settings)
            return self._refusals[order.builder]

    def run(self, order: Order, settings: Settings) -> tuple[list[Outcome], Engine]:
        """Run the programs of an order."""
        workshop = self._take(order.builder, settings)
        try:
            found = workshop.thread.submit(self._outcomes, order, workshop.engine).result()
        except BaseException:
            workshop.close()
            raise
        self._give_back(workshop)
        return found, workshop.engine

    def _outcomes(self, order: Order, engine: Engine) -> list[Outcome]:
        """Run the programs of an order, in the thread of the engine."""
        numbers = {id(program): number for number, program in enumerate(order.programs)}
        found: list[Outcome] = []
        with _share_of_the_machine(exclusive=order.exclusive), self._presence() as presence:
            results = engine.run(order.programs, rerun=False)  # the builder sees what it shows, and asks again
            with contextlib.closing(results):
                for result in results:
                    recordings = tuple(one.to_json() for one in result.recordings)
                    crowded = result.crowded or presence.crowded
                    found.append(Outcome(numbers[id(result.program)], recordings, crowded, result.started))
                    if order.builder in self._stopped:
                        break
        return found

    @contextlib.contextmanager
    def _presence(self) -> Iterator[_Presence]:
        """Let orders that run at once in this process know of each other."""
        own = _Presence()
        with self._lock:
            self._running.append(own)
            if len(self._running) > 1:
                for one in self._running:
                    one.crowded = True
        try:
            yield own
        finally:
            with self._lock:
                self._running.remove(own)

    def _take(self, builder: str, settings: Settings) -> _Workshop:
        with self._lock:
            for workshop in self._idle:
                if workshop.builder == builder and workshop.engine.settings == settings:
                    self._idle.remove(workshop)
                    if workshop.closing is not None:
                        workshop.closing.cancel()
                    return workshop
        return _Workshop(builder, Engine(settings))

    def _give_back(self, workshop: _Workshop) -> None:
        with self._lock:
            workshop.closing = threading.Timer(IDLE_SECONDS, self._close, [workshop])
            workshop.closing.daemon = True
            workshop.closing.start()
            self._idle.append(workshop)

    def _close(self, workshop: _Workshop) -> None:
        with self._lock:
            if workshop not in self._idle:
                return
            self._idle.remove(workshop)
        workshop.close()

    def release(self, builder: str | None = None) -> None:
        """Close the engines of a build that is over; without it, all. Of its orders, nothing more is started."""
        if os.getpid() != self._process:  # a fork has the engines of nobody
            return
        with self._lock:
            if builder is not None:
                self._stopped.add(builder)
            idle = [one for one in self._idle if builder in (None, one.builder)]
        for workshop in idle:
            if workshop.closing is not None:
                workshop.closing.cancel()
            self._close(workshop)


_workshops: _Workshops | None = None
_making = threading.Lock()


def _of_this_process() -> _Workshops:
    global _workshops  # noqa: PLW0603 - a process has one; a fork of it gets another
    with _making:
        if _workshops is None or _workshops._process != os.getpid():  # noqa: SLF001
            _workshops = _Workshops()
            atexit.register(_workshops.release)
            if "multiprocessing.util" in sys.modules:  # a process of multiprocessing calls nothing of atexit
                from multiprocessing.util import Finalize

                Finalize(None, _workshops.release, exitpriority=10)
        return _workshops


def run_order(text: str) -> str:
    """Run the programs of an order, and answer. This is what is sent to an executor."""
    order = Order.from_json(text)
    settings = settings_received(Settings.from_dict(order.settings))
    workshops = _of_this_process()
    worker, machine = _names()
    refusal = workshops.refusal(order, settings)
    if refusal:
        return Answer(worker, machine, refusal).to_json()
    try:
        outcomes, engine = workshops.run(order, settings)
    except AwaitError as error:
        return Answer(worker, machine, f"cannot run programs: {error}").to_json()
    return Answer(worker, machine, "", tuple(outcomes), engine.missing, dict(engine.not_shared)).to_json()


def release(builder: str) -> None:
    """Close the engines of a build that is over."""
    _of_this_process().release(builder)


def _names() -> tuple[str, str]:
    """By what the builder knows this worker, and the name of its machine."""
    machine = socket.gethostname()
    if "distributed.worker" in sys.modules:
        from distributed import get_worker

        with contextlib.suppress(ValueError):  # this is no task of Dask
            return str(get_worker().address), machine
    return f"{machine}, process {os.getpid()}", machine


@contextlib.contextmanager
def _share_of_the_machine(*, exclusive: bool) -> Iterator[None]:
    """Wait for the others of our user on this machine, of whatever build.

    It is no fault if there is no such file: then a program is perhaps disturbed, and the builder sees that.
    """
    if fcntl is None:
        yield
        return
    path = os.path.join(tempfile.gettempdir(), f"sphinx_await_{os.getuid()}.lock")
    with contextlib.ExitStack() as closing:
        with contextlib.suppress(OSError):
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            closing.callback(os.close, fd)
            fcntl.flock(fd, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield
