"""The time limit of a run, by its journal."""

from __future__ import annotations

import mmap
import os
from time import perf_counter_ns
from typing import TYPE_CHECKING

from sphinx_await.core.journal.records import Journal, RecordType
from sphinx_await.engine.program import Program
from sphinx_await.engine.run import Run

if TYPE_CHECKING:
    from pathlib import Path

SECOND = 1_000_000_000


def test_the_time_limit_counts_from_the_first_line(tmp_path: Path) -> None:
    """A program that began late, on a busy machine, has all of its time and no more; who never begins is ended too."""
    journal = os.open(tmp_path / "journal", os.O_RDWR | os.O_CREAT)
    program = Program.of("", 5.0)
    run = Run.prepare("1", program, tmp_path, journal=journal, access_log=os.dup(journal), output_limit=1000)
    now = perf_counter_ns()
    run.launched, run.deadline = now - 6 * SECOND, now - SECOND
    assert not run.overdue()
    assert run.deadline < perf_counter_ns() + SECOND  # looks again soon
    with mmap.mmap(journal, 0) as buffer:
        Journal(buffer).append(RecordType.START, b'{"cpu": 0.0, "delay": null}', at=now - 2 * SECOND)
    run.deadline = now - 1
    assert not run.overdue()
    assert now + 2 * SECOND < run.deadline <= now + 3 * SECOND
    run.launched, run.deadline = now - 60 * SECOND, now - 1
    assert run.overdue()
    run.close()
