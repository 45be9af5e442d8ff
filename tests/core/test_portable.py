"""What cannot run in a browser is known before anybody presses a button."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sphinx_await.core.portable import obstacle
from sphinx_await.core.recording import Recording, Thread, Work

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
        ("name = input('name? ')", "input"),
        ("form.input()", None),
        ("os.system('ls')", "os.system"),
        ("platform.system()", None),
        ("print(open('notes.txt').read())", "open"),
        ("open('notes.txt', 'w').write('a')\nprint(open('notes.txt').read())", None),
        ("open('notes.txt', mode='x')", None),
        ("open('notes.txt', 'w')\nimport subprocess", "subprocess"),
        ("import zoneinfo", "zoneinfo"),
        ("print('no Python", None),
    ],
)
def test_what_a_program_needs_is_named(code: str, needs: str | None) -> None:
    """By imports and calls, as programs name it."""
    assert obstacle(code) == needs


def test_a_recording_knows_of_threads_that_the_code_does_not_show() -> None:
    """Such as those of a library."""
    assert obstacle("print(1)", replace(MADE, threads=(Thread("worker"),))) == "threading"
    looked_up = Thread("asyncio_0", (Work(0.0, 0.1, "getaddrinfo"),))
    assert obstacle("print(1)", replace(MADE, threads=(looked_up,))) is None
    assert obstacle("print(1)", replace(MADE, network=True)) == "socket"
    assert obstacle("print(1)", MADE) is None
