"""The end of a long output, as a program writes it and the engine reads it at any moment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinx_await.core.journal.reader import read_journal
from sphinx_await.core.journal.records import STDERR, STDOUT, Journal, RecordType, output_cost
from sphinx_await.core.journal.tail import LeftOut, OutputTail, read_tail, tail_limit, tail_size

MILLISECOND = 1_000_000
pieces = st.lists(
    st.tuples(st.sampled_from([STDOUT, STDERR]), st.binary(max_size=70), st.sampled_from([10, MILLISECOND])),
    max_size=60,
)


@given(pieces, st.integers(0, 400))
def test_the_end_is_there_after_every_write(written: list[tuple[int, bytes, int]], limit: int) -> None:
    """At least as much as the limit asks for, each byte with its stream and its moment, and a count of all others."""
    payload = bytearray(tail_size(limit))
    tail = OutputTail(memoryview(payload))
    at, done = 0, []
    for stream, data, pause in written:
        at += pause
        tail.append(stream, data, at, stream)
        done += [(stream, byte, at) for byte in data]
        records, left_out = read_tail(bytes(payload))
        kept = [(one.task, byte, one.at) for one in records for byte in one.payload]
        end = done[len(done) - len(kept) :]
        assert [found[:2] for found in kept] == [expected[:2] for expected in end]
        assert all(0 <= expected[2] - found[2] < MILLISECOND for found, expected in zip(kept, end, strict=True))
        lost = bytes(byte for _stream, byte, _at in done[: len(done) - len(kept)])
        assert left_out == LeftOut(len(lost), lost.count(b"\n"))
        cost = sum(output_cost(one.payload) for one in records)
        assert len(kept) == len(done) or cost >= tail_limit(limit)


def test_before_the_end_of_a_long_piece_there_is_nothing() -> None:
    """Older pieces are left out with its start, so that what is missing is missing in one place."""
    payload = bytearray(tail_size(400))
    tail = OutputTail(memoryview(payload))
    tail.append(STDOUT, b"old\n", 5)
    long = b"".join(b"%d\n" % number for number in range(1000))
    tail.append(STDOUT, long, 10)
    records, left_out = read_tail(bytes(payload))
    (kept,) = (one.payload for one in records)
    assert long.endswith(kept)
    assert left_out.size == len(b"old\n" + long) - len(kept)


def test_what_a_writer_was_killed_in_the_middle_of_is_not_read() -> None:
    """It has copied its bytes behind the last record, but not said so; they look like another record."""
    payload = bytearray(tail_size(4000))
    tail = OutputTail(memoryview(payload))
    tail.append(STDOUT, b"line\n" * 3, 5)
    looks_like_a_record = bytes([RecordType.OUTPUT, STDERR, 0, 0, 0, 0, 0, 0]) * 3
    end = bytes(payload).index(b"line\n" * 3) + 15
    payload[end : end + 25] = b"." + looks_like_a_record
    records, left_out = read_tail(bytes(payload))
    assert [one.payload for one in records] == [b"line\n" * 3]
    assert left_out == LeftOut()


@given(st.binary(max_size=300))
def test_a_damaged_tail_is_refused_or_read(payload: bytes) -> None:
    """A program can write whatever it likes there."""
    try:
        records, left_out = read_tail(payload)
    except ValueError:
        return
    assert all(one.stream in {STDOUT, STDERR} for one in records)
    assert left_out.size >= 0


def test_a_reserved_record_is_read_like_any_other() -> None:
    """It has room for what is written later, and other records follow it."""
    buffer = bytearray(4096)
    journal = Journal(buffer)
    payload = journal.reserve(RecordType.TAIL, tail_size(100))
    assert payload is not None
    journal.append(RecordType.STOP)
    OutputTail(payload).append(STDOUT, b"late\n", 5, 0)
    tail, stop = read_journal(buffer)
    assert stop.kind is RecordType.STOP
    assert [one.payload for one in read_tail(tail.payload)[0]] == [b"late\n"]
    assert journal.reserve(RecordType.TAIL, 1 << 20) is None


@pytest.mark.parametrize("limit", [0, 1, 5000, 1_000_000])
def test_a_tail_is_not_much_larger_than_it_must_be(limit: int) -> None:
    """The journal has four times the output limit."""
    assert tail_size(limit) <= 1.3 * limit + 300
