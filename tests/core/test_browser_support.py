"""What cannot run in a browser is known before anybody presses a button."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sphinx_await.core.model.recording import Recording, Thread, Work
from sphinx_await.core.validation.browser_support import obstacle

MADE = Recording("CPython 3.13.0", "Linux x86_64", "2026-11-24T12:00:00+00:00", wall=1.0, cpu=0.1, exit=0)


@pytest.mark.parametrize(
    ("code", "needs"),
    [
        ("import asyncio, aiohttp\nasyncio.run(main())", None),
        ("from yarl import URL\nfrom __future__ import annotations", None),
        ("import threading\nprint(threading.main_thread())", None),
        ("import subprocess", "subprocess"),
        ("def later():\n    from multiprocessing import Pool", "multiprocessing"),
        ("from concurrent.futures import ThreadPoolExecutor", "concurrent"),
        ("from urllib.request import urlopen", "urllib.request"),
        ("from urllib import request", "urllib.request"),
        ("from urllib.parse import urlsplit", None),
        ("import numpy as np", "numpy"),
        ("from . import neighbour", None),
        ("await asyncio.to_thread(work)", "asyncio.to_thread"),
        ("await loop.run_in_executor(None, work)", "run_in_executor"),
        ("threading.Thread(target=work).start()", "threading.Thread"),
        ("await asyncio.create_subprocess_exec('ls')", "subprocess"),
        ("signal.raise_signal(signal.SIGINT)", "signal"),
        ("name = input('name? ')", None),
        ("form.input()", None),
        ("os.system('ls')", "os.system"),
        ("platform.system()", None),
        ("print(open('notes.txt').read())", "open"),
        ("open('notes.txt', 'w').write('a')\nprint(open('notes.txt').read())", None),
        ("open('notes.txt', mode='x')", None),
        ("open('notes.txt', 'w')\nimport subprocess", "subprocess"),
        ("import zoneinfo", "zoneinfo"),
        ("print('no Python", None),
        ("import asyncore", "asyncore"),
        ("from telnetlib import Telnet", "telnetlib"),
        ("import termios", "termios"),
        ("import grp", "grp"),
        ("import syslog", "syslog"),
        ("await loop.create_datagram_endpoint(Echo, ('127.0.0.1', 9))", "socket"),
        ("print(Path('notes.txt').read_text())", "read_text"),
        ("print(Path('notes.txt').read_bytes())", "read_bytes"),
        ("with Path('data.txt').open() as file: print(file.read())", "open"),
        ("path.write_text('a')\nprint(path.read_text())", None),
        ("path.open('w')\nprint(path.open().read())", None),
        ("class Door:\n    def open(self): ...\nDoor().open()", None),
        ("from sphinx_await import display\ndisplay(Square())", None),
        ("import sphinx_await\nsphinx_await.display(Square())", None),
        ("import sphinx_await.engine", "sphinx_await"),
        ("from sphinx_await import display\ndisplay(Path('chart.png'))", "Path"),
        ("from sphinx_await import display\nPath('a.svg').write_text('<svg/>')\ndisplay(Path('a.svg'))", None),
    ],
)
def test_what_a_program_needs_is_named(code: str, needs: str | None) -> None:
    """By imports and calls, as programs name it."""
    assert obstacle([code]) == needs


@pytest.mark.parametrize(
    ("code", "needs"),
    [
        ("print(os.environ['KEY'])", "os.environ['KEY']"),
        ("from os import environ\nprint(environ.get('KEY', ''))", "os.environ['KEY']"),
        ("print(os.getenv('KEY'))", "os.environ['KEY']"),
        ("print(os.environ['HOME'], {'KEY': 1}['KEY'])", None),
        ("os.environ['KEY'] = '1'\nprint(os.environ['KEY'])", None),
    ],
)
def test_a_variable_of_the_build_is_no_reader_s(code: str, needs: str | None) -> None:
    """Unless the program sets it."""
    assert obstacle([code], environment={"KEY": "secret"}) == needs


def test_what_any_part_of_a_session_needs_is_named() -> None:
    """Each is read by itself, and what one writes another may read."""
    assert obstacle(["x = 1", "from __future__ import annotations\nimport subprocess"]) == "subprocess"
    assert obstacle(["print('no", "import subprocess"]) == "subprocess"
    assert obstacle(["open('a', 'w').write('b')", "print(open('a').read())"]) is None


def test_a_recording_knows_of_threads_that_the_code_does_not_show() -> None:
    """Such as those of a library."""
    assert obstacle(["print(1)"], replace(MADE, threads=(Thread("worker"),))) == "threading"
    looked_up = Thread("asyncio_0", (Work(0.0, 0.1, "getaddrinfo"),))
    assert obstacle(["print(1)"], replace(MADE, threads=(looked_up,))) is None
    assert obstacle(["print(1)"], replace(MADE, network=True)) == "socket"
    assert obstacle(["print(1)"], MADE) is None
