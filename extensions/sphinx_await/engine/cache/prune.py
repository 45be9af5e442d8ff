"""What a cache folder holds, and its removal when no build used it for long."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_ABANDONED = 3_600.0  # seconds after which a half-written file has no writer any more


@dataclass(frozen=True, slots=True)
class CacheContent:
    """What a cache folder holds: recordings, and their bytes."""

    recordings: int
    size: int


def cache_content(folder: Path) -> CacheContent:
    """Count the recordings of a folder."""
    sizes = [path.stat().st_size for path in folder.glob("*.json")]
    return CacheContent(len(sizes), sum(sizes))


def prune(folder: Path, unused_for: float) -> CacheContent:
    """Remove recordings that no build used for ``unused_for`` seconds, and what crashed builds left half-written.

    :returns: what was removed.
    """
    now, sizes = time.time(), []
    for path in folder.glob("*.json"):
        status = path.stat()
        if now - max(status.st_atime, status.st_mtime) > unused_for:
            path.unlink(missing_ok=True)
            sizes.append(status.st_size)
    for path in folder.glob(".*.partial"):
        if now - path.stat().st_mtime > _ABANDONED:
            path.unlink(missing_ok=True)
    return CacheContent(len(sizes), sum(sizes))
