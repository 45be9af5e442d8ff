"""``python -m sphinx_await serve``: a site that follows its sources."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import IncompleteRead
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("sphinx_autobuild")

CONF = 'extensions = ["myst_parser", "sphinx_await"]\nawait_run_fences = ["**"]\n'
PAGE = "# A\n\n```python\n{0}\n```\n"
_PATIENCE = 90.0  # seconds


@dataclass(frozen=True)
class Served:
    """A server, its address and what it prints."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def page(self) -> str:
        """Its first page."""
        with urllib.request.urlopen(self.url, timeout=_PATIENCE) as answer:  # noqa: S310 - of this machine
            return str(answer.read().decode())

    def shows(self, text: str) -> bool:
        """Whether the page has a text before long."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            with suppress(IncompleteRead):  # Sphinx writes it at this moment; a browser loads it again after the build
                if text in self.page():
                    return True
            time.sleep(0.05)
        return False

    @property
    def builds(self) -> int:
        """How many builds have begun."""
        return self.log.read_text().count("Running Sphinx")


@contextmanager
def served(folder: Path, log: Path) -> Iterator[Served]:
    """Serve a project until the end of the block."""
    command = [sys.executable, "-m", "sphinx_await", "serve", "--port", "0"]
    with log.open("wb") as out, subprocess.Popen(command, cwd=folder, stdout=out, stderr=out) as process:
        try:
            end = time.monotonic() + _PATIENCE
            while (found := re.search(r"(http://127\.0\.0\.1:\d+) follows", log.read_text())) is None:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.05)
            server = Served(found[1], log, process)
            while True:
                try:
                    server.page()
                    break
                except OSError:
                    assert time.monotonic() < end, log.read_text()
                    time.sleep(0.05)
            yield server
        finally:
            process.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
            process.wait(_PATIENCE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a project."""
    made = tmp_path / "project"
    made.mkdir()
    (made / "conf.py").write_text(CONF)
    (made / "index.md").write_text(PAGE.format("print('first')"))
    return made


def test_a_page_follows_its_source(folder: Path) -> None:
    """One build for one edit; a program that fails is on the page, and the server goes on."""
    with served(folder, folder.parent / "log") as server:
        assert ">first" in server.page()
        (folder / "index.md").write_text(PAGE.format("1 / 0"))
        assert server.shows("ZeroDivisionError")
        (folder / "index.md").write_text(PAGE.format("print('mended')"))
        assert server.shows(">mended")
        assert server.builds == 3


def test_a_conf_that_fails_does_not_end_it(folder: Path) -> None:
    """The last pages stay, and the next edit builds."""
    with served(folder, folder.parent / "log") as server:
        (folder / "conf.py").write_text("1 / 0\n")
        assert server.shows(">first")
        (folder / "conf.py").write_text(CONF)
        (folder / "index.md").write_text(PAGE.format("print('mended')"))
        assert server.shows(">mended")


def test_a_file_that_is_written_anew_and_stays_the_same_builds_nothing(folder: Path) -> None:
    """Some extensions write such files in each build."""
    (folder / "data.txt").write_text("same")
    with served(folder, folder.parent / "log") as server:
        (folder / "data.txt").write_text("other")
        (folder / "index.md").write_text(PAGE.format("print('second')"))
        assert server.shows(">second")
        before = server.builds
        for _ in range(3):
            (folder / "data.txt").write_text("other")
        (folder / "index.md").write_text(PAGE.format("print('third')"))
        assert server.shows(">third")
        assert server.builds == before + 1


def test_pages_are_told_how_far_a_build_is(folder: Path) -> None:
    """That it has begun, how many programs have run, and that it has ended."""
    websockets = pytest.importorskip("websockets")

    async def messages(url: str) -> list[dict[str, object]]:
        async with websockets.connect(f"{url.replace('http', 'ws')}/sphinx-await-serve") as socket:
            (folder / "index.md").write_text(PAGE.format("print(1)") + PAGE.format("print(2)"))
            found: list[dict[str, object]] = []
            while not found or found[-1]["state"] != "ended":
                found.append(json.loads(await asyncio.wait_for(socket.recv(), _PATIENCE)))
            return found

    with served(folder, folder.parent / "log") as server:
        assert "sphinx-await-serve" in server.page()
        said = asyncio.run(messages(server.url))
    assert said[0] == {"state": "building"}
    assert {"state": "running", "done": 2, "all": 2} in said


def test_the_project_is_left_as_it_is(folder: Path) -> None:
    """But for the output, which no later build reads, and the recordings, which every build uses."""
    with served(folder, folder.parent / "log"):
        pass
    assert sorted(path.name for path in folder.iterdir()) == [".await-cache", "_build", "conf.py", "index.md"]
    shutil.rmtree(folder / "_build")


def test_a_folder_without_conf_is_refused(tmp_path: Path) -> None:
    """With a sentence that says what to do."""
    command = [sys.executable, "-m", "sphinx_await", "serve"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    assert done.returncode == 2
    assert "has no conf.py; --conf DIR names the folder of one" in done.stderr
