from __future__ import annotations

import json
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sphinx_await.core.errors import RecordingError
from sphinx_await.core.model.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = Path(__file__).parent.parent / "corpus"
# Written by hand when their schemas were made. They stay as they are: a change that needs another file needs another
# schema.
FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH, SEVENTH, EIGHTH, NINTH, STORED = (
    (CORPUS / f"recording-{number}.json").read_text(encoding="utf-8") for number in range(1, 11)
)
SINCE_THIRD = [THIRD, FOURTH, FIFTH, SIXTH, SEVENTH, EIGHTH, NINTH, STORED]
NUMBERS = [str(number) for number in range(1, 11)]


def parts(value: object) -> Iterator[object]:
    """A value and all that is in it, the values of each kind's fields included."""
    yield value
    children: list[Any] = []
    if is_dataclass(value):
        children = [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, tuple):
        children = list(value)
    for child in children:
        yield from parts(child)


def test_stored_recording_is_read_and_written_as_ever() -> None:
    """The stored recording of schema 10 loads, and dumps to the very text that is stored."""
    assert Recording.from_json(STORED).to_json() == STORED


def test_the_first_schema_is_read() -> None:
    """The stored recording of schema 1 loads; what came later has its defaults."""
    first = Recording.from_json(FIRST)
    assert (first.loops, first.callbacks, first.events, first.threads, first.unseen) == ((), (), (), (), 0)
    task = first.tasks[0]
    assert (task.coro, task.line, task.error, task.loop) == (None, None, None, None)
    assert [step.woken_by for step in task.steps] == [None, None]
    assert task.waits[0].tasks == ()


def test_stored_recording_uses_every_field() -> None:
    """Somewhere in the stored recording every field has a value that is neither empty nor its default."""
    used: set[tuple[str, str]] = set()
    known: set[tuple[str, str]] = set()
    for part in parts(Recording.from_json(STORED)):
        if is_dataclass(part):
            for field in fields(part):
                name = (type(part).__name__, field.name)
                known.add(name)
                default = None if field.default is MISSING else field.default
                if getattr(part, field.name) not in (default, (), {}, "", None):
                    used.add(name)
    assert len({kind for kind, _ in known}) == 19
    assert known - used == set()


@pytest.mark.parametrize("text", [FIRST, SECOND, *SINCE_THIRD], ids=NUMBERS)
def test_stored_values_mean_what_they_meant(text: str) -> None:
    """Values stand where they stood: indices, ends that never came, text with controls."""
    recording = Recording.from_json(text)
    assert (recording.exit, recording.wall, recording.timed_out) == (1, 2.003417, True)
    assert (recording.run_delay, recording.repeats) == (0.0125, (2.003417, 2.001, 2.25))
    assert recording.failure is not None
    assert recording.failure.line == 12
    assert [output.task for output in recording.outputs] == [1, 0, None]
    assert recording.outputs[1].text == 'tab\tquote " backslash \\ escape \x1b[31m\r\n'
    assert recording.tasks[1].name == recording.tasks[2].name == "일꾼"
    assert recording.tasks[2].waits[0].end is None
    assert recording.requires.distributions == {"aiohttp": "3.10.5"}


def test_the_second_schema_is_read() -> None:
    """The stored recording of schema 2 loads; what schema 3 added has its defaults."""
    second = Recording.from_json(SECOND)
    assert second.failure is not None
    assert (second.failure.os_error, second.failure.errno) == (None, None)
    assert (second.requires.installed, second.requires.files, second.requires.complete) == ({}, {}, True)


def test_values_of_the_fourth_schema() -> None:
    """What schema 4 added is where it was, and has its defaults in a recording of schema 3."""
    fourth, third = Recording.from_json(FOURTH), Recording.from_json(THIRD)
    assert (fourth.tasks[0].steps[1].held_at, fourth.callbacks[0].held_at) == (9, 7)
    assert (third.tasks[0].steps[1].held_at, third.callbacks[0].held_at) == (None, None)
    assert ([task.internal for task in fourth.tasks], fourth.events[2].kind) == ([False] * 3 + [True], "destroyed")
    assert not any(task.internal for task in third.tasks)


def test_values_of_the_fifth_schema() -> None:
    """What schema 5 added is where it was, and in a recording of schema 4 every line is the snippet's."""
    fifth, fourth = Recording.from_json(FIFTH), Recording.from_json(FOURTH)
    step, wait, callback = fifth.tasks[0].steps[0], fifth.tasks[2].waits[0], fifth.callbacks[1]
    assert ((step.held_at, step.held_in), (wait.line, wait.file)) == ((21, "도우미.py"), (16, "helper.py"))
    assert (callback.line, callback.file) == (30, "helper.py")
    assert (callback.held_at, callback.held_in) == (31, "helper.py")
    others = fifth.tasks[3], fifth.events[1], fifth.threads[0].work[1]
    assert [(one.line, one.file) for one in others] == [(9, "helper.py"), (17, "helper.py"), (3, "helper.py")]
    assert fifth.tasks[0].file is None
    assert {getattr(part, name, None) for part in parts(fourth) for name in ("file", "held_in")} == {None}


def test_values_of_the_sixth_schema() -> None:
    """What schema 6 added is where it was, and a recording of schema 5 displays nothing."""
    sixth, fifth = Recording.from_json(SIXTH), Recording.from_json(FIFTH)
    drawn, photo = sixth.displays
    assert (drawn.at, drawn.after, drawn.alt, drawn.line, drawn.task) == (0.5, 1, "빈 그림", 7, 1)
    assert (drawn.width, drawn.height, set(drawn.dark)) == (640, 480, {"image/svg+xml"})
    assert (photo.after, dict(photo.data), photo.thread) == (3, {"image/png": "iVBORw0KGgo="}, 0)
    assert fifth.displays == ()


def test_values_of_the_seventh_schema() -> None:
    """What schema 7 added is where it was, and a recording of schema 6 was not typed at a prompt."""
    seventh, sixth = Recording.from_json(SEVENTH), Recording.from_json(SIXTH)
    first, second = seventh.examples
    assert (first.at, first.after, first.failure) == (0.0, 0, None)
    assert (second.at, second.after) == (0.75, 2)
    assert second.failure is not None
    assert (second.failure.type, second.failure.line) == ("ZeroDivisionError", 3)
    assert sixth.examples == ()


def test_values_of_the_eighth_schema() -> None:
    """What schema 8 added is where it was, and a recording of schema 7 is of the machine that builds."""
    assert Recording.from_json(EIGHTH).machine == "worker-1"
    assert Recording.from_json(SEVENTH).machine is None


@pytest.mark.parametrize("name", ["", "x" * 254, "two\nlines", "\x1b[31m", "\u202e"])
def test_names_that_no_machine_has_are_refused(name: str) -> None:
    """They are shown in a terminal, and were perhaps written elsewhere."""
    with pytest.raises(RecordingError, match="machine"):
        Recording.from_dict(json.loads(STORED) | {"machine": name})


def test_values_of_the_ninth_schema() -> None:
    """What schema 9 added is where it was, and a recording of schema 8 has no turns."""
    ninth, eighth = Recording.from_json(NINTH), Recording.from_json(EIGHTH)
    assert [(one.name, one.call, one.kind, one.line) for one in ninth.generators] == [
        ("main.<locals>.count", "count(3)", "coroutine", 4),
        ("<genexpr>", None, "generator", 9),
    ]
    outer, inner, last = ninth.turns
    assert (outer.generator, outer.first, outer.last, outer.by, outer.how) == (0, 1, 4, None, "next(numbers)")
    assert (outer.line, outer.left, outer.left_at, outer.value) == (12, "yielded", 6, "'하나'")
    assert (inner.by, inner.thrown, inner.left, inner.error) == (0, "KeyError", "raised", "ValueError")
    assert (last.end, last.last, last.left) == (None, None, None)
    assert [output.switches for output in ninth.outputs] == [None, None, 3]
    assert ninth.turns_unseen_since == 0.5
    assert (eighth.generators, eighth.turns, eighth.turns_unseen_since) == ((), (), None)


@pytest.mark.parametrize(
    "change",
    [
        {"turns": [{"generator": 2, "start": 0.0, "first": 1}]},
        {"turns": [{"generator": 0, "start": 0.0, "first": 1, "by": 7}]},
        {"turns": [{"generator": 0, "start": 0.0, "first": 2}, {"generator": 0, "start": 0.0, "first": 2}]},
        {"turns": [{"generator": 0, "start": 0.0, "first": 1, "left": "lost"}]},
        {"generators": [{"name": "x", "kind": "iterator"}] * 2},
    ],
)
def test_turns_that_no_recorder_writes_are_refused(change: dict[str, Any]) -> None:
    """Their generators are there, they are in order, and every word is known."""
    with pytest.raises(RecordingError, match=r"turns|generators"):
        Recording.from_dict(json.loads(STORED) | change)


def test_values_of_the_tenth_schema() -> None:
    """What schema 10 added is where it was, and in a recording of schema 9 no line ran."""
    tenth, ninth = Recording.from_json(STORED), Recording.from_json(NINTH)
    first, second = tenth.lines
    assert (first.start, first.lines, first.after, first.task) == (0.25, (12, 14, 12), (0, 3, 1250), 1)
    assert (second.lines, second.task, second.switches) == ((3,), None, 2)
    assert tenth.lines_left_out
    assert (ninth.lines, ninth.lines_left_out) == ((), False)


@pytest.mark.parametrize("change", [{"after": [0]}, {"task": 9}])
def test_lines_that_no_recorder_writes_are_refused(change: dict[str, Any]) -> None:
    """Each has its moment, and their task is there."""
    run = {"start": 0.0, "lines": [1, 2], "after": [0, 1]}
    with pytest.raises(RecordingError, match=r"recording\.lines"):
        Recording.from_dict(json.loads(STORED) | {"lines": [run | change]})


@pytest.mark.parametrize("places", [[2, 1], [-1], [4], [0] * 10_001])
def test_examples_that_no_recorder_writes_are_refused(places: list[int]) -> None:
    """They are in order, between outputs, and not too many."""
    data = json.loads(STORED) | {"examples": [{"at": 0.0, "after": place} for place in places]}
    with pytest.raises(RecordingError, match="examples"):
        Recording.from_dict(data)


@pytest.mark.parametrize("text", SINCE_THIRD, ids=NUMBERS[2:])
def test_values_of_the_third_schema(text: str) -> None:
    """What schema 3 added is where it was."""
    third = Recording.from_json(text)
    assert third.failure is not None
    assert (third.failure.os_error, third.failure.errno) == ("ConnectionRefusedError", 111)
    assert third.requires.files == {"data.json": "ffeeddccbbaa99887766554433221100"}
    assert not third.requires.complete


@pytest.mark.parametrize("text", [SECOND, *SINCE_THIRD], ids=NUMBERS[1:])
def test_values_of_the_second_schema(text: str) -> None:
    """What schema 2 added is where it was."""
    recording = Recording.from_json(text)
    main = recording.tasks[0]
    assert (main.coro, main.line, main.loop, main.waits[0].tasks, main.steps[1].woken_by) == ("main", 12, 0, (1, 2), 1)
    assert [loop.end for loop in recording.loops] == [2.001, None]
    assert (recording.callbacks[0].line, recording.callbacks[1].loop) == (7, None)
    assert [(event.kind, event.task, event.by) for event in recording.events[:2]] == [
        ("cancel", 3, 1),
        ("timeout", 0, None),
    ]
    assert [work.end for work in recording.threads[0].work] == [0.4, None]
    assert recording.unseen == 1234


@pytest.mark.parametrize("schema", ["11", "0", '"1"', "null", "[1]"])
def test_another_schema_is_refused(schema: str) -> None:
    """A recording of another schema is refused, and the message says which was expected and which was found."""
    text = STORED.replace('"schema": 10', f'"schema": {schema}')
    assert text != STORED
    found = {'"1"': "'1'", "null": "None", "[1]": r"\[1\]"}.get(schema, schema)
    with pytest.raises(RecordingError, match=f"^schema 10 expected, found {found}$"):
        Recording.from_json(text)
