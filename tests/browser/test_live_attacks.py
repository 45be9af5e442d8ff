"""Programs that try to get out of their frame: each is denied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .live import PAGE, prepare, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Response

#: Each is a function's body in which SITE is the page's server; it must fail, or give "denied".
ANYWHERE = {
    "fetch": "await fetch(SITE + '/project/index.html', { mode: 'no-cors' })",
    "fetch elsewhere": "await fetch('https://example.invalid/', { mode: 'no-cors' })",
    "XMLHttpRequest": """
        const request = new XMLHttpRequest();
        request.open('GET', SITE + '/project/index.html', false);
        request.send()""",
    "WebSocket": """
        const socket = new WebSocket(SITE.replace('http', 'ws'));
        await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; })""",
    "EventSource": """
        const source = new EventSource(SITE + '/project/index.html');
        await new Promise((resolve, reject) => { source.onopen = resolve; source.onerror = reject; })""",
    "IndexedDB": """
        const request = indexedDB.open('x');
        await new Promise((resolve, reject) => { request.onsuccess = resolve; request.onerror = reject; })""",
    "caches": "await caches.open('x')",
    "import()": "await import(SITE + '/project/live-runner.js')",
}
IN_THE_WORKER = ANYWHERE | {
    "importScripts": "importScripts(SITE + '/project/live-runner.js')",
    "nested worker": "new Worker(URL.createObjectURL(new Blob(['1'])))",
    "nested worker of the site": "new Worker(SITE + '/project/live-runner.js')",
    "fetch as it was": "await Object.getPrototypeOf(self).fetch.call(self, SITE + '/project/index.html')",
    "file system": "await navigator.storage.getDirectory()",
}
IN_THE_FRAME = ANYWHERE | {
    "cookies": "document.cookie = 'a=b'; if (!document.cookie) throw new Error('denied')",
    "localStorage": "localStorage.setItem('a', 'b')",
    "sessionStorage": "sessionStorage.setItem('a', 'b')",
    "parent's page": "parent.document.body.remove()",
    "parent's runner": "parent.runner.dispose()",
    "top navigation": "top.location.href = SITE + '/project/other.html'; throw new Error('looked at below')",
    "popup": "if (!open(SITE + '/project/other.html')) throw new Error('denied')",
    "service worker": "await navigator.serviceWorker.register(SITE + '/project/live-runner.js')",
    "image": """
        const image = new Image();
        image.src = SITE + '/project/image.png';
        await new Promise((resolve, reject) => { image.onload = resolve; image.onerror = reject; })""",
    "form": """
        document.body.innerHTML = '<form method=post action="' + SITE + '/project/other.html"><button>';
        document.querySelector('form').submit();
        throw new Error('looked at below')""",
    "beacon": """
        const seen = new Promise((resolve) => addEventListener('securitypolicyviolation', resolve, { once: true }));
        navigator.sendBeacon(SITE + '/project/beacon');
        await seen;
        throw new Error('denied')""",
    "own frame": """
        const frame = document.createElement('iframe');
        frame.src = SITE + '/project/index.html';
        document.body.append(frame);
        await new Promise((resolve) => setTimeout(resolve, 200));
        frame.contentDocument.body.append('x')""",
}
_TRY = "async (SITE) => { try { %s } catch (error) { return 'denied'; } return 'reached'; }"


@pytest.fixture(scope="module")
def attacked(browser: Browser, lab_address: str) -> Iterator[tuple[Page, list[str]]]:
    """Give a page on which a program has run, and the addresses that were asked for since then."""
    page = browser.new_page()
    page.goto(f"{lab_address}/{PAGE}")
    prepare(page)
    run(page, "import asyncio")
    asked: list[str] = []

    def note(response: Response) -> None:
        if not response.url.startswith("blob:"):  # that is in memory
            asked.append(response.url)

    page.context.on("response", note)
    yield page, asked
    page.close()


@pytest.mark.parametrize("name", IN_THE_WORKER)
def test_a_worker_reaches_nothing(name: str, attacked: tuple[Page, list[str]], lab_address: str) -> None:
    """Nor does it keep anything on the reader's device."""
    page, asked = attacked
    (worker,) = page.workers
    assert worker.evaluate(_TRY % IN_THE_WORKER[name], lab_address) == "denied"
    assert asked == []


@pytest.mark.parametrize("name", IN_THE_FRAME)
def test_the_frame_reaches_nothing(name: str, attacked: tuple[Page, list[str]], lab_address: str) -> None:
    """Nor its parent, nor another page."""
    page, asked = attacked
    frame = page.main_frame.child_frames[0]
    assert frame.evaluate(_TRY % IN_THE_FRAME[name], lab_address) == "denied"
    page.wait_for_timeout(50)
    assert asked == []
    assert page.url == f"{lab_address}/{PAGE}"
    assert len(page.context.pages) == 1
    assert page.locator("h1").is_visible()


@pytest.mark.parametrize(
    "attack",
    [
        "js.fetch('index.html')",
        "asked = js.XMLHttpRequest.new(); asked.open('GET', 'https://example.invalid/', False); asked.send()",
        "js.importScripts('https://example.invalid/')",
        "js.Worker.new('https://example.invalid/')",
        "js.document.body",
        "js.localStorage.setItem('a', 'b')",
        "js.parent.document",
    ],
)
def test_python_reaches_no_more(attacked: tuple[Page, list[str]], attack: str) -> None:
    """What a program takes from the worker's JavaScript fails in the program."""
    page, asked = attacked
    told = run(page, f"import js\n{attack}")
    assert asked == []
    assert told.recording is not None
    assert told.recording.failure is not None


def test_a_program_cannot_speak_for_the_one_that_draws(lab: Page) -> None:
    """What its worker says is taken as output, at most; the picture is of a worker in which no program ran."""
    told = run(
        lab,
        """
import js, json
from pyodide.ffi import to_js
import sphinx_await.core.svg, sphinx_await.browser.session as session
evil = "<img src=x onerror=alert(1)>"
sphinx_await.core.svg.draw = session.draw = session.show = lambda *_: evil
say = lambda **message: js.postMessage(to_js(message, dict_converter=js.Object.fromEntries))
for op in ("shown", "result", "web", "files"):
    say(op=op, text=json.dumps({"svg": evil, "recording": None, "words": evil}))
import asyncio
asyncio.run(asyncio.sleep(0))
print("mine")
""",
    )
    assert told.error is None
    assert told.printed == "mine\n"
    assert "onerror" not in told.svg + told.words
    assert told.svg.startswith('<div class="await-drawing"')
