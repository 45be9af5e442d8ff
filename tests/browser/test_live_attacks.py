"""Programs that try to get out of their frame: each is denied."""

from __future__ import annotations

import base64
import hashlib
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from .live import PAGE, prepare, run, start, stop, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.programs
#: Each is a function's body in which SITE is a server that answers everybody; it must fail.
ANYWHERE = {
    "fetch": "await fetch(SITE + '/page.html', { mode: 'no-cors' })",
    "XMLHttpRequest": """
        const request = new XMLHttpRequest();
        request.open('GET', SITE + '/page.html', false);
        request.send()""",
    "WebSocket": """
        const socket = new WebSocket(SITE.replace('http', 'ws'));
        await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; })""",
    "EventSource": """
        const source = new EventSource(SITE + '/events');
        await new Promise((resolve, reject) => { source.onopen = resolve; source.onerror = reject; });
        source.close()""",
    "import()": "await import(SITE + '/script.js')",
    "IndexedDB": """
        const request = indexedDB.open('x');
        await new Promise((resolve, reject) => { request.onsuccess = resolve; request.onerror = reject; })""",
    "caches": "await caches.open('x')",
}
IN_THE_WORKER = ANYWHERE | {
    "importScripts": "importScripts(SITE + '/script.js')",
    "nested worker": "new Worker(URL.createObjectURL(new Blob(['1'])))",
    "nested worker of the site": "new Worker(SITE + '/script.js')",
    "fetch as it was": "await Object.getPrototypeOf(self).fetch.call(self, SITE + '/page.html')",
    "file system": "await navigator.storage.getDirectory()",
    "importScripts as it was": """
        const { importScripts } = Object.getPrototypeOf(Object.getPrototypeOf(self));
        importScripts.call(self, SITE + '/script.js')""",
    "a worker of workers": "new SharedWorker(SITE + '/script.js')",
    "location": "if (!Reflect.set(location, 'href', SITE + '/page.html')) throw new Error('denied')",
    "history": "self.history.back()",
    "shared memory": "new SharedArrayBuffer(1)",
    "clipboard": "await navigator.clipboard.writeText('x')",
    "notification": "if (Notification.permission !== 'granted') throw new Error('denied')",
    "beacon": "navigator.sendBeacon(SITE + '/beacon')",
    "peers": "new RTCPeerConnection()",
    "window": "self.open(SITE + '/page.html')",
}
#: What a page may do that nothing guards.
OF_A_PAGE = {
    "cookies": "document.cookie = 'a=b'; if (!document.cookie) throw new Error('denied')",
    "localStorage": "localStorage.setItem('a', 'b')",
    "sessionStorage": "sessionStorage.setItem('a', 'b')",
    "image": """
        const image = new Image();
        image.src = SITE + '/image.svg';
        await new Promise((resolve, reject) => { image.onload = resolve; image.onerror = reject; })""",
    "beacon": "const late = refused(); navigator.sendBeacon(SITE + '/beacon'); await late",
    "own frame": """
        const frame = document.createElement('iframe');
        frame.src = SITE + '/page.html';
        const late = refused();
        document.body.append(frame);
        await late""",
    "cookie store": "await cookieStore.set('a', 'b')",
    "clipboard": "await navigator.clipboard.writeText('x')",
    "reading the clipboard": "await navigator.clipboard.readText()",
    "place": "await new Promise((found, failed) => navigator.geolocation.getCurrentPosition(found, failed))",
    "full screen": "await document.documentElement.requestFullscreen(); await document.exitFullscreen()",
    "question": "if (!confirm('x')) throw new Error('denied')",
    "peers": "new RTCPeerConnection().close()",
    "title": "top.document.title = 'x'",
    "another window": "const made = open(SITE + '/page.html'); if (!made) throw new Error('denied'); made.close()",
}
#: What the reader's browser grants the pages of the site, as if they had asked for it.
PERMISSIONS = ["clipboard-read", "clipboard-write", "geolocation"]
IN_THE_FRAME = (
    ANYWHERE
    | OF_A_PAGE
    | {
        "parent's page": "parent.document.body.remove()",
        "parent's runner": "parent.runner.dispose()",
        "top navigation": "top.location.href = SITE + '/page.html'",
        "service worker": "await navigator.serviceWorker.register(SITE + '/script.js')",
        "form": """
        document.body.innerHTML = '<form method=post action="' + SITE + '/page.html"><button>';
        document.querySelector('form').submit();
        throw new Error('the console says so')""",
    }
)
#: What no script sees, but the console does.
SAID = {"form": "Blocked form submission"}
#: `refused` fails when the policy has refused something, and else comes to its end.
_TRY = """async (SITE) => {
  const refused = () => new Promise((resolve, reject) => {
    addEventListener('securitypolicyviolation', reject, { once: true });
    setTimeout(resolve, 2000);
  });
  try { %s } catch (error) { return 'denied'; }
  return 'reached';
}"""
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # of RFC 6455


#: The longest time in milliseconds between two turns of the page's event loop, within some milliseconds.
SLOWEST_FRAME = """async (milliseconds) => {
  const end = performance.now() + milliseconds;
  let [slowest, last] = [0, performance.now()];
  while (last < end) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    [slowest, last] = [Math.max(slowest, performance.now() - last), performance.now()];
  }
  return slowest;
}"""


@dataclass(frozen=True)
class Elsewhere:
    """A server that answers everybody.

    :ivar asked: what it was asked for, in order.
    """

    address: str
    asked: list[str]


class _Handler(BaseHTTPRequestHandler):
    types: ClassVar = {"svg": "image/svg+xml", "js": "text/javascript", "events": "text/event-stream"}
    bodies: ClassVar = {
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>',
        "js": b"0",
        "events": b"data: 1\n\n",
    }

    def do_GET(self) -> None:
        """Answer with what the address looks like."""
        self.server.asked.append(self.path)  # type: ignore[attr-defined] # typeshed knows the class alone
        if key := self.headers.get("Sec-WebSocket-Key"):
            self.protocol_version = "HTTP/1.1"
            self.send_response(101)
            accepted = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest())
            for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade")):
                self.send_header(name, value)
            self.send_header("Sec-WebSocket-Accept", accepted.decode())
            self.end_headers()
            return
        kind = self.path.rpartition(".")[2].rpartition("/")[2]
        self.send_response(200)
        self.send_header("Content-Type", self.types.get(kind, "text/html"))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(self.bodies.get(kind, b"<!doctype html>"))

    do_POST = do_GET  # noqa: N815 - http.server looks for this name

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing of what was asked for."""


class _Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    """Give a server of another origin."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield Elsewhere(f"http://127.0.0.1:{server.server_port}", server.asked)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def attacked(browser: Browser, lab_address: str) -> Iterator[Page]:
    """Give a page on which a program has run, of a site that may do everything."""
    page = permitted(browser, lab_address)
    page.goto(f"{lab_address}/{PAGE}")
    prepare(page)
    run(page, "import asyncio")
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def unguarded(browser: Browser, lab_address: str) -> Iterator[Page]:
    """Give a page of the same site, without a frame."""
    page = permitted(browser, lab_address)
    page.goto(f"{lab_address}/{PAGE}")
    yield page
    page.context.close()


def permitted(browser: Browser, address: str) -> Page:
    """Make a page whose reader grants a site everything, and says yes to every question."""
    context = browser.new_context(geolocation={"latitude": 0, "longitude": 0})
    context.grant_permissions(PERMISSIONS, origin=address)
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    return page


def asked_of(elsewhere: Elsewhere, page: Page) -> list[str]:
    """What a server was asked for until now: what the page itself asks for comes behind all else."""
    page.evaluate("async (address) => { await fetch(address); }", f"{elsewhere.address}/last")
    asked = list(elsewhere.asked)
    elsewhere.asked.clear()
    assert asked.pop() == "/last"
    return asked


@contextmanager
def said(page: Page, text: str) -> Iterator[None]:
    """Wait at the end of a block until the console has said something."""
    with page.expect_console_message(lambda message: text in message.text):
        yield


@pytest.mark.parametrize("name", ANYWHERE | OF_A_PAGE)
def test_what_nothing_guards_is_reached(name: str, unguarded: Page, elsewhere: Elsewhere) -> None:
    """An attack that fails everywhere would prove nothing."""
    assert unguarded.evaluate(_TRY % (ANYWHERE | OF_A_PAGE)[name], elsewhere.address) == "reached"
    asked = asked_of(elsewhere, unguarded)
    assert ("SITE" in (ANYWHERE | OF_A_PAGE)[name]) or not asked
    assert asked or "SITE" not in (ANYWHERE | OF_A_PAGE)[name] or name == "another window"


@pytest.mark.parametrize("name", IN_THE_WORKER)
def test_a_worker_reaches_nothing(name: str, attacked: Page, elsewhere: Elsewhere) -> None:
    """Nor does it keep anything on the reader's device."""
    (worker,) = attacked.workers
    assert worker.evaluate(_TRY % IN_THE_WORKER[name], elsewhere.address) == "denied"
    assert asked_of(elsewhere, attacked) == []


@pytest.mark.parametrize("name", IN_THE_FRAME)
def test_the_frame_reaches_nothing(name: str, attacked: Page, elsewhere: Elsewhere) -> None:
    """Nor its parent, nor another page."""
    address = attacked.url
    frame = attacked.main_frame.child_frames[0]
    with said(attacked, SAID[name]) if name in SAID else nullcontext():
        assert frame.evaluate(_TRY % IN_THE_FRAME[name], elsewhere.address) == "denied"
    assert asked_of(elsewhere, attacked) == []
    assert attacked.url == address
    assert len(attacked.context.pages) == 1
    assert attacked.locator("h1").is_visible()


@pytest.mark.parametrize(
    "attack",
    [
        "js.fetch('SITE/page.html')",
        "asked = js.XMLHttpRequest.new(); asked.open('GET', 'SITE/page.html', False); asked.send()",
        "js.importScripts('SITE/page.html')",
        "js.Worker.new('SITE/page.html')",
        "js.document.body",
        "js.localStorage.setItem('a', 'b')",
        "js.parent.document",
        "js.location.href = 'SITE/page.html'",
        "js.open('SITE/page.html')",
        "js.indexedDB.open('x')",
        "js.SharedArrayBuffer.new(1)",
        "js.RTCPeerConnection.new()",
        "while True: js.Worker.new(js.URL.createObjectURL(js.Blob.new(['1'])))",
        "kept = []\nwhile True: kept.append(js.ArrayBuffer.new(1 << 40))",
    ],
)
def test_python_reaches_no_more(attacked: Page, elsewhere: Elsewhere, attack: str) -> None:
    """What a program takes from the worker's JavaScript fails in the program."""
    ran = run(attacked, f"import js\n{attack.replace('SITE', elsewhere.address)}")
    assert asked_of(elsewhere, attacked) == []
    assert ran.recording is not None
    assert ran.recording.failure is not None


def test_a_program_cannot_speak_for_the_one_that_draws(lab: Page) -> None:
    """What its worker says is taken as output, at most; the picture is of a worker in which no program ran."""
    ran = run(
        lab,
        """
import js, json
from pyodide.ffi import to_js
import sphinx_await.core.renderers.svg, sphinx_await.browser.execution as session
evil = "<img src=x onerror=alert(1)>"
sphinx_await.core.renderers.svg.render_svg = session.draw = session.show = lambda *_: evil
say = lambda **message: js.postMessage(to_js(message, dict_converter=js.Object.fromEntries))
for op in ("shown", "result", "web", "files"):
    say(op=op, text=json.dumps({"svg": evil, "recording": None, "words": evil}))
import asyncio
asyncio.run(asyncio.sleep(0))
print("mine")
""",
    )
    assert ran.error is None
    assert ran.printed == "mine\n"
    assert "onerror" not in ran.svg + ran.words
    assert ran.svg.startswith('<div class="await-drawing"')


#: How a program sends what its worker never would.
SEND = """
import js, json
from pyodide.ffi import to_js
send = lambda **message: js.postMessage(to_js(message, dict_converter=js.Object.fromEntries))
records = lambda outputs, size=24: send(
    op="records", bytes=js.Uint8Array.new(size), text=json.dumps({"at": 1, "wait": 0, "outputs": outputs})
)
records_in = lambda bytes: send(op="records", bytes=bytes, text=json.dumps({"at": 1, "wait": 0, "outputs": []}))
piece = lambda text: {"at": 0, "stream": "stdout", "text": text, "task": None}
print("on")
"""
FLOODS = {
    "one line in pieces": "while True: records([piece('x' * 100_000)])",
    "one long text": "records([piece('x' * 100_000_000)])",
    "many lines": "records([piece('\\n' * 50_000_000)])",
    "many pieces": "while True: records([piece('')] * 1000)",
    "a journal": "while True: records([], 10_000_000)",
    "notices": "while True: send(op='waits-for-ever')",
    "small records": "while True: records([], 25)",
    "odd numbers": "while True: send(op='records', bytes=js.Uint8Array.new(24), text='{\"at\":1e999,\"wait\":-1e308}')",
    "a failure": "send(op='failed', text='x' * 1_000_000)",
    "memory": "kept = []\nwhile True: kept.append(js.WebAssembly.Memory.new(to_js({'initial': 1000}, "
    "dict_converter=js.Object.fromEntries)))",
    "closing its own worker": "js.close()",
    "nonsense": "while True: send(op='nonsense', text=['x'] * 100)",
    "wrong types": "records('x'); records([None, 5, 'x', []]); send(op='records', bytes='x', text=5)",
}

#: For which a program is ended.
REFUSED = {
    "ends of the output": "while True: send(op='tail', bytes=js.Uint8Array.new(51_000))",
    "a long end of the output": "while True: send(op='tail', bytes=js.Uint8Array.new(1_000_000))",
    "an end of the output of another type": "send(op='tail', bytes=[1] * 1000, text={})",
    "small parts of large buffers": """
large = js.Uint8Array.new(js.ArrayBuffer.new(50_000_000), 0, 25)
while True: records_in(large)""",
    "large fields": "x = 'x' * 10_000_000\nwhile True: send(op='records', x=x)",
    "a large name": "x = 'x' * 10_000_000\nwhile True: send(op=x)",
    "a large status": "x = 'x' * 10_000_000\nwhile True: send(op='tail', status=x)",
    "being ready": "x = 'x' * 1_000_000\nwhile True: send(op='ready', text=x)",
    "no objects": "while True: js.postMessage(None); js.postMessage(5); js.postMessage('x' * 1000)",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_worker_of_ours_sends_ends_the_program(lab: Page, name: str) -> None:
    """By its size, its type, its fields or what it takes to keep it."""
    ran = run(lab, SEND + REFUSED[name], limit=50_000)
    assert ran.error == "the program sent more than a program can"
    assert ran.printed == "on\n"


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_leaves_the_page_alive(lab: Page, name: str) -> None:
    """The page gets no more than the output limit, answers meanwhile, and a stop is soon over."""
    limit = 50_000
    start(lab, SEND + FLOODS[name], limit=limit)
    wait_for(lab, "live.outputs.length")
    slowest = lab.evaluate(SLOWEST_FRAME, 1500)
    ran = stop(lab)
    assert slowest < 1000
    assert ran.ended < 5000
    assert len(ran.printed) <= limit
    assert run(lab, "print('next')").printed == "next\n"


#: The next worker that is made executes a script in the place of its own.
NEXT_WORKER = """(script) => {
  const Real = Worker;
  self.Worker = function () {
    self.Worker = Real;
    return new Real(URL.createObjectURL(new Blob([script])));
  };
}"""


@pytest.mark.parametrize(
    "script", ["throw new RangeError('no memory')", "postMessage({op: 'failed', text: 'no memory'})"]
)
def test_a_program_that_takes_all_memory_still_gets_its_picture(lab: Page, script: str) -> None:
    """The worker that would have drawn it could not start, at its first line or with Python: another one does."""
    run(lab, "print('first')")
    (frame,) = lab.main_frame.child_frames
    frame.evaluate(NEXT_WORKER, script)
    start(lab, "import asyncio\nprint('on')\nasyncio.run(asyncio.sleep(100))")
    wait_for(lab, "live.outputs.length")
    lab.wait_for_timeout(500)
    assert frame.evaluate("() => Worker.name") == "Worker"
    ran = stop(lab)
    assert ran.error is None
    assert ran.recording is not None
    assert "<svg" in ran.svg
    assert run(lab, "print('next')").printed == "next\n"


def test_what_speaks_to_a_whole_origin_does_not_reach_the_page(attacked: Page) -> None:
    """A channel, a lock, a question before the page is left: the frame has an origin of its own."""
    attacked.evaluate("""() => {
        window.heard = 0;
        window.channel = new BroadcastChannel("x");
        window.channel.onmessage = () => { window.heard += 1; };
    }""")
    frame = attacked.main_frame.child_frames[0]
    (worker,) = attacked.workers
    for place in (worker, frame):
        place.evaluate("() => { new BroadcastChannel('x').postMessage('y'); }")
    frame.evaluate("() => addEventListener('beforeunload', (event) => event.preventDefault())")
    asked: list[str] = []
    attacked.on("dialog", lambda dialog: asked.append(dialog.type))
    attacked.evaluate("() => new Promise((done) => setTimeout(done, 300))")
    assert attacked.evaluate("() => window.heard") == 0
    attacked.reload()
    assert asked == []
