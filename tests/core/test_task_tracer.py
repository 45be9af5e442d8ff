"""The task tracer."""

from __future__ import annotations

from sphinx_await.core.journal.reader import read_journal
from sphinx_await.core.journal.records import Journal, RecordType
from sphinx_await.core.recorder.call_sites import CallSites
from sphinx_await.core.recorder.hooks import Hooks
from sphinx_await.core.recorder.tasks import TaskTracer


class Loop:
    """Replaces an event loop; nothing of it is used."""


def raise_it(error: Exception) -> None:
    """Raise it instead of hiding it."""
    raise error


def test_a_new_loop_at_an_old_address_gets_a_new_number() -> None:
    """A new loop is not taken for one that is gone, and loops that a byte cannot number are left out."""
    buffer = bytearray(1 << 16)
    journal = Journal(buffer)
    tracer = TaskTracer(journal, frozenset(), CallSites(journal, ()), Hooks(), int, raise_it)
    for _ in range(300):
        tracer.loop_started(Loop())
    records = list(read_journal(buffer))
    for kind in (RecordType.LOOP_CREATED, RecordType.LOOP_STARTED):
        assert [record.stream for record in records if record.kind is kind] == list(range(1, 256))
