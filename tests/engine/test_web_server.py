"""The stand-ins that answer for hosts, and the hosts that are not there."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING

from sphinx_await.core.model.recording import StandIn
from sphinx_await.core.steps.builder import make_steps
from sphinx_await.core.text.output_lines import text_of
from sphinx_await.core.timeline.builder import make_timeline
from sphinx_await.core.timeline.model import LaneKind
from sphinx_await.engine.hosts import Host
from sphinx_await.engine.mock_server import MockServers
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..conftest import seed_programs
from ..support.steps import check_steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Run

HOSTS = {
    "www.python.org": Host("<!doctype html><title>Python</title>", 0.30),
    "www.google.com": Host("<!doctype html><title>Google</title>", 0.12),
    "www.github.com": Host("<!doctype html><title>GitHub</title>", 0.22),
}


def test_the_seeds_first_program_overlaps_its_requests(run_with: Callable[[Settings], Run]) -> None:
    """Three https sites answer over TLS, in about the time of the slowest, and the recording names them."""
    recording = run_with(Settings(hosts=HOSTS))(seed_programs()[0])
    assert recording.failure is None
    assert [line.split("의")[0] for line in text_of(recording.outputs, "stdout").splitlines()] == [
        "https://www.python.org",
        "https://www.google.com",
        "https://www.github.com",
    ]
    assert 0.30 <= recording.wall < 0.55
    assert set(recording.stand_ins) == {StandIn(name, host.delay) for name, host in HOSTS.items()}


def test_what_aiohttp_does_for_itself_shares_a_lane(run_with: Callable[[Settings], Run]) -> None:
    """Its tasks, however it creates them, and the threads that resolve names for these; not the program's."""
    recording = run_with(Settings(hosts=HOSTS))(seed_programs()[0])
    timeline = make_timeline(recording)
    rows = [lane.row for lane in timeline.lanes]
    assert (rows.count(LaneKind.TASK), rows.count(LaneKind.INTERNAL), rows.count(LaneKind.THREAD)) == (4, 1, 0)
    (shared,) = [lane for lane in timeline.lanes if lane.row is LaneKind.INTERNAL]
    work = [one for thread in recording.threads for one in thread.work]
    assert work
    assert shared.start <= min(one.start for one in work)
    assert max(one.end or 0.0 for one in work) <= shared.end
    steps = make_steps(recording)
    check_steps(recording, steps)
    assert not any(moment.thread for moment in steps.moments)


def test_urllib_and_streams_reach_a_stand_in(run_with: Callable[[Settings], Run]) -> None:
    """The standard library's clients find it too, with TLS that they verify, and without."""
    code = """
import asyncio, urllib.request
print(urllib.request.urlopen("https://www.python.org").read().decode())
async def main():
    reader, writer = await asyncio.open_connection("www.github.com", 80)
    writer.write(b"GET / HTTP/1.0\\r\\nHost: www.github.com\\r\\n\\r\\n")
    print((await reader.read()).decode().splitlines()[-1])
    writer.close()
asyncio.run(main())
"""
    recording = run_with(Settings(hosts=HOSTS))(code)
    assert text_of(recording.outputs, "stdout").splitlines() == [
        "<!doctype html><title>Python</title>",
        "<!doctype html><title>GitHub</title>",
    ]


def test_any_other_host_is_missing(run_with: Callable[[Settings], Run]) -> None:
    """An unknown host fails as a host does that does not exist."""
    code = """
import socket
for name in ("nowhere.example", "WWW.PYTHON.ORG"):
    try: print(name, bool(socket.getaddrinfo(name, 443)))
    except socket.gaierror as error: print(error.errno == socket.EAI_NONAME, error)
"""
    recording = run_with(Settings(hosts=HOSTS))(code)
    assert text_of(recording.outputs, "stdout").splitlines() == [
        "True [Errno -2] Name or service not known",
        "WWW.PYTHON.ORG True",
    ]


def test_a_port_at_which_nobody_listens_refuses(run_with: Callable[[Settings], Run]) -> None:
    """A stand-in has a web server and nothing else."""
    code = """
import socket
try: socket.create_connection(("www.python.org", 5432), timeout=5)
except ConnectionRefusedError: print("refused")
"""
    assert text_of(run_with(Settings(hosts=HOSTS))(code).outputs, "stdout") == "refused\n"


def test_without_mock_servers_no_host_is_there(run: Run) -> None:
    """By default every name but the machine's own is missing."""
    code = """
import socket
print(bool(socket.getaddrinfo("localhost", 80)), bool(socket.getaddrinfo("127.0.0.1", 80)))
try: socket.gethostbyname("www.python.org")
except socket.gaierror as error: print(error.errno == socket.EAI_NONAME)
"""
    assert text_of(run(code).outputs, "stdout") == "True True\nTrue\n"


def test_a_handler_answers_for_a_host(run_with: Callable[[Settings], Run], tmp_path: Path) -> None:
    """An aiohttp handler named in the configuration makes the answer."""
    (tmp_path / "lesson_handlers.py").write_text(
        "from aiohttp import web\nasync def echo(request):\n    return web.json_response({'path': request.path})\n"
    )
    host = Host(handler="lesson_handlers:echo")
    run = run_with(Settings(hosts={"api.example": host}, path=(str(tmp_path),)))
    code = "import urllib.request; print(urllib.request.urlopen('http://api.example/users/1').read().decode())"
    assert text_of(run(code).outputs, "stdout") == '{"path": "/users/1"}\n'


def test_connections_that_a_program_does_not_use_are_its_own_loss() -> None:
    """More than it may have are closed at once, with and without TLS, and other programs get their answers."""
    hoard = """
import socket, time
mine = [socket.create_connection(("www.python.org", port)) for port in (80, 443) for _ in range(400)]
time.sleep(1)
closed = 0
for one in mine:
    one.setblocking(False)
    try: closed += one.recv(1) == b""
    except BlockingIOError: pass
    except ConnectionError: closed += 1
print(closed >= 500)
"""
    ask = "import urllib.request as u\nprint(all(u.urlopen('https://www.google.com').read() for _ in range(5)))"
    with Engine(Settings(hosts=HOSTS)) as engine:
        programs = [Program.of(hoard, 20), *(Program.of(f"{ask}\n# {number}", 20) for number in range(3))]
        results = list(engine.run(programs))
    assert [text_of(one.recording.outputs, "stdout") for one in results] == ["True\n"] * len(programs)


def test_a_handler_that_raises_or_hangs_is_seen_by_who_asked(
    run_with: Callable[[Settings], Run], tmp_path: Path
) -> None:
    """The answer says what it raised; the next request of anybody is answered."""
    (tmp_path / "odd_handlers.py").write_text(
        "import asyncio, sys\n"
        "async def odd(request):\n"
        "    if request.path == '/hang': await asyncio.Event().wait()\n"
        "    if request.path == '/exit': sys.exit(3)\n"
        "    raise ValueError('no answer')\n"
    )
    code = """
import urllib.error, urllib.request
for path in ("hang", "exit", "raise"):
    try: urllib.request.urlopen(f"http://odd.example/{path}", timeout=0.5)
    except urllib.error.HTTPError as error: print(error.code, error.read().decode(), end="")
    except TimeoutError: print("timeout")
print(urllib.request.urlopen("http://www.google.com").status)
"""
    hosts = {**HOSTS, "odd.example": Host(handler="odd_handlers:odd")}
    said = "the handler of odd.example in await_hosts raised"
    expected = f"timeout\n500 {said} SystemExit: 3\n500 {said} ValueError: no answer\n200\n"
    run = run_with(Settings(hosts=hosts, path=(str(tmp_path),)))
    assert [text_of(run(f"{code}# {again}").outputs, "stdout") for again in range(2)] == [expected] * 2


def test_a_program_that_ends_at_once_leaves_no_socket() -> None:
    """Its sockets are closed although nobody has begun to listen on them."""

    async def listen_and_close() -> list[int]:
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        servers = MockServers(HOSTS, ssl.create_default_context(), lambda _run, _host: None)
        servers.listen("1", sockets)
        servers.close_sockets("1")
        await asyncio.sleep(0.1)
        return [one.fileno() for one in sockets]

    assert asyncio.run(listen_and_close()) == [-1, -1]
