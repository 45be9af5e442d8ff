"""Traces, by the rules of the Trace Event Format and of Perfetto, which drops an arrow that begins or ends nowhere."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sphinx_await.core.model.recording import Event, Generator, Output, Recording, Step, Task, Turn, Wait
from sphinx_await.core.renderers.trace_events import render_trace

CORPUS = Path(__file__).parent.parent / "corpus" / "timelines"


def recording(*tasks: Task, **more: Any) -> Recording:
    """A run of some tasks."""
    made = Recording("CPython 3.13.0", "Linux x86_64", "2026-01-01T00:00:00+00:00", 1.0, 0.1, 0, tasks=tasks)
    return Recording.from_dict({**made.to_dict(), **more})


def events_of(made: Recording) -> list[dict[str, Any]]:
    """The events of a trace in the order in which a viewer takes them."""
    events: list[dict[str, Any]] = json.loads(render_trace(made, "run"))["traceEvents"]
    return sorted(events, key=lambda event: event.get("ts", -1.0))


def arrows_of(made: Recording) -> list[tuple[str, str, str]]:
    """Each arrow: its name, and the tracks from which and to which a viewer draws it."""
    open_slices: dict[int, list[tuple[float, str]]] = defaultdict(list)
    names, begun, found = {}, {}, []
    for event in events_of(made):
        track, at = event["tid"], event.get("ts", 0.0)
        if event["name"] == "thread_name":
            names[track] = event["args"]["name"]
        stack = open_slices[track]
        while stack and stack[-1][0] <= at:
            stack.pop()
        if event["ph"] == "X":
            end = round(at + event["dur"], 3)
            assert not stack or end <= stack[-1][0], "slices overlap partly"
            stack.append((end, event["cat"]))
        elif event["ph"] in {"s", "f"}:
            assert stack, f"{event['name']} {event['ph']} is in no slice"
            assert stack[-1][1] == "step", "an arrow joins steps"
            if event["ph"] == "s":
                assert event["id"] not in begun
                begun[event["id"]] = track
            else:
                found.append((event["name"], names[begun.pop(event["id"])], names[track]))
    assert not begun, "an arrow without an end"
    return found


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.json")), ids=lambda path: path.stem)
def test_arrows_of_real_runs_arrive(path: Path) -> None:
    """Every arrow begins and ends in a step, and no two slices of a track overlap partly."""
    made = Recording.from_json(path.read_bytes())
    arrows = arrows_of(made)
    children = [task for task in made.tasks if task.parent is not None and task.steps]
    assert sum(name == "creates" for name, _source, _target in arrows) == len(children)


def test_an_arrow_leaves_where_a_task_was_created_and_arrives_where_it_ran_first() -> None:
    """Not at the moment of its creation, when it did not run yet; what a step woke is reached from that step's end."""
    main = Task("Task-1", created=0.0, steps=(Step(0.1, 0.2), Step(0.5, 0.6, 1)), waits=(Wait(0.2, 0.5, 3, "x"),))
    child = Task("Task-2", 0, created=0.15, steps=(Step(0.3, 0.4, 0),), coro="work", line=2)
    made = recording(main, child)
    assert arrows_of(made) == [("creates", "Task-1", "Task-2 work()"), ("wakes", "Task-2 work()", "Task-1")]
    flows = [(event["ph"], event["ts"]) for event in events_of(made) if event["ph"] in {"s", "f"}]
    assert flows == [("s", 150_000.0), ("f", 300_000.0), ("s", 399_999.999), ("f", 500_000.0)]


def test_an_arrow_with_an_end_in_no_step_is_left_out() -> None:
    """A task that never ran, or whose creator's step is not in the recording."""
    assert arrows_of(recording(Task("Task-1"), Task("Task-2", 0, created=0.1, steps=(Step(0.2, 0.3, 0),)))) == []
    assert arrows_of(recording(Task("Task-1", steps=(Step(0.0, 0.2),)), Task("Task-2", 0, created=0.1))) == []


def test_events_say_who_and_where() -> None:
    """A cancellation says which task asked, a wait which tasks it is for, a creation its line."""
    tasks = (
        Task("Task-1", created=0.0, steps=(Step(0.0, 0.1),), waits=(Wait(0.1, 0.2, 3, "asyncio.gather()", (1,)),)),
        Task("Task-2", 0, created=0.05, line=7),
    )
    made = recording(*tasks, events=[vars_of(Event(0.15, "cancel", 1, 0))])
    found = {event["name"]: event["args"] for event in events_of(made) if event["ph"] in {"X", "i"}}
    assert found["cancel"] == {"by": "Task-1"}
    assert found["asyncio.gather()"] == {"line": 3, "tasks": ["Task-2"]}
    assert found["created"] == {"line": 7, "by": "Task-1"}


def vars_of(event: Event) -> dict[str, Any]:
    """An event as JSON has it."""
    return {"at": event.at, "kind": event.kind, "task": event.task, "by": event.by, "line": event.line}


def between(steps: list[Step]) -> list[Wait]:
    """What a task waits for between its steps."""
    return [Wait(one.end, other.start, None, "x") for one, other in pairwise(steps)]


@st.composite
def runs(draw: st.DrawFn) -> Recording:
    """A run as an event loop makes it: one step after another, each of some task, made ready by some task."""
    tasks = [Task("Task-1", created=0.0)]
    now, steps = 0, [list[Step]()]
    for _ in range(draw(st.integers(1, 12))):
        owner = draw(st.integers(0, len(tasks) - 1))
        start, now = now, now + draw(st.integers(0, 3))  # microseconds, as a recording has them
        by = draw(st.none() | st.integers(0, len(tasks) - 1))
        steps[owner].append(Step(start / 1e6, now / 1e6, by))
        if draw(st.booleans()):
            at = draw(st.integers(start, now))
            tasks.append(Task(f"Task-{len(tasks) + 1}", owner, at / 1e6))
            steps.append([])
        now += draw(st.integers(0, 3))
    made = [
        Task(task.name, task.parent, task.created, steps=tuple(own)) for task, own in zip(tasks, steps, strict=True)
    ]
    return recording(*made)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(runs())
def test_arrows_of_any_run_arrive(made: Recording) -> None:
    """However short its steps are."""
    arrows_of(made)


def test_a_generator_has_a_track_with_its_turns_and_what_it_printed() -> None:
    """Also where the clock stood still: slices of a track follow each other, and order decides who printed."""
    made = replace(
        recording(),
        generators=(Generator("outer", "outer()"), Generator("inner", "inner(1)")),
        turns=(
            Turn(0, 0.1, 1, 0.1, 4, None, 9, "next(one)", None, "yielded", 5, "'a'"),
            Turn(1, 0.1, 2, 0.1, 3, 0, 5, "yield from", None, "yielded", 2, "'a'"),
            Turn(0, 0.1, 5, 0.4, 6, None, 10, "one.close()", "GeneratorExit", "closed", 6),
        ),
        outputs=(
            Output(0.1, "stdout", "inside\n", switches=2),
            Output(0.1, "stdout", "before\n", switches=4),
            Output(0.1, "stdout", "closing\n", switches=5),
        ),
    )
    events = events_of(made)
    assert arrows_of(made) == []
    names = {one["tid"]: one["args"]["name"] for one in events if one["name"] == "thread_name"}
    assert list(names.values()) == ["the program", "outer()", "inner(1)"]
    printed = {one["args"]["text"]: names[one["tid"]] for one in events if one["ph"] == "i"}
    assert printed == {"inside\n": "inner(1)", "before\n": "the program", "closing\n": "outer()"}
    slices = {(names[one["tid"]], one["name"]): one["args"] for one in events if one["ph"] == "X"}
    assert slices == {
        ("outer()", "next(one)"): {"line": 9, "left": "yielded", "left_at": 5, "value": "'a'", "by": "the program"},
        ("inner(1)", "yield from"): {"line": 5, "left": "yielded", "left_at": 2, "value": "'a'", "by": "outer()"},
        ("outer()", "one.close()"): {
            "line": 10,
            "thrown": "GeneratorExit",
            "left": "closed",
            "left_at": 6,
            "by": "the program",
        },
    }
