"""The stand-ins that answer for hosts, and the hosts that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_await.core.model.recording import StandIn
from sphinx_await.core.text.output_lines import text_of
from sphinx_await.engine.settings import Host, Settings

from ..conftest import seed_programs

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
