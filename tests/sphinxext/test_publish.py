"""What readers get of a run, whatever machine it was made on."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.model.dependencies import Dependencies
from sphinx_await.core.model.recording import Failure, Output, Recording, Step, Task, Wait
from sphinx_await.core.model.snippet import Options, Snippet
from sphinx_await.core.text.messages import Message
from sphinx_await.core.validation.faults import Fault
from sphinx_await.core.validation.verdict import Problem
from sphinx_await.course.entries import SnippetEntry
from sphinx_await.sphinxext.run.publish import Publisher

from .conftest import CONF

if TYPE_CHECKING:
    from sphinx_await.sphinxext.outcome import PublishableRun

    from .conftest import Project

FOLDERS = ("/docs", "/docs/source", "/home/me/.venv")
RECORDING = Recording("CPython 3.13.0", "Linux x86_64", "2026-01-01T00:00:00+00:00", 1.0, 0.1, 0)


def publish(recording: Recording, *problems: Problem, stderr: str = "show", silent: bool = False) -> PublishableRun:
    """Publish the run of a snippet whose two lines are lines 11 and 12 of a chapter."""
    snippet = Snippet("one", "a\nb\n", "chapter.md", (11, 12), Options(stderr=stderr))
    return Publisher("chapter", [SnippetEntry(snippet, silent)], FOLDERS).publish(0, recording, problems)


@pytest.mark.parametrize(
    ("stream", "text", "shown"),
    [
        ("stdout", "GET /docs/intro", "GET /docs/intro"),
        ("stdout", "read /docs/source/x.csv with /home/me/.venv/bin/python", "read x.csv with bin/python"),
        ("stdout", "<Task at /home/me/.venv/lib/python3.12/asyncio/locks.py:213>", "<Task at asyncio/locks.py:213>"),
        ("stdout", "snippet.py:2", "snippet.py:2"),
        ("stderr", "/t/sphinx-await-1/run-2/snippet.py:2: UserWarning: x", "snippet.py:2: UserWarning: x"),
        ("stderr", 'File "/docs/helpers.py", line 3', 'File "helpers.py", line 3'),
        ("stderr", "\ud800\ufffe", "\ufffd\ufffd"),
    ],
)
def test_a_line_names_no_folder(stream: str, text: str, shown: str) -> None:
    """Standard error names the program as pages do; what it printed is left alone where a path may mean another."""
    run = publish(replace(RECORDING, outputs=(Output(0.5, stream, text[:9]), Output(0.6, stream, text[9:]))))
    assert [(line.at, line.stream, line.text) for line in run.lines] == [(0.5, stream, shown)]
    assert run.recording.outputs == (Output(0.5, stream, f"{shown}\n"),)


def test_every_text_of_a_recording_names_no_folder() -> None:
    """Names, waits, messages; what has none of them stays as it is, and what it depended on is nobody's business."""
    steps = tuple(Step(number / 10, number / 10 + 0.05) for number in range(3))
    tasks = (Task("/docs/a", steps=steps, waits=(Wait(0.0, 1.0, 1, "open('/docs/source/x')"),)), Task("b"))
    failure = Failure("OSError", "/docs/source/x", 'File "snippet.py", line 2\nOSError: /docs/source/x\n', 2)
    made = replace(RECORDING, tasks=tasks, failure=failure, requires=Dependencies({"a": "1"}, {"/docs/b.py": "2"}))
    shown = publish(made).recording
    assert shown.tasks == (Task("a", steps=steps, waits=(Wait(0.0, 1.0, 1, "open('x')"),)), Task("b"))
    assert shown.failure == Failure("OSError", "x", 'File "snippet.py", line 2\nOSError: x\n', 2)
    assert shown.requires == Dependencies()
    assert Recording.from_json(shown.to_json()) == shown


@pytest.mark.parametrize(("stderr", "silent", "kept"), [("show", True, []), ("hide", False, ["out"])])
def test_what_is_hidden_is_not_there(stderr: str, silent: bool, kept: list[str]) -> None:
    """Neither lines nor what the exception said, which stood on standard error."""
    outputs = (Output(0.1, "stdout", "out\n"), Output(0.2, "stderr", "ValueError: secret\n"))
    made = replace(RECORDING, outputs=outputs, failure=Failure("ValueError", "secret", "ValueError: secret\n", 1))
    run = publish(made, stderr=stderr, silent=silent)
    assert [line.text for line in run.lines] == kept
    assert "secret" not in run.recording.to_json()


def test_a_problem_names_no_folder() -> None:
    """Neither in its sentence, beside values that are no text, nor in the lines below it."""
    words = (Message("%g: %s", (1.5, Message("%s", ("/docs/source/x",)))), 'File "snippet.py", line 1')
    (problem,) = publish(RECORDING, Problem(Fault.STDERR, words)).problems
    assert problem.message == '1.5: x\nFile "chapter.md", line 11'


def test_where_an_imported_module_lies_is_not_named() -> None:
    """A module that the program imported from a folder that the build does not know is named from its package on."""
    modules = {
        "/builds/acme/vault/__init__.py": "1",
        "/builds/acme/vault/doors/__init__.py": "2",
        "/srv/me/one.py": "3",
    }
    text = (
        'File "/builds/acme/vault/doors/oak.py", line 1\nFile "/srv/me/one.py", line 2\nFile "/builds/acme/x", line 3\n'
    )
    made = replace(RECORDING, outputs=(Output(0.1, "stderr", text),), requires=Dependencies(modules=modules))
    assert [line.text for line in publish(made).lines] == [
        'File "vault/doors/oak.py", line 1',
        'File "one.py", line 2',
        'File "x", line 3',
    ]


def test_a_package_beside_the_documentation_names_no_folder(project: Project) -> None:
    """A traceback on purpose through the project's own package, which only ``sys.path`` of the build leads to."""
    docs = replace(project, folder=project.folder / "docs")
    project.write("vault/__init__.py", "def open_door(code):\n    raise ValueError(f'{code} is wrong')\n")
    docs.write("conf.py", f"import os, sys\nsys.path.insert(0, os.path.abspath('..'))\n{CONF}")
    code = (
        "import asyncio, vault\nprint(vault.__file__)\nasync def main():\n    vault.open_door(1)\nasyncio.run(main())\n"
    )
    docs.write("index.md", f"# Vault\n\n<!-- await: raises=ValueError timeline -->\n```python\n{code}```\n")
    built = docs.build("-W")
    assert built.status == 0, built.err
    assert 'File "vault/__init__.py", line 2, in open_door' in unescape(built.page())
    for name, data in built.files().items():
        assert str(project.folder).encode() not in data, name
