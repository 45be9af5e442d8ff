"""The programs that a build shows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ...course.jobs import jobs_of
from ..build_session import session_of
from ..domain import domain_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.environment import BuildEnvironment

    from ...course.jobs import Job
    from ...engine.program import Program


def jobs_of_course(env: BuildEnvironment) -> Iterator[Job]:
    """The programs that this build shows. Equal ones are distinguished, so that each has its own run."""
    session, domain = session_of(env), domain_of(env)
    seen: Counter[Program] = Counter()
    for docname in domain.documents():
        entries = [
            entry for entry in domain.snippets_of(docname) if (docname, entry.snippet.name) not in session.hidden
        ]
        yield from distinguished(jobs_of(entries, docname, session.config), seen)


def distinguished(jobs: Iterable[Job], seen: Counter[Program]) -> Iterator[Job]:
    """Programs, each of which has its own run, unless its author lets equal ones share theirs.

    :param seen: how many equal programs there were before; these are added.
    """
    for job in jobs:
        if any(entry.snippet.options.share for entry in job.entries):
            yield job
        else:
            yield replace(job, program=replace(job.program, copy=seen[job.program]))
            seen[job.program] += 1
