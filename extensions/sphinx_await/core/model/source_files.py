"""The file names under which programs are compiled, and those of the modules beside them."""

from __future__ import annotations

import os

#: The file name under which every snippet is compiled. Tracebacks and warnings in recordings and pages name it;
#: where an author reads them, they have the document's name and line instead.
SNIPPET_FILE = "snippet.py"
#: Characters of the name of a file that a recording may hold.
LONGEST_FILE_NAME = 200

_STEM, _SUFFIX = os.path.splitext(SNIPPET_FILE)


def part_files(count: int) -> list[str]:
    """The file name under which each part of a program is compiled."""
    return [SNIPPET_FILE] if count == 1 else [f"{_STEM}-{number}{_SUFFIX}" for number in range(1, count + 1)]


def is_file_name(text: str) -> bool:
    """Whether a text may stand in a recording for a file: a name without a folder, which can be shown as it is."""
    is_plain = 0 < len(text) <= LONGEST_FILE_NAME and text.isprintable() and text.strip(" .") != ""
    return is_plain and "/" not in text and "\\" not in text
