"""Programs do under the engine what they do under ``python``: the same streams, order and status."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import termios
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.syntax import decode_source
from sphinx_await.engine.process_environment import plain_environment
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from .differential import AUDITED, DESCRIPTORS, programs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PROGRAMS = programs()
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}|pid \d+|line -?\d+, in __del__")
TIMEOUT = 60


def by_python(folder: Path, source: bytes) -> tuple[str, int]:
    """What ``python snippet.py`` prints on both streams together, in its order, and its status."""
    folder.mkdir()
    (folder / "snippet.py").write_bytes(source)
    done = subprocess.run(
        [sys.executable, "-u", "snippet.py"],
        cwd=folder,
        env=plain_environment() | {"HOME": str(folder), "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
    )
    # The engine gives an interrupted program the status that a shell gives it.
    status = 130 if done.returncode == -signal.SIGINT else done.returncode
    return plain(done.stdout.decode("utf-8", "backslashreplace"), folder), status


def plain(text: str, folder: Path | str) -> str:
    """A text without what differs from run to run."""
    text = text.replace(f"{folder}{os.sep}", "").replace(str(folder), "FOLDER")
    return _ADDRESS.sub("#", text)


#: What differs, and is known to: Python 3.11 counts calls of C functions, of which three are below the program.
DEEPER = ("def f(n): return f(n + 1)",) if sys.version_info < (3, 12) else ()


def by_engine(sources: Iterable[bytes]) -> dict[bytes, tuple[str, int]]:
    """The same of runs under the engine."""
    codes: dict[Program, bytes] = {}
    for source in sources:
        try:
            codes[Program.of(decode_source(source), TIMEOUT)] = source
        except SyntaxError:
            continue
    found = {}
    with Engine(Settings()) as engine:
        for result in engine.run(codes, rerun=False):
            text = "".join(output.text for output in result.recording.outputs)
            folder = next(iter(re.findall(r"/[\w/.-]*/run-home", text)), "/none")
            found[codes[result.program]] = plain(text, folder), result.recording.exit
    return found


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[bytes, tuple[tuple[str, int], tuple[str, int]]]:
    """What each program does under ``python`` and under the engine."""
    folder = tmp_path_factory.mktemp("plain")
    engine = by_engine(PROGRAMS)
    with ThreadPoolExecutor(2) as pool:
        names = (folder / str(number) for number in range(len(PROGRAMS)))
        python = dict(zip(PROGRAMS, pool.map(by_python, names, PROGRAMS), strict=True))
    return {source: (python[source], engine[source]) for source in PROGRAMS if source in engine}


def test_there_are_many(both: dict[bytes, object]) -> None:
    """Of many sorts, and each is run in both ways."""
    assert len(both) == len(PROGRAMS) >= 200


def test_programs_do_what_they_do_under_python(both: dict[bytes, tuple[tuple[str, int], tuple[str, int]]]) -> None:
    """The same text, in the same order, and the same exit status."""
    differ = {source.decode("utf-8", "replace"): pair for source, pair in both.items() if pair[0] != pair[1]}
    assert {text for text in differ if not any(one in text for one in DEEPER)} == set()


BLOCKER = (
    "import sys\n"
    "class Blocker:\n"
    "    def find_spec(self, name, path=None, target=None):\n"
    "        if name == {name!r}: raise {error}('blocked')\n"
    "sys.meta_path.insert(0, Blocker())\n"
)

#: Programs that set up where modules are found, and then ask for one that the engine has at hand.
SETTING_UP = (
    BLOCKER.format(name="json", error="ModuleNotFoundError") + "import json",
    BLOCKER.format(name="nosuch", error="ImportError") + "import nosuch",
    BLOCKER.format(name="json.decoder", error="ImportError") + "import json",
    BLOCKER.format(name="asyncio", error="ImportError") + "import asyncio",
    "open('statistics.py', 'w').write('X = 5')\nimport statistics; print(statistics.X)",
    (
        "open('queue.py', 'w').write('class Queue: pass\\nclass Empty(Exception): pass\\nX = 5')\n"
        "import queue; print(queue.X)"
    ),
    "open('colorsys.py', 'w').write('X = 5')\nimport asyncio, colorsys; print(colorsys.X)",
    "open('selectors.py', 'w').write('1 / 0')\nimport asyncio",
    (
        "import os, sys\nos.mkdir('d'); open('d/heapq.py', 'w').write('X = 5')\nsys.path.insert(0, 'd')\n"
        "import heapq; print(heapq.X)"
    ),
    "import sys\nsys.path[:] = []\nimport json",
    "import sys\nsys.path.append('nowhere')\nimport asyncio, json; print(json.dumps(1), asyncio.__name__)",
    "import sys, json\nold = json\ndel sys.modules['json']\nimport json; print(old is json, json.dumps(1))",
    "import sys\nsys.modules['json'] = None\nimport json",
)


@pytest.fixture(scope="module")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> dict[bytes, tuple[tuple[str, int], tuple[str, int]]]:
    """What those programs do under ``python`` and under the engine."""
    folder = tmp_path_factory.mktemp("set-up")
    sources = [source.encode() for source in SETTING_UP]
    engine = by_engine(sources)
    return {source: (by_python(folder / str(n), source), engine[source]) for n, source in enumerate(sources)}


@pytest.mark.parametrize("source", SETTING_UP)
def test_a_module_is_the_one_that_the_program_would_find(
    set_up: dict[bytes, tuple[tuple[str, int], tuple[str, int]]], source: str
) -> None:
    """Whatever it did to its import path and finders; with no frame of ours in a traceback."""
    python, engine = set_up[source.encode()]
    assert engine == python


def by_python_on_a_terminal(folder: Path, source: bytes) -> tuple[str, int]:
    """What ``python snippet.py`` prints on a terminal, where it buffers lines as the engine does, and its status."""
    folder.mkdir()
    (folder / "snippet.py").write_bytes(source)
    screen, terminal = os.openpty()
    mode = termios.tcgetattr(terminal)
    mode[1] &= ~termios.OPOST  # it changes no ends of lines
    termios.tcsetattr(terminal, termios.TCSANOW, mode)
    with subprocess.Popen(
        [sys.executable, "snippet.py"],
        cwd=folder,
        env=plain_environment() | {"HOME": str(folder), "TMPDIR": str(folder), "PYTHON_COLORS": "0"},
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        printed = b""
        while piece := _read(screen):
            printed += piece
        os.close(screen)
        return plain(printed.decode("utf-8", "backslashreplace"), folder), process.wait(TIMEOUT)


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 1 << 16)
    except OSError:  # nobody has the terminal any more
        return b""


def test_descriptors_lead_where_the_program_has_them_lead(tmp_path: Path) -> None:
    """What ``print`` writes goes to another file, nowhere, or fails, and comes back, as under ``python``."""
    sources = [source.encode() for source in DESCRIPTORS]
    engine = by_engine(sources)
    python = {source: by_python_on_a_terminal(tmp_path / str(n), source) for n, source in enumerate(sources)}
    assert {one.decode(): (python[one], engine[one]) for one in sources if python[one] != engine[one]} == {}


def without_end(text: str) -> Counter[str]:
    """How often each line is in a text, but for events of the interpreter itself when it goes."""
    return Counter(line for line in text.splitlines() if not line.startswith("event cpython."))


def test_a_hook_of_a_program_sees_no_audit_event_of_ours(tmp_path: Path) -> None:
    """It sees those that it would see under ``python``, and what it forbids is forbidden."""
    sources = [source.encode() for source in AUDITED]
    engine = by_engine(sources)
    odd = {}
    for number, source in enumerate(sources):
        python, status = by_python(tmp_path / str(number), source)
        text, own_status = engine[source]
        there, here = without_end(python), without_end(text)
        fewer = there - here
        del fewer["event open"]  # the lines of the program are known: nothing has to open its file for a message
        if here - there or fewer or status != own_status:
            odd[source.decode()] = (here - there, fewer, own_status, status)
    assert odd == {}
