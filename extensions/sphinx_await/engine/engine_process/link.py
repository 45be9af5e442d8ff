"""What a build and its engine process send each other: pickles, since they are forks of one program.

What a program of the course left is decoded and bounded before it is sent.
"""

from __future__ import annotations

import pickle
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ...core.errors import EngineError

if TYPE_CHECKING:
    from ...core.model.recording import Recording
    from ..program import Program

_LENGTH = struct.Struct("=Q")  # precedes each message
_PIECE = 1 << 16  # bytes
DIED = "the engine process died; see its message above"


@dataclass(frozen=True, slots=True)
class Expect:
    """Run a program as soon as there is room."""

    number: int
    program: Program


@dataclass(frozen=True, slots=True)
class Close:
    """No more programs are to run beside those before.

    :ivar wanted: those whose results are wanted.
    """

    wanted: frozenset[int]


@dataclass(frozen=True, slots=True)
class Again:
    """Run programs beside each other once more, as :meth:`.Schedule.sleepers` does."""

    programs: dict[int, Program]


@dataclass(frozen=True, slots=True)
class Alone:
    """Run a program while no other runs."""

    program: Program


@dataclass(frozen=True, slots=True)
class Ready:
    """Programs can be launched: what is lacking to isolate them, and which modules they do not share."""

    missing: tuple[str, ...]
    not_shared: dict[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    """A program has ended. What else a :class:`.Result` has."""

    number: int
    recordings: tuple[Recording, ...]
    crowded: bool
    started: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """Programs cannot be run, and why."""

    reason: str


#: What a build sends.
Command: TypeAlias = "Expect | Close | Again | Alone"
#: What the engine process answers.
Answer: TypeAlias = "Ready | Ended | Failed"


class Link:
    """One end of the connection of both processes."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._unsent = bytearray()
        self._received = bytearray()

    def close(self) -> None:
        """Close this end; the other then receives nothing more."""
        self._socket.close()

    def is_closed(self) -> bool:
        """Whether the other side has ended, and all that it sent is received."""
        try:
            return not self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except ConnectionError:
            return True

    def send(self, message: object, *, wait: bool = True) -> None:
        """Send a message.

        :param wait: until the other side has taken it; else it goes with a later one, if there is no room now.
        :raises EngineError: the other side has ended.
        """
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._unsent += _LENGTH.pack(len(data)) + data
        try:
            while self._unsent:
                sent = self._socket.send(self._unsent, 0 if wait else socket.MSG_DONTWAIT)
                del self._unsent[:sent]
        except BlockingIOError:
            pass
        except OSError:
            raise EngineError(DIED) from None

    def receive(self, *, wait: bool = True) -> Any:
        """The next message; None if the other side has ended.

        :param wait: until there is one.
        :raises BlockingIOError: there is no message, and ``wait`` is false.
        """
        while (end := self._end_of_message()) is None:
            try:
                data = self._socket.recv(_PIECE, 0 if wait else socket.MSG_DONTWAIT)
            except ConnectionError:
                return None
            if not data:
                return None
            self._received += data
        message = pickle.loads(bytes(self._received[_LENGTH.size : end]))  # noqa: S301 - of a fork of ours
        del self._received[:end]
        return message

    def _end_of_message(self) -> int | None:
        if len(self._received) < _LENGTH.size:
            return None
        end = _LENGTH.size + int(_LENGTH.unpack_from(self._received)[0])
        return end if end <= len(self._received) else None
