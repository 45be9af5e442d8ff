"""Puts a chapter's file and lines in the place of a snippet's, wherever Python's messages name them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .recording import SNIPPET_FILE

if TYPE_CHECKING:
    from .snippet import Snippet

_FRAME = re.compile(rf'File "(?:[^"\n]*/)?{re.escape(SNIPPET_FILE)}", line (\d+)')
_COLON = re.compile(rf"(?<![\w.])(?:/[^\s:]*/)?{re.escape(SNIPPET_FILE)}:(\d+)")
_LIBRARY = re.compile(
    r'File "[^"\n]*?/(?:(?:site|dist)-packages/|(?:[Ll]ib|lib64)/python3(?:\.\d+)?/(?!(?:site|dist)-packages/)'
    r"|(?=sphinx_await/))"
    r'([^"\n]+)"'
)


def in_chapter(text: str, snippet: Snippet, file: str) -> str:
    """A traceback or warning with ``file`` and its lines for the snippet's own.

    :param file: the chapter's file as the reader of the text should see it.
    """
    text = _FRAME.sub(lambda match: f'File "{file}", line {snippet.line_in_file(int(match[1]))}', text)
    return _COLON.sub(lambda match: f"{file}:{snippet.line_in_file(int(match[1]))}", text)


def without_library_paths(text: str) -> str:
    """A traceback in which library files are named from their package on.

    A page should not show an author's folders, nor change with them.
    """
    return _LIBRARY.sub(r'File "\1"', text)
