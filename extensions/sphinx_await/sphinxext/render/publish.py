"""What readers get of a run: lines and a recording that keep back what the author hides, and name none of his folders.

Figure, picture, comparison, recording and trace are all made from these two.
"""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ...core.model.dependencies import Dependencies
from ...core.model.recording import Output, Recording
from ...core.text.output_lines import OutputLine, read_lines
from ...core.text.redaction import (
    enclosing_folders,
    folder_pattern,
    is_unmistakable,
    redact_folders,
    strip_library_paths,
)
from ...core.text.source_mapping import map_to_document
from .escaping import plain

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Sequence

    from ..outcome import Outcome


def shown_lines(outcome: Outcome) -> list[OutputLine]:
    """The lines of output that readers see; tracebacks and warnings name the chapter's file and lines."""
    if outcome.silent:
        return []
    return [
        replace(line, text=redact(line.text, outcome) if line.stream == "stderr" else _printed(line.text, outcome))
        for line in read_lines(outcome.recording.outputs)
        if line.stream == "stdout" or outcome.snippet.options.stderr != "hide"
    ]


def redact(text: str, outcome: Outcome) -> str:
    """What Python or we say of a run, with the chapter's file and lines."""
    return _anywhere(map_to_document(text, outcome.parts, lambda part: part.file), _folders(outcome))


def publishable(outcome: Outcome, lines: Sequence[OutputLine]) -> Recording:
    """The recording as everybody may have it.

    :param lines: what :func:`shown_lines` gives; each is one output of it.
    """
    recording: Recording = _each_text(
        replace(outcome.recording, outputs=(), requires=Dependencies()), lambda text: redact(text, outcome)
    )
    failure = recording.failure
    if failure and (outcome.silent or outcome.snippet.options.stderr == "hide"):
        failure = replace(failure, message="", traceback="")
    outputs = tuple(Output(line.at, line.stream, f"{line.text}\n", line.task) for line in lines)
    return replace(recording, outputs=outputs, failure=failure)


def _printed(text: str, outcome: Outcome) -> str:
    """A line of standard output. ``/docs`` may be anything here, and not the folder of a container that it also is."""
    return _anywhere(text, tuple(filter(is_unmistakable, _folders(outcome))))


def _folders(outcome: Outcome) -> tuple[str, ...]:
    """The folders that no page names: the build's, and those of the modules that the program imported."""
    modules = tuple(outcome.recording.requires.modules)
    return outcome.folders + _import_folders(modules, outcome.folders) if modules else outcome.folders


@lru_cache(maxsize=64)
def _import_folders(modules: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """The folders in which the packages of these files are, if they are in none that is known."""
    packages = {os.path.dirname(file) for file in modules if os.path.basename(file) == "__init__.py"}
    found = dict.fromkeys(os.path.dirname(file) for file in modules if redact_folders(file, _pattern(known)) == file)
    for folder in list(found):
        outer = folder
        while outer in packages:
            outer = os.path.dirname(outer)
        del found[folder]
        found[outer] = None
    return enclosing_folders(found)


def _anywhere(text: str, folders: tuple[str, ...]) -> str:
    """A text that is the same whichever machine the pages are built on, and that any form can hold."""
    return plain(strip_library_paths(redact_folders(text, _pattern(folders))))


@lru_cache(maxsize=16)
def _pattern(folders: tuple[str, ...]) -> re.Pattern[str]:
    return folder_pattern([*folders, *map(os.path.realpath, folders)])


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """Plain data with every string in it changed; what has none stays the same object."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_each_text(item, change) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        now = {one.name: _each_text(getattr(value, one.name), change) for one in fields(value)}
        changed = {name: new for name, new in now.items() if new != getattr(value, name)}
        return replace(value, **changed) if changed else value
    return value
