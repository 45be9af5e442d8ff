"""What is recorded of generators: whose turn it was, what resumed it, and how it left."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sphinx_await.core.journal.limits import MOST_GENERATORS, MOST_TURNS
from sphinx_await.core.model.recording import Recording

from ..conftest import PROJECT
from ..support.examples import RANDOM

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[str], Recording]

HERE = Path(__file__).parent
HAS_TURNS = sys.version_info >= (3, 12)
pytestmark = pytest.mark.skipif(not HAS_TURNS, reason="sys.monitoring")
COUNT = "def count(limit):\n    for n in range(1, limit + 1):\n        yield n\n"


def ran(folder: Path, source: str) -> tuple[Recording, list[int]]:
    """The recording of a program, and which tools of sys.monitoring are taken when it has ended."""
    (folder / "program.py").write_text(source, encoding="utf-8")
    command = [sys.executable, str(HERE / "recorded.py"), str(folder / "program.py"), str(folder / "out.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return Recording.from_json((folder / "out.json").read_bytes()), json.loads(done.stdout)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a program and returns its recording."""
    return lambda source: ran(tmp_path, source)[0]


def told(recording: Recording) -> list[tuple[object, ...]]:
    """The turns without those in which Python closes what is left at the end: name, how and where, how it left."""
    names = [one.call or one.name for one in recording.generators]
    return [
        (names[turn.generator], turn.how, turn.line, turn.left, turn.left_at, turn.value)
        for turn in recording.turns
        if turn.line is not None
    ]


def test_a_loop_resumes_a_generator_until_it_returns(run: Run) -> None:
    """One turn for each value, and one for the end."""
    recording = run(COUNT + "for n in count(2):\n    pass\n")
    (only,) = recording.generators
    assert (only.name, only.call, only.kind, only.line) == ("count", "count(2)", "generator", 1)
    assert told(recording) == [
        ("count(2)", "for … in count(2)", 4, "yielded", 3, "1"),
        ("count(2)", "for … in count(2)", 4, "yielded", 3, "2"),
        ("count(2)", "for … in count(2)", 4, "returned", 2, "None"),
    ]
    assert [(turn.first, turn.last) for turn in recording.turns] == [(1, 2), (3, 4), (5, 6)]
    assert all(turn.end is not None and turn.start <= turn.end for turn in recording.turns)


def test_what_resumes_a_generator_is_the_text_of_the_program(run: Run) -> None:
    """Here send()."""
    source = "def average():\n    score = yield\n    while True:\n        score = yield score\n"
    recording = run(source + "one = average()\nnext(one)\none.send(80)\none.send(\n    90)\n")
    assert told(recording)[:3] == [
        ("average()", "next(one)", 6, "yielded", 2, "None"),
        ("average()", "one.send(80)", 7, "yielded", 4, "80"),
        ("average()", "one.send(90)", 8, "yielded", 4, "90"),
    ]


def test_throw_and_close_are_turns(run: Run) -> None:
    """What is thrown is there, and whether it ended the generator; close() throws GeneratorExit."""
    source = (
        "def quiet():\n    while True:\n        try:\n            yield\n        except ValueError:\n            pass\n"
    )
    recording = run(source + "one = quiet()\nnext(one)\none.throw(ValueError)\none.close()\n")
    assert [(turn.thrown, turn.left, turn.error, turn.how) for turn in recording.turns] == [
        (None, "yielded", None, "next(one)"),
        ("ValueError", "yielded", None, "one.throw(ValueError)"),
        ("GeneratorExit", "closed", None, "one.close()"),
    ]


def test_in_a_delegation_the_inner_generator_has_the_turn(run: Run) -> None:
    """Its turns are within those of the outer one, and by it."""
    source = "def inner():\n    yield 'a'\n    return 5\ndef outer():\n    got = yield from inner()\n    yield got\n"
    recording = run(source + "print(list(outer()))\n")
    names = [one.name for one in recording.generators]
    turns = [(names[turn.generator], turn.by and names[turn.by], turn.first, turn.last) for turn in recording.turns]
    assert names == ["outer", "inner"]
    assert [turn[0] for turn in turns] == ["outer", "inner", "outer", "inner", "outer"]
    inner = [turn for turn in recording.turns if turn.generator == 1]
    assert [(turn.by, turn.how, turn.line, turn.left, turn.value) for turn in inner] == [
        (0, "yield from", 5, "yielded", "'a'"),
        (0, "yield from", 5, "returned", "5"),
    ]
    assert [(turn.first, turn.last) for turn in recording.turns] == [(1, 4), (2, 3), (5, 8), (6, 7), (9, 10)]


def test_each_object_of_a_recursive_function_is_one_of_its_own(run: Run) -> None:
    """They are told apart by their arguments."""
    recording = run("def walk(n):\n    if n:\n        yield from walk(n - 1)\n    yield n\nlist(walk(2))\n")
    assert [one.call for one in recording.generators] == ["walk(2)", "walk(1)", "walk(0)"]
    assert [turn.by for turn in recording.turns if turn.generator == 2] == [1, 1]


def test_two_generators_take_turns(run: Run) -> None:
    """In the order in which they ran, with what they printed between."""
    source = "def cook(name):\n    for step in (1, 2):\n        print(name, step)\n        yield\n"
    loop = "tasks = [cook('rice'), cook('soup')]\nfor _ in range(2):\n    for task in tasks:\n        next(task)\n"
    recording = run(source + loop + "print('end')\n")
    turns = [turn for turn in recording.turns if turn.line is not None]
    assert [turn.generator for turn in turns] == [0, 1, 0, 1]
    assert {turn.how for turn in turns} == {"next(task)"}
    assert [(output.text, output.switches) for output in recording.outputs] == [
        ("rice 1\n", 1),
        ("soup 1\n", 3),
        ("rice 2\n", 5),
        ("soup 2\n", 7),
        ("end\n", 8),
    ]


def test_a_generator_that_raises(run: Run) -> None:
    """The type of the exception, and the line at which it left the generator."""
    recording = run("def bad():\n    yield 1\n    1 / 0\ntry:\n    list(bad())\nexcept ZeroDivisionError:\n    pass\n")
    last = recording.turns[-1]
    assert (last.left, last.left_at, last.error, last.value) == ("raised", 3, "ZeroDivisionError", None)


def test_a_generator_that_is_left_suspended(run: Run) -> None:
    """Its last turn that the program asked for yielded."""
    recording = run(COUNT + "one = count(9)\nnext(one)\n")
    assert told(recording) == [("count(9)", "next(one)", 5, "yielded", 3, "1")]


def test_a_generator_expression(run: Run) -> None:
    """It has no call, and is resumed by whatever consumes it."""
    recording = run("total = sum(n * n for n in range(2))\n")
    assert [(one.name, one.call) for one in recording.generators] == [("<genexpr>", None)]
    assert [(turn.how, turn.value) for turn in recording.turns][:2] == [
        ("sum(n * n for n in range(2))", "0"),
        ("sum(n * n for n in range(2))", "1"),
    ]


def test_a_coroutine_that_the_program_drives_by_hand(run: Run) -> None:
    """It takes turns as a generator does."""
    source = "class Pause:\n    def __await__(self):\n        yield\nasync def cook(name):\n    await Pause()\n"
    recording = run(source + "one = cook('rice')\none.send(None)\n")
    assert [(one.call, one.kind) for one in recording.generators] == [
        ("cook('rice')", "coroutine"),
        ("Pause.__await__()", "generator"),
    ]
    assert [(turn.by, turn.how) for turn in recording.turns[:2]] == [(None, "one.send(None)"), (0, "await")]


def test_the_chapter_on_generators_says_what_the_recording_shows(run: Run) -> None:
    """Of its scheduler: one has four turns and another one two, and the last turn of each returns."""
    chapter = (PROJECT / "source" / "generator.md").read_text(encoding="utf-8")
    start = chapter.index("from collections import deque")
    recording = run(chapter[start : chapter.index("```", start)])
    left = {
        one.call: [turn.left for turn in recording.turns if turn.generator == index]
        for index, one in enumerate(recording.generators)
    }
    assert left["cook('밥', 3)"] == ["yielded", "yielded", "yielded", "returned"]
    assert left["cook('국', 1)"] == ["yielded", "returned"]
    assert not any(after.first < (before.last or 0) for before, after in pairwise(recording.turns))


def test_values_are_recorded_only_if_nothing_of_the_program_formats_them(run: Run) -> None:
    """Numbers, short texts, truth values; never the result of a method of the program's own."""
    source = "class Odd(int):\n    def __repr__(self):\n        print('called')\n        return 'odd'\n"
    given = "def values(odd, text):\n    yield from (Odd(1), [1], True, 2.5, 'x' * 99, 10**99)\n"
    recording = run(source + given + "list(values(Odd(3), 'y' * 99))\n")
    assert [turn.value for turn in recording.turns][:6] == [None, None, "True", "2.5", f"'{'x' * 31}…'", None]
    assert recording.generators[0].call == f"values(…, '{'y' * 31}…')"
    assert recording.outputs == ()


@pytest.mark.parametrize(
    "source", [COUNT + "for _ in range(10_000):\n    next(count(1))\n", COUNT + "list(count(10_000))\n"]
)
def test_many_turns_are_bounded(run: Run, source: str) -> None:
    """The first ones are kept, and the recording says from when on some are missing."""
    recording = run(source)
    assert len(recording.generators) <= MOST_GENERATORS
    assert len(recording.turns) <= MOST_TURNS
    assert recording.turns_unseen_since is not None
    assert recording.turns_unseen_since >= recording.turns[-1].start


def test_only_a_program_with_generators_has_a_tool_for_them(tmp_path: Path) -> None:
    """Beside that for its lines. None is one of a debugger, a profiler or a measure of coverage."""
    assert ran(tmp_path, "print(sorted([3, 1]))\n")[1] == [4]
    assert ran(tmp_path, COUNT + "print(list(count(3)))\n")[1] == [3, 4]


@pytest.mark.parametrize(
    "line",
    [
        "import sys; sys.settrace(None)",
        "import sys; sys.monitoring.use_tool_id(4, 'mine')",
        "import sys; sys.addaudithook(lambda event, _: event.startswith('sys._getframe') and print('seen'))",
        "import asyncio",
    ],
)
def test_the_recorder_gives_way(run: Run, line: str) -> None:
    """To a program that could see it, that wants the tool, or that has tasks to be drawn."""
    recording = run(f"{line}\n{COUNT}print(list(count(2)))\n")
    assert (recording.turns, recording.failure) == ((), None)
    assert [output.text for output in recording.outputs] == ["[1, 2]\n"]


def test_the_recorder_gives_way_to_the_tasks_of_a_library(tmp_path: Path) -> None:
    """One that runs the program's coroutines with asyncio; generators alone have their turns beside it."""
    (tmp_path / "runner.py").write_text("import asyncio\nrun = asyncio.run\n", encoding="utf-8")
    start = f"import sys\nsys.path.append({str(tmp_path)!r})\nfrom runner import run\n"
    with_tasks, tools = ran(tmp_path, f"{start}async def main():\n    print(1)\nrun(main())\n")
    assert ([task.coro for task in with_tasks.tasks], with_tasks.turns) == (["main"], ())
    assert len(tools) == 1  # that for lines
    with_turns, _ = ran(tmp_path, f"{start}{COUNT}print(list(count(2)))\n")
    assert len(told(with_turns)) == 3


LIFE = """
import gc, sys, traceback, weakref

class Thing:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print("gone", self.name)

def use(thing, other):
    print(sorted(sys._getframe().f_locals), sys._getframe().f_trace)
    print([one.name for one in traceback.extract_stack()[-2:]])
    del thing
    print("dropped")
    yield 1
    try:
        yield 2
    finally:
        print("closing", sys.exc_info()[0])

one = use(Thing("a"), Thing("b"))
print(sys.getrefcount(one), weakref.getweakrefcount(one), one.gi_running)
print(next(one), sys.getrefcount(one), len(gc.get_referrers(one)), one.gi_frame.f_lineno)
next(one)
one.close()
print(one.gi_frame)
def broken():
    yield 1
    raise KeyError("x")
try:
    list(broken())
except KeyError:
    traceback.print_exc()
def deep(n):
    yield n
    yield from deep(n + 1)
try:
    for n in deep(0):
        pass
except RecursionError as error:
    print(type(error).__name__)
del one
"""


def test_a_program_sees_nothing_of_it(tmp_path: Path) -> None:
    """Lifetimes, references, frames, tracebacks and errors are those without the recorder."""
    recording, _ = ran(tmp_path, LIFE)
    (tmp_path / "snippet.py").write_text(LIFE, encoding="utf-8")
    plain = subprocess.run(
        [sys.executable, "snippet.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    out, err = (
        "".join(one.text for one in recording.outputs if one.stream == stream) for stream in ("stdout", "stderr")
    )
    assert out.splitlines() == plain.stdout.splitlines()
    assert err.count("\n") == plain.stderr.count("\n")
    assert recording.turns


#: What a generator of a random program does: a line for each, with the functions that are defined before it.
_DOES = st.one_of(
    st.integers(0, 9).map(lambda value: ("yield", value)),
    st.tuples(st.sampled_from(["from", "for", "next", "keep"]), st.integers(0, 3)),
    st.just(("raise", 0)),
)
_CALLS = st.lists(
    st.tuples(st.sampled_from(["list", "next", "twice", "for"]), st.integers(0, 3)), min_size=1, max_size=5
)


def program_of(functions: list[list[tuple[str, int]]], calls: list[tuple[str, int]]) -> str:
    """A program with generator functions, each of which may use those before it."""
    lines = ["KEPT = []"]
    for number, does in enumerate(functions):
        lines += [f"def g{number}():", "    if 0: yield"]
        for what, value in does:
            inner = f"g{value % number}()" if number else "iter([7, 8])"
            lines += {
                "yield": [f"    yield {value}"],
                "from": [f"    yield from {inner}"],
                "for": [f"    for x in {inner}:", "        yield x"],
                "next": [f"    KEPT.append({inner})", "    next(KEPT[-1], None)"],
                "keep": [f"    KEPT.append(list({inner}))"],
                "raise": ["    raise ValueError"],
            }[what]
    for what, value in calls:
        inner = f"g{value % len(functions)}()"
        lines += ["try:", f"    KEPT.append({inner})"]
        lines += {
            "list": ["    list(KEPT[-1])"],
            "next": ["    next(KEPT[-1], None)"],
            "twice": ["    one = KEPT[-1]", "    next(one, None)", "    next(one, None)"],
            "for": ["    for x in KEPT[-1]:", "        if x == 8: break"],
        }[what]
        lines += ["except ValueError:", "    pass"]
    return "\n".join([*lines, ""])


@settings(
    max_examples=40 if RANDOM else 8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=not RANDOM
)
@given(st.lists(st.lists(_DOES, max_size=4), min_size=2, max_size=4), _CALLS)
def test_turns_are_those_that_a_trace_sees(
    tmp_path_factory: pytest.TempPathFactory, functions: list[list[tuple[str, int]]], calls: list[tuple[str, int]]
) -> None:
    """Of any program: the same generators begin and leave at the same lines, in order, with the same values."""
    folder = tmp_path_factory.mktemp("traced")
    recording, _ = ran(folder, program_of(functions, calls))
    traced = subprocess.run(
        [sys.executable, HERE / "traced.py", folder / "program.py"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    events: list[tuple[int, list[object]]] = []
    for turn in recording.turns:
        if turn.thrown is None:
            events.append((turn.first, ["begin", turn.generator, turn.line]))
            value = json.loads(turn.value.lower().replace("none", "null")) if turn.value else None
            assert turn.last is not None
            events.append((turn.last, ["end", turn.generator, turn.left_at, value]))
    seen = json.loads(traced.stdout)
    if recording.turns_unseen_since is None:
        assert [event for _, event in sorted(events, key=lambda one: one[0])] == seen
