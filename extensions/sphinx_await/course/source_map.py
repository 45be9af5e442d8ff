"""Splits a block into the shown and the executed lines, and maps both to lines of the file.

The markers are sphinx-exec-code's: lines between ``#hide:start`` and ``#hide:stop`` are not shown, those between
``#skip:start`` and ``#skip:stop`` are not executed; ``#hide:toggle`` and ``#skip:toggle`` do either.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from textwrap import dedent
from typing import TYPE_CHECKING

from ..core.errors import OptionError
from ..core.syntax import decode_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .file_parts import FilePart


@dataclass(frozen=True, slots=True)
class SourceMap:
    """The shown and the executed lines of a block.

    :ivar lines: for each line of ``executed``, its line in the file.
    :ivar numbers: for each line of ``executed``, its number in ``shown``; None if it is not there.
    """

    shown: str
    executed: str
    lines: tuple[int, ...]
    numbers: tuple[int | None, ...]


def read_code(block: Sequence[str], first_line: int, numbers: Sequence[int] = ()) -> SourceMap:
    """Read the lines of a block whose first is on ``first_line`` of its file.

    :param numbers: of all its lines, if they do not follow each other.
    :raises OptionError: a marker starts what has started, or stops what has not started.
    """
    shown, executed = _Reading("hide"), _Reading("skip")
    for number, text in zip(numbers or range(first_line, first_line + len(block)), block, strict=True):
        marker = _marker_of(text)
        if shown.obey(marker) or executed.obey(marker):
            continue
        shown.add(number, text.rstrip())
        executed.add(number, text.rstrip())
    places = {number: place for place, number in enumerate(shown.numbers(), 1)}
    lines = executed.numbers() or (first_line,)
    # Its first line loses its indentation before the others do, as sphinx-exec-code has it.
    code = dedent(executed.text().strip())
    return SourceMap(dedent(shown.text()), code, lines, tuple(map(places.get, lines)))


def read_plain(text: str, first_line: int) -> SourceMap:
    """Read a plain fence; without markers, it is used as it is.

    :raises OptionError: a marker starts what has started, or stops what has not started.
    """
    lines = text.split("\n")
    if any(map(_is_marker, lines)):
        return read_code(lines, first_line)
    count = len(lines)
    return SourceMap(text, text, tuple(range(first_line, first_line + count)), tuple(range(1, count + 1)))


def read_program(path: Path, content: bytes | None = None, part: FilePart | None = None) -> SourceMap:
    """Read a program from a file of its own, or from a part of one.

    :param content: what is in the file, if that is known.
    :raises OptionError: the file cannot be read, has no such part, or has markers that mean nothing.
    """
    lines = text_of_file(path, content).split("\n")
    if part is None or not part.given:
        return read_code(lines, 1)
    numbers = part.numbers(lines)
    return read_code(dedent("\n".join(lines[number - 1] for number in numbers)).split("\n"), 1, numbers)


def text_of_file(path: Path, content: bytes | None = None) -> str:
    """The text of a Python file, with plain ends of lines.

    :raises OptionError: the file cannot be read.
    """
    if content is None and not path.is_file():
        raise OptionError(f"exec_code: filename: {path!s:.500} cannot be read: there is no such file")
    try:
        return io.StringIO(decode_source(path.read_bytes() if content is None else content), newline=None).read()
    except (OSError, SyntaxError) as error:
        raise OptionError(f"exec_code: filename: {path} cannot be read: {error}") from None


def _marker_of(line: str) -> str:
    """A line without the parts of a marker that may vary: ``#hide:start`` for ``# --- Hide: Start ---``."""
    return line.replace(" ", "").replace("-", "").lower()


def _is_marker(line: str) -> bool:
    kind, colon, action = _marker_of(line).partition(":")
    return bool(colon) and kind in {"#hide", "#skip"} and action in {"start", "stop", "toggle"}


@dataclass(slots=True)
class _Reading:
    """The lines that one kind of marker does not remove, with their numbers."""

    kind: str
    is_open: bool = True
    after_stop: bool = False
    kept: list[tuple[int, str]] = field(default_factory=list)

    def obey(self, marker: str) -> bool:
        """Start or stop at a marker of this kind; return False if the line is no such marker."""
        head, _, action = marker.partition(":")
        if head != f"#{self.kind}" or action not in {"start", "stop", "toggle"}:
            return False
        opens = action == "stop" or (action == "toggle" and not self.is_open)
        if action != "toggle" and opens == self.is_open:
            if action == "stop":
                raise OptionError(f"#{self.kind}:stop without a #{self.kind}:start before it")
            raise OptionError(f"#{self.kind}:start where #{self.kind} is on already; #{self.kind}:stop ends it")
        self.is_open = opens
        self.after_stop = self.after_stop or action == "stop"
        return True

    def add(self, number: int, text: str) -> None:
        """Keep a line unless it is removed; blank lines right after a stop are left out."""
        if self.is_open and (text or not self.after_stop):
            self.after_stop = False
            self.kept.append((number, text))

    def numbers(self) -> tuple[int, ...]:
        """The numbers of the lines."""
        return tuple(number for number, _ in self._without_blank_ends())

    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(text for _, text in self._without_blank_ends())

    def _without_blank_ends(self) -> list[tuple[int, str]]:
        filled = [index for index, (_, text) in enumerate(self.kept) if text]
        return self.kept[filled[0] : filled[-1] + 1] if filled else []
