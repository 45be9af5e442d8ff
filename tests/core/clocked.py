"""Runs a program under the recorder where time passes only by sleeping: ``clocked.py FILE OUT.json``.

A step takes no time, ``time.sleep`` and an idle loop let exactly as much pass as they were asked for.
"""

from __future__ import annotations

import linecache
import selectors
import sys
import time
from asyncio import base_events
from pathlib import Path
from typing import Any

from sphinx_await.core.decoding.decoder import RunContext, build_recordings, decode_journal
from sphinx_await.core.decoding.ending import Ending
from sphinx_await.core.journal.reader import read_header, read_journal
from sphinx_await.core.journal.records import Journal, RecordType
from sphinx_await.core.recorder.hooks import Hooks
from sphinx_await.core.recorder.recorder import Recorder

NANOSECONDS = 1_000_000_000
FILE = "snippet.py"


class Clock:
    """A clock that is set forward by hand."""

    def __init__(self) -> None:
        self.now = 5 * NANOSECONDS

    def __call__(self) -> int:
        """The moment in nanoseconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += round(seconds * NANOSECONDS)


def main() -> None:
    """Do it."""
    program, target = map(Path, sys.argv[1:])
    clock = Clock()
    time.sleep = clock.sleep  # type: ignore[assignment]
    base_events.BaseEventLoop.time = lambda _: clock.now / NANOSECONDS  # type: ignore[assignment, method-assign]
    select = selectors.DefaultSelector.select

    def jump(self: Any, timeout: float | None = None) -> Any:
        ready = select(self, 0)
        if not ready and timeout:
            clock.sleep(timeout)
        return ready

    selectors.DefaultSelector.select = jump  # type: ignore[method-assign]
    code = program.read_text(encoding="utf-8")
    linecache.cache[FILE] = (len(code), None, code.splitlines(keepends=True), FILE)
    buffer = bytearray(1 << 22)
    journal = Journal(buffer, clock)
    recorder = Recorder(journal, limit=1 << 16)
    recorder.install()
    recorder.watch(Hooks(), [FILE])
    journal.append(RecordType.START, b'{"cpu": 0.0, "delay": null}')
    exec(compile(code, FILE, "exec", dont_inherit=True), {"__name__": "__main__"})  # noqa: S102 - what it is for
    journal.append(RecordType.STOP)
    decoded = decode_journal(read_journal(buffer), read_header(buffer))
    (recording,) = build_recordings(
        decoded, (), Ending(clock.now, 0), RunContext("", "", "2026-11-28T00:00:00+00:00"), limit=1 << 16
    )
    assert decoded.broken is None, decoded.broken
    target.write_text(recording.to_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
