"""The journal of a run: an append-only list of small binary records in one buffer.

The program's process writes, the engine reads. The buffer may be memory shared with the engine, so that a process that
dies at any instruction leaves everything it has written: a record counts as soon as its first byte, the type, is set,
and that byte is written last. (A step is written at once and in order; one that is not complete has no end, or an end
before its start.) No system call is made.

The buffer begins with a header of five numbers that change: when the current step started, which task it belongs to
(0: none that has a number), how many steps and how many tasks were not written, whether entries of the access log were
lost. Forks of the process can set the last one, too.
"""

from __future__ import annotations

import struct
import sys
import threading
from enum import IntEnum, IntFlag
from os import getpid  # by name: a program may replace what is in the module
from time import perf_counter_ns
from typing import TYPE_CHECKING

from .limits import LONGEST_NAME, MOST_LINES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from mmap import mmap

    Buffer = bytearray | mmap | memoryview

HEADER = struct.Struct("<qqqqq")
UNLOGGED = 4  #: the index of the number that says whether entries of the access log were lost
# A record: type, stream, site and size of the payload; the moment; task and the other task.
_START, _MOMENT, _TASKS = "BBHI", "q", "iI"
_STEP_END = "q"
RECORD = struct.Struct(f"<{_START}{_MOMENT}{_TASKS}")
RECORD_SIZE = RECORD.size
RECORD_LENGTH, RECORD_LENGTH_AT = struct.Struct("<I"), struct.calcsize("<BBH")  #: the size of the payload
STEP_PAYLOAD = struct.Struct(f"<iI{_STEP_END}")
BARE_PAYLOAD = struct.Struct(f"<{_STEP_END}")
_RECORD_START = struct.Struct(f"<{_START}")
_RECORD_TASKS = struct.Struct(f"<{_TASKS}")
#: A record of type STEP that ended in a bare yield, payload included, in the form that is written fastest:
#: :func:`bare_step_start`, the moment, :func:`task_fields`, the end.
BARE_STEP = struct.Struct(f"<{_RECORD_START.size}s{_MOMENT}{_RECORD_TASKS.size}s{_STEP_END}")
#: A line of the program that ran: the moment (0: there is none), the line, and the number of the part that has it.
LINE = struct.Struct("<qIHxx")
LINES_SIZE = MOST_LINES * LINE.size
TASK_NUMBER_SIZE = 4  # bytes of each number in a list of tasks
ALIGNMENT = 8

STDOUT, STDERR = 1, 2
STREAM_NAMES = {STDOUT: "stdout", STDERR: "stderr"}


#: What a piece of output takes at least of the output limit.
LEAST_OUTPUT_COST = 20
_MOST_LATE = 2**32 - 1
_RESERVED_SHARE = 16


def output_cost(data: bytes) -> int:
    """What a piece of output takes from the output limit.

    Its bytes, but at least 20, so that a million empty lines are bounded, too.
    """
    return max(len(data), LEAST_OUTPUT_COST)


class RecordType(IntEnum):
    """What a record says. Its payload is text, or JSON, or empty."""

    START = 1  #: the first line of a part is about to run; payload: JSON with the CPU time used so far
    STOP = 2  #: the program has ended, its shutdown included
    PART = 10  #: a part of several has ended; payload: JSON with its status and the CPU time used so far
    OUTPUT = 3  #: bytes written to a stream; by: the work that the thread does; site: turns begun and ended before
    TASK_NAMED = 4  #: a task has a (new) name; payload: the name
    FAILURE = 5  #: payload: JSON of a :class:`~.recording.Failure`
    ACCESS = 6  #: the program used something; payload: JSON of an entry of its access log
    HOST = 7  #: payload: name of a mocked host that was looked up
    BROKEN = 8  #: the program could not be started, or something is not recorded; payload: why
    TRUNCATED = 9  #: the output limit was reached
    TASK_CREATED = 11  #: by: task; site: where; stream: loop; payload: qualified name of the task's coroutine
    STEP = 12  #: a task held the loop from ``at``; stream: :class:`StepFlag`; by: who woke it; site: where it waits now
    TASK_ENDED = 13  #: stream: :class:`TaskOutcome`; payload: name of the exception's type
    AWAITS_MANY = 14  #: the next step of a task ends in a wait for several tasks; payload: their numbers
    CALL_SITE = 15  #: site ``by`` is at line ``task`` of part ``site`` (0: another file); payload: words, file
    LOOP_CREATED = 16  #: loop ``stream`` was met; payload: its type
    LOOP_STARTED = 17  #: loop ``stream`` started running; by: the work that its thread does
    LOOP_STOPPED = 18  #: loop ``stream`` stopped running
    CALLBACK = 19  #: a callback held the loop ``stream`` from ``at``; site: what it is; payload: as of a step
    CANCEL_REQUESTED = 20  #: a task's cancellation was requested; by: task
    TIMEOUT_EXPIRED = 21  #: a time limit of a task expired
    WORK_STARTED = 22  #: a thread started work ``by``; task: who submitted it; site: what it is; payload: the thread
    WORK_ENDED = 23  #: a thread has done work ``by``
    THINNED_OUT = 24  #: from here on steps are missing
    TAIL = 25  #: the end of the output, beyond the limit; payload: see :mod:`.tail`
    #: from here on the step of a task (-1: a callback; stream: of which of several loops) was seen at a line; site:
    #: where, 0: unknown
    SAMPLE = 26
    TASK_INTERNAL = 27  #: a library created the task for itself
    TASK_DESTROYED = 28  #: a task was destroyed that had not ended
    DISPLAY = 29  #: a result was displayed; by: as of output; payload: JSON of its forms
    EXAMPLE = 30  #: an example of a part that is typed at a prompt begins
    EXAMPLE_FAILED = 31  #: an exception ended the last example; payload: as of a failure
    GENERATOR = 32  #: generator ``task`` runs first; stream: its kind; site: its function; payload: the call
    TURN = 33  #: generator ``task`` goes on; site: where that is asked for; payload: type of what is thrown into it
    TURN_ENDED = 34  #: its turn ends; stream: :class:`TurnEnd`; site: where; payload: a value, or the error's type
    TURNS_LEFT_OUT = 35  #: from here on turns of generators are missing
    LINES = 36  #: lines of the program that ran; payload: a :data:`LINE` for each. It grows while the program runs
    LINES_LEFT_OUT = 37  #: more lines ran than are kept


#: Types of which a program can cause any number. A share of the buffer is kept free of them.
_BULK = frozenset(
    {
        RecordType.OUTPUT,
        RecordType.TASK_NAMED,
        RecordType.ACCESS,
        *(kind for kind in RecordType if RecordType.TASK_CREATED <= kind <= RecordType.WORK_ENDED),
        RecordType.SAMPLE,
        RecordType.TASK_INTERNAL,
        RecordType.TASK_DESTROYED,
        RecordType.DISPLAY,
        RecordType.GENERATOR,
        RecordType.TURN,
        RecordType.TURN_ENDED,
    }
)


class StepFlag(IntFlag):
    """What else a step's record says."""

    DONE = 1  #: the task ended in it
    BARE = 2  #: it ended in a bare yield, as of ``asyncio.sleep(0)``
    GAP = 4  #: steps of this task before it were not written
    NESTED = 8  #: it ran inside another step, as the first step of an eager task does


class TurnEnd(IntEnum):
    """How a turn of a generator ended."""

    YIELDED = 1
    RETURNED = 2
    RAISED = 3


class GeneratorKind(IntEnum):
    """What a function with turns makes."""

    GENERATOR = 1
    COROUTINE = 2
    ASYNC_GENERATOR = 3


class TaskOutcome(IntEnum):
    """How a task ended."""

    RETURNED = 1
    RAISED = 2
    CANCELLED = 3


class Journal:
    """Writes records to a buffer of zeros.

    Records of which there can be any number leave a share of the buffer free for those that must not be lost.

    :ivar clock: returns the current moment in nanoseconds.
    :ivar end: where the next record begins.
    :ivar bulk_room: where records of which there can be any number must end.
    :ivar lock: held while room for a record is taken, where threads run in parallel; None with the interpreter's lock.
    """

    def __init__(self, buffer: Buffer, clock: Callable[[], int] = perf_counter_ns) -> None:
        self.buffer = buffer
        self.clock = clock
        self.end = HEADER.size
        self._room = len(buffer)
        self.bulk_room = self._room - self._room // _RESERVED_SHARE
        self.lock: AbstractContextManager[bool] | None = None if _has_interpreter_lock() else threading.RLock()
        self._process = getpid()

    def header(self) -> memoryview:
        """The numbers of the header, for writing."""
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
    ) -> bool:
        """Add one record; ``at`` defaults to now. In a fork of the process that created the journal, do nothing.

        Return whether it was added.

        Threads and signal handlers may call this at the same time: with the interpreter's lock nothing can interrupt
        the code that takes room, since it calls nothing, and without it there is :attr:`lock`.
        """
        if getpid() != self._process:
            return False
        at = self.clock() if at is None else at
        size = len(payload)
        total = aligned(RECORD_SIZE + size)
        room = self.bulk_room if int(kind) in _BULK else self._room
        if self.lock is None:
            start = self._take(total, room)
        else:
            with self.lock:
                start = self._take(total, room)
        if not start:
            return False
        RECORD.pack_into(self.buffer, start, 0, stream, site, size, at, task, by)
        body = start + RECORD_SIZE
        self.buffer[body : body + size] = payload
        self.buffer[start] = kind
        return True

    def reserve(self, kind: RecordType, size: int) -> memoryview | None:
        """Add a record with a payload of so many zeros, for writing later; None if there is no room."""
        total = aligned(RECORD_SIZE + size)
        if self.lock is None:
            start = self._take(total, self._room)
        else:
            with self.lock:
                start = self._take(total, self._room)
        if not start:
            return None
        RECORD.pack_into(self.buffer, start, 0, 0, 0, size, self.clock(), 0, 0)
        self.buffer[start] = kind
        return memoryview(self.buffer)[start + RECORD_SIZE : start + RECORD_SIZE + size]

    def _take(self, size: int, room: int) -> int:
        """Take room for a record: where it begins, or 0 if there is no room."""
        start = self.end  # from here on nothing is called
        end = start + size
        if end > room:
            return 0
        self.end = end
        return start


def _has_interpreter_lock() -> bool:
    """Whether only one thread at a time runs Python code."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def aligned(size: int) -> int:
    """The size that a record of so many bytes takes: the next multiple of :data:`ALIGNMENT`."""
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def encode_name(text: str) -> bytes:
    """A name as a payload. Of a long one only the start is kept."""
    if len(text) > LONGEST_NAME:
        text = f"{text[: LONGEST_NAME - 1]}…"
    return text.encode("utf-8", "backslashreplace")


def encode_call_site(words: str, file: str = "") -> bytes:
    """The payload of a call site: its words, and the name of its file if that is not one of the program's.

    The name comes first: the words may have any character, and it has no NUL.
    """
    return encode_name(file) + b"\0" + encode_name(words) if file else encode_name(words)


def bare_step_start(site: int) -> bytes:
    """The first bytes of the record of a step that ended in a bare yield at a call site."""
    return _RECORD_START.pack(RecordType.STEP, StepFlag.BARE, site, BARE_PAYLOAD.size)


def task_fields(task: int, by: int = 0) -> bytes:
    """The bytes of a record that say which task it is about, and which other task caused it."""
    return _RECORD_TASKS.pack(task, by)


def pack_interval(on: int, end: int, late: int = 0) -> bytes:
    """The payload of a step or a callback.

    :param on: the task that it now waits for; -1: several.
    :param end: when it ended, in nanoseconds.
    :param late: for how many microseconds before its start it could have run, as far as that is known.
    """
    return STEP_PAYLOAD.pack(on, min(max(0, late), _MOST_LATE), end)


def pack_numbers(tasks: Iterable[int]) -> bytes:
    """A list of task numbers as a payload."""
    return b"".join(number.to_bytes(TASK_NUMBER_SIZE, "little") for number in tasks)
