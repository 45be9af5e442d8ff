"""A connection inside an event loop: two transports in memory, each the peer of the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    End = tuple[asyncio.BaseProtocol, tuple[str, int]]


def connect_transports(loop: asyncio.AbstractEventLoop, near: End, far: End, ssl: object) -> MemoryTransport:
    """Connect two protocols, each with its address; returns the transport of the near one.

    :param ssl: the SSL context that both transports name, though there is no TLS.
    """
    ends = [
        MemoryTransport(loop, protocol, {"peername": peer, "sockname": own, "socket": None, "sslcontext": ssl})
        for (protocol, own), (_, peer) in ((near, far), (far, near))
    ]
    ends[0].meet(ends[1])
    ends[1].meet(ends[0])
    # The far end is called in an iteration of its own, so that its work is not the near one's.
    loop.call_soon(far[0].connection_made, ends[1])
    near[0].connection_made(ends[0])
    return ends[0]


class MemoryTransport(asyncio.Transport):
    """One end of a connection. Data arrives in the next iteration of the loop, in order."""

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
        """Set the far end."""
        self._peer = peer

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Switch to another protocol."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol that receives the data."""
        return self._protocol

    def is_closing(self) -> bool:
        """Whether it is closed or closing."""
        return self._closing

    def is_reading(self) -> bool:
        """Whether data is passed to the protocol at once."""
        return not self._paused and not self._closing

    def pause_reading(self) -> None:
        """Keep data that arrives."""
        self._paused = True

    def resume_reading(self) -> None:
        """Pass the kept data to the protocol."""
        self._paused = False
        if self._kept:
            self._loop.call_soon(self._pass_kept)

    def write(self, data: Any) -> None:
        """Send bytes."""
        if data and not self._closing and not self._ended:
            piece = bytes(data)
            self._loop.call_soon(self._peer.receive, piece)

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        """Send bytes."""
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        """Return True: one direction can end before the other."""
        return True

    def write_eof(self) -> None:
        """Send the end of the data."""
        if not self._ended:
            self._ended = True
            self._loop.call_soon(self._peer.receive_end)

    def close(self) -> None:
        """Close both directions; data that was sent still arrives."""
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._lose)
            self.write_eof()

    def abort(self) -> None:
        """Close: no data waits to be sent, so none is dropped."""
        self.close()

    def get_write_buffer_size(self) -> int:
        """Return 0: data is sent at once."""
        return 0

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return the defaults of the standard library."""
        return 16 << 10, 64 << 10

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Do nothing: data is sent at once."""

    def receive(self, data: bytes) -> None:
        """Receive data from the far end."""
        self._arrive(lambda: self._hand_over(data))

    def receive_end(self) -> None:
        """Receive the end of the data."""
        self._arrive(self._hand_over_end)

    def _arrive(self, arrive: Callable[[], None]) -> None:
        if self._lost:
            return
        # What arrives while older data is kept waits behind it.
        if self._paused or self._kept:
            self._kept.append(arrive)
        else:
            arrive()

    def _pass_kept(self) -> None:
        """Pass the kept data in order, until the protocol pauses again."""
        while self._kept and not self._paused and not self._lost:
            self._kept.pop(0)()

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
