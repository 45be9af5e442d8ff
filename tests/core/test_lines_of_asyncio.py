"""Lines of the program that an event loop calls, by whatever way: on Python 3.11 nothing else of asyncio is traced."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .test_generators import HAS_TURNS
from .test_lines import both, joined, needs_lines, needs_tracing, stepped, told

pytestmark = needs_lines

#: Programs by what calls their lines. What they print says that it was called.
CALLED_IN_STEPS = {
    "callbacks": """\
import asyncio
def called(*what):
    x = len(what)
    print(x)
async def work():
    return 1
async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(called)
    loop.call_soon_threadsafe(called, 1, 2)
    task = asyncio.create_task(work())
    task.add_done_callback(called)
    future = loop.create_future()
    future.add_done_callback(called)
    future.set_result(None)
    await task
    later = loop.create_future()
    later.add_done_callback(called)
    loop.call_later(0.001, later.set_result, 3)
    await later
asyncio.run(main())
print("end")
""",
    "a failing callback, and what is left": """\
import asyncio
def fails():
    x = 0
    x / 0
async def main():
    asyncio.get_running_loop().call_soon(fails)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    x = 1
asyncio.run(main())
x = 2
""",
    "an exception that leaves the loop": """\
import asyncio
async def exits(error):
    x = 1
    raise error
for error in (ValueError(), SystemExit(), KeyboardInterrupt()):
    try:
        asyncio.run(exits(error))
    except BaseException as caught:
        x = 2
        print(type(caught))
    x = 3
x = 4
""",
    "an exception of a callback that leaves the loop": """\
import asyncio
def exits():
    x = 1
    raise SystemExit
async def main():
    asyncio.get_running_loop().call_soon(exits)
    try:
        await asyncio.sleep(1)
    finally:
        print("cancelled")
try:
    asyncio.run(main())
except SystemExit:
    print("left")
x = 4
""",
    "an error of asyncio's": """\
import asyncio
async def main():
    coro = main()
    try:
        asyncio.run(coro)
    except RuntimeError:
        x = 1
    coro.close()
    try:
        asyncio.create_task(None)
    except TypeError:
        x = 2
    await asyncio.sleep(0)
    x = 3
try:
    asyncio.run(None)
except ValueError:
    x = 4
asyncio.run(main())
x = 5
""",
    "tasks that are cancelled at the end": """\
import asyncio
async def work():
    try:
        await asyncio.sleep(10)
    finally:
        x = 1
        print("cancelled")
async def main():
    task = asyncio.create_task(work())
    await asyncio.sleep(0)
asyncio.run(main())
print("end")
""",
    "several loops after each other": """\
import asyncio
async def work(n):
    await asyncio.sleep(0)
    print(n)
asyncio.run(work(1))
loop = asyncio.new_event_loop()
loop.run_until_complete(work(2))
x = 1
loop.call_soon(loop.stop)
loop.run_forever()
x = 2
loop.close()
with asyncio.Runner() as runner:
    x = 3
    runner.run(work(3))
    x = 4
    runner.run(work(4))
asyncio.run(work(5))
""",
    "a loop within a step of another one": """\
import asyncio
async def inner(n):
    await asyncio.sleep(0)
    print(n)
async def outer():
    loop = asyncio.get_running_loop()
    asyncio._set_running_loop(None)
    other = asyncio.new_event_loop()
    other.run_until_complete(inner(1))
    x = 1
    asyncio.run(inner(2))
    x = 2
    other.close()
    asyncio._set_running_loop(loop)
    x = 3
    await asyncio.sleep(0)
    x = 4
asyncio.run(outer())
x = 5
""",
    "a loop in another thread": """\
import asyncio, threading
async def work(n):
    await asyncio.sleep(0.001)
    return n
def runs():
    print(asyncio.run(work(1)))
async def main():
    thread = threading.Thread(target=runs)
    thread.start()
    await asyncio.sleep(0.02)
    thread.join()
    print(await asyncio.to_thread(len, "ab"))
asyncio.run(main())
x = 2
""",
    "a module that is imported in a step": """\
import asyncio
async def main():
    import colorsys
    x = colorsys.rgb_to_hsv(0, 0, 0)
    await asyncio.sleep(0)
    try:
        import missing_module
    except ImportError:
        x = 1
    await asyncio.sleep(0)
asyncio.run(main())
x = 2
""",
    "generators of both kinds": """\
import asyncio
def numbers():
    try:
        yield 1
        yield 2
    finally:
        x = 1
async def slow_numbers():
    try:
        for n in numbers():
            await asyncio.sleep(0)
            yield n
    finally:
        await asyncio.sleep(0)
        print("closed")
async def main():
    async for n in slow_numbers():
        print(n)
    ahead = slow_numbers()
    print(await anext(ahead))
    await ahead.aclose()
    left = numbers()
    next(left)
    await asyncio.sleep(0)
    print([n async for n in slow_numbers()])
asyncio.run(main())
""",
    "what asyncio calls for a task": """\
import asyncio
class Lock:
    def __init__(self):
        self.x = 1
    async def __aenter__(self):
        await asyncio.sleep(0)
    async def __aexit__(self, *error):
        await asyncio.sleep(0)
    def __await__(self):
        yield
        return 1
async def check(n):
    async with Lock():
        return await Lock()
async def main():
    async with asyncio.timeout(1), asyncio.TaskGroup() as group:
        group.create_task(check(1))
        group.create_task(check(2))
    print(await asyncio.gather(check(1), check(2)))
    print(await asyncio.wait_for(check(1), 1))
    for done in asyncio.as_completed([check(1), check(2)]):
        print(await done)
asyncio.run(main())
""",
    "the end of a program": """\
import asyncio, atexit
def leaves():
    x = 1
    asyncio.run(main())
def numbers():
    try:
        yield 1
    finally:
        print("closed")
async def main():
    await asyncio.sleep(0)
    print("main")
atexit.register(leaves)
asyncio.run(main())
left = numbers()
next(left)
""",
    "the end of a program that fails": """\
import atexit
def leaves():
    x = 1
    raise OSError
atexit.register(leaves)
raise ValueError
""",
}
CALLED_ANYWHERE = {
    "a destructor": """\
import asyncio
class Dropped:
    def __del__(self):
        x = 1
        print("gone")
async def work():
    return Dropped()
async def main():
    asyncio.create_task(work())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
asyncio.run(main())
""",
    "a weak reference": """\
import asyncio, weakref
class Dropped:
    pass
def gone(_):
    print("gone")
async def work():
    dropped = Dropped()
    kept.append(weakref.ref(dropped, gone))
    return dropped
async def main():
    asyncio.create_task(work())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
kept = []
asyncio.run(main())
""",
    "a handler of exceptions": """\
import asyncio
def handle(loop, context):
    x = context["message"]
    print(x)
async def fails():
    raise ValueError
async def main():
    asyncio.get_running_loop().set_exception_handler(handle)
    asyncio.create_task(fails())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
asyncio.run(main())
""",
    "a factory of tasks": """\
import asyncio
def factory(loop, coro, **more):
    print("made")
    return asyncio.Task(coro, loop=loop, **more)
async def work():
    await asyncio.sleep(0)
loop = asyncio.new_event_loop()
loop.set_task_factory(factory)
loop.run_until_complete(work())
async def main():
    asyncio.get_running_loop().set_task_factory(factory)
    await asyncio.create_task(work())
asyncio.run(main())
loop.close()
""",
    "a loop of its own": """\
import asyncio
class Loop(asyncio.SelectorEventLoop):
    def time(self):
        return super().time()
    def call_soon(self, *called, **more):
        x = 1
        return super().call_soon(*called, **more)
class Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        return Loop()
async def main():
    await asyncio.sleep(0.001)
loop = Loop()
loop.run_until_complete(main())
loop.close()
asyncio.set_event_loop_policy(Policy())
asyncio.run(main())
print("end")
""",
    "a loop that was changed": """\
import asyncio
def soon(self, *called, **more):
    x = 1
    return before(self, *called, **more)
before = asyncio.BaseEventLoop.call_soon
asyncio.BaseEventLoop.call_soon = soon
async def main():
    await asyncio.sleep(0)
asyncio.run(main())
""",
    "a selector of its own": """\
import asyncio, selectors
class Selector(selectors.DefaultSelector):
    def select(self, timeout=None):
        x = 1
        return super().select(timeout)
async def main():
    await asyncio.sleep(0)
loop = asyncio.SelectorEventLoop(Selector())
loop.run_until_complete(main())
loop.close()
""",
    "a stream": """\
import asyncio, io, sys
class Stream(io.StringIO):
    def write(self, text):
        x = 1
        return super().write(text)
async def fails():
    raise ValueError
async def main():
    asyncio.create_task(fails())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
sys.stderr = Stream()
asyncio.run(main())
sys.stderr = sys.__stderr__
""",
    "a log": """\
import asyncio, logging
class Handler(logging.Handler):
    def emit(self, record):
        print(record.levelname)
logging.basicConfig(level=logging.DEBUG, handlers=[Handler()])
async def main():
    await asyncio.sleep(0)
asyncio.run(main())  # which logs the selector of its loop
""",
    "a text for an object": """\
import asyncio
class Result:
    def __repr__(self):
        x = 1
        return "result"
async def main():
    return Result()
asyncio.run(main())
""",
}
PROGRAMS = CALLED_IN_STEPS | CALLED_ANYWHERE
SMALL = """\
import asyncio

async def main(turns):
    for turn in range(turns):
        await asyncio.sleep(0)
    print("done")

for turns in {}:
    asyncio.run(main(turns))
"""


#: From Python 3.14 on, no task of another loop begins in a step of a task.
NOT_ALLOWED = "a loop within a step of another one" if sys.version_info >= (3, 14) else None


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != NOT_ALLOWED])
def test_lines_are_recorded_whatever_calls_them(name: str, tmp_path: Path) -> None:
    """In the same order as CPython's own tracing saw. Of tasks, those of asyncio's own have no lane."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAMS[name], encoding="utf-8")
    recording, traced = (stepped if HAS_TURNS else both)(path, tmp_path)
    assert not recording.lines_left_out
    assert joined((None, line) for _, line in told(recording)) == joined((None, line) for _, line in traced)


def events(program: str, folder: Path) -> int:
    """How often the trace function was called or exchanged while a program ran, the end of its process included."""
    (folder / "program.py").write_text(program, encoding="utf-8")
    counted, target = Path(__file__).parent / "counted.py", folder / "events.txt"
    subprocess.run([sys.executable, str(counted), str(folder / "program.py"), str(target)], check=True, timeout=60)
    return int(target.read_text())


@needs_tracing
@pytest.mark.parametrize(
    ("before", "after", "most"),
    [
        ("import time\n", "import time\nprint(time.time() > 0)\n", 20),
        (SMALL.format([0]), SMALL.format([0, 0]), 100),
        (SMALL.format([0]), SMALL.format([10]), 300),
    ],
    ids=["a line", "a loop", "ten turns of a loop"],
)
def test_little_is_traced_but_the_program(before: str, after: str, most: int, tmp_path: Path) -> None:
    """All of asyncio that runs for one more loop, and the program's end, would be more than a thousand events."""
    assert events(after, tmp_path) - events(before, tmp_path) < most


@needs_tracing
def test_at_the_end_little_is_traced(tmp_path: Path) -> None:
    """Where no function of the program is left, nothing."""
    assert events("import time\n", tmp_path) < 40
