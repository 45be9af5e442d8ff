"""What the environment keeps of each document, as frozen data that can be pickled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.model.snippet import Snippet


@dataclass(frozen=True, slots=True)
class SnippetEntry:
    """A snippet of a document.

    :ivar silent: its author hides its output.
    """

    snippet: Snippet
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in the markup of a document, at a line of a file (relative to the source folder)."""

    file: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that names a run, with its file (relative to the source folder) and line."""

    docname: str
    name: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Check:
    """What a program must do to solve an exercise.

    :ivar test: an expression over a recording.
    :ivar hint: what is to be reached, for readers.
    """

    test: str
    hint: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise: its document, the names of its two programs, and its checks."""

    docname: str
    start: str
    solution: str
    checks: tuple[Check, ...]
