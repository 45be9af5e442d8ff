"""Replaces a snippet's file name and lines in a traceback or warning by those of the document."""

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
    :param name: returns the file of a snippet as readers should see it.
    """
    if _STEM not in text:
        return text

    def place(match: re.Match[str]) -> tuple[str, int] | None:
        number = int(match["part"] or 1)
        if not 1 <= number <= len(parts):
            return None
        snippet = parts[number - 1]
        return name(snippet), snippet.line_in_file(int(match["line"]))

    def frame(match: re.Match[str]) -> str:
        found = place(match)
        return f"{match['file']}{match['quote']}{found[0]}{match['quote']}, line {found[1]}" if found else match[0]

    def colon(match: re.Match[str]) -> str:
        found = place(match)
        return f"{found[0]}:{found[1]}" if found else match[0]

    return _COLON.sub(colon, _FRAME.sub(frame, text))
