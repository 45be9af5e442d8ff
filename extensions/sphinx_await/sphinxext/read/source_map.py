"""From the lines in a chapter to what is shown, what is executed, and which line of the chapter is which.

Read by sphinx-exec-code's own parser, so that its ``#hide:`` and ``#skip:`` markers mean what they mean there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sphinx_exec_code.code_format import CodeMarker, VisibilityMarkerError, get_show_exec_code

from ...core.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARKERS = frozenset(f"#{marker}:{what}" for marker in CodeMarker.MARKERS for what in ("start", "stop", "toggle"))
# Appended to each line before parsing and split off after: the parser itself tells which line went where.
_TAG = "\0"


@dataclass(frozen=True, slots=True)
class SourceMap:
    """The two readings of a block.

    :ivar lines: for each line of ``executed``, its line in the file.
    :ivar numbers: for each line of ``executed``, its number in ``shown``; None if it is not there.
    """

    shown: str
    executed: str
    lines: tuple[int, ...]
    numbers: tuple[int | None, ...]


def read_code(block: Sequence[str], first_line: int) -> SourceMap:
    """Read the lines of a block whose first stands on ``first_line`` of its file.

    :raises OptionError: a marker is opened or closed twice.
    """
    tagged = [
        line if not line.strip() or _is_marker(line) else f"{line}{_TAG}{number}"
        for number, line in enumerate(block, first_line)
    ]
    try:
        shown, executed = get_show_exec_code(tagged)
    except VisibilityMarkerError as error:
        raise OptionError(str(error)) from None
    seen = {line.rpartition(_TAG)[2]: number for number, line in enumerate(shown.split("\n"), 1) if _TAG in line}
    lines: list[int] = []
    for line in executed.split("\n"):
        _, tag, number = line.rpartition(_TAG)
        lines.append(int(number) if tag else (lines[-1] + 1 if lines else first_line))
    return SourceMap(_untag(shown), _untag(executed), tuple(lines), tuple(seen.get(str(line)) for line in lines))


def read_plain(text: str, first_line: int) -> SourceMap:
    """Read a plain fence: as it is, unless it has markers.

    :raises OptionError: a marker is opened or closed twice.
    """
    lines = text.split("\n")
    if any(map(_is_marker, lines)):
        return read_code(lines, first_line)
    count = len(lines)
    return SourceMap(text, text, tuple(range(first_line, first_line + count)), tuple(range(1, count + 1)))


def _is_marker(line: str) -> bool:
    # As the parser itself normalises a line before it compares.
    return line.replace(" ", "").replace("-", "").lower() in _MARKERS


def _untag(text: str) -> str:
    return "\n".join(line.rpartition(_TAG)[0].rstrip() if _TAG in line else line for line in text.split("\n"))
