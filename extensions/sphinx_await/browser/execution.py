"""Run one program in this worker and stream its journal to the page."""

from __future__ import annotations

import asyncio
import json
import marshal
import os.path
import sys
import time
from contextlib import suppress
from math import isnan
from typing import TYPE_CHECKING, Any

from ..core.journal.records import RecordType
from ..core.model.source_files import part_files
from ..core.recorder import patching
from ..core.recorder.execution import Execution
from ..core.recorder.hooks import Hooks
from ..core.recorder.import_hook import ImportHook
from ..core.recorder.instrumentation import instrument
from ..core.recorder.internal_frames import make_internal
from ..core.recorder.recorder import Recorder
from .http_host import BrowserHost
from .loop import BlockingLoop
from .streaming_journal import StreamingJournal
from .unsupported import install_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .streaming_journal import Post

#: A file beside this one in the packed runtime: the instrumented functions, compiled.
PRECOMPILED_FILE = "precompiled"
DEFAULT_LIMIT = 1_000_000  # bytes of output
_LONGEST = 2**63 / 1e9  # seconds that Python can count
#: How Python calls its type of a time.
_TIME = "C PyTime_t" if sys.version_info >= (3, 14) else "platform time_t"

#: The hooks that asyncio calls in this worker. They are installed before a program arrives, since that takes time.
_hooks = Hooks()
_imports = ImportHook()


def prepare() -> None:
    """Do what can be done before a program arrives."""
    loader: Any = __spec__.loader
    with suppress(OSError):  # without the file the functions are compiled now
        compiled = loader.get_data(os.path.join(os.path.dirname(__file__), PRECOMPILED_FILE))
        patching.PRECOMPILED.update(marshal.loads(compiled))  # noqa: S302 - of the same zip as this code
    instrument(_hooks)
    make_internal()
    _imports.install()


#: The program of this worker.
_runs: list[tuple[Execution, StreamingJournal]] = []


def begin(request: str, post: Post, sleep: Callable[[float], None]) -> Iterator[None]:
    """Get ready to run a program: each item of what this returns is a step of the run; then call :func:`end`.

    The caller, which is JavaScript, takes the items, so that no frame of ours is below those of the program. Everything
    but the exit status is streamed to the page.

    :param request: JSON: ``parts`` (sources that run one after another; the page gets the output of the last),
        ``hosts`` by name, optionally ``in_loop`` (which parts run in a loop, counted from 0), ``last_values`` (of which
        the last value is displayed), ``input`` and ``limit`` (bytes of output).
    :param sleep: blocks this thread for a number of seconds.
    """
    program = json.loads(request)
    limit = program.get("limit") or DEFAULT_LIMIT
    parts = program["parts"]
    journal = StreamingJournal(post, limit, len(parts))
    recorder = Recorder(journal, limit=limit)

    def pause(seconds: float | None) -> None:
        _pause(journal, post, sleep, seconds)

    def sleep_in_step(seconds: float) -> None:
        recorder.block_begins()
        pause(seconds)
        recorder.block_ends()

    hosts = {name: _host(journal, name, host) for name, host in (program.get("hosts") or {}).items()}
    install_loop(lambda: BlockingLoop(pause, hosts), sleep_in_step)
    install_errors(program.get("input"))
    recorder.before_output = journal.send_tail_if_due
    recorder.install()
    recorder.watch(_hooks, part_files(len(parts)), _imports)
    execution = Execution(
        parts,
        journal,
        at_end=journal.finish,
        in_loop=program.get("in_loop") or (),
        last_values=program.get("last_values") or (),
        end_output=recorder.end_output,
        compiled=recorder.compiled,
    )

    def observe(event: str, values: tuple[Any, ...]) -> None:
        if event == "sys.unraisablehook":
            execution.caught((values[0], values[1]))

    sys.addaudithook(observe)
    _runs.append((execution, journal))
    return execution.each_at_bottom()


def end() -> int:
    """Finish the program and return its exit status."""
    ((execution, journal),) = _runs
    journal.finish()
    return execution.status


def _pause(journal: StreamingJournal, post: Post, sleep: Callable[[float], None], seconds: float | None) -> None:
    """Flush the journal, then block; None is for ever."""
    if seconds is not None and seconds <= 0 and not journal.is_due() and journal.said_loop:
        return
    journal.flush(seconds)
    if seconds is None:
        post("waits-for-ever", "")
        while True:
            sleep(3600.0)
    if seconds > 0:
        sleep(seconds)
    journal.flush_in_next_step(_hooks)


class Sleep:
    """Replacement for ``time.sleep`` that looks like it."""

    __module__ = "time"
    __name__ = __qualname__ = "sleep"

    def __init__(self, pause: Callable[[float], None]) -> None:
        self._pause = pause

    def __repr__(self) -> str:
        return "<built-in function sleep>"

    def __call__(self, seconds: float, /) -> None:
        """Block the program for a number of seconds.

        :raises ValueError: the number is negative or not a number; the messages are those of ``time.sleep``.
        :raises OverflowError: the number is too large.
        """
        if isnan(seconds):
            raise ValueError("Invalid value NaN (not a number)")
        if abs(seconds) >= _LONGEST:
            raise OverflowError(f"timestamp out of range for {_TIME}")
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self._pause(float(seconds))


def _host(journal: StreamingJournal, name: str, given: dict[str, Any]) -> BrowserHost:
    seen: list[str] = []

    def asked_for() -> None:
        if not seen:
            seen.append(name)
            journal.append(RecordType.HOST, name.encode())

    return BrowserHost(given["page"], given["delay"], given["status"], given["content_type"], asked_for)


def install_loop(make_loop: Callable[[], BlockingLoop], pause: Callable[[float], None]) -> None:
    """Make asyncio and ``time.sleep`` of this process block instead of returning to the page's event loop."""
    events: Any = asyncio.events
    events._set_running_loop(None)  # noqa: SLF001 - else Pyodide's own loop counts as running
    if default := getattr(events, "_BaseDefaultEventLoopPolicy", None):  # Python 3.16 has no policies

        class Policy(default):  # type: ignore[misc, valid-type] # only its loop changes
            _loop_factory = staticmethod(make_loop)

        events._set_event_loop_policy(Policy())  # noqa: SLF001 - the public one warns
    events.new_event_loop = asyncio.new_event_loop = make_loop
    asyncio.run = asyncio.runners.run
    time.sleep = Sleep(pause)  # type: ignore[assignment]
    sys.excepthook = sys.__excepthook__
