"""Handlers of Sphinx's events: check the configuration, prepare, warm up, run all programs, close.

Programs run on ``env-updated``: Sphinx emits it in every build, in the main process, after reading and before writing.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ConfigError, ExtensionError
from sphinx.util import logging
from sphinx.util.matching import Matcher

from ...core.errors import OptionError
from ...course.config import EXEC_CODE_VALUES, AwaitConfig
from .. import recordings
from ..build_session import BuildSession, open_session, session_of
from ..config import WITHOUT_RUNS
from ..domain import domain_of
from ..recordings import RecordingStore
from .build_state import (
    WRITTEN,
    discard_output_state,
    fingerprint_of,
    output_state_of,
    read_output_state,
    write_output_state,
)
from .cache_folder import prepare_cache_folder
from .conditions import hidden_runs, is_shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from ...course.entries import IdleBlocks
    from ...engine.settings import Settings
    from .judging import LaterJudge

logger = logging.getLogger(__name__)

# Patterns are compiled when they are used, which an unchanged build does not do.
_STARS = r"\*+"
_SPECIAL = r"[*?\[\]!]"  # in a pattern of Sphinx
#: In the text of a page that may have programs (a hint: without it the fork server starts when a program is read); and
#: their imports of what takes the server longest.
_PROGRAM = rb"exec|py|-cell|>>>"
_IMPORT = rb"(?m)^[ \t>.]*(?:import|from)[ \t]+(asyncio|aiohttp)\b"


def setup_runs(app: Sphinx) -> None:
    """Run programs between reading and writing."""
    app.connect("config-inited", check_config)
    if recordings.on_configured is not None:
        app.connect("builder-inited", recordings.on_configured, priority=-1)
    # After sphinx-exec-code, where a project has both: it checks the values that we read.
    app.connect("builder-inited", prepare, priority=600)
    # After all that add pages to read, and before our modules that read pages are imported.
    app.connect("env-before-read-docs", warm_up_early, priority=998)
    app.connect("doctree-read", collect_and_warm_up)
    app.connect("env-updated", run_course)
    app.connect("build-finished", close)


def config_of(config: Config) -> AwaitConfig:
    """The ``await_*`` values.

    :raises ConfigError: a value has a wrong type or content.
    """
    try:
        return AwaitConfig.parse({name: config[name] for name in AwaitConfig.names()})
    except OptionError as error:
        raise ConfigError(str(error)) from None


def check_config(app: Sphinx, config: Config) -> None:
    """On ``config-inited``: refuse an invalid configuration before reading, and exclude our own files from Sphinx."""
    values = config_of(config)
    for name, patterns in values.patterns().items():
        try:
            Matcher(patterns)
        except re.error as error:
            raise ConfigError(f"await_{name}: a pattern that cannot be understood: {error}") from None
    cache_dir = values.cache_folder(app.confdir)
    if cache_dir.is_relative_to(app.srcdir):  # Sphinx would look for pages among all the recordings
        pattern = re.sub(_SPECIAL, "?", cache_dir.relative_to(app.srcdir).as_posix())
        config.exclude_patterns = [*config.exclude_patterns, pattern]
    config.epub_exclude_files = [*config.epub_exclude_files, WRITTEN]


def prepare(app: Sphinx) -> None:
    """On ``builder-inited``: open a build session."""
    config = config_of(app.config).in_folder(app.confdir)
    runs = app.builder.name not in WITHOUT_RUNS and config.execute != "off"
    if not runs:
        config = config.without_missing_python()
    if config.display_html:
        from .html_safety import is_available

        if not is_available():
            raise ConfigError("await_display_html needs nh3: pip install 'sphinx-await[html]'")
    session = BuildSession(
        builder=app.builder.name,
        format=app.builder.format,
        confdir=Path(app.confdir),
        config=config,
        outdir=Path(app.outdir),
        image_types=tuple(app.builder.supported_image_types),
        converts_images=_converts_images(app),
        formulas=_has_formulas(app),
    )
    if runs:
        folder = prepare_cache_folder(app, config.cache_folder(app.confdir))
        try:
            settings = config.settings(Path(app.confdir), {name: app.config[name] for name in EXEC_CODE_VALUES})
            session.store = RecordingStore(settings, folder, config.execute, app.verbosity, config.shared_storage())
            session.store.make_pool = config.pool()
        except OptionError as error:
            raise ConfigError(str(error)) from None
        session.folders = functools.cache(lambda: _folders(app, settings, folder))
    open_session(app.env, session)


def _converts_images(app: Sphinx) -> bool:
    """Whether an extension of Sphinx makes images that the builder can show of others."""
    from sphinx.transforms.post_transforms.images import ImageConverter

    converters = (one for one in app.registry.get_post_transforms() if issubclass(one, ImageConverter))
    return bool(app.builder.supported_image_types and next(converters, None))


def _has_formulas(app: Sphinx) -> bool:
    """Whether the builder shows formulas: a book does not run the script that draws most of those of HTML."""
    if app.builder.format != "html":
        return app.builder.format == "latex"
    return app.builder.name != "epub" or getattr(app.builder, "math_renderer_name", None) != "mathjax"


def warm_up_early(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """On ``env-before-read-docs``: warm up before pages are read if there is no recording, but programs to be run.

    Programs then run while pages are read. Where several processes read them, they would be forks of a process that has
    a thread and the server's channel: such a build warms up later.
    """
    store = session_of(env).store
    if store is None or not docnames or app.parallel > 1 or not store.every_program_runs():
        return
    pages: list[bytes] = []
    for docname in docnames:
        with contextlib.suppress(OSError):
            pages.append(Path(env.doc2path(docname)).read_bytes())
    if any(re.search(_PROGRAM, page) for page in pages):
        with contextlib.suppress(ExtensionError):  # if there is a program to run, it is tried again and reported
            store.warm_up_process({name.decode() for page in pages for name in re.findall(_IMPORT, page)})


def collect_and_warm_up(app: Sphinx, doctree: nodes.document) -> None:
    """On ``doctree-read``: collect the runs of the document, and warm up as soon as one of them must run."""
    from ...course.jobs import jobs_of
    from ..read.collect import collect_runs  # only for pages that are read
    from .jobs import distinguished

    docname, session = collect_runs(app.env, doctree), session_of(app.env)
    if session.store is not None:
        entries = domain_of(app.env).snippets_of(docname)
        shown = (entry for entry in entries if is_shown(app, docname, entry))
        for job in distinguished(jobs_of(shown, docname, session.config), session.expected):
            session.store.expect(job.program)


def run_course(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """On ``env-updated``: run what must run, report faults, and return the pages to write again."""
    session = session_of(env)
    _report_references(app, env)
    _report_indexes(app, env)
    _report_patterns(env)
    _report_idle_blocks(app, env)
    if session.store is None:
        return discard_output_state(app) if session.builder not in WITHOUT_RUNS else []
    session.hidden = hidden_runs(app)
    before, fingerprint = read_output_state(app), fingerprint_of(app)
    if before.course == fingerprint and session.store.still_holds(before.requires, before.recordings):
        session.judge = _later_judge()
        return []
    from .running import run_jobs  # an unchanged build does not need it

    discard_output_state(app)  # nobody knows what a build that breaks off has written
    right = run_jobs(app)
    session.output_state = output_state_of(app, fingerprint, right=right)
    now = session.output_state.documents
    return [docname for docname in sorted(env.found_docs) if before.documents.get(docname) != now.get(docname)]


def _later_judge() -> Callable[[BuildEnvironment, str], None]:
    """What judges the runs of single documents. It finds the programs when it is called for the first time."""
    judge: LaterJudge | None = None  # the session keeps it, and must not refer to the environment

    def judge_document(env: BuildEnvironment, docname: str) -> None:
        nonlocal judge
        if judge is None:
            from .judging import LaterJudge  # mostly no page is written in such a build

            judge = LaterJudge(env)
        judge.judge_document(env, docname)

    return judge_document


def _report_references(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn in every build of names that no run has, or several: the referring page may not be read again."""
    if app.builder.name in WITHOUT_RUNS:
        return
    domain = domain_of(env)
    for reference in domain.references():
        homes = domain.homes_of(reference.docname, reference.name)
        if len(homes) == 1:
            continue
        from ...core.validation.faults import Fault  # most builds have nothing to warn of

        message = f"no program of this course is named {reference.name!r}"
        if homes:
            places = ", ".join(homes.values())
            message = f"several programs are named {reference.name!r}: {places}; the first is taken"
        location = f"{os.path.normpath(Path(app.srcdir, reference.file))}:{reference.line}"
        logger.warning("%s", message, location=location, type="await", subtype=Fault.REFERENCE)


def _report_indexes(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn in every build of patterns of lists that no page with a program, or with an exercise, matches."""
    if app.builder.name in WITHOUT_RUNS:
        return
    domain = domain_of(env)
    with_exercises = {exercise.docname for exercise in domain.exercises()}
    for index in domain.indexes():
        for pattern in index.patterns:
            documents = with_exercises if index.of_exercises else domain.documents()
            if not any(map(Matcher([pattern]), documents)):
                from ...core.validation.faults import Fault  # as above

                location = f"{os.path.normpath(Path(app.srcdir, index.file))}:{index.line}"
                message = "exec_index: no page with a program matches %r"
                if index.of_exercises:
                    message = "exec_progress: no page with an exercise matches %r"
                logger.warning(message, pattern, location=location, type="await", subtype=Fault.REFERENCE)


def _report_patterns(env: BuildEnvironment) -> None:
    """Warn of each glob in the configuration that matches no document, in each build that runs programs."""
    session = session_of(env)
    if session.store is None:
        return
    for name, globs in session.config.patterns().items():
        for pattern in globs:
            if not any(map(Matcher([pattern]), env.found_docs)):
                from ...core.validation.faults import Fault  # as above

                message = "await_%s: no document matches %r"
                logger.warning(message, name, pattern, type="await", subtype=Fault.NOT_RUN)


def _report_idle_blocks(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn in every build of code that its author may expect to run."""
    session, idle = session_of(env), list(domain_of(env).idle_blocks())
    if session.store is None or not idle:
        return
    from ...core.validation.faults import Fault
    from ...course.entries import IdleKind  # most builds do not need it

    patterns = session.config.run_fences
    deeper = Matcher([re.sub(_STARS, "**", pattern) for pattern in patterns])
    left_out: list[IdleBlocks] = []
    for blocks in idle:
        location = f"{os.path.normpath(Path(app.srcdir, blocks.file))}:{blocks.line}"
        if blocks.kind is IdleKind.DIRECTIVE:
            words = (
                "%s: %d blocks of Python from here on are of directives such as code-block, which run after a comment"
            )
            logger.info(words, location, blocks.count)
        elif deeper(blocks.docname):
            message = "Python fences of this document do not run: a * in await_run_fences matches no /, ** does"
            logger.warning(message, location=location, type="await", subtype=Fault.NOT_RUN)
        elif patterns:
            left_out.append(blocks)
    if left_out:
        count, names = sum(blocks.count for blocks in left_out), [blocks.docname for blocks in left_out]
        logger.info("%d Python fences do not run: await_run_fences does not name %s", count, ", ".join(names))


def close(app: Sphinx, exception: Exception | None) -> None:
    """On ``build-finished``: store the output state, and end all processes."""
    if getattr(app, "env", None) is None:  # it failed before there was anything to close
        return
    session = session_of(app.env)
    if session.store is not None:
        session.store.close()
    if exception is None and session.output_state is not None:
        write_output_state(app, session.output_state)


def _folders(app: Sphinx, settings: Settings, cache: Path) -> tuple[str, ...]:
    """Folders of this machine that a program could print. None of them may be published."""
    from ...course.printed import private_folders  # an unchanged build publishes nothing

    return private_folders(settings, map(str, [app.srcdir, app.confdir, app.outdir, app.doctreedir, cache]))
