"""The end of the output of a program that writes more than is kept.

It is the payload of one record, into which the program goes on writing: two halves in turn, each a list of records.
When one is full, the other is emptied. So whenever the process dies, at least the last half of what fits is there.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .reader import Record, read_records
from .records import (
    RECORD,
    RECORD_LENGTH,
    RECORD_LENGTH_AT,
    RECORD_SIZE,
    STREAM_NAMES,
    RecordType,
    aligned,
    output_cost,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Bytes and ends of lines that were written to it before the last record, and where that is: 0 if there is none.
_STATE = struct.Struct("<qqq")
_MOST_BYTES = 2**50  # a petabyte: what is more was written by a program that damaged its journal
#: The share of the output limit that is kept for the end of the output.
TAIL_SHARE = 4
_OUTPUT = int(RecordType.OUTPUT)  # a plain number, since it is written for each line
_GROWS_FOR = 1_000_000  # nanoseconds: no page shows times that are nearer to each other
_MOST_GROWTH = 1024  # bytes: a record gives way as a whole
_LENGTH_BEFORE = RECORD_SIZE - RECORD_LENGTH_AT  # its length is so many bytes before its payload
_LONGEST_RECORD = aligned(RECORD_SIZE + 1) / output_cost(b"")


def tail_limit(limit: int) -> int:
    """How much of the output limit is kept for the end."""
    return limit // TAIL_SHARE


def tail_size(limit: int) -> int:
    """The size of a payload that keeps the end of the output, whatever the sizes of its pieces."""
    half = aligned(int((tail_limit(limit) + output_cost(b"")) * _LONGEST_RECORD) + RECORD_SIZE)
    return _STATE.size + 2 * half


class OutputTail:
    """Writes the end of the output to a payload of zeros, see :func:`tail_size`.

    Pieces that one writer writes within a millisecond are one record: it is faster, and the tail holds more of them.
    Whenever the process is killed, all but the piece that it is writing can be read.
    """

    def __init__(self, payload: memoryview) -> None:
        self._payload = payload
        self._half = (len(payload) - _STATE.size) // 2
        self._start = _STATE.size
        self._bytes = self._lines = 0
        # The last record: where its payload begins and ends, how far it can grow, until when, and who wrote it.
        self._body = self._end = self._start
        self._room = self._until = 0
        self._writer = (0, 0, 0)

    def append(self, stream: int, data: bytes, at: int, task: int = 0, by: int = 0) -> None:
        """Add a piece of output; old pieces give way."""
        before = self._end
        end = before + len(data)
        if at < self._until and end <= self._room and (stream, task, by) == self._writer:
            payload, body = self._payload, self._body
            payload[before:end] = data
            RECORD_LENGTH.pack_into(payload, body - _LENGTH_BEFORE, end - body)
            self._end = end
        else:
            self._add(stream, data, at, task, by)

    def end_record(self) -> None:
        """Begin a record with the next piece, whoever writes it: something else comes between."""
        self._until = 0

    def _add(self, stream: int, data: bytes, at: int, task: int, by: int) -> None:
        """Begin a record. It is not read before the state names it."""
        payload, half = self._payload, self._half
        self._leave_out(payload[self._body : self._end])
        if len(data) > (most := half - RECORD_SIZE):
            self._leave_out(memoryview(data)[:-most])
            data = data[-most:]
            payload[_STATE.size :] = bytes(2 * half)  # what is older is not next to it
        start, size = self._next_start(), len(data)
        if start + RECORD_SIZE + size > self._start + half:
            start = self._start = 2 * _STATE.size + half - self._start
            payload[start : start + half] = bytes(half)
        body = start + RECORD_SIZE
        RECORD.pack_into(payload, start, _OUTPUT, stream, 0, size, at, task, by)
        payload[body : body + size] = data
        _STATE.pack_into(payload, 0, self._bytes, self._lines, start)
        self._body, self._end = body, body + size
        self._room = min(self._start + half, body + _MOST_GROWTH)
        self._until, self._writer = at + _GROWS_FOR, (stream, task, by)

    def _next_start(self) -> int:
        if self._body == self._start:
            return self._start
        return self._body - RECORD_SIZE + aligned(RECORD_SIZE + self._end - self._body)

    def _leave_out(self, piece: memoryview) -> None:
        """Count what is before the last record."""
        self._bytes += len(piece)
        self._lines += bytes(piece).count(b"\n")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Output that was not kept: bytes, and ends of lines."""

    size: int = 0
    lines: int = 0

    @classmethod
    def of(cls, records: Iterable[Record]) -> LeftOut:
        """What is left out with some records."""
        payloads = [record.payload for record in records]
        return cls(sum(map(len, payloads)), sum(payload.count(b"\n") for payload in payloads))

    def __add__(self, other: LeftOut) -> LeftOut:
        """The sum of both."""
        return LeftOut(self.size + other.size, self.lines + other.lines)


NOTHING = LeftOut()


def read_tail(payload: bytes) -> tuple[list[Record], LeftOut]:
    """The records of a tail in the order of their moments, and what was written to it and is not there.

    :raises ValueError: the payload is not a tail.
    """
    half = (len(payload) - _STATE.size) // 2
    if half < RECORD_SIZE:
        raise ValueError("not the end of an output")
    size, lines, last = _STATE.unpack_from(payload)
    if not 0 <= lines <= size <= _MOST_BYTES or not 0 <= last <= len(payload) - RECORD_SIZE:
        raise ValueError("not the state of the end of an output")
    if not last:
        return [], NOTHING
    length = RECORD_LENGTH.unpack_from(payload, last + RECORD_SIZE - _LENGTH_BEFORE)[0]
    written, records = LeftOut(size, lines), []
    for start in (_STATE.size, _STATE.size + half):
        end = start + half
        if start <= last < end:
            end = min(end, last + RECORD_SIZE + length)
        part = list(read_records(payload[start:end], 0))
        if start <= last < end:
            written += LeftOut.of(part[-1:])
        records += part
    records = [one for one in records if one.kind is RecordType.OUTPUT and one.stream in STREAM_NAMES]
    records.sort(key=lambda record: record.at)
    kept = LeftOut.of(records)
    return records, LeftOut(max(0, written.size - kept.size), max(0, written.lines - kept.lines))
