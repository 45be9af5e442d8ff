"""The network in which a program finds itself: its own, and as if nobody had been there before."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sphinx_await.engine.linux import sandbox
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


#: A name that is looked up as libraries do: by asyncio, by HTTP clients and servers, for one family or any.
LOOKUPS = """
import asyncio, socket
for family in socket.AF_UNSPEC, socket.AF_INET, socket.AF_INET6:
    for flags in 0, socket.AI_ADDRCONFIG, socket.AI_ADDRCONFIG | socket.AI_PASSIVE:
        found = socket.getaddrinfo("localhost", 80, family, socket.SOCK_STREAM, flags=flags)
        print(family.name, flags, sorted({address[0] for *_, address in found}))
"""
MEETING = """
import asyncio, socket

async def main():
    loop = asyncio.get_running_loop()
    for family in socket.AF_INET, socket.AF_INET6:
        (*_, address), *_ = await loop.getaddrinfo("localhost", 0, family=family, flags=socket.AI_ADDRCONFIG)
        server = await asyncio.start_server(lambda reader, writer: writer.close(), *address[:2], family=family)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2], family=family)
        print(family.name, await reader.read())
        writer.close()
        server.close()
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, ("localhost", 0), family=family)
        print(transport.get_extra_info("sockname")[0])
        transport.close()

asyncio.run(main())
"""


def test_localhost_is_found_in_every_way_a_library_looks_it_up() -> None:
    """Also with AI_ADDRCONFIG, for which 127.0.0.1 and ::1 alone do not count as addresses of a machine."""
    with Engine(Settings()) as engine:
        if engine.missing:
            pytest.skip(f"this system has no {engine.missing}")
        lookups, meeting = told(engine, LOOKUPS, MEETING)
    found = {"AF_UNSPEC": "['127.0.0.1', '::1']", "AF_INET": "['127.0.0.1']", "AF_INET6": "['::1']"}
    by_family: dict[str, set[str]] = {}
    for line in lookups.splitlines():
        family, _, addresses = line.split(maxsplit=2)
        by_family.setdefault(family, set()).add(addresses)
    assert by_family == {family: {addresses} for family, addresses in found.items()}
    assert meeting.splitlines() == ["AF_INET b''", "127.0.0.1", "AF_INET6 b''", "::1"]


def test_the_machine_finds_its_own_name_in_a_network_of_its_own() -> None:
    """As the hosts file of a machine says it; a mock host of that name comes first."""
    own = "import socket\nprint(socket.gethostbyname(socket.gethostname())[:4], socket.gethostbyname('localhost'))"
    with Engine(Settings()) as engine:
        (printed,) = told(engine, own)
    assert printed == "127. 127.0.0.1\n"


def test_a_machine_that_is_called_localhost_gives_it_no_second_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And a name that is mocked is the mock server's, also if it is the machine's own."""
    for name, expected in (("localhost", []), ("site.example", ["127.0.0.2 site.example"]), ("box", ["127.0.1.1 box"])):
        monkeypatch.setattr("os.uname", lambda name=name: SimpleNamespace(nodename=name))
        hosts = Path(sandbox._bind_overrides({"site.example"}, tmp_path)["/etc/hosts"]).read_text().splitlines()
        assert hosts[:2] == ["127.0.0.1 localhost", "::1 localhost ip6-localhost"]
        assert [line for line in hosts[2:] if line.endswith(f" {name}")] == expected
