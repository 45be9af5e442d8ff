"""The recorder: what a program prints, when, and from which task.

It observes and does not disturb. It keeps no task alive, and the first error of its own ends the recording,
never the program.
"""

from __future__ import annotations

import io
import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING

from .journal import STDERR, STDOUT, STREAM_NAMES, Journal, Kind, output_cost

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from _typeshed import ReadableBuffer


def _nothing() -> None:
    pass


class Recorder:
    """Records the output of the program of this process into a journal.

    :param limit: bytes of output that are kept, both streams together.
    :ivar before_output: called before each write, so that what others wrote to the same descriptors earlier
        stands earlier in the journal too.
    """

    def __init__(self, journal: Journal, *, limit: int) -> None:
        self.journal = journal
        self._left = limit
        self.before_output: Callable[[], None] = _nothing
        self._numbers: dict[int, int] = {}
        self._gone: dict[int, weakref.ref[asyncio.Task[object]]] = {}
        self._count = 0
        self._process = os.getpid()
        self._truncated = False
        self._failed = False
        self._lock = threading.RLock()

    def install(self) -> None:
        """Put recorded streams in the place of ``sys.stdout`` and ``sys.stderr``.

        They are flushed at each end of a line, as on a terminal: a line belongs to the task that ended it.
        """
        sys.stdout = sys.__stdout__ = self._stream(STDOUT, "surrogateescape")  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = self._stream(STDERR, "backslashreplace")  # type: ignore[misc]

    def output(self, stream: int, data: bytes, *, at: int | None = None, task: int = 0) -> None:
        """Record bytes of a stream; beyond the limit only that there were more."""
        if self._left <= 0:
            if not self._truncated:
                self._truncated = True
                self.journal.append(Kind.TRUNCATED)
            return
        self.journal.append(Kind.OUTPUT, data[: self._left + 1], at=at, stream=stream, task=task)
        self._left -= output_cost(data)

    def wrote(self, stream: int, data: bytes) -> bool:
        """Record what Python's stream is about to write; False if the recorder cannot, and it must be written."""
        if self._failed or os.getpid() != self._process:
            return False
        try:
            with self._lock:
                self.before_output()
                self.output(stream, data, task=self._current_task())
        except Exception as error:  # noqa: BLE001 - whatever it is, the program goes on
            self._failed = True
            self.journal.append(Kind.BROKEN, f"the recorder gave up: {error!r}".encode())
            return False
        return True

    def _current_task(self) -> int:
        asyncio = sys.modules.get("asyncio")  # a program without it need not wait for it
        # Documented for such use; the public one raises.
        if asyncio is None or asyncio._get_running_loop() is None:  # noqa: SLF001
            return 0
        task = asyncio.current_task()
        return 0 if task is None else self._number(task)

    def _number(self, task: asyncio.Task[object]) -> int:
        key = id(task)
        number = self._numbers.get(key)
        if number is None:
            self._count += 1
            number = self._numbers[key] = self._count
            self._gone[key] = weakref.ref(task, lambda _: self._forget(key))
            self.journal.append(Kind.TASK, task.get_name().encode("utf-8", "backslashreplace"), task=number)
        return number

    def _forget(self, key: int) -> None:
        # The address may now become another task's.
        self._numbers.pop(key, None)
        self._gone.pop(key, None)

    def _stream(self, stream: int, errors: str) -> io.TextIOWrapper:
        raw = _RecordedFile(self, stream)
        return io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors=errors, line_buffering=True)


class _RecordedFile(io.FileIO):
    """A standard stream whose bytes go to the recorder; in a forked child they go to the descriptor."""

    def __init__(self, recorder: Recorder, stream: int) -> None:
        super().__init__(stream, "wb", closefd=False)
        self.name = f"<{STREAM_NAMES[stream]}>"  # as the interpreter names its own
        self._recorder = recorder
        self._stream = stream

    def write(self, data: ReadableBuffer, /) -> int:
        raw = bytes(data)
        return len(raw) if self._recorder.wrote(self._stream, raw) else super().write(raw)
