"""The file names under which programs are compiled."""

from __future__ import annotations

import os

#: The file name under which every snippet is compiled. A recording's tracebacks and warnings name it, and
#: pages show the document's name and line instead.
SNIPPET_FILE = "snippet.py"


_STEM, _SUFFIX = os.path.splitext(SNIPPET_FILE)


def part_files(count: int) -> list[str]:
    """The file name under which each part of a program is compiled."""
    return [SNIPPET_FILE] if count == 1 else [f"{_STEM}-{number}{_SUFFIX}" for number in range(1, count + 1)]
