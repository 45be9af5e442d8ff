"""Reads files whose paths others chose: a program, or a cache from another machine.

Such a path may name a FIFO, a device without an end, a terminal, a link to anywhere, or nothing that is a path at all.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: Larger files are not read: no module and no recording has so many bytes.
MOST_BYTES = 64 << 20
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0)
# Opening must not wait for a writer, and must neither follow a link nor make a terminal ours. (Windows has none of it.)
_CAREFULLY = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"))


def read_regular_file(path: str, *, follow: bool = True, most: int = MOST_BYTES) -> bytes | None:
    """The content of a file; None if it cannot be read, is no regular file, or has more than ``most`` bytes.

    :param follow: a symbolic link is followed if what it leads to is a regular file.
    """
    flags = _FLAGS | _CAREFULLY | (0 if follow else getattr(os, "O_NOFOLLOW", 0))
    try:
        # Before it is opened: to open some devices has effects.
        if not stat.S_ISREG(os.stat(path, follow_symlinks=follow).st_mode):
            return None
        fd = os.open(path, flags)
    except (OSError, ValueError):  # a NUL, a lone surrogate
        return None
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            return None
        with open(fd, "rb", closefd=False) as file:
            content = file.read(most + 1)  # it may grow meanwhile
    except OSError:
        return None
    finally:
        os.close(fd)
    return content if len(content) <= most else None


def read_entry(path: Path) -> bytes | None:
    """The content of a file of a cache folder, which perhaps came from another machine; None if there is none.

    :raises OSError: the file is a link, a pipe, a device or too large, or cannot be read.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file")
    if (content := read_regular_file(str(path), follow=False)) is None:
        if not path.exists():  # it was removed meanwhile
            return None
        raise OSError(errno.EFBIG, "it cannot be read, or is too large")
    return content


def write_new_file(path: Path, content: bytes) -> os.stat_result:
    """Write a file that does not exist yet, and return its status. Nothing that is there already is followed.

    :raises OSError: something is there, or the folder takes no file.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    fd = os.open(path, flags, 0o666)
    with open(fd, "wb") as file:
        file.write(content)
        file.flush()
        return os.fstat(fd)
