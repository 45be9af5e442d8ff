"""What a build may do before the pages are read, while it waits for an edit."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from ...course.config import EXEC_CODE_VALUES
from .. import recordings
from ..ahead import Ahead
from ..build_session import session_of
from ..config import WITHOUT_RUNS
from .build_state import run_digests
from .conditions import hidden_runs
from .jobs import jobs_of_course
from .judging import judge_ahead
from .lifecycle import config_of, prepare

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from ...engine.scheduler import Engine


def work_ahead(app: Sphinx) -> None:
    """Do what can be done of a build whose configuration and environment are read, but no page."""
    recordings.ahead = ahead = Ahead()
    ahead.engine = _start_engine(app)
    prepare(app)  # it is called again when the build goes on
    session = session_of(app.env)
    if session.store is not None and session.config.execute == "auto":
        session.hidden = hidden_runs(app)
        ahead.judged = judge_ahead(app.env, jobs_of_course(app.env))
        ahead.judged.digests.update(run_digests(ahead.judged.outcomes))


def _start_engine(app: Sphinx) -> Engine | None:
    """Start the engine; None if there is nothing to start.

    An engine has copies of files and modules that an author names, as they were: with such it starts in the build.
    """
    config = config_of(app.config).in_folder(app.confdir)
    if app.builder.name in WITHOUT_RUNS or config.execute not in {"auto", "force"} or config.pool() is not None:
        return None
    settings = config.settings(Path(app.confdir), {name: app.config[name] for name in EXEC_CODE_VALUES})
    handlers = any(host.handler for host in settings.hosts.values())
    if settings.files or settings.preload or settings.working_dir or handlers:
        return None
    from ...engine.scheduler import Engine

    engine = Engine(settings)
    with contextlib.suppress(Exception):  # then the build tries it again, and says why
        engine.start(["asyncio"])
    return engine
