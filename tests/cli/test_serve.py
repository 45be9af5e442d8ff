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
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytest.importorskip("sphinx_autobuild")

CONF = 'extensions = ["myst_parser", "sphinx_await"]\nawait_run_fences = ["**"]\n'
PAGE = "# A\n\n```python\n{0}\n```\n"
_PATIENCE = 90.0  # seconds


def holds(condition: Callable[[], bool]) -> bool:
    """Whether a condition holds before long."""
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


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

        def has_text() -> bool:
            with suppress(IncompleteRead):  # Sphinx writes it at this moment; a browser loads it when that is done
                return text in self.page()
            return False

        return holds(has_text)

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
    """One build for one edit, however an editor saves; each page is as a fresh build makes it.

    A program that fails is on its page. A module counts as it is now, also where nobody watches it. A page that is
    deleted is gone.
    """
    extension = folder.parent / "elsewhere" / "saying.py"
    extension.parent.mkdir()
    says = "def setup(app):\n    app.config.html_title = {0!r}\n"
    extension.write_text(says.format("before"))
    path = f"import sys\nsys.path.insert(0, {str(extension.parent)!r})\n"
    (folder / "conf.py").write_text(path + CONF.replace('"sphinx_await"', '"sphinx_await", "saying"'))
    (folder / "other.md").write_text(PAGE.format("print('other')"))
    page, other = folder / "index.md", folder / "_build" / "serve" / "other.html"
    with served(folder, folder.parent / "log") as server:
        assert ">first" in server.page()
        assert other.exists()
        page.write_text(PAGE.format("1 / 0"))
        assert server.shows("ZeroDivisionError")
        assert "before" in server.page()
        save_as_vim(page, PAGE.format("print('mended')"))
        assert server.shows(">mended")
        extension.write_text(says.format("afterwards"))
        page.write_text(PAGE.format("print('fresh')"))
        assert server.shows(">fresh")
        assert "afterwards" in server.page()
        (folder / "other.md").unlink()
        assert holds(lambda: not other.exists())
        assert server.builds == 5
    made = (folder / "_build" / "serve" / "index.html").read_text()
    build = [sys.executable, "-m", "sphinx", "-q", "-b", "html", ".", str(folder.parent / "fresh")]
    subprocess.run(build, cwd=folder, check=True, timeout=_PATIENCE)
    assert made == (folder.parent / "fresh" / "index.html").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="a build that waits is a fork")
def test_what_a_command_of_the_configuration_says_is_asked_again(folder: Path) -> None:
    """After it was asked by the server, by the first build and by one that waits for an edit."""
    said, asked = folder.parent / "said", folder.parent / "asked"
    command = f"print(open({str(said)!r}).read()); open({str(asked)!r}, 'a').write('.')"
    asks = f"html_title = subprocess.check_output([sys.executable, '-c', {command!r}], text=True)\n"
    said.write_text("before")
    (folder / "conf.py").write_text("import subprocess, sys\n" + asks + CONF)
    with served(folder, folder.parent / "log") as server:
        assert server.shows("before")
        assert holds(lambda: len(asked.read_text()) >= len(["server", "build", "waiting"]))
        said.write_text("afterwards")
        (folder / "index.md").write_text(PAGE.format("print('second')"))
        assert server.shows(">second")
        assert "afterwards" in server.page()


def save_as_vim(path: Path, text: str) -> None:
    """Save a file as an editor does that keeps the old one until all is written."""
    probe, old = path.with_name("4913"), path.with_name(f"{path.name}~")
    probe.touch()
    probe.unlink()
    path.rename(old)
    path.touch()
    path.write_text(text)
    old.unlink()


def test_a_conf_that_fails_does_not_end_it(folder: Path) -> None:
    """The last pages stay and say it, and the next edit builds."""
    websockets = pytest.importorskip("websockets")

    async def says(url: str, state: str) -> None:
        async with websockets.connect(f"{url.replace('http', 'ws')}/sphinx-await-serve") as socket:
            while json.loads(await asyncio.wait_for(socket.recv(), _PATIENCE))["state"] != state:
                pass

    with served(folder, folder.parent / "log") as server:
        (folder / "conf.py").write_text("1 / 0\n")
        asyncio.run(says(server.url, "failed"))
        assert ">first" in server.page()
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
    """That it has begun, how many programs have run, that the page is written, and that it has ended."""
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
    number = said[0].pop("build")
    assert all(one.pop("build") == number for one in said[1:])
    assert [one["state"] for one in said] == ["building", "running", "running", "written", "ended"]
    assert said[2] == {"state": "running", "done": 2, "all": 2}
    assert said[3] == {"state": "written", "page": "index.html"}


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
