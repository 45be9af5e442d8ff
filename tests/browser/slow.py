"""Each exercise of a built course on a slow device: ``python -m tests.browser.slow FOLDER [TIMES]``.

Its start must miss a check, and its solution none; lines to put in order are moved by their buttons. The browser has
one core, which it shares with as many programs that compute as make it so many times slower (4 unless said). Chromium's
own slowing of the processor is no help: it slows the page, not the worker in which a program runs. Says what it found,
and exits with 1 if an exercise is unfair.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect, sync_playwright

from ..support.course_programs import PAGES
from ..support.figures import edit, put_in_order, status, texts_of
from .chromium import launch
from .reader import Reader
from .sites import QuietHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

#: Milliseconds for one program, and for what is said of it when it is over.
PATIENCE, MOST_FOR_VERDICT, LEAST_FOR_VERDICT = 180_000, 60_000, 3_000
#: Runs on the core of the browser and takes all that it gets.
_COMPUTE = "while True:\n    pass\n"
_SOLVED, _NOT_RUN = "모두 해냈습니다. 이 프로그램은 문제를 풉니다.", "실행할 수 없습니다"


@contextmanager
def slowed(times: int) -> Iterator[float]:
    """Let this process and its children have one core with others; gives how many times longer a program takes."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    quiet = _seconds()
    others = [subprocess.Popen([sys.executable, "-c", _COMPUTE]) for _ in range(times - 1)]
    try:
        yield _seconds() / quiet
    finally:
        for other in others:
            other.kill()
            other.wait()
        os.sched_setaffinity(0, allowed)


def _seconds() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "sum(range(20_000_000))"], check=True)
    return time.perf_counter() - begun


def judge(page: Page, exercise: Locator) -> str:
    """Run the start of an exercise, then its solution: what is unfair; empty if nothing is."""
    start = exercise.locator("figure.await-run").first
    code = exercise.locator('[data-await-part="solution"] figure .await-code pre')
    solution = code.evaluate(
        "(code) => { const copy = code.cloneNode(true);"
        " copy.querySelectorAll('.linenos').forEach((one) => one.remove()); return copy.textContent; }"
    )
    is_in_order = exercise.locator(".await-to-order").count() > 0
    said = _run(start, LEAST_FOR_VERDICT)
    if said == _SOLVED or said.startswith(_NOT_RUN):
        return f"of its start the page says: {said}"
    write(page, start, solution, in_order=is_in_order)
    said = _run(start, MOST_FOR_VERDICT)
    return "" if said == _SOLVED else f"of its solution the page says: {said}"


def _run(start: Locator, patience: int) -> str:
    """What a page says of a run; a time that was missed is tried once more before that."""
    start.locator(".await-go").click()
    expect(start.locator("await-live")).to_have_attribute("state", "ended", timeout=PATIENCE)
    with suppress(AssertionError):
        expect(status(start)).to_have_text(_SOLVED, timeout=patience)
    return status(start).inner_text()


def write(page: Page, run: Locator, text: str, *, in_order: bool) -> None:
    """Make a figure's program this text, by typing or by the buttons of its lines."""
    if not in_order:
        edit(page, run, text)
        return
    run.locator(".await-edit").click()
    lines = run.locator(".await-lines")
    expect(lines).to_be_visible()
    put_in_order(lines, logical_lines(text, texts_of(lines)))


def logical_lines(program: str, given: list[str]) -> list[str]:
    """The lines of a program that a page gives in another order; some have several rows, and empty rows may be gone."""
    wanted: list[str] = []
    left = [text.lstrip() for text in given]
    rows = program.rstrip().split("\n")
    while rows:
        text = next((text for text in left if "\n".join(rows[: text.count("\n") + 1]).lstrip() == text), None)
        count = 1 if text is None else text.count("\n") + 1
        if text is None and rows[0].strip():
            raise AssertionError(f"not among the lines to put in order: {rows[0]}")
        if text is not None:
            left.remove(text)
            wanted.append("\n".join(rows[:count]))
        del rows[:count]
    return wanted


def main(arguments: list[str]) -> int:
    """Try all exercises of a site."""
    folder, times = Path(arguments[0]), int((arguments[1:] or ["4"])[0])
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    unfair = tried = 0
    expect.set_options(timeout=PATIENCE)
    with slowed(times) as slower, sync_playwright() as playwright, launch(playwright) as browser:
        print(f"a program takes {slower:.1f} times as long")
        reader = Reader(browser, f"http://127.0.0.1:{server.server_port}")
        for name in PAGES:
            page = reader.open(f"{name}.html")
            page.set_default_timeout(PATIENCE)
            page.evaluate("() => document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
            for exercise in page.locator(".await-exercise").all():
                title = exercise.locator("figure.await-run").first.get_attribute("data-name")
                wrong = judge(page, exercise)
                tried += 1
                unfair += bool(wrong)
                print(f"{name} {title}: {wrong or 'fair'}", flush=True)
            reader.close()
    server.shutdown()
    print(f"{tried} exercises, {unfair} unfair")
    return 1 if unfair else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
