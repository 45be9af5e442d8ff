"""Programs that meet: a server and its clients, at the same time in one network."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from sphinx_await.core.model.recording import NOT_BEGUN, NOT_MET
from sphinx_await.core.text.output_lines import read_lines
from sphinx_await.engine.hosts import Host
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from .test_shared_folder import KINDS, printed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which program listens")

SERVER = """\
import asyncio

async def handle(reader, writer):
    line = await reader.readline()
    print("got", line.decode().strip())
    writer.write(b"hello " + line)
    await reader.read()
    print("gone")
    writer.close()

async def main():
    async with await asyncio.start_server(handle, "127.0.0.1", PORT) as server:
        await server.serve_forever()

asyncio.run(main())
"""
CLIENT = """\
import socket
with socket.create_connection(("127.0.0.1", PORT)) as connection:
    connection.sendall(b"NAME\\n")
    print(connection.recv(99).decode().strip())
"""
CHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {SERVER!r}])"
ASKS = '    asker = (await asyncio.open_connection("127.0.0.1", 8765))[1]\n    asker.close()\n'
PROXY = SERVER.replace("hello ", "proxied ").replace("    print", f"{ASKS}    print", 1)


def server(code: str, seconds: float = 20, port: int = 8765) -> Program:
    """A program that is stopped, which is right."""
    return Program((code.replace("PORT", str(port)),), seconds, hangs=True)


def client(name: str, port: int = 8765) -> Program:
    """A program that says its name to a server."""
    return Program.of(CLIENT.replace("PORT", str(port)).replace("NAME", name), 20)


@pytest.mark.parametrize("kind", KINDS)
def test_clients_begin_when_their_server_listens(kind: dict[str, object]) -> None:
    """They reach it at 127.0.0.1. It is stopped when they have ended, and has seen them go."""
    pair = Program.in_one_network([server(SERVER), client("Ada"), client("Eve")], [(), (0,), (0,)])
    child = Program.in_one_network([server(CHILD, port=8766), client("Bob", 8766)], [(), (0,)])
    with Engine(Settings(**kind)) as engine:  # type: ignore[arg-type]
        results = {one.program: one for one in engine.run([pair, child])}
    served, *rest = printed(results[pair])
    assert sorted(served) == ["gone", "gone", "got Ada", "got Eve"]
    assert rest == [["hello Ada"], ["hello Eve"]]
    assert [one.timed_out for one in results[pair].recordings] == [True, False, False]
    assert all(one.requires.complete and one.wall < 20 for one in results[pair].recordings)
    assert len({one.started for one in results[pair].recordings}) == 1
    assert printed(results[child])[1] == ["hello Bob"]


def test_a_server_may_meet_another_one() -> None:
    """It starts when that one listens, and that one is stopped after it. Mock hosts answer all of them."""
    asks = "from urllib.request import urlopen\nprint(urlopen('http://host.test/').read())\n"
    last = client("Ada", 8766)
    both = [server(SERVER), server(PROXY, port=8766), replace(last, parts=(asks + last.parts[0],))]
    with Engine(Settings(hosts={"host.test": Host("hi")})) as engine:
        (result,) = engine.run([Program.in_one_network(both, [(), (0,), (1,)])])
    assert printed(result) == [["got ", "gone"], ["got Ada", "gone"], ["b'hi'", "proxied Ada"]]


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_meets_what_does_not_listen(kind: dict[str, object]) -> None:
    """The client does not run. It is kept if its server failed, and not if that was perhaps too slow."""
    fails = Program.in_one_network([server("1 / 0"), client("Ada")], [(), (0,)])
    sleeps = Program.in_one_network([server("import time; time.sleep(60)", 0.3), client("Ada")], [(), (0,)])
    with Engine(Settings(**kind)) as engine:  # type: ignore[arg-type]
        results = {one.program: one.recordings for one in engine.run([fails, sleeps])}
    failures = [results[one][1].failure for one in (fails, sleeps)]
    assert [one and one.message for one in failures] == [
        "what it meets had ended before it listened",
        "what it meets was stopped before it listened",
    ]
    assert [one.requires.complete for one in results[fails]] == [True, True]
    assert [one.requires.complete for one in results[sleeps]] == [False, False]
    assert [one.wall for one in (results[fails][1], results[sleeps][1])] == [0.0, 0.0]


def test_a_client_is_told_of_its_own_server_only() -> None:
    """And a server whose clients can begin no more is stopped at once."""
    programs = [server(SERVER), server("1 / 0", port=8766), client("Ada")]
    with Engine(Settings()) as engine:
        (result,) = engine.run([Program.in_one_network(programs, [(), (), (0, 1)])])
        (other,) = engine.run([Program.in_one_network([*programs, client("Eve")], [(), (), (0,), (1,)])])
    assert result.recordings[0].wall < 10
    assert [one.failure and one.failure.message for one in result.recordings][2] == NOT_MET.message
    assert [one.failure and one.failure.message for one in other.recordings][2:] == [NOT_BEGUN.message, NOT_MET.message]


def test_what_a_time_limit_did_to_a_client_is_not_kept() -> None:
    """Another time the server may be fast enough."""
    slow = CLIENT.replace("    connection", "    import time; time.sleep(0.8)\n    connection", 1).replace(
        "PORT", "8765"
    )
    with Engine(Settings()) as engine:
        (result,) = engine.run(
            [Program.in_one_network([server(SERVER, 0.4), Program.of(slow)], [(), (0,)])], rerun=False
        )
    assert [one.requires.complete for one in result.recordings] == [False, False]


def test_a_network_of_a_meeting_is_nobody_elses() -> None:
    """Neither beside it nor after it."""
    look = "import socket\nprint(socket.socket().connect_ex(('127.0.0.1', 8765)) == 0)"
    waiting = CLIENT.replace("with ", "import time\nwith ") + "    time.sleep(0.3)\n"
    meeting = Program.in_one_network([server(SERVER), Program.of(waiting.replace("PORT", "8765"))], [(), (0,)])
    with Engine(Settings()) as engine:
        results = list(engine.run([meeting, Program((look,), copy=1), Program((look,), copy=2)]))
        (after,) = engine.run([Program.of(look)])
        if engine.missing:
            pytest.skip(f"no {engine.missing}")
    alone = [one for one in (*results, after) if not one.program.meets]
    assert [[line.text for line in read_lines(one.recording.outputs)] for one in alone] == [["False"]] * 3


def test_where_nobody_says_who_listens_programs_cannot_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both say so, and what runs by itself runs."""
    monkeypatch.setattr("sphinx_await.engine.spawn_backend.SpawnBackend.no_meetings", "programs can meet on Linux only")
    pair = Program.in_one_network([server(SERVER), client("Ada")], [(), (0,)])
    with Engine(Settings(fork=False)) as engine:
        (result,) = engine.run([pair])
    assert ["Linux only" in one.failure.message for one in result.recordings if one.failure] == [True, True]
