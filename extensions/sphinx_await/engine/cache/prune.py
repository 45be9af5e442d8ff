"""What a cache folder holds, and its removal when no build used it for long."""

from __future__ import annotations

import contextlib
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

_ABANDONED = 3_600.0  # seconds after which a half-written file has no writer any more


@dataclass(frozen=True, slots=True)
class CacheContent:
    """What a cache folder holds: recordings, and their bytes."""

    recordings: int
    size: int


def cache_content(folder: Path) -> CacheContent:
    """Count the recordings of a folder."""
    sizes = [status.st_size for _, status in _files(folder, "*.json")]
    return CacheContent(len(sizes), sum(sizes))


def prune(folder: Path, unused_for: float) -> CacheContent:
    """Remove recordings that no build used for ``unused_for`` seconds, and what crashed builds left half-written.

    :returns: the number and size of the removed recordings; half-written files are not counted.
    """
    now, sizes = time.time(), []
    for path, status in _files(folder, "*.json"):
        if now - max(status.st_atime, status.st_mtime) > unused_for:
            path.unlink(missing_ok=True)
            sizes.append(status.st_size)
    for path, status in _files(folder, ".*.partial"):
        if now - status.st_mtime > _ABANDONED:
            path.unlink(missing_ok=True)
    return CacheContent(len(sizes), sum(sizes))


def _files(folder: Path, pattern: str) -> Iterator[tuple[Path, os.stat_result]]:
    """The files of a folder; a build beside us may remove any of them at any moment."""
    for path in folder.glob(pattern):
        with contextlib.suppress(FileNotFoundError):
            status = path.lstat()
            if not stat.S_ISDIR(status.st_mode):
                yield path, status
