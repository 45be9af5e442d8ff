"""All programs of a course: run what is missing, keep it, judge it, report it.

On ``env-updated``, which comes in every build, in the main process, after all reading and before any writing.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ConfigError
from sphinx.util import logging

from ...core.errors import OptionError
from ...core.text.redaction import enclosing_folders, is_unmistakable
from ..config import WITHOUT_RUNS, AwaitConfig
from ..domain import domain_of
from .build_state import (
    WRITTEN,
    discard_output_state,
    fingerprint_of,
    output_state_of,
    read_output_state,
    write_output_state,
)
from .recordings import RecordingStore

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from ...engine.settings import Settings
    from ..domain import AwaitDomain

logger = logging.getLogger(__name__)

_SPECIAL = re.compile(r"[*?\[\]!]")  # in a pattern of Sphinx


def config_of(config: Config) -> AwaitConfig:
    """The ``await_*`` values.

    :raises ConfigError: one of them means nothing.
    """
    names = [f"await_{name}" for name in AwaitConfig.__dataclass_fields__]
    try:
        return AwaitConfig.parse({name: getattr(config, name) for name in names})
    except OptionError as error:
        raise ConfigError(str(error)) from None


def check_config(app: Sphinx, config: Config) -> None:
    """On ``config-inited``: refuse a bad configuration before anything is read; keep our files out of it all."""
    cache_dir = Path(app.confdir, config_of(config).cache_dir)
    if cache_dir.is_relative_to(app.srcdir):  # Sphinx would look for pages among all the recordings
        pattern = _SPECIAL.sub("?", cache_dir.relative_to(app.srcdir).as_posix())
        config.exclude_patterns = [*config.exclude_patterns, pattern]
    config.epub_exclude_files = [*config.epub_exclude_files, WRITTEN]


def prepare(app: Sphinx) -> None:
    """On ``builder-inited``: be ready to run what this builder will show."""
    config = config_of(app.config)
    if app.builder.name not in WITHOUT_RUNS and config.execute != "off":
        folder, settings, domain = Path(app.confdir, config.cache_dir), _settings(app, config), domain_of(app.env)
        domain.runner = RecordingStore(settings, folder, config.execute, app.verbosity)
        domain.folders = _folders(app, settings, folder)


def warm_up(app: Sphinx, docname: str) -> None:
    """While pages are read: begin to warm up as soon as one has a program that must run."""
    domain = domain_of(app.env)
    if domain.runner is not None:
        from .jobs import jobs_of  # an unchanged build does without

        for job in jobs_of(domain.snippets_of(docname), docname, config_of(app.config)):
            domain.runner.expect(job.program)


def run_course(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """On ``env-updated``: run what must, report what is wrong, say which pages to write again."""
    domain = domain_of(env)
    _report_references(app, domain)
    if domain.runner is None:
        return discard_output_state(app) if app.builder.name not in WITHOUT_RUNS else []
    config = config_of(app.config)
    before, fingerprint = read_output_state(app), fingerprint_of(app, domain, config)
    if before.course == fingerprint and domain.runner.still_holds(before.requires, before.recordings):
        domain.judge = lambda docname: _judge(docname, domain, config)
        return []
    from .jobs import run_jobs  # an unchanged build does without

    discard_output_state(app)  # a build that does not come to its end has written who knows what
    right = run_jobs(app, domain, config)
    domain.written = output_state_of(app, domain, fingerprint, right=right)
    now = domain.written.documents
    return [docname for docname in sorted(env.found_docs) if before.documents.get(docname) != now.get(docname)]


def _judge(docname: str, domain: AwaitDomain, config: AwaitConfig) -> None:
    from .jobs import judge_document  # mostly no page is written in such a build

    judge_document(docname, domain, config)


def _report_references(app: Sphinx, domain: AwaitDomain) -> None:
    """Warn of names that no run has, or several, in every build: the page that speaks of one may not be read again."""
    if app.builder.name in WITHOUT_RUNS:
        return
    for docname, name, file, line in domain.references():
        homes = domain.homes_of(docname, name)
        if len(homes) == 1:
            continue
        message = f"no program of this course is named {name!r}"
        if homes:
            message = f"programs of {', '.join(homes)} are named {name!r}; that of {homes[0]} is taken"
        location = f"{os.path.normpath(Path(app.srcdir, file))}:{line}"
        logger.warning("%s", message, location=location, type="await", subtype="reference")


def close(app: Sphinx, exception: Exception | None) -> None:
    """On ``build-finished``: remember with which outcomes the pages were written; leave no process behind."""
    if getattr(app, "env", None) is None:  # it failed before there was anything to close
        return
    domain = domain_of(app.env)
    if domain.runner is not None:
        domain.runner.close()
    if exception is None and domain.written is not None:
        write_output_state(app, domain.written)


def _settings(app: Sphinx, config: AwaitConfig) -> Settings:
    # Its default is the parent of the project, where sphinx-exec-code runs programs; only a project that names a
    # folder itself wants its programs in one.
    named = "exec_code_working_dir" in app.config._raw_config  # noqa: SLF001 - the public values hide who set them
    working_dir = str(Path(app.confdir, app.config.exec_code_working_dir).resolve()) if named else None
    path = tuple(str(Path(app.confdir, folder).resolve()) for folder in app.config.exec_code_source_folders)
    try:
        return config.settings(Path(app.confdir), path=path, working_dir=working_dir)
    except OptionError as error:
        raise ConfigError(str(error)) from None


def _folders(app: Sphinx, settings: Settings, cache: Path) -> tuple[str, ...]:
    """The folders of this machine that a program may come to name: none of them is published."""
    ours = [app.srcdir, app.confdir, app.outdir, app.doctreedir, cache, os.getcwd(), tempfile.gettempdir()]
    ours += [*settings.path, *filter(None, [settings.working_dir])]
    pythons = (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)
    # Where imports come from; files of libraries are named from their packages on.
    library = sysconfig.get_path("stdlib")
    ours += [
        os.path.abspath(path)
        for path in sys.path
        if os.path.isdir(path) and "-packages" not in path and library not in path
    ]
    home = os.path.expanduser("~")
    return enclosing_folders(map(str, [*ours, *pythons, *([home] if is_unmistakable(home) else [])]))  # not /root
