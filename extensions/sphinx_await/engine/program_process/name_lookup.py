"""Cuts the network where there is no namespace for it, as far as that goes: by the answers of ``getaddrinfo``.

Names of mock servers lead to them, and all other names are refused. Numeric addresses are not seen.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...core.journal.records import Journal, RecordType

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_LOOPBACK = "127.0.0.1"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of the mock servers on the loopback address.

    :ivar refused: a port at which connections are refused.
    """

    http: int
    https: int
    refused: int

    def mocking(self, port: int) -> int:
        """The port that answers for a port of a real host."""
        return {80: self.http, 443: self.https, 0: 0}.get(port, self.refused)


def enter(journal: Journal, hosts: Collection[str], ports: Ports | None) -> None:
    """Lead this process to the mock servers, and note in the journal which hosts it looks up."""
    seen: set[str] = set()

    def looked_up(name: str) -> None:
        if name not in seen:
            seen.add(name)
            journal.append(RecordType.HOST, name.encode())

    install(hosts, ports, looked_up)


def install(hosts: Collection[str], ports: Ports | None, looked_up: Callable[[str], None]) -> None:
    """Let this process find ``hosts`` at the mock servers, and no other host at all.

    :param looked_up: called with the name of each of these hosts that is looked up.
    """
    # c-ares would ask a name server itself; without it aiohttp uses getaddrinfo.
    sys.modules["aiodns"] = None  # type: ignore[assignment]
    real = socket.getaddrinfo

    def getaddrinfo(  # its signature is the standard library's
        host: Any,
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or name in {"", "localhost"} or _is_address(name):
            return real(host, port, family, type, proto, flags)
        if name.lower().rstrip(".") not in hosts or ports is None or family == socket.AF_INET6:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        looked_up(name.lower().rstrip("."))
        number = ports.mocking(_port_number(port))
        return real(_LOOPBACK, number, family, type, proto, flags & ~socket.AI_CANONNAME)

    def gethostbyname(hostname: str) -> str:
        return str(getaddrinfo(hostname, 0, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])

    socket.getaddrinfo = getaddrinfo
    socket.gethostbyname = gethostbyname


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def _port_number(port: str | bytes | int | None) -> int:
    if port is None:
        return 0
    if isinstance(port, bytes):
        port = port.decode()
    return _PORTS[port] if port in _PORTS else int(port)
