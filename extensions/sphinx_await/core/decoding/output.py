"""From records of output to what is kept of it: the start and the end, as text, without what was written over."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..journal.records import STREAM_NAMES, output_cost
from ..journal.tail import LeftOut, tail_limit
from ..model.recording import Omission, Output
from .activity import seconds
from .displays import with_markers, without_markers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..journal.reader import Record
    from .activity import Activity
    from .displays import Places


@dataclass(frozen=True, slots=True)
class KeptOutput:
    """The output of a run within its limit.

    :ivar tail: the end of it, if something between was left out.
    :ivar cut: the moment of the first byte that was left out, in nanoseconds, or None.
    """

    head: list[Record]
    tail: list[Record]
    cut: int | None
    left_out: LeftOut


def cut_output(records: list[Record], limit: int, left_out: LeftOut) -> KeptOutput:
    """Keep the start of the output and, for a share of the limit, its end.

    :param left_out: what was left out already, somewhere after the start.
    """
    if not left_out.size and sum(output_cost(record.payload) for record in records) <= limit:
        return KeptOutput(records, [], None, left_out)
    head, rest = _take(records, limit - tail_limit(limit))
    tail = _take_last(rest, tail_limit(limit))
    all_left, kept = LeftOut.of(rest) + left_out, LeftOut.of(tail)
    cut = rest[0].at if rest else head[-1].at if head else 0
    return KeptOutput(head, tail, cut, LeftOut(all_left.size - kept.size, all_left.lines - kept.lines))


def _take(records: list[Record], room: int) -> tuple[list[Record], list[Record]]:
    for index, record in enumerate(records):
        if len(record.payload) > room:
            before = [replace(record, payload=record.payload[:room])] if room else []
            return [*records[:index], *before], [replace(record, payload=record.payload[room:]), *records[index + 1 :]]
        room = max(0, room - output_cost(record.payload))
    return records, []


def _take_last(records: list[Record], room: int) -> list[Record]:
    kept: list[Record] = []
    for record in reversed(records):
        if len(record.payload) > room:
            kept += [replace(record, payload=record.payload[-room:])] if room else []
            break
        kept.append(record)
        room = max(0, room - output_cost(record.payload))
    return kept[::-1]


def decode_output(
    head: list[Record], tail: list[Record], start: int, activity: Activity, left_out: LeftOut | None
) -> tuple[tuple[Output, ...], Omission | None, Places]:
    """Output as text, where something of it is missing, and the markers by the number of outputs before them.

    :param left_out: what is missing between head and tail; None if nothing is.
    """
    first, places = _pieces(head, start, activity, is_whole=left_out is None)
    if left_out is None:
        return tuple(first), None, places
    tail, markers = without_markers(tail)
    tail, dropped, gone = _from_line_start(tail)
    left_out += dropped
    tail = with_markers(tail, [(place - gone, marker) for place, marker in markers])
    rest, later = _pieces(tail, start, activity, is_whole=True, at_start=False)
    places += [(len(first) + place, marker) for place, marker in later]
    outputs = (*first, *rest)
    if (
        not left_out.lines
        and first
        and rest
        and rest[0].text.startswith(("\r", "\x1b[2K"))
        and first[-1].stream == rest[0].stream
    ):
        return outputs, None, places  # all of it was in one line, which is written over
    return outputs, Omission(len(first), left_out.lines, left_out.size), places


def _pieces(
    records: list[Record], start: int, activity: Activity, *, is_whole: bool, at_start: bool = True
) -> tuple[list[Output], Places]:
    """Output as text, each piece between two displays for itself, and the markers by the number of outputs before."""
    records, places = without_markers(records)
    if not places:
        return compact(_decoded(records, start, activity, is_whole=is_whole), at_start=at_start), []
    outputs: list[Output] = []
    found: Places = []
    before = 0
    for place, marker in [*places, (len(records), None)]:
        is_last = marker is None
        piece = _decoded(records[before:place], start, activity, is_whole=is_whole or not is_last)
        outputs += compact(piece, at_start=at_start or before > 0)
        if marker is not None:
            found.append((len(outputs), marker))
        before = place
    return outputs, found


#: What goes back to the start of a line, or erases it.
_LINE_STARTS = (b"\r", b"\x1b[2K")


def _from_line_start(records: list[Record]) -> tuple[list[Record], LeftOut, int]:
    """The end of the output from the start of a line on, if its first piece has one.

    And what that leaves out, and how many records.
    """
    if not records:
        return records, LeftOut(), 0
    payload = records[0].payload
    if len(records) > 1 and records[1].payload.startswith(_LINE_STARTS) and not re.search(rb"[\r\n]", payload):
        return records[1:], LeftOut(len(payload)), 1
    place = re.search(rb"\r(?!\n)|\n(?=.)|\n\Z", payload, re.DOTALL)
    # A character may be cut in two.
    at = re.match(rb"[\x80-\xbf]{0,3}", payload).end() if place is None else place.start()  # type: ignore[union-attr]
    at += place is not None and place[0] == b"\n"
    dropped = LeftOut(at, payload[:at].count(b"\n"))
    kept = [replace(records[0], payload=payload[at:])] if at < len(payload) else []
    return [*kept, *records[1:]], dropped, 1 - len(kept)


def _decoded(records: Iterable[Record], start: int, activity: Activity, *, is_whole: bool) -> list[Output]:
    """Decode bytes. A character may arrive in two writes, so each stream has its own decoder."""
    decoders = {stream: codecs.getincrementaldecoder("utf-8")("backslashreplace") for stream in STREAM_NAMES}
    outputs, last = [], 0.0
    for record in records:
        last = seconds(record.at - start)
        if text := decoders[record.stream].decode(record.payload):
            task, thread = activity.indices.get(record.task), activity.threads_of_work.get(record.by)
            switches = record.site if activity.turns else None
            outputs.append(Output(last, STREAM_NAMES[record.stream], text, task, thread, switches))
    for stream, decoder in decoders.items():
        rest = decoder.decode(b"", final=True)
        if rest and is_whole:  # the limit may cut a character in two
            outputs.append(Output(last, STREAM_NAMES[stream], rest))
    return outputs


#: Text in one line that only goes back to its start, or erases it.
_ONE_LINE = re.compile(r"(?:[^\x00-\x1f\x7f-\x9f]|\r|\x1b\[[02]?K)*\n?")
_ERASED = re.compile(r".*(?:\r\x1b\[[02]?K|\x1b\[2K\r)", re.DOTALL)
_TO_END = "\x1b[K"
#: Text that leaves the cursor in the last line.
_SIMPLE = re.compile(r"(?:[^\x00-\x1f\x7f-\x9f]|[\r\n\t\b]|\x1b\[[0-9;]*[mK])*")
_DIGIT = re.compile("[0-9]")
#: Longer lines are left as they are: what is written over in them is seldom worth the time.
_LONGEST = 2_000


def compact(outputs: Sequence[Output], *, at_start: bool = True) -> list[Output]:
    """The same outputs without what was written over in its own line, so that a counter costs what it shows.

    :param at_start: the first of them begins a line.
    """
    kept: list[Output] = []
    writers: set[str] = set()  #: of the line that is being written
    for index, output in enumerate(outputs):
        if not _SIMPLE.fullmatch(output.text):
            return kept + list(outputs[index:])  # the cursor may be anywhere from now on
        if writers == {output.stream} and kept[-1].text.strip("\r"):
            before, last = kept[-2:-1], kept[-1]
            begins = before[0].text.endswith(("\n", "\r")) if before else at_start
            if (shorter := _without_covered(last, output, at_start=begins)) is not None:
                kept[-1] = output = shorter  # noqa: PLW2901 - both
            else:
                kept.append(output)
        else:
            kept.append(output)
        writers = writers if "\n" not in output.text else set()
        writers = writers if output.text.endswith("\n") else writers | {output.stream}
    return kept


def _without_covered(last: Output, output: Output, *, at_start: bool) -> Output | None:
    """Both outputs as one, without the parts that are covered; None if there are none.

    :param at_start: the first began at the start of a line.
    """
    text = last.text + output.text
    if len(text) > _LONGEST or not _ONE_LINE.fullmatch(text):
        return None
    if (erased := _ERASED.match(text)) is not None and "\x1b" not in text[erased.end() :]:
        shown_first = last if erased.end() < len(last.text) else output
        return replace(shown_first, text="\r\x1b[K" + text[erased.end() :])
    parts = text.split("\r")
    if any("\x1b" in part.removesuffix("\n").removesuffix(_TO_END) or part.startswith(_TO_END) for part in parts):
        return None
    kept = [
        part
        for index, part in enumerate(parts)
        if index + 1 == len(parts)
        or (not index and not at_start)
        or not _covers(parts[index + 1].removesuffix("\n"), part)
    ]
    return None if len(kept) == len(parts) else replace(last, text="\r".join(kept))


def _covers(new: str, old: str) -> bool:
    """Whether ``new`` overwrites all of ``old`` in a line. Texts beyond ASCII may differ in digits only."""
    if new.endswith(_TO_END):
        return True
    old = old.removesuffix(_TO_END)
    if new.isascii() and old.isascii():
        return len(new) >= len(old)
    return _DIGIT.sub("0", new) == _DIGIT.sub("0", old)
