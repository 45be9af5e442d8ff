"""What a build has done before the pages were read, while it waited for an edit.

Each part says of what it is true, so that the build takes only what it would have found out itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..engine.cache.memory import Memory
from .domain import domain_of

if TYPE_CHECKING:
    from typing import TypeAlias

    from sphinx.environment import BuildEnvironment

    from ..core.model.recording import Recording
    from ..course.entries import Check, Exercise, FeedbackEntry, Prediction, SnippetEntry
    from ..engine.scheduler import Engine
    from .outcome import Outcome, PublishableRun

    #: Of a program of an exercise: the parts of it that say what is wrong, and what.
    Faults: TypeAlias = list[tuple[Check | FeedbackEntry | None, str]]
    #: Of a question without an answer: the part of it that is wrong, and what.
    Unanswered: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class JudgedAhead:
    """What was judged before the pages were read again, and the snippets, exercises and recordings of which it is true.

    :ivar snippets: of each document.
    :ivar outcomes: by document and name of the program.
    :ivar faults: what is wrong with each program of an exercise, by document, first program and name.
    :ivar questions: each question with why it has no answer, if it has none; by document and name of the program.
    :ivar digests: of what pages show of the outcomes, by the same.
    """

    snippets: dict[str, list[SnippetEntry]] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    faults: dict[tuple[str, str, str], tuple[Exercise, Faults]] = field(default_factory=dict)
    questions: dict[tuple[str, str], tuple[Prediction, Unanswered | None]] = field(default_factory=dict)
    digests: dict[tuple[str, str], str] = field(default_factory=dict)

    def of_this_build(self, env: BuildEnvironment) -> JudgedAhead:
        """What is left of it: only documents all of whose snippets are as they were."""
        domain = domain_of(env)
        kept = {name for name, entries in self.snippets.items() if [*domain.snippets_of(name)] == entries}
        return replace(self, outcomes={key: one for key, one in self.outcomes.items() if key[0] in kept})

    def outcome(self, docname: str, name: str, recording: Recording) -> Outcome | None:
        """The outcome of a run, if it was made from this recording."""
        found = self.outcomes.get((docname, name))
        return found if found is not None and found.recording is recording else None

    def faults_of(self, exercise: Exercise, name: str, outcome: Outcome) -> Faults | None:
        """What is wrong with a program of an exercise, if that is known of this outcome."""
        known = self.faults.get((exercise.docname, exercise.start, name))
        is_same = self.outcomes.get((exercise.docname, name)) is outcome and known is not None and known[0] == exercise
        return known[1] if is_same and known is not None else None

    def is_of(self, docname: str, name: str, outcome: Outcome) -> bool:
        """Whether this is the outcome of a run that was judged."""
        return self.outcomes.get((docname, name)) is outcome

    def digest_of(self, run: PublishableRun, name: str) -> str | None:
        """The digest of what pages show of a run under a name, if it is known of this very run."""
        found = self.outcomes.get((run.docname, name))
        return self.digests.get((run.docname, name)) if found is not None and found.publishable is run else None


@dataclass(slots=True)
class Ahead:
    """What a build has done before the edit for which it waits.

    :ivar engine: has started, with the settings of the course; None if programs run elsewhere, or not at all.
    :ivar memory: the recordings of the course, and what they depend on.
    :ivar judged: what these recordings show.
    """

    engine: Engine | None = None
    memory: Memory = field(default_factory=Memory)
    judged: JudgedAhead = field(default_factory=JudgedAhead)

    def close(self) -> None:
        """End the engine, whether the build took it or not."""
        if self.engine is not None:
            self.engine.close()
