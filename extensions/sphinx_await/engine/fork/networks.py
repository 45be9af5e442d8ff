"""Network namespaces that no program has used yet.

To make one and to end it cost a small program up to a tenth of its time. Most programs never send anything in theirs,
and such a namespace is as new: the next program may have it. A program cannot change its settings, for which it has no
right, and its sockets are gone with its processes.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What the kernel counts in a namespace: what its interfaces carried, and what its protocols did.
_COUNTERS = ("/proc/self/net/dev", "/proc/self/net/snmp")
_ENTRANCE = "/proc/self/ns/net"
_MOST = 32  # each takes some descriptors of the fork server
_LONGEST = 1 << 16
_NAME_ENDS = b"\0"


@dataclass(frozen=True, slots=True)
class Network:
    """A network namespace.

    :ivar entrance: descriptor by which it is entered.
    :ivar counters: descriptors of the files that say what the kernel counts there.
    :ivar at_first: what they said when it was new.
    """

    entrance: int
    counters: tuple[int, ...]
    at_first: bytes

    def is_unused(self) -> bool:
        """Whether nothing was sent in it, or tried to be."""
        return _contents(self.counters) == self.at_first

    def close(self) -> None:
        """Forget it: it ends with the last process in it."""
        for fd in (self.entrance, *self.counters):
            os.close(fd)


class Networks:
    """The namespaces of running programs, and those that are free. Programs hand theirs over when they make them."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.settimeout(0)
        self._free: list[Network] = []
        self._used: dict[str, Network] = {}

    def take(self, run: str) -> Network | None:
        """Give a run a free namespace, if there is one."""
        if not self._free:
            return None
        network = self._used[run] = self._free.pop()
        return network

    def announce(self, run: str) -> None:
        """In the process of a run: hand over the namespace that it has just made, for the runs to come."""
        fds: list[int] = []
        try:
            fds += [os.open(path, os.O_RDONLY | os.O_CLOEXEC) for path in (_ENTRANCE, *_COUNTERS)]
            data = run.encode() + _NAME_ENDS + _contents(fds[1:])
            socket.send_fds(self._theirs, [data], fds, socket.MSG_DONTWAIT)
        except OSError:  # no room for it: then it ends with this program
            pass
        finally:
            for fd in fds:
                os.close(fd)

    def of(self, run: str) -> Network | None:
        """The namespace that a run has made."""
        self._receive()
        return self._used.get(run)

    def ended(self, run: str, *, clean: bool) -> None:
        """Take back the namespace of a run, of which no process is left.

        :param clean: the run has left nothing behind.
        """
        self._receive()
        network = self._used.pop(run, None)
        if network is not None:
            if clean and len(self._free) < _MOST and network.is_unused():
                self._free.append(network)
            else:
                network.close()

    def _receive(self) -> None:
        while True:
            try:
                data, fds, _, _ = socket.recv_fds(self._ours, _LONGEST, 1 + len(_COUNTERS))
            except BlockingIOError:
                return
            run, _, at_first = data.partition(_NAME_ENDS)
            if len(fds) == 1 + len(_COUNTERS):
                for fd in fds:
                    os.set_inheritable(fd, False)  # noqa: FBT003 - its only form
                self._used[run.decode()] = Network(fds[0], tuple(fds[1:]), at_first)
            else:  # no descriptor was left for it
                for fd in fds:
                    os.close(fd)


class Meetings:
    """The namespaces of programs that meet: those of one meeting are in that of the first, until the last has ended.

    :ivar networks: takes those that the first ones make.
    """

    def __init__(self) -> None:
        self.networks = Networks()
        self._joined: dict[str, str] = {}

    def join(self, meeting: str, run: str) -> Network | None:
        """The namespace for one more run of a meeting; None if it makes one.

        :param meeting: the first run of it, which makes one; so does one that comes when all others have ended.
        """
        self._joined[run] = meeting
        return self.networks.of(meeting)

    def has(self, run: str) -> bool:
        """Whether a run that has not ended is of a meeting."""
        return run in self._joined

    def leave(self, run: str) -> str | None:
        """Forget a run of a meeting that has ended; return the meeting if it was the last one."""
        meeting = self._joined.pop(run)
        if run != meeting:
            self.networks.ended(run, clean=False)
        if meeting in self._joined.values():
            return None
        self.networks.ended(meeting, clean=False)
        return meeting


def _contents(files: Sequence[int]) -> bytes:
    return b"".join(os.pread(fd, _LONGEST, 0) for fd in files)
