"""A journal that streams to the page: output immediately, other records whenever the program waits.

A terminated worker leaves nothing behind. What it has sent until then is enough for a recording. The end of a long
output is one record that changes: it is sent anew now and then, and only the last one counts.
"""

from __future__ import annotations

import asyncio
import codecs
import json
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Protocol

from ..core.journal.records import LINE, RECORD, RECORD_SIZE, STREAM_NAMES, Journal, RecordType, aligned
from .monotonic import strictly_increasing

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.recorder.hooks import Hooks

#: Bytes of a journal beside the output: in all, as :mod:`..core.journal.limits` bounds them, and in memory at once.
#: A browser takes long to allocate memory for all of them.
MOST, ROOM = 4 << 20, 1 << 20
_SECOND = 1e9
#: Nanoseconds after which the journal is flushed even if the program does not wait.
_PATIENCE = 5_000_000
#: Nanoseconds between two messages of a program that writes without a pause, and how many are sent before that applies.
_PAUSE, _AT_ONCE = 30_000_000, 200
#: Nanoseconds between two messages with the end of the output.
_TAIL_PAUSE = 500_000_000


class Post(Protocol):
    """Sends a message to the page: its kind, a JSON text, bytes."""

    def __call__(self, kind: str, text: str, data: bytes | None = None, /) -> None:
        """Send it."""
        ...


class StreamingJournal(Journal):
    """A journal that holds only what was not sent yet.

    :param limit: bytes of output that are kept.
    :param parts: number of parts of the program; the page gets the output of the last.
    :param post: sends ``records``: the time, for how long nothing will happen, whether an event loop runs, pieces of
        output, and the header of the journal followed by new records. And ``tail``: the record with the end of the
        output.
    """

    def __init__(self, post: Post, limit: int, parts: int = 1) -> None:
        super().__init__(bytearray(ROOM + limit + limit // 8), strictly_increasing(perf_counter_ns))
        self._post = post
        self._first = self.end
        self._left_bytes = MOST + 4 * limit
        self._flushed_at = 0
        #: Whether the last message said that an event loop runs.
        self.said_loop = False
        self._started = 0
        self._to_come = parts - 1
        self._lines = bytearray()
        self._sent_lines = 0
        self._tail = bytearray()
        self._sent_tail = b""
        self._tail_sent_at = 0
        self._outputs: list[dict[str, Any]] = []
        self._left = _AT_ONCE
        self._once: Callable[[Any], Any] | None = None
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {stream: decoder("backslashreplace") for stream in STREAM_NAMES}

    def append(self, kind: RecordType, payload: bytes = b"", *, at: int | None = None, **fields: int) -> bool:
        """Add one record; output is sent at once unless there is too much of it. Return whether it was added."""
        at = self.clock() if at is None else at
        is_added = super().append(kind, payload, at=at, **fields)
        if kind is RecordType.START:
            self._to_come -= 1 if self._started else 0
            self._started = at
            self.flush()
        elif kind is RecordType.OUTPUT and not self._to_come:
            self._note_output(payload, at, fields["stream"], fields.get("task", 0))
        return is_added

    def reserve(self, kind: RecordType, size: int) -> memoryview | None:
        """Keep the record of the end of the output, or of lines, here, where it can change; None for any other."""
        if kind is RecordType.LINES and not self._lines:
            self._lines = bytearray(size)
            return memoryview(self._lines)
        if kind is not RecordType.TAIL:
            return None
        self._tail = bytearray(aligned(RECORD_SIZE + size))
        RECORD.pack_into(self._tail, 0, kind, 0, 0, size, self.clock(), 0, 0)
        return memoryview(self._tail)[RECORD_SIZE : RECORD_SIZE + size]

    def send_tail(self) -> None:
        """Send the end of the output if it has changed."""
        self._tail_sent_at = self.clock()
        if self._tail and (tail := bytes(self._tail)) != self._sent_tail:
            self._sent_tail = tail
            self._post("tail", "", tail)

    def send_tail_if_due(self) -> None:
        """Send the end of the output if it was not sent for a while."""
        if self._tail and self.clock() - self._tail_sent_at > _TAIL_PAUSE:
            self.send_tail()

    def _take(self, size: int, room: int) -> int:
        reserved = len(self.buffer) - room
        if self.end + size > self._left_bytes - reserved:
            return 0
        if self.end + size > room:
            self.flush()
        return super()._take(size, room)

    def _note_output(self, payload: bytes, at: int, stream: int, task: int) -> None:
        if text := self._decoders[stream].decode(payload):
            moment = max(0, at - self._started) / _SECOND
            piece = {"at": moment, "stream": STREAM_NAMES[stream], "text": text, "task": task - 1 if task else None}
            self._outputs.append(piece)
        if self._left or at - self._flushed_at > _PAUSE:
            self._left = max(0, self._left - 1)
            self.flush()

    def flush(self, wait: float | None = 0.0) -> None:
        """Send new records and output to the page; the end of a long output only before a long wait, or if it is due.

        :param wait: the seconds until the program goes on; None: it never does by itself.
        """
        self._flushed_at = self.clock()
        if wait is None or wait > 0:
            self._left = _AT_ONCE
        self.said_loop = asyncio._get_running_loop() is not None  # noqa: SLF001 - the public one raises or creates
        message = {"at": self._flushed_at, "wait": wait, "loop": self.said_loop, "outputs": self._outputs}
        head = bytes(self.buffer[: self._first])
        piece = bytes(self.buffer[self._first : self.end]) + self._new_lines()
        self._left_bytes -= len(piece)
        self.end, self._outputs = self._first, []
        self._post("records", json.dumps(message), head + piece)
        if wait is None or wait * _SECOND > _TAIL_PAUSE:
            self.send_tail()
        else:
            self.send_tail_if_due()

    def _new_lines(self) -> bytes:
        """A record of the lines that ran and were not sent yet; nothing if there are none."""
        start = end = self._sent_lines
        while end < len(self._lines) and LINE.unpack_from(self._lines, end)[0]:
            end += LINE.size
        if start == end:
            return b""
        self._sent_lines = end
        record = bytearray(aligned(RECORD_SIZE + end - start))
        RECORD.pack_into(record, 0, RecordType.LINES, 0, 0, end - start, self._flushed_at, 0, 0)
        record[RECORD_SIZE : RECORD_SIZE + end - start] = self._lines[start:end]
        return bytes(record)

    def finish(self) -> None:
        """Send everything that was not sent yet, the end of a long output too."""
        self.flush()
        self.send_tail()

    def is_due(self) -> bool:
        """Whether nothing was sent for a while."""
        return self.clock() - self._flushed_at > _PATIENCE

    def flush_in_next_step(self, hooks: Hooks) -> None:
        """Flush when the next callback has begun: it may never end."""
        if hooks.before_step is self._once:
            return
        began = hooks.before_step

        def once(handle: Any) -> Any:
            hooks.before_step = began
            seen = began(handle)
            self.flush()
            return seen

        self._once = hooks.before_step = once
