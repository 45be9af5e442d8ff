"""The lesson web: one process that answers for all hosts of ``await_hosts``, over HTTP and over TLS.

Where programs have a network of their own, each hands over the sockets on which it wants to be answered.
Elsewhere the web listens by itself on the machine's loopback, and programs are told where.
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

from .program_process.name_lookup import Ports

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .linux.channel import Channel
    from .settings import Host

    Answered = Callable[[str | None, str], None]

_BACKLOG = 128
_HTTPS = 443


def serve_hosts(
    hosts: Mapping[str, Host], certificate: Path, ready: int, handed_over: Channel | None, answered: Answered
) -> None:
    """Answer until the process is ended.

    First the throw-away authority: its certificate goes to the file ``certificate``, and a line to the
    descriptor ``ready``, since aiohttp reads what it trusts when it is imported. Its key never leaves this
    process. Then a second line: the ports of :class:`Ports` as JSON, or ``null``.

    :param handed_over: brings the sockets of programs that have a network of their own.
    :param answered: told the run (None where programs share the machine's network) and the host of each request.
    """
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)  # a program that hangs up is no event
    sys.stdout = sys.stderr
    tls = _authority(list(hosts), certificate)
    os.write(ready, b"trusted\n")
    web = WebServer(hosts, tls, answered)
    asyncio.run(_serve_machine(web, ready) if handed_over is None else _serve_programs(web, ready, handed_over))


def _authority(hosts: list[str], certificate: Path) -> ssl.SSLContext:
    import trustme

    authority = trustme.CA()
    partial = certificate.with_suffix(".partial")
    authority.cert_pem.write_to_path(str(partial))
    partial.rename(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts).configure_cert(context)
    return context


class WebServer:
    """The hosts and their answers."""

    def __init__(self, hosts: Mapping[str, Host], tls: ssl.SSLContext, answered: Answered) -> None:
        self._hosts = hosts
        self._handlers = {name: _handler(host) for name, host in hosts.items()}
        self._tls = tls
        self._answered = answered
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

    def forget(self, run: str) -> None:
        """Close the sockets of a program that has ended."""
        for server in self._servers.pop(run, ()):
            server.close()

    async def _answer(self, run: str | None, request: Any) -> Any:
        from aiohttp import web

        name = request.host.partition(":")[0].lower()
        if name not in self._handlers:
            return web.Response(status=404, text=f"the lesson web has no host {name}\n")
        self._answered(run, name)
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


async def _serve_machine(web: WebServer, ready: int) -> None:
    """On the machine's loopback, for all programs alike."""
    http, https, refused = listeners = [socket.socket() for _ in range(3)]
    with refused:  # bound and not listening as long as we live: whoever connects is refused
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        await web.listen(None, [http, https], https)
        ports = Ports(*(listener.getsockname()[1] for listener in listeners))
        os.write(ready, json.dumps(asdict(ports)).encode() + b"\n")
        os.close(ready)
        await asyncio.Event().wait()


async def _serve_programs(web: WebServer, ready: int, handed_over: Channel) -> None:
    """On the sockets that programs hand over, each for its own network."""
    loop = asyncio.get_running_loop()
    gone = loop.create_future()
    tasks: set[asyncio.Task[None]] = set()

    def hear() -> None:
        heard = handed_over.hear()
        if heard is None:
            if not gone.done():
                gone.set_result(None)
            return
        message, fds = heard
        if "close" in message:
            web.forget(message["close"])
            return
        task = loop.create_task(web.listen(message["run"], [socket.socket(fileno=fd) for fd in fds]))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_reader(handed_over.fileno(), hear)
    os.write(ready, b"null\n")
    os.close(ready)
    await gone
