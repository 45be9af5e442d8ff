"""A connection inside an event loop: two transports, each of which is the other's far end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    End = tuple[asyncio.BaseProtocol, tuple[str, int]]


def connect_transports(loop: asyncio.AbstractEventLoop, near: End, far: End, ssl: object) -> MemoryTransport:
    """Connect two protocols, each with its address; returns the near one's transport.

    :param ssl: what both ends are told of TLS: there is none, but they may believe so.
    """
    ends = [
        MemoryTransport(loop, protocol, {"peername": peer, "sockname": own, "socket": None, "sslcontext": ssl})
        for (protocol, own), (_, peer) in ((near, far), (far, near))
    ]
    ends[0].meet(ends[1])
    ends[1].meet(ends[0])
    # The far end hears of it in a turn of its own: it is not the near one's doing.
    loop.call_soon(far[0].connection_made, ends[1])
    near[0].connection_made(ends[0])
    return ends[0]


class MemoryTransport(asyncio.Transport):
    """One end of a connection. What is written arrives in the loop's next turn, in order."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, protocol: asyncio.BaseProtocol, extra: dict[str, object]
    ) -> None:
        super().__init__(extra)
        self._loop = loop
        self._protocol = protocol
        self._peer: MemoryTransport = self
        self._closing = False
        self._ended = False
        self._lost = False
        self._paused = False
        self._kept: list[Callable[[], None]] = []

    def meet(self, peer: MemoryTransport) -> None:
        """Learn which is the far end."""
        self._peer = peer

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Have another protocol from now on."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """The protocol that is told what arrives."""
        return self._protocol

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._closing

    def is_reading(self) -> bool:
        """Whether the protocol is told at once what arrives."""
        return not self._paused and not self._closing

    def pause_reading(self) -> None:
        """Keep what arrives."""
        self._paused = True

    def resume_reading(self) -> None:
        """Tell the protocol what was kept."""
        self._paused = False
        kept, self._kept = self._kept, []
        for arrive in kept:
            self._loop.call_soon(self._arrive, arrive)

    def write(self, data: Any) -> None:
        """Send bytes."""
        if data and not self._closing and not self._ended:
            piece = bytes(data)
            self._loop.call_soon(self._peer.receive, piece)

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        """Send bytes."""
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        """Whether one direction can end before the other."""
        return True

    def write_eof(self) -> None:
        """Send no more, and let the far end know."""
        if not self._ended:
            self._ended = True
            self._loop.call_soon(self._peer.receive_end)

    def close(self) -> None:
        """End both directions; what was written still arrives."""
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._lose)
            self.write_eof()

    def abort(self) -> None:
        """As :meth:`close`: nothing is left to be thrown away."""
        self.close()

    def get_write_buffer_size(self) -> int:
        """Nothing waits to be sent."""
        return 0

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """As the standard library's."""
        return 16 << 10, 64 << 10

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Change nothing: nothing waits to be sent."""

    def receive(self, data: bytes) -> None:
        """Bytes of the far end arrive."""
        self._arrive(lambda: self._hand_over(data))

    def receive_end(self) -> None:
        """The far end sends no more."""
        self._arrive(self._hand_over_end)

    def _arrive(self, arrive: Callable[[], None]) -> None:
        if self._lost:
            return
        if self._paused:
            self._kept.append(arrive)
        else:
            arrive()

    def _hand_over(self, data: bytes) -> None:
        protocol = self._protocol
        if not isinstance(protocol, asyncio.BufferedProtocol):
            assert isinstance(protocol, asyncio.Protocol)
            protocol.data_received(data)
            return
        while data:
            room = protocol.get_buffer(len(data))
            size = min(len(room), len(data))  # type: ignore[arg-type] # a Buffer has a length
            room[:size] = data[:size]  # type: ignore[index]
            protocol.buffer_updated(size)
            data = data[size:]

    def _hand_over_end(self) -> None:
        protocol = self._protocol
        assert isinstance(protocol, (asyncio.Protocol, asyncio.BufferedProtocol))
        if not protocol.eof_received():
            self.close()

    def _lose(self) -> None:
        if not self._lost:
            self._lost = True
            self._protocol.connection_lost(None)
