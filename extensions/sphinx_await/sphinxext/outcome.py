"""The outcome of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.model.recording import Recording
    from ..core.model.snippet import Snippet
    from ..core.text.output_lines import OutputLine
    from ..core.validation.verdict import Problem


@dataclass(frozen=True, slots=True)
class PublishableRun:
    """A run without output that its author hides, and with the machine's paths redacted.

    Its code is whole, hidden lines too: a page offers it to readers, unless its snippet is ``no-live``.

    :ivar docname: the document that shows the program.
    :ivar earlier: the snippets of its session that run before it.
    :ivar lines: the lines of output that readers see.
    :ivar printed: the lines of standard output, also where its author hides them: ``exec_value`` says one of them.
    """

    docname: str
    snippet: Snippet
    earlier: tuple[Snippet, ...]
    recording: Recording
    lines: tuple[OutputLine, ...]
    problems: tuple[Problem, ...]
    printed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.snippet.name


@dataclass(frozen=True, slots=True)
class Outcome:
    """A recording, its verdict, and the publishable run made of both."""

    recording: Recording
    problems: tuple[Problem, ...]
    publishable: PublishableRun
