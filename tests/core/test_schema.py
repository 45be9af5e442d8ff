from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sphinx_await.core.errors import RecordingError
from sphinx_await.core.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

# Written by hand when schema 1 was made. It stays as it is: a change that needs another file needs another schema.
STORED = (Path(__file__).parent.parent / "corpus" / "recording-1.json").read_text(encoding="utf-8")


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
    """The stored recording of schema 1 loads, and dumps to the very text that is stored."""
    assert Recording.from_json(STORED).to_json() == STORED


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
    assert len({kind for kind, _ in known}) == 8
    assert known - used == set()


def test_stored_values_mean_what_they_meant() -> None:
    """Values stand where they stood: indices, ends that never came, text with controls."""
    recording = Recording.from_json(STORED)
    assert (recording.exit, recording.wall, recording.timed_out) == (1, 2.003417, True)
    assert (recording.run_delay, recording.repeats) == (0.0125, (2.003417, 2.001, 2.25))
    assert recording.failure is not None
    assert recording.failure.line == 12
    assert [output.task for output in recording.outputs] == [1, 0, None]
    assert recording.outputs[1].text == 'tab\tquote " backslash \\ escape \x1b[31m\r\n'
    assert recording.tasks[1].name == recording.tasks[2].name == "일꾼"
    assert recording.tasks[2].waits[0].end is None
    assert recording.requires.distributions == {"aiohttp": "3.10.5"}


@pytest.mark.parametrize("schema", ["2", "0", '"1"', "null", "[1]"])
def test_another_schema_is_refused(schema: str) -> None:
    """A recording of another schema is refused, and the message says which was expected and which was found."""
    text = STORED.replace('"schema": 1', f'"schema": {schema}')
    assert text != STORED
    found = {'"1"': "'1'", "null": "None", "[1]": r"\[1\]"}.get(schema, schema)
    with pytest.raises(RecordingError, match=f"^schema 1 expected, found {found}$"):
        Recording.from_json(text)
