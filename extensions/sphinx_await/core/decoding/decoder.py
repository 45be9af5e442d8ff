"""From a journal, and what the engine saw beside it, to a recording."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..journal.reader import NO_HEADER, Header, Record
from ..journal.records import STREAM_NAMES, RecordType, output_cost
from ..model.recording import NOT_REACHED, Failure, Output, Recording
from .activity import DIGITS, Activity, ActivityDecoder, PartWindow, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended, as its parent saw it.

    :ivar at: nanoseconds of the monotonic clock.
    :ivar status: exit status, negative for a signal.
    :ivar cpu: seconds of processor time of its whole life.
    :ivar delay: seconds of its whole life for which it wanted a core in vain; None if unknown.
    """

    at: int
    status: int
    cpu: float = 0.0
    delay: float | None = None
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class RunContext:
    """Where and when a program ran: the fields of a recording that no journal knows."""

    python: str
    platform: str
    started: str
    network: bool = False


@dataclass(slots=True)
class DecodedPart:
    """What a journal says of one part; moments in nanoseconds, the rest in seconds."""

    start: int
    start_cpu: float
    start_delay: float | None
    end: int | None = None
    end_cpu: float | None = None
    status: int | None = None
    failure: Failure | None = None


@dataclass(slots=True)
class DecodedJournal:
    """What the records of one journal say, read once.

    :ivar truncated: the moment at which output began to be dropped, or None.
    """

    parts: list[DecodedPart] = field(default_factory=list)
    truncated: int | None = None
    broken: str | None = None
    outputs: list[Record] = field(default_factory=list)
    doings: ActivityDecoder = field(default_factory=ActivityDecoder)
    head: Header = NO_HEADER
    hosts: list[str] = field(default_factory=list)
    imports: dict[str, Any] = field(default_factory=dict)

    @property
    def start(self) -> int | None:
        """When the program's first line ran."""
        return self.parts[0].start if self.parts else None


def decode_journal(records: Iterable[Record], head: Header = NO_HEADER) -> DecodedJournal:
    """Sort the records of a journal by what they say."""
    story = DecodedJournal(head=head)
    for record in records:
        try:
            _read_record(story, record)
        except (ValueError, KeyError, TypeError):
            break  # a program can write into its journal: what is damaged is its end
    return story


def _read_record(story: DecodedJournal, record: Record) -> None:
    match record.kind:
        case RecordType.OUTPUT if record.stream in STREAM_NAMES:
            story.outputs.append(record)
        case RecordType.START:
            used = json.loads(record.payload)
            story.parts.append(DecodedPart(record.at, used["cpu"], used["delay"]))
        case RecordType.PART if story.parts:
            used = json.loads(record.payload)
            part = story.parts[-1]
            part.end, part.end_cpu, part.status = record.at, used["cpu"], used["status"]
        case RecordType.STOP if story.parts:
            # The end of the last part too, but for its CPU time, which the parent knows better.
            story.parts[-1].end, story.parts[-1].end_cpu, story.parts[-1].status = record.at, None, None
        case RecordType.FAILURE if story.parts:
            story.parts[-1].failure = Failure(**json.loads(record.payload))
        case RecordType.IMPORTS:
            story.imports = json.loads(record.payload)
        case RecordType.HOST:
            story.hosts.append(record.payload.decode())
        case RecordType.TRUNCATED:
            story.truncated = record.at
        case RecordType.BROKEN:
            story.broken = record.payload.decode("utf-8", "backslashreplace")
        case _:
            story.doings.see(record)


def build_recordings(
    story: DecodedJournal, foreign: Iterable[Record], ending: Ending, where: RunContext, *, limit: int, parts: int = 1
) -> list[Recording]:
    """The recordings of a run, one for each part.

    :param foreign: output that the engine read itself (children, ``os.write``), as records of kind OUTPUT.
    :param limit: bytes of output to keep; what is beyond is cut off and the recording says so.
    """
    merged = sorted([*story.outputs, *foreign], key=lambda record: record.at)
    kept, cut = _cut(merged, limit)
    dropped = min((moment for moment in (cut, story.truncated) if moment is not None), default=None)
    # A process that died before its program began has no part, and yet something to tell.
    known = story.parts or [DecodedPart(merged[0].at if merged else ending.at, 0.0, None)]
    told = []
    for number in range(parts):
        if number >= len(known):
            told.append(_not_run(ending, where))
            continue
        part, is_last = known[number], number + 1 >= len(known)
        until = None if is_last else known[number + 1].start
        own = [one for one in kept if (number == 0 or one.at >= part.start) and (until is None or one.at < until)]
        truncated = dropped is not None and (until is None or dropped < until)
        own_ending = _ending_of(part, ending, until)
        span = PartWindow(part.start, own_ending.at, part.start if number else None, until, number + 1)
        scene = story.doings.tell(span, story.head)
        told.append(_build_part(part, scene, own, own_ending, where, truncated=truncated))
    return told


def _ending_of(part: DecodedPart, ending: Ending, until: int | None) -> Ending:
    """How a part ended: the last (``until`` is None) with the process, if it reached its end by itself or not."""
    if until is None:
        return replace(ending, at=ending.at if part.end is None else part.end)
    return Ending(part.end or until, part.status or 0, part.end_cpu or part.start_cpu)


def _build_part(
    part: DecodedPart, scene: Activity, records: list[Record], ending: Ending, where: RunContext, *, truncated: bool
) -> Recording:
    delay = None if ending.delay is None or part.start_delay is None else ending.delay - part.start_delay
    return Recording(
        python=where.python,
        platform=where.platform,
        started=where.started,
        wall=seconds(ending.at - part.start),
        cpu=round(max(0.0, ending.cpu - part.start_cpu), DIGITS),
        exit=ending.status,
        failure=part.failure,
        timed_out=ending.timed_out,
        truncated=truncated,
        outputs=tuple(_decode(records, part.start, scene.indices, truncated=truncated)),
        tasks=scene.tasks,
        network=where.network,
        run_delay=None if delay is None else round(max(0.0, delay), DIGITS),
        loops=scene.loops,
        callbacks=scene.callbacks,
        events=scene.events,
        threads=scene.threads,
        unseen=scene.unseen,
    )


def _not_run(ending: Ending, where: RunContext) -> Recording:
    """What stands for a part that was not reached."""
    return Recording(where.python, where.platform, where.started, 0.0, 0.0, ending.status, NOT_REACHED)


def _cut(records: list[Record], limit: int) -> tuple[list[Record], int | None]:
    """The records that fit, and the moment of the first that did not."""
    kept = []
    for record in records:
        if len(record.payload) > limit:
            kept.append(Record(record.kind, record.at, record.payload[:limit], record.stream, record.task))
            return kept, record.at
        limit = max(0, limit - output_cost(record.payload))
        kept.append(record)
    return kept, None


def _decode(records: list[Record], start: int, tasks: dict[int, int], *, truncated: bool) -> list[Output]:
    """Bytes to text. A character may arrive in two writes, so each stream has a decoder of its own."""
    decoders = {stream: codecs.getincrementaldecoder("utf-8")("backslashreplace") for stream in STREAM_NAMES}
    outputs = []
    for record in records:
        if text := decoders[record.stream].decode(record.payload):
            name = STREAM_NAMES[record.stream]
            outputs.append(Output(seconds(record.at - start), name, text, tasks.get(record.task)))
    last = seconds(records[-1].at - start) if records else 0.0
    for stream, decoder in decoders.items():
        rest = decoder.decode(b"", final=True)
        if rest and not truncated:  # a limit may well cut a character in two
            outputs.append(Output(last, STREAM_NAMES[stream], rest))
    return outputs
