"""The end of a long output, as a program writes it and the engine reads it at any moment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinx_await.core.journal.reader import read_journal
from sphinx_await.core.journal.records import STDERR, STDOUT, Journal, RecordType, output_cost
from sphinx_await.core.journal.tail import LeftOut, OutputTail, read_tail, tail_limit, tail_size

pieces = st.lists(st.tuples(st.sampled_from([STDOUT, STDERR]), st.binary(max_size=70)), max_size=60)


@given(pieces, st.integers(0, 400))
def test_the_end_is_there_after_every_write(written: list[tuple[int, bytes]], limit: int) -> None:
    """At least the pieces that the limit asks for, none of them changed, and a count of all others."""
    payload = bytearray(tail_size(limit))
    tail = OutputTail(memoryview(payload))
    for number, (stream, data) in enumerate(written):
        tail.append(stream, data, number, number + 1)
        records, left_out = read_tail(bytes(payload))
        done = written[: number + 1]
        kept = done[len(done) - len(records) :]
        assert [(one.stream, one.at, one.task) for one in records] == [
            (stream, at, at + 1) for at, (stream, _data) in enumerate(done) if at > number - len(records)
        ]
        assert all(data.endswith(one.payload) for one, (_stream, data) in zip(records, kept, strict=True))
        lost = b"".join(data for _stream, data in done)
        size, lines = len(lost), lost.count(b"\n")
        found = LeftOut.of(records)
        assert left_out == LeftOut(size - found.size, lines - found.lines)
        cost = sum(output_cost(one.payload) for one in records)
        assert len(records) == len(done) or cost >= tail_limit(limit)


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
