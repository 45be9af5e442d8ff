"""Which pages have exercises and questions, and what lists of runs and of exercises show."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sphinx.util.matching import Matcher

from .build_session import session_of
from .domain import domain_of
from .run_index import in_order, index_rows, shown_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sphinx.environment import BuildEnvironment

    from ..course.entries import RunIndex


@dataclass(frozen=True, slots=True)
class ExerciseRow:
    """A document with exercises or questions about runs.

    :ivar keys: by which its exercises are remembered.
    :ivar questions: how many it has.
    """

    docname: str
    title: str
    keys: tuple[str, ...]
    questions: int = 0


def exercise_rows(env: BuildEnvironment, patterns: Sequence[str]) -> list[ExerciseRow]:
    """The documents with exercises or questions that this builder shows, in the order of the site.

    :param patterns: globs of documents; none are all documents.
    """
    hidden = session_of(env).hidden
    keys: dict[str, list[str]] = {}
    for exercise in domain_of(env).exercises():
        if (exercise.docname, exercise.start) not in hidden:
            keys.setdefault(exercise.docname, []).append(exercise.key)
    questions = Counter(one.docname for one in domain_of(env).predictions() if (one.docname, one.run) not in hidden)
    is_listed = Matcher(patterns or ["**"])
    found = []
    for docname in in_order(env):
        if (docname in keys or docname in questions) and is_listed(docname):
            title = env.titles[docname].astext() if docname in env.titles else docname
            found.append(ExerciseRow(docname, title, tuple(keys.get(docname, ())), questions[docname]))
    return found


def rows_of(env: BuildEnvironment, index: RunIndex) -> Sequence[object]:
    """What a list of runs or of exercises names."""
    return exercise_rows(env, index.patterns) if index.of_exercises else index_rows(env, index.patterns)


def shown_rows_of(env: BuildEnvironment, index: RunIndex) -> Sequence[object]:
    """What a list of runs or of exercises shows in this builder."""
    return exercise_rows(env, index.patterns) if index.of_exercises else shown_rows(env, index.patterns)
