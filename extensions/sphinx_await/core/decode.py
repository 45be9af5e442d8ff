"""From a journal, and what the engine saw beside it, to a recording."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .journal import STREAM_NAMES, Kind, Record, output_cost
from .recording import Failure, Output, Recording, Task

if TYPE_CHECKING:
    from collections.abc import Iterable

NANOSECONDS = 1e9
_DIGITS = 6  # microseconds: below what any of the clocks can tell


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended, as its parent saw it.

    :ivar at: nanoseconds of the monotonic clock.
    :ivar status: exit status, negative for a signal.
    :ivar cpu: seconds of processor time of its whole life.
    """

    at: int
    status: int
    cpu: float = 0.0
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where and when a program ran: the fields of a recording that no journal knows."""

    python: str
    platform: str
    started: str
    network: bool = False


@dataclass(slots=True)
class Story:
    """What the records of one journal say, read once."""

    start: int | None = None
    start_cpu: float = 0.0
    stop: int | None = None
    failure: Failure | None = None
    truncated: bool = False
    broken: str | None = None
    outputs: list[Record] = field(default_factory=list)
    tasks: dict[int, str] = field(default_factory=dict)
    hosts: list[str] = field(default_factory=list)
    imports: dict[str, Any] = field(default_factory=dict)


def read_story(records: Iterable[Record]) -> Story:  # noqa: C901 - one case a kind
    """Sort the records of a journal by what they say."""
    story = Story()
    for record in records:
        match record.kind:
            case Kind.OUTPUT:
                story.outputs.append(record)
            case Kind.TASK:
                story.tasks[record.task] = record.payload.decode("utf-8", "backslashreplace")
            case Kind.START:
                story.start, story.start_cpu = record.at, json.loads(record.payload)["cpu"]
            case Kind.STOP:
                story.stop = record.at
            case Kind.FAILURE:
                story.failure = Failure(**json.loads(record.payload))
            case Kind.IMPORTS:
                story.imports = json.loads(record.payload)
            case Kind.HOST:
                story.hosts.append(record.payload.decode())
            case Kind.TRUNCATED:
                story.truncated = True
            case Kind.BROKEN:
                story.broken = record.payload.decode("utf-8", "backslashreplace")
    return story


def tell(story: Story, foreign: Iterable[Record], ending: Ending, where: Circumstances, *, limit: int) -> Recording:
    """The recording of a run.

    :param foreign: output that the engine read itself (children, ``os.write``), as records of kind OUTPUT.
    :param limit: bytes of output to keep; what is beyond is cut off and the recording says so.
    """
    start = ending.at if story.start is None else story.start
    stop = ending.at if story.stop is None else story.stop
    merged = sorted([*story.outputs, *foreign], key=lambda record: record.at)
    kept, cut = _cut(merged, limit)
    truncated = cut or story.truncated
    return Recording(
        python=where.python,
        platform=where.platform,
        started=where.started,
        wall=_seconds(stop - start),
        cpu=round(max(0.0, ending.cpu - story.start_cpu), _DIGITS),
        exit=ending.status,
        failure=story.failure,
        timed_out=ending.timed_out,
        truncated=truncated,
        outputs=tuple(_decode(kept, start, list(story.tasks), truncated=truncated)),
        tasks=tuple(Task(name) for name in story.tasks.values()),
        network=where.network,
    )


def _seconds(nanoseconds: int) -> float:
    return round(max(0, nanoseconds) / NANOSECONDS, _DIGITS)


def _cut(records: list[Record], limit: int) -> tuple[list[Record], bool]:
    kept = []
    for record in records:
        if len(record.payload) > limit:
            kept.append(Record(record.kind, record.at, record.payload[:limit], record.stream, record.task))
            return kept, True
        limit = max(0, limit - output_cost(record.payload))
        kept.append(record)
    return kept, False


def _decode(records: list[Record], start: int, tasks: list[int], *, truncated: bool) -> list[Output]:
    """Bytes to text. A character may arrive in two writes, so each stream has a decoder of its own."""
    decoders = {stream: codecs.getincrementaldecoder("utf-8")("backslashreplace") for stream in STREAM_NAMES}
    outputs = []
    for record in records:
        if text := decoders[record.stream].decode(record.payload):
            task = tasks.index(record.task) if record.task in tasks else None
            outputs.append(Output(_seconds(record.at - start), STREAM_NAMES[record.stream], text, task))
    last = _seconds(records[-1].at - start) if records else 0.0
    for stream, decoder in decoders.items():
        rest = decoder.decode(b"", final=True)
        if rest and not truncated:  # a limit may well cut a character in two
            outputs.append(Output(last, STREAM_NAMES[stream], rest))
    return outputs
