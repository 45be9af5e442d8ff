"""What pytest shows of a program that is wrong: its author's own lines, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from _pytest._code.code import ReprEntryNative, ReprFileLocation, ReprTraceback, TerminalRepr

from ..core.text.output_lines import lines_with_traceback
from ..core.text.source_mapping import map_to_document
from ..core.text.terminal import for_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from _pytest._io import TerminalWriter

    from ..core.model.recording import Recording
    from ..core.model.snippet import Snippet

_ALL_LINES, _AROUND = 40, 12  # a longer program is shown around the line in question
_SHOWN_OUTPUT, _SHOWN_CHARACTERS = 40, 500  # lines, and characters of each
#: The colour of a line of a diff, by its first character.
_COLOURS = {"-": "red", "+": "green", "@": "cyan"}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong.

    :ivar file: as it is shown, from the folder in which pytest was started.
    :ivar details: lines below the message: a diff, or advice.
    """

    file: str
    line: int
    message: str
    details: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


class ProgramError(Exception):
    """A program, or the markup of a page, is wrong.

    :ivar report: what pytest shows of it.
    """

    def __init__(self, report: ProgramReport) -> None:
        super().__init__(report.wrongs[0].message)
        self.report = report


@dataclass(eq=False)
class ProgramReport(TerminalRepr):
    """What pytest shows of a program.

    :ivar code: the program, with line numbers.
    :ivar printed: what it printed, and its traceback.
    """

    wrongs: tuple[Wrong, ...]
    code: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()

    @property
    def reprtraceback(self) -> ReprTraceback:
        """All of it as lines: pytest-xdist sends a report whole only if it has one, as that of an exception."""
        return ReprTraceback([ReprEntryNative(f"{self}\n".splitlines(keepends=True))], None, "native")

    @property
    def sections(self) -> list[tuple[str, str, str]]:
        """What comes after it, for the same reason."""
        return []

    @property
    def reprcrash(self) -> ReprFileLocation:
        """What pytest's summary and JUnit's XML say of it."""
        first = self.wrongs[0]
        return ReprFileLocation(first.file, first.line, for_terminal(first.message))

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write it."""
        for line in self.code:
            tw.line(for_terminal(line), bold=line.startswith(">"))
        for wrong in self.wrongs:
            if self.code or wrong is not self.wrongs[0]:
                tw.line()
            tw.line(f"{wrong.place}: {for_terminal(wrong.message)}", bold=True, red=True)
            for detail in wrong.details:
                colour = _COLOURS.get(detail[:1])
                tw.line(for_terminal(detail), **({colour: True} if colour else {}))
        if self.printed:
            tw.line()
            tw.line("printed:")
        for line in self.printed:
            tw.line(for_terminal(f"  | {line}").rstrip())


def code_lines(snippet: Snippet, marked: Sequence[int]) -> tuple[str, ...]:
    """The lines of a program with their numbers in the file; ``marked`` ones (of the file) begin with ``>``."""
    return tuple(_code_lines(snippet, marked))


def _code_lines(snippet: Snippet, marked: Sequence[int]) -> Iterator[str]:
    lines = (snippet.code if snippet.typed is None else snippet.typed.text).rstrip("\n").split("\n")
    numbers = [snippet.line_in_file(number) for number in range(1, len(lines) + 1)]
    at = next((index for index, number in enumerate(numbers) if number in marked), 0)
    first, last = 0, len(lines)
    if len(lines) > _ALL_LINES:
        first, last = max(0, at - _AROUND), min(len(lines), at + _AROUND + 1)
    width = len(str(numbers[-1]))
    if first:
        yield f"  {'.' * width} | ({first} lines before)"
    for number, line in list(zip(numbers, lines, strict=True))[first:last]:
        yield f"{'>' if number in marked else ' '} {number:{width}} | {line}".rstrip()
    if last < len(lines):
        yield f"  {'.' * width} | ({len(lines) - last} lines after)"


def printed_lines(recording: Recording, parts: Sequence[Snippet], shown: Callable[[Snippet], str]) -> tuple[str, ...]:
    """The last lines that a program printed, normally with its traceback, which names the lines of the page.

    :param parts: the programs of its process.
    :param shown: the file of a program as it is shown.
    """
    lines = lines_with_traceback(recording)
    hidden = len(lines) - _SHOWN_OUTPUT
    cut = [line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]}…" for line in lines]
    cut = [map_to_document(line, parts, shown) for line in cut[-_SHOWN_OUTPUT:]]
    return tuple(cut if hidden <= 0 else [f"({hidden} lines before)", *cut])
