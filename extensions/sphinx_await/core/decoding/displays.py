"""From records of displays to displays, in their place between the pieces of output.

While output is cut and decoded, a display is a record without a payload among its records: a *marker*. So is the
begin of an example.
"""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - its fields are read by their types
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..errors import RecordingError
from ..journal.records import RecordType
from ..model.displays import MOST_DISPLAYED, MOST_DISPLAYS, Display, problems_in, size_of
from ..model.from_data import build
from ..model.recording import ExampleRun
from .activity import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..journal.reader import Record
    from ..model.recording import Failure
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

    def display(self) -> Display:
        """What it is, before its moment and place are known."""
        return Display(0.0, 0, self.data, self.dark, self.alt, self.width, self.height, self.line)


@dataclass(slots=True)
class DisplayRecords:
    """What the records of displays in one journal say, in their order. A program can write any."""

    #: Each with the part that has its line.
    found: list[tuple[Display, int | None]] = field(default_factory=list)
    _room: int = MOST_DISPLAYED

    def add(self, record: Record) -> Record:
        """Keep the display of a record, and return the marker for it.

        :raises ValueError: the payload is not JSON.
        :raises RecordingError: the display is invalid, or there are too many. No recorder writes either.
        """
        one = build(Displayed, json.loads(record.payload), "display")
        display = one.display()
        self._room -= size_of(display)
        for problem in problems_in(display):
            raise RecordingError(problem)
        if self._room < 0 or len(self.found) >= MOST_DISPLAYS:
            raise RecordingError("too many displays")
        self.found.append((display, one.part))
        return replace(record, payload=b"", site=len(self.found) - 1)


#: Types of records that are markers among those of output.
_MARKERS = frozenset({RecordType.DISPLAY, RecordType.EXAMPLE})
#: Markers, each with the number of records of output before it.
Places = list[tuple[int, "Record"]]


def without_markers(records: list[Record]) -> tuple[list[Record], Places]:
    """The records of output, and the markers that were among them."""
    outputs: list[Record] = []
    places: Places = []
    for record in records:
        if record.kind in _MARKERS:
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
    places: Iterable[tuple[int, Record]],
    found: list[tuple[Display, int | None]],
    start: int,
    activity: Activity,
    part: int,
) -> tuple[Display, ...]:
    """The displays of one part.

    :param places: markers, each with the number of outputs before it.
    :param found: :attr:`DisplayRecords.found`.
    :param part: the number of the part, counted from 1.
    """
    return tuple(
        replace(
            display,
            at=seconds(marker.at - start),
            after=after,
            line=display.line if its_part == part else None,
            task=activity.indices.get(marker.task),
            thread=activity.threads_of_work.get(marker.by),
        )
        for after, marker in places
        if marker.kind is RecordType.DISPLAY
        for display, its_part in [found[marker.site]]
    )


def decode_examples(
    places: Iterable[tuple[int, Record]], failures: Sequence[Failure | None], start: int
) -> tuple[ExampleRun, ...]:
    """The examples of one part, and what ended each.

    :param places: as of :func:`decode_displays`.
    :param failures: of all examples of the journal.
    """
    return tuple(
        ExampleRun(seconds(marker.at - start), after, failures[marker.site])
        for after, marker in places
        if marker.kind is RecordType.EXAMPLE
    )
