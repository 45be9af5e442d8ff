"""Steps: everything in a recording happens in exactly one of them, in an order that could have been."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given

from sphinx_await.core.model.recording import Callback, Event, Failure, Loop, Output, Recording, Step, Task, Wait
from sphinx_await.core.steps.builder import make_steps
from sphinx_await.core.steps.model import Happening, Phase, Position, Steps
from sphinx_await.core.steps.shortening import MOST_MOMENTS
from sphinx_await.core.steps.words import StepLabels, moment_words, position_words, steps_data, steps_json
from sphinx_await.core.timeline.builder import make_timeline
from sphinx_await.core.timeline.labels import Labels
from sphinx_await.core.timeline.model import Place

from ..support.deadlock import DEADLOCK
from ..support.steps import check_one_at_a_time, check_steps
from .test_timeline import calm, recordings, runs

CORPUS = Path(__file__).parent.parent / "corpus" / "timelines"
NAMES = sorted(path.stem for path in CORPUS.glob("*.json"))
EMPTY = Recording("CPython 3.13.0", "Linux x86_64", "2026-01-01T00:00:00+00:00", 1.0, 0.1, 0)
NESTED = """\
import asyncio

async def cook():
    await asyncio.sleep(0.3)

async def main():
    await cook()

asyncio.run(main())
"""


def stored(name: str) -> Recording:
    """One of the recordings that were written by hand."""
    return Recording.from_json((CORPUS / f"{name}.json").read_bytes())


def sentences(steps: Steps, **more: bool) -> list[str]:
    """What is said at each moment."""
    return [moment_words(steps, index, Labels(), StepLabels(), **more) for index in range(len(steps.moments))]


def at_end(steps: Steps) -> dict[int, Position]:
    """Where each task is at the end."""
    return steps.positions(len(steps.moments) - 1)


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_a_recording_has_happens_once(name: str) -> None:
    """Each step, wait, creation, ending and line of output; never two tasks of a loop at once."""
    recording = stored(name)
    check_steps(recording, make_steps(recording))


@calm
@given(runs())
def test_everything_of_a_run_happens_once(recording: Recording) -> None:
    """Whatever it did, and however much at one time."""
    check_steps(recording, make_steps(recording))


@calm
@given(recordings)
def test_any_recording_has_steps(recording: Recording) -> None:
    """Also one that is damaged: moments that are no numbers, steps in no order, tasks that are not there."""
    steps = make_steps(recording, timeline=make_timeline(recording))
    check_one_at_a_time(recording, steps)
    places = [one[5] for one in json.loads(steps_json(steps_data(steps, Labels(), StepLabels())))["moments"]]
    assert all(0 <= place <= 100 for place in places)
    assert places == sorted(places)


def test_what_happened_at_one_time_has_an_order() -> None:
    """A task that ends in the microsecond in which the next one starts ends before that."""
    one = Task("one", created=0.1, finished=0.3, outcome="returned", steps=(Step(0.1, 0.3),), loop=0)
    two = Task("two", created=0.1, finished=0.3, outcome="returned", steps=(Step(0.3, 0.3),), loop=0)
    three = Task("three", created=0.1, steps=(Step(0.3, 0.4),), loop=0, waits=(Wait(0.4, None, None, "x"),))
    steps = make_steps(replace(EMPTY, tasks=(three, two, one), loops=(Loop(0.0, 0.4, "Loop"),)))
    told = [
        (moment.kind, steps.tasks[moment.task].name)
        for moment in steps.moments
        if moment.task is not None and moment.kind is not Happening.CREATED
    ]
    assert told == [
        (Happening.STARTED, "one"),
        (Happening.HELD, "one"),
        (Happening.ENDED, "one"),
        (Happening.STARTED, "two"),
        (Happening.ENDED, "two"),
        (Happening.STARTED, "three"),
        (Happening.HELD, "three"),
        (Happening.WAITS, "three"),
    ]


def test_a_running_task_is_at_the_last_line_that_is_known_or_after_it() -> None:
    """At first where its coroutine is defined, then where it creates a task, then after its last wait."""
    main = Task("Task-1", coro="main", created=0.0, steps=(Step(0.1, 0.2), Step(0.5, 0.51)), loop=0)
    main = replace(main, waits=(Wait(0.2, 0.5, 7, "asyncio.sleep(0.3)"),), finished=0.51, outcome="returned")
    child = Task("Task-2", parent=0, coro="cook", created=0.15, line=5, loop=0)
    steps = make_steps(replace(EMPTY, tasks=(main, child)), source=NESTED)
    seen = [dict(moment.changes)[0] for moment in steps.moments if 0 in dict(moment.changes)]
    assert [(one.phase, one.place, one.is_after) for one in seen] == [
        (Phase.NEW, None, False),
        (Phase.RUNNING, Place(6), True),
        (Phase.RUNNING, Place(5), False),
        (Phase.WAITING, Place(7), False),
        (Phase.RUNNING, Place(7), True),
        (Phase.RETURNED, None, False),
    ]
    assert at_end(steps)[1] == Position(Phase.NEW, chain=("cook()",))


def test_a_wait_says_what_awaits_what() -> None:
    """From the task's coroutine to what it waits for, and to the tasks that it waits for."""
    waits = (Wait(0.1, 0.2, 4, "asyncio.sleep(0.3)"), Wait(0.3, None, 7, "asyncio.gather()", (1, 2)))
    main = Task("Task-1", coro="main", created=0.0, steps=(Step(0.0, 0.1), Step(0.2, 0.3)), waits=waits)
    recording = replace(EMPTY, tasks=(main, Task("a", coro="cook"), Task("b", coro="cook")))
    chains = [
        dict(moment.changes)[0].chain
        for moment in make_steps(recording, source=NESTED).moments
        if moment.kind is Happening.WAITS
    ]
    assert chains == [("main()", "cook()", "asyncio.sleep(0.3)"), ("main()", "asyncio.gather()", "a, b")]


def _causes(steps: Steps) -> list[tuple[str, list[str]]]:
    """Why each task waits, wherever that is known and changes."""
    return [
        (steps.tasks[task].name, said)
        for moment in steps.moments
        for task, position in moment.changes
        if (said := position_words(position, steps, Labels(), StepLabels()))
    ]


def test_a_deadlock_says_who_holds_what_the_other_waits_for() -> None:
    """Each task holds the lock that the other one wants: both say so."""
    lines = DEADLOCK.split("\n")
    sleeps = [number for number, line in enumerate(lines, 1) if "sleep(0)" in line]
    tasks = [
        Task(name, coro=name, created=0.0, steps=(Step(start, start + 0.1), Step(start + 0.5, start + 0.6)), loop=0)
        for name, start in (("left", 0.1), ("right", 0.3))
    ]
    tasks = [
        replace(
            task,
            waits=(
                Wait(task.steps[0].end, task.steps[1].start, line, "asyncio.sleep(0)"),
                Wait(task.steps[1].end, None, line + 1, "Lock.acquire()"),
            ),
        )
        for task, line in zip(tasks, sleeps, strict=True)
    ]
    steps = make_steps(replace(EMPTY, tasks=tuple(tasks)), source=DEADLOCK)
    (_, left), (_, right) = dict(_causes(steps)).items()
    assert left == ["second is held by right right()", f"inside async with first · line {sleeps[0] - 1}"]
    assert right == ["first is held by left left()", f"inside async with second · line {sleeps[1] - 1}"]
    assert sentences(steps)[-2].endswith("(first is held by left left(); a deadlock: right → left → right)")
    assert not any("deadlock" in sentence for sentence in sentences(steps)[:-2])


@pytest.mark.parametrize(
    ("on", "cause"),
    [
        ("Queue.get()", "the queue is empty"),
        ("Queue.put()", "the queue is full"),
        ("Event.wait()", "the event is not set"),
    ],
)
def test_a_wait_for_a_primitive_says_why(on: str, cause: str) -> None:
    """A queue is empty or full when a task has to wait for it."""
    task = Task("A", coro="main", created=0.0, steps=(Step(0.0, 0.1),), waits=(Wait(0.1, None, 4, on),))
    assert _causes(make_steps(replace(EMPTY, tasks=(task,)), source=NESTED)) == [("A", [cause])]


def test_a_lock_that_may_be_another_one_is_held_by_nobody_that_is_known() -> None:
    """A parameter of the same name is not the same lock."""
    source = DEADLOCK.replace("left():", "left(first, second):").replace("left()", "left(second, first)")
    lines = source.split("\n")
    held, wanted = lines.index('            print("left")') + 1, lines.index("        async with first:") + 1
    first = Task("A", coro="left", created=0.0, steps=(Step(0.0, 0.1),), waits=(Wait(0.1, None, held, "x"),), loop=0)
    second = Task("B", coro="right", created=0.0, steps=(Step(0.2, 0.3),), loop=0)
    second = replace(second, waits=(Wait(0.3, None, wanted, "Lock.acquire()"),))
    causes = _causes(make_steps(replace(EMPTY, tasks=(first, second)), source=source))
    assert causes[-1][1][0] == "the lock is taken"


def test_a_task_that_could_run_is_ready_while_another_holds_the_loop() -> None:
    """And what held the loop for long says so, with its line."""
    tick = Task("tick", coro="tick", created=0.0, steps=(Step(0.0, 0.01), Step(0.5, 0.51, ready=0.1)), loop=0)
    tick = replace(tick, waits=(Wait(0.01, 0.5, 3, "asyncio.sleep(0.1)"),))
    work = Task("work", coro="work", created=0.0, steps=(Step(0.02, 0.5, held_at=9),), loop=0)
    steps = make_steps(replace(EMPTY, tasks=(tick, work), loops=(Loop(0.0, None, "Loop"),)))
    told = sentences(steps)
    assert "work work() has held the event loop for 0.48 s · line 9" in told
    ready = next(index for index, moment in enumerate(steps.moments) if moment.kind is Happening.READY)
    assert steps.positions(ready)[0].phase is Phase.READY
    assert steps.positions(ready)[1].phase is Phase.RUNNING
    idle = make_steps(replace(EMPTY, tasks=(tick,), loops=(Loop(0.0, None, "Loop"),)))
    assert all(moment.kind is not Happening.READY for moment in idle.moments)


def test_a_cancelled_task_goes_on_because_of_that() -> None:
    """And not because what it awaited were over."""
    main = Task("Task-1", created=0.0, steps=(Step(0.0, 0.1), Step(0.3, 0.3)), finished=0.3, outcome="cancelled")
    main = replace(main, waits=(Wait(0.1, 0.3, 4, "Lock.acquire()"),))
    steps = make_steps(replace(EMPTY, tasks=(main,), events=(Event(0.2, "cancel", 0),)))
    assert sentences(steps)[-3:] == [
        "Task-1 goes on: its cancellation was requested",
        "Task-1 ends: it was cancelled",
        "The program ends",
    ]


def test_numbers_of_lines_are_those_that_readers_see() -> None:
    """In sentences and of tasks; a line that is not shown has none."""
    main = Task("Task-1", created=0.0, line=1, steps=(Step(0.0, 0.1),), waits=(Wait(0.1, None, 2, "x"),))
    steps = make_steps(replace(EMPTY, tasks=(main,)), shown=(None, 12))
    assert sentences(steps)[1] == "Task-1 is created. It has not run yet"
    assert "Task-1 waits: x · line 12" in sentences(steps)
    assert at_end(steps)[0].place == Place(12)


def test_lines_of_another_file_have_its_name_and_are_none_of_the_program() -> None:
    """In sentences and of tasks, also where the program has a function of the same name, and lines that are hidden."""
    steps = (Step(0.0, 0.1), Step(0.3, 0.4, held_at=6, held_in="helper.py"))
    task = Task("Task-1", coro="main", created=0.0, steps=steps, waits=(Wait(0.1, 0.3, 7, "x", file="helper.py"),))
    made = make_steps(replace(EMPTY, tasks=(task,)), source=NESTED, shown=())
    assert "Task-1 main() waits: x · helper.py line 7" in sentences(made)
    assert "Task-1 main() has held the event loop for 0.10 s · helper.py line 6" in sentences(made)
    positions = [position for moment in made.moments for _, position in moment.changes]
    assert {one.place for one in positions} == {None, Place(7, "helper.py"), Place(6, "helper.py")}
    assert not any("cook" in name for one in positions for name in one.chain)
    changes = [change for moment in steps_data(made, Labels(), StepLabels())["moments"] for change in moment[3]]
    assert all(change[5:] == ["helper.py"] for change in changes if change[2] is not None)


def test_a_coroutine_of_a_library_is_not_at_a_line_of_a_function_of_its_name() -> None:
    """`create_task(asyncio.sleep(0))` in a program with a `sleep` of its own: it waits at no line of the program."""
    task = Task("Task-1", coro="sleep", created=0.0, line=4, steps=(Step(0.1, 0.2), Step(0.3, 0.3)))
    task = replace(task, waits=(Wait(0.2, 0.3, None, "asyncio.sleep(0)"),))
    steps = make_steps(replace(EMPTY, tasks=(task,)), source="async def sleep():\n    pass\n")
    assert {position.place for moment in steps.moments for _, position in moment.changes} == {None}


def test_each_time_limit_interrupts_a_step_of_its_own() -> None:
    """However many steps and time limits a task has."""
    count = 4000
    begins = [index / 100 for index in range(count)]
    task = Task(
        "Task-1",
        steps=tuple(Step(at, at + 0.001) for at in begins),
        waits=tuple(Wait(at + 0.001, at + 0.01, 3, "x") for at in begins),
    )
    events = tuple(Event(at + 0.005, "timeout", 0) for at in begins[::10])  # with their steps few enough to be kept
    steps = make_steps(replace(EMPTY, wall=41.0, tasks=(task,), events=events))
    kinds = Counter(moment.kind for moment in steps.moments)
    assert kinds[Happening.INTERRUPTED] == kinds[Happening.TIMEOUT] == len(events)


def test_tasks_that_libraries_create_for_themselves_have_no_steps() -> None:
    """A reader steps through the program, and not through what it uses."""
    own = Task("Task-1", created=0.0, steps=(Step(0.0, 0.1),), finished=0.1, outcome="returned")
    inner = Task("Task-2", parent=0, created=0.05, steps=(Step(0.1, 0.2),), internal=True)
    steps = make_steps(replace(EMPTY, tasks=(own, inner)))
    assert {moment.task for moment in steps.moments} == {None, 0}


def test_a_long_run_ends_with_its_last_step_and_says_what_is_left_out() -> None:
    """Its last step has all that changed meanwhile, and all lines of output."""
    tasks = (Task("Task-1", created=0.0, steps=(Step(0.0, 0.9),), finished=0.9, outcome="returned"),)
    outputs = tuple(Output(number / 4000, "stdout", f"{number}\n", 0) for number in range(3000))
    steps = make_steps(replace(EMPTY, tasks=tasks, outputs=outputs))
    assert len(steps.moments) == MOST_MOMENTS
    assert sorted(row for moment in steps.moments for row in moment.rows) == list(range(3000))
    assert at_end(steps)[0].phase is Phase.RETURNED
    assert sentences(steps)[-1] == f"The program ends ({steps.left_out} steps before this one are left out)"


def test_a_long_run_leaves_out_first_that_tasks_take_turns() -> None:
    """All lines of output keep a step of their own, and what is left out is counted where it is."""
    steps_ = tuple(Step(number / 4000, number / 4000 + 0.0001) for number in range(2000))
    crunch = Task("crunch", created=0.0, steps=steps_, finished=0.49985, outcome="returned", loop=0)
    tick = Task("tick", created=0.0, steps=(Step(0.0, 0.0), Step(0.10015, 0.1002), Step(0.20015, 0.2002)), loop=0)
    tick = replace(tick, waits=(Wait(0.0, 0.1, 3, "x"), Wait(0.1002, 0.2, 3, "x"), Wait(0.2002, None, 3, "x")))
    printed = ((0.00005, "begin", 0), (0.10016, "one", 1), (0.20016, "two", 1), (0.49984, "end", 0))
    outputs = tuple(Output(at, "stdout", f"{text}\n", task) for at, text, task in printed)
    recording = replace(EMPTY, tasks=(crunch, tick), outputs=outputs, loops=(Loop(0.0, 0.6, "Loop"),))
    steps = make_steps(recording)
    check_steps(recording, steps)
    assert len(steps.moments) < 50
    assert [moment.rows for moment in steps.moments if moment.rows] == [(0,), (1,), (2,), (3,)]
    gaps = [index for index, moment in enumerate(steps.moments) if moment.left_out]
    assert len(gaps) == 3
    assert all(f"({steps.moments[index].left_out} steps before this one" in sentences(steps)[index] for index in gaps)
    assert sum(1 + moment.left_out for moment in steps.moments) > 4000


def test_a_long_run_leaves_out_waits_before_lines_of_output() -> None:
    """Where tasks poll, and where each line is printed between two turns."""
    polls = tuple(Step(number / 4000, number / 4000 + 0.0001) for number in range(2000))
    waits = tuple(Wait(step.end, step.end + 0.0001, 3, "asyncio.sleep(0)") for step in polls)
    for outputs, rows in ((2, 2), (900, 900)):
        printed = tuple(Output(number / 2000 + 0.00005, "stdout", f"{number}\n", 0) for number in range(outputs))
        task = Task("Task-1", created=0.0, steps=polls, waits=waits, loop=0)
        recording = replace(EMPTY, tasks=(task,), outputs=printed, loops=(Loop(0.0, 0.6, "Loop"),))
        steps = make_steps(recording)
        check_steps(recording, steps)
        assert len([moment for moment in steps.moments if len(moment.rows) == 1]) == rows


def test_a_program_that_was_stopped_or_failed_says_so() -> None:
    """At its last step."""
    assert sentences(make_steps(EMPTY), timed_out=True)[-1] == "The program is stopped"
    failed = replace(EMPTY, failure=Failure("ValueError", "wrong", "", 3))
    assert sentences(make_steps(failed))[-1] == "The program ends with an exception: ValueError · line 3"


def test_callbacks_are_steps_of_no_task() -> None:
    """The loop calls them."""
    recording = replace(EMPTY, callbacks=(Callback(0.1, 0.2, "tell", 4),))
    assert sentences(make_steps(recording))[1:3] == [
        "The event loop calls tell() · line 4",
        "tell has held the event loop for 0.10 s · line 4",
    ]


@pytest.mark.parametrize("source", ["def broken(:", "\0", "async def main():\n  pass\n" * 3])
def test_a_source_that_says_nothing_is_no_harm(source: str) -> None:
    """Not valid Python, or one name for several functions: then a task that starts is at no line."""
    main = Task("Task-1", coro="main", created=0.0, steps=(Step(0.0, 0.1),))
    assert at_end(make_steps(replace(EMPTY, tasks=(main,)), source=source))[0].place is None


@pytest.mark.parametrize("name", NAMES)
def test_a_page_gets_everything_in_a_compact_form(name: str) -> None:
    """All sentences, lanes of the picture, and only words that its script shows."""
    recording = stored(name)
    timeline = make_timeline(recording)
    steps = make_steps(recording, timeline=timeline)
    data = json.loads(steps_json(steps_data(steps, Labels(), StepLabels())))
    assert [moment[1] for moment in data["moments"]] == sentences(steps)
    places = [100 * timeline.axis.share(moment.at) for moment in steps.moments]
    assert [moment[5] for moment in data["moments"]] == pytest.approx(places, abs=1e-3)
    assert data["crowded"] == (sum(b - a < 0.5 for a, b in pairwise(places)) > len(places) / 2)
    lanes = [lane for _, _, lane in data["tasks"]]
    assert all(number in timeline.lanes[lane].tasks for number, lane in enumerate(lanes) if lane is not None)
    assert Counter(len(moment) for moment in data["moments"]) == {6: len(steps.moments)}


def test_every_sentence_can_be_filled_in() -> None:
    """Names of values in the texts are those that are there; a translation has the same."""
    known = dict.fromkeys(("name", "source", "what", "text", "thread", "duration", "count", "number", "line"), "x")
    known |= dict.fromkeys(("words", "cause", "names", "blocks", "thrown"), "x")
    for one in fields(StepLabels):
        assert str(one.default).format(**known)
