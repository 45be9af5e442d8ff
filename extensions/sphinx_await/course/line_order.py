"""Programs whose lines a reader puts in order: which lines there are, and in which order a page gives them.

A line is a logical line of Python: a call over three rows is one. Comments and empty rows are left out, since no
program does anything else for them, unless their author keeps them in their places.
"""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..core.digest import digest
from ..core.errors import OptionError
from ..core.model.snippet import Snippet
from .file_parts import indices_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The options of such a program, besides those of every other.
ORDER_OPTIONS = ("fixed", "indent")
#: Fewer lines have too few orders.
FEWEST = 3
#: Readers step by so many spaces, as Python's style guide has it.
INDENTATION = 4
#: Seconds after which the shuffled lines are stopped: whatever they do, they are not done.
_START_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Ordering:
    """What an author says of the lines that are to be put in order.

    :ivar fixed: the numbers of those that stay where they are, as ``1-3,8``; may be empty.
    :ivar indent: whether readers set the indentation, too.
    """

    fixed: str = ""
    indent: bool = False

    @classmethod
    def of(cls, options: Mapping[str, str | None]) -> Ordering:
        """What options say, among others.

        :raises OptionError: one has a value that means nothing.
        """
        if options.get("indent"):
            raise OptionError(f"indent: takes no value, found {options['indent']!r:.60}")
        fixed = options.get("fixed")
        if "fixed" in options and not (fixed or "").strip():
            raise OptionError("fixed: lines such as 1,3-5 expected, found none")
        return cls(fixed or "", "indent" in options)


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be put in its place.

    :ivar number: of its first row in the program.
    :ivar text: all its rows; without indentation if readers set that.
    :ivar fixed: it is in its place.
    """

    number: int
    text: str
    fixed: bool = False

    @property
    def rows(self) -> range:
        """The numbers of its rows in the program."""
        return range(self.number, self.number + self.text.count("\n") + 1)


def shuffled_lines(code: str, ordering: Ordering) -> tuple[Line, ...]:
    """The lines of a program, each time in the same order, which is not the program's own.

    :raises OptionError: the code has too few lines that can change places, or is not Python.
    """
    lines = tuple(_lines(code, ordering))
    movable = [line for line in lines if not line.fixed]
    if len(movable) < FEWEST:
        raise OptionError(f"at least {FEWEST} lines that change places expected, found {len(movable)}")
    if len({line.text for line in movable}) == 1:
        raise OptionError("the lines that change places are equal")
    mixed = sorted(movable, key=lambda line: digest(f"{line.number}\n{code}"))
    if [line.text for line in mixed] == [line.text for line in movable]:
        mixed = [*mixed[1:], mixed[0]]
    order = iter(mixed)
    return tuple(line if line.fixed else next(order) for line in lines)


def _lines(code: str, ordering: Ordering) -> Iterator[Line]:
    rows = code.split("\n")
    fixed = {index + 1 for index in indices_of("fixed", ordering.fixed, len(rows))} if ordering.fixed else set()
    spans = dict(_spans(code))
    number = 1
    while number <= len(rows):
        last = spans.get(number, number)
        text = "\n".join(rows[number - 1 : last])
        if number in fixed:
            yield Line(number, text, fixed=True)
        elif number in spans:
            yield Line(number, text.lstrip() if ordering.indent else text)
        number = last + 1


def _spans(code: str) -> Iterator[tuple[int, int]]:
    """The first and the last row of each logical line."""
    first = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.NEWLINE and first:
                yield first, token.start[0]
                first = 0
            elif token.type not in _NO_CODE and not first:
                first = token.start[0]
    except (tokenize.TokenError, SyntaxError) as error:
        raise OptionError(f"a program in Python expected: {error.args[0]}") from None


_NO_CODE = frozenset(
    {
        *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
        *(tokenize.ENDMARKER, tokenize.ENCODING),
    }
)


def start_of(solution: Snippet, ordering: Ordering) -> tuple[Snippet, dict[str, Any]]:
    """The program to begin with, whose lines are not in order yet; and what readers' browsers know of its lines.

    :raises OptionError: the solution cannot be shuffled.
    """
    if solution.options.session:
        raise OptionError("session: the lines of a program of its own expected, not those of a part of a session")
    lines = shuffled_lines(solution.code, ordering)
    options = replace(
        solution.options,
        timeout=None,
        raises=None,
        hangs=None,
        repeat=1,
        share=False,
        stderr="show",
        expect="off",
        session="",
        timeline=False,
        stop_after=_START_SECONDS,
    )
    places = tuple(solution.line_in_file(number) for line in lines for number in line.rows)
    code = "\n".join(line.text for line in lines)
    start = Snippet("", code, solution.file, places, options, unordered=True)
    return start, {"lines": [[line.text, line.fixed] for line in lines], "step": INDENTATION * ordering.indent}


def fit_for_ordering(solution: Snippet, shown: str | None = None) -> Snippet:
    """A solution whose lines are to be put in order: it goes on in the state of no other program.

    :param shown: what the page shows of it.
    :raises OptionError: the solution has lines that only the page or only the run has.
    """
    if shown is not None and shown.rstrip() != solution.code.rstrip():
        raise OptionError("each line is shown and runs: no `hide` and no `skip` expected")
    session = solution.options.session
    return replace(solution, options=replace(solution.options, session="" if session is None else session))
