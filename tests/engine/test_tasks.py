"""What a recording says of tasks, in all ways of running."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.model.dependencies import Dependencies
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..corpus.transcript import transcript

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Run

GATHER = """
import asyncio
async def work(name, seconds):
    await asyncio.sleep(seconds)
    print(name)
async def main():
    await asyncio.gather(work("A", 0.05), work("B", 0.02))
asyncio.run(main())
"""
EXPECTED = [
    "Task-1 is made for main · line 8",
    "a loop runs",
    "Task-1 runs",
    "Task-2 is made for work by Task-1 · line 7",
    "Task-3 is made for work by Task-1 · line 7",
    "Task-1 waits: asyncio.gather() · line 7 [Task-2, Task-3]",
    "Task-2 runs, due since Task-1",
    "Task-2 waits: asyncio.sleep(0.05) · line 4",
    "Task-3 runs, due since Task-1",
    "Task-3 waits: asyncio.sleep(0.02) · line 4",
    "Task-3 runs",
    "Task-3 prints 'B'",
    "Task-3 returned",
    "Task-2 runs",
    "Task-2 prints 'A'",
    "Task-2 returned",
    "Task-1 runs, due since Task-2",
    "Task-1 returned",
    "the loop stops",
]


@pytest.mark.parametrize("settings", [Settings(fork=False), Settings(sandbox="off")], ids=["spawned", "no sandbox"])
def test_every_way_of_running_records_the_same(run_with: Callable[[Settings], Run], settings: Settings) -> None:
    """A fresh interpreter, where asyncio is watched from its import on, and a fork record the same."""
    assert transcript(run_with(settings)(GATHER)) == EXPECTED


def test_asyncio_may_be_imported_late(run: Run) -> None:
    """A program that imports asyncio by a name that nobody could foresee is watched like any other."""
    code = GATHER.replace("import asyncio", "asyncio = __import__('async' + 'io')")
    assert transcript(run(code)) == EXPECTED


@pytest.mark.skipif(find_spec("uvloop") is None, reason="uvloop is not installed")
def test_uvloop_is_watched(run: Run) -> None:
    """On uvloop's loop the tasks, their waits and who woke whom are recorded, too."""
    code = GATHER.replace("import asyncio", "import asyncio, uvloop").replace("asyncio.run", "uvloop.run")
    lines = [line.replace("run_main", "main") for line in transcript(run(code))]
    assert [line for line in lines if line.startswith(("Task-3", "Task-2")) and "runs" not in line] == [
        line for line in EXPECTED if line.startswith(("Task-3", "Task-2")) and "runs" not in line
    ]


@pytest.mark.skipif(find_spec("uvloop") is None, reason="uvloop is not installed")
def test_timers_of_uvloop_are_watched(run: Run) -> None:
    """What a timer calls holds the loop, and what a time limit cancels is an event, as on asyncio's own loop."""
    code = """
import asyncio, time, uvloop
async def main():
    loop = asyncio.get_running_loop()
    loop.call_later(0.01, time.sleep, 0.1)
    loop.call_at(loop.time() + 0.02, time.sleep, 0.05)
    try:
        async with asyncio.timeout(0.3):
            await asyncio.sleep(9)
    except TimeoutError:
        print("late")
uvloop.run(main())
"""
    recording = run(code)
    assert recording.exit == 0
    held = [one.end - one.start for one in recording.callbacks if one.name == "time.sleep"]
    assert [least < one for least, one in zip((0.09, 0.04), held, strict=True)] == [True, True]
    assert [event.kind for event in recording.events] == ["timeout"]


def test_threads_of_a_process_pool_are_not_the_programs(run: Run) -> None:
    """The threads that a pool starts for itself have no lane; a function of the program's that is named alike has."""
    code = """
import asyncio, threading
from concurrent.futures import ProcessPoolExecutor
def _worker():
    print("mine")
async def main():
    with ProcessPoolExecutor(1) as pool:
        print(await asyncio.get_running_loop().run_in_executor(pool, abs, -1))
if __name__ == "__main__":
    thread = threading.Thread(target=_worker, name="own")
    thread.start()
    thread.join()
    asyncio.run(main())
"""
    recording = run(code)
    assert [(one.name, [work.what for work in one.work]) for one in recording.threads] == [("own", ["_worker"])]


def test_a_call_of_a_process_pool_is_a_wait_of_its_task(run: Run) -> None:
    """It is named as the program writes it, with its line; when a process begins it, only that process knows."""
    code = """
import asyncio, time
from concurrent.futures import ProcessPoolExecutor
async def main():
    with ProcessPoolExecutor(1) as pool:
        await asyncio.get_running_loop().run_in_executor(pool, time.sleep, 0.05)
if __name__ == "__main__":
    asyncio.run(main())
"""
    recording = run(code)
    (task,) = recording.tasks
    (wait,) = task.waits
    assert (wait.on, wait.line) == ("asyncio.get_running_loop().run_in_executor(…)", 6)
    assert wait.end is not None
    assert wait.end - wait.start >= 0.04
    assert recording.threads == ()


def test_a_task_of_a_library_does_not_wait_for_itself(run_with: Callable[[Settings], Run], tmp_path: Path) -> None:
    """It waits for what its coroutine awaits, as a task of the program does."""
    (tmp_path / "helper.py").write_text(FETCH)
    code = """
import asyncio, helper
async def main():
    await asyncio.gather(helper.fetch(), asyncio.sleep(0.02))
asyncio.run(main())
"""
    recording = run_with(Settings(path=(str(tmp_path),)))(code)
    _, fetch, sleep = recording.tasks
    assert [wait.on for wait in fetch.waits] == ["asyncio.sleep(0.01)"]
    assert [wait.on for wait in sleep.waits] == ["asyncio.sleep(0.02)"]


def test_a_long_expression_names_each_of_its_calls(run: Run) -> None:
    """What is awaited is the last call of a chain: arguments are left out, and no name of a function."""
    code = """
import asyncio, time
def of(*_):
    return asyncio
async def main():
    await of("a bracket ) in a text", "many arguments").get_running_loop().run_in_executor(None, time.sleep, 0.05)
    await of("arguments of more than one line", len("(" * 9), 1, 2, 3).to_thread(time.sleep, 0.05)
asyncio.run(main())
"""
    (task,) = run(code).tasks
    assert [wait.on for wait in task.waits] == ["of(…).get_running_loop().run_in_executor(…)", "of(…).to_thread(…)"]


FETCH = "import asyncio\nasync def fetch():\n    await asyncio.sleep(0.01)\n"
HELPER = """
import asyncio, contextlib, time

async def main():
    await asyncio.sleep(0.01)

async def fetch(seconds=0.01):
    await asyncio.sleep(seconds)

def tick():
    time.sleep(0.01)

async def work(queue):
    await fetch()
    await queue.get()
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.01, future.set_result, None)
    await future
    time.sleep(0.15)
    asyncio.get_running_loop().call_soon(tick)
    child = asyncio.create_task(asyncio.sleep(0.01))
    await child
    await asyncio.gather(fetch(), fetch())
    await asyncio.to_thread(tick)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.01)
"""
USES_HELPER = """
import asyncio, {0} as helper

async def main():
    await asyncio.sleep(0.01)
    queue = asyncio.Queue()
    other = asyncio.create_task(helper.main())
    task = asyncio.create_task(helper.work(queue))
    await asyncio.sleep(0.05)
    queue.put_nowait(1)
    await asyncio.wait([task, other])
    await helper.fetch(0.02)
asyncio.run(main())
"""


def test_a_wait_in_a_helper_module_has_the_line_at_which_the_program_awaits_it(
    run_with: Callable[[Settings], Run], tmp_path: Path
) -> None:
    """Also where the module's own line has another number; a task that runs the module's code has a line of that."""
    (tmp_path / "helper.py").write_text("#\n" * 20 + FETCH)
    code = """
import asyncio, helper
async def main():
    await helper.fetch()
    await asyncio.create_task(helper.fetch())
asyncio.run(main())
"""
    main, fetch = run_with(Settings(path=(str(tmp_path),)))(code).tasks
    assert [(wait.on, wait.line, wait.file) for wait in main.waits] == [
        ("helper.fetch()", 4, None),
        ("Task-2", 5, None),
    ]
    assert (fetch.coro, fetch.line, fetch.file) == ("fetch", 5, None)
    assert [(wait.on, wait.line, wait.file) for wait in fetch.waits] == [("asyncio.sleep(0.01)", 23, "helper.py")]


@pytest.mark.parametrize(
    ("place", "module"), [("helper.py", "helper"), ("src/pkg/work.py", "pkg.work")], ids=["file", "package"]
)
@pytest.mark.parametrize("fork", [True, False], ids=["forked", "spawned"])
def test_what_runs_in_a_module_of_the_project_has_lines_of_its_file(
    run_with: Callable[[Settings], Run], tmp_path: Path, place: str, module: str, *, fork: bool
) -> None:
    """Waits, creations, the line that held the loop, callbacks, calls of threads, time limits: file and line.

    The program has functions of the same names at the same lines.
    """
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(HELPER)
    path = tmp_path / "src" if place.startswith("src") else tmp_path
    recording = run_with(Settings(fork=fork, path=(str(path),)))(USES_HELPER.format(module))
    name = file.name
    main, other, work, child, *fetches = recording.tasks
    assert [(wait.on, wait.line, wait.file) for wait in main.waits] == [
        ("asyncio.sleep(0.01)", 5, None),
        ("asyncio.sleep(0.05)", 9, None),
        ("asyncio.wait([task, other])", 11, None),
        ("helper.fetch(0.02)", 12, None),
    ]
    assert (other.line, other.file, [(wait.line, wait.file) for wait in other.waits]) == (7, None, [(5, name)])
    assert [(wait.on, wait.line, wait.file) for wait in work.waits[:6]] == [
        ("asyncio.sleep(0.01)", 8, name),
        ("Queue.get()", 15, name),
        ("Future", 18, name),
        (child.name, 22, name),
        ("asyncio.gather()", 23, name),
        ("asyncio.to_thread()", 24, name),
    ]
    assert (work.line, work.file, child.line, child.file) == (8, None, 21, name)
    assert {(fetch.line, fetch.file, fetch.waits[0].line, fetch.waits[0].file) for fetch in fetches[:2]} == {
        (23, name, 8, name)
    }
    longest = max(work.steps, key=lambda step: step.end - step.start)
    assert (longest.held_at, longest.held_in) == (19, name)
    assert ("tick", 10, name) in [(one.name, one.line, one.file) for one in recording.callbacks]
    assert [(call.what, call.line, call.file) for thread in recording.threads for call in thread.work] == [
        ("tick", 10, name)
    ]
    assert {(event.line, event.file) for event in recording.events if event.kind == "timeout"} == {(26, name)}
    assert str(tmp_path) not in replace(recording, requires=Dependencies()).to_json()


def test_what_runs_in_a_library_or_in_no_file_has_no_line(run_with: Callable[[Settings], Run], tmp_path: Path) -> None:
    """An installed distribution, code that a program makes, and a file whose name is not fit to be shown."""
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / "library.py").write_text(FETCH)
    code = f"""
import asyncio, library
names, odd = {{}}, {{}}
exec({FETCH!r}, names)
exec(compile({FETCH!r}, "/somewhere/a\\nb.py", "exec"), odd)
async def main():
    await asyncio.gather(library.fetch(), names["fetch"](), odd["fetch"]())
asyncio.run(main())
"""
    recording = run_with(Settings(path=(str(tmp_path / "site-packages"),)))(code)
    _, *tasks = recording.tasks
    assert [(wait.on, wait.line, wait.file) for task in tasks for wait in task.waits] == [
        ("asyncio.sleep(0.01)", None, None)
    ] * 3


def test_a_task_that_never_lets_go(run: Run) -> None:
    """A program that is stopped in a step that never ends shows which task it was, and until when."""
    code = """
import asyncio
async def hog():
    while True:
        pass
async def main():
    task = asyncio.create_task(hog(), name="hog")
    await task
asyncio.run(main())
"""
    recording = run(code, timeout=1)
    main, hog = recording.tasks
    assert recording.timed_out
    assert hog.outcome is None
    (step,) = hog.steps
    assert step.end - step.start > 0.5
    assert (main.waits[-1].end, main.waits[-1].on) == (None, "hog")


def test_moments_are_those_of_the_program(run: Run) -> None:
    """Steps and waits begin and end when the program says by its own clock that they do."""
    code = """
import asyncio, time
async def main():
    print(time.perf_counter())
    await asyncio.sleep(0.2)
    print(time.perf_counter())
    time.sleep(0.1)
    print(time.perf_counter())
    await asyncio.sleep(0.1)
asyncio.run(main())
"""
    recording = run(code)
    first, woken, blocked = (float(output.text) for output in recording.outputs if output.text.strip())
    (main,) = recording.tasks
    offset = recording.outputs[0].at - first
    wait, later = main.waits
    assert abs(wait.start - (first + offset)) < 0.05
    assert wait.end is not None
    assert abs(wait.end - (woken + offset)) < 0.05
    assert abs(main.steps[1].end - (blocked + offset)) < 0.05
    assert 0.09 < main.steps[1].end - main.steps[1].start < 0.3
    assert later.start == main.steps[1].end


def test_parts_of_a_session_share_a_loop() -> None:
    """A task that lives on in the next part of a session is recorded there too, with what it did there.

    Lines are those of the recorded part: a line of another part would be looked for in vain.
    """
    first = """
import asyncio
loop = asyncio.new_event_loop()
async def work():
    await asyncio.sleep(0.01)
    print("done")
task = loop.create_task(work(), name="work")
loop.run_until_complete(asyncio.sleep(0))
"""
    with Engine(Settings()) as engine:
        (result,) = engine.run([Program((first, "loop.run_until_complete(task)\nloop.close()"))])
    one, two = result.recordings
    assert one.tasks[0].name == two.tasks[0].name == "work"
    assert (one.tasks[0].outcome, two.tasks[0].outcome) == (None, "returned")
    assert two.outputs[0].task == 0
    assert (one.tasks[0].line, two.tasks[0].line) == (7, None)
    assert (one.tasks[0].waits[-1].on, one.tasks[0].waits[-1].line) == ("asyncio.sleep(0.01)", 5)
    assert (two.tasks[0].waits[-1].on, two.tasks[0].waits[-1].line) == ("asyncio.sleep(0.01)", None)


def test_the_recorder_gives_up_and_the_program_goes_on(run: Run) -> None:
    """A program whose tasks break the recorder runs as if there were none."""
    code = """
import asyncio
class Odd(asyncio.Task):
    def get_name(self):
        raise RuntimeError("no name")
async def work():
    print("at work")
async def main():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(lambda loop, coro, **options: Odd(coro, loop=loop))
    await loop.create_task(work())
    print("done")
asyncio.run(main())
"""
    recording = run(code)
    assert [output.text for output in recording.outputs] == ["at work\n", "done\n"]
    assert recording.exit == 0


def test_threads_have_their_own_names(run: Run) -> None:
    """Threads are numbered as Python numbers them, and recorded under the names that they have."""
    code = """
import threading
def work():
    print(threading.current_thread().name)
class Own(threading.Thread):
    def run(self):
        print(self.name)
for thread in (threading.Thread(target=work), Own(), threading.Thread(target=work, name="mine"), Own()):
    thread.start()
    thread.join()
"""
    recording = run(code)
    names = ["Thread-1 (work)", "Thread-2", "mine", "Thread-3"]
    assert [output.text.strip() for output in recording.outputs] == names
    assert [thread.name for thread in recording.threads] == names


LATE = """
import asyncio, time
async def many():
    for _ in range(MANY):
        await asyncio.sleep(0)
async def main():
    await asyncio.gather(many(), many())
    for _ in range(TASKS):
        await asyncio.create_task(asyncio.sleep(0))
    late = asyncio.create_task(blocks(), name="late")
    await asyncio.wait([late])
async def blocks():
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    time.sleep(0.1)
    print("blocked")
    await asyncio.sleep(0.01)
    raise LookupError
asyncio.run(main())
"""


@pytest.mark.parametrize(("many", "tasks"), [(10, 3), (9_000, 0), (12_000, 0), (10, 2_100), (11_000, 2_100)])
def test_what_matters_is_recorded_late_in_a_run(run: Run, many: int, tasks: int) -> None:
    """A long step, output and failure of a task are recorded after any number of steps and tasks."""
    recording = run(LATE.replace("MANY", str(many)).replace("TASKS", str(tasks)))
    (late,) = (task for task in recording.tasks if task.name == "late")
    assert any(step.end - step.start >= 0.1 for step in late.steps)
    assert (late.outcome, late.error) == ("raised", "LookupError")
    assert late.waits[-1].on == "asyncio.sleep(0.01)"
    (output,) = (output for output in recording.outputs if output.stream == "stdout")
    assert output.task == recording.tasks.index(late)
    assert len(recording.tasks) + recording.unseen_tasks == 4 + tasks
    assert (recording.unseen > 0) == (recording.unseen_since is not None) == (many > 10 or tasks > 10)
    assert recording.unseen_since is None or recording.unseen_since < late.steps[-1].start


def test_a_step_that_has_to_wait_for_its_turn(run: Run) -> None:
    """A task whose timer is over, or which was created, is ready from then on, and runs when nothing else does."""
    code = """
import asyncio, time
async def sleeps():
    await asyncio.sleep(0.02)
async def computes():
    time.sleep(0.15)
async def main():
    await asyncio.gather(sleeps(), *(computes() for _ in range(3)))
asyncio.run(main())
"""
    recording = run(code)
    _, sleeps, *computing = recording.tasks
    woken = sleeps.steps[-1]
    assert woken.ready is not None
    assert 0.015 < woken.ready - sleeps.waits[0].start < 0.1
    assert woken.start - woken.ready > 0.3
    first = computing[0].steps[0]  # its turn comes before any other computes; how soon, is the machine's
    assert first.ready is None or first.start - first.ready < 0.15
    assert all(task.steps[0].ready is not None for task in computing[1:])
    last = computing[-1].steps[0]
    assert last.ready is not None
    assert last.start - last.ready > 0.25


def test_output_of_threads_names_the_thread(run: Run) -> None:
    """What a thread prints is its own, and not the loop's or a task's."""
    code = """
import asyncio, threading
def work(word):
    print(word)
async def main():
    await asyncio.to_thread(work, "pool")
    thread = threading.Thread(target=work, args=("own",), name="mine")
    thread.start()
    thread.join()
    print("main")
asyncio.run(main())
print("end")
"""
    recording = run(code)
    names = [thread.name for thread in recording.threads]
    found = [(output.text.strip(), output.task, output.thread) for output in recording.outputs]
    assert found == [
        ("pool", None, names.index("asyncio_0")),
        ("own", None, names.index("mine")),
        ("main", 0, None),
        ("end", None, None),
    ]


def test_a_loop_names_its_thread(run: Run) -> None:
    """A loop that runs in another thread says in which."""
    code = """
import asyncio, threading
async def main():
    pass
asyncio.run(main())
thread = threading.Thread(target=lambda: asyncio.run(main()), name="beside")
thread.start()
thread.join()
"""
    recording = run(code)
    assert [None if loop.thread is None else recording.threads[loop.thread].name for loop in recording.loops] == [
        None,
        "beside",
    ]


@pytest.mark.parametrize("kind", ["asyncio.tasks._PyTask", "type('Own', (asyncio.tasks._PyTask,), {})"])
def test_tasks_of_any_class_are_recorded(run: Run, kind: str) -> None:
    """Tasks of asyncio's class in Python, as nest_asyncio makes all tasks, are recorded as others are."""
    code = GATHER.replace("import asyncio", f"import asyncio; asyncio.Task = asyncio.tasks.Task = {kind}")
    assert transcript(run(code)) == EXPECTED


def test_a_recording_says_that_the_recorder_gave_up(run: Run) -> None:
    """A loop that is made otherwise than asyncio's is not recorded, and the recording says so."""
    code = """
import asyncio
class Small:
    def __init__(self):
        self.due = []
    def call_soon(self, callback, *args, context=None):
        self.due.append(asyncio.Handle(callback, args, self))
    def get_debug(self):
        return False
loop = Small()
loop.call_soon(print, "called")
for handle in loop.due:
    handle._run()
"""
    recording = run(code)
    assert [output.text for output in recording.outputs] == ["called\n"]
    assert recording.incomplete is not None
    assert "_ready" in recording.incomplete
    assert run("print(1)").incomplete is None
    looks = "import sys; sys.setprofile(lambda *_: None)\n"
    assert "stepped aside" in str(run(f"{looks}import asyncio; asyncio.run(asyncio.sleep(0))").incomplete)
    assert run(f"{looks}print(1)").incomplete is None


def test_a_child_of_the_program_is_not_recorded(run: Run) -> None:
    """A fork of the program that runs a loop of its own writes nothing into the recording."""
    code = """
import asyncio, os
async def main():
    await asyncio.sleep(0)
if os.fork() == 0:
    asyncio.run(main())
    os._exit(0)
os.wait()
"""
    assert run(code).tasks == ()


HELD = """
import asyncio, os, subprocess, time, warnings

def compute():
    sum(range(20_000_000))

def callback():
    x = 1
    time.sleep(0.15)

async def sleeps():
    await asyncio.sleep(0.01)
    x = 1
    time.sleep(0.15)

async def computes():
    compute()

async def waits_for_a_process():
    subprocess.run(["sleep", "0.15"])

async def alternates():
    for _ in range(8):
        time.sleep(0.02)
        time.sleep(0.02)
        time.sleep(0.02)

async def main():
    asyncio.get_running_loop().call_soon(callback)
    for task in (sleeps(), computes(), waits_for_a_process(), alternates()):
        await asyncio.create_task(task)

asyncio.run(main())
"""


@pytest.mark.parametrize("module", ["asyncio", "uvloop"])
def test_the_line_that_held_the_loop_is_recorded(run: Run, module: str) -> None:
    """Whatever a long step did there: sleep, compute, wait for a process. If no line did most, none is named."""
    if find_spec(module) is None:
        pytest.skip("uvloop is not installed")
    recording = run(HELD.replace("asyncio.run", f"import {module}; {module}.run"))
    held = {task.coro: max(task.steps, key=lambda step: step.end - step.start).held_at for task in recording.tasks}
    lines = {"sleeps": 14, "computes": 5, "waits_for_a_process": 20, "alternates": None}
    assert {name: held[name] for name in lines} == lines
    assert set(held.values()) == set(lines.values())
    (callback,) = (one for one in recording.callbacks if one.name == "callback")
    assert callback.held_at == 9
    short = [step for task in recording.tasks for step in task.steps if step.end - step.start < 0.05]
    assert {step.held_at for step in short} == {None}


def test_lines_that_held_loops_in_several_threads_are_recorded(run: Run) -> None:
    """Each loop's own, while another one waits, computes or is held at the same time."""
    code = """
import asyncio, threading, time

async def sleeps():
    await asyncio.sleep(0)
    time.sleep(0.4)

async def computes():
    end = time.perf_counter() + 0.4
    while time.perf_counter() < end:
        sum(range(1000))

async def ticks():
    for _ in range(60):
        await asyncio.sleep(0.005)

def callback_of_first():
    time.sleep(0.4)

def callback_of_second():
    time.sleep(0.5)

async def main(work, callback):
    asyncio.get_running_loop().call_soon(callback)
    await asyncio.sleep(0)
    await asyncio.create_task(work())

loops = [
    (sleeps, callback_of_first), (computes, callback_of_second), (ticks, int)
]
threads = [threading.Thread(target=lambda given: asyncio.run(main(*given)), args=[given]) for given in loops]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
    recording = run(code)
    held = {task.coro: max(task.steps, key=lambda step: step.end - step.start).held_at for task in recording.tasks}
    assert (held["sleeps"], held["ticks"]) == (6, None)
    assert held["computes"] in (10, 11)
    named = {one.name: one.held_at for one in recording.callbacks if one.name.startswith("callback")}
    assert named == {"callback_of_first": 18, "callback_of_second": 21}


def test_a_program_does_not_notice_how_its_lines_are_found(run: Run) -> None:
    """No thread is to be seen, a fork warns of none, and a blocked signal waits for the one who asks for it."""
    code = """
import asyncio, os, signal, threading, time, warnings
warnings.simplefilter("error")

async def main():
    time.sleep(0.1)
    print([thread.name for thread in threading.enumerate()])
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(0.05)
    print(signal.sigwait({signal.SIGUSR1}) == signal.SIGUSR1)

for _ in range(3):
    asyncio.run(main())
"""
    recording = run(code)
    assert "".join(output.text for output in recording.outputs) == "['MainThread']\nTrue\n" * 3


def test_a_task_that_is_destroyed_before_it_ended_is_recorded(run: Run) -> None:
    """As Python says it; a task that ended or is still there is not."""
    code = """
import asyncio, gc
kept = []
async def waits():
    await asyncio.get_running_loop().create_future()
async def main():
    lost = asyncio.create_task(waits(), name="lost")
    kept.append(asyncio.create_task(waits(), name="kept"))
    done = asyncio.create_task(asyncio.sleep(0), name="done")
    await done
    del lost, done
    gc.collect()
asyncio.run(main())
"""
    recording = run(code)
    destroyed = [event for event in recording.events if event.kind == "destroyed"]
    assert [(recording.tasks[event.task or 0].name, event.line) for event in destroyed] == [("lost", 5)]
    assert any("Task was destroyed but it is pending" in output.text for output in recording.outputs)


def test_a_task_that_a_library_creates_for_itself_is_internal(run: Run) -> None:
    """Not one that the program creates, by whatever function, nor one with a coroutine of the program."""
    code = """
import asyncio
async def serve(reader, writer):
    writer.write(await reader.readline())
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"a\\n")
    print(await reader.readline())
    writer.close()
    server.close()
    await asyncio.gather(asyncio.sleep(0), asyncio.wait_for(asyncio.sleep(0), 1))
    await asyncio.create_task(asyncio.sleep(0))
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0))
asyncio.run(main())
asyncio.run(asyncio.sleep(0))
"""
    recording = run(code)
    internal = {task.coro for task in recording.tasks if task.internal}
    others = {task.coro for task in recording.tasks if not task.internal}
    assert "BaseSelectorEventLoop._accept_connection2" in internal
    assert all("EventLoop._" in str(coro) for coro in internal)
    assert others == {"main", "serve", "sleep", "wait_for"}


IDENTITIES = """
import asyncio, builtins
seen = 0
def counted(value, ask=id):
    global seen
    seen += 1
    return ask(value)
async def work():
    for number in range(50):
        await asyncio.sleep(0)
        print(number)
async def main():
    await asyncio.gather(work(), work())
loop = asyncio.new_event_loop()
builtins.id = counted
loop.run_until_complete(main())
print(f"{seen=}")
"""


def test_to_record_a_step_or_a_line_asks_for_no_identity(run: Run) -> None:
    """Each call of ``id()`` is an audit event, which took a tenth of a small step's time."""
    assert run(IDENTITIES).outputs[-1].text == "seen=0\n"
