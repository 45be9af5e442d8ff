"""The journal of a run: an append-only list of small binary records in one buffer.

The program's process writes, the engine reads. The buffer may be memory shared with the engine, so that a
process that dies at any instruction leaves all it had written: a record counts from the moment its first byte,
the kind, is set, and that byte is written last. (A step's is written at once with the rest of it, in order: one
that is not whole has no end, or one before its beginning.) No system call is made.

The buffer begins with three numbers that change: when the stretch in which the loop is held began, which task holds
it (0: none that has a number), and how many steps were not written.
"""

from __future__ import annotations

import os
import struct
import sys
import threading
from enum import IntEnum, IntFlag
from time import perf_counter_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from mmap import mmap

    Buffer = bytearray | mmap | memoryview

HEADER = struct.Struct("<qqq")
#: The fields of a :class:`~.journal_reader.Record` in its order, the size of the payload in the place of the payload.
RECORD = struct.Struct("<BBHIqiI")
RECORD_SIZE = RECORD.size
STEP_PAYLOAD = struct.Struct("<i4xq")
BARE_PAYLOAD = struct.Struct("<q")
#: A record of kind STEP that ended with a bare yield, with its payload, as it is written fastest: :func:`bare_word`,
#: ``at``, :func:`due_word`, the end.
BARE_STEP = struct.Struct("<qqqq")
NUMBERS = 4  # bytes of each task number in a list of them
ALIGN = 8

STDOUT, STDERR = 1, 2
STREAM_NAMES = {STDOUT: "stdout", STDERR: "stderr"}


_LEAST_OUTPUT_COST = 20
_RESERVED_SHARE = 16


def output_cost(data: bytes) -> int:
    """What a piece of output takes from the output limit.

    Its bytes, but never next to nothing, so that a million empty lines are bounded too.
    """
    return max(len(data), _LEAST_OUTPUT_COST)


class RecordType(IntEnum):
    """What a record says. Its payload is text, or JSON, or empty."""

    START = 1  #: the first line of a part is about to run; payload: JSON with the CPU time used so far
    STOP = 2  #: the program has ended, its shutdown included
    PART = 10  #: a part of several has ended; payload: JSON with its status and the CPU time used so far
    OUTPUT = 3  #: bytes written to a stream
    TASK = 4  #: a task has a (new) name; payload: the name
    FAILURE = 5  #: payload: JSON of a :class:`~.recording.Failure`
    IMPORTS = 6  #: payload: JSON of what was imported
    HOST = 7  #: payload: name of a host of the lesson web that was looked up
    BROKEN = 8  #: the program could not be started, or the recorder gave up; payload: why
    TRUNCATED = 9  #: the output limit was reached
    MADE = 11  #: a task was made; by: task; site: where; stream: loop; payload: qualified name of its coroutine
    STEP = 12  #: a task held the loop from ``at``; stream: :class:`StepFlag`; by: who woke it; site: where it waits now
    END = 13  #: a task ended; stream: :class:`TaskOutcome`; payload: name of the exception's type
    AWAITED = 14  #: the next step of a task waits for several; payload: their numbers
    SITE = 15  #: site ``by`` is at the line ``task`` of the part ``site`` (from 1; 0: none); payload: its words
    LOOP = 16  #: loop ``stream`` got its number; payload: its type
    LOOP_RUNS = 17  #: loop ``stream`` began to run
    LOOP_STOPS = 18  #: loop ``stream`` stopped
    CALLBACK = 19  #: a callback held the loop ``stream`` from ``at``; site: what it is; payload: as of a step
    CANCEL = 20  #: somebody asked for a task's cancellation; by: task
    TIMEOUT = 21  #: a time limit of a task ran out
    WORK = 22  #: a thread began with work ``by``; task: who handed it over; site: what it is; payload: the thread
    WORK_ENDS = 23  #: a thread is done with work ``by``


#: What there can be much of; some room is left free of it.
_BULK = frozenset({3, 4, *range(RecordType.MADE, RecordType.WORK_ENDS + 1)})


class StepFlag(IntFlag):
    """What else is to be said of a step."""

    DONE = 1  #: the task ended in it
    BARE = 2  #: it ended with a bare yield, as of ``asyncio.sleep(0)``
    GAP = 4  #: steps of this task before it were not written
    NESTED = 8  #: it ran inside another's step, as eager tasks begin


class TaskOutcome(IntEnum):
    """How a task ended."""

    RETURNED = 1
    RAISED = 2
    CANCELLED = 3


class Journal:
    """Writes records to a buffer of zeros. What there can be much of leaves some of it free for what must be told.

    :ivar clock: the moment, in nanoseconds.
    :ivar end: where the next record begins.
    :ivar bulk_room: where records of what there can be much of must end.
    :ivar lock: is held while room for a record is taken, where threads run at once; None where they take turns.
    """

    def __init__(self, buffer: Buffer, clock: Callable[[], int] = perf_counter_ns) -> None:
        self.buffer = buffer
        self.clock = clock
        self.end = HEADER.size
        self._room = len(buffer)
        self.bulk_room = self._room - self._room // _RESERVED_SHARE
        self.lock: AbstractContextManager[bool] | None = None if _takes_turns() else threading.RLock()
        self._process = os.getpid()

    def head(self) -> memoryview:
        """The three numbers with which the buffer begins, to be set."""
        return memoryview(self.buffer)[: HEADER.size].cast("q")

    def append(  # noqa: PLR0913 - the fields of a record
        self,
        kind: RecordType,
        payload: bytes = b"",
        *,
        at: int | None = None,
        stream: int = 0,
        task: int = 0,
        by: int = 0,
        site: int = 0,
    ) -> None:
        """Add one record; ``at`` defaults to now. A fork of the process that began the journal adds nothing.

        Threads and signal handlers may call it at once: with the interpreter's lock none can come between where room is
        taken, since nothing is called there, and without it there is :attr:`lock`.
        """
        if os.getpid() != self._process:
            return
        at = self.clock() if at is None else at
        size = len(payload)
        whole = RECORD_SIZE - -size // ALIGN * ALIGN
        room = self.bulk_room if int(kind) in _BULK else self._room
        if self.lock is None:
            start = self._take(whole, room)
        else:
            with self.lock:
                start = self._take(whole, room)
        if not start:
            return
        RECORD.pack_into(self.buffer, start, 0, stream, site, size, at, task, by)
        body = start + RECORD_SIZE
        self.buffer[body : body + size] = payload
        self.buffer[start] = kind

    def _take(self, size: int, room: int) -> int:
        """Where a record of so many bytes has room; 0 if there is none."""
        start = self.end  # from here on nothing is called
        end = start + size
        if end > room:
            return 0
        self.end = end
        return start


def _takes_turns() -> bool:
    """Whether only one thread at a time runs Python."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def bare_word(site: int) -> int:
    """The first eight bytes of the record of a step that ended with a bare yield."""
    return RecordType.STEP | StepFlag.BARE << 8 | site << 16 | BARE_PAYLOAD.size << 32


def due_word(task: int, by: int) -> int:
    """Which task a step is of, and who woke it."""
    return task | by << 32


def pack_interval(on: int, end: int) -> bytes:
    """The payload of a step or a callback: which task it waits for now (-1: several), and when it ended."""
    return STEP_PAYLOAD.pack(on, end)


def pack_numbers(tasks: Iterable[int]) -> bytes:
    """A list of task numbers as a payload."""
    return b"".join(number.to_bytes(NUMBERS, "little") for number in tasks)
