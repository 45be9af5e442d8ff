"""What an index of runs lists, for pages and for what decides whether they are written again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sphinx.util.matching import Matcher

from .build_session import run_of, session_of
from .domain import domain_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sphinx.environment import BuildEnvironment


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A run of an index: its document with that one's title, and its name."""

    docname: str
    title: str
    name: str


@dataclass(frozen=True, slots=True)
class RunState:
    """What an index says of a run.

    :ivar wall: seconds; None if it did not run.
    :ivar waited: seconds for which it waited for a processor, if they were too many to trust its time.
    :ivar raised: the exception that ended it.
    :ivar wrong: whether it has a fault.
    :ivar hung: whether it was stopped at its limit.
    """

    wall: float | None = None
    waited: float | None = None
    raised: str | None = None
    wrong: bool = False
    hung: bool = False


def index_rows(env: BuildEnvironment, patterns: Sequence[str]) -> list[IndexRow]:
    """The runs of an index, in the order of the site.

    :param patterns: globs of documents; none are all documents.
    """
    domain = domain_of(env)
    wrong = {(exercise.docname, name) for exercise in domain.exercises() for name in exercise.wrong}  # shown nowhere
    is_listed = Matcher(patterns or ["**"])
    return [
        IndexRow(docname, env.titles[docname].astext() if docname in env.titles else docname, entry.snippet.name)
        for docname in in_order(env)
        if is_listed(docname)
        for entry in domain.snippets_of(docname)
        if (docname, entry.snippet.name) not in wrong
    ]


def shown_rows(env: BuildEnvironment, patterns: Sequence[str]) -> list[tuple[IndexRow, RunState]]:
    """The runs of an index that this builder shows, with their states."""
    hidden = session_of(env).hidden
    rows = (row for row in index_rows(env, patterns) if (row.docname, row.name) not in hidden)
    return [(row, state_of(env, row)) for row in rows]


def state_of(env: BuildEnvironment, row: IndexRow) -> RunState:
    """The state of a run."""
    run = run_of(env, row.docname, row.name)
    if run is None:
        return RunState()
    from ..core.model.recording import is_disturbing  # mostly no page has an index

    recording = run.recording
    waited = recording.run_delay if is_disturbing(recording.run_delay, recording.wall) else None
    raised = recording.failure.type if recording.failure else None
    return RunState(
        recording.wall, waited, raised, bool(run.problems), recording.timed_out and not run.snippet.options.stop_after
    )


def in_order(env: BuildEnvironment) -> Iterator[str]:
    """The documents with runs, in the order of the tables of contents; then those that are in none."""
    documents = domain_of(env).documents()
    seen: set[str] = set()
    coming = [env.config.root_doc]
    while coming:
        docname = coming.pop()
        if docname not in seen:
            seen.add(docname)
            coming += reversed(env.toctree_includes.get(docname, []))
            if docname in documents:
                yield docname
    yield from (docname for docname in documents if docname not in seen)
