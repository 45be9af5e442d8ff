"""Programs in the reader's browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from sphinx_await.core.model.displays import PLAIN
from sphinx_await.core.text.output_lines import text_of
from sphinx_await.core.validation.browser_support import LEFT_OUT, obstacle
from sphinx_await.core.validation.expected_output import compare, find_expectation
from sphinx_await.engine.hosts import Host
from sphinx_await.engine.process_environment import plain_environment
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..conftest import PROJECT
from ..corpus.transcript import transcript
from ..support.drawings import SQUARES
from .live import BROWSER, HOSTS, PAGE, RUNTIME, finish, prepare, run, start, stop, wait_for, write_page
from .sites import serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route, Worker

    from sphinx_await.core.model.recording import Recording

pytestmark = pytest.mark.programs
FETCH = (PROJECT / "examples" / "fetch_sites.py").read_text(encoding="utf-8")
SLEEP = (PROJECT / "examples" / "sleep_and_gather.py").read_text(encoding="utf-8")
STOP = "() => window.runner.stop()"
#: Until `letGo`, timers of more than a second are kept and do nothing by themselves.
HOLD_TIMERS = """() => {
  const { setTimeout: set, clearTimeout: clear } = window;
  window.timers = [];
  window.setTimeout = (done, after, ...given) => {
    if (!(after > 1000)) return set(done, after, ...given);
    const id = set(() => {}, after);
    window.timers.push({ id, after, over: false, fire: () => done(...given) });
    return id;
  };
  window.clearTimeout = (id) => {
    for (const timer of window.timers) timer.over ||= timer.id === id;
    clear(id);
  };
  window.letGo = () => Object.assign(window, { setTimeout: set, clearTimeout: clear });
}"""
#: One of them, as soon as it is there: of those of that length, the one with that index.
FIRE = """async ([after, index]) => {
  const find = () => window.timers.filter((timer) => timer.after === after)[index];
  for (let tries = 0; !find(); tries += 1) {
    if (tries === 1000) throw new Error(`no timer of ${after} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  find().fire();
}"""
#: In the frame: for a picture, after those for two workers to be ready; and for one of a program that is stopped again.
FOR_PICTURE, FOR_LAST_MOMENT = [30_000, 2], [2000, 0]
#: Until `answer`, a worker does not tell what a journal says.
HOLD_ANSWER = """async () => {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 10));
  while (!self.onmessage) await pause();
  const hear = self.onmessage;
  let asked;
  self.onmessage = (event) => (event.data.op === "show" ? (asked = event) : hear(event));
  self.answer = async () => {
    while (!asked) await pause();
    await hear(asked);
  };
}"""

#: All ways to a stack, with nothing in it that depends on the version of Python.
STACKS = """
import asyncio, atexit, inspect, io, logging, sys, traceback, warnings

def names(stack):
    return [(frame.name, frame.filename.rpartition("/")[2]) for frame in stack]

def show(title):
    print(title, names(traceback.extract_stack()), flush=True)

def text(write):
    stream = io.StringIO()
    write(stream)
    return [line.strip() for line in stream.getvalue().splitlines() if 'snippet.py", line' in line]

def hook(exc_type, exc, tb):
    show("hook")
    print(exc_type.__name__, names(traceback.extract_tb(tb)), exc is sys.last_value, flush=True)

async def lost():
    raise OSError("lost")

def handler(loop, context):
    print(context["message"], names(context["source_traceback"]), flush=True)

async def main():
    loop = asyncio.get_running_loop()
    loop.slow_callback_duration = 100
    loop.set_exception_handler(handler)
    show("task")
    loop.call_soon(show, "callback")
    task = asyncio.create_task(lost())
    print(text(lambda stream: asyncio.current_task().print_stack(file=stream)))
    await asyncio.sleep(0.01)
    del task

show("module")
print(len(inspect.stack()), sys._getframe().f_back, sys.exc_info(), hasattr(sys, "last_value"))
print(sys.excepthook is sys.__excepthook__, flush=True)
print(text(lambda stream: traceback.print_stack(file=stream)))
logging.basicConfig(stream=sys.stdout)
logging.error("with its stack", stack_info=True)
warnings.showwarning = lambda message, category, file, line, *_: print(message, line)
warnings.warn("from the program")
class Dies:
    def __del__(self):
        show("destructor")
        raise ValueError("in a destructor")
sys.unraisablehook = lambda args: print("unraisable", args.exc_value, names(traceback.extract_tb(args.exc_traceback)))
Dies()
sys.unraisablehook = sys.__unraisablehook__
asyncio.run(main(), debug=True)
try:
    asyncio.run(lost())
except OSError as error:
    print(names(traceback.extract_tb(error.__traceback__)))
atexit.register(show, "exit handler")
sys.excepthook = hook
"""
ENDINGS = {
    "an exception": "1 / 0",
    "exit in a task": "async def leave(): sys.exit(3)\nasyncio.run(leave())",
    "an exit handler that fails": "@atexit.register\ndef fail(): raise ValueError('late')",
    "syntax": "exec('1 +')",
}


def built(code: str) -> Recording:
    """The recording of a program as a build makes it."""
    with Engine(Settings(hosts={name: Host.parse(name, host) for name, host in HOSTS.items()})) as engine:
        (result,) = engine.run([Program.of(code, 20)])
    return result.recording


def names(addresses: Sequence[str]) -> list[str]:
    """What was asked of the server, without the digests in the names."""
    return [one.rpartition("/")[2].partition("-")[0] for one in addresses if one.startswith("http")]


@pytest.fixture
def held(lab: Page) -> Iterator[Page]:
    """Give a page whose long timers are in the hands of the test, as are those of its frame."""
    run(lab, "print('before')")  # then there is a frame, and in it a spare worker
    places = (lab.main_frame, *lab.main_frame.child_frames)
    for place in places:
        place.evaluate(HOLD_TIMERS)
    yield lab
    for place in places:
        place.evaluate("() => window.letGo()")


@pytest.fixture
def undrawn(held: Page) -> tuple[Page, Worker]:
    """Give a page on which a program was stopped, and the worker that draws it as soon as that may `answer`."""
    with held.expect_worker() as made:
        start(held, "import time\nprint('on')\ntime.sleep(600)")
    made.value.evaluate(HOLD_ANSWER)
    wait_for(held, "live.outputs.length")
    held.evaluate(STOP)
    return held, made.value


def test_the_first_program_of_the_seed_overlaps_three_hosts(lab: Page) -> None:
    """Unmodified, with aiohttp, it takes as long as the slowest host and prints what it prints at build."""
    ran = run(lab, FETCH)
    assert ran.error is None
    assert ran.recording is not None
    assert ran.recording.failure is None
    assert ran.printed == text_of(built(FETCH).outputs, "stdout")
    assert {stand_in.host for stand_in in ran.recording.stand_ins} == set(HOSTS)
    waits = [task.waits for task in ran.recording.tasks if task.coro == "fetch"]
    stretches = [[(wait.start, wait.end or wait.start) for wait in each] for each in waits]
    answers = [max(each, key=lambda stretch: stretch[1] - stretch[0]) for each in stretches]
    assert len(answers) == 3
    assert max(start for start, _ in answers) < min(end for _, end in answers)
    assert all(f"{name}" in ran.printed for name in HOSTS)
    assert "session.get(url)" in ran.svg


def test_the_second_program_of_the_seed_is_as_at_build(lab: Page) -> None:
    """It prints what its author expects, and its recording has the same transcript as the build's."""
    ran = run(lab, SLEEP)
    assert ran.recording is not None
    expectation = find_expectation(SLEEP, ["예상 출력"])
    assert expectation is not None
    assert compare(expectation, ran.printed, exact=False, any_order=expectation.any_order) is None
    as_built = [line for line in transcript(built(SLEEP)) if "prints" not in line]
    assert [line for line in transcript(ran.recording) if "prints" not in line] == as_built
    assert ran.svg.startswith('<div class="await-drawing" id="run"')
    assert "asyncio.sleep(2)" in ran.words


def test_lines_have_the_numbers_that_readers_see(lab: Page) -> None:
    """Which the page knows: some lines that run are not on it."""
    code = "import asyncio\nasync def main():\n    await asyncio.sleep(0.05)\nasyncio.run(main())\n"
    ran = run(lab, code, shown=[None, 11, 12, 13])
    assert "asyncio.sleep(0.05) · line 12" in ran.words
    assert "line 3" not in ran.words


def test_output_comes_at_its_moment(lab: Page) -> None:
    """While the program sleeps, its worker is blocked, and yet the page has what it printed before."""
    ran = run(lab, "import time\nprint('a')\ntime.sleep(0.3)\nprint('b')\nwhile time.sleep(0.3): pass\n")
    a, b = ran.outputs
    assert (a["text"], b["text"]) == ("a\n", "b\n")
    assert b["at"] - a["at"] >= 0.3
    assert b["seen"] - a["seen"] > 200
    assert ran.ended - b["seen"] > 200


@pytest.mark.parametrize(
    ("code", "where"),
    [
        ("import asyncio\nasync def main():\n    print('on')\n    while True: pass\nasyncio.run(main())", "running"),
        (
            "import asyncio\nasync def main():\n    print('on')\n    await asyncio.sleep(3600)\nasyncio.run(main())",
            "waiting",
        ),
        ("print('on')\nwhile True: pass", "no task"),
        ("import time\nprint('on')\nwhile True:\n  try: time.sleep(9)\n  except BaseException: pass", "no task"),
    ],
)
def test_a_program_that_does_not_end_is_stopped(lab: Page, code: str, where: str) -> None:
    """Whatever it does; what it did until then is recorded, and the next program runs."""
    start(lab, code)
    wait_for(lab, "live.outputs.length")
    lab.wait_for_timeout(300)
    ran = stop(lab)
    assert ran.stopped
    assert ran.error is None
    assert ran.recording is not None
    assert text_of(ran.recording.outputs, "stdout") == "on\n"
    assert 0.25 < ran.recording.wall < 20
    if where != "no task":
        (task,) = ran.recording.tasks
        assert task.outcome is None
        last = task.steps[-1].end if where == "running" else task.waits[-1].end or ran.recording.wall
        assert last > 0.25
    assert run(lab, "print('next')").printed == "next\n"


def test_each_run_begins_anew(lab: Page) -> None:
    """In a worker of its own: no name is left of the run before, and tasks are counted from one."""
    code = "import asyncio\nasync def main(): print(asyncio.current_task().get_name(), 'x' in globals())\n"
    for _ in range(2):
        assert run(lab, f"{code}asyncio.run(main())\nx = 1").printed == "Task-1 False\n"


def test_the_runtime_is_fetched_once(browser: Browser, lab_address: str) -> None:
    """At the first press, with progress in bytes; aiohttp only for a program that names it."""
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{lab_address}/{PAGE}")
    prepare(page)
    assert names(asked) == ["index.html", "live"]
    first = run(page, "print(1)")
    parts = ["manifest.json", "frame", "worker", "loader", "engine", "wasm", "stdlib", "project"]
    assert sorted(names(asked)[2:]) == sorted(parts)
    loaded, total = first.progress[-1]
    assert loaded == total > 1_000_000
    assert all(before[0] <= after[0] for before, after in zip(first.progress, first.progress[1:], strict=False))
    assert run(page, "print(2)").progress == []
    assert len(names(asked)) == 2 + len(parts)
    run(page, "import aiohttp")
    assert names(asked)[2 + len(parts) :] == ["web"]
    page.reload()
    assert run(prepare(page), "print(1)").progress == []  # all of it is in the browser's cache
    page.close()


def test_the_first_program_finds_aiohttp_as_the_next_ones_do(browser: Browser, lab_address: str) -> None:
    """Imported: that is no part of any program's time."""
    page = browser.new_page()
    page.goto(f"{lab_address}/{PAGE}")
    prepare(page)
    code = "import sys\nprint('aiohttp' in sys.modules)\nimport aiohttp\n"
    assert [run(page, code).printed for _ in range(2)] == ["True\n", "True\n"]
    page.close()


def test_a_new_runtime_is_found_by_a_reader_who_returns(browser: Browser, tmp_path: Path) -> None:
    """Though the browser has the manifest of the old one, and no header says how long it may keep it."""
    write_page(tmp_path, runtime=None)
    manifest = tmp_path / "www" / "project" / "runtime" / "manifest.json"
    manifest.parent.mkdir()
    parts = ("frame", "worker", "loader", "engine", "wasm", "stdlib", "project")
    context, errors = browser.new_context(), []
    with serve(tmp_path) as address:
        for version in (1, 2):
            files = {part: {"name": f"{part}-{version}.bin", "size": 1} for part in parts}
            manifest.write_text(json.dumps({"files": files, "modules": [], "lock": {}}))
            os.utime(manifest, times=(version * 500_000_000,) * 2)  # so long ago that it is kept for long
            page = context.new_page()
            page.goto(f"{address}/{PAGE}")
            errors.append(run(prepare(page), "print(1)").error)
        context.close()
    assert errors == [f"/project/runtime/frame-{version}.bin: 404" for version in (1, 2)]


def test_a_frame_that_comes_too_late_is_not_taken(browser: Browser, lab_address: str) -> None:
    """It is that of a run that failed; the next one has another by then."""
    page = browser.new_page()
    late: list[Route] = []
    page.route("**/frame-*", lambda route: route.continue_() if late else late.append(route))
    page.route("**/web-*", lambda route: route.abort(), times=1)
    page.goto(f"{lab_address}/{PAGE}")
    assert run(prepare(page), "import aiohttp").error is not None
    start(page, "print('on')\nwhile True: pass")
    wait_for(page, "live.outputs.length")
    late[0].continue_()
    page.evaluate(STOP)
    wait_for(page, "live.result")
    start(page, "print('next')")
    wait_for(page, "live.result")
    assert finish(page).printed == "next\n"
    assert page.locator("iframe").count() == 1
    page.close()


@pytest.mark.parametrize(
    ("code", "brought"),
    [
        ("attr = idna = 1\nprint(attr)  # aiohttp", []),
        ("import asyncio, \\\n    yarl", ["web"]),
        ("try: from aiohttp import web\nexcept ImportError: pass", ["web"]),
        ("__import__('multidict')", ["web"]),
    ],
)
def test_aiohttp_is_fetched_for_programs_that_import_it(
    browser: Browser, lab_address: str, code: str, brought: list[str]
) -> None:
    """A word of the program that is called so is no reason."""
    page = browser.new_page()
    asked: list[str] = []
    page.goto(f"{lab_address}/{PAGE}")
    prepare(page)
    page.on("request", lambda request: asked.append(request.url))
    ran = run(page, code)
    assert ran.recording is not None
    assert ran.recording.failure is None
    assert [name for name in names(asked) if name == "web"] == brought
    page.close()


@pytest.mark.parametrize(
    "parts",
    [
        ("print('first')\nraise ValueError(1)", "print('second')"),
        ("x = 1", "from __future__ import annotations\ndef f(y: z): print(x)\nf(2)"),
        ("def f():\n    return 1 / 0", "\n\nf()"),
        ("import asyncio, sys\nasyncio.run(asyncio.sleep(0.01))", "asyncio.run(asyncio.sleep(0.02))\nsys.exit(3)"),
        ("print('first')\nimport sys; sys.exit(1)", "print('second')"),
        ("print('no", "print('second')"),
    ],
)
def test_a_part_of_a_session_runs_as_at_build(lab: Page, parts: tuple[str, ...]) -> None:
    """After those before it, each by itself; the result is the last one's."""
    ran = run(lab, *parts)
    with Engine(Settings()) as engine:
        (result,) = engine.run([Program(parts, 20)])
    made = result.recordings[-1]
    mine = ran.recording
    assert mine is not None
    assert [ran.printed.partition("Traceback")[0], *_facts(mine)] == [
        text_of(made.outputs, "stdout"),
        *_facts(made),
    ]
    assert transcript(mine) == transcript(made)


def test_a_program_displays_what_it_displays_at_build(lab: Page) -> None:
    """In its place; the value of the last expression, too, and why something cannot be displayed."""
    huge = "class Huge(Svg):\n    def _repr_svg_(self):\n        return 'x' * 5_000_000\n"
    code = f"{SQUARES}{huge}print('first')\ndisplay(Svg(), alt='a')\nprint('second')\ndisplay(Huge())\nPng()\n"
    ran = run(lab, code, last_values=[0])
    with Engine(Settings()) as engine:
        (result,) = engine.run([Program((code,), 20, last_values=(0,))])
    (made,), mine = result.recordings, ran.recording
    assert mine is not None
    seen = [
        [replace(one, at=0, after=0, data={**one.data, PLAIN: ""}) for one in displays]
        for displays in (mine.displays, (made.displays[0], made.displays[2]))
    ]
    assert seen[0] == seen[1]
    assert [one.after for one in mine.displays] == [1, 4]
    assert "Huge: there is no room for it" in text_of(mine.outputs, "stderr")


def test_generators_take_turns_as_at_build(lab: Page) -> None:
    """The browser's Python tells of turns; a build by Python 3.11 has none to compare."""
    code = (
        "def cook(name):\n    for step in (1, 2):\n        print(name, step)\n        yield step\n"
        "tasks = [cook('rice'), cook('soup')]\nfor _ in range(2):\n    for task in tasks:\n        next(task)\n"
        "tasks[0].close()\n"
    )
    ran = run(lab, code)
    mine = ran.recording
    assert mine is not None
    assert [one.call for one in mine.generators] == ["cook('rice')", "cook('soup')"]
    assert [(turn.generator, turn.how, turn.left, turn.value) for turn in mine.turns if turn.thrown is None] == [
        (0, "next(task)", "yielded", "1"),
        (1, "next(task)", "yielded", "1"),
        (0, "next(task)", "yielded", "2"),
        (1, "next(task)", "yielded", "2"),
    ]
    assert [line.switches for line in mine.outputs] == [1, 3, 5, 7]
    assert "cook('soup')" in unescape(ran.svg)
    made = built(code)
    if sys.version_info >= (3, 13):
        timeless = [replace(turn, start=0, end=0) for turn in mine.turns]
        assert timeless == [replace(turn, start=0, end=0) for turn in made.turns]
    else:
        assert bool(made.turns) == (sys.version_info >= (3, 12))
    many = run(lab, "def g():\n    while True:\n        yield 1\none = g()\nfor _ in range(100_000):\n    next(one)\n")
    assert many.recording is not None
    assert (len(many.recording.turns), many.error) == (500, None)


def test_parts_that_await_at_their_top_level_share_a_loop_as_at_build(lab: Page) -> None:
    """A task of one goes on in the next; an error is the program's own."""
    parts = (
        "async def f():\n    await asyncio.sleep(0.02)\n    return 3\n\ntask = asyncio.create_task(f())",
        "print(await task)\nawait f(1)",
    )
    ran = run(lab, *parts, in_loop=[0, 1])
    with Engine(Settings()) as engine:
        (result,) = engine.run([Program(parts, 20, in_loop=(0, 1))])
    made = result.recordings[-1]
    assert ran.recording is not None
    assert ran.printed.partition("Traceback")[0] == "3\n"
    assert _facts(ran.recording) == _facts(made) == [1, "TypeError", 2]
    assert transcript(ran.recording) == transcript(made)


def _facts(recording: Recording) -> list[Any]:
    failure = recording.failure
    return [recording.exit, failure and failure.type, failure and failure.line]


def test_the_licences_lie_beside_what_is_loaded() -> None:
    """Python's, the notices, and at the head of the editor those of all its packages."""
    assert "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2" in (RUNTIME / "LICENSE-python.txt").read_text("utf-8")
    assert (RUNTIME / "THIRD-PARTY-NOTICES.txt").read_bytes() == (PROJECT / "THIRD-PARTY-NOTICES.md").read_bytes()
    head = (BROWSER / "static" / "codemirror.js").read_text("utf-8").partition("*/")[0]
    assert {"2016", "2018", "2018-2021", "2020", "2024"} <= set(re.findall(r"Copyright \(C\) ([\d-]+)", head))


def test_nothing_that_readers_load_looks_like_a_chapter() -> None:
    """A project that builds below its sources finds no page among it."""
    assert not [path for path in RUNTIME.iterdir() if path.suffix in {".md", ".rst"}]


def test_waiting_for_what_never_comes_is_noticed(lab: Page) -> None:
    """There is nothing that could end the wait, and the page is ran."""
    start(lab, "import asyncio\nasync def main(): await asyncio.Event().wait()\nasyncio.run(main())")
    wait_for(lab, "live.notices.length")
    assert stop(lab).notices == ["waits-for-ever"]


def test_a_program_that_computes_for_long_is_noticed(lab: Page) -> None:
    """As one that blocks its event loop, if it has one. One that sleeps as long is not."""
    start(lab, "while True: pass")
    wait_for(lab, "live.notices.length")
    assert stop(lab).notices == ["computing"]
    start(lab, "import asyncio\nasync def main():\n    while True: pass\nasyncio.run(main())")
    wait_for(lab, "live.notices.length")
    assert stop(lab).notices == ["busy"]
    assert run(lab, "import time; time.sleep(3.5)").notices == []


def test_a_program_that_goes_on_is_not_called_busy_any_more(held: Page) -> None:
    """That is taken back as soon as it says anything."""
    start(held, "import time\nwhile True: time.sleep(0.1)")
    wait_for(held, "live.started")
    held.evaluate("() => window.timers.findLast(({ over }) => !over).fire()")
    wait_for(held, "live.notices.length === 2")
    assert stop(held).notices == ["computing", "resumed"]


def test_a_program_whose_worker_breaks_is_over(browser: Browser, lab_address: str) -> None:
    """With what broke; it would else be called busy for ever. The next program runs in another worker."""
    page = browser.new_page()
    page.goto(f"{lab_address}/{PAGE}")
    run(prepare(page), "import asyncio")
    (spare,) = page.workers
    spare.evaluate("() => { self.onmessage = () => { setTimeout(() => { throw new Error('broken'); }); }; }")
    ran = run(page, "print('never')")
    assert "broken" in (ran.error or "")
    assert run(page, "print('next')").printed == "next\n"
    page.close()


def test_a_program_that_sleeps_for_long_is_not_called_busy(held: Page) -> None:
    """Not even if that is longer than any timer of a browser."""
    start(held, "import time\ntime.sleep(3e6)")
    wait_for(held, "window.timers.some(({ after }) => after === 2 ** 31 - 1)")
    stop(held)


@pytest.mark.parametrize("seconds", ["nan", "inf"])
def test_what_is_no_length_of_sleep_is_an_error_as_at_build(lab: Page, seconds: str) -> None:
    """And what was printed before is there. Python 3.14 calls its type of a time otherwise than those before."""
    code = f"import time\nprint('on')\ntime.sleep(float('{seconds}'))"
    ran = run(lab, code)
    assert ran.recording is not None
    failure, expected = ran.recording.failure, built(code).failure
    assert failure is not None
    assert expected is not None
    messages = {one.message.replace("platform time_t", "C PyTime_t") for one in (failure, expected)}
    assert (failure.type, len(messages), failure.line) == (expected.type, 1, 3)
    assert ran.printed.startswith("on\n")


def test_a_program_that_is_over_is_not_called_busy(undrawn: tuple[Page, Worker]) -> None:
    """However long it takes to draw what it did."""
    page, worker = undrawn
    wait_for(page, "window.timers.every(({ over }) => over)")
    worker.evaluate("() => self.answer()")
    wait_for(page, "live.result")
    assert finish(page).notices == []


def test_another_stop_leaves_a_last_moment_for_the_picture(undrawn: tuple[Page, Worker]) -> None:
    """Which most need no more than."""
    page, worker = undrawn
    page.evaluate(STOP)
    worker.evaluate("() => self.answer()")
    wait_for(page, "live.result")
    ran = finish(page)
    assert ran.recording is not None
    assert ran.stopped


def test_another_stop_does_without_a_picture_that_does_not_come(undrawn: tuple[Page, Worker]) -> None:
    """What was printed stays, and the next program runs."""
    page, _worker = undrawn
    page.evaluate(STOP)
    page.main_frame.child_frames[0].evaluate(FIRE, FOR_LAST_MOMENT)
    wait_for(page, "live.result")
    ran = finish(page)
    assert (ran.stopped, ran.error, ran.recording, ran.printed) == (True, None, None, "on\n")
    assert run(page, "print('next')").printed == "next\n"


def test_a_picture_is_not_waited_for_without_an_end(undrawn: tuple[Page, Worker]) -> None:
    """The run ends with an error, and the next program runs."""
    page, _worker = undrawn
    page.main_frame.child_frames[0].evaluate(FIRE, FOR_PICTURE)
    wait_for(page, "live.result")
    ran = finish(page)
    assert ran.stopped
    assert ran.error == "Error: the recording was not drawn in time"
    assert run(page, "print('next')").printed == "next\n"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import threading; threading.Thread(target=print).start()", "RuntimeError: a browser has no threads"),
        ("import asyncio; asyncio.run(asyncio.to_thread(print))", "RuntimeError: a browser has no threads"),
        (
            "from concurrent.futures import ThreadPoolExecutor as P\nwith P() as pool: pool.submit(print)",
            "RuntimeError: a browser has no threads",
        ),
        (
            "import asyncio; asyncio.run(asyncio.create_subprocess_exec('ls'))",
            "NotImplementedError: a browser has no processes",
        ),
        ("import subprocess; subprocess.run(['ls'])", "processes"),
        ("import multiprocessing", "ModuleNotFoundError: No module named 'multiprocessing' in a browser"),
        ("input('name? ')", "EOFError: input() has nothing to read in a browser"),
        ("import urllib.request; urllib.request.urlopen('http://www.python.org')", "only asyncio and aiohttp reach"),
    ],
)
def test_what_cannot_work_says_so(lab: Page, code: str, message: str) -> None:
    """As the exception that Python has for it, in words that a reader understands."""
    ran = run(lab, code)
    assert ran.error is None
    assert ran.recording is not None
    assert ran.recording.failure is not None
    assert message in ran.recording.failure.traceback


def test_modules_that_count_as_missing_are_those_that_are(lab: Page) -> None:
    """Of the standard library, by their import."""
    ran = run(
        lab,
        """
import contextlib, importlib, io, sys
there, missing = [], []
for name in sorted(sys.stdlib_module_names):
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
        else:
            there.append(name)
print(*there)
print(*missing)
""",
    )
    there, missing = (set(line.split()) for line in ran.printed.splitlines())
    assert "asyncio" in there
    assert there & LEFT_OUT == set()
    assert {name for name in missing if not name.startswith("_") and obstacle([f"import {name}"]) is None} == set()


def test_what_was_done_ahead_is_there(lab: Page) -> None:
    """Zips in memory, patterns, functions with the recorder in them; and Pyodide's installer, for whoever asks."""
    ran = run(
        lab,
        """
import asyncio, concurrent.futures.thread, re, threading, zipimport
from pyodide._package_loader import SITE_PACKAGES, parse_wheel_name
from sphinx_await.core.recorder import patching
from sphinx_await.core.recorder.hooks import Hooks
from sphinx_await.core.recorder.instrumentation import instrument

patching.compile_patched = None
again = Hooks()
instrument(again)
print(len(patching.PRECOMPILED), again.refused, zipimport._get_data.__module__, len(re._cache) > 30)
print(SITE_PACKAGES, parse_wheel_name("a-1-py3-none-any.whl")[0])
""",
    )
    assert ran.printed == "8 {} sitecustomize True\n/lib/python3.14/site-packages a\n"


def test_prepared_lines_are_read(lab: Page) -> None:
    """By `input()`, one after another."""
    assert run(lab, "print(input('? ') + input('! '))", input="a\nb\n").printed == "? ! ab\n"


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_stack_has_a_frame_of_ours(lab: Page, tmp_path: Path, ending: str) -> None:
    """Stacks, tracebacks, debug messages, hooks and exit handlers are those of plain Python, below the program, too."""
    code = f"{STACKS}{ENDINGS[ending]}\n"
    (tmp_path / "snippet.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-u", "snippet.py"],
        cwd=tmp_path,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    ran = run(lab, code)
    assert ran.recording is not None
    assert text_of(ran.recording.outputs, "stdout") == done.stdout.replace(f"{tmp_path}/", "")
    assert ran.recording.exit == done.returncode


def test_a_sleep_that_holds_the_loop_has_its_line(lab: Page) -> None:
    """If it took half of a step; there is no thread that could look where a step computes."""
    code = """
import asyncio, time
def compute(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
def callback():
    time.sleep(0.1)
async def sleeps():
    await asyncio.sleep(0)
    compute(0.05)
    time.sleep(0.3)
    compute(0.05)
async def sleeps_briefly():
    for _ in range(8):
        time.sleep(0.02)
async def computes():
    compute(0.2)
    time.sleep(0.05)
    compute(0.2)
async def main():
    asyncio.get_running_loop().call_soon(callback)
    for task in (sleeps(), sleeps_briefly(), computes()):
        await asyncio.create_task(task)
time.sleep(0.1)
asyncio.run(main())
"""
    ran = run(lab, code)
    assert ran.recording is not None
    held = {task.coro: max(task.steps, key=lambda step: step.end - step.start).held_at for task in ran.recording.tasks}
    assert held == {"main": None, "sleeps": 12, "sleeps_briefly": 16, "computes": None}
    assert [(one.name, one.held_at) for one in ran.recording.callbacks if one.name == "callback"] == [("callback", 8)]


def test_a_failure_names_its_line(lab: Page) -> None:
    """The traceback is Python's, and no line of ours is in it."""
    ran = run(lab, "def f():\n    return 1 / 0\n\nf()\n")
    assert ran.recording is not None
    failure = ran.recording.failure
    assert failure is not None
    assert (failure.type, failure.line, ran.recording.exit) == ("ZeroDivisionError", 2, 1)
    assert 'File "snippet.py", line 4, in <module>\n    f()' in failure.traceback
    assert "sphinx_await" not in failure.traceback
    assert text_of(ran.recording.outputs, "stderr") == failure.traceback


@pytest.mark.parametrize(("status", "code"), [(3, "import sys; sys.exit(3)"), (4, "import os; os._exit(4)")])
def test_an_exit_status_is_reported(lab: Page, status: int, code: str) -> None:
    """However the program exits."""
    ran = run(lab, f"print('a')\n{code}")
    assert ran.recording is not None
    assert (ran.recording.exit, ran.printed) == (status, "a\n")


def test_a_flood_of_output_is_cut_off(lab: Page) -> None:
    """At the limit, as at build, and the page hears of it in few messages."""
    ran = run(lab, "for n in range(100_000): print(n)", limit=20_000)
    assert ran.recording is not None
    assert ran.recording.truncated
    assert ran.recording.omitted is not None
    assert 500 < len(ran.recording.outputs) < 2000
    assert "700" in ran.printed


def test_the_end_of_a_flood_is_kept(lab: Page) -> None:
    """A result at the end, with an error's traceback, and how many lines are missing before."""
    ran = run(lab, "for n in range(100_000): print(n)\nprint('sum')\n1 / 0", limit=20_000)
    assert ran.recording is not None
    assert "99999\nsum\n" in text_of(ran.recording.outputs, "stdout")
    assert text_of(ran.recording.outputs, "stderr").endswith("ZeroDivisionError: division by zero\n")
    assert ran.recording.omitted is not None
    assert ran.recording.omitted.lines > 98_000


def test_the_last_lines_of_a_flood_that_was_stopped_are_kept(lab: Page) -> None:
    """Within a second of them."""
    start(lab, "import time\nbegun = time.monotonic()\nwhile True: print(time.monotonic() - begun)", limit=20_000)
    wait_for(lab, "live.outputs.length")
    time.sleep(2.5)
    ran = stop(lab)
    assert ran.recording is not None
    last = text_of(ran.recording.outputs, "stdout").split("\n")[-2]
    assert float(last) > 1.5


def test_servers_and_clients_of_one_program_meet(lab: Page) -> None:
    """Streams and aiohttp, in one loop; nobody is at another port."""
    ran = run(
        lab,
        """
import asyncio
from aiohttp import ClientSession, ClientConnectorError, web

async def serve(reader, writer):
    writer.write((await reader.readline()).upper())
    writer.close()

async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", 8888):
        reader, writer = await asyncio.open_connection("127.0.0.1", 8888)
        writer.write(b"hello\\n")
        print(await reader.read())
    app = web.Application()
    app.router.add_get("/{name}", lambda request: web.json_response(dict(request.match_info)))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "localhost", 8080).start()
    async with ClientSession() as session:
        async with session.get("http://localhost:8080/you") as answer:
            print(answer.status, await answer.json())
        for url in ("http://localhost:1", "https://no.such.host", "https://www.python.org:8443"):
            try:
                await session.get(url)
            except ClientConnectorError as error:
                print(error)
    await runner.cleanup()

asyncio.run(main())
""",
    )
    assert ran.printed.splitlines()[:2] == ["b'HELLO\\n'", "200 {'name': 'you'}"]
    refused, unknown, port = ran.printed.splitlines()[2:]
    assert "Connect call failed ('127.0.0.1', 1)" in refused
    assert "Name or service not known" in unknown
    assert "Connect call failed" in port


def test_a_program_is_stopped_while_the_runtime_loads(browser: Browser, lab_address: str) -> None:
    """There is nothing of it to tell then, and the next one runs."""
    page = browser.new_page()
    page.goto(f"{lab_address}/{PAGE}")
    start(prepare(page), "print('never')")
    ran = stop(page)
    assert ran.stopped
    assert ran.recording is None
    assert ran.outputs == []
    assert run(page, "print('next')").printed == "next\n"
    page.close()


@pytest.mark.parametrize("part", ["manifest.json", "stdlib"])
def test_a_runtime_that_never_comes_is_given_up(browser: Browser, lab_address: str, part: str) -> None:
    """After half a minute without a byte; the next run asks for it anew."""
    page = browser.new_page()
    page.goto(f"{lab_address}/{PAGE}")
    page.route(f"**/runtime/{part}*", lambda _: None, times=1)
    prepare(page).evaluate(HOLD_TIMERS)
    with page.expect_request(f"**/runtime/{part}*"):
        start(page, "print('never')")
    page.evaluate("() => window.timers.findLast(({ over, after }) => !over && after === 30_000).fire()")
    wait_for(page, "live.result")
    ran = finish(page)
    assert (ran.error, ran.outputs) == ("the runtime did not load in time", [])
    page.evaluate("() => window.letGo()")
    assert run(page, "print('next')").printed == "next\n"
    page.close()


def test_a_program_that_prints_nothing_is_recorded_as_well(lab: Page) -> None:
    """Stopped, it has taken its time."""
    start(lab, "while True: pass")
    wait_for(lab, "live.started")
    lab.wait_for_timeout(1000)
    ran = stop(lab)
    assert ran.recording is not None
    assert 0.2 < ran.recording.wall < 20


def test_a_runner_that_is_let_go_leaves_nothing(browser: Browser, lab_address: str) -> None:
    """The run ends, the frame is gone."""
    page = browser.new_page()
    page.goto(f"{lab_address}/{PAGE}")
    start(prepare(page), "print('on')\nwhile True: pass")
    wait_for(page, "live.outputs.length")
    page.evaluate("() => window.runner.dispose()")
    ran = finish(page)
    assert ran.stopped
    assert page.locator("iframe").count() == 0
    page.close()


def test_a_damaged_runtime_says_so(browser: Browser, tmp_path: Path) -> None:
    """The run ends with an error that names what is wrong."""
    write_page(tmp_path)
    (wasm,) = tmp_path.glob("www/project/runtime/wasm-*.bin")
    wasm.write_bytes(b"no wasm")
    with serve(tmp_path) as address:
        page = browser.new_page()
        page.goto(f"{address}/{PAGE}")
        ran = run(prepare(page), "print(1)")
        page.close()
    assert ran.error is not None
    assert "WebAssembly" in ran.error


def test_a_page_without_a_runtime_says_so(browser: Browser, tmp_path: Path) -> None:
    """The run ends with an error, and nothing else happens."""
    write_page(tmp_path, runtime=None)
    with serve(tmp_path) as address:
        page = browser.new_page()
        page.goto(f"{address}/{PAGE}")
        ran = run(prepare(page), "print(1)")
        page.close()
    assert ran.error == "/project/runtime/manifest.json: 404"
    assert ran.recording is None


def test_a_page_runs_programs_with_the_policy_that_the_guide_lists(browser: Browser, tmp_path: Path) -> None:
    """And with nothing else allowed."""
    guide = (PROJECT / "source" / "guide" / "serving.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([\w-]+-src)` \| `([^`]+)` \|", guide, re.MULTILINE)
    assert [directive for directive, _ in listed] == ["script-src", "worker-src", "connect-src", "style-src"]
    policy = "; ".join(["default-src 'none'", *(" ".join(one) for one in listed)])
    write_page(tmp_path, head=f'<meta http-equiv="Content-Security-Policy" content="{policy}">')
    with serve(tmp_path) as address:
        context = browser.new_context(bypass_csp=False)
        page = context.new_page()
        page.goto(f"{address}/{PAGE}")
        ran = run(prepare(page), "import aiohttp; print(1)")
        context.close()
    assert ran.error is None
    assert ran.printed == "1\n"


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("default-src 'self'", "must allow 'unsafe-inline' in script-src"),
        ("script-src 'self' blob: 'wasm-unsafe-eval'", "must allow 'unsafe-inline' in script-src"),
        ("script-src 'self' 'unsafe-inline' blob:", "must allow 'wasm-unsafe-eval' in script-src"),
        ("script-src 'self' 'unsafe-inline' blob: 'wasm-unsafe-eval'; worker-src 'self'", "blob:"),
        ("script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src blob:", "blob:"),
        ("script-src 'self' 'unsafe-inline' blob: 'wasm-unsafe-eval'; connect-src 'none'", "fetch"),
    ],
)
def test_a_page_whose_policy_blocks_the_runtime_says_so(
    browser: Browser, tmp_path: Path, policy: str, words: str
) -> None:
    """At once, and what the policy must allow, as far as a browser says it."""
    write_page(tmp_path, head=f'<meta http-equiv="Content-Security-Policy" content="{policy}">')
    with serve(tmp_path) as address:
        page = browser.new_page()
        page.goto(f"{address}/{PAGE}")
        ran = run(prepare(page), "print(1)")
        page.close()
    assert ran.error is not None
    assert words in ran.error
    assert ran.ended < 5000
