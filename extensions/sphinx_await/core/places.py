"""Puts a chapter's file and lines in the place of a snippet's, wherever Python's messages name them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .recording import SNIPPET_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .snippet import Snippet

# The parts of a session are compiled as snippet-1.py, snippet-2.py and so on.
_NAME = re.escape(SNIPPET_FILE).replace(r"\.", r"(?:-(?P<part>\d+))?\.")
# A program's folder is called so; elsewhere a file of that name is somebody else's.
_FOLDER = r"(?:/[^\"'\n]*/run-[^/\"'\n]+/)?"
_FRAME = re.compile(rf"(?P<file>[Ff]ile )(?P<quote>[\"']){_FOLDER}{_NAME}(?P=quote), line (?P<line>\d+)")
_COLON = re.compile(rf"(?<![\w./-]){_FOLDER}{_NAME}:(?P<line>\d+)")
_LIBRARY = re.compile(
    r'File "[^"\n]*?/(?:(?:site|dist)-packages/|(?:[Ll]ib|lib64)/python3(?:\.\d+t?)?/(?!(?:site|dist)-packages/)'
    r"|(?=sphinx_await/))"
    r'([^"\n]+)"'
)


def in_chapter(text: str, parts: Sequence[Snippet], name: Callable[[Snippet], str]) -> str:
    """A traceback or warning with chapters' files and lines for the snippets' own.

    :param parts: the snippet; for one of a session, all of its snippets in order.
    :param name: gives a snippet's file as the reader of the text should see it.
    """

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


def without_library_paths(text: str) -> str:
    """A traceback in which library files are named from their package on.

    A page should not show an author's folders, nor change with them.
    """
    return _LIBRARY.sub(r'File "\1"', text)
