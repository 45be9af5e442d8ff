"""Times from saving a page until it shows the new run, for an author who has ``sphinx-await serve`` open.

``python -m tests.bench.saving`` (``nox -s save_bench``): a copy of this course, to whose pages a program of 1 s is
added, which each sample edits. It prints a table, and exits with 1 if a promise is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect

from ..conftest import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 1.0  # that the program takes
_MOST = 1.0  # seconds that all the rest may take
_PATIENCE = 600.0
#: The shortest chapter, one as long as most, and a page of the guide.
_PAGES = ("asyncio", "asyncio/time-limits", "metaclass")
_PROGRAM = """

<!-- await: run -->
```python
import asyncio

async def main():
    await asyncio.sleep({seconds})
    print("{words}")

asyncio.run(main())
```
"""
#: What a copy of the course does not need.
_LEFT_OUT = shutil.ignore_patterns(".git", ".nox", ".venv", "build", "node_modules", "tests", ".*_cache", "__pycache__")


@dataclass(frozen=True)
class Saved:
    """What happened after one edit, in seconds since the file was written.

    :ivar building: the build began.
    :ivar ran: its programs had run.
    :ivar written: the page was written, and was told to reload.
    :ivar shown: the page with the new output had been loaded.
    """

    building: float
    ran: float
    written: float
    shown: float

    def __str__(self) -> str:
        return f"{self.building:.2f} {self.ran:.2f} {self.written:.2f} {self.shown:.2f}"


@contextmanager
def served(course: Path, log: Path) -> Iterator[str]:
    """Serve a course, and give its address without the scheme.

    :param log: where it writes what it says; not in the course, where each line would be an edit.
    """
    command = [sys.executable, "-m", "sphinx_await", "serve", "--port", "0", "--conf", ".", "source", "build/serve"]
    path = os.pathsep.join(filter(None, [str(course / "extensions"), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path}
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=course, stdout=out, stderr=out, env=environment) as process,
    ):
        try:
            end = time.monotonic() + _PATIENCE
            while (found := re.search(r"http://(127\.0\.0\.1:\d+) follows", log.read_text())) is None:
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(log.read_text())
                time.sleep(0.1)
            while True:
                try:
                    _load(found[1], "index")
                    break
                except OSError:  # it says its address before it listens
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.1)
            yield found[1]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_PATIENCE)


def _load(address: str, page: str) -> str:
    with urllib.request.urlopen(f"http://{address}/{page}.html", timeout=_PATIENCE) as answer:
        return str(answer.read().decode())


async def save(course: Path, address: str, page: str, words: str) -> Saved:
    """Edit the program of a page, and wait until it is shown."""
    file = course / "source" / f"{page}.md"
    text = file.read_text(encoding="utf-8").partition(_PROGRAM.partition("await asyncio")[0])[0]
    async with connect(f"ws://{address}/sphinx-await-serve") as socket:
        begun = time.monotonic()
        file.write_text(text + _PROGRAM.format(seconds=_SECONDS, words=words), encoding="utf-8")
        moments: dict[str, float] = {}
        while "written" not in moments:
            message = json.loads(await asyncio.wait_for(socket.recv(), _PATIENCE))
            assert message["state"] not in {"failed", "ended"}, "the build has not written the page"
            if message["state"] != "written" or message["page"] == f"{page}.html":
                moments[message["state"]] = time.monotonic() - begun
        assert words in _load(address, page)
        saved = Saved(moments["building"], moments["running"], moments["written"], time.monotonic() - begun)
        while json.loads(await asyncio.wait_for(socket.recv(), _PATIENCE))["state"] != "ended":
            pass
        return saved


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--times", type=int, default=5, help="samples of each page")
    parser.add_argument("--pause", type=float, default=3.0, help="seconds before each edit: nobody writes faster")
    parser.add_argument("--page", action="append", help="a page of the course; more than once for several")
    parser.add_argument("--course", type=Path, help="a folder for the copy, which the next measurement builds no more")
    given = parser.parse_args()
    pages = given.page or _PAGES
    with tempfile.TemporaryDirectory() as name:
        course = Path(os.path.abspath(given.course or Path(name, "course")))
        if not course.exists():
            shutil.copytree(PROJECT, course, ignore=_LEFT_OUT)
        found: dict[str, list[Saved]] = {page: [] for page in pages}
        with served(course, Path(name, "log")) as address:
            for number in range(given.times + 1):
                for page in pages:
                    time.sleep(given.pause)
                    saved = asyncio.run(save(course, address, page, f"edit {time.time_ns()}"))
                    if number:  # the first one adds the program
                        found[page].append(saved)
    print("| page | save to page, s | promised | kept | begun, ran, written, shown, in s |\n|---|---|---|---|---|")
    kept = True
    for page, samples in found.items():
        median = statistics.median(one.shown for one in samples)
        kept &= median <= _SECONDS + _MOST
        verdict = "yes" if median <= _SECONDS + _MOST else "**no**"
        print(f"| {page} | {median:.2f} | ≤ {_SECONDS + _MOST:.1f} | {verdict} | {'; '.join(map(str, samples))} |")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
