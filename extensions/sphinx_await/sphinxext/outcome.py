"""What is known of a run after it was judged, and what the pages of an output folder show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..core.model.dependencies import Dependencies

if TYPE_CHECKING:
    from ..core.model.recording import Recording
    from ..core.model.snippet import Snippet
    from ..core.text.output_lines import OutputLine
    from ..core.validation.verdict import Problem


@dataclass(frozen=True, slots=True)
class PublishableRun:
    """A run as everyone may see it: nothing that its author hides, and no folder of the machine.

    :ivar docname: the document that shows the program.
    :ivar earlier: the snippets of its session that run before it.
    :ivar lines: the lines of output that readers see.
    """

    docname: str
    snippet: Snippet
    earlier: tuple[Snippet, ...]
    recording: Recording
    lines: tuple[OutputLine, ...]
    problems: tuple[Problem, ...]

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.snippet.name


@dataclass(frozen=True, slots=True)
class Outcome:
    """A recording as it was made, with its verdict, and what pages show of both."""

    recording: Recording
    problems: tuple[Problem, ...]
    publishable: PublishableRun


@dataclass(frozen=True, slots=True)
class OutputState:
    """What the pages of an output folder show. The folder holds a digest of this, so that both go together.

    :ivar course: the fingerprint of the course if nothing was wrong with it, else empty.
    :ivar requires: what its recordings depend on, all together.
    :ivar recordings: their files, and of each what changes when another is stored in its place.
    :ivar documents: for each document a digest of the outcomes that it shows, and of the code that shows them.
    """

    course: str = ""
    requires: Dependencies = field(default_factory=Dependencies)
    recordings: dict[str, list[int]] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
