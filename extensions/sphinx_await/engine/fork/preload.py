"""Finds the modules that cannot be imported before programs are forked.

A program's process has no descriptor of the fork server, and no thread but the one that forks. So a module that opens
an event loop or a file, or starts a thread, when it is imported would be broken in every program. Nothing undoes such
an import: it is tried in a process that ends.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_THREAD, _DESCRIPTOR = "starts a thread", "opens a file, a socket or an event loop"


def not_to_share(names: Sequence[str]) -> dict[str, str]:
    """Modules that programs must import themselves, and what they do when they are imported.

    :raises OSError: the system refuses a process.
    """
    found: dict[str, str] = {}
    rest = list(names)
    while rest:
        # A module that comes after one that is not shared may import it: it is tried without.
        clean, reason = _try(rest)
        if reason:
            found[rest[clean]] = reason
        rest = rest[clean + 1 :]
    return found


def _try(names: Sequence[str]) -> tuple[int, str]:
    """Import in a forked process: how many modules came before the first that cannot be shared, and what that did."""
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            for index, name in enumerate(names):
                if left := _imported(name):
                    os.write(write, f"{index} {left}".encode())
                    break
        finally:
            os._exit(0)
    os.close(write)
    with open(read, encoding="utf-8") as file:
        number, _, reason = file.read().partition(" ")
    os.waitpid(process, 0)
    return (int(number), reason) if number else (len(names), "")


def _imported(name: str) -> str:
    """Import a module; what it has left behind."""
    descriptors, threads = _open_descriptors(), len(sys._current_frames())  # noqa: SLF001 - documented
    with contextlib.suppress(Exception):  # the program fails on it
        importlib.import_module(name)
    # Only threads of Python: those of numerical libraries know what to do when a process is forked.
    if len(sys._current_frames()) > threads:  # noqa: SLF001
        return _THREAD
    return _DESCRIPTOR if _open_descriptors() - descriptors else ""


def _open_descriptors() -> set[int]:
    """The descriptors of this process, but for that by which they are listed."""
    found = set()
    for fd in map(int, os.listdir("/proc/self/fd")):
        with contextlib.suppress(OSError):
            os.fstat(fd)
            found.add(fd)
    return found
