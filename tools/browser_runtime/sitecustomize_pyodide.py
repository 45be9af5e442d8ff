"""Make Python start faster in a reader's browser. Python imports this as ``sitecustomize`` before Pyodide's modules.

It loads what was computed once, when the runtime was packed.
"""

from __future__ import annotations

import marshal
import zipimport

TYPE_CHECKING = False  # as typing's, which is not imported yet
if TYPE_CHECKING:
    from typing import Any

#: A file beside this one in its zip: the arguments of ``_sre.compile`` for each pattern that is needed at a start.
PATTERNS = "patterns"
_HEADER = 30  # bytes of the header of a file in a zip, without the name
_LENGTHS = (26, 28)  # offsets in it of the lengths of the name and of the extra field, two bytes each

_zips: dict[str, bytes] = {}


def get_data(archive: str, entry: Any) -> bytes:
    """Read an uncompressed file from a zip, which is kept in memory.

    zipimport opens the zip for each module and reads from it several times. Each read calls JavaScript here, which
    takes longer than reading the zip once.
    """
    if archive not in _zips:
        with open(archive, "rb", buffering=0) as file:
            _zips[archive] = file.read()
    data = _zips[archive]
    _, _, size, _, start, *_ = entry
    start += _HEADER + sum(int.from_bytes(data[start + at : start + at + 2], "little") for at in _LENGTHS)
    return data[start : start + size]


def fill(data: bytes) -> None:
    """Put compiled patterns into the cache of ``re``."""
    import _sre  # type: ignore[import-not-found]
    import re

    for pattern, flags, *rest in marshal.loads(data):  # noqa: S302 - of the same zip as this code
        made = _sre.compile(pattern, *rest)
        re._cache[type(pattern), pattern, flags] = made  # type: ignore[attr-defined] # noqa: SLF001 - only a cache


if __name__ == "sitecustomize":
    zipimport._get_data = get_data  # type: ignore[attr-defined] # noqa: SLF001 - zipimport reads files by it
    _loader: Any = __spec__.loader
    fill(_loader.get_data(f"{_loader.archive}/{PATTERNS}"))
