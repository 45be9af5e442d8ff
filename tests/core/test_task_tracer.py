"""The watch: which loops there are."""

from __future__ import annotations

from sphinx_await.core.journal.reader import read_journal
from sphinx_await.core.journal.records import Journal, RecordType
from sphinx_await.core.recorder.call_sites import CallSites
from sphinx_await.core.recorder.hooks import Hooks
from sphinx_await.core.recorder.tasks import TaskTracer


class Loop:
    """Stands for an event loop, of which the watch needs no more than that it is one."""


def raise_it(error: Exception) -> None:
    """Do not hide it, as the recorder would."""
    raise error


def test_a_loop_is_not_taken_for_one_that_is_gone() -> None:
    """A new loop may well have the address of an old one; those that a byte cannot count are left out."""
    buffer = bytearray(1 << 16)
    journal = Journal(buffer)
    watch = TaskTracer(journal, frozenset(), CallSites(journal, ()), Hooks(), raise_it)
    for _ in range(300):
        watch.loop_began(Loop())
    records = list(read_journal(buffer))
    for kind in (RecordType.LOOP, RecordType.LOOP_RUNS):
        assert [record.stream for record in records if record.kind is kind] == list(range(1, 256))
