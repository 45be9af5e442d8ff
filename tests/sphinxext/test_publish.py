"""What readers get of a run, whatever machine it was made on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sphinx_await.core.model.dependencies import Dependencies
from sphinx_await.core.model.recording import Failure, Output, Recording, Step, Task, Wait
from sphinx_await.core.model.snippet import Options, Snippet
from sphinx_await.sphinxext.outcome import Outcome
from sphinx_await.sphinxext.render.publish import publishable, shown_lines

FOLDERS = ("/docs", "/docs/source", "/home/me/.venv")
RECORDING = Recording("CPython 3.13.0", "Linux x86_64", "2026-01-01T00:00:00+00:00", 1.0, 0.1, 0)


def came_to(recording: Recording, *, stderr: str = "show", silent: bool = False) -> Outcome:
    """The outcome of a snippet whose two lines stand on lines 11 and 12 of a chapter."""
    snippet = Snippet("one", "a\nb\n", "chapter.md", (11, 12), Options(stderr=stderr))
    return Outcome(recording, (), snippet, (snippet,), silent, FOLDERS)


@pytest.mark.parametrize(
    ("stream", "text", "told"),
    [
        ("stdout", "GET /docs/intro", "GET /docs/intro"),
        ("stdout", "read /docs/source/x.csv with /home/me/.venv/bin/python", "read x.csv with bin/python"),
        ("stdout", "<Task at /home/me/.venv/lib/python3.12/asyncio/locks.py:213>", "<Task at asyncio/locks.py:213>"),
        ("stdout", "snippet.py:2", "snippet.py:2"),
        ("stderr", "/t/sphinx-await-1/run-2/snippet.py:2: UserWarning: x", "chapter.md:12: UserWarning: x"),
        ("stderr", 'File "/docs/helpers.py", line 3', 'File "helpers.py", line 3'),
        ("stderr", "\ud800\ufffe", "\ufffd\ufffd"),
    ],
)
def test_a_line_names_no_folder(stream: str, text: str, told: str) -> None:
    """Standard error names the chapter; what a program printed is left alone where a path may mean something else."""
    outcome = came_to(replace(RECORDING, outputs=(Output(0.5, stream, text[:9]), Output(0.6, stream, text[9:]))))
    (line,) = shown_lines(outcome)
    assert (line.at, line.stream, line.text) == (0.5, stream, told)
    assert publishable(outcome, [line]).outputs == (Output(0.5, stream, f"{told}\n"),)


def test_every_text_of_a_recording_names_no_folder() -> None:
    """Names, waits, messages; what has none of them stays as it is, and what it depended on is nobody's business."""
    steps = tuple(Step(number / 10, number / 10 + 0.05) for number in range(3))
    tasks = (Task("/docs/a", steps=steps, waits=(Wait(0.0, 1.0, 1, "open('/docs/source/x')"),)), Task("b"))
    failure = Failure("OSError", "/docs/source/x", 'File "snippet.py", line 2\nOSError: /docs/source/x\n', 2)
    made = replace(RECORDING, tasks=tasks, failure=failure, requires=Dependencies({"a": "1"}, {"/docs/b.py": "2"}))
    told = publishable(came_to(made), [])
    assert told.tasks == (Task("a", steps=steps, waits=(Wait(0.0, 1.0, 1, "open('x')"),)), Task("b"))
    assert told.failure == Failure("OSError", "x", 'File "chapter.md", line 12\nOSError: x\n', 2)
    assert told.requires == Dependencies()
    assert Recording.from_json(told.to_json()) == told


@pytest.mark.parametrize(("stderr", "silent", "kept"), [("show", True, []), ("hide", False, ["out"])])
def test_what_is_hidden_is_not_there(stderr: str, silent: bool, kept: list[str]) -> None:
    """Neither lines nor what the exception said, which stood on standard error."""
    outputs = (Output(0.1, "stdout", "out\n"), Output(0.2, "stderr", "ValueError: secret\n"))
    made = replace(RECORDING, outputs=outputs, failure=Failure("ValueError", "secret", "ValueError: secret\n", 1))
    outcome = came_to(made, stderr=stderr, silent=silent)
    lines = shown_lines(outcome)
    assert [line.text for line in lines] == kept
    assert "secret" not in publishable(outcome, lines).to_json()
