"""Times programs in a browser, beside what they are promised against: Pyodide as its npm package comes.

``python -m tests.bench.live`` (``nox -s live_bench``): Chromium, a local server, a warm cache, all in turns in one run.
Each sample is a new page. It prints a table, and exits with 1 if a promise is broken.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from ..browser.chromium import launch
from ..browser.live import HOSTS, PAGE, prepare, run, start, stop, wait_for, write_page
from ..browser.sites import serve
from ..conftest import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PYODIDE = PROJECT / "tools" / "browser_runtime" / "node_modules" / "pyodide"
FETCH = (PROJECT / "examples" / "fetch_sites.py").read_text(encoding="utf-8")
SLEEP = (PROJECT / "examples" / "sleep_and_gather.py").read_text(encoding="utf-8")
ENDLESS = "print('on')\nwhile True: pass\n"
ASLEEP = "import asyncio\nprint('on')\nasyncio.run(asyncio.sleep(3600))\n"
_BARE = """async () => {
  const worker = new Worker("bare.mjs", { type: "module" });
  const at = performance.now();
  await new Promise((resolve, reject) => { worker.onmessage = resolve; worker.onerror = reject; });
  worker.terminate();
  return performance.now() - at;
}"""
_BARE_WORKER = """import { loadPyodide } from "./pyodide/pyodide.mjs";
await loadPyodide({ indexURL: new URL("pyodide/", import.meta.url).href });
postMessage("ready");
"""


@dataclass(frozen=True)
class Promise:
    """One row of the table: what was measured, and the most that it may take, in milliseconds."""

    what: str
    samples: list[float]
    limit: float | None = None
    of: str = ""

    @property
    def median(self) -> float:
        """The middle of the samples."""
        return statistics.median(self.samples)

    @property
    def is_kept(self) -> bool:
        """Whether it takes no longer than it may."""
        return self.limit is None or self.median <= self.limit

    def row(self) -> str:
        """The row, in Markdown."""
        samples = " ".join(f"{sample:.0f}" for sample in self.samples)
        limit = "" if self.limit is None else f"≤ {self.limit:.0f}{self.of}"
        verdict = "" if self.limit is None else "yes" if self.is_kept else "**no**"
        return f"| {self.what} | {self.median:.0f} | {limit} | {verdict} | {samples} |"


def first_line(page: Page, code: str) -> float:
    """Milliseconds from the press until the page has the first line, less what the program itself waited before."""
    page_run = run(page, code, hosts={name: {**host, "delay": 0} for name, host in HOSTS.items()})
    assert page_run.error is None, page_run.error
    return float(page_run.outputs[0]["seen"])


def ready_again(page: Page, code: str) -> float:
    """Milliseconds from the press on Stop until another program has printed its first line."""
    start(page, code)
    wait_for(page, "live.outputs.length")
    page.wait_for_timeout(3000)  # a reader does not press sooner: by then the spare worker is there
    stopped = stop(page).ended
    return stopped + first_line(page, "print('next')")


def measure(context: BrowserContext, address: str, times: int) -> list[Promise]:
    """All rows; the samples of different rows are taken in turns."""
    found: dict[str, list[float]] = {}

    def note(what: str, sample: float) -> None:
        found.setdefault(what, []).append(sample)

    for number in range(times + 1):
        if number == 1:
            found.clear()  # the first round filled the browser's cache
        for kind, code in (("asyncio", SLEEP), ("aiohttp", FETCH)):
            page = _open(context, address)
            note("bare", page.evaluate(_BARE))
            page.close()
            page = prepare(_open(context, address))
            note(kind, first_line(page, code))
            note(f"{kind} again", _again(page, code))
            if kind == "asyncio":
                note("computing", ready_again(page, ENDLESS))
                note("asleep", ready_again(page, ASLEEP))
            page.close()
    bare = statistics.median(found["bare"])
    return [
        Promise("bare `loadPyodide` of the npm package", found["bare"]),
        Promise("first line, asyncio", found["asyncio"], 0.45 * bare, " (0.45 × bare)"),
        Promise("first line, aiohttp, hosts without delay", found["aiohttp"], 0.65 * bare, " (0.65 × bare)"),
        Promise("first line of the second run, asyncio", found["asyncio again"], 50),
        Promise("first line of the second run, aiohttp, hosts without delay", found["aiohttp again"], 50),
        Promise("stop of `while True: pass` until another program's first line", found["computing"], 150),
        Promise("stop of `await sleep(3600)` until another program's first line", found["asleep"], 150),
    ]


def _again(page: Page, code: str) -> float:
    page.wait_for_timeout(3000)  # a reader reads first
    return first_line(page, code)


def _open(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(f"{address}/{PAGE}")
    page.wait_for_timeout(1000)  # until the page before and its workers have ended
    return page


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--times", type=int, default=7, help="samples of each row")
    parser.add_argument("--json", type=Path, help="write the samples to this file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        write_page(folder)
        place = folder / "www" / "project"
        shutil.copytree(PYODIDE, place / "pyodide")
        (place / "bare.mjs").write_text(_BARE_WORKER, encoding="utf-8")
        browser = launch(playwright)
        with serve(folder) as address:
            rows = measure(browser.new_context(), address, given.times)
        browser.close()
    print("| what | median, ms | promised | kept | samples |\n|---|---|---|---|---|")
    print("\n".join(row.row() for row in rows))
    if given.json:
        given.json.write_text(json.dumps({row.what: row.samples for row in rows}, indent=1) + "\n", encoding="utf-8")
    return 0 if all(row.is_kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
