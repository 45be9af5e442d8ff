"""Parts of files, as ``literalinclude`` names them: by lines, by texts that they begin or end at, by a definition."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.errors import OptionError
from .fence_comment import TAGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: The options, each with the one that it excludes.
PART_OPTIONS = {"lines": "", "start-after": "start-at", "start-at": "start-after", "end-before": "end-at"}
PART_OPTIONS |= {"end-at": "end-before", "pyobject": ""}
_LINES = re.compile(r"(?P<first>\d{1,6})?(?P<to>-)?(?P<last>\d{1,6})?")


@dataclass(frozen=True, slots=True)
class FilePart:
    """A part of a file: its options by name."""

    given: Mapping[str, str]

    @classmethod
    def of(cls, options: Mapping[str, str | None]) -> FilePart:
        """The part that options name, among others.

        :raises OptionError: two of them exclude each other, or one has no value.
        """
        given = {name: (options[name] or "").strip("\n") for name in PART_OPTIONS if name in options}
        for name, text in given.items():
            if PART_OPTIONS[name] in given:
                raise OptionError(f"{name}: cannot be combined with {PART_OPTIONS[name]}")
            if not text.strip():
                raise OptionError(f"{name}: a text expected")
        return cls(given)

    def numbers(self, lines: Sequence[str]) -> list[int]:
        """The numbers of its lines, of all lines of the file.

        :raises OptionError: the file has no such part.
        """
        first, end = 1, len(lines) + bool(lines and lines[-1])  # what follows the last end of a line is no line
        if name := self.given.get("pyobject"):
            first, end = _definition(name.strip(), lines)
        for option, shift in (("start-after", 1), ("start-at", 0)):
            if option in self.given:
                first = self._find(option, lines, first, end) + shift
        for option, shift in (("end-before", 0), ("end-at", 1)):
            if option in self.given:
                end = self._find(option, lines, first + (shift == 0), end) + shift
        numbers = [*range(first, end)]
        if spec := self.given.get("lines"):
            numbers = [numbers[index] for index in indices_of("lines", spec, len(numbers))]
        if not any(lines[number - 1].strip() for number in numbers):
            raise OptionError(f"{', '.join(self.given)}: the file has no such lines")
        return numbers

    def _find(self, option: str, lines: Sequence[str], first: int, end: int) -> int:
        text = self.given[option]
        for number in range(first, end):
            if text in lines[number - 1]:
                return number
        raise OptionError(f"{option}: no line of the file has {text!r:.60}")


def numbers_shown(file: Sequence[str], shown: Sequence[str], first: int | None = None) -> dict[int, int]:
    """For lines of a file, their numbers among those of a part that is shown of it, which keeps their order.

    A line that may be one of several has none: a wrong number is worse.

    :param first: the number that the part shows before its first line, if any: it may be that of the file.
    """
    texts, wanted = [line.strip() for line in file], [line.strip() for line in shown]
    starts = [at for at in range(len(texts) - len(wanted) + 1) if texts[at : at + len(wanted)] == wanted]
    if len(starts) > 1:
        starts = [at for at in starts if at + 1 == first]
        if not starts:
            return {}
    if starts:
        return {starts[0] + place: place for place in range(1, len(wanted) + 1)}
    found: dict[int, int] = {}
    at, counts = 0, Counter(texts)
    for place, text in enumerate(wanted, 1):
        if counts[text] == 1 and (number := texts.index(text)) >= at:
            found[number + 1], at = place, number + 1
    return found


def is_python_file(name: str, language: str) -> bool:
    """Whether a file that a page includes is a program: it is named or said to be Python."""
    return language.casefold() in TAGS or (not language and name.endswith(".py"))


def indices_of(option: str, spec: str, count: int) -> Iterator[int]:
    """The indices of numbers such as ``1,3,5-10,20-``.

    :raises OptionError: the text is not of this form, or there are fewer lines.
    """
    for part in spec.split(","):
        match = _LINES.fullmatch(part.strip())
        if match is None or not (match["first"] or match["last"]):
            raise OptionError(f"{option}: lines such as 1,3-5 expected, found {spec!r:.60}")
        start = int(match["first"] or 1)
        last = int(match["last"] or count) if match["to"] else start
        if max(start, last) > count:
            raise OptionError(f"{option}: there are lines 1 to {count}, found {spec!r:.60}")
        if not 1 <= start <= last:
            raise OptionError(f"{option}: lines such as 1,3-5 expected, found {spec!r:.60}")
        yield from range(start - 1, last)


def _definition(name: str, lines: Sequence[str]) -> tuple[int, int]:
    """The first line of a class or function, with its decorators, and the line after it; of several, the last one's.

    :raises OptionError: there is no definition of this name.
    """
    try:
        scopes: list[ast.AST] = [ast.parse("\n".join(lines))]
    except (SyntaxError, ValueError, RecursionError):
        scopes = []
    for part in name.split("."):
        scopes = [one for scope in scopes for one in _definitions(scope) if one.name == part]
    if not scopes or not isinstance(found := scopes[-1], _Definition):
        raise OptionError(f"pyobject: the file has no {name!r:.60}")
    first = min([found.lineno, *(decorator.lineno for decorator in found.decorator_list)])
    return first, (found.end_lineno or found.lineno) + 1


_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _definitions(scope: ast.AST) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, _Definition):
            yield child
        elif not isinstance(child, ast.expr):  # it may be below `if`, `try`, `with` and the like
            yield from _definitions(child)
