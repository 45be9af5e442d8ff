"""Whether a program listens on a socket, as Linux says it in /proc."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from .linux.sandbox import MOCK_ADDRESS, MOCK_PORTS

if TYPE_CHECKING:
    from collections.abc import Iterator

_O_PATH = getattr(os, "O_PATH", 0)
_TCP_LISTENS, _UDP_BOUND = b"0A", b"07"  # a bound socket of UDP that is connected to nobody receives from everybody
_UNIX_ACCEPTS = 0x10000
_SOCKET = "socket:["
#: A program's process has the sockets of mock servers for a moment, before it hands them over.
_MOCK = {
    f"{int.from_bytes(socket.inet_aton(MOCK_ADDRESS), sys.byteorder):08X}:{port:04X}".encode() for port in MOCK_PORTS
}


def open_process(process: int) -> int:
    """A descriptor of the folder that describes a process.

    :raises OSError: there is no such process, or no descriptor is left.
    """
    return os.open(f"/proc/{process}", _O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)


def listens(process: int) -> bool:
    """Whether a process, or a descendant of it, holds a socket on which others can reach it.

    :param process: descriptor of the folder that describes it. It may be of another mount of /proc.
    """
    with suppress(OSError):  # it ends, and what is not known is not said
        if ready := set(_ready(process)):
            return any(socket in ready for one in _family(process, ".") for socket in _sockets(process, one))
    return False


def _ready(process: int) -> Iterator[str]:
    """The sockets of its network on which somebody waits for others."""
    for table in ("tcp", "tcp6"):
        rows = (row for row in _rows(process, table) if row[3] == _TCP_LISTENS and row[1] not in _MOCK)
        yield from (row[9].decode() for row in rows)
    for table in ("udp", "udp6"):
        yield from (row[9].decode() for row in _rows(process, table) if row[3] == _UDP_BOUND)
    yield from (row[6].decode() for row in _rows(process, "unix") if int(row[3], 16) & _UNIX_ACCEPTS)


def _rows(process: int, table: str) -> list[list[bytes]]:
    try:
        content = _read(process, f"net/{table}")
    except FileNotFoundError:  # no IPv6
        return []
    return [row.split() for row in content.splitlines()[1:]]


def _family(process: int, one: str) -> Iterator[str]:
    """A process and its descendants: paths from its folder."""
    yield one
    for thread in _names(process, f"{one}/task"):
        with suppress(OSError):
            for child in _read(process, f"{one}/task/{thread}/children").split():
                yield from _family(process, f"../{child.decode()}")


def _sockets(process: int, one: str) -> Iterator[str]:
    with suppress(OSError):
        folder = os.open(f"{one}/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=process)
        try:
            for name in os.listdir(folder):
                with suppress(OSError):
                    target = os.readlink(name, dir_fd=folder)
                    if target.startswith(_SOCKET):
                        yield target[len(_SOCKET) : -1]
        finally:
            os.close(folder)


def _names(process: int, path: str) -> list[str]:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=process)
    try:
        return os.listdir(folder)
    finally:
        os.close(folder)


def _read(process: int, path: str) -> bytes:
    with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=process), "rb") as file:
        return file.read()
