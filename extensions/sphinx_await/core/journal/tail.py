"""The end of the output of a program that writes more than is kept.

It is the payload of one record, into which the program goes on writing: two halves in turn, each a list of records.
When one is full, the other is emptied. So whenever the process dies, at least the last half of what fits is there.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .reader import Record, read_records
from .records import RECORD, RECORD_SIZE, STREAM_NAMES, RecordType, aligned, output_cost

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Bytes and ends of lines that were written to it in all.
_COUNTS = struct.Struct("<qq")
_MOST_BYTES = 2**50  # a petabyte: what is more was written by a program that damaged its journal
#: The share of the output limit that is kept for the end of the output.
TAIL_SHARE = 4
_OUTPUT = int(RecordType.OUTPUT)  # a plain number, since it is written for each line
_LONGEST_RECORD = aligned(RECORD_SIZE + 1) / output_cost(b"")


def tail_limit(limit: int) -> int:
    """How much of the output limit is kept for the end."""
    return limit // TAIL_SHARE


def tail_size(limit: int) -> int:
    """The size of a payload that keeps the end of the output, whatever the sizes of its pieces."""
    half = aligned(int((tail_limit(limit) + output_cost(b"")) * _LONGEST_RECORD) + RECORD_SIZE)
    return _COUNTS.size + 2 * half


class OutputTail:
    """Writes the end of the output to a payload of zeros, see :func:`tail_size`."""

    def __init__(self, payload: memoryview) -> None:
        self._payload = payload
        self._half = (len(payload) - _COUNTS.size) // 2
        self._most = self._half - RECORD_SIZE
        self._start = self._at = _COUNTS.size
        self._bytes = self._lines = 0

    def append(self, stream: int, data: bytes, at: int, task: int = 0, by: int = 0) -> None:
        """Add a piece of output; old pieces give way."""
        self._bytes += len(data)
        self._lines += data.count(b"\n")
        size = len(data)
        if size > self._most:
            data, size = data[-self._most :], self._most
        start = self._at
        end = start + aligned(RECORD_SIZE + size)
        if end > self._start + self._half:
            self._start = start = 2 * _COUNTS.size + self._half - self._start
            end = start + aligned(RECORD_SIZE + size)
        payload, body = self._payload, start + RECORD_SIZE
        payload[start] = 0
        if end < self._start + self._half:
            payload[end] = 0  # what is left there from before is no record any more
        RECORD.pack_into(payload, start, 0, stream, 0, size, at, task, by)
        payload[body : body + size] = data
        payload[start] = _OUTPUT
        self._at = end
        _COUNTS.pack_into(payload, 0, self._bytes, self._lines)


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
        """Both."""
        return LeftOut(self.size + other.size, self.lines + other.lines)


NOTHING = LeftOut()


def read_tail(payload: bytes) -> tuple[list[Record], LeftOut]:
    """The records of a tail in the order of their moments, and what was written to it and is not there.

    :raises ValueError: it is no tail.
    """
    half = (len(payload) - _COUNTS.size) // 2
    if half < RECORD_SIZE:
        raise ValueError("not the end of an output")
    size, lines = _COUNTS.unpack_from(payload)
    if not 0 <= lines <= size <= _MOST_BYTES:
        raise ValueError("not the amount of an output")
    records: list[Record] = []
    for start in (_COUNTS.size, _COUNTS.size + half):
        records += read_records(payload[start : start + half], 0)
    records = [one for one in records if one.kind is RecordType.OUTPUT and one.stream in STREAM_NAMES]
    records.sort(key=lambda record: record.at)
    kept = LeftOut.of(records)
    return records, LeftOut(max(0, size - kept.size), max(0, lines - kept.lines))
