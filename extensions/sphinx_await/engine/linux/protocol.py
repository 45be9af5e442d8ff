"""The messages between the engine, the fork server and its helper processes.

Each is a small JSON object: the fields of one of these classes, and its name. What does not fit into a message (source
code, settings) is written to a memory file, whose descriptor goes with it.

They are named tuples: each build makes these classes in two processes, and dataclasses take several times as long.
"""

from __future__ import annotations

import json
import marshal
from typing import Any, NamedTuple


class WarmUp(NamedTuple):
    """Engine to fork server: import these modules before the next program is forked."""

    modules: list[str]


class Launch(NamedTuple):
    """Engine to fork server: fork a program. It comes with the descriptors of :class:`Descriptors`.

    :ivar begins_with: a module that the program imports before it does anything; empty if that is not sure.
    :ivar meeting: the first run of those whose network it shares; empty if it meets nobody.
    """

    run: str
    begins_with: str
    meeting: str = ""


class Kill(NamedTuple):
    """Engine to fork server: kill a program with all its processes."""

    run: str


class Ready(NamedTuple):
    """Fork server to engine: programs can be launched.

    :ivar missing: what the system lacks to isolate programs, in words.
    :ivar namespaces: each program has namespaces of its own.
    :ivar not_shared: modules of ``preload`` that each program imports itself, and what they do when imported.
    """

    missing: list[str]
    namespaces: bool
    not_shared: dict[str, str]


class NotReady(NamedTuple):
    """Fork server or mock server to engine: programs cannot be launched."""

    reason: str


class Started(NamedTuple):
    """Fork server to engine: the process of a run exists.

    It comes with a descriptor of its ``/proc/PID/stat``, and if it meets others, with one of its ``/proc/PID``.
    """

    run: str


class Refused(NamedTuple):
    """Fork server to engine: the system refused a process for a run, which may be tried again."""

    run: str
    reason: str


class Ended(NamedTuple):
    """Fork server to engine: all processes of a run are gone.

    :ivar at: when the program's process ended, in nanoseconds of the monotonic clock.
    :ivar status: its exit status, negative for a signal.
    :ivar cpu: its processor time, seconds.
    :ivar delay: seconds for which it wanted a core in vain; None if unknown.
    """

    run: str
    at: int
    status: int
    cpu: float
    delay: float | None


class Answered(NamedTuple):
    """Mock server to engine: a host answered a request of a run (None where programs share the machine's network)."""

    run: str | None
    host: str


class Listen(NamedTuple):
    """Program to mock server: answer on the sockets that come with it, until :class:`CloseSockets`."""

    run: str


class CloseSockets(NamedTuple):
    """Fork server to mock server: a run has ended, and nobody asks on its sockets any more."""

    run: str


ChannelMessage = (
    WarmUp | Launch | Kill | Ready | NotReady | Started | Refused | Ended | Answered | Listen | CloseSockets
)

_KINDS: dict[str, type[ChannelMessage]] = {
    kind.__name__: kind
    for kind in (WarmUp, Launch, Kill, Ready, NotReady, Started, Refused, Ended, Answered, Listen, CloseSockets)
}


def encode(message: ChannelMessage) -> bytes:
    """A message as bytes."""
    return json.dumps([type(message).__name__, message._asdict()]).encode()


def decode(data: bytes) -> ChannelMessage:
    """Read what :func:`encode` wrote."""
    name, fields = json.loads(data)
    return _KINDS[name](**fields)


class Descriptors(NamedTuple):
    """The descriptors of a program: the request to read, journal and access log to write, both ends of two pipes."""

    request: int
    journal: int
    access_log: int
    out_read: int
    out_write: int
    err_read: int
    err_write: int

    def as_list(self) -> list[int]:
        """The descriptors in the order in which they are sent."""
        return [*self]


class ProgramRequest(NamedTuple):
    """What a program's process must know of its program.

    :ivar shared: the folder that is to be seen as ``folder``, and that other programs use before and after; None for a
        folder of its own.
    :ivar fresh: no program has run in its folder.
    :ivar core: the core on which it starts.
    :ivar arguments: what it finds in ``sys.argv`` after its name.
    :ivar last_values: the parts, counted from 0, whose last expression has its value displayed.
    :ivar in_loop: the parts, counted from 0, that run in an event loop.
    :ivar examples: for each part that is typed at a prompt, the lines on which its examples begin.
    :ivar stdin: what it reads from its standard input.
    """

    parts: list[str]
    folder: str
    shared: str | None
    fresh: bool
    core: int
    arguments: list[str]
    last_values: list[int]
    in_loop: list[int]
    examples: list[list[int]]
    stdin: str

    def encode(self) -> bytes:
        """The bytes that are sent. They go to a process of the same Python, which has little to do to read them."""
        return marshal.dumps([*self])

    @classmethod
    def decode(cls, data: bytes) -> ProgramRequest:
        """Read what :meth:`encode` wrote."""
        return cls(*marshal.loads(data))  # noqa: S302 - from our own engine


class ServerConfig(NamedTuple):
    """What the fork server must know when it starts.

    :ivar settings: the fields of :class:`~sphinx_await.engine.settings.Settings`.
    :ivar folder: the engine's temporary folder.
    :ivar warm: modules to import at once.
    """

    settings: dict[str, Any]
    folder: str
    warm: list[str]

    def encode(self) -> bytes:
        """The JSON that is sent."""
        return json.dumps(self._asdict()).encode()

    @classmethod
    def decode(cls, data: bytes) -> ServerConfig:
        """Read what :meth:`encode` wrote."""
        return cls(**json.loads(data))
