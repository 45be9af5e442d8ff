"""The browser's loop, network and streaming journal, on this Python: the test plays the page."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from sphinx_await.browser.execution import Sleep, install_loop
from sphinx_await.browser.http_host import BrowserHost
from sphinx_await.browser.loop import BlockingLoop
from sphinx_await.browser.monotonic import strictly_increasing
from sphinx_await.browser.report import report
from sphinx_await.browser.streaming_journal import StreamingJournal
from sphinx_await.core.decoding.decoder import decode_journal
from sphinx_await.core.journal.reader import read_header, read_journal
from sphinx_await.core.journal.records import HEADER, LINE, STDOUT, RecordType
from sphinx_await.core.recorder.hooks import Hooks
from sphinx_await.core.recorder.recorder import Recorder

from ..conftest import HERE

if TYPE_CHECKING:
    from collections.abc import Coroutine

HOSTS = {"a.example": BrowserHost("<p>a</p>", 0.05), "b.example": BrowserHost("b" * 200_000, 0.05, 404, "text/plain")}


class Forever(Exception):  # noqa: N818 - no error
    """The loop would wait for ever."""


def wait(seconds: float | None) -> None:
    """Wait as a page would."""
    if seconds is None:
        raise Forever
    if seconds > 0:
        time.sleep(seconds)


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a loop of the browser."""
    with asyncio.Runner(loop_factory=lambda: BlockingLoop(wait, HOSTS)) as runner:
        return runner.run(main)


def test_timers_fire_in_the_order_in_which_they_were_set() -> None:
    """Even where the clock stands still."""

    async def main() -> list[int]:
        found: list[int] = []
        for number in range(50):
            asyncio.get_running_loop().call_later(0.01, found.append, number)
        await asyncio.sleep(0.05)
        return found

    assert run(main()) == list(range(50))


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), float("-inf"), 1e300, 9.3e9, -0.5])
def test_what_is_no_length_of_sleep_is_refused_as_python_does(seconds: float) -> None:
    """Nothing is waited for, and the page, whose JSON has no such numbers, gets no message."""
    waited: list[float | None] = []
    with pytest.raises((ValueError, OverflowError)) as theirs:
        time.sleep(seconds)
    with pytest.raises(theirs.type, match=f"^{re.escape(str(theirs.value))}$"):
        Sleep(waited.append)(seconds)
    assert waited == []


def test_waiting_for_what_never_comes_is_seen() -> None:
    """The loop asks to wait without an end."""

    async def main() -> None:
        await asyncio.Event().wait()

    with closing(BlockingLoop(wait, {})) as loop, pytest.raises(Forever):
        loop.run_until_complete(main())


def test_a_clock_never_returns_the_same_moment_twice() -> None:
    """It is never behind the one that it is made of."""
    moments = iter([5, 5, 5, 4, 9_000, 9_001])
    clock = strictly_increasing(lambda: next(moments))
    assert [clock() for _ in range(6)] == [5, 1_005, 2_005, 3_005, 9_000, 9_001]


def test_hosts_answer_after_their_delay_and_together() -> None:
    """To aiohttp's client, over HTTP and what it takes for TLS, with status, kind and text."""

    async def get(session: aiohttp.ClientSession, url: str) -> tuple[int, str, int]:
        async with session.get(url) as answer:
            return answer.status, answer.content_type, len(await answer.text())

    async def main() -> list[tuple[int, str, int]]:
        async with aiohttp.ClientSession() as session:
            urls = ("https://a.example/x", "http://b.example", "https://A.example.")
            return await asyncio.gather(*(get(session, url) for url in urls))

    slept: list[float] = []

    def note(seconds: float | None) -> None:
        wait(seconds)
        slept.append(seconds or 0.0)

    with asyncio.Runner(loop_factory=lambda: BlockingLoop(note, HOSTS)) as runner:
        begun = time.perf_counter()
        answers = runner.run(main())
    assert time.perf_counter() - begun >= 0.05
    assert sum(slept) < 2 * 0.05  # one after another, it would be three delays
    assert answers == [(200, "text/html", 8), (404, "text/plain", 200_000), (200, "text/html", 8)]


def test_one_connection_carries_several_requests() -> None:
    """In order, with bodies, to a head alone, until one closes it."""

    async def main() -> bytes:
        reader, writer = await asyncio.open_connection("a.example", 80)
        writer.write(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcHEAD / HTTP/1.1\r\n\r")
        writer.write(
            b"\nGET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        )
        answers = await reader.read()
        writer.close()
        return answers

    answers = run(main())
    assert answers.count(b"HTTP/1.1 200 OK") == 3
    assert answers.count(b"<p>a</p>") == 2
    assert answers.endswith(b"Connection: close\r\n\r\n<p>a</p>")


@pytest.mark.parametrize(
    ("host", "port", "kind", "message"),
    [
        ("127.0.0.1", 1, ConnectionRefusedError, r"Connect call failed \('127.0.0.1', 1\)"),
        ("a.example", 22, ConnectionRefusedError, "Connect call failed"),
        ("no.such.host", 80, OSError, "Name or service not known"),
        ("203.0.113.9", 80, OSError, "unreachable"),
    ],
)
def test_nobody_else_is_there(host: str, port: int, kind: type[Exception], message: str) -> None:
    """As on a machine without a network."""
    with pytest.raises(kind, match=message):
        run(asyncio.open_connection(host, port))


def test_a_server_and_its_clients_meet() -> None:
    """In both directions, until one side closes; then nobody listens any more."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def main() -> tuple[bytes, bytes, bool, Any]:
        server = await asyncio.start_server(serve, "localhost", 0)
        address = server.sockets[0].getsockname()
        with pytest.raises(OSError, match="already in use"):
            await asyncio.start_server(serve, *address)
        async with server:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"one\n")
            first = await reader.readline()
            writer.write(b"two\n" * 50_000)
            writer.write_eof()
            rest = await reader.read()
            served, peer = server.is_serving(), writer.get_extra_info("peername")
            writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)
        return first, rest, served, peer

    first, rest, served, peer = run(main())
    assert (first, rest, served) == (b"ONE\n", b"TWO\n" * 50_000, True)
    assert peer[0] == "127.0.0.1"


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("at_most", [10_000, 30_000, 100_000])
def test_a_slow_reader_gets_every_byte_in_order(at_most: int, turns: int) -> None:
    """As in Python's own loop: a reader that pauses the transport finds what was sent, and then the end."""
    numbers = b"".join(b"%07d\n" % number for number in range(200_000))

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(numbers), 40_000):
            writer.write(numbers[start : start + 40_000])
            await asyncio.sleep(0)
        writer.close()

    async def main(port: int) -> bytes:
        server = await asyncio.start_server(serve, "localhost", port)
        bound = port or server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("localhost", bound)
        found = b""
        while part := await reader.read(at_most):
            found += part
            for _ in range(turns):
                await asyncio.sleep(0)
        writer.close()
        server.close()
        return found

    assert run(main(8000)) == asyncio.run(main(0)) == numbers


def test_serving_for_ever_ends_with_the_task() -> None:
    """Cancelled, it closes the server."""

    async def main() -> bool:
        server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 8888, start_serving=False)
        assert not server.is_serving()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(server.serve_forever(), 0.01)
        return server.is_serving()

    assert run(main()) is False


@pytest.mark.parametrize("name", ["threads", "processes", "signals"])
def test_what_cannot_work_says_so(name: str) -> None:
    """With the exception that asyncio has for it."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        if name == "threads":
            await asyncio.to_thread(print)
        elif name == "processes":
            await asyncio.create_subprocess_exec("ls")
        else:
            loop.add_signal_handler(2, print)

    with pytest.raises((RuntimeError, NotImplementedError), match=f"a browser has no {name}"):
        run(main())


@pytest.mark.parametrize("has_policies", [True, False])
def test_asyncio_makes_the_loop_of_the_browser(monkeypatch: pytest.MonkeyPatch, *, has_policies: bool) -> None:
    """Where Python has policies for event loops, and where it has none any more, as from 3.16 on."""
    events: Any = asyncio.events
    monkeypatch.setattr(time, "sleep", time.sleep)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(asyncio, "run", asyncio.run)
    for module in (asyncio, events):
        monkeypatch.setattr(module, "new_event_loop", module.new_event_loop)
    monkeypatch.setattr(events, "_event_loop_policy", None)
    if not has_policies:
        monkeypatch.delattr(events, "_BaseDefaultEventLoopPolicy", raising=False)
    elif not hasattr(events, "_BaseDefaultEventLoopPolicy"):
        pytest.skip("the policies of this Python have another name than those of the browser's")
    install_loop(lambda: BlockingLoop(wait, {}), wait)

    async def name() -> str:
        return type(asyncio.get_running_loop()).__name__

    assert asyncio.run(name()) == "BlockingLoop"
    with closing(asyncio.new_event_loop()) as loop:
        assert isinstance(loop, BlockingLoop)


class Page:
    """Hears what a worker says, and keeps what a page would."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.bytes = b""
        self.tails: list[bytes] = []

    def post(self, kind: str, text: str, data: bytes | None = None) -> None:
        """Hear something."""
        assert data is not None
        if kind == "tail":
            self.tails.append(data)
            return
        assert kind == "records"
        self.messages.append(json.loads(text))
        self.bytes = data[: HEADER.size] + self.bytes[HEADER.size :] + data[HEADER.size :]

    @property
    def outputs(self) -> list[str]:
        """The pieces of output that came so far."""
        return [output["text"] for message in self.messages for output in message["outputs"]]


def test_the_page_can_decode_what_was_recorded_until_now() -> None:
    """Output at once, the rest whenever the program waits; a character comes when it is whole."""
    page = Page()
    journal = StreamingJournal(page.post, 10_000)
    journal.append(RecordType.START, b'{"cpu": 0, "delay": null}')
    for piece in ("가".encode()[:2], "가".encode()[2:], b"\n"):
        journal.append(RecordType.OUTPUT, piece, stream=STDOUT, task=2)
    assert page.outputs == ["가", "\n"]
    assert page.messages[-1]["outputs"][0]["task"] == 1
    journal.append(RecordType.TASK_NAMED, b"name", task=1)
    journal.header()[0] = 7
    journal.flush(0.5)
    assert page.messages[-1]["wait"] == 0.5
    assert read_header(memoryview(page.bytes)).began == 7
    decoded = decode_journal(read_journal(memoryview(page.bytes)))
    assert len(decoded.outputs) == 3


def test_what_was_sent_to_the_page_makes_room() -> None:
    """More is recorded than the journal's own memory holds, and nothing of it is lost."""
    page = Page()
    journal = StreamingJournal(page.post, 10_000)
    for _ in range(60_000):
        journal.append(RecordType.CALLBACK, b"12345678", stream=1)
    journal.flush()
    assert len(page.bytes) > len(journal.buffer)
    assert len(list(read_journal(memoryview(page.bytes)))) == 60_000


def test_a_journal_without_an_end_is_cut_off() -> None:
    """What must be recorded still is, after more has come than there is room for."""
    page = Page()
    journal = StreamingJournal(page.post, 10_000)
    for _ in range(200_000):
        journal.append(RecordType.CALLBACK, b"12345678", stream=1)
    journal.append(RecordType.STOP)
    journal.flush()
    records = list(read_journal(memoryview(page.bytes)))
    assert 90_000 < len(records) < 150_000
    assert records[-1].kind is RecordType.STOP


def test_a_flood_of_output_comes_in_few_messages() -> None:
    """And whole, as soon as the program waits."""
    page = Page()
    journal = StreamingJournal(page.post, 10_000)
    for _ in range(2000):
        journal.append(RecordType.OUTPUT, b"x\n", stream=STDOUT)
    assert len(page.messages) < 1000
    journal.flush(1.0)
    assert len(page.outputs) == 2000


def test_the_end_of_a_long_output_is_sent_when_the_program_ends() -> None:
    """As one record that can follow all others; what lies between start and end is counted."""
    page = Page()
    journal = StreamingJournal(page.post, 4_000)
    recorder = Recorder(journal, limit=4_000)
    journal.append(RecordType.START, b'{"cpu": 0, "delay": null}')
    for number in range(2000):
        recorder.output(STDOUT, b"%d\n" % number)
    journal.finish()
    decoded = decode_journal(read_journal(memoryview(page.bytes + page.tails[-1])))
    assert decoded.outputs[0].payload == b"0\n"
    kept = [line for record in (*decoded.outputs, *decoded.tail) for line in record.payload.splitlines()]
    assert kept[-1] == b"1999"
    assert decoded.left_out.lines == 2000 - len(kept)
    asked = {"name": "x", "parts": [""], "at": journal.clock(), "status": 0, "started": "2026-01-01T00:00:00+00:00"}
    lines = json.loads(report(json.dumps(asked | {"limit": 4_000}), memoryview(page.bytes + page.tails[-1])))["lines"]
    assert lines[-1]["parts"] == [["1999", []]]
    assert sum(line["left_out"] for line in lines) == 2000 - len(lines)


def test_lines_of_the_program_are_sent_once() -> None:
    """Those that ran since the last message, whenever the program waits."""
    page = Page()
    journal = StreamingJournal(page.post, 4_000)
    journal.append(RecordType.START, b'{"cpu": 0, "delay": null}')
    room = journal.reserve(RecordType.LINES, 4 * LINE.size)
    assert room is not None
    for number in range(4):
        LINE.pack_into(room, number * LINE.size, journal.clock(), number + 1, 1)
        if number != 1:
            journal.flush(1.0)
    journal.finish()
    records = [one for one in read_journal(memoryview(page.bytes)) if one.kind is RecordType.LINES]
    assert [len(one.payload) // LINE.size for one in records] == [1, 2, 1]
    asked = {"name": "x", "parts": [""], "at": journal.clock(), "status": 0, "started": "2026-01-01T00:00:00+00:00"}
    recording = json.loads(report(json.dumps(asked), memoryview(page.bytes)))["recording"]
    assert [run["lines"] for run in recording["lines"]] == [[1, 2, 3, 4]]


def test_the_page_shows_what_a_program_displays_as_an_image_that_does_nothing_or_as_text() -> None:
    """In its place, also where lines are left out; in words of the page's, the program's, or what it is."""
    svg = "<svg xmlns='http://www.w3.org/2000/svg'{}/>"
    shown = [
        ({"image/svg+xml": svg.format("")}, "its own"),
        ({"image/svg+xml": svg.format(" onload='go()'"), "image/png": "iVBORw0KGgo=", "text/plain": "a png"}, None),
        ({"image/svg+xml": svg.format(" onload='go()'"), "text/plain": "no image"}, None),
        ({"text/markdown": "*words*", "text/html": "<b>words</b>", "text/plain": "<words>"}, None),
        ({"text/latex": "x^2", "text/html": "<script>go()</script>", "text/plain": "<a.B object at 0x1f>"}, None),
    ]
    page = Page()
    journal = StreamingJournal(page.post, 100_000)
    journal.append(RecordType.START, b'{"cpu": 0, "delay": null}')
    for number in range(1200):
        if number in {0, 700, 1199}:
            data, alt = shown.pop(0)
            journal.append(RecordType.DISPLAY, json.dumps({"data": data, "alt": alt}).encode())
        journal.append(RecordType.OUTPUT, b"%d\n" % number, stream=STDOUT)
    for data, alt in shown:
        journal.append(RecordType.DISPLAY, json.dumps({"data": data, "alt": alt}).encode())
    journal.finish()
    asked = {"name": "x", "parts": [""], "at": journal.clock(), "status": 0, "started": "2026-01-01T00:00:00+00:00"}
    result = json.loads(report(json.dumps(asked | {"alt": ["the page's"]}), memoryview(page.bytes)))
    assert len(result["lines"]) == 1000
    displays = result["displays"]
    assert [one["after"] for one in displays] == [0, 500, 999, 1000, 1000]
    addresses = [one.get("image", "").partition(",")[0] for one in displays]
    assert addresses == ["data:image/svg+xml;base64", "data:image/png;base64", "", "", ""]
    assert [one.get("alt") for one in displays] == ["the page's", "a png", None, None, None]
    assert [one.get("text") for one in displays] == [None, None, "no image", "*words*", "x^2"]


def test_the_end_of_an_output_without_end_is_sent_now_and_then() -> None:
    """So a program that is stopped shows what it wrote last; an end that did not change is not sent again."""
    page, clock = Page(), itertools.count(0, 200_000_000)
    journal = StreamingJournal(page.post, 400)
    journal.clock = lambda: next(clock)
    recorder = Recorder(journal, limit=400)
    for number in range(200):
        journal.send_tail_if_due()
        recorder.output(STDOUT, b"%d\n" % number)
    assert 10 < len(page.tails) < 100
    journal.finish()
    journal.finish()
    assert page.tails[-1] != page.tails[-2]


def test_a_step_that_never_ends_is_sent_when_it_begins() -> None:
    """The first after a pause, and only that one."""
    page, hooks = Page(), Hooks()
    journal = StreamingJournal(page.post, 10_000)
    began: list[str] = []
    hooks.before_step = began.append
    journal.flush_in_next_step(hooks)
    journal.flush_in_next_step(hooks)
    hooks.before_step("one")
    hooks.before_step("two")
    assert began == ["one", "two"]
    assert len(page.messages) == 1


def test_recordings_that_are_there_are_drawn_on_one_axis() -> None:
    """Each below its heading, as long as the longest of them."""
    kept = [(HERE / "corpus" / "timelines" / f"{name}.json").read_text("utf-8") for name in ("sequential", "gathered")]
    compared = [{"heading": f"run {number}", "recording": text} for number, text in enumerate(kept)]
    drawn = json.loads(report(json.dumps({"name": "x", "compared": compared}), memoryview(b"")))
    assert set(drawn) == {"svg", "words"}
    assert all(drawn[form].count(f"run {number}") for form in ("svg", "words") for number in range(2))
    assert drawn["svg"].count('class="await-drawing"') == 1
