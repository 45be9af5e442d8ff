from __future__ import annotations

import mmap
import sys
import threading
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sphinx_await.core.journal.reader import Record, read_journal
from sphinx_await.core.journal.records import STDERR, STDOUT, Journal, RecordType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
ROOM = 4096

records = st.builds(
    Record,
    kind=st.sampled_from(RecordType),
    at=st.integers(-(2**63), 2**63 - 1),
    payload=st.binary(max_size=40),
    stream=st.integers(0, 255),
    task=st.integers(-(2**31), 2**31 - 1),
)
SOME = (
    Record(RecordType.START, 5, b'{"cpu": 0.25}'),
    Record(RecordType.TASK_NAMED, 6, "일꾼".encode(), task=1),
    Record(RecordType.OUTPUT, 7, b"a\n", STDOUT, 1),
    Record(RecordType.OUTPUT, 8, b"", STDERR),
    Record(RecordType.STOP, 9, b""),
)


def write(journal: Journal, written: Sequence[Record]) -> None:
    """Append records to a journal."""
    for record in written:
        journal.append(record.kind, record.payload, at=record.at, stream=record.stream, task=record.task)


class Watched(bytearray):
    """A buffer that calls a function before each piece that is set in it."""

    def __init__(self, size: int, before_set: Callable[[], None]) -> None:
        super().__init__(size)
        self.before_set = before_set

    def __setitem__(self, key: Any, value: Any) -> None:
        self.before_set()
        super().__setitem__(key, value)


@calm
@given(st.lists(records, max_size=20))
def test_round_trip(written: list[Record]) -> None:
    """All records come back as they were appended, in the same order."""
    buffer = bytearray(ROOM)
    journal = Journal(buffer)
    write(journal, written)
    assert list(read_journal(buffer)) == written


@pytest.mark.parametrize(
    "make", [bytearray, lambda size: mmap.mmap(-1, size), lambda size: memoryview(bytearray(size))]
)
def test_any_kind_of_memory(make: Callable[[int], bytearray]) -> None:
    """A journal lives in a bytearray, in memory shared with another process, and in a view of either."""
    buffer = make(ROOM)
    write(Journal(buffer), SOME)
    assert list(read_journal(buffer)) == list(SOME)


@calm
@given(st.lists(records, max_size=8), st.data())
def test_cut_at_any_byte(written: list[Record], data: st.DataObject) -> None:
    """A journal cut at any byte yields a prefix of its records, whole ones only, and all that stand before the cut."""
    buffer = bytearray(ROOM)
    write(Journal(buffer), written)
    cut = data.draw(st.integers(0, len(buffer.rstrip(b"\0")) + 8))
    read = list(read_journal(memoryview(buffer)[:cut]))
    assert read == written[: len(read)]

    whole = 0
    for count in range(len(written) + 1):
        alone = bytearray(ROOM)
        write(Journal(alone), written[:count])
        if len(alone.rstrip(b"\0")) <= cut:
            whole = count
    assert len(read) >= whole - 1  # a payload may end in zeros, which were stripped


@pytest.mark.parametrize("moment", range(1, 2 * len(SOME) + 1))
def test_death_in_the_middle_of_a_record(moment: int) -> None:
    """A process that dies while it writes a record leaves all the records before, and no part of that one."""
    count = 0

    def die() -> None:
        nonlocal count
        count += 1
        if count == moment:
            raise KeyboardInterrupt

    buffer = Watched(ROOM, die)
    with pytest.raises(KeyboardInterrupt):
        write(Journal(buffer), SOME)
    assert list(read_journal(buffer)) == list(SOME[: (moment - 1) // 2])


def test_append_in_the_middle_of_an_append() -> None:
    """A signal handler that prints in the middle of a print harms neither record."""
    inner = [Record(RecordType.OUTPUT, 2, b"inner record\n", STDERR)]
    left = list(inner)

    def interrupt() -> None:
        if left:
            write(journal, [left.pop()])

    buffer = Watched(ROOM, interrupt)
    journal = Journal(buffer)
    outer = [Record(RecordType.OUTPUT, 1, b"outer\n", STDOUT), Record(RecordType.STOP, 3, b"")]
    write(journal, outer)
    assert list(read_journal(buffer)) == [outer[0], *inner, outer[1]]


def test_a_full_journal() -> None:
    """Output that does not fit leaves no trace, and what must be recorded at the end still has its place."""
    buffer = bytearray(1024)
    journal = Journal(buffer)
    written = [Record(RecordType.OUTPUT, moment, b"12345678", STDOUT) for moment in range(100)]
    ending = [Record(RecordType.FAILURE, 100, b"{}"), Record(RecordType.STOP, 101, b"")]
    write(journal, [*written, *ending])
    *kept, failure, stop = read_journal(buffer)
    assert kept == written[: len(kept)]
    assert 20 < len(kept) < 100
    assert [failure, stop] == ending


def test_the_moment_is_now() -> None:
    """A record that is given no moment has the moment of the monotonic clock at which it was appended."""
    buffer = bytearray(ROOM)
    before = perf_counter_ns()
    Journal(buffer).append(RecordType.STOP)
    after = perf_counter_ns()
    (record,) = read_journal(buffer)
    assert before <= record.at <= after


def test_where_threads_run_at_once_room_is_taken_by_one_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the interpreter's own lock a thread waits until another has taken its room."""
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    buffer = bytearray(ROOM)
    journal = Journal(buffer)
    assert journal.lock is not None
    other = threading.Thread(target=write, args=(journal, SOME))
    with journal.lock:
        other.start()
        other.join(0.05)
        assert list(read_journal(buffer)) == []
    other.join()
    assert list(read_journal(buffer)) == list(SOME)
