"""What a text of Python's says of places: a chapter's file and lines for a snippet's own, and no author's folders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..model.source_files import SNIPPET_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..model.snippet import Snippet

# The parts of a session are compiled as snippet-1.py, snippet-2.py and so on.
_STEM = SNIPPET_FILE.partition(".")[0]
_NAME = re.escape(SNIPPET_FILE).replace(r"\.", r"(?:-(?P<part>\d+))?\.")
# A program's folder is called so; elsewhere a file of that name is somebody else's.
_IN_QUOTES, _BARE = r"(?:/[^\"'\n]*/run-[^/\"'\n]+/)?", r"(?:/(?:[^\s\"'<>]*/)?run-[^/\s\"'<>]+/)?"
_FRAME = re.compile(rf"(?P<file>[Ff]ile )(?P<quote>[\"']){_IN_QUOTES}{_NAME}(?P=quote), line (?P<line>\d+)")
_COLON = re.compile(rf"(?<![\w./-]){_BARE}{_NAME}:(?P<line>\d+)")
# What stands before the name of a library's package.
_PACKAGES = (
    r"(?:(?:site|dist)-packages/|(?:[Ll]ib|lib64)/python3(?:\.\d+t?)?/(?!(?:site|dist)-packages/)|(?=sphinx_await/))"
)
_LIBRARY_FRAME = re.compile(rf'(?P<file>[Ff]ile ")(?:[^"\n]*?/)??{_PACKAGES}(?P<path>[^"\n]+")')
# Neither long names nor long lines may cost more than a little.
_LIBRARY_COLON = re.compile(
    rf"(?<![\w./~-])(?:[\w./~-][^\s\"'<>:]{{0,400}}?/)??{_PACKAGES}(?P<path>[^\s\"'<>:]{{1,400}}:\d+)"
)
_IN_LIBRARIES = ("/python3", "-packages/", "sphinx_await/")
# What follows the name of a folder: something that lies in it, or the name is at its end.
_END = r"(?:/(?=[\w.~-])|(?![\w-]|\.\w))"
# In a folder of the engine's each run has one of its own.
_ENGINE = "sphinx-await-"
_RUN_FOLDER = re.compile(rf"(?<![\w.-])/(?:[^\s\"'<>]{{0,200}}/)?{_ENGINE}\w+/run-[\w-]+{_END}")
#: Folders that are the same everywhere say nothing of an author.
_EVERYWHERE = frozenset({"", "/usr", "/usr/local", "/tmp"})  # noqa: S108 - a name, not a file


def map_to_document(text: str, parts: Sequence[Snippet], name: Callable[[Snippet], str]) -> str:
    """A traceback or warning with chapters' files and lines for the snippets' own.

    :param parts: the snippet; for one of a session, all of its snippets in order.
    :param name: gives a snippet's file as the reader of the text should see it.
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


def strip_library_paths(text: str) -> str:
    """A traceback, warning or description of a task in which library files are named from their package on.

    A page should not show an author's folders, nor change with them.
    """
    if not any(part in text for part in _IN_LIBRARIES):
        return text
    return _LIBRARY_COLON.sub(r"\g<path>", _LIBRARY_FRAME.sub(r"\g<file>\g<path>", text))


def folder_pattern(folders: Iterable[str]) -> re.Pattern[str]:
    """What finds folders of a machine in a text, for :func:`redact_folders`.

    Those that are the same everywhere, such as ``/usr``, are left alone, and so is what is no whole path.
    """
    known = {folder.rstrip("/") for folder in folders if folder.startswith("/")} - _EVERYWHERE
    names = [re.escape(folder) for folder in sorted(known, key=lambda folder: (-len(folder), folder))]
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(names)}){_END}" if names else r"(?!)")


def redact_folders(text: str, folders: re.Pattern[str]) -> str:
    """A text that names what lies in one of the folders, or where its program ran, from there on.

    The folder itself is ``.``.
    """
    if "/" not in text:
        return text
    if _ENGINE in text:
        text = _RUN_FOLDER.sub(_rest, text)
    return folders.sub(_rest, text)


def _rest(match: re.Match[str]) -> str:
    return "" if match[0].endswith("/") else "."
