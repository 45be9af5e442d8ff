"""Python imports this, as ``sitecustomize``, when it starts in a reader's browser: before Pyodide imports anything.

What can be done once for all readers was done when the runtime was packed; what is left takes less time this way.
"""

from __future__ import annotations

import marshal
import zipimport

TYPE_CHECKING = False  # as typing's, which is not imported yet
if TYPE_CHECKING:
    from typing import Any

#: A file beside this one in its zip: what ``_sre.compile`` is called with, for each pattern that is needed at a start.
PATTERNS = "patterns"
_HEADER = 30  # bytes of a file's header in a zip, without its name
_LENGTHS = (26, 28)  # where in it the lengths of the name and of what follows the name stand, two bytes each

_zips: dict[str, bytes] = {}


def get_data(archive: str, entry: Any) -> bytes:
    """Take a file that is not compressed out of a zip, which is kept in memory.

    zipimport opens the zip for each module and reads from it several times. Each of that is a call of JavaScript here,
    and takes longer than to read the whole zip once.
    """
    if archive not in _zips:
        with open(archive, "rb", buffering=0) as file:
            _zips[archive] = file.read()
    data = _zips[archive]
    _, _, size, _, start, *_ = entry
    start += _HEADER + sum(int.from_bytes(data[start + at : start + at + 2], "little") for at in _LENGTHS)
    return data[start : start + size]


def fill(data: bytes) -> None:
    """Have ``re`` find its patterns compiled."""
    import _sre  # type: ignore[import-not-found]
    import re

    for pattern, flags, *rest in marshal.loads(data):  # noqa: S302 - of the same zip as this code
        made = _sre.compile(pattern, *rest)
        re._cache[type(pattern), pattern, flags] = made  # type: ignore[attr-defined] # noqa: SLF001 - a cache, nothing else


if __name__ == "sitecustomize":
    zipimport._get_data = get_data  # type: ignore[attr-defined] # noqa: SLF001 - asked for by all of zipimport
    _loader: Any = __spec__.loader
    fill(_loader.get_data(f"{_loader.archive}/{PATTERNS}"))
