"""How files are named."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def shown_path(path: str | os.PathLike[str], start: str | os.PathLike[str]) -> str:
    """The path relative to a folder, with ``/``; unchanged where there is no relative path (two drives of Windows)."""
    with contextlib.suppress(ValueError):
        path = os.path.relpath(path, start)
    return Path(path).as_posix()
