"""Mock hosts in the network of a program: each answers every request with the same text, after a delay."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_HEAD_END = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class BrowserHost:
    """A mock host.

    :ivar delay: seconds until it answers.
    :ivar asked_for: called when its address is looked up.
    """

    page: str = ""
    delay: float = 0.0
    status: int = 200
    content_type: str = "text/html"
    asked_for: Callable[[], None] = _nothing


class HttpHostProtocol(asyncio.Protocol):
    """A connection to a mock host: HTTP/1.1, one answer to each request, in order."""

    def __init__(self, host: BrowserHost) -> None:
        self._host = host
        self._read = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each complete request after the delay."""
        self._read += data
        while (request := self._next_request()) is not None:
            asyncio.get_running_loop().call_later(self._host.delay, self._answer, *request)

    def _next_request(self) -> tuple[bool, bool] | None:
        """Take the next complete request; returns whether it wants a body and whether the connection stays open."""
        head, found, rest = self._read.partition(_HEAD_END)
        if not found:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if fields.get("transfer-encoding", "").lower() == "chunked":
            end = rest.find(_LAST_CHUNK)
            size = end + len(_LAST_CHUNK) if end >= 0 else len(rest) + 1
        else:
            length = fields.get("content-length", "0")
            size = int(length) if length.isdecimal() else 0
        if len(rest) < size:
            return None
        self._read = rest[size:]
        return not first.startswith("HEAD "), fields.get("connection", "").lower() != "close"

    def _answer(self, with_body: bool, stays: bool) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        from http.client import responses  # imported late: most programs need no host, and readers wait for imports

        host = self._host
        body = host.page.encode()
        head = (
            f"HTTP/1.1 {host.status} {responses.get(host.status, '')}",
            f"Content-Type: {host.content_type}; charset=utf-8",
            f"Content-Length: {len(body)}",
            "Server: sphinx-await",
            *([] if stays else ["Connection: close"]),
        )
        transport.write("\r\n".join(head).encode("latin-1") + _HEAD_END + (body if with_body else b""))
        if not stays:
            transport.close()
