"""A network inside an event loop: mock hosts and servers of the program answer; nothing leaves the loop.

It uses no tasks, so a timeline shows only those of the program.
"""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import socket
from typing import TYPE_CHECKING, Any

from .http_host import HttpHostProtocol
from .transport import MemoryTransport, connect_transports

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .http_host import BrowserHost

    Address = tuple[str, int]
    Factory = Callable[[], asyncio.BaseProtocol]

_LOOPBACK, _EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - not a real interface
_OWN = {"", "localhost", _LOOPBACK, _EVERYWHERE}
_PORTS = {"http": 80, "https": 443}
_HOSTS = "127.0.1.{}"  # as those of the mock servers of a build
_NUMBERS = 4  # of an IPv4 address
_FIRST_PORT = 49152  # the first that is not assigned


class Listener(asyncio.AbstractServer):
    """A server of the program, at one or several addresses."""

    def __init__(self, network: Network, addresses: Sequence[Address], factory: Factory) -> None:
        self._network = network
        self._addresses = addresses
        self._factory = factory
        self._serving: asyncio.Future[None] | None = None

    @property
    def sockets(self) -> tuple[FakeSocket, ...]:
        """Substitutes for its sockets, with their addresses."""
        return tuple(FakeSocket(address) for address in self._addresses) if self.is_serving() else ()

    def listen(self) -> None:
        """Accept connections."""
        self._network.listeners.update(dict.fromkeys(self._addresses, self._factory))

    def close(self) -> None:
        """Accept no more connections; open ones stay open."""
        for address in self._addresses:
            if self._network.listeners.get(address) is self._factory:
                del self._network.listeners[address]
        if self._serving is not None and not self._serving.done():
            self._serving.cancel()

    def close_clients(self) -> None:
        """Do nothing: the program closes its connections."""

    def abort_clients(self) -> None:
        """Do nothing: the program closes its connections."""

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return its event loop."""
        assert isinstance(self._network, asyncio.AbstractEventLoop)
        return self._network

    def is_serving(self) -> bool:
        """Whether it accepts connections."""
        return any(self._network.listeners.get(address) is self._factory for address in self._addresses)

    async def start_serving(self) -> None:
        """Accept connections."""
        self.listen()

    async def serve_forever(self) -> None:
        """Accept connections until it is closed or this is cancelled."""
        self.listen()
        self._serving = self.get_loop().create_future()
        try:
            await self._serving
        finally:
            self._serving = None
            self.close()

    async def wait_closed(self) -> None:
        """Return at once: closing takes no time."""


class FakeSocket:
    """Substitute for a listening socket that a program looks at."""

    family, type, proto = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP

    def __init__(self, address: Address) -> None:
        self._address = address

    def getsockname(self) -> Address:
        """The address at which it listens."""
        return self._address


class Network:
    """The network part of an event loop.

    :ivar listeners: servers of the program, by address.
    """

    listeners: dict[Address, Factory]

    def open_network(self, hosts: Mapping[str, BrowserHost]) -> None:
        """Start with mock hosts by name and no server."""
        self.listeners = {}
        self._names = {name: _HOSTS.format(number) for number, name in enumerate(hosts, 1)}
        self._hosts = {self._names[name]: host for name, host in hosts.items()}
        self._connected: dict[int, Address] = {}
        self._free_ports = itertools.count(_FIRST_PORT)

    def close_network(self) -> None:
        """Close all servers."""
        self.listeners.clear()

    async def getaddrinfo(self, host: Any, port: Any, *, family: int = 0, **_: int) -> list[Any]:
        """Look up the address of a host.

        :raises socket.gaierror: there is no such host.
        """
        name = (host.decode() if isinstance(host, bytes) else host or "").lower().rstrip(".")
        address = _LOOPBACK if name in _OWN - {_EVERYWHERE} else self._names.get(name, name)
        if family == socket.AF_INET6 or not _is_address(address):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if name in self._names:
            self._hosts[address].asked_for()
        number = int(_PORTS.get(port, port) or 0)
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, number))]

    async def getnameinfo(self, sockaddr: Any, _flags: int = 0) -> tuple[str, str]:
        """Return the address itself: there are no names for addresses."""
        return str(sockaddr[0]), str(sockaddr[1])

    async def sock_connect(self, sock: Any, address: Any) -> None:
        """Connect a substitute for a socket.

        :raises OSError: nothing listens there, or there is no such host.
        """
        where = (str(address[0]), int(address[1]))
        await asyncio.sleep(0)  # a connection takes at least one iteration
        self._server(where)
        self._connected[sock.fileno()] = where

    def _server(self, where: Address) -> Factory:
        host, port = where
        if found := self.listeners.get(where) or self.listeners.get((_EVERYWHERE, port)):
            return found
        if host in self._hosts and port in _PORTS.values():
            return lambda: HttpHostProtocol(self._hosts[host])
        known = host in self._hosts or host.startswith("127.")
        number = errno.ECONNREFUSED if known else errno.ENETUNREACH
        raise OSError(number, f"Connect call failed {where}" if known else os.strerror(number))

    async def create_connection(
        self,
        protocol_factory: Factory,
        host: Any = None,
        port: Any = None,
        *,
        ssl: Any = None,
        sock: Any = None,
        **_: object,
    ) -> tuple[MemoryTransport, asyncio.BaseProtocol]:
        """Connect to a mock host or to a server of the program. TLS is accepted and not used.

        :raises OSError: nothing listens there, or there is no such host.
        """
        if sock is not None:
            where = self._connected.pop(sock.fileno())
            sock.close()
        else:
            (*_rest, where), *_others = await self.getaddrinfo(host, port)
            await asyncio.sleep(0)
        server, protocol = self._server(where)(), protocol_factory()
        own = (_LOOPBACK, next(self._free_ports))
        assert isinstance(self, asyncio.AbstractEventLoop)
        return connect_transports(self, (protocol, own), (server, where), ssl or None), protocol

    async def create_server(
        self,
        protocol_factory: Factory,
        host: Any = None,
        port: Any = None,
        *,
        sock: Any = None,
        start_serving: bool = True,
        **_: object,
    ) -> Listener:
        """Make a server of the program.

        :raises OSError: another server has the address.
        """
        if sock is not None:
            host, port = sock.getsockname()[:2]
        names = [host] if host is None or isinstance(host, str) else list(host)
        number = int(port or next(self._free_ports))
        found = [_EVERYWHERE if name in {None, ""} else (await self.getaddrinfo(name, 0))[0][4][0] for name in names]
        addresses = [(address, number) for address in dict.fromkeys(found)]
        for address in addresses:
            if address in self.listeners:
                text = f"error while attempting to bind on address {address}: address already in use"
                raise OSError(errno.EADDRINUSE, text)
        listener = Listener(self, addresses, protocol_factory)
        if start_serving:
            listener.listen()
        return listener


def _is_address(name: str) -> bool:
    numbers = name.split(".")
    return len(numbers) == _NUMBERS and all(one.isdecimal() and int(one) <= 0xFF for one in numbers)  # noqa: PLR2004
