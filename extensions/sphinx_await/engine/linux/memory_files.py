"""Files in memory, which need no room in a folder (Linux)."""

from __future__ import annotations

import fcntl
import os

# Python 3.11 has no names for these.
_F_ADD_SEALS, _KEEP_SIZE = 1033, 0x1 | 0x2 | 0x4  # F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW


def memory_file(name: str, flags: int = 0) -> int:
    """The descriptor of a new file in memory, with status flags such as ``O_APPEND``."""
    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    if flags:
        fcntl.fcntl(fd, fcntl.F_SETFL, flags)
    return fd


def keep_size(fd: int) -> None:
    """Fix the size of a file in memory: a program that shrank its journal would take the memory away from us."""
    fcntl.fcntl(fd, _F_ADD_SEALS, _KEEP_SIZE)
