"""Which runs have times that somebody is shown or that a page claims, so that a busy machine must not spoil them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sphinx.util.matching import Matcher

from ...core.text.output_lines import shown_text
from ...core.timeline.presence import has_activity
from ...core.validation.expected_output import names_duration
from ...engine.source_hints import reads_clock
from ..build_session import session_of
from ..domain import domain_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.environment import BuildEnvironment

    from ...core.model.recording import Recording
    from ...core.model.snippet import Snippet
    from ...course.entries import Exercise


@dataclass(frozen=True, slots=True)
class TimeClaims:
    """What a course says about times.

    :ivar patterns: what ``await_rerun`` says, by patterns of documents.
    :ivar plain: matches documents without pictures.
    :ivar named: documents and names of runs whose times other places show, checks of exercises judge, or questions ask
        for.
    """

    patterns: tuple[tuple[Matcher, str], ...]
    plain: Matcher
    named: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, env: BuildEnvironment) -> TimeClaims:
        """The claims of a course that has been read."""
        domain = domain_of(env)
        named = {
            (home, reference.name)
            for reference in domain.references()
            if reference.claims_time and (home := domain.home_of(reference.docname, reference.name)) is not None
        }
        named |= _judged(domain.exercises())
        named |= {(one.docname, one.run) for one in domain.predictions() if one.question.asks_for_time}
        config = session_of(env).config
        patterns = tuple((Matcher([pattern]), when) for pattern, when in config.rerun_patterns().items())
        return cls(patterns, Matcher(config.plain), frozenset(named))

    def matter(self, docname: str, snippet: Snippet, recording: Recording) -> bool:
        """Whether the times of a run matter."""
        if snippet.options.rerun is not None:
            return snippet.options.rerun
        when = next((when for matcher, when in self.patterns if matcher(docname)), "auto")
        if when != "auto":
            return when == "always"
        if (docname, snippet.name) in self.named or reads_clock(snippet.code):
            return True
        if snippet.options.timeline is not False and not self.plain(docname) and has_activity(recording):
            return True
        return names_duration(shown_text(recording.outputs, "stdout"))


def _judged(exercises: Iterable[Exercise]) -> set[tuple[str, str]]:
    """Documents and names of the programs of exercises whose checks judge times."""
    found: set[tuple[str, str]] = set()
    for exercise in exercises:
        from ...core.validation.exercise_checks import judges_time  # many courses have no exercise

        if any(map(judges_time, (*exercise.tests, *exercise.conditions))):
            found |= {(exercise.docname, name) for name in exercise.programs}
    return found
