"""Whatever amount a program makes of something, builder, recording, page and console stay small."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.journal.limits import LONGEST_NAME
from sphinx_await.core.model.recording import Output, Recording
from sphinx_await.core.text.output_lines import text_of
from sphinx_await.engine.cache.store import Cache
from sphinx_await.engine.settings import Settings

from ..conftest import run_python
from ..sphinxext.conftest import CONF, project
from .test_hostile_programs import FORGE

if TYPE_CHECKING:
    from pathlib import Path

    from ..sphinxext.conftest import Project

__all__ = ["project"]  # a fixture

MB = 1 << 20

#: Programs that print "the end" last, by what there is too much of.
ENDING = {
    "names": """
import asyncio
async def wait(for_whom): await for_whom
async def main():
    one = asyncio.create_task(asyncio.sleep(0.1), name="n" * 1_000_000)
    others = [asyncio.create_task(wait(one), name=f"{n}" * 100_000) for n in range(300)]
    await asyncio.gather(*others)
asyncio.run(main())
""",
    "qualified names": """
import asyncio, threading
async def main(): await asyncio.sleep(0)
main.__qualname__ = "q" * 5_000_000
asyncio.run(main())
threading.Thread(target=lambda: None, name="t" * 5_000_000).start()
""",
    "runs of a loop": """
import asyncio
loop = asyncio.new_event_loop()
for _ in range(8_000):
    loop.call_soon(loop.stop); loop.run_forever()
loop.close()
""",
    "names of a task": """
import asyncio
async def main():
    for n in range(20_000):
        asyncio.current_task().set_name(f"name {n} " + 100 * "n")
asyncio.run(main())
""",
    "files": """
for n in range(60_000):
    try: open(f"/usr/{n}/" + 150 * "f")
    except OSError: pass
try: open("/usr/" + 5_000_000 * "f")
except OSError: pass
""",
    "tasks in groups": """
import asyncio
async def main():
    done, left = set(), {asyncio.create_task(asyncio.sleep(0.001 * (n % 50))) for n in range(1000)}
    while left:
        done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
asyncio.run(main())
""",
}
#: Programs that fail, by what there is too much of.
FAILING = {
    "message": "raise ValueError('m' * 20_000_000)",
    "group": "raise ExceptionGroup('g' * 1000, [ValueError('v' * 1000) for _ in range(10_000)])",
    "notes": "e = ValueError()\nfor _ in range(10_000): e.add_note('n' * 1000)\nraise e",
    "depth": "import sys\nsys.setrecursionlimit(50_000)\ndef f(n):\n    n and f(n - 1)\n    1 / 0\nf(20_000)",
    "causes": "e = None\nfor n in range(5_000):\n    new = ValueError(n); new.__cause__ = e; e = new\nraise e",
    "type": "raise type('T' * 5_000_000, (Exception,), {})",
    "line": "print('l' * 90_000)\n1 / 0",
}
#: Programs that fill their own journal.
FORGED = {
    "pieces of output": "fill(RECORD.pack(3, 1, 0, 0, time.perf_counter_ns(), 0, 0))",
    "parts": 'fill(RECORD.pack(1, 0, 0, 24, time.perf_counter_ns(), 0, 0) + b\'{"cpu":0,    "delay":0}\')',
    "a failure": 'put(5, b\'{"type":"E","message":"%s","traceback":"","line":1}\' % (30_000_000 * b\'m\'))',
    "a name that many await": """
put(11, b"c", task=1, stream=1); put(4, 5_000_000 * b"\\xff", task=1)
for n in range(20_000): put(12, struct.pack("<iIq", 1, 0, time.perf_counter_ns()), task=2)
""",
    "steps in steps": """
now = time.perf_counter_ns()
for n in range(10_000): put(12, struct.pack("<iIq", 0, 0, now + 10**9), at=now - n, task=n % 2000 + 1)
for n in range(10_000): put(12, struct.pack("<iIq", 0, 0, now + 100 * n + 50), at=now + 100 * n, task=1, stream=8)
""",
    "a reason": "put(8, 30_000_000 * b'\\xff')",
}
_FILL = """
def fill(record):
    count = (len(journal) - end) // len(record)
    journal[end : end + count * len(record)] = count * record
"""
_RUN = """
import json, re, sys
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings
found = {}
with Engine(Settings(output_limit=100_000)) as engine:
    programs = {Program.of(code, 60): name for name, code in json.load(open(sys.argv[1])).items()}
    for result in engine.run(programs, rerun=False):
        found[programs[result.program]] = result.recording.to_json()
# Not by getrusage: that begins with what the parent of this process took.
status = open("/proc/self/status").read()
print(json.dumps([1024 * int(re.search(r"VmHWM:\\s*(\\d+) kB", status)[1]), found]))
"""


@dataclass(frozen=True)
class Ran:
    """What an engine had in the end: the most memory that it took, in bytes, and the JSON of each recording."""

    memory: int
    kept: dict[str, str]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Run all programs that print an end and that fill their journal, in an engine of its own."""
    programs = {name: f"{code.strip()}\nprint('the end')" for name, code in ENDING.items()}
    programs |= {name: f"{FORGE}{_FILL}\n{code}\nos._exit(7)" for name, code in FORGED.items()}
    stored = tmp_path_factory.mktemp("bounds") / "programs.json"
    stored.write_text(json.dumps(programs), encoding="utf-8")
    done = run_python("-c", _RUN, stored)
    assert done.returncode == 0, done.stderr
    ran = Ran(*json.loads(done.stdout))
    assert ran.kept.keys() == programs.keys()
    return ran


def test_the_builder_takes_no_more_memory(ran: Ran) -> None:
    """What it takes at most does not depend on what programs chose."""
    assert ran.memory < 300 * MB


def test_no_recording_is_large(ran: Ran) -> None:
    """Whatever a program writes into its journal, no more of it is kept than of an honest one."""
    assert {name: len(text) for name, text in ran.kept.items() if len(text) > 8 * MB} == {}


def test_what_a_program_prints_last_is_there(ran: Ran) -> None:
    """Nothing that there is too much of takes the room of something else."""
    for name in ENDING:
        assert text_of(Recording.from_json(ran.kept[name]).outputs, "stdout") == "the end\n", name


def test_long_names_are_cut_where_they_are_recorded(ran: Ran) -> None:
    """A mark shows that there was more."""
    names = [task.name for task in Recording.from_json(ran.kept["names"]).tasks]
    assert max(map(len, names)) == LONGEST_NAME
    assert f"{'n' * (LONGEST_NAME - 1)}…" in names


def test_the_last_name_of_a_task_is_recorded(ran: Ran) -> None:
    """However often it was renamed."""
    assert [task.name[:10] for task in Recording.from_json(ran.kept["names of a task"]).tasks] == ["name 19999"]


def test_an_account_of_too_many_files_is_not_whole(ran: Ran) -> None:
    """So the program runs again in the next build."""
    assert not Recording.from_json(ran.kept["files"]).requires.complete


def test_page_and_console_cut_long_texts(project: Project) -> None:
    """The type and the end of each failure are there; neither page nor console is longer for a longer text."""
    project.write("conf.py", f"{CONF}\nawait_output_limit = 100_000\n")
    fences = "".join(f"\n```python\n{code}\n```\n" for code in FAILING.values())
    project.write("index.md", f"# Bounds\n{fences}")
    built = project.build()
    assert built.status == 1
    assert len(re.findall(r": ERROR: index-\d+: ", built.err)) == len(FAILING), built.err
    assert len(built.err) < MB
    assert max(map(len, built.err.splitlines())) < 25_000
    assert len(built.page()) < 2 * MB
    kinds = re.findall(r": ERROR: index-\d+: (\w{,30})", built.err)
    assert sorted(kinds) == sorted(["ValueError"] * 3 + ["ExceptionGroup", "T" * 30] + ["ZeroDivisionError"] * 2)


def test_a_recording_that_is_too_large_is_not_kept(tmp_path: Path) -> None:
    """That is said once, nothing is written, and the program runs again next time."""
    large = "x" * (65 * MB)
    recording = Recording("", "", "2026-01-01", 0.0, 0.0, 0, outputs=(Output(0.0, "stdout", large),))
    cache = Cache(tmp_path / "cache", Settings())
    assert [cache.store("key", part, recording) for part in range(2)] == [False, False]
    assert list(tmp_path.rglob("*.json")) == []
    assert ["is larger than 64 MB and is not kept" in words for words in cache.trouble] == [True]
