"""The journal of a run: an append-only list of small binary records in one buffer.

The program's process writes, the engine reads. The buffer may be memory shared with the engine, so that a
process that dies at any instruction leaves all it had written: a record counts from the moment its first byte,
the kind, is set, and that byte is written last. No system call is made.
"""

from __future__ import annotations

import os
import struct
import threading
from dataclasses import dataclass
from enum import IntEnum
from time import perf_counter_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from mmap import mmap

    Buffer = bytearray | mmap | memoryview

#: kind, stream, size of the payload in bytes, moment in ns of the monotonic clock, task number (0: none)
_RECORD = struct.Struct("<BBxxIqi4x")
_ALIGN = 8

STDOUT, STDERR = 1, 2
STREAM_NAMES = {STDOUT: "stdout", STDERR: "stderr"}


_LEAST_OUTPUT_COST = 20
_RESERVED_SHARE = 16


def output_cost(data: bytes) -> int:
    """What a piece of output takes from the output limit.

    Its bytes, but never next to nothing, so that a million empty lines are bounded too.
    """
    return max(len(data), _LEAST_OUTPUT_COST)


class Kind(IntEnum):
    """What a record says. Its payload is text, or JSON, or empty."""

    START = 1  #: the first line of a part is about to run; payload: JSON with the CPU time used so far
    STOP = 2  #: the program has ended, its shutdown included
    PART = 10  #: a part of several has ended; payload: JSON with its status and the CPU time used so far
    OUTPUT = 3  #: bytes written to a stream
    TASK = 4  #: a task got its number; payload: its name
    FAILURE = 5  #: payload: JSON of a :class:`~.recording.Failure`
    IMPORTS = 6  #: payload: JSON of what was imported
    HOST = 7  #: payload: name of a host of the lesson web that was looked up
    BROKEN = 8  #: the program could not be started, or the recorder gave up; payload: why
    TRUNCATED = 9  #: the output limit was reached


_KINDS = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of a journal; ``at`` is in nanoseconds of the monotonic clock."""

    kind: Kind
    at: int
    payload: bytes
    stream: int = 0
    task: int = 0


class Journal:
    """Writes records to a buffer of zeros. Output leaves some of it free for what must be told at the end."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self._size = len(buffer)
        self._end = 0
        self._process = os.getpid()
        # Re-entrant: a signal handler or a destructor may print in the middle of a print.
        self._lock = threading.RLock()

    def append(
        self, kind: Kind, payload: bytes = b"", *, at: int | None = None, stream: int = 0, task: int = 0
    ) -> None:
        """Add one record; ``at`` defaults to now. A fork of the process that began the journal adds nothing."""
        if os.getpid() != self._process:
            return
        with self._lock:
            at = perf_counter_ns() if at is None else at
            start, body = self._end, self._end + _RECORD.size
            end = body - -len(payload) // _ALIGN * _ALIGN
            if end > self._size - (self._size // _RESERVED_SHARE if kind in {Kind.OUTPUT, Kind.TASK} else 0):
                return
            self._end = end
            _RECORD.pack_into(self._buffer, start, 0, stream, len(payload), at, task)
            self._buffer[body : body + len(payload)] = payload
            self._buffer[start] = kind


def read_journal(buffer: Buffer) -> Iterator[Record]:
    """The records of a journal, one by one, up to the first that is not complete or makes no sense."""
    start, size = 0, len(buffer)
    while start + _RECORD.size <= size:
        kind, stream, length, at, task = _RECORD.unpack_from(buffer, start)
        body = start + _RECORD.size
        if kind not in _KINDS or body + length > size:
            return
        yield Record(Kind(kind), at, bytes(buffer[body : body + length]), stream, task)
        start = body - -length // _ALIGN * _ALIGN
