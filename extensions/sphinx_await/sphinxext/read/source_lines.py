"""Where a block is in its file. What parsers say is not always right: a look at the file is."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ...course.paths import shown_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sphinx.environment import BuildEnvironment

#: What may be before a line of a block: the indentation of a list or directive, and the sign of a quotation.
_PREFIX = " \t>"
_ITEMS = re.compile(r"(?:(?:[-*+•‣⁃]|\(?(?:\d+|#|[A-Za-z])[.)])[ \t]*)+")


def first_line_of(block: Sequence[str], path: str, assumed: int) -> int:
    """The line of a file on which a block begins; the assumed one if the file does not have the block.

    Of several places, the one nearest to the assumed line. Directives in colon fences are counted one line too far,
    and so is what follows lines that a ``source-read`` handler added.
    """
    filled = [(offset, line.strip()) for offset, line in enumerate(block) if line.strip()]
    if not filled:
        return assumed
    lines = _lines(path, _modified(path))
    before = filled[0][0]
    starts = (number - before for number, line in enumerate(lines, 1) if _begins(line, filled[0][1]))
    found = (start for start in starts if start > 0 and all(_is_at(lines, start + at, text) for at, text in filled[1:]))
    return min(found, key=lambda start: abs(start - assumed), default=assumed)


def file_of(env: BuildEnvironment, source: str | os.PathLike[str] | None) -> str:
    """The file that docutils names, relative to the source folder; None is the document that is read.

    docutils names an included file from the folder where the build was started.
    """
    path = os.path.abspath(source or env.doc2path(env.current_document.docname))
    return shown_path(path, env.srcdir)


def _begins(line: str, text: str) -> bool:
    """Whether a block may begin with a text in this line: what is before it may be the sign of an item of a list."""
    line = line.rstrip()
    before = line.removesuffix(text).strip(_PREFIX)
    return line.endswith(text) and (not before or _ITEMS.fullmatch(before) is not None)


def _is_at(lines: Sequence[str], number: int, text: str) -> bool:
    line = lines[number - 1].rstrip() if number <= len(lines) else ""
    return line.endswith(text) and not line.removesuffix(text).strip(_PREFIX)


def _modified(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except (OSError, ValueError):
        return 0


@lru_cache(maxsize=4)
def _lines(path: str, modified: int) -> tuple[str, ...]:
    if not modified:
        return ()
    try:
        return tuple(Path(path).read_text(encoding="utf-8").split("\n"))
    except (OSError, UnicodeDecodeError):
        return ()
