"""The network in which a program finds itself: its own, and as if nobody had been there before."""

from __future__ import annotations

import sys

import pytest

from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")

LOOKS = """
import os
print(os.readlink("/proc/self/ns/net"))
print(open("/proc/self/net/dev").read())
print(open("/proc/self/net/snmp").read())
print([line.split()[:7] for line in open("/proc/self/net/sockstat") if line.startswith("TCP:")])
"""
QUIET = "import asyncio\n\nasyncio.run(asyncio.sleep(0))\n"
TALKS = """
import socket
server = socket.create_server(("127.0.0.1", 8080))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
client.sendall(b"x")
print(peer.recv(1))
peer.close()
"""
#: Each ends with something left behind, as far as the kernel lets it.
LEAVE_SOMETHING = {
    "a connection in TIME_WAIT": TALKS,
    "a refused connection": "import socket\nprint(socket.socket().connect_ex(('127.0.0.1', 9)))",
    "a datagram that nobody reads": (
        "import socket\none = socket.socket(type=socket.SOCK_DGRAM)\none.bind(('127.0.0.1', 5353))\n"
        "print(one.sendto(b'x', one.getsockname()))"
    ),
    "a packet that leads nowhere": "import socket\nprint(socket.socket().connect_ex(('192.0.2.1', 80)))",
    "a child that listens": (
        "import os, socket, time\nserver = socket.create_server(('127.0.0.1', 8081))\n"
        "if os.fork() == 0:\n    time.sleep(60)\nprint('left')"
    ),
}


def told(engine: Engine, *programs: str) -> list[str]:
    """What programs print that run one after another."""
    printed = []
    for number, code in enumerate(programs):
        (result,) = engine.run([Program.of(f"{code}\n# {number}")])
        printed.append("".join(output.text for output in result.recording.outputs))
    return printed


@pytest.mark.parametrize("before", LEAVE_SOMETHING.values(), ids=LEAVE_SOMETHING.keys())
def test_a_program_finds_a_network_in_which_nothing_has_happened(before: str) -> None:
    """Whatever the program before it sent or left, counters and sockets are those of a new network."""
    with Engine(Settings()) as engine:
        new, left, after = told(engine, LOOKS, before, LOOKS)
    assert left
    assert after.split("\n", 1)[1] == new.split("\n", 1)[1]


def test_a_network_that_nobody_used_is_used_again_and_no_other() -> None:
    """To make one takes long; but two programs that talk never meet in one."""
    with Engine(Settings()) as engine:
        if engine.missing:
            pytest.skip(f"this system has no {engine.missing}")
        first, _, second, _, third = told(engine, LOOKS, QUIET, LOOKS, TALKS, LOOKS)
    names = [text.split("\n", 1)[0] for text in (first, second, third)]
    assert names[0].startswith("net:[")
    assert names[0] == names[1] != names[2]


def test_programs_that_run_at_once_have_different_networks() -> None:
    """Also those that come after quiet ones: each can take the same port."""
    serve = (
        "import asyncio, socket\nserver = socket.create_server(('127.0.0.1', 8082))\nasyncio.run(asyncio.sleep(0.3))"
    )
    with Engine(Settings()) as engine:
        told(engine, QUIET, QUIET)
        results = list(engine.run(Program.of(f"{serve}\nprint({number})") for number in range(6)))
    assert sorted(result.recording.outputs[0].text for result in results) == [f"{number}\n" for number in range(6)]
