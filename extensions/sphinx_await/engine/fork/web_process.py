"""The process of the mock web servers, seen from the fork server."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from ..linux.channel import Channel
from ..linux.syscalls import die_with_parent
from ..program_process.name_lookup import Ports

if TYPE_CHECKING:
    from pathlib import Path

    from ..settings import Settings

CERTIFICATE = "authority.pem"


class WebProcess:
    """The web process, as the warm parent sees it."""

    def __init__(self, settings: Settings, folder: Path, engine: Channel, *, handed_over: bool) -> None:
        read, write = os.pipe()
        self.line, theirs = Channel.pair()
        self.process = os.fork()
        if self.process == 0:
            os.close(read)
            self.line.close()
            try:
                from .. import web_server  # with asyncio and aiohttp: here, and not in every program

                die_with_parent()
                web_server.serve_hosts(
                    settings.hosts,
                    folder / CERTIFICATE,
                    write,
                    theirs if handed_over else None,
                    lambda run, host: engine.say(answered=run, host=host),
                )
            finally:
                os._exit(1)
        os.close(write)
        theirs.close()
        self._lines = open(read, encoding="utf-8")  # noqa: SIM115 - closed in `ports`

    def wait_for_authority(self) -> None:
        """Until the certificate of the throw-away authority can be trusted."""
        self._lines.readline()

    def ports(self) -> Ports | None:
        """Where it listens by itself, if it does."""
        with self._lines:
            ports = json.loads(self._lines.readline())
        return Ports(**ports) if ports else None
