"""Build recordings from a journal and from what the engine saw beside it."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..errors import RecordingError
from ..journal.reader import NO_HEADER, Header, Record
from ..journal.records import STREAM_NAMES, RecordType, output_cost
from ..model.from_data import build
from ..model.recording import NOT_REACHED, Failure, Output, Recording
from .activity import DIGITS, MOST_SECONDS, Activity, ActivityDecoder, PartWindow, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_STATUS = 2**32


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended, as its parent saw it.

    :ivar at: nanoseconds of the monotonic clock.
    :ivar status: exit status, negative for a signal.
    :ivar cpu: seconds of processor time of its life.
    :ivar delay: seconds of its life in which it could have run but had no core; None if unknown.
    """

    at: int
    status: int
    cpu: float = 0.0
    delay: float | None = None
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class RunContext:
    """Where and when a program ran: the fields of a recording that are in no journal."""

    python: str
    platform: str
    started: str
    network: bool = False


@dataclass(slots=True)
class DecodedPart:
    """What a journal says about one part. ``start`` and ``end`` are nanoseconds, times of the processor seconds."""

    start: int
    start_cpu: float
    start_delay: float | None
    end: int | None = None
    end_cpu: float | None = None
    status: int | None = None
    failure: Failure | None = None


@dataclass(slots=True)
class DecodedJournal:
    """The records of one journal, sorted by what they say.

    :ivar truncated: when the output limit was reached, in nanoseconds, or None.
    :ivar broken: why the program could not be started, or why the recorder gave up, or None.
    :ivar accesses: the entries of the program's access log.
    :ivar damaged: a record could not be read, and what follows it was left out.
    """

    parts: list[DecodedPart] = field(default_factory=list)
    truncated: int | None = None
    broken: str | None = None
    outputs: list[Record] = field(default_factory=list)
    activity: ActivityDecoder = field(default_factory=ActivityDecoder)
    header: Header = NO_HEADER
    hosts: list[str] = field(default_factory=list)
    damaged: bool = False
    accesses: list[bytes] = field(default_factory=list)

    @property
    def start(self) -> int | None:
        """When the program's first line ran, in nanoseconds, or None."""
        return self.parts[0].start if self.parts else None


def decode_journal(records: Iterable[Record], header: Header = NO_HEADER) -> DecodedJournal:
    """Read the records of a journal, up to the first that is invalid."""
    journal = DecodedJournal(header=header)
    for record in records:
        try:
            _read_record(journal, record)
        except (ValueError, KeyError, TypeError, RecursionError, RecordingError):
            journal.damaged = True
            break  # a program can write to its journal; what follows is not trusted
    return journal


def _read_record(journal: DecodedJournal, record: Record) -> None:
    match record.kind:
        case RecordType.OUTPUT if record.stream in STREAM_NAMES:
            journal.outputs.append(record)
        case RecordType.START:
            used = json.loads(record.payload)
            delay = used["delay"]
            journal.parts.append(DecodedPart(record.at, _time(used["cpu"]), None if delay is None else _time(delay)))
        case RecordType.PART if journal.parts:
            used = json.loads(record.payload)
            part = journal.parts[-1]
            part.end, part.end_cpu, part.status = record.at, _time(used["cpu"]), _status(used["status"])
        case RecordType.STOP if journal.parts:
            # The end of the last part too, but for its CPU time, which the parent knows better.
            journal.parts[-1].end, journal.parts[-1].end_cpu, journal.parts[-1].status = record.at, None, None
        case RecordType.FAILURE if journal.parts:
            journal.parts[-1].failure = build(Failure, json.loads(record.payload), "failure")
        case RecordType.ACCESS:
            journal.accesses.append(record.payload)
        case RecordType.HOST:
            journal.hosts.append(record.payload.decode())
        case RecordType.TRUNCATED:
            journal.truncated = record.at
        case RecordType.BROKEN:
            journal.broken = record.payload.decode("utf-8", "backslashreplace")
        case _:
            journal.activity.add(record)


def _time(value: Any) -> float:
    """Seconds of the processor.

    :raises ValueError: it is no such time.
    """
    if type(value) not in (int, float) or not 0 <= value <= MOST_SECONDS:  # NaN is not
        raise ValueError("not a time")
    return float(value)


def _status(value: Any) -> int:
    """An exit status.

    :raises ValueError: no process has such a status.
    """
    if type(value) is not int or not -_MOST_STATUS <= value <= _MOST_STATUS:
        raise ValueError("not an exit status")
    return value


def build_recordings(
    journal: DecodedJournal, foreign: Iterable[Record], ending: Ending, where: RunContext, *, limit: int, parts: int = 1
) -> list[Recording]:
    """The recordings of a run, one for each part.

    :param foreign: output that the engine read itself (children, ``os.write``), as records of type OUTPUT.
    :param limit: bytes of output to keep; the rest is cut off and the recording says so.
    """
    merged = sorted([*journal.outputs, *foreign], key=lambda record: record.at)
    kept, cut = _cut(merged, limit)
    dropped = min((moment for moment in (cut, journal.truncated) if moment is not None), default=None)
    # A process that died before its program started has no part, but may have written output.
    known = journal.parts or [DecodedPart(merged[0].at if merged else ending.at, 0.0, None)]
    recordings = []
    for number in range(parts):
        if number >= len(known):
            recordings.append(_not_run(ending, where))
            continue
        part, is_last = known[number], number + 1 >= len(known)
        until = None if is_last else known[number + 1].start
        own = [one for one in kept if (number == 0 or one.at >= part.start) and (until is None or one.at < until)]
        truncated = dropped is not None and (until is None or dropped < until)
        own_ending = _ending_of(part, ending, until)
        window = PartWindow(part.start, own_ending.at, part.start if number else None, until, number + 1)
        activity = journal.activity.decode(window, journal.header)
        recordings.append(_build_part(part, activity, own, own_ending, where, truncated, journal.broken))
    return recordings


def _ending_of(part: DecodedPart, ending: Ending, until: int | None) -> Ending:
    """How a part ended. The last one (``until`` is None) ended with the process, whether it reached its end or not."""
    if until is None:
        return replace(ending, at=ending.at if part.end is None else part.end)
    return Ending(part.end or until, part.status or 0, part.end_cpu or part.start_cpu)


def _build_part(  # noqa: PLR0913, PLR0917 - all that a recording is made of
    part: DecodedPart,
    activity: Activity,
    records: list[Record],
    ending: Ending,
    where: RunContext,
    truncated: bool,
    incomplete: str | None,
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
        outputs=tuple(_decode(records, part.start, activity, truncated=truncated)),
        tasks=activity.tasks,
        network=where.network,
        run_delay=None if delay is None else round(max(0.0, delay), DIGITS),
        loops=activity.loops,
        callbacks=activity.callbacks,
        events=activity.events,
        threads=activity.threads,
        unseen=activity.unseen,
        unseen_tasks=activity.unseen_tasks,
        unseen_since=activity.unseen_since,
        incomplete=incomplete,
    )


def _not_run(ending: Ending, where: RunContext) -> Recording:
    """The recording of a part that was not reached."""
    return Recording(where.python, where.platform, where.started, 0.0, 0.0, ending.status, NOT_REACHED)


def _cut(records: list[Record], limit: int) -> tuple[list[Record], int | None]:
    """The records that fit, and the moment of the first that did not."""
    kept = []
    for record in records:
        if len(record.payload) > limit:
            kept.append(Record(record.kind, record.at, record.payload[:limit], record.stream, record.task, record.by))
            return kept, record.at
        limit = max(0, limit - output_cost(record.payload))
        kept.append(record)
    return kept, None


def _decode(records: list[Record], start: int, activity: Activity, *, truncated: bool) -> list[Output]:
    """Decode bytes. A character may arrive in two writes, so each stream has its own decoder."""
    decoders = {stream: codecs.getincrementaldecoder("utf-8")("backslashreplace") for stream in STREAM_NAMES}
    outputs = []
    for record in records:
        if text := decoders[record.stream].decode(record.payload):
            name = STREAM_NAMES[record.stream]
            task, thread = activity.indices.get(record.task), activity.threads_of_work.get(record.by)
            outputs.append(Output(seconds(record.at - start), name, text, task, thread))
    last = seconds(records[-1].at - start) if records else 0.0
    for stream, decoder in decoders.items():
        rest = decoder.decode(b"", final=True)
        if rest and not truncated:  # the limit may cut a character in two
            outputs.append(Output(last, STREAM_NAMES[stream], rest))
    return outputs
