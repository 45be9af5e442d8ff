"""The process of the mock servers, as the fork server starts and uses it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from ..linux.channel import Channel
from ..linux.protocol import Answered, NotReady
from ..linux.syscalls import die_with_parent
from ..program_process.name_lookup import Ports

if TYPE_CHECKING:
    from pathlib import Path

    from ..settings import Settings


class NoMockServers(Exception):  # noqa: N818 - no error of this process: the mock servers have sent the reason
    """The mock servers could not start, and the engine knows why."""


class MockServerProcess:
    """The process of the mock servers.

    :ivar channel: sends it the sockets of programs that have a network of their own.
    """

    def __init__(self, settings: Settings, certificate: Path, engine: Channel, *, own_networks: bool) -> None:
        read, write = os.pipe()
        self.channel, theirs = Channel.pair()
        self.process = os.fork()
        if self.process == 0:
            os.close(read)
            self.channel.close()
            try:
                from .. import mock_server  # with asyncio and aiohttp: here, and not in every program

                die_with_parent()
                mock_server.serve_hosts(
                    settings.hosts,
                    certificate,
                    write,
                    theirs if own_networks else None,
                    lambda run, host: engine.send(Answered(run, host)),
                )
            except Exception as error:  # noqa: BLE001 - whatever keeps it from answering, the build must hear of it
                words = error.strerror if isinstance(error, OSError) and error.strerror else repr(error)
                engine.send(NotReady(f"the mock servers could not start: {words}"))
            finally:
                os._exit(1)
        os.close(write)
        theirs.close()
        self._ready = open(read, encoding="utf-8")  # noqa: SIM115 - closed in `ports`

    def wait_for_authority(self) -> None:
        """Wait until the certificate of the throw-away authority is written.

        :raises NoMockServers: the process could not start.
        """
        self._next_line()

    def _next_line(self) -> str:
        if not (line := self._ready.readline()):
            raise NoMockServers
        return line

    def ports(self) -> Ports | None:
        """The ports on the machine's loopback at which it listens, if programs share the machine's network.

        :raises NoMockServers: the process could not start.
        """
        with self._ready:
            ports = json.loads(self._next_line())
        return Ports(**ports) if ports else None
