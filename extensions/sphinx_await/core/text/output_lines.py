"""The lines that a reader sees of what a program wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model.recording import Output
    from .styles import Style


@dataclass(frozen=True, slots=True)
class OutputLine:
    """One line of output: when its first character came, on which stream, by which task.

    :ivar styles: where its text has a style: start, end, style; in order.
    """

    at: float
    stream: str
    task: int | None
    text: str
    styles: tuple[tuple[int, int, Style], ...] = ()


def read_lines(outputs: Iterable[Output]) -> list[OutputLine]:
    """The rows that a terminal shows in the end, from top to bottom. A row shows one stream."""
    screen = Screen()
    for output in outputs:
        screen.write(output)
    return [OutputLine(row.first.at, row.stream, row.first.task, row.text, row.styles) for row in screen.rows()]


def shown_text(outputs: Iterable[Output], stream: str) -> str:
    """What a page shows of one stream, if it is alone: its lines, each with its end."""
    return "".join(f"{line.text}\n" for line in read_lines(output for output in outputs if output.stream == stream))


def text_of(outputs: Iterable[Output], stream: str) -> str:
    """All that was written to one stream."""
    return "".join(output.text for output in outputs if output.stream == stream)
