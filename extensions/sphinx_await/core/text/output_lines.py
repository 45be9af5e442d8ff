"""The lines that a reader sees of what a program wrote."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model.recording import Omission, Output, Recording
    from .styles import Style


@dataclass(frozen=True, slots=True)
class OutputLine:
    """One line of output: when its first character came, on which stream, by which task or thread.

    :ivar styles: where its text has a style: start, end, style; in order.
    :ivar omitted: how many lines before it were not kept.
    :ivar switches: as of an :class:`.Output`.
    """

    at: float
    stream: str
    task: int | None
    text: str
    styles: tuple[tuple[int, int, Style], ...] = ()
    omitted: int = 0
    thread: int | None = None
    switches: int | None = None


def read_lines(outputs: Iterable[Output], omission: Omission | None = None) -> list[OutputLine]:
    """The rows that a terminal shows in the end, from top to bottom. A row shows one stream."""
    screen = Screen()
    for index, output in enumerate(outputs):
        if omission is not None and index == omission.after:
            screen.leave_out(max(1, omission.lines))
        screen.write(output)
    return [
        OutputLine(
            row.first.at,
            row.stream,
            row.first.task,
            row.text,
            row.styles,
            row.omitted,
            row.first.thread,
            row.first.switches,
        )
        for row in screen.rows()
    ]


def visible_lines(recording: Recording, *, stderr: bool = True) -> list[OutputLine]:
    """The lines of a recording; lines of standard error can be left out, and cut no others then."""
    return lines_and_places(recording, stderr=stderr)[0]


def lines_with_traceback(recording: Recording) -> list[str]:
    """The texts of the visible lines, and the traceback of the failure if it is not among them.

    Python prints more than its module :mod:`traceback` formats: before 3.13 only the interpreter adds what it suggests
    (``Did you mean: …``), or ends that with a question mark.
    """
    lines = [line.text for line in visible_lines(recording)]
    traceback = recording.failure.traceback.splitlines() if recording.failure else []
    if traceback and not any(line.startswith(traceback[-1]) for line in lines):
        lines += traceback
    return lines


def lines_and_places(recording: Recording, *, stderr: bool = True) -> tuple[list[OutputLine], tuple[int, ...]]:
    """The lines of a recording, and for each of its displays how many of them come before it.

    A display ends the line before it, as in a notebook. Nothing after it can change what is before it. So it is with
    an example at a prompt.
    """
    lines, displays, _examples = lines_and_all_places(recording, stderr=stderr)
    return lines, displays


def lines_and_all_places(
    recording: Recording, *, stderr: bool = True
) -> tuple[list[OutputLine], tuple[int, ...], tuple[int, ...]]:
    """The lines of a recording, and how many of them come before each of its displays, and before each example."""
    outputs, omission = recording.outputs, recording.omitted
    marks = [*(one.after for one in recording.displays), *(one.after for one in recording.examples)]
    order = sorted(range(len(marks)), key=marks.__getitem__)
    ends = [marks[index] for index in order]
    if not stderr:
        kept = [index for index, output in enumerate(outputs) if output.stream == "stdout"]
        outputs = tuple(outputs[index] for index in kept)
        ends = [bisect_left(kept, end) for end in ends]
        if omission is not None:
            omission = replace(omission, after=bisect_left(kept, omission.after))
    lines: list[OutputLine] = []
    places: list[int] = []
    start = 0
    for end in [*ends, len(outputs)]:
        own = None if omission is None or not start <= omission.after < end else omission
        if own is not None:
            own = replace(own, after=own.after - start)
        lines += read_lines(outputs[start:end], own) if start < end else ()
        places.append(len(lines))
        start = end
    found = [place for _, place in sorted(zip(order, places, strict=False))]
    count = len(recording.displays)
    return lines, tuple(found[:count]), tuple(found[count:])


def with_text(line: OutputLine, text: str) -> OutputLine:
    """A line of which a part is said otherwise; what is the same before and after that part keeps its styles."""
    old = line.text
    if text == old or not line.styles:
        return replace(line, text=text)
    before = _alike(old, text)
    after = _alike(old[before:][::-1], text[before:][::-1])
    moved, last = len(text) - len(old), len(old) - after
    styles = []
    for start, end, style in line.styles:
        start = start if start <= before else max(start, last) + moved  # noqa: PLW2901 - the same, elsewhere
        end = end if end <= before else max(end, last) + moved  # noqa: PLW2901
        if start < end:
            styles.append((start, end, style))
    return replace(line, text=text, styles=tuple(styles))


def _alike(one: str, other: str) -> int:
    """With how many characters both texts begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def shown_text(outputs: Iterable[Output], stream: str) -> str:
    """What a page shows of one stream, if it is alone: its lines, each with its end."""
    return "".join(f"{line.text}\n" for line in read_lines(output for output in outputs if output.stream == stream))


def text_of(outputs: Iterable[Output], stream: str) -> str:
    """All that was written to one stream."""
    return "".join(output.text for output in outputs if output.stream == stream)
