"""What the engine, the warm parent and the keepers say to each other: small JSON messages with descriptors."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

_SIZE = 1 << 16
_MOST_DESCRIPTORS = 16


class Line:
    """One end of a connection that keeps messages whole (``SOCK_SEQPACKET``), so that several may write to it."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end

    @classmethod
    def pair(cls) -> tuple[Line, Line]:
        """Two connected ends."""
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(one), cls(other)

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up; the other end then hears nothing more."""
        self._socket.close()

    def say(self, fds: list[int] | None = None, **message: Any) -> None:
        """Send one message, with descriptors."""
        socket.send_fds(self._socket, [json.dumps(message).encode()], fds or [])

    def hear(self) -> tuple[dict[str, Any], list[int]] | None:
        """The next message and its descriptors, which no child inherits; None when the other end is gone."""
        try:
            data, fds, _, _ = socket.recv_fds(self._socket, _SIZE, _MOST_DESCRIPTORS)
        except ConnectionResetError:
            return None
        for fd in fds:
            os.set_inheritable(fd, False)  # noqa: FBT003 - its only form
        return (json.loads(data), fds) if data else None

    def say_started(self, run: str, process: int) -> None:
        """Tell that a program's process exists, and hand over where its state can be read."""
        with open(f"/proc/{process}/stat", "rb") as state:
            self.say([state.fileno()], started=run)

    def say_ended(self, run: str, process: int, at: int) -> None:
        """Reap a program's process and tell how it ended."""
        delay = _run_delay(process)
        _, status, usage = os.wait4(process, 0)
        cpu = usage.ru_utime + usage.ru_stime
        self.say(ended=run, at=at, status=os.waitstatus_to_exitcode(status), cpu=cpu, delay=delay)


def _run_delay(process: int) -> float | None:
    """Seconds for which a process could have run but had no core; None where the kernel does not say."""
    try:
        with open(f"/proc/{process}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return None
