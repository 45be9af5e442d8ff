"""Programs do under the engine what they do under ``python``: the same streams, order and status."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.syntax import decode_source
from sphinx_await.engine.process_environment import plain_environment
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from .differential import programs

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


#: What differs, and is known to: they see our frames, which are below their own.
DEEPER = ("def f(n): return f(n + 1)", "inspect.stack()", "get_stack()")


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
