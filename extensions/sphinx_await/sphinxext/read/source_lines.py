"""Where a block is in its file. What parsers say is not always right: a look at the file is."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ...course.page_defaults import read_head
from ...course.paths import shown_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sphinx.environment import BuildEnvironment

    from ...course.page_defaults import HeadField

#: What may be before a line of a block: the indentation of a list or directive, and the sign of a quotation.
_PREFIX = " \t>"
_END = 16  # characters at the end of a line by which it is found
_ITEMS = re.compile(r"(?:(?:[-*+•‣⁃]|\(?(?:\d+|#|[A-Za-z])[.)])[ \t]*)+")


def first_line_of(block: Sequence[str], path: str, assumed: int) -> int:
    """The line of a file on which a block begins; the assumed one if the file does not have the block.

    Of several places, the one nearest to the assumed line. Directives in colon fences are counted one line too far,
    and so is what follows lines that a ``source-read`` handler added.
    """
    filled = [(offset, line.strip()) for offset, line in enumerate(block) if line.strip()]
    if not filled:
        return assumed
    file = _file(path, _modified(path))
    # Look where its rarest line is: many blocks begin alike.
    places, offset = min(((file.ending_like(text), offset) for offset, text in filled), key=lambda one: len(one[0]))
    starts = sorted((number - offset for number in places if number > offset), key=lambda start: abs(start - assumed))
    return next((start for start in starts if _is_there(file.lines, start, filled)), assumed)


def file_of(env: BuildEnvironment, source: str | os.PathLike[str] | None) -> str:
    """The file that docutils names, relative to the source folder; None is the document that is read.

    docutils names an included file from the folder where the build was started.
    """
    path = os.path.abspath(source or env.doc2path(env.current_document.docname))
    return shown_path(path, env.srcdir)


def head_of(path: Path, *, markdown: bool) -> dict[str, HeadField]:
    """What the head of a page says of its programs; nothing if it cannot be read."""
    return read_head(_file(str(path), _modified(str(path))).lines, markdown=markdown)


def _is_there(lines: Sequence[str], start: int, filled: Sequence[tuple[int, str]]) -> bool:
    """Whether a block begins in a line (from 1) of a file.

    :param filled: its lines that are not empty, each with the number of lines before it.
    """
    (first, begin), *others = filled
    numbers = [start + at - 1 for at, _ in filled]
    if numbers[-1] >= len(lines):
        return False
    return _begins(lines[start + first - 1], begin) and all(_is_at(lines[start + at - 1], text) for at, text in others)


def _begins(line: str, text: str) -> bool:
    """Whether a block may begin with a text in this line: what is before it may be the sign of an item of a list."""
    line = line.rstrip()
    before = line.removesuffix(text).strip(_PREFIX)
    return line.endswith(text) and (not before or _ITEMS.fullmatch(before) is not None)


def _is_at(line: str, text: str) -> bool:
    line = line.rstrip()
    return line.endswith(text) and not line.removesuffix(text).strip(_PREFIX)


class _File:
    """The lines of a file, and where they end in the same way."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self._by_end: dict[str, list[int]] = {}
        for number, line in enumerate(lines, 1):
            self._by_end.setdefault(line.rstrip()[-_END:], []).append(number)

    def ending_like(self, text: str) -> Sequence[int]:
        """The numbers (from 1) of all lines that may end with a text."""
        if len(text) < _END:  # the text says less than an end
            return sorted(number for end, them in self._by_end.items() if end.endswith(text) for number in them)
        return self._by_end.get(text[-_END:], [])


def _modified(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except (OSError, ValueError):
        return 0


@lru_cache(maxsize=4)
def _file(path: str, modified: int) -> _File:
    if not modified:
        return _File(())
    try:
        return _File(Path(path).read_text(encoding="utf-8").split("\n"))
    except (OSError, UnicodeDecodeError):
        return _File(())
