"""The published JSON Schema is that of the recordings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tools.recording_schema import TARGET, make_schema, schema_text

from sphinx_await.core.model.recording import Recording

from ..conftest import HERE

if TYPE_CHECKING:
    from pathlib import Path

STORED: dict[str, Any] = json.loads((HERE / "corpus" / "recording-10.json").read_text(encoding="utf-8"))


def problems(data: object) -> list[str]:
    """What the published schema finds wrong with data."""
    validator = jsonschema.Draft202012Validator(json.loads(TARGET.read_text(encoding="utf-8")))
    return [error.message for error in validator.iter_errors(data)]


def test_the_file_is_up_to_date() -> None:
    """The file is what the tool writes, and a schema."""
    assert TARGET.read_text(encoding="utf-8") == schema_text(), "run: python tools/recording_schema.py"
    jsonschema.Draft202012Validator.check_schema(make_schema())


def test_the_stored_recording_follows_it() -> None:
    """The recording in which every field has a value follows the schema, and what is read of it, too."""
    assert problems(STORED) == []
    assert problems(json.loads(Recording.from_dict(STORED).to_json())) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), 2),
        (("python",), None),
        (("wall",), "2"),
        (("exit",), 1.5),
        (("unknown",), 1),
        (("outputs", 0, "stream"), "stdin"),
        (("tasks", 0, "outcome"), "lost"),
        (("tasks", 0, "steps", 0, "ready"), "soon"),
        (("events", 0, "kind"), "birth"),
        (("generators", 0, "kind"), "iterator"),
        (("turns", 0, "left"), "lost"),
        (("requires", "files"), {"data": 1}),
    ],
)
def test_other_data_does_not(path: tuple[Any, ...], value: object) -> None:
    """A value of another type, an unknown word or an unknown field is found."""
    data = json.loads(json.dumps(STORED))
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert len(problems(data)) == 1


@pytest.mark.parametrize("path", sorted((HERE / "corpus" / "timelines").glob("*.json")), ids=lambda path: path.stem)
def test_recordings_of_the_corpus_follow_it(path: Path) -> None:
    """What was recorded before follows the schema, once it is read."""
    data = json.loads(path.read_text(encoding="utf-8"))
    assert problems(json.loads(Recording.from_dict(data).to_json())) == []
