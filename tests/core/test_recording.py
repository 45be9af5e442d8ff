from __future__ import annotations

import json
from dataclasses import asdict, fields, is_dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sphinx_await.core.errors import RecordingError
from sphinx_await.core.model.dependencies import Dependencies
from sphinx_await.core.model.recording import (
    Callback,
    Event,
    Failure,
    Loop,
    Output,
    Recording,
    StandIn,
    Step,
    Task,
    Thread,
    Wait,
    Work,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

texts = st.text(max_size=20)
moments = st.floats(0, 1e9)
lines = st.none() | st.integers(1, 2**53)
indices = st.none() | st.integers(min_value=0)
versions = st.dictionaries(texts, texts, max_size=3)


def some(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A tuple of a few items."""
    return st.lists(items, max_size=3).map(tuple)


tasks = st.builds(
    Task,
    name=texts,
    parent=indices,
    created=st.none() | moments,
    finished=st.none() | moments,
    outcome=st.sampled_from([None, "returned", "raised", "cancelled"]),
    steps=some(st.builds(Step, start=moments, end=moments, woken_by=indices)),
    waits=some(
        st.builds(
            Wait,
            start=moments,
            end=st.none() | moments,
            line=lines,
            on=texts,
            tasks=some(st.integers(min_value=0)),
        ),
    ),
    coro=st.none() | texts,
    line=lines,
    error=st.none() | texts,
    loop=indices,
)
works = st.builds(Work, start=moments, end=st.none() | moments, what=texts, line=lines, task=indices)
drafts = st.builds(
    Recording,
    python=texts,
    platform=texts,
    started=st.datetimes().map(datetime.isoformat),
    wall=moments,
    cpu=moments,
    exit=st.integers(-64, 255),
    failure=st.none() | st.builds(Failure, type=texts, message=texts, traceback=texts, line=lines),
    timed_out=st.booleans(),
    truncated=st.booleans(),
    outputs=some(
        st.builds(Output, at=moments, stream=st.sampled_from(["stdout", "stderr"]), text=texts, task=indices),
    ),
    tasks=some(tasks),
    stand_ins=some(st.builds(StandIn, host=texts, delay=moments)),
    network=st.booleans(),
    run_delay=st.none() | moments,
    repeats=some(moments),
    requires=st.builds(Dependencies, distributions=versions, modules=versions, declared=versions),
    loops=some(st.builds(Loop, start=moments, end=st.none() | moments, name=texts)),
    callbacks=some(st.builds(Callback, start=moments, end=moments, name=texts, line=lines, loop=indices)),
    events=some(
        st.builds(Event, at=moments, kind=st.sampled_from(["cancel", "timeout"]), task=indices, by=indices, line=lines),
    ),
    threads=some(st.builds(Thread, name=texts, work=some(works))),
    unseen=st.integers(0, 2**53),
)


def with_right_indices(value: Any, tasks: int, loops: int) -> Any:
    """A draft in which every index leads to a task or loop that is there."""
    if isinstance(value, tuple):
        return tuple(with_right_indices(item, tasks, loops) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changes: dict[str, Any] = {}
    for one in fields(value):
        was, count = getattr(value, one.name), loops if one.name == "loop" else tasks
        if one.name in {"task", "parent", "by", "woken_by", "loop"} and was is not None:
            changes[one.name] = was % count if count else None
        elif one.name == "tasks" and isinstance(value, Wait):
            changes["tasks"] = tuple(index % tasks for index in was) if tasks else ()
        else:
            changes[one.name] = with_right_indices(was, tasks, loops)
    return replace(value, **changes)


recordings = drafts.map(lambda draft: with_right_indices(draft, len(draft.tasks), len(draft.loops)))

LEAST = Recording("CPython 3.13.0", "Linux x86_64", "2025-01-01T00:00:00+00:00", 2.0, 0.01, 0)


@calm
@given(recordings)
def test_json_round_trip(recording: Recording) -> None:
    """A recording comes back from its JSON, as text or as bytes, and makes the same text again."""
    text = recording.to_json()
    assert Recording.from_json(text) == recording
    assert Recording.from_json(text.encode()) == recording
    assert Recording.from_json(text).to_json() == text


def test_json_is_for_people_too() -> None:
    """The JSON says its schema first, keeps Korean readable and ends its last line."""
    text = Recording(
        "p", "p", "2025-01-01T00:00:00+00:00", 0.0, 0.0, 0, outputs=(Output(0.0, "stdout", "안녕\n"),)
    ).to_json()
    assert next(iter(json.loads(text))) == "schema"
    assert '"text": "안녕\\n"' in text
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        (b"\xff\xff", "not JSON"),
        ("[]", "schema 10 expected, found 'list'"),
        ("null", "schema 10 expected, found 'NoneType'"),
        ("{}", "schema 10 expected, found None"),
        ('{"schema": "1"}', "schema 10 expected, found '1'"),
        ('{"schema": 1}', "missing"),
        ('{"schema": 6}', "missing"),
    ],
)
def test_what_is_no_recording_is_refused(text: str | bytes, message: str) -> None:
    """A text that is no recording is refused with the reason, and with nothing but a RecordingError."""
    with pytest.raises(RecordingError, match=message):
        Recording.from_json(text)


@pytest.mark.parametrize(
    "field",
    ["python", "platform", "started", "wall", "cpu", "exit", "failure", "outputs", "tasks", "repeats", "requires"],
)
def test_missing_field_is_named(field: str) -> None:
    """A recording that lacks a field is refused, and the message names the field."""
    data = LEAST.to_dict()
    del data[field]
    with pytest.raises(RecordingError, match=field):
        Recording.from_dict(data)


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "red"},
        {"outputs": None},
        {"outputs": [[]]},
        {"outputs": [{"at": 0.0, "stream": "stdout", "text": "", "task": None, "colour": "red"}]},
        {"tasks": ["A"]},
        {"tasks": [{"name": "A"}]},
        {"loops": [{}]},
        {"threads": [{"name": "T", "work": [{"start": 0.0}]}]},
        {"failure": {"type": "ValueError"}},
        {"requires": []},
    ],
    ids=str,
)
def test_wrong_field_is_refused(wrong: dict[str, Any]) -> None:
    """A field that is unknown or no data of its kind makes a RecordingError, at any depth."""
    with pytest.raises(RecordingError, match=r"^recording[\w.\[\]]*: "):
        Recording.from_dict(LEAST.to_dict() | wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"started": "yesterday"},
        {"started": ""},
        {"outputs": [{"at": 0.0, "stream": '"><script>', "text": ""}]},
        {"outputs": [{"at": 0.0, "stream": "stdout", "text": "", "task": 0}]},
        {"tasks": [{"name": "A", "steps": [], "waits": [], "parent": 1}]},
        {"tasks": [{"name": "A", "steps": [], "waits": [], "parent": -1}]},
        {"tasks": [{"name": "A", "steps": [], "waits": [], "loop": 0}]},
        {"tasks": [{"name": "A", "steps": [], "waits": [], "outcome": "<b>"}]},
        {"tasks": [{"name": "A", "steps": [{"start": 0, "end": 1, "woken_by": 9}], "waits": []}]},
        {"tasks": [{"name": "A", "steps": [], "waits": [{"start": 0, "end": 1, "line": 1, "on": "x", "tasks": [1]}]}]},
        {"events": [{"at": 0, "kind": "boom", "task": None}]},
        {"events": [{"at": 0, "kind": "cancel", "task": 0}]},
        {"callbacks": [{"start": 0, "end": 1, "name": "f", "loop": 3}]},
        {"threads": [{"name": "T", "work": [{"start": 0, "end": 1, "what": "f", "task": 2}]}]},
        {"tasks": [{"name": "A", "steps": [], "waits": [], "file": "helper.py"}]},
        {"tasks": [{"name": "A", "steps": [], "waits": [], "line": 1, "file": "/home/me/helper.py"}]},
        {"tasks": [{"name": "A", "steps": [{"start": 0, "end": 1, "held_at": 1, "held_in": "a\nb"}], "waits": []}]},
        {"tasks": [{"name": "A", "steps": [], "waits": [{"start": 0, "end": 1, "line": 1, "on": "x", "file": ""}]}]},
        {"events": [{"at": 0, "kind": "cancel", "task": None, "line": 1, "file": ".."}]},
        {"callbacks": [{"start": 0, "end": 1, "name": "f", "line": 1, "file": "C:\\me"}]},
        {"callbacks": [{"start": 0, "end": 1, "name": "f", "line": 1, "held_in": "helper.py"}]},
        {"threads": [{"name": "T", "work": [{"start": 0, "end": 1, "what": "f", "line": 1, "file": "x" * 201}]}]},
        {"threads": [{"name": "T", "work": [{"start": 0, "end": 1, "what": "f", "line": 1, "file": "\u202egpj.py"}]}]},
    ],
    ids=str,
)
def test_what_leads_nowhere_is_refused(wrong: dict[str, Any]) -> None:
    """An index of no task or loop, a word of no kind, a moment that is none, a file that is not named by its name."""
    with pytest.raises(RecordingError, match=r"^recording\.\w+: "):
        Recording.from_dict(LEAST.to_dict() | wrong)


OTHER_TYPES: list[Any] = [
    None,
    True,
    1,
    -1,
    0.5,
    1e300,
    float("nan"),
    float("inf"),
    "x",
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    2**60,
    10**400,
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in JSON data."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def test_another_type_anywhere_is_refused_or_harmless() -> None:
    """Each value of the stored recording, replaced by values of other types: a RecordingError, or a valid recording."""
    text = (Path(__file__).parents[1] / "corpus" / "recording-2.json").read_text(encoding="utf-8")
    refused = taken = 0
    for path in places(json.loads(text)):
        for other in OTHER_TYPES:
            data = json.loads(text)
            if not path:
                data = other
            else:
                inner = data
                for key in path[:-1]:
                    inner = inner[key]
                inner[path[-1]] = other
            try:
                read = Recording.from_dict(data)
            except RecordingError:
                refused += 1
            else:
                taken += 1
                assert Recording.from_json(read.to_json()) == read
    assert refused > 3 * taken > 0


def test_deep_json_is_refused() -> None:
    """A hundred thousand brackets are no recording, and no crash."""
    with pytest.raises(RecordingError, match="not JSON"):
        Recording.from_json("[" * 100_000)


def test_reading_leaves_the_data_alone() -> None:
    """The same data can be read twice."""
    data = Recording(
        "p", "p", "2025-01-01T00:00:00+00:00", 0.0, 0.0, 0, tasks=(Task("A", steps=(Step(0.0, 1.0),)),)
    ).to_dict()
    assert Recording.from_dict(data) == Recording.from_dict(data)


def test_lone_surrogates_can_be_stored() -> None:
    r"""A message with a lone surrogate, as of ``raise ValueError("\udc80")``, can be written to a file and read."""
    recording = Recording("p", "p", "2025-01-01T00:00:00+00:00", 0.0, 0.0, 1, Failure("ValueError", "\udc80", "", 1))
    read = Recording.from_json(recording.to_json().encode("utf-8"))
    assert read.failure is not None
    assert read.failure.type == "ValueError"


def test_a_recording_as_data_is_what_dataclasses_make_of_it() -> None:
    """Objects become dicts, tuples lists; and nothing of the recording can be changed by it."""
    whole = asdict(LEAST)
    data = LEAST.to_dict()
    assert json.loads(json.dumps(data)) == json.loads(json.dumps({"schema": data["schema"], **whole}))
    data["requires"].clear()
    assert LEAST.to_dict()["requires"]
