"""The lesson web: one process that answers for all hosts of ``await_hosts``, over HTTP and over TLS."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import socket
import ssl
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .linux import die_with_parent
from .stand_ins import Ports

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aiohttp import web

    from .settings import Host

_BACKLOG = 128


def serve(hosts: Mapping[str, Host], certificate: Path, ready: int) -> None:
    """Answer until the parent ends.

    First the throw-away authority: its certificate goes to the file ``certificate``, and a line to the
    descriptor ``ready``, since aiohttp reads what it trusts when it is imported. Its key never leaves this
    process. Then a second line: the ports, as JSON.
    """
    die_with_parent()
    tls = _authority(list(hosts), certificate)
    os.write(ready, b"trusted\n")
    listeners = [_listener() for _ in range(3)]
    http, https, refused = listeners
    ports = Ports(*(listener.getsockname()[1] for listener in listeners))
    for listener in (http, https):
        listener.listen(_BACKLOG)  # from here on a connection waits; on the third it is refused
    os.write(ready, json.dumps(asdict(ports)).encode() + b"\n")
    os.close(ready)
    asyncio.run(_answer(hosts, {http: None, https: tls}, refused))


def _authority(hosts: list[str], certificate: Path) -> ssl.SSLContext:
    import trustme

    authority = trustme.CA()
    partial = certificate.with_suffix(".partial")
    authority.cert_pem.write_to_path(str(partial))
    partial.rename(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts).configure_cert(context)
    return context


def _listener() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


async def _answer(
    hosts: Mapping[str, Host], listeners: Mapping[socket.socket, ssl.SSLContext | None], refused: socket.socket
) -> None:
    from aiohttp import web

    handlers = {name: _handler(host) for name, host in hosts.items()}

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        name = request.host.partition(":")[0].lower()
        if name not in handlers:
            return web.Response(status=404, text=f"the lesson web has no host {name}\n")
        await asyncio.sleep(hosts[name].delay)
        response: web.StreamResponse = await handlers[name](request)
        return response

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    for listener, tls in listeners.items():
        await web.SockSite(runner, listener, ssl_context=tls).start()
    with refused:  # bound and not listening as long as we live
        await asyncio.Event().wait()


def _handler(host: Host) -> Any:
    if host.handler is not None:
        module, _, function = host.handler.partition(":")
        return getattr(importlib.import_module(module), function)
    from aiohttp import web

    async def page(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text=host.page, status=host.status, content_type=host.content_type)

    return page


def quiet() -> None:
    """No access log, and no traceback of a snippet that hung up in the middle."""
    import logging

    logging.getLogger("aiohttp").setLevel(logging.ERROR)
    sys.stdout = sys.stderr
