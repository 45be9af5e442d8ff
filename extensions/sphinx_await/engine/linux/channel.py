"""A connection over which the engine, the fork server and its helpers send messages with descriptors."""

from __future__ import annotations

import os
import resource
import socket
import sys
from time import perf_counter_ns

from .protocol import ChannelMessage, Ended, Started, decode, encode
from .syscalls import run_delay

_SIZE = 1 << 16
_MOST_DESCRIPTORS = 16


class Channel:
    """One end of a connection that keeps messages intact (``SOCK_SEQPACKET``), so that several may write to it."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end

    @classmethod
    def pair(cls) -> tuple[Channel, Channel]:
        """Two connected ends."""
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(one), cls(other)

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close this end; the other then receives nothing more."""
        self._socket.close()

    def send(self, message: ChannelMessage, fds: list[int] | None = None) -> None:
        """Send one message, with descriptors.

        :raises OSError: the other end is closed.
        """
        socket.send_fds(self._socket, [encode(message)], fds or [])

    def receive(self) -> tuple[ChannelMessage, list[int]] | None:
        """The next message and its descriptors, which no child inherits; None when the other end is closed."""
        try:
            data, fds, _, _ = socket.recv_fds(self._socket, _SIZE, _MOST_DESCRIPTORS)
        except ConnectionResetError:
            return None
        for fd in fds:
            os.set_inheritable(fd, False)  # noqa: FBT003 - its only form
        return (decode(data), fds) if data else None

    def send_started(self, run: str, process: int, *, meets: bool = False) -> None:
        """Send that a run's process exists, with a descriptor from which its state can be read.

        :param meets: and with one from which one sees whether it listens.
        """
        with open(f"/proc/{process}/stat", "rb") as state:
            if not meets:
                self.send(Started(run), [state.fileno()])
                return
            folder = os.open(f"/proc/{process}", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                self.send(Started(run), [state.fileno(), folder])
            finally:
                os.close(folder)


def reap(run: str, process: int) -> Ended:
    """Reap a process that has ended."""
    at, delay = perf_counter_ns(), run_delay(process)
    sys.modules.setdefault("resource", resource)  # `os.wait4` imports it, and what programs import is parked
    _, status, usage = os.wait4(process, 0)
    return Ended(run, at, os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, delay)
