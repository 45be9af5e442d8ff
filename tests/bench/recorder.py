"""What the recorder costs, and how far its moments are from the truth: ``python tests/bench/recorder.py``.

Costs are seconds of the processor, so that other programs on the machine count less; of several runs the least.
A measurement and no test: it passes or fails nothing.
"""

from __future__ import annotations

import math
import resource
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sphinx_await.core.journal.limits import MOST_LINES
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

HERE = Path(__file__).parent
SWITCHES = 200_000
TRIES = 5
_MB = 1 << 20

#: 200 000 switches between two tasks, and how long the processor worked for each, in microseconds.
SPIN = f"""
import asyncio, time
async def spin(count):
    for _ in range(count):
        await asyncio.sleep(0)
async def main():
    await asyncio.gather(spin({SWITCHES // 2}), spin({SWITCHES // 2}))
before = time.process_time()
asyncio.run(main())
print((time.process_time() - before) / {SWITCHES} * 1e6)
"""
MILLION = SPIN.replace(str(SWITCHES // 2), "500_000")
MANY_TASKS = """
import asyncio
async def work(number):
    for line in range(10):
        print("line", number, line)
        if line == 5:
            await asyncio.sleep(0)
async def main():
    await asyncio.gather(*(work(number) for number in range(100_000)))
asyncio.run(main())
"""
SCHEDULE = """
import asyncio, time
marks = []
async def work(number):
    for _ in range(3):
        await asyncio.sleep(0.02 * number)
        marks.append(time.perf_counter())
        if number == 2:
            time.sleep(0.005)
            marks.append(time.perf_counter())
async def main():
    await asyncio.gather(*(work(number) for number in range(1, 4)))
print(time.perf_counter())
asyncio.run(main())
print(*marks)
"""
#: Lines that run in a loop, and how long the processor worked, in milliseconds.
LINES = """
import time
before = time.process_time()
for number in range({}):
    number += 1
print((time.process_time() - before) * 1e3)
"""
#: The same in two tasks that take turns.
LINES_OF_TASKS = """
import asyncio, time
async def work(count):
    for number in range(count):
        number += 1
        number += 1
        await asyncio.sleep(0)
async def main():
    before = time.process_time()
    await asyncio.gather(work({0}), work({0}))
    print((time.process_time() - before) * 1e3)
asyncio.run(main())
"""
#: Runs a program in this process: plainly, or watched with detail that never or soon ends, or with its lines.
BESIDE = """
import sys, linecache, mmap
how, code = sys.argv[1], sys.argv[2]
import asyncio
linecache.cache["snippet.py"] = (len(code), None, code.splitlines(True), "snippet.py")
if how != "plain":
    from sphinx_await.core.journal import limits
    if how == "full":
        limits.DETAILED_STEPS = limits.MOST_STEPS = 1 << 40
    from sphinx_await.core.recorder.hooks import Hooks
    from sphinx_await.core.journal.records import Journal
    from sphinx_await.core.recorder.recorder import Recorder
    recorder = Recorder(Journal(mmap.mmap(-1, 64 << 20)), limit=1 << 20)
    recorder.watch(Hooks(), ["snippet.py"])
program = compile(code, "snippet.py", "exec", dont_inherit=True)
if how == "lines":
    recorder.compiled(program)
exec(program, {"__name__": "__main__"})
"""
#: The same, with the seconds that the program took as the last line, and those of the processor.
TIMED = BESIDE.replace(
    'exec(program, {"__name__": "__main__"})',
    """\
import time
began, busy = time.perf_counter(), time.process_time()
try:
    exec(program, {"__name__": "__main__"})
finally:
    print(f"\\n{time.perf_counter() - began} {time.process_time() - busy}")
""",
)
#: How often a program is tried at most: on a busy machine few tries find no moment without disturbance.
MOST_TRIES = 4 * TRIES
#: A time with lines is right if it differs from the one without by at most the larger of these.
RIGHT_SECONDS, RIGHT_SHARE = 0.01, 0.02
CORPUS = HERE.parent / "corpus" / "programs"
WAKING = """
import time, asyncio
from sphinx_await.core.recorder.hooks import Hooks
from sphinx_await.core.recorder.import_hook import ImportHook
from sphinx_await.core.recorder.instrumentation import instrument
from sphinx_await.core.journal.records import Journal
from sphinx_await.core.recorder.recorder import Recorder
hooks, imports = Hooks(), ImportHook()
before = time.process_time()
instrument(hooks)
hung = time.process_time()
for _ in range(100):
    Recorder(Journal(bytearray(4096)), limit=1).watch(hooks, ["snippet.py"], imports)
print((hung - before) * 1e3, (time.process_time() - hung) * 10)
"""


@dataclass(frozen=True)
class Cost:
    """What a program took: seconds of the processor, megabytes of memory."""

    cpu: float
    memory: float


def python(*arguments: str) -> str:
    """What a fresh interpreter prints."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True).stdout


def least_spin(how: str) -> float:
    """Microseconds a switch."""
    return min(float(python("-c", BESIDE, how, SPIN)) for _ in range(TRIES))


def plainly(code: str) -> Cost:
    """A program on its own, its output thrown away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 1024)


def show(what: str, *values: str) -> None:
    """One row."""
    print(f"{what:48}", *(f"{value:>16}" for value in values))  # noqa: T201


def show_switches() -> None:
    """The cost of a step."""
    plain, full, thin = (least_spin(how) for how in ("plain", "full", "thin"))
    show(f"{SWITCHES} switches of sleep(0)", "us a step", "more", "times plain")
    show("  plain", f"{plain:.2f}")
    show("  in full detail", f"{full:.2f}", f"{full - plain:.2f}", f"{full / plain:.2f}")
    show("  detail thins out", f"{thin:.2f}", f"{thin - plain:.2f}", f"{thin / plain:.2f}")


def show_lines() -> None:
    """What the lines of a program cost in all: as many as are kept, and many more."""
    show("lines of a program, ms in all", "without", "with", "more")
    most, of_a_task = (MOST_LINES - 20) // 2, (MOST_LINES - 40) // 8
    for name, code in (
        (f"{2 * most} lines, which are kept", LINES.format(most)),
        ("2 000 000 lines, which are too many", LINES.format(1_000_000)),
        (f"{8 * of_a_task} lines of two tasks", LINES_OF_TASKS.format(of_a_task)),
        ("80 000 lines of two tasks", LINES_OF_TASKS.format(10_000)),
    ):
        runs = [[float(python("-c", BESIDE, how, code)) for how in ("thin", "lines")] for _ in range(TRIES)]
        without, with_lines = map(min, zip(*runs, strict=True))
        show(f"  {name}", f"{without:.2f}", f"{with_lines:.2f}", f"{with_lines - without:.2f}")


def show_times() -> None:
    """How long the programs of the corpus take with their lines and without, of both the least.

    A program whose times are not right is tried again, both ways: what disturbs it makes one of them longer. Lines cost
    time of the processor, which other programs make longer by less.
    """
    found, busy, wrong = [], [], []
    for path in sorted(CORPUS.glob("*.py")):
        code = path.read_text(encoding="utf-8")
        without, with_lines, is_right = Took(), Took(), False
        for tries in range(MOST_TRIES):
            if tries >= TRIES and is_right:
                break
            without, with_lines = without.least(_took("thin", code)), with_lines.least(_took("lines", code))
            more = with_lines.wall - without.wall
            is_right = abs(more) <= max(RIGHT_SECONDS, RIGHT_SHARE * without.wall)
        if without.wall < math.inf:
            found.append(more * 1e3)
            busy.append((with_lines.cpu - without.cpu) * 1e3)
            wrong += [] if is_right else [f"{path.stem} {more * 1e3:.1f}"]
    show(f"{len(found)} programs of the corpus, ms more with lines", "least", "median", "most")
    for name, more_of in ((f"as the least of {TRIES} to {MOST_TRIES} runs", found), ("of the processor", busy)):
        show(f"  {name}", *(f"{one:.2f}" for one in (min(more_of), statistics.median(more_of), max(more_of))))
    show("  beyond the larger of 10 ms and 2 %", ", ".join(wrong) or "none")


@dataclass(frozen=True)
class Took:
    """How long a program took, and how long the processor worked for it, in seconds; endless if it was not run."""

    wall: float = math.inf
    cpu: float = math.inf

    def least(self, other: Took) -> Took:
        """The shorter ones of two runs."""
        return Took(min(self.wall, other.wall), min(self.cpu, other.cpu))


def _took(how: str, code: str) -> Took:
    """A run of a program; one that ends its process says nothing."""
    done = subprocess.run([sys.executable, "-c", TIMED, how, code], capture_output=True, text=True, check=False)
    try:
        return Took(*map(float, done.stdout.rsplit("\n", 2)[-2].split()))
    except (IndexError, ValueError, TypeError):
        return Took()


def show_large() -> None:
    """What large programs cost, and the builder."""
    show("large programs, under the engine", "plain cpu s", "cpu s", "times plain", "steps kept", "unseen", "JSON MB")
    with Engine(Settings()) as engine:
        for name, code in (("a million steps", MILLION), ("100 000 tasks, a million lines", MANY_TASKS)):
            plain = plainly(code)
            (result,) = engine.run([Program.of(code, 300)])
            recording = result.recording
            kept = sum(len(task.steps) for task in recording.tasks)
            row = [f"{plain.cpu:.2f}", f"{recording.cpu:.2f}", f"{recording.cpu / plain.cpu:.2f}"]
            show(f"  {name}", *row, f"{kept}", f"{recording.unseen}", f"{len(recording.to_json()) / 1e6:.1f}")
    show("  the builder's memory at most", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MB:.0f} MiB")


def show_waking() -> None:
    """What each program pays, and the fork server once."""
    once, each = (
        min(pair) for pair in zip(*(map(float, python("-c", WAKING).split()) for _ in range(TRIES)), strict=True)
    )
    show("hanging the hooks in, once", f"{once:.2f} ms")
    show("waking them, each program", f"{each:.3f} ms")


def show_truth() -> None:
    """How far boundaries of steps are from what the program read off its own clock."""
    off: list[float] = []
    with Engine(Settings()) as engine:
        for result in engine.run([Program((SCHEDULE, f"# {number}")) for number in range(10)]):
            recording = result.recordings[0]
            first, *marks = (float(number) for output in recording.outputs for number in output.text.split())
            offset = recording.outputs[0].at - first
            edges = [edge for task in recording.tasks for step in task.steps for edge in (step.start, step.end)]
            off += [min(abs(edge - mark - offset) for edge in edges) * 1e3 for mark in marks]
    show(
        "boundaries against the program's own clock",
        f"median {statistics.median(off):.2f} ms",
        f"most {max(off):.2f} ms",
    )


if __name__ == "__main__":
    show_switches()
    show_lines()
    show_times()
    show_waking()
    show_truth()
    show_large()
