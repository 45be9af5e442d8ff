"""Replaces a snippet's file name and lines in a traceback or warning by those of the document, or of a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..model.source_files import SNIPPET_FILE
from .redaction import START

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..model.snippet import Snippet

# The parts of a session are compiled as snippet-1.py, snippet-2.py and so on.
_STEM = SNIPPET_FILE.partition(".")[0]
_NAME = re.escape(SNIPPET_FILE).replace(r"\.", r"(?:-(?P<part>\d{1,9}))?\.")
# Only in the folder of a run is a file of that name the snippet; elsewhere it is somebody else's.
_RUN = r"run-[^\\/\"'<>\n]+[\\/]{1,2}"
_IN_QUOTES = rf"(?:{START}(?:[^\"'\n]*[\\/])?{_RUN})?"
# Names with spaces are known to end only where a drive begins the path: no name there can hold a colon.
_BARE = (
    rf"(?:[A-Za-z]:[\\/](?:[^\"'<>:|?*\n]*[\\/])?{_RUN}"
    rf"|{START}(?:[^\s\"'<>]*[\\/])?run-[^\\/\s\"'<>]+[\\/]{{1,2}})?"
)
_FRAME = re.compile(rf"(?P<file>[Ff]ile )(?P<quote>[\"']){_IN_QUOTES}{_NAME}(?P=quote), line (?P<line>\d{{1,9}})(?!\d)")
_COLON = re.compile(rf"(?<![\w.\\/-]){_BARE}{_NAME}:(?P<line>\d{{1,9}})(?!\d)")


def map_to_document(text: str, parts: Sequence[Snippet], name: Callable[[Snippet], str]) -> str:
    """Rewrite a traceback or warning with the file and lines of the document.

    :param parts: the snippet; in a session, all of its snippets in order.
    :param name: returns the file of a snippet as its author should see it.
    """

    def place(part: int, line: int) -> tuple[str, int]:
        return name(parts[part]), parts[part].line_in_file(line)

    return _map(text, len(parts), place)


def map_to_page(text: str, parts: Sequence[Snippet], part: int) -> str:
    """Rewrite a traceback or warning with the numbers that a page shows beside the lines.

    A line that it does not show has none: readers could not find it.

    :param parts: the snippet; in a session, all of its snippets in order.
    :param part: which of them it is about. That is ``snippet.py`` as in a reader's own run, others have their names.
    """

    def place(other: int, line: int) -> tuple[str, int | None]:
        snippet = parts[other]
        name = SNIPPET_FILE if other == part else f"{snippet.name.rpartition('/')[2]}.py"
        return name, snippet.shown_number(line)

    return _map(text, len(parts), place)


def _map(text: str, count: int, place: Callable[[int, int], tuple[str, int | None]]) -> str:
    """Rewrite each place in a text.

    :param count: how many parts there are.
    :param place: returns name and number for a part and a line.
    """
    if _STEM not in text:
        return text

    def found(match: re.Match[str]) -> tuple[str, int | None] | None:
        number = int(match["part"] or 1)
        return place(number - 1, int(match["line"])) if 1 <= number <= count else None

    def frame(match: re.Match[str]) -> str:
        if (new := found(match)) is None:
            return match[0]
        line = "" if new[1] is None else f", line {new[1]}"
        return f"{match['file']}{match['quote']}{new[0]}{match['quote']}{line}"

    def colon(match: re.Match[str]) -> str:
        if (new := found(match)) is None:
            return match[0]
        return new[0] if new[1] is None else f"{new[0]}:{new[1]}"

    return _COLON.sub(colon, _FRAME.sub(frame, text))
