"""The mock servers: one process that answers for all hosts of ``await_hosts``, by HTTP and HTTPS.

A program that has a network of its own hands over the sockets on which it wants to be answered. Otherwise the process
listens on the machine's loopback, and programs are given its ports.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import socket
import ssl
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .linux.protocol import CloseSockets, Listen
from .program_process.name_lookup import Ports

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .linux.channel import Channel
    from .settings import Host

    #: Called with a run (None where programs share the machine's network) and the host that it asked.
    OnAnswer = Callable[[str | None, str], None]

_BACKLOG = 128
_HTTPS = 443


def serve_hosts(
    hosts: Mapping[str, Host], certificate: Path, ready: int, channel: Channel | None, on_answer: OnAnswer
) -> None:
    """Answer until the process is ended.

    First comes the throw-away authority: its certificate is written to the file ``certificate``, and then a line to the
    descriptor ``ready``, since aiohttp reads what it trusts when it is imported. Its key never leaves this process.
    Then comes a second line: the ports of :class:`Ports` as JSON, or ``null``.

    :param channel: brings the sockets of programs that have a network of their own.
    :param on_answer: called for each request.
    """
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)  # a program may hang up at any time
    sys.stdout = sys.stderr
    tls = _authority(list(hosts), certificate)
    os.write(ready, b"trusted\n")
    servers = MockServers(hosts, tls, on_answer)
    asyncio.run(_serve_machine(servers, ready) if channel is None else _serve_programs(servers, ready, channel))


def _authority(hosts: list[str], certificate: Path) -> ssl.SSLContext:
    import trustme

    authority = trustme.CA()
    partial = certificate.with_suffix(".partial")
    authority.cert_pem.write_to_path(str(partial))
    partial.rename(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts).configure_cert(context)
    return context


class MockServers:
    """The hosts and their answers."""

    def __init__(self, hosts: Mapping[str, Host], tls: ssl.SSLContext, on_answer: OnAnswer) -> None:
        self._hosts = hosts
        self._handlers = {name: _handler(host) for name, host in hosts.items()}
        self._tls = tls
        self._on_answer = on_answer
        self._servers: dict[str, list[asyncio.Server]] = {}

    async def listen(self, run: str | None, sockets: list[socket.socket], https: socket.socket | None = None) -> None:
        """Answer on sockets, with TLS on port 443 and on the socket ``https``."""
        from aiohttp import web

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            response: web.StreamResponse = await self._answer(run, request)
            return response

        loop = asyncio.get_running_loop()
        for one in sockets:
            one.setblocking(False)  # noqa: FBT003 - its only form
            secure = one is https or one.getsockname()[1] == _HTTPS
            server = await loop.create_server(
                web.Server(answer), sock=one, backlog=_BACKLOG, ssl=self._tls if secure else None
            )
            if run is not None:
                self._servers.setdefault(run, []).append(server)

    def close_sockets(self, run: str) -> None:
        """Close the sockets of a program that has ended."""
        for server in self._servers.pop(run, ()):
            server.close()

    async def _answer(self, run: str | None, request: Any) -> Any:
        from aiohttp import web

        name = request.host.partition(":")[0].lower()
        if name not in self._handlers:
            return web.Response(status=404, text=f"await_hosts has no host {name}\n")
        self._on_answer(run, name)
        await asyncio.sleep(self._hosts[name].delay)
        return await self._handlers[name](request)


def _handler(host: Host) -> Any:
    if host.handler is not None:
        module, _, function = host.handler.partition(":")
        return getattr(importlib.import_module(module), function)
    from aiohttp import web

    async def page(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text=host.page, status=host.status, content_type=host.content_type)

    return page


async def _serve_machine(servers: MockServers, ready: int) -> None:
    """Answer on the machine's loopback, for all programs alike."""
    http, https, refused = listeners = [socket.socket() for _ in range(3)]
    with refused:  # bound but never listening: connections to it are refused
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        await servers.listen(None, [http, https], https)
        ports = Ports(*(listener.getsockname()[1] for listener in listeners))
        os.write(ready, json.dumps(asdict(ports)).encode() + b"\n")
        os.close(ready)
        await asyncio.Event().wait()


async def _serve_programs(servers: MockServers, ready: int, channel: Channel) -> None:
    """Answer on the sockets that programs hand over, each in its own network."""
    loop = asyncio.get_running_loop()
    closed = loop.create_future()
    tasks: set[asyncio.Task[None]] = set()

    def on_readable() -> None:
        received = channel.receive()
        if received is None:
            if not closed.done():
                closed.set_result(None)
            return
        message, fds = received
        match message:
            case Listen(run):
                task = loop.create_task(servers.listen(run, [socket.socket(fileno=fd) for fd in fds]))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            case CloseSockets(run):
                servers.close_sockets(run)

    loop.add_reader(channel.fileno(), on_readable)
    os.write(ready, b"null\n")
    os.close(ready)
    await closed
