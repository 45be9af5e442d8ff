"""Sessions, repeats, programs alone, fresh interpreters: how programs are run."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sphinx_await.core.errors import EngineError
from sphinx_await.core.model.recording import Recording
from sphinx_await.core.text.output_lines import read_lines
from sphinx_await.engine import spawn_backend
from sphinx_await.engine.hosts import Host
from sphinx_await.engine.program import Program
from sphinx_await.engine.result import Attempts, RerunPolicy, RerunReason, Result
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..conftest import seed_programs


def texts(recording: Recording) -> list[str]:
    """The lines that were printed."""
    return [line.text for line in read_lines(recording.outputs)]


def run_one(program: Program, settings: Settings | None = None) -> tuple[Recording, ...]:
    """The recordings of one program."""
    with Engine(settings or Settings()) as engine:
        engine.start(program.imports())
        (result,) = engine.run([program])
    return result.recordings


def test_a_session_goes_on_in_the_state_of_the_snippets_before() -> None:
    """Each part has its own recording, with its own times, output and failure; an exception does not end it."""
    first, second, third = run_one(
        Program(("import time\nx = 1\nprint('one')", "time.sleep(0.2)\nprint(x)\n1/0", "print('three', x)"))
    )
    assert (texts(first), texts(third)) == (["one"], ["three 1"])
    assert texts(second)[0] == "1"
    assert first.wall < 0.2 <= second.wall
    assert third.wall < 0.2
    assert second.failure is not None
    assert (second.failure.type, second.failure.line) == ("ZeroDivisionError", 3)
    assert (first.failure, third.failure) == (None, None)
    assert read_lines(second.outputs)[0].at >= 0.2


def test_what_comes_after_the_end_of_a_session_says_so() -> None:
    """``sys.exit`` ends all; the parts after it did not run."""
    first, second, third = run_one(Program(("x = 1", "import sys; sys.exit(2)", "print(x)")))
    assert (first.exit, second.exit) == (0, 2)
    assert third.failure is not None
    assert third.failure.type == "SessionEnded"


def test_a_session_that_hangs_is_stopped_in_its_part() -> None:
    """The part that hung is the one that timed out."""
    first, second, third = run_one(Program(("print(1)", "import time; time.sleep(60)", "print(3)"), timeout=0.5))
    assert (first.timed_out, second.timed_out, third.timed_out) == (False, True, False)
    assert texts(first) == ["1"]


def test_a_repeated_program_shows_the_run_in_the_middle() -> None:
    """All wall times are kept, and the shown recording is the median of them."""
    (recording,) = run_one(Program(("import time; time.sleep(0.02)",), repeat=5))
    assert len(recording.repeats) == 5
    assert recording.wall == sorted(recording.repeats)[2]


def test_a_program_that_is_to_be_alone_meets_nobody() -> None:
    """No other program runs while it does."""
    code = "import time\nprint(time.perf_counter())\ntime.sleep(0.2)\nprint(time.perf_counter())"
    programs = [Program((code,), alone=number == 0, timeout=20.0 + number) for number in range(5)]
    with Engine(Settings()) as engine:
        spans: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
        for result in engine.run(programs):
            begun, ended = map(float, texts(result.recording))
            spans[result.program.alone].append((begun, ended))
    ((begun, ended),) = spans[True]
    assert len(spans[False]) == 4
    assert all(other_end < begun or ended < other_begun for other_begun, other_end in spans[False])


@pytest.mark.parametrize("sandbox", ["auto", "off"])
def test_two_programs_serve_on_the_same_port_at_once(sandbox: str) -> None:
    """Each reaches its own server, with a network of its own or, where there is none, after another try."""
    code = """
import asyncio
async def serve(reader, writer):
    writer.write(b"answer of NAME"); await writer.drain(); writer.close()
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", 18888):
        await asyncio.sleep(0.2)
        reader, _ = await asyncio.open_connection("127.0.0.1", 18888)
        print((await reader.read()).decode())
        await asyncio.sleep(0.2)
asyncio.run(main())
"""
    with Engine(Settings(sandbox=sandbox)) as engine:
        results = list(engine.run([Program.of(code.replace("NAME", name)) for name in "ab"]))
    assert sorted(text for result in results for text in texts(result.recording)) == ["answer of a", "answer of b"]


OTHER_WAYS = {"without a sandbox": Settings(sandbox="off"), "in a fresh interpreter": Settings(fork=False)}


@pytest.mark.parametrize("way", OTHER_WAYS)
def test_every_way_of_running_comes_to_the_same(way: str) -> None:
    """Without namespaces, and in a fresh interpreter, programs print and fail as they do in the sandbox."""
    programs = [
        Program.of(seed_programs()[1]),
        Program.of("import os, subprocess\nfor i in range(20):\n    print(i)\n    subprocess.run(['echo', 'child'])"),
        Program.of("def f():\n    return 1 / 0\nf()"),
        Program.of("import time; print('hangs'); time.sleep(60)", 0.5),
        Program(("x = 5", "print(x)")),
        Program.of("import os; print(os.environ['MODE'], open('data.txt').read())"),
        Program.of("import urllib.request as u; print(u.urlopen('https://a.example').read().decode())"),
    ]

    def summary(settings: Settings) -> list[object]:
        hosts, files = {"a.example": Host("hello")}, {"data.txt": __file__}
        furnished = replace(settings, hosts=hosts, environment={"MODE": "m"}, files=files)
        with Engine(furnished) as engine:
            results = {result.program: result.recordings for result in engine.run(programs)}
        outcomes: list[object] = []
        for program in programs:
            for one in results[program]:
                lines = [text.partition(":")[0] for text in texts(one)]  # a measured time follows one
                failure = one.failure and (one.failure.type, one.failure.line)
                outcomes.append((lines, one.exit, one.timed_out, failure))
        return outcomes

    assert summary(OTHER_WAYS[way]) == summary(Settings())


def test_programs_have_a_view_of_their_own_wherever_temporary_folders_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where they lie below a folder that programs may read, as in an environment's own."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    with Engine(Settings(path=(str(tmp_path),))) as engine:
        (result,) = engine.run([Program.of("open('written', 'w').write('1')")])
        assert result.recording.exit == 0
        assert not [one for one in engine.missing if "File exists" in one]


def test_strict_refuses_to_run_where_something_is_missing() -> None:
    """``await_sandbox = "strict"`` names what the system lacks."""
    refused = pytest.raises(EngineError, match="'strict', but this system has no namespaces")
    with Engine(Settings(sandbox="strict", fork=False)) as engine, refused:
        list(engine.run([Program.of("pass")]))


def test_only_runs_for_honest_times_count_as_such() -> None:
    """One that was repeated for another reason may be disturbed, and runs again when its times matter."""
    program = Program.of("print(1)")
    recording = Recording("3.13", "linux", "2026-01-01T00:00:00+00:00", wall=1.0, cpu=0.1, exit=0)
    disturbed = Result(program, (replace(recording, run_delay=0.7),))
    suspect = Result(program, (replace(recording, run_delay=0.0),))
    by_doubt = Attempts(program)
    policy = RerunPolicy(lambda result: not result.run_delay, lambda _: False)
    by_doubt.add(suspect)
    assert by_doubt.needs_another(policy)
    by_doubt.add(disturbed)
    assert not by_doubt.needs_another(policy)
    shown = by_doubt.best(policy)
    assert (len(shown.reruns), shown.recording.reruns) == (1, 0)
    by_disturbance = Attempts(program)
    by_disturbance.add(disturbed)
    assert by_disturbance.needs_another(RerunPolicy())
    by_disturbance.add(disturbed)
    assert by_disturbance.best(RerunPolicy()).recording.reruns == 1


def test_a_suspect_result_runs_again_until_it_is_beyond_doubt() -> None:
    """A result in doubt is not shown where a later one is beyond it; one in doubt to the end is shown."""
    seen: list[float] = []

    def doubt(result: Result) -> bool:
        seen.append(result.recording.wall)
        return result.recording.wall == seen[0]

    with Engine(Settings()) as engine:
        policy = RerunPolicy(doubt, times_matter=lambda _: False)  # else the machine may be the reason
        (result,) = engine.run([Program.of("import time; time.sleep(0.01)")], policy)
        assert result.recording.wall != seen[0]
        assert result.reruns
        assert result.rerun_reason is RerunReason.DURATIONS
        (result,) = engine.run([Program.of("print(1)")], RerunPolicy(lambda _: True))
        assert texts(result.recording) == ["1"]


WAYS = {"forked": Settings(), "without a sandbox": Settings(sandbox="off"), "spawned": Settings(fork=False)}
SLEEPS = "import time; time.sleep(30)"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ends", ["closed", "closed early", "raises", "forgotten"])
def test_an_engine_runs_programs_after_results_that_were_not_all_read(way: str, ends: str) -> None:
    """Whether an iterator is closed, forgotten or left by an exception, the next run gives its own results."""
    with Engine(WAYS[way]) as engine:
        # Several: on a busy machine one that was kept waiting is shown late.
        short = [Program.of(f"print('one')  # {number}") for number in range(12)]
        results = engine.run([*short, Program.of(SLEEPS, 60)])
        if ends != "closed early":
            assert texts(next(results).recording) == ["one"]
        if ends == "raises":
            with pytest.raises(ZeroDivisionError):
                results.throw(ZeroDivisionError)
        elif ends == "forgotten":
            del results
        else:
            results.close()
        begun = time.monotonic()
        (result,) = engine.run([Program.of("print('two')")])
        assert texts(result.recording) == ["two"]
        assert time.monotonic() - begun < 25
        (again,) = engine.run([Program.of("print('three')")])
        assert texts(again.recording) == ["three"]


def test_two_runs_of_one_engine_may_be_read_by_turns() -> None:
    """Each iterator yields the results of its own programs, whichever of them waits for the processes."""
    with Engine(Settings()) as engine:
        first = engine.run([Program.of(f"print('first {number}')") for number in range(3)])
        begun = [texts(next(first).recording)]
        second = engine.run([Program.of(f"print('second {number}')") for number in range(3)])
        others = [texts(result.recording) for result in second]
        begun += [texts(result.recording) for result in first]
    assert sorted(begun) == [[f"first {number}"] for number in range(3)]
    assert sorted(others) == [[f"second {number}"] for number in range(3)]


def test_a_program_that_cannot_be_started_fails_by_itself(tmp_path: Path) -> None:
    """Its failure names the reason and is kept for this build only, and the engine can run others."""
    missing = tmp_path / "gone"
    missing.mkdir()
    with Engine(Settings(working_dir=str(missing), sandbox="off")) as engine:
        engine.start()
        list(engine.run([Program.of("pass")]))
        missing.rmdir()
        (result,) = engine.run([Program(("pass", "pass"))])
        first, second = result.recordings
        assert first.failure is not None
        assert "could not be started" in first.failure.message
        assert "No such file or directory" in first.failure.message
        assert not first.requires.complete
        assert second.failure is not None
        assert second.failure.type == "SessionEnded"
        missing.mkdir()
        (result,) = engine.run([Program.of("print(1)")])
        assert texts(result.recording) == ["1"]


def test_a_run_that_is_left_leaves_no_process(tmp_path: Path) -> None:
    """Closing the iterator kills the programs that still run, with what they started."""
    code = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "left by {tmp_path.name}"])
time.sleep(60)
"""
    with Engine(Settings()) as engine:
        results = engine.run([Program.of(code, 60), *(Program.of(f"pass  # {number}") for number in range(12))])
        next(results)
        deadline = time.monotonic() + 20
        while not _processes_named(f"left by {tmp_path.name}"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        results.close()
        assert not _processes_named(f"left by {tmp_path.name}")


def _processes_named(text: str) -> list[str]:
    """The processes of the machine whose command line holds a text."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if text.encode() in (process / "cmdline").read_bytes():
                found.append(process.name)
    return found


@pytest.mark.skipif(os.name != "posix", reason="on Windows each running program counts as computing")
@pytest.mark.parametrize("has_proc", [True, False])
def test_sleeping_costs_nothing_without_fork(has_proc: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for one program that computes, sleeping ones run at once, by what /proc or ps says."""
    monkeypatch.setattr(spawn_backend, "_HAS_PROC", has_proc)
    programs = [Program(("import time; time.sleep(8)",), copy=number) for number in range(2)]
    with Engine(Settings(jobs=1, fork=False)) as engine:
        assert all(result.crowded for result in engine.run(programs, rerun=False))


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="here, the journal of a program is a file")
def test_a_journal_takes_no_room_in_a_folder() -> None:
    """A temporary folder that is full cannot end the builder, which reads the journal."""
    (recording,) = run_one(Program.of("import os; print(sorted(os.listdir('..')))"), Settings(fork=False))
    assert "journal" not in texts(recording)[0]
