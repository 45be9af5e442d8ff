"""The journal of a run, read. Apart from what writes one, which a reader's browser waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .records import ALIGN, BARE_PAYLOAD, HEADER, NUMBERS, RECORD, RECORD_SIZE, STEP_PAYLOAD, RecordType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .records import Buffer

_KINDS = frozenset(RecordType)


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of a journal; ``at`` is in nanoseconds of the monotonic clock, tasks are told by number, 0 for none.

    :ivar site: number of a place in the program, or of a part of it; see :class:`RecordType`.
    """

    kind: RecordType
    at: int
    payload: bytes = b""
    stream: int = 0
    task: int = 0
    by: int = 0
    site: int = 0


@dataclass(frozen=True, slots=True)
class Header:
    """The numbers with which a journal begins."""

    began: int
    task: int
    unseen: int


NO_HEADER = Header(0, 0, 0)


def read_header(buffer: Buffer) -> Header:
    """The numbers with which a journal begins."""
    return Header(*HEADER.unpack_from(buffer)) if len(buffer) >= HEADER.size else NO_HEADER


def read_journal(buffer: Buffer) -> Iterator[Record]:
    """The records of a journal, one by one, up to the first that is not complete or makes no sense."""
    start, size = HEADER.size, len(buffer)
    while start + RECORD_SIZE <= size:
        kind, stream, site, length, at, task, by = RECORD.unpack_from(buffer, start)
        body = start + RECORD_SIZE
        if kind not in _KINDS or body + length > size:
            return
        yield Record(RecordType(kind), at, bytes(buffer[body : body + length]), stream, task, by, site)
        start = body - -length // ALIGN * ALIGN


def unpack_interval(record: Record) -> tuple[int, int]:
    """What :func:`stretch` packed; after a bare yield a task waits for none, and only the end is there.

    :raises ValueError: it is none, or was not written to its end.
    """
    if len(record.payload) == BARE_PAYLOAD.size:
        on, (end,) = 0, BARE_PAYLOAD.unpack(record.payload)
    elif len(record.payload) == STEP_PAYLOAD.size:
        on, end = STEP_PAYLOAD.unpack(record.payload)
    else:
        raise ValueError("no stretch")
    if end < record.at or not end:
        raise ValueError("a stretch without an end")
    return on, end


def unpack_numbers(payload: bytes) -> list[int]:
    """What :func:`numbers` packed."""
    starts = range(0, len(payload) - len(payload) % NUMBERS, NUMBERS)
    return [int.from_bytes(payload[start : start + NUMBERS], "little") for start in starts]
