r"""What a terminal shows of a program's output.

The screen has as many rows as :data:`ROWS`, and above it all rows that have scrolled off. It understands what ECMA-48
and xterm do with the cursor, with erasing, colours and links. It differs from a terminal where a page does: a row is as
long as its text and never wrapped, a tab stays a tab where nothing is written over it, and control characters that move
nothing are pictures (``\x07`` is ``␇``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from .styles import PLAIN, Style, linked, restyled
from .widths import char_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..model.recording import Output

#: The rows that the cursor can reach, and the columns within which it moves where there is no text.
ROWS, COLUMNS = 50, 80
_TAB = 8
#: A parameter larger than this is this: as in xterm, it is at some edge anyway.
_LARGEST = 9999

# A string of an operating system command or of a device ends at BEL or ST; one that goes on for longer is none.
_STRING = r"(?:[^\x07\x1b\x9c\n]{0,4096})"
_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?:\x1b\[|\x9b)(?P<parameters>[0-?]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|(?:\x1b\]|\x9d)8;[^;\x07\x1b\x9c\n]{0,256};(?P<link>[^\x07\x1b\x9c\n]{0,4096})(?:\x07|\x1b\\|\x9c)"
    rf"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f]){_STRING}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b(?P<escape> [FGLMN]|[#%()*+./-][0-~]|[0-OQ-WYZ\\cl-o|}~])"
    r"|(?P<control>[\x00-\x1f\x7f-\x9f])"
)
#: A sequence that the next piece of output may complete.
_BEGUN = re.compile(
    rf"(?:\x1b(?:\[[0-?]*[ -/]*|[ #%()*+./-])?|\x9b[0-?]*[ -/]*|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f]){_STRING}\x1b?)\Z"
)
_PICTURES = {code: chr(0x2400 + code) for code in range(32)} | {0x7F: "\u2421"}
_C1 = {"\x84": "D", "\x85": "E", "\x8d": "M"}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the screen.

    :ivar first: the output that put the first character there (or ended the row, if it is empty).
    :ivar stream: the stream that wrote to it last.
    :ivar styles: where its text has a style: start, end, style; in order.
    :ivar omitted: how many lines before it were not kept.
    """

    first: Output
    stream: str
    text: str
    styles: tuple[tuple[int, int, Style], ...] = ()
    omitted: int = 0


@dataclass(slots=True)
class _Cells:
    """A row that can still change: what each column shows, and how.

    A wide character, and a tab, is in its first column; the others that it takes are empty strings.
    """

    chars: list[str] = field(default_factory=list)
    styles: list[Style] = field(default_factory=list)
    first: Output | None = None
    stream: str = ""
    omitted: int = 0

    def split(self, column: int) -> None:
        """Replace a wide character or a tab by blanks if it crosses the left edge of a column."""
        chars = self.chars
        if column < len(chars) and not chars[column]:
            start = column - 1
            while not chars[start]:
                start -= 1
            end = column + 1
            while end < len(chars) and not chars[end]:
                end += 1
            chars[start:end] = " " * (end - start)

    def pad(self, column: int) -> None:
        """Fill up to a column with blanks."""
        if (missing := column - len(self.chars)) > 0:
            self.chars += " " * missing
            self.styles += [PLAIN] * missing

    def put(self, column: int, chars: list[str], style: Style) -> None:
        """Write over what is there."""
        end = column + len(chars)
        self.pad(column)
        self.split(column)
        self.split(end)
        self.chars[column:end] = chars
        self.styles[column:end] = [style] * len(chars)

    def erase(self, start: int, end: int | None = None) -> None:
        """Make columns blank; up to the end of the row, take them away."""
        if start >= len(self.chars):
            return
        self.split(start)
        if end is None or end >= len(self.chars):
            del self.chars[start:], self.styles[start:]
        else:
            self.split(end)
            self.chars[start:end] = " " * (end - start)
            self.styles[start:end] = [PLAIN] * (end - start)
        if not self.chars:  # nobody's, as if nothing had been written
            self.first, self.stream = None, ""

    def insert(self, column: int, count: int) -> None:
        """Move what is right of a column further right."""
        if column < len(self.chars):
            self.split(column)
            self.chars[column:column] = " " * count
            self.styles[column:column] = [PLAIN] * count

    def delete(self, column: int, count: int) -> None:
        """Take columns out; what is right of them moves left."""
        if column < len(self.chars):
            self.split(column)
            self.split(column + count)
            del self.chars[column : column + count], self.styles[column : column + count]

    def row(self, other: Output) -> Row:
        """The row as it is now; one that nothing wrote to came with another output."""
        first = self.first or other
        return Row(first, self.stream or first.stream, "".join(self.chars), tuple(self._styles()), self.omitted)

    def _styles(self) -> Iterator[tuple[int, int, Style]]:
        at, start, current = 0, 0, PLAIN
        for char, style in zip(self.chars, self.styles, strict=True):
            if style is not current and style != current:
                if current != PLAIN and at > start:
                    yield start, at, current
                start, current = at, style
            at += len(char)
        if current != PLAIN and at > start:
            yield start, at, current


class Screen:
    """A terminal to which the outputs of a program are written in order.

    :param columns: within which the cursor moves where there is no text.
    """

    def __init__(self, columns: int = COLUMNS) -> None:
        self._columns = columns
        self._off: list[Row] = []
        self._rows = [_Cells()]
        self._at = 0
        self._column = 0
        self._style = PLAIN
        self._saved: tuple[int, int, Style] = (0, 0, PLAIN)
        self._main: tuple[list[_Cells], int, int] | None = None
        self._begun: dict[str, str] = {}
        self._last_char = ""
        self._output: Output | None = None

    def write(self, output: Output) -> None:
        """Show what one output wrote."""
        self._output = output
        text = self._begun.pop(output.stream, "") + output.text
        if begun := _BEGUN.search(text, max(0, len(text) - 5000)):
            self._begun[output.stream] = begun[0]
            text = text[: begun.start()]
        self._show(text)

    def leave_out(self, lines: int) -> None:
        """Go on in a row of its own, before which so many lines are missing."""
        if self._output is not None and self._rows[self._at].chars:
            self._line_feed()
        self._column = 0
        self._rows[self._at].omitted = lines

    def rows(self) -> list[Row]:
        """All rows, from the first that scrolled off to the last that is not empty."""
        for begun in self._begun.values():
            self._show(begun)
        self._begun.clear()
        if self._output is None:
            return []
        last = max([self._at - 1, *(index for index, cells in enumerate(self._rows) if cells.chars)])
        shown = list(self._off)
        for cells in self._rows[: last + 1]:
            shown.append(cells.row(shown[-1].first if shown else self._output))
        return shown

    def _show(self, text: str) -> None:
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup
            if kind == "text":
                self._print(match["text"])
            elif kind == "control":
                self._control(match["control"])
            elif kind == "final":
                if not match["between"]:
                    self._sequence(match["parameters"], match["final"])
            elif kind == "escape":
                self._escape(match["escape"])
            elif kind == "link":
                self._style = linked(self._style, match["link"])

    # What is written

    def _cells(self) -> _Cells:
        """The row to write to now: another stream begins one of its own below, unless the cursor was moved up."""
        output, cells = self._output, self._rows[self._at]
        assert output is not None
        if cells.stream not in {"", output.stream} and cells.chars and self._at == len(self._rows) - 1:
            self._line_feed()
            self._column = 0
            cells = self._rows[self._at]
        if cells.first is None:
            cells.first = output
        cells.stream = output.stream
        return cells

    def _print(self, text: str) -> None:
        cells = self._cells()
        if text.isascii():
            chars = list(text)
        else:
            text = self._join(cells, text)
            chars = []
            for char in text:
                width = char_width(char)
                if width or not chars:
                    chars += [char, ""][: width or 1]
                else:
                    chars[-1 if chars[-1] else -2] += char
        if chars:
            cells.put(self._column, chars, self._style)
            self._column += len(chars)
            self._last_char = text[-1]

    def _join(self, cells: _Cells, text: str) -> str:
        """Add characters without a width of their own to the one before the cursor; the rest of the text."""
        count = next((index for index, char in enumerate(text) if char_width(char)), len(text))
        if not count or not 0 < self._column <= len(cells.chars):
            return text
        place = self._column - 1
        while not cells.chars[place]:
            place -= 1
        cells.chars[place] += text[:count]
        return text[count:]

    def _control(self, char: str) -> None:
        if char == "\n":
            cells, output = self._rows[self._at], self._output
            if cells.first is None:
                cells.first = output
            self._line_feed()
            self._column = 0
        elif char == "\r":
            self._column = 0
        elif char == "\b":
            self._column = max(0, self._column - 1)
        elif char == "\t":
            self._tab()
        elif char in "\x0b\x0c":
            self._line_feed()
        elif char in _C1:
            self._escape(_C1[char])
        else:
            self._print(_PICTURES.get(ord(char), "\ufffd"))

    def _tab(self) -> None:
        # First the row, since another stream begins one of its own, at its first column.
        row = self._cells() if self._column >= len(self._rows[self._at].chars) else None
        target = (self._column // _TAB + 1) * _TAB
        if row is not None:
            row.put(self._column, ["\t", *[""] * (target - self._column - 1)], PLAIN)
        self._column = target

    # Where the cursor goes

    def _line_feed(self) -> None:
        """One row down, without a change of column; at the bottom everything scrolls."""
        self._at += 1
        if self._at == len(self._rows):
            self._rows.append(_Cells())
        if len(self._rows) > ROWS:
            self._scroll_off()

    def _scroll_off(self) -> None:
        assert self._output is not None
        cells = self._rows.pop(0)
        self._at -= 1
        if self._main is None:  # the other screen keeps nothing
            self._off.append(cells.row(self._off[-1].first if self._off else self._output))

    def _go_to_row(self, row: int) -> None:
        self._at = min(max(0, row), ROWS - 1)
        while self._at >= len(self._rows):
            self._rows.append(_Cells())

    def _go_to_column(self, column: int) -> None:
        """Within the text of the row and the usual width."""
        self._column = min(max(0, column), max(self._columns - 1, len(self._rows[self._at].chars), self._column))

    def _escape(self, code: str) -> None:
        if code == "7":
            self._saved = self._at, self._column, self._style
        elif code == "8":
            self._restore()
        elif code == "D":
            self._line_feed()
        elif code == "E":
            self._line_feed()
            self._column = 0
        elif code == "M":
            if self._at:
                self._at -= 1
            else:
                self._insert_rows(1, 0)
        elif code == "c":
            self._clear(2)
            self._go_to_row(0)
            self._column, self._style = 0, PLAIN

    def _restore(self) -> None:
        row, self._column, self._style = self._saved
        self._go_to_row(row)

    def _sequence(self, parameters: str, final: str) -> None:
        if parameters[:1] in {"?", "<", "=", ">"}:
            if parameters in {"?1049", "?1047", "?47"} and final in "hl":
                self._other_screen(enter=final == "h")
            elif parameters[0] == "?" and final in "JK":
                self._sequence(parameters[1:], final)  # selective erase: nothing is protected here
            return
        if final == "m":
            self._style = restyled(self._style, parameters)
        elif (action := self._ACTIONS.get(final)) is not None:
            given = [_parameter(text) for text in parameters.split(";")]
            action(self, given[0] or 1, given)

    def _other_screen(self, *, enter: bool) -> None:
        """Change to the screen of full-screen programs, or back to what was there before."""
        if enter and self._main is None:
            self._main = self._rows, self._at, self._column
            self._rows, self._at, self._column = [_Cells()], 0, 0
        elif not enter and self._main is not None:
            self._rows, self._at, self._column = self._main
            self._main = None

    # What is erased and moved

    def _clear(self, what: int) -> None:
        if what == 0:
            self._rows[self._at].erase(self._column)
            for cells in self._rows[self._at + 1 :]:
                cells.erase(0)
        elif what == 1:
            self._rows[self._at].erase(0, self._column + 1)
            for cells in self._rows[: self._at]:
                cells.erase(0)
        elif what == 2:  # noqa: PLR2004
            for cells in self._rows:
                cells.erase(0)
        elif what == 3:  # noqa: PLR2004
            self._off.clear()

    def _clear_row(self, what: int) -> None:
        cells = self._rows[self._at]
        if what == 0:
            cells.erase(self._column)
        elif what == 1:
            cells.erase(0, self._column + 1)
        elif what == 2:  # noqa: PLR2004
            cells.erase(0)

    def _insert_rows(self, count: int, at: int) -> None:
        count = min(count, ROWS - at)
        self._rows[at:at] = [_Cells() for _ in range(count)]
        del self._rows[ROWS:]

    def _delete_rows(self, count: int, at: int) -> None:
        del self._rows[at : at + count]
        self._go_to_row(self._at)

    def _change_rows(self, change: Callable[[int, int], None], count: int) -> None:
        change(count, self._at)
        self._column = 0

    def _move(self, rows: int, columns: int = 0) -> None:
        self._go_to_row(self._at + rows)
        self._go_to_column(self._column + columns)

    def _go_to(self, row: int, column: int) -> None:
        self._go_to_row(row)
        self._go_to_column(column)

    def _repeat(self, count: int) -> None:
        if self._last_char:
            self._print(self._last_char * min(count, self._columns))

    #: What each control sequence does; ``given`` are its parameters, ``n`` the first, or 1.
    _ACTIONS: ClassVar[dict[str, Callable[[Screen, int, list[int]], None]]] = {
        "A": lambda self, n, _given: self._move(-n),
        "B": lambda self, n, _given: self._move(n),
        "C": lambda self, n, _given: self._move(0, n),
        "D": lambda self, n, _given: self._move(0, -n),
        "E": lambda self, n, _given: self._go_to(self._at + n, 0),
        "F": lambda self, n, _given: self._go_to(self._at - n, 0),
        "G": lambda self, n, _given: self._go_to_column(n - 1),
        "`": lambda self, n, _given: self._go_to_column(n - 1),
        "H": lambda self, n, given: self._go_to(n - 1, max(0, *given[1:2], 1) - 1),
        "f": lambda self, n, given: self._go_to(n - 1, max(0, *given[1:2], 1) - 1),
        "J": lambda self, _n, given: self._clear(given[0]),
        "K": lambda self, _n, given: self._clear_row(given[0]),
        "L": lambda self, n, _given: self._change_rows(self._insert_rows, n),
        "M": lambda self, n, _given: self._change_rows(self._delete_rows, n),
        "P": lambda self, n, _given: self._rows[self._at].delete(self._column, n),
        "S": lambda self, n, _given: self._delete_rows(n, 0),
        "T": lambda self, n, _given: self._insert_rows(n, 0),
        "X": lambda self, n, _given: self._rows[self._at].erase(self._column, self._column + n),
        "@": lambda self, n, _given: self._rows[self._at].insert(self._column, min(n, self._columns)),
        "a": lambda self, n, _given: self._move(0, n),
        "b": lambda self, n, _given: self._repeat(n),
        "d": lambda self, n, _given: self._go_to_row(n - 1),
        "e": lambda self, n, _given: self._move(n),
        "s": lambda self, _n, _given: self._escape("7"),
        "u": lambda self, _n, _given: self._restore(),
    }


def _parameter(text: str) -> int:
    text = text.partition(":")[0].lstrip("0")[:5]
    return min(int(text), _LARGEST) if text.isascii() and text.isdecimal() else 0
