"""What the engine, the warm parent and its helpers say to each other: small JSON messages with descriptors."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

from .syscalls import run_delay

_SIZE = 1 << 16
_MOST_DESCRIPTORS = 16


class Channel:
    """One end of a connection that keeps messages whole (``SOCK_SEQPACKET``), so that several may write to it."""

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

    def say_ended(self, run: str, ended: ProcessExit) -> None:
        """Tell how a program's process ended."""
        self.say(ended=run, at=ended.at, status=ended.status, cpu=ended.cpu, delay=ended.delay)


@dataclass(frozen=True, slots=True)
class ProcessExit:
    """How a process ended: moment (ns), status, seconds of CPU time, seconds of waiting for a core."""

    at: int
    status: int
    cpu: float
    delay: float | None


def reap(process: int) -> ProcessExit:
    """Reap a process that has ended."""
    at, delay = perf_counter_ns(), run_delay(process)
    _, status, usage = os.wait4(process, 0)
    return ProcessExit(at, os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, delay)
