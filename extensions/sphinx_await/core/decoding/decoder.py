"""Build recordings from a journal and from what the engine saw beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..errors import RecordingError
from ..journal.limits import (
    LONGEST_ACCESS,
    LONGEST_FAILURE,
    LONGEST_REPORT,
    MOST_ACCESSES,
    MOST_OTHER_RECORDS,
    MOST_PARTS,
)
from ..journal.reader import NO_HEADER, Header, Record, decode_text
from ..journal.records import LEAST_OUTPUT_COST, RECORD_SIZE, STREAM_NAMES, RecordType
from ..journal.tail import NOTHING, LeftOut, read_tail
from ..model.from_data import build
from ..model.recording import MOST_EXAMPLES, NOT_REACHED, Failure, Recording
from .activity import DIGITS, MOST_SECONDS, Activity, ActivityDecoder, PartWindow, seconds
from .displays import DisplayRecords, Places, decode_displays, decode_examples, with_markers, without_markers
from .ending import Ending
from .output import KeptOutput, cut_output, decode_output

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_STATUS = 2**32
_MOST_HOSTS, _LONGEST_HOST = 1_000, 253
_LONGEST_USED = 1_000  # JSON of two numbers


@dataclass(frozen=True, slots=True)
class RunContext:
    """Where and when a program ran: the fields of a recording that are in no journal."""

    python: str
    platform: str
    started: str
    network: bool = False


@dataclass(slots=True)
class DecodedPart:
    """What a journal says about one part. ``start`` and ``end`` are in nanoseconds, processor times in seconds."""

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
    :ivar tail: the end of the output beyond the limit; ``left_out`` is the amount that was dropped before it.
    :ivar broken: why the program could not be started, or why the recorder gave up, or None.
    :ivar accesses: the entries of the program's access log.
    :ivar damaged: a record could not be read, and what follows it was left out; or entries of the access log were.
    :ivar most_outputs: pieces of output that are kept; None: all.
    :ivar displays: what its displays are; ``outputs`` has a marker for each.
    :ivar examples: what ended each example, or None; ``outputs`` has a marker for each, too.
    """

    parts: list[DecodedPart] = field(default_factory=list)
    truncated: int | None = None
    broken: str | None = None
    outputs: list[Record] = field(default_factory=list)
    tail: list[Record] = field(default_factory=list)
    left_out: LeftOut = NOTHING
    activity: ActivityDecoder = field(default_factory=ActivityDecoder)
    header: Header = NO_HEADER
    hosts: list[str] = field(default_factory=list)
    damaged: bool = False
    accesses: list[bytes] = field(default_factory=list)
    most_outputs: int | None = None
    displays: DisplayRecords = field(default_factory=DisplayRecords)
    examples: list[Failure | None] = field(default_factory=list)
    _room_for_accesses: int = MOST_ACCESSES

    def add_output(self, record: Record) -> None:
        """Keep a piece of output, a display, or the begin of an example.

        :raises ValueError: no recorder writes that.
        :raises RecordingError: likewise.
        """
        if record.kind is RecordType.DISPLAY:
            record = self.displays.add(record)
        elif record.kind is RecordType.EXAMPLE:
            self.examples.append(None)
            if len(self.examples) > MOST_EXAMPLES:
                raise ValueError("too many examples")
            record = replace(record, payload=b"", site=len(self.examples) - 1)
        elif record.stream not in STREAM_NAMES:
            return
        if self.most_outputs is None or len(self.outputs) < self.most_outputs:
            self.outputs.append(record)

    def add_host(self, name: bytes) -> None:
        """Keep the name of a host.

        :raises ValueError: the name is not one of a host, or there are too many hosts.
        """
        if len(name) > _LONGEST_HOST or len(self.hosts) >= _MOST_HOSTS:
            raise ValueError("not the host of a program")
        self.hosts.append(name.decode())

    def add_access(self, entry: bytes) -> None:
        """Keep an entry of the access log, or note that it is lost: a recorder writes no more than have room."""
        self._room_for_accesses -= RECORD_SIZE + len(entry)
        if len(entry) <= LONGEST_ACCESS and self._room_for_accesses >= 0:
            self.accesses.append(entry)
        else:
            self.damaged = True

    @property
    def start(self) -> int | None:
        """When the program's first line ran, in nanoseconds, or None."""
        return self.parts[0].start if self.parts else None


def decode_journal(
    records: Iterable[Record], header: Header = NO_HEADER, *, limit: int | None = None
) -> DecodedJournal:
    """Read the records of a journal, up to the first that is invalid.

    A program can write anything into it, so no more is kept than a recorder writes.

    :param limit: bytes of output that the recorder keeps; None if nobody but the recorder can have written.
    """
    journal = DecodedJournal(header=header, most_outputs=None if limit is None else limit // LEAST_OUTPUT_COST + 2)
    most = None if journal.most_outputs is None else MOST_OTHER_RECORDS + journal.most_outputs
    for record in islice(records, most):
        try:
            _read_record(journal, record)
        except (ValueError, KeyError, TypeError, RecursionError, RecordingError):
            journal.damaged = True
            break  # a program can write to its journal; what follows is not trusted
    return journal


def _read_record(journal: DecodedJournal, record: Record) -> None:
    match record.kind:
        case RecordType.OUTPUT | RecordType.DISPLAY | RecordType.EXAMPLE:
            journal.add_output(record)
        case RecordType.START if len(journal.parts) < MOST_PARTS:
            used = _json(record, _LONGEST_USED)
            delay = used["delay"]
            journal.parts.append(DecodedPart(record.at, _time(used["cpu"]), None if delay is None else _time(delay)))
        case RecordType.PART if journal.parts:
            used = _json(record, _LONGEST_USED)
            part = journal.parts[-1]
            part.end, part.end_cpu, part.status = record.at, _time(used["cpu"]), _status(used["status"])
        case RecordType.STOP if journal.parts:
            # The end of the last part too, but for its CPU time, which the parent knows better.
            journal.parts[-1].end, journal.parts[-1].end_cpu, journal.parts[-1].status = record.at, None, None
        case RecordType.FAILURE | RecordType.EXAMPLE_FAILED if journal.parts:
            _read_failure(journal, record)
        case RecordType.ACCESS:
            journal.add_access(record.payload)
        case RecordType.HOST:
            journal.add_host(record.payload)
        case RecordType.TRUNCATED | RecordType.TAIL:
            _read_limit(journal, record)
        case RecordType.BROKEN:
            journal.broken = decode_text(record.payload, LONGEST_REPORT)
        case _:
            journal.activity.add(record)


def _read_failure(journal: DecodedJournal, record: Record) -> None:
    failure = build(Failure, _json(record, LONGEST_FAILURE), "failure")
    if record.kind is RecordType.FAILURE:
        journal.parts[-1].failure = failure
    elif journal.examples:
        journal.examples[-1] = failure


def _read_limit(journal: DecodedJournal, record: Record) -> None:
    if record.kind is RecordType.TRUNCATED:
        journal.truncated = record.at
    else:
        journal.tail, journal.left_out = read_tail(record.payload)


def _json(record: Record, longest: int) -> Any:
    """The payload of a record.

    :raises ValueError: the payload is not JSON, or has more than ``longest`` bytes.
    """
    if len(record.payload) > longest:
        raise ValueError("too long")
    return json.loads(record.payload)


def _time(value: Any) -> float:
    """Seconds of the processor.

    :raises ValueError: the value is not a number of seconds.
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


def build_recordings(  # noqa: PLR0913 - what is known of a run
    journal: DecodedJournal,
    foreign: Iterable[Record],
    ending: Ending,
    where: RunContext,
    *,
    limit: int,
    parts: int = 1,
    left_out: LeftOut = NOTHING,
) -> list[Recording]:
    """The recordings of a run, one for each part.

    :param foreign: output that the engine read itself (children, ``os.write``), as records of type OUTPUT.
    :param limit: bytes of output to keep; of more, start and end are kept and the recording says so.
    :param left_out: what the engine left out of ``foreign``.
    """
    merged = sorted([*journal.outputs, *journal.tail, *foreign], key=lambda record: record.at)
    merged, places = without_markers(merged) if journal.displays.found or journal.examples else (merged, [])
    kept = cut_output(merged, limit, journal.left_out + left_out)
    if places:
        kept = _with_places(kept, places, len(merged))
    cut = min((moment for moment in (kept.cut, journal.truncated) if moment is not None), default=None)
    # A process that died before its program started has no part, but may have written output.
    known = journal.parts or [DecodedPart(merged[0].at if merged else ending.at, 0.0, None)]
    recordings = []
    for number in range(parts):
        if number >= len(known):
            recordings.append(_not_run(ending, where))
            continue
        part, is_last = known[number], number + 1 >= len(known)
        until = None if is_last else known[number + 1].start
        since = part.start if number else None
        head, tail = (_within(records, since, until) for records in (kept.head, kept.tail))
        truncated = cut is not None and (until is None or cut < until)
        is_cut = truncated and kept.cut is not None and (since is None or kept.cut >= since)
        own_ending = _ending_of(part, ending, until)
        window = PartWindow(part.start, own_ending.at, since, until, number + 1)
        activity = journal.activity.decode(window, journal.header)
        missing = kept.left_out if is_cut else None
        outputs, omitted, places = decode_output(head, tail, part.start, activity, left_out=missing)
        recording = _build_part(part, activity, own_ending, where, journal.broken)
        truncated = truncated and (omitted is not None or not is_cut)
        displays = decode_displays(places, journal.displays.found, part.start, activity, number + 1) if places else ()
        examples = decode_examples(places, journal.examples, part.start) if places else ()
        recordings.append(
            replace(
                recording,
                outputs=outputs,
                omitted=omitted,
                truncated=truncated,
                displays=displays,
                examples=examples,
            )
        )
    return recordings


def _with_places(kept: KeptOutput, places: Places, count: int) -> KeptOutput:
    """Insert the markers into the kept output. One that belongs into omitted output goes before the omission.

    :param count: number of records of output before anything was omitted.
    """
    tail_start = count - len(kept.tail)
    in_tail = [(place - tail_start, marker) for place, marker in places if kept.tail and place >= tail_start]
    in_head = [(min(place, len(kept.head)), marker) for place, marker in places[: len(places) - len(in_tail)]]
    return replace(kept, head=with_markers(kept.head, in_head), tail=with_markers(kept.tail, in_tail))


def _within(records: list[Record], since: int | None, until: int | None) -> list[Record]:
    return [one for one in records if (since is None or one.at >= since) and (until is None or one.at < until)]


def _ending_of(part: DecodedPart, ending: Ending, until: int | None) -> Ending:
    """How a part ended. The last one (``until`` is None) ended with the process, whether it reached its end or not."""
    if until is None:
        return replace(ending, at=ending.at if part.end is None else part.end)
    return Ending(part.end or until, part.status or 0, part.end_cpu or part.start_cpu)


def _build_part(
    part: DecodedPart, activity: Activity, ending: Ending, where: RunContext, incomplete: str | None
) -> Recording:
    wall, delay = seconds(ending.at - part.start), None
    if ending.delay is not None and part.start_delay is not None:
        # It is known for the process, which lives on for a moment when the program is over.
        delay = round(min(max(0.0, ending.delay - part.start_delay), wall), DIGITS)
    return Recording(
        python=where.python,
        platform=where.platform,
        started=where.started,
        wall=wall,
        cpu=round(max(0.0, ending.cpu - part.start_cpu), DIGITS),
        exit=ending.status,
        failure=part.failure,
        timed_out=ending.timed_out,
        tasks=activity.tasks,
        network=where.network,
        run_delay=delay,
        loops=activity.loops,
        callbacks=activity.callbacks,
        events=activity.events,
        threads=activity.threads,
        unseen=activity.unseen,
        unseen_tasks=activity.unseen_tasks,
        unseen_since=activity.unseen_since,
        incomplete=incomplete,
        generators=activity.generators,
        turns=activity.turns,
        turns_unseen_since=activity.turns_unseen_since,
        lines=activity.lines,
        lines_left_out=activity.lines_left_out,
    )


def _not_run(ending: Ending, where: RunContext) -> Recording:
    """The recording of a part that was not reached."""
    return Recording(where.python, where.platform, where.started, 0.0, 0.0, ending.status, NOT_REACHED)
