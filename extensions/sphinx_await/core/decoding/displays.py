"""From records of displays to displays, in their place between the pieces of output.

While output is cut and decoded, a display is a record without a payload among its records: a *marker*.
"""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - its fields are read by their types
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..errors import RecordingError
from ..journal.records import RecordType
from ..model.displays import LARGEST_SIZE, LONGEST_ALT, MOST_DISPLAYED, MOST_DISPLAYS, Display, problem_of
from ..model.from_data import build
from .activity import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..journal.reader import Record
    from .activity import Activity


@dataclass(frozen=True, slots=True)
class Displayed:
    """What a record of a display says.

    :ivar part: the part of the program that has the line, counted from 1.
    """

    data: Mapping[str, str]
    dark: Mapping[str, str] = field(default_factory=dict)
    alt: str | None = None
    width: int | None = None
    height: int | None = None
    part: int | None = None
    line: int | None = None


@dataclass(slots=True)
class DisplayRecords:
    """What the records of displays in one journal say, in their order. A program can write any."""

    found: list[Displayed] = field(default_factory=list)
    _room: int = MOST_DISPLAYED

    def add(self, record: Record) -> Record:
        """Keep what a record says, and return the marker for it.

        :raises ValueError: no recorder writes that.
        :raises RecordingError: likewise.
        """
        one = build(Displayed, json.loads(record.payload), "display")
        self._room -= sum(len(text) for forms in (one.data, one.dark) for text in forms.values())
        is_odd = not one.data or problem_of(one.data) or problem_of(one.dark) or len(one.alt or "") > LONGEST_ALT
        sizes = [number for number in (one.width, one.height) if number is not None]
        if is_odd or self._room < 0 or len(self.found) >= MOST_DISPLAYS or not _are_sizes(sizes):
            raise RecordingError("not a display")
        self.found.append(one)
        return replace(record, payload=b"", site=len(self.found) - 1)


def _are_sizes(numbers: Iterable[int]) -> bool:
    return all(1 <= number <= LARGEST_SIZE for number in numbers)


#: Markers, each with the number of records of output before it.
Places = list[tuple[int, "Record"]]


def without_markers(records: list[Record]) -> tuple[list[Record], Places]:
    """The records of output, and the markers that were among them."""
    outputs: list[Record] = []
    places: Places = []
    for record in records:
        if record.kind is RecordType.DISPLAY:
            places.append((len(outputs), record))
        else:
            outputs.append(record)
    return outputs, places


def with_markers(outputs: list[Record], places: Places) -> list[Record]:
    """The inverse of :func:`without_markers`; what is beyond an end comes at that end."""
    records = list(outputs)
    for place, marker in reversed(places):
        records.insert(max(0, place), marker)
    return records


def decode_displays(
    places: Iterable[tuple[int, Record]], said: list[Displayed], start: int, activity: Activity, part: int
) -> tuple[Display, ...]:
    """The displays of one part.

    :param places: markers, each with the number of outputs before it.
    :param part: the number of the part, counted from 1.
    """
    return tuple(
        Display(
            at=seconds(marker.at - start),
            after=after,
            data=one.data,
            dark=one.dark,
            alt=one.alt,
            width=one.width,
            height=one.height,
            line=one.line if one.part == part and one.line and one.line > 0 else None,
            task=activity.indices.get(marker.task),
            thread=activity.threads_of_work.get(marker.by),
        )
        for after, marker in places
        for one in [said[marker.site]]
    )
