"""What a program costs that does next to nothing, beside a bare fork of a Python that has imported what it needs.

``python -m tests.bench.small``, or as a part of ``nox -s bench``. Rounds of many programs run in turns: by the engine
alone, without Sphinx, with and without isolation, and by bare forks, as many at once as there are cores. A measurement
and no test.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS, ROUNDS = 200, 5
HOWS = ("bare fork", "engine, no sandbox", "engine")
CODES = {
    "plain": "import time\n\ntime.sleep(0.001)\nprint('done {}')\n",
    "asyncio": (
        "import asyncio\n\nasync def main():\n    await asyncio.sleep(0.001)\n    print('done {}')\n\n"
        "asyncio.run(main())\n"
    ),
}
_PROJECT = Path(__file__).parents[2]
_TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Small:
    """A round: milliseconds for each of its programs.

    :ivar kind: a key of :data:`CODES`.
    :ivar how: one of :data:`HOWS`.
    :ivar wall: from the first start to the last result.
    :ivar builder: processor time of the process that wants the results: it sends, decodes and judges.
    :ivar server: that of processes which start programs.
    :ivar programs: that of the programs' own processes.
    """

    kind: str
    how: str
    wall: float
    builder: float
    server: float
    programs: float

    @property
    def cpu(self) -> float:
        """Processor time of all of them."""
        return self.builder + self.server + self.programs


def measure(kinds: tuple[str, ...] = tuple(CODES), rounds: int = ROUNDS, programs: int = PROGRAMS) -> Iterator[Small]:
    """Rounds in turns, each in a process of its own that says when it is ready."""
    for number in range(rounds):
        for kind in kinds:
            for how in (*HOWS[number % len(HOWS) :], *HOWS[: number % len(HOWS)]):
                command = [sys.executable, "-m", "tests.bench.small", kind, how, str(programs)]
                said = subprocess.run(command, cwd=_PROJECT, capture_output=True, text=True, check=True).stdout
                yield Small(kind, how, *(float(word) for word in said.split()))


def main(arguments: list[str]) -> None:
    """Print the table, or be one round."""
    if arguments:
        kind, how, programs = arguments
        round_of = _bare_round if how == "bare fork" else _engine_round
        values = round_of(CODES[kind], int(programs), "auto" if how == "engine" else "off")
        print(*(f"{value / int(programs) * 1e3:.4f}" for value in values))  # noqa: T201
        return
    from .tables import small_table  # a round has no use for it

    print(small_table(list(measure())).text())  # noqa: T201


def _bare_round(code: str, programs: int, _sandbox: str) -> tuple[float, float, float, float]:
    """Fork, run, leave without tidying up: no process could do the same with less."""
    asyncio.run(asyncio.sleep(0))  # what the first loop of a process imports
    at_once = len(os.sched_getaffinity(0))
    before, begun, running = os.times(), time.perf_counter(), 0
    for number in range(programs):
        if running == at_once:
            os.wait()
            running -= 1
        if not os.fork():
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            exec(compile(code.format(number), "program.py", "exec"), {"__name__": "__main__"})  # noqa: S102
            os._exit(0)
        running += 1
    for _ in range(running):
        os.wait()
    wall, after = time.perf_counter() - begun, os.times()
    own = after.user + after.system - before.user - before.system
    theirs = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, 0.0, own, theirs


def _engine_round(code: str, programs: int, sandbox: Literal["auto", "off"]) -> tuple[float, float, float, float]:
    from sphinx_await.engine.program import Program
    from sphinx_await.engine.scheduler import Engine
    from sphinx_await.engine.settings import Settings

    with Engine(Settings(sandbox=sandbox)) as engine:
        list(engine.run([Program.of("import asyncio\nasyncio.run(asyncio.sleep(0))")]))
        before, own, begun = _descendants(), os.times(), time.perf_counter()
        list(engine.run([Program.of(code.format(number)) for number in range(programs)]))
        wall, after, now = time.perf_counter() - begun, _descendants(), os.times()
    builder = now.user + now.system - own.user - own.system
    return wall, builder, after[0] - before[0], after[1] - before[1]


def _descendants() -> tuple[float, float]:
    """Processor seconds of the living descendants of this process, and of the dead ones that they waited for."""
    fields: dict[int, list[int]] = {}
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        try:
            stat = Path("/proc", name, "stat").read_bytes() if name.isdigit() else b""
        except OSError:  # it has ended
            continue
        if stat:
            numbers = [int(word) for word in stat.rpartition(b")")[2].split()[1:]]
            fields[int(name)] = numbers[10:14]  # utime, stime, cutime, cstime: see proc(5)
            children.setdefault(numbers[0], []).append(int(name))
    todo, living, dead = list(children.get(os.getpid(), ())), 0, 0
    while todo:
        process = todo.pop()
        living += sum(fields[process][:2])
        dead += sum(fields[process][2:])
        todo += children.get(process, ())
    return living * _TICK, dead * _TICK


if __name__ == "__main__":
    main(sys.argv[1:])
