"""The mock servers: one process that answers for all hosts of ``await_hosts``, by HTTP and HTTPS.

A program that has a network of its own hands over the sockets on which it wants to be answered. Otherwise the process
listens on the machine's loopback, and programs are given its ports.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import logging
import os
import socket
import ssl
import sys
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from .linux.protocol import CloseSockets, Listen
from .program_process.name_lookup import Ports

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from aiohttp import web

    from .hosts import Host
    from .linux.channel import Channel

    #: Called with a run (None where programs share the machine's network) and the host that it asked.
    OnAnswer = Callable[[str | None, str], None]

_BACKLOG = 128
#: Open connections of one program, and of all programs that share the machine's network.
_MOST_CONNECTIONS, _MOST_CONNECTIONS_OF_ALL = 256, 2048
_LONGEST_REASON = 500
_PATIENCE = 0.1  # seconds until the system is asked again for a descriptor
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
    _take_all_descriptors()
    tls = _authority(list(hosts), certificate)
    os.write(ready, b"trusted\n")
    servers = MockServers(hosts, tls, on_answer)
    asyncio.run(_serve_machine(servers, ready) if channel is None else _serve_programs(servers, ready, channel))


def _take_all_descriptors() -> None:
    """Raise this process's limit of open files as far as it may: it has connections of many programs."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows; a system that means something else by it
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


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
        self._listeners: dict[str | None, _Listener] = {}

    def listen(self, run: str | None, sockets: list[socket.socket], https: socket.socket | None = None) -> None:
        """Answer on sockets, with TLS on port 443 and on the socket ``https``."""
        secure = {one: one is https or one.getsockname()[1] == _HTTPS for one in sockets}
        seen: set[str] = set()

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            response: web.StreamResponse = await self._answer(run, request, seen)
            return response

        self._listeners[run] = _Listener(
            answer,
            {one: self._tls if is_secure else None for one, is_secure in secure.items()},
            _MOST_CONNECTIONS if run is not None else _MOST_CONNECTIONS_OF_ALL,
        )

    def close_sockets(self, run: str) -> None:
        """Close the sockets of a program that has ended."""
        if (listener := self._listeners.pop(run, None)) is not None:
            listener.close()

    async def _answer(self, run: str | None, request: Any, seen: set[str]) -> Any:
        from aiohttp import web

        name = request.host.partition(":")[0].lower()
        if name not in self._handlers:
            return web.Response(status=404, text=f"await_hosts has no host {name}\n")
        if name not in seen:
            seen.add(name)
            self._on_answer(run, name)
        await asyncio.sleep(self._hosts[name].delay)
        try:
            return await self._handlers[name](request)
        except (web.HTTPException, asyncio.CancelledError):
            raise
        except BaseException as error:  # noqa: BLE001 - also SystemExit: it would end the servers of all programs
            words = f"the handler of {name} in await_hosts raised {type(error).__name__}: {error}"
            return web.Response(status=500, text=f"{words[:_LONGEST_REASON]}\n")


class _Listener:
    """Accepts the connections of one program, up to a number: more are closed at once.

    What a program opens and never uses takes descriptors of this process, which answers for the other programs, too.
    """

    def __init__(self, answer: Any, sockets: Mapping[socket.socket, ssl.SSLContext | None], most: int) -> None:
        from aiohttp import web

        # A request whose program has hung up needs no answer, so a handler that hangs ends with it.
        self._server = web.Server(answer, handler_cancellation=True)
        self._most = most
        self._connecting: set[asyncio.Task[None]] = set()
        self._accepting = []
        for one, tls in sockets.items():
            one.setblocking(False)  # noqa: FBT003 - its only form
            one.listen(_BACKLOG)
            task = asyncio.get_running_loop().create_task(self._accept(one, tls))
            # Not before the loop has forgotten its descriptor, whose number may be used again at once.
            task.add_done_callback(partial(_close, one))
            self._accepting.append(task)

    def close(self) -> None:
        """Accept no more, and give up what is being accepted. Connections end with the program that made them."""
        for task in (*self._accepting, *self._connecting):
            task.cancel()

    async def _accept(self, listening: socket.socket, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError:  # no descriptor is left, or the program has gone
                await asyncio.sleep(_PATIENCE)
                continue
            if len(self._connecting) + len(self._server.connections) >= self._most:
                connection.close()
                continue
            task = loop.create_task(self._connect(connection, tls))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    async def _connect(self, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(self._server, connection, ssl=tls)
        except (OSError, ssl.SSLError):  # the program speaks something else, or says nothing
            connection.close()


def _close(listening: socket.socket, _: object) -> None:
    listening.close()


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
        servers.listen(None, [http, https], https)
        ports = Ports(*(listener.getsockname()[1] for listener in listeners))
        os.write(ready, json.dumps(asdict(ports)).encode() + b"\n")
        os.close(ready)
        await asyncio.Event().wait()


async def _serve_programs(servers: MockServers, ready: int, channel: Channel) -> None:
    """Answer on the sockets that programs hand over, each in its own network."""
    loop = asyncio.get_running_loop()
    closed = loop.create_future()

    def on_readable() -> None:
        received = channel.receive()
        if received is None:
            if not closed.done():
                closed.set_result(None)
            return
        message, fds = received
        match message:
            case Listen(run):
                servers.listen(run, [socket.socket(fileno=fd) for fd in fds])
            case CloseSockets(run):
                servers.close_sockets(run)

    loop.add_reader(channel.fileno(), on_readable)
    os.write(ready, b"null\n")
    os.close(ready)
    await closed
