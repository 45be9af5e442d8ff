"""What runs in the engine process: an engine that launches programs as they come, and what sends their results."""

from __future__ import annotations

import contextlib
import gc
import heapq
import os
import signal
import threading
import warnings
from importlib import import_module
from queue import SimpleQueue
from typing import TYPE_CHECKING, NoReturn

from ...core.errors import EngineError
from ..linux.syscalls import die_with_parent
from ..scheduler import Engine, Queue
from .link import Again, Alone, Close, Ended, Expect, Failed, Ready

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

    from ..program import Program
    from ..result import Result
    from ..scheduler import Schedule
    from ..settings import Settings
    from .link import Answer, Command, Link


class _Answers:
    """Sends answers in a thread of its own: programs that wait to be launched must not wait for the other process."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._early: list[Answer] = []
        self._queue: SimpleQueue[Answer | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._wanted: frozenset[int] | None = None

    def put(self, answer: Answer) -> None:
        """Send an answer, as soon as the other process takes any."""
        if self._wanted is None:
            self._early.append(answer)
        elif not isinstance(answer, Ended) or answer.number in self._wanted:
            self._queue.put(answer)

    def begin(self, wanted: frozenset[int]) -> None:
        """Send what is wanted of the answers until now, and each that comes."""
        self._wanted = wanted
        for answer in self._early:
            self.put(answer)
        self._early.clear()
        self._thread = threading.Thread(target=self._send_all, daemon=True)
        # The signal that ends this process must wake its main thread.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        self._thread.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])

    def want(self, numbers: Iterable[int]) -> None:
        """From now on, send the results of these programs."""
        self._wanted = frozenset(numbers)

    def finish(self, last: Failed | None = None) -> None:
        """Wait until all is sent."""
        if self._thread is None:
            if last is not None:
                self._link.send(last, wait=False)
            return
        self._queue.put(last)
        if last is not None:
            self._queue.put(None)
        self._thread.join()

    def _send_all(self) -> None:
        with contextlib.suppress(EngineError):
            while (answer := self._queue.get()) is not None:
                self._link.send(answer)


class _Incoming(Queue):
    """The programs that the other process expects to show, the longest first."""

    def __init__(self, link: Link, answers: _Answers) -> None:
        super().__init__()
        self.is_open = True
        self._link = link
        self._answers = answers
        self._heap: list[tuple[float, int, Program]] = []

    def __bool__(self) -> bool:
        return bool(self._heap)

    def put(self, number: int, program: Program) -> None:
        heapq.heappush(self._heap, (0.0, number, program))

    def pop(self) -> tuple[int, Program]:
        _, number, program = heapq.heappop(self._heap)
        return number, program

    def receive(self, *, wait: bool) -> list[Program]:
        came: list[Program] = []
        while self.is_open:
            try:
                command: Command | None = self._link.receive(wait=wait and not came)
            except BlockingIOError:
                break
            match command:
                case Expect(number, program):
                    heapq.heappush(self._heap, (-program.seconds(), number, program))
                    came.append(program)
                case Close(wanted):
                    self.is_open = False
                    self._heap = [one for one in self._heap if one[1] in wanted]
                    heapq.heapify(self._heap)
                    self._answers.begin(wanted)
                case _:
                    raise SystemExit
        if not self.is_open and self._link.is_closed():
            raise SystemExit
        return came


def be_the_engine(link: Link, settings: Settings, imports: list[str]) -> NoReturn:
    """Run programs for the process of which this one is a fork. It never returns, and flushes nothing of the other."""
    os.setsid()  # Ctrl-C is the other's to handle
    signal.signal(signal.SIGTERM, _end)
    die_with_parent(signal.SIGTERM)
    gc.freeze()  # what the other has made is not looked through, page by page, for garbage of this one
    with contextlib.suppress(SystemExit):  # the build wants nothing more
        _serve(link, settings, imports)
    os._exit(0)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    # What is being made at this moment, nobody closes but the end of this process.
    warnings.simplefilter("ignore", ResourceWarning)
    raise SystemExit


def _serve(link: Link, settings: Settings, imports: list[str]) -> None:
    engine, answers = Engine(settings), _Answers(link)
    try:
        engine.start(imports)
        # What reads the first result is imported now, while the fork server imports, too.
        import_module("..ended_run", __package__)
        import_module("...core.decoding.decoder", __package__)
        schedule = engine.schedule()
        answers.put(Ready(engine.missing, dict(engine.not_shared)))
        try:
            _work(schedule, link, answers)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            engine.abandon(schedule)
    except EngineError as error:
        answers.finish(Failed(str(error)))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        engine.close()


def _work(schedule: Schedule, link: Link, answers: _Answers) -> None:
    """Do what the other process asks for, until it has ended."""
    for number, result in schedule.as_they_come(_Incoming(link, answers)):
        answers.put(_ended(number, result))
    while (command := link.receive()) is not None:
        match command:
            case Again(programs):
                answers.want(programs)
                for number, result in schedule.sleepers(programs):
                    answers.put(_ended(number, result))
            case Alone(program):
                answers.want([0])
                answers.put(_ended(0, schedule.alone(program)))
    answers.finish()


def _ended(number: int, result: Result) -> Ended:
    return Ended(number, result.recordings, result.crowded, result.started)
