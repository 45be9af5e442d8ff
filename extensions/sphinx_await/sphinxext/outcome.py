"""What a run came to, and what an exercise consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.model.recording import Recording
    from ..core.model.snippet import Snippet
    from ..core.validation.verdict import Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to: its recording, and what is wrong with it.

    :ivar parts: all snippets of its session, or itself.
    :ivar silent: its author hides its output.
    :ivar folders: of this machine; no page names them.
    """

    recording: Recording
    problems: tuple[Problem, ...]
    snippet: Snippet
    parts: tuple[Snippet, ...]
    silent: bool
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise of a document: names of its programs, and its checks: expression, file, line."""

    docname: str
    start: str
    solution: str
    checks: list[tuple[str, str, int]]
