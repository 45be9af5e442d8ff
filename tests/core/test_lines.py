"""What is recorded of lines: which ones ran, in which task; and what a program may not notice of it."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import count, groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinx_await.core.decoding.decoder import RunContext, build_recordings, decode_journal
from sphinx_await.core.decoding.ending import Ending
from sphinx_await.core.decoding.lines import Held, LineRecords, LineState, line_runs
from sphinx_await.core.journal.limits import MOST_LINES
from sphinx_await.core.journal.reader import Record, read_journal
from sphinx_await.core.journal.records import LINE, Journal, RecordType
from sphinx_await.core.model.recording import Recording
from sphinx_await.core.recorder.lines import LineTracer
from sphinx_await.core.steps.builder import make_steps
from sphinx_await.core.steps.model import Happening

from ..conftest import HERE
from .test_generators import HAS_TURNS, ran

if TYPE_CHECKING:
    from collections.abc import Iterable

needs_monitoring = pytest.mark.skipif(not HAS_TURNS, reason="sys.monitoring")
needs_lines = pytest.mark.skipif(
    not HAS_TURNS and sys.gettrace() is not None, reason="a thread has one trace function, and coverage has it"
)
needs_tracing = pytest.mark.skipif(HAS_TURNS, reason="Python 3.11")
PROGRAMS = sorted((HERE / "corpus" / "programs").glob("*.py"))
#: It ends its process, so that nobody is left to write a file.
ENDS = {"exits"}
#: It has a thousand tasks: too much to trace where lines of libraries count.
LONG = set() if HAS_TURNS else {"many"}
LOOP = """\
total = 0
for number in range({}):
    total += number
"""
DEEP = """\
def down(depth):
    try:
        return down(depth + 1)
    except RecursionError:
        return depth

print(down(0) > 900)
"""
THREAD = """\
import threading
def work():
    for number in range({}):
        number += 1
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
CHILD = """\
import os
if pid := os.fork():
    os.waitpid(pid, 0)
else:
    for number in range(9):
        number += 1
    os._exit(0)
"""


def joined(lines: Iterable[tuple[str | None, int]]) -> list[tuple[str | None, int]]:
    """Lines with their coroutines, each once in a row."""
    return [one for one, _same in groupby(lines)]


def told(recording: Recording) -> list[tuple[str | None, int]]:
    """Each line with the coroutine of its task, in order."""
    coros = [task.coro for task in recording.tasks]
    return joined(
        (None if run.task is None else coros[run.task], line) for run in recording.lines for line in run.lines
    )


def stepped(path: Path, folder: Path) -> tuple[Recording, list[tuple[str | None, int]]]:
    """The recording of a program, and what a trace function saw in the same run: each line, with its coroutine."""
    out, lines = folder / "out.json", folder / "lines.json"
    command = [sys.executable, str(Path(__file__).parent / "stepped.py"), str(path), str(out), str(lines)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert out.exists(), done.stderr
    traced = [(coro, line) for coro, line in json.loads(lines.read_text(encoding="utf-8"))]
    return Recording.from_json(out.read_bytes()), traced


def both(path: Path, folder: Path) -> tuple[Recording, list[tuple[str | None, int]]]:
    """The same of two runs that printed the same: what waits for times may do something else on a busy machine."""
    for _ in range(5):
        (traced_run, traced), (own_run, _) = stepped(path, folder), ran(folder, path.read_text(encoding="utf-8"))
        assert traced_run.lines == ()  # the recorder gives way
        if printed(traced_run) == printed(own_run):
            break
    return own_run, traced


def printed(recording: Recording) -> str:
    """What a program printed."""
    return "".join(output.text for output in recording.outputs)


@needs_lines
@pytest.mark.parametrize(
    "path", [path for path in PROGRAMS if path.stem not in ENDS | LONG], ids=lambda path: path.stem
)
def test_each_line_is_the_one_that_pythons_own_tracing_saw(path: Path, tmp_path: Path) -> None:
    """In the same order and in the same task, of each program of the corpus; and so is that of each step.

    Python 3.11 has one trace function in a thread, which is the recorder's in a run of its own.
    """
    recording, traced = (stepped if HAS_TURNS else both)(path, tmp_path)
    assert not recording.lines_left_out
    assert told(recording) == joined(traced)
    assert len(traced) > 3
    steps = make_steps(recording, source=path.read_text(encoding="utf-8"))
    shown = [one for one in steps.moments if one.kind in {Happening.LINE, Happening.PRINTED} and one.place is not None]
    ahead = iter(traced)
    if not recording.turns:
        for one in shown:
            assert one.task is not None
            assert one.place is not None
            assert (recording.tasks[one.task].coro, one.place.line) in ahead  # each one after those before it


@needs_lines
@pytest.mark.parametrize("path", PROGRAMS[::4], ids=lambda path: path.stem)
def test_each_line_has_its_moment(path: Path, tmp_path: Path) -> None:
    """They go on, and those of a task are within its steps."""
    recording, _ = ran(tmp_path, path.read_text(encoding="utf-8"))
    for run in recording.lines:
        moments = [round(run.start + after / 1e6, 6) for after in run.after]
        assert moments == sorted(moments)
        if run.task is not None:
            steps = recording.tasks[run.task].steps
            assert all(any(step.start <= at <= step.end for step in steps) for at in moments)
    assert all(before.start <= after.start for before, after in pairwise(recording.lines))


@needs_lines
def test_a_loop_on_one_line_runs_it_again(tmp_path: Path) -> None:
    """As tracing has it, although the line is the same."""
    recording, _ = ran(tmp_path, "def even(n):\n    return n % 2\nprint([n for n in range(2) if not even(n)])\n")
    assert [line for _, line in told(recording)] == [1, 3, 2, 3, 2, 3]


@needs_monitoring
def test_a_long_loop_on_one_line_is_one_line(tmp_path: Path) -> None:
    """However often it runs, it makes no long program while nothing else runs in it."""
    recording, _ = ran(tmp_path, f"total = sum(n for n in range({2 * MOST_LINES}))\nprint(total)\n")
    assert (told(recording), recording.lines_left_out) == ([(None, 1), (None, 2)], False)


@needs_monitoring
def test_lines_of_generators_are_between_switches(tmp_path: Path) -> None:
    """How many turns had begun and ended before them is known."""
    recording, _ = ran(tmp_path, "def one():\n    x = 1\n    yield x\nfor n in one():\n    n += 1\n")
    assert [(run.switches, run.lines) for run in recording.lines] == [(0, (1, 4)), (1, (2, 3)), (2, (5, 4))]


@needs_lines
def test_of_a_long_program_no_line_is_kept(tmp_path: Path) -> None:
    """The recording says so, and the tool is free again: from then on it costs nothing."""
    short, _ = ran(tmp_path, LOOP.format(500))
    assert (sum(len(run.lines) for run in short.lines), short.lines_left_out) == (1002, False)
    long, tools = ran(tmp_path, LOOP.format(MOST_LINES))
    assert (long.lines, long.lines_left_out, tools) == ((), True, [])


@needs_monitoring
@pytest.mark.parametrize(("microseconds", "is_slow"), [(1, False), (30, True)])
def test_on_a_slow_machine_fewer_lines_are_too_many(microseconds: int, *, is_slow: bool) -> None:
    """So that what they take does not show there, either."""
    ticks = count(1)
    journal = Journal(buffer := bytearray(1 << 16), clock=lambda: next(ticks) * microseconds * 1000)
    tracer = LineTracer(journal, {"snippet.py": 1}, lambda error: pytest.fail(repr(error)))
    code = compile(LOOP.format(MOST_LINES // 4), "snippet.py", "exec")
    tracer.watch(code)
    exec(code, {})  # noqa: S102 - it is the one above
    kinds = [one.kind for one in read_journal(buffer)]
    assert kinds == [RecordType.LINES, *([RecordType.LINES_LEFT_OUT] if is_slow else [])]
    tracer.watch(compile("import sys; sys.settrace", "snippet.py", "exec"))  # the tool is free again


@needs_lines
@pytest.mark.parametrize("limit", ["", "import sys; sys.setrecursionlimit(5000)\n"])
def test_a_deep_stack_is_as_deep_as_without_the_recorder(tmp_path: Path, limit: str) -> None:
    """The recorder stops listening long before the program has its error."""
    (tmp_path / "deep.py").write_text(source := limit + DEEP.replace("> 900", ""), encoding="utf-8")
    beside = str(Path(__file__).parent / "beside.py")
    plain, watched = (
        subprocess.run([sys.executable, beside, how, str(tmp_path / "deep.py")], capture_output=True, check=True).stdout
        for how in ("plain", "watched")
    )
    assert plain == watched
    recording, tools = ran(tmp_path, source)
    assert (recording.lines, recording.lines_left_out, tools) == ((), True, [])


@needs_lines
@pytest.mark.parametrize("number", [5, MOST_LINES])
def test_lines_of_other_threads_are_not_recorded(tmp_path: Path, number: int) -> None:
    """Where they cost something, they count as the others, so that it is bounded, too."""
    recording, _ = ran(tmp_path, THREAD.format(number))
    if number == MOST_LINES and HAS_TURNS:
        assert (recording.lines, recording.lines_left_out) == ((), True)
    else:
        assert [line for _, line in told(recording)] == [1, 2, 5, 6, 7]


@needs_lines
@pytest.mark.skipif(sys.platform == "win32", reason="fork")
def test_lines_of_a_forked_process_are_not_recorded(tmp_path: Path) -> None:
    """It has the journal, too, and does not write into it."""
    recording, _ = ran(tmp_path, CHILD)
    assert [line for _, line in told(recording)] == [1, 2, 3]


@pytest.mark.parametrize(
    "line",
    [
        "import sys; sys.settrace(None)",
        "import sys; sys.setprofile(None)",
        pytest.param("import sys; sys.monitoring.use_tool_id(4, 'mine')", marks=needs_monitoring),
        "import sys; sys.addaudithook(lambda event, _: event.startswith('sys.') and print('seen', event))",
    ],
)
def test_the_recorder_gives_way(tmp_path: Path, line: str) -> None:
    """To a program that could see it, or wants the tool."""
    recording, _ = ran(tmp_path, f"{line}\nprint(2)\n")
    assert (recording.lines, recording.lines_left_out, recording.failure) == ((), False, None)
    assert [output.text for output in recording.outputs] == ["2\n"]


@needs_tracing
@pytest.mark.parametrize(
    "line",
    [
        "import sys; print(sys.gettrace())",
        "import sys; print(getattr(sys, 'gettrace')())",
        "import sys; print(sys._getframe().f_trace)",
    ],
)
def test_a_program_sees_no_trace_function(tmp_path: Path, line: str) -> None:
    """Where it could there is none."""
    recording, _ = ran(tmp_path, f"{line}\nprint(2)\n")
    assert (recording.lines, recording.lines_left_out) == ((), False)
    assert "".join(output.text for output in recording.outputs) == "None\n2\n"


@needs_lines
@needs_tracing
def test_the_recorder_gives_way_to_a_trace_function_that_a_library_sets(tmp_path: Path) -> None:
    """Which is as without the recorder; nothing is said of lines."""
    (tmp_path / "library.py").write_text(
        "import sys\ndef begin(found):\n    sys.settrace(lambda frame, *_: found.append(frame.f_code.co_name))\n"
    )
    source = "import library\nfound = []\nlibrary.begin(found)\ndef function():\n    pass\nfunction()\nprint(found)\n"
    recording, _ = ran(tmp_path, f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n{source}")
    assert (recording.lines, recording.lines_left_out) == ((), True)
    assert [output.text for output in recording.outputs] == ["['function']\n"]


@needs_lines
@needs_tracing
@pytest.mark.parametrize("size", [100, 100_000])
def test_lines_of_a_library_count(tmp_path: Path, size: int) -> None:
    """What they cost is bounded; those of the program are recorded if there are few."""
    (tmp_path / "library.py").write_text("def work(size):\n    for number in range(size):\n        number += 1\n")
    source = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport library\nlibrary.work({size})\nprint(2)\n"
    recording, _ = ran(tmp_path, source)
    is_long = size > MOST_LINES
    assert ([line for _, line in told(recording)], recording.lines_left_out) == (
        [] if is_long else [1, 2, 3, 4, 5],
        is_long,
    )


@needs_lines
@needs_tracing
def test_a_module_that_fails_takes_no_line_away(tmp_path: Path) -> None:
    """The recorder is away while one is loaded, and back after it."""
    (tmp_path / "broken.py").write_text("import json\nfor number in range(100_000):\n    pass\nraise ImportError\n")
    source = "try:\n    import broken\nexcept ImportError:\n    print(6)\n"
    recording, _ = ran(tmp_path, f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n{source}")
    assert [line for _, line in told(recording)] == [1, 2, 3, 4, 5, 6]


def test_the_innermost_step_has_a_line() -> None:
    """A task that is begun eagerly runs within the step of another one."""
    lines = [LineState(at, line, 1) for at, line in ((1, 5), (10_000, 1), (20_000, 2), (30_000, 3), (50_000, 6))]
    held = [Held(9_000, 40_000, 0), Held(15_000, 25_000, 1)]
    runs = list(line_runs(lines, held, None, lambda at: at / 1e9))
    assert [(run.task, run.lines) for run in runs] == [(None, (5,)), (0, (1,)), (1, (2,)), (0, (3,)), (None, (6,))]


def record(kind: RecordType, payload: bytes = b"", at: int = 1) -> Record:
    """A record of a journal."""
    return Record(kind, at, payload)


def test_lines_come_in_pieces() -> None:
    """As a browser sends them; what is not written, and what another thread ran, is nothing."""
    records = LineRecords()
    for piece in (((5, 1, 1), (0, 0, 0), (6, 2, 1)), ((7, 3, 2), (0, 0, 0))):
        records.add(record(RecordType.LINES, b"".join(LINE.pack(*one) for one in piece)))
    assert [(one.at, one.line, one.part) for one in records.found] == [(5, 1, 1), (6, 2, 1), (7, 3, 2)]


def test_each_part_has_its_own_lines() -> None:
    """Those that ran while it did."""
    entries = b"".join(LINE.pack(*one) for one in ((2000, 1, 1), (6000, 7, 2), (7000, 1, 1), (8000, 8, 2)))
    start, part = b'{"cpu": 0, "delay": null}', b'{"cpu": 0, "status": 0}'
    journal = decode_journal(
        [
            record(RecordType.LINES, entries),
            record(RecordType.START, start, 1000),
            record(RecordType.PART, part, 4000),
            record(RecordType.START, start, 5000),
            record(RecordType.STOP, at=9000),
        ]
    )
    where = RunContext("", "", "2026-11-30T00:00:00+00:00")
    first, second = build_recordings(journal, (), Ending(9000, 0), where, limit=1000, parts=2)
    assert [run.lines for run in first.lines] == [(1,)]
    assert [run.lines for run in second.lines] == [(7, 8)]


@given(st.lists(st.binary(max_size=100), max_size=3))
def test_whatever_is_written_is_read(pieces: list[bytes]) -> None:
    """A program can write into its journal: times go on all the same, and every line is a number."""
    records = LineRecords()
    for piece in pieces:
        records.add(record(RecordType.LINES, piece))
    assert all(before.at <= after.at for before, after in pairwise(records.found))
    assert all(one.line > 0 and one.part > 0 for one in records.found)


def test_no_more_is_kept_than_a_recorder_writes() -> None:
    """However much a program has written."""
    records = LineRecords()
    for at in range(1, 4):
        records.add(record(RecordType.LINES, LINE.pack(at, 1, 1) * MOST_LINES))
    assert len(records.found) == MOST_LINES
