"""Runs a program as an engine does, and writes its recording: ``recorded.py FILE OUT.json [plain]``.

The last line of the output says which tools of :mod:`sys.monitoring` are taken while it runs and after it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from sphinx_await.core.decoding.decoder import RunContext, build_recordings, decode_journal
from sphinx_await.core.decoding.ending import Ending
from sphinx_await.core.journal.reader import read_header, read_journal
from sphinx_await.core.journal.records import Journal
from sphinx_await.core.recorder.execution import Execution
from sphinx_await.core.recorder.hooks import Hooks
from sphinx_await.core.recorder.recorder import Recorder


def tools() -> list[int]:
    """The tools that are taken."""
    monitoring: Any = getattr(sys, "monitoring", None)
    return [] if monitoring is None else [tool for tool in range(6) if monitoring.get_tool(tool) is not None]


def main() -> None:
    """Do it."""
    program, target = map(Path, sys.argv[1:])
    buffer = bytearray(1 << 22)
    journal = Journal(buffer)
    recorder = Recorder(journal, limit=1 << 18)
    streams = sys.stdout, sys.stderr
    recorder.install()
    recorder.watch(Hooks(), ["snippet.py"])
    source = program.read_text(encoding="utf-8")
    execution = Execution(
        [source],
        journal,
        at_end=lambda: None,
        end_output=recorder.end_output,
        compiled=recorder.compiled,
        set_may_run=recorder.set_may_run,
        ended=recorder.ended,
    )

    def notice(event: str, _: object) -> None:
        if event == "sys.addaudithook":
            execution.hook_added()

    sys.addaudithook(notice)
    execution.run()
    sys.stdout, sys.stderr = streams
    sys.__stdout__, sys.__stderr__ = streams  # type: ignore[misc, assignment]
    decoded = decode_journal(read_journal(buffer), read_header(buffer))
    assert decoded.broken is None, decoded.broken
    assert not decoded.damaged
    ending = Ending(time.perf_counter_ns(), execution.status)
    where = RunContext("", "", "2026-11-28T00:00:00+00:00")
    (recording,) = build_recordings(decoded, (), ending, where, limit=1 << 18)
    target.write_text(recording.to_json(), encoding="utf-8")
    print(tools())  # noqa: T201 - for the test


if __name__ == "__main__":
    main()
