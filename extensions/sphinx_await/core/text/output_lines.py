"""The lines a reader sees, from the pieces in which a program wrote them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..model.recording import Output

# ECMA-48: control sequences (colours, cursor movement) and operating system commands (titles, links).
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[#%()*+./-][0-~]|[0-?@-Z\\^_])")
_PIECES = re.compile(r"[^\n]*\n|[^\n]+")
_CONTROLS = {code: chr(0x2400 + code) for code in range(32) if chr(code) != "\t"} | {0x7F: "\u2421"}


@dataclass(frozen=True, slots=True)
class OutputLine:
    """One line of output: when its first character came, on which stream, by which task."""

    at: float
    stream: str
    task: int | None
    text: str


def read_lines(outputs: Iterable[Output]) -> list[OutputLine]:
    """The outputs as lines in order of time. A change of stream ends a line, since a row shows one stream."""
    return [OutputLine(first.at, first.stream, first.task, readable(text)) for first, text in _rows(outputs)]


def _rows(outputs: Iterable[Output]) -> Iterator[tuple[Output, str]]:
    first: Output | None = None
    text = ""
    for output in outputs:
        if first is not None and first.stream != output.stream:
            yield first, text
            first, text = None, ""
        for piece in _PIECES.findall(output.text):
            first = first or output
            text += piece
            if piece.endswith("\n"):
                yield first, text
                first, text = None, ""
    if first is not None and text:
        yield first, text


def readable(text: str) -> str:
    """A line as a terminal would finally show it, with pictures for the control characters that are left."""
    text = _ESCAPES.sub("", text.removesuffix("\n"))
    shown = ""
    for written in text.split("\r"):  # each goes over what stands there already
        shown = written + shown[len(written) :]
    return shown.translate(_CONTROLS)


def text_of(outputs: Iterable[Output], stream: str) -> str:
    """All that was written to one stream."""
    return "".join(output.text for output in outputs if output.stream == stream)
