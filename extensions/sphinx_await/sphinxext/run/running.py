"""Run the programs of a course, and have their runs judged.

An unchanged build does not import it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ...engine.result import RerunPolicy
from .. import recordings
from ..build_session import session_of
from .jobs import jobs_of_course

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from ...engine.result import Check, Result


def run_jobs(app: Sphinx) -> bool:
    """Run what must run, keep all outcomes in the build session, and report faults.

    :returns: whether there is no fault.
    """
    session = session_of(app.env)
    assert session.store is not None
    jobs = list(jobs_of_course(app.env))

    @cache
    def checks() -> tuple[Check, Check]:
        from .judging import suspect_check, times_check  # programs run while it is imported

        return suspect_check(jobs, app.env), times_check(jobs, app.env)

    def is_suspect(result: Result) -> bool:
        return checks()[0](result)

    def times_matter(result: Result) -> bool:
        return checks()[1](result)

    named = [(job.program, job.entries[-1].snippet.name) for job in jobs]
    session.store.run(named, RerunPolicy(is_suspect, times_matter), session.import_writers)
    from .judging import judge_jobs

    return judge_jobs(app, jobs, None if recordings.ahead is None else recordings.ahead.judged)
