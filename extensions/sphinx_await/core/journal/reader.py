"""Read the journal of a run. A module of its own, so that a visitor's browser loads it only when it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .limits import LONGEST_NAME
from .records import BARE_PAYLOAD, HEADER, RECORD, RECORD_SIZE, STEP_PAYLOAD, TASK_NUMBER_SIZE, RecordType, aligned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .records import Buffer

_TYPES = frozenset(RecordType)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a journal.

    :ivar at: nanoseconds of the monotonic clock.
    :ivar task: number of a task, 0 for none.
    :ivar by: number of another task; see :class:`RecordType`.
    :ivar site: number of a call site, or of a part; see :class:`RecordType`.
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
    """The numbers at the start of a journal.

    :ivar began: when the step started that had not ended, in nanoseconds of the monotonic clock.
    :ivar task: the number of its task, 0 if no step was under way.
    :ivar unseen: how many steps were not written.
    :ivar unseen_tasks: how many tasks were not written.
    :ivar unlogged: not 0 if entries of the access log were lost.
    """

    began: int
    task: int
    unseen: int
    unseen_tasks: int = 0
    unlogged: int = 0


NO_HEADER = Header(0, 0, 0)


def read_header(buffer: Buffer) -> Header:
    """The header of a journal."""
    return Header(*HEADER.unpack_from(buffer)) if len(buffer) >= HEADER.size else NO_HEADER


def read_journal(buffer: Buffer) -> Iterator[Record]:
    """The records of a journal, up to the first that is incomplete or invalid."""
    return read_records(buffer, HEADER.size)


def read_records(buffer: Buffer | bytes, start: int) -> Iterator[Record]:
    """The records from some place on, up to the first that is incomplete or invalid."""
    size = len(buffer)
    while start + RECORD_SIZE <= size:
        kind, stream, site, length, at, task, by = RECORD.unpack_from(buffer, start)
        body = start + RECORD_SIZE
        if kind not in _TYPES or body + length > size:
            return
        yield Record(RecordType(kind), at, bytes(buffer[body : body + length]), stream, task, by, site)
        start += aligned(RECORD_SIZE + length)


def unpack_interval(record: Record) -> tuple[int, int, int]:
    """The inverse of :func:`.pack_interval`. After a bare yield a task waits for none.

    :raises ValueError: the payload is something else, or was not written to its end.
    """
    if len(record.payload) == BARE_PAYLOAD.size:
        on, late, (end,) = 0, 0, BARE_PAYLOAD.unpack(record.payload)
    elif len(record.payload) == STEP_PAYLOAD.size:
        on, late, end = STEP_PAYLOAD.unpack(record.payload)
    else:
        raise ValueError("not an interval")
    if end < record.at or not end:
        raise ValueError("an interval without an end")
    return on, end, late


def decode_text(payload: bytes, longest: int = LONGEST_NAME) -> str:
    """The inverse of :func:`.encode_name`. A program can write more than that does, but nobody reads it.

    :param longest: how many characters are read at most.
    """
    # No character has more than four bytes, and what is no character becomes four of them.
    return payload[: 4 * longest].decode("utf-8", "backslashreplace")[:longest]


def unpack_numbers(payload: bytes) -> list[int]:
    """The inverse of :func:`.pack_numbers`."""
    starts = range(0, len(payload) - len(payload) % TASK_NUMBER_SIZE, TASK_NUMBER_SIZE)
    return [int.from_bytes(payload[start : start + TASK_NUMBER_SIZE], "little") for start in starts]
