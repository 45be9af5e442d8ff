"""Programs that run elsewhere: on an executor that an author hands over."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import socket
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sphinx_await.core.errors import EngineError
from sphinx_await.engine.cache.dependencies import Environment
from sphinx_await.engine.program import Program
from sphinx_await.engine.remote.likeness import likeness_of, settings_received, settings_to_send, unlikeness
from sphinx_await.engine.remote.pools import ExecutorPool
from sphinx_await.engine.remote.remote_engine import RemoteEngine
from sphinx_await.engine.result import RerunPolicy, RerunReason, Result
from sphinx_await.engine.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

#: Nothing is repeated, however busy the machine is.
NO_TIMES = RerunPolicy(times_matter=lambda _: False)


def threads() -> Executor:
    """Two workers in this process."""
    return ThreadPoolExecutor(2)


def processes() -> ProcessPoolExecutor:
    """Two workers that are processes."""
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("forkserver"))


@pytest.fixture
def engine_on() -> Iterator[Callable[..., RemoteEngine]]:
    """Give engines on executors, which are closed after the test."""
    made: list[RemoteEngine] = []

    def make(given: object, settings: Settings | None = None) -> RemoteEngine:
        made.append(RemoteEngine(settings or Settings(), ExecutorPool(given)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def printed(result: Result) -> str:
    """What all parts of a program printed."""
    return "".join(output.text for one in result.recordings for output in one.outputs)


def printing(count: int) -> list[Program]:
    """Programs that print their number."""
    return [Program.of(f"print({number})") for number in range(count)]


@pytest.mark.parametrize("make", [threads, processes])
def test_programs_run_on_an_executor(make: Callable[[], Executor], engine_on: Callable[..., RemoteEngine]) -> None:
    """Each result is that of its program: what it printed, how it failed, that it reached its time limit."""
    programs = [
        *printing(9),
        Program.of("import asyncio\nasyncio.run(asyncio.sleep(0.1))\nprint('slept')"),
        Program.of("1 / 0"),
        Program.of("import threading\nthreading.Event().wait()", 0.5),
        Program(("seen = 1", "print('session', seen)")),
        Program.in_one_folder([Program.of("open('f', 'w').write('kept')"), Program.of("print(open('f').read())")]),
    ]
    results = {id(one.program): one for one in engine_on(make).run(programs, NO_TIMES)}
    assert len(results) == len(programs)
    found = [results[id(program)] for program in programs]
    assert [printed(one) for one in found[:10]] == [*(f"{number}\n" for number in range(9)), "slept\n"]
    assert found[9].recording.tasks
    assert found[10].recording.failure is not None
    assert found[10].recording.failure.type == "ZeroDivisionError"
    assert found[11].timed_out
    assert [printed(one) for one in found[12:]] == ["session 1\n", "kept\n"]
    assert {one.recording.machine for one in found} == {socket.gethostname()}
    assert all(one.recording.requires.complete for one in [*found[:10], *found[12:]])


def test_the_builder_decides_what_runs_again(engine_on: Callable[..., RemoteEngine]) -> None:
    """A worker does not know what a page claims, so the builder asks for another run."""
    asked: list[str] = []

    def is_suspect(result: Result) -> bool:
        asked.append(printed(result))
        return "2" in printed(result)

    results = [*engine_on(threads).run(printing(4), RerunPolicy(is_suspect, lambda _: False))]
    assert {printed(one): len(one.reruns) for one in results} == {"0\n": 0, "1\n": 0, "2\n": 3, "3\n": 0}
    again = next(one for one in results if one.reruns)
    assert again.rerun_reason is RerunReason.DURATIONS
    assert again is results[-1]
    assert {*asked} == {f"{number}\n" for number in range(4)}


def test_repeated_programs_are_repeated_by_a_worker(engine_on: Callable[..., RemoteEngine]) -> None:
    """Their recording has the times of all runs."""
    (result,) = engine_on(threads).run([replace(Program.of("print(1)"), repeat=3)])
    assert len(result.recording.repeats) == 3


def test_an_executor_is_shut_down_by_who_made_it(engine_on: Callable[..., RemoteEngine]) -> None:
    """One that an author hands over goes on; one that a function of theirs has made does not."""
    own = ThreadPoolExecutor(1)
    made: list[Executor] = []

    def make() -> Executor:
        made.append(threads())
        return made[-1]

    for given in (own, make):
        engine = engine_on(given)
        assert len([*engine.run(printing(1), NO_TIMES)]) == 1
        engine.close()
    assert own.submit(int).result() == 0
    own.shutdown()
    with pytest.raises(RuntimeError, match="shutdown"):
        made[0].submit(int)


def kill_workers(executor: ProcessPoolExecutor) -> None:
    """As the system does when there is no memory left."""
    for process in [*executor._processes.values()]:
        process.kill()


def test_the_programs_of_a_killed_process_run_again(engine_on: Callable[..., RemoteEngine]) -> None:
    """Its executor is broken, so a function makes another one."""
    made: list[ProcessPoolExecutor] = []

    def make() -> Executor:
        made.append(processes())
        return made[-1]

    found: list[str] = []
    for result in engine_on(make).run(printing(30), NO_TIMES):
        if not found:
            kill_workers(made[0])
        found.append(printed(result))
    assert sorted(found) == sorted(f"{number}\n" for number in range(30))
    assert len(made) == 2


def test_a_broken_executor_that_was_handed_over_is_an_error(engine_on: Callable[..., RemoteEngine]) -> None:
    """Nobody can make another one, and the error says who could."""
    with processes() as executor:
        results = engine_on(executor).run(printing(30), NO_TIMES)
        next(results)
        kill_workers(executor)
        with pytest.raises(EngineError, match=r"await_executor is broken: .*a function that returns an executor can"):
            list(results)


class Liar(Executor):
    """Sends back something else than what its worker has answered."""

    def __init__(self, lie: Callable[[dict[str, Any]], object]) -> None:
        self._lie = lie

    def submit(self, fn: Any, /, *args: Any, **_: Any) -> Future[Any]:
        """Run it here and now."""
        answer: Future[Any] = Future()
        answer.set_result(self._lie(json.loads(fn(*args))))
        return answer


def with_recording(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], str]:
    """A lie about the first recording."""

    def lie(answer: dict[str, Any]) -> str:
        outcome = answer["outcomes"][0]
        recording = json.loads(outcome["recordings"][0])
        change(recording)
        outcome["recordings"][0] = json.dumps(recording)
        return json.dumps(answer)

    return lie


def with_answer(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], str]:
    """A lie about the answer."""

    def lie(answer: dict[str, Any]) -> str:
        change(answer)
        return json.dumps(answer)

    return lie


LIES = {
    "no task has this number": with_recording(lambda one: one["outputs"][0].update(task=7)),
    "another schema": with_recording(lambda one: one.update(schema=99)),
    "of another package": with_recording(lambda one: one["requires"]["distributions"].update(pytest="0.1")),
    "of other files": with_recording(lambda one: one["requires"]["declared"].update({"import path": "other"})),
    "no recording": with_answer(lambda one: one["outcomes"][0].update(recordings=[])),
    "of no program": with_answer(lambda one: one["outcomes"][0].update(number=1)),
    "of a machine without a name": with_answer(lambda one: one.update(machine="\x1b[31m")),
    "none": with_answer(lambda one: one.update(outcomes=[])),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_what_is_no_recording_of_this_machine_is_not_taken(
    lie: Callable[[dict[str, Any]], object], engine_on: Callable[..., RemoteEngine]
) -> None:
    """The program has no recording, which says why, and its worker is named."""
    engine = engine_on(Liar(lie))
    (result,) = engine.run(printing(1), NO_TIMES)
    assert result.recording.failure is not None
    assert result.recording.failure.message.startswith("the program could not be started: no worker can run it: ")
    assert not result.recording.requires.complete
    assert len(engine.refusals) == 1


@pytest.mark.parametrize(
    "lie",
    [
        lambda _: "{",
        lambda _: b"{}",
        lambda _: None,
        with_answer(lambda one: one.update(unknown=1)),
        with_answer(lambda one: one.update(worker=1)),
        with_answer(lambda one: one["outcomes"][0].update(started="yes")),
    ],
)
def test_what_is_no_answer_is_an_error(
    lie: Callable[[dict[str, Any]], object], engine_on: Callable[..., RemoteEngine]
) -> None:
    """Where nothing comes back that can be understood, no program can run."""
    with pytest.raises(EngineError, match="await_executor: workers cannot run programs: RecordingError"):
        [*engine_on(Liar(lie)).run(printing(1), NO_TIMES)]


def test_a_refusal_by_all_is_an_error_that_says_why(engine_on: Callable[..., RemoteEngine]) -> None:
    """The build is not to go on elsewhere in silence."""
    liar = Liar(with_answer(lambda one: one.update(outcomes=[], refusal="has no Python", worker="the one")))
    with pytest.raises(EngineError, match=r"^await_executor: no worker can run programs: the one has no Python$"):
        [*engine_on(liar).run(printing(2), NO_TIMES)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"python": "CPython 3.1.0"}, "has CPython .* and this build CPython 3.1.0 on "),
        ({"build": "3.13.0 (debug)"}, "has another build of CPython"),
        ({"recorder": "0"}, "has another version of sphinx-await"),
        ({"declared": {"variable X": "0"}}, "has not what this build has as: "),
        ({"distributions": {"pytest": "0.1 digest"}}, "has pytest .*, and this build pytest 0.1"),
        ({"distributions": {"there-is-none": "0.1 digest"}}, "has no there-is-none 0.1"),
        ({"folders": {"/nowhere": "exec_code_source_folders"}}, "has no folder /nowhere .exec_code_source_folders"),
    ],
)
def test_a_worker_that_is_not_alike_refuses(change: dict[str, Any], words: str) -> None:
    """It says what it has, and what this build has."""
    settings = Settings()
    expected = likeness_of(settings, Environment(settings), [])
    there = settings_received(settings_to_send(settings))
    assert unlikeness(expected, there) == ""
    if "distributions" in change:
        assert expected.distributions == {}
    refusal = unlikeness(replace(expected, **change), there)
    assert re.match(words, refusal), refusal


def test_what_programs_import_and_what_that_requires_is_compared() -> None:
    """Other packages may differ."""
    settings = Settings()
    expected = likeness_of(settings, Environment(settings), [Program.of("import pytest, json")])
    assert {"pytest", "pluggy", "iniconfig"} <= expected.distributions.keys()
    assert "sphinx" not in {name.lower() for name in expected.distributions}


def test_files_that_are_given_to_programs_must_be_on_the_worker(
    tmp_path: Path, engine_on: Callable[..., RemoteEngine]
) -> None:
    """Under the same path and with the same content; here they are."""
    file = tmp_path / "data.txt"
    file.write_text("given")
    settings = Settings(files={"data.txt": str(file)})
    (result,) = engine_on(threads, settings).run([Program.of("print(open('data.txt').read())")], NO_TIMES)
    assert printed(result) == "given\n"
    expected = likeness_of(settings, Environment(settings), [])
    elsewhere = replace(settings, files={"data.txt": str(tmp_path / "missing.txt")})
    assert "has not all that is given to programs (await_files: " in unlikeness(expected, elsewhere)
    file.write_text("other")
    assert unlikeness(expected, settings) == "has not what this build has as: file data.txt"


def test_what_was_not_begun_is_taken_back(engine_on: Callable[..., RemoteEngine]) -> None:
    """A build that breaks off leaves nothing to do."""
    sent: list[Future[Any]] = []

    class Busy(Executor):
        def submit(self, fn: Any, /, *args: Any, **_: Any) -> Future[Any]:
            answer: Future[Any] = Future()
            if not sent:  # and then it has no time
                answer.set_result(fn(*args))
            sent.append(answer)
            return answer

    results = engine_on(Busy()).run(printing(20), NO_TIMES)
    next(results)
    results.close()
    assert len(sent) > 1
    assert all(one.cancelled() for one in sent[1:])


def left(folder: Path) -> Iterable[str]:
    """Folders of engines."""
    return sorted(path.name for path in folder.glob("sphinx-await-*"))


def test_nothing_is_left_of_workers_that_are_processes(
    tmp_path: Path, engine_on: Callable[..., RemoteEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their engines are closed when their processes end."""
    monkeypatch.setitem(os.environ, "TMPDIR", str(tmp_path))

    def make() -> Executor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(1, mp_context=context)

    engine = engine_on(make)
    assert len([*engine.run(printing(2), NO_TIMES)]) == 2
    assert left(tmp_path)
    engine.close()
    assert left(tmp_path) == []
