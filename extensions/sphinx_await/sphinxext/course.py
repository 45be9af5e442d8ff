"""All programs of a course: run what is missing, keep it, judge it, report it.

On ``env-updated``, which comes in every build, in the main process, after all reading and before any writing.
"""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ConfigError, ExtensionError
from sphinx.util import logging

from ..core.errors import CheckError, OptionError
from ..core.requirements import Requirements
from ..engine.settings import Program, digest
from .config import AwaitConfig
from .domain import Outcome, domain_of
from .live import live_state
from .runner import Runner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from ..core.recording import Recording
    from ..core.snippet import Snippet
    from ..core.verdict import Problem
    from ..engine.engine import Doubt, Result
    from ..engine.settings import Settings
    from .domain import AwaitDomain

logger = logging.getLogger(__name__)

#: Builders that make nothing of a run.
WITHOUT_RUNS = frozenset({"gettext", "linkcheck", "dummy", "changes", "coverage", "doctest"})
#: Beside the pages, a digest of which outcomes they show: pages whose outcomes changed are written again.
WRITTEN = ".await-written.json"
_SHOWN_LINES = 40
_SPECIAL = re.compile(r"[*?\[\]!]")  # in a pattern of Sphinx


@dataclass(frozen=True, slots=True)
class Job:
    """A program and where it comes from: one snippet of a document, or all of a session, one for each part."""

    docname: str
    snippets: tuple[Snippet, ...]
    program: Program


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
        domain.runner = Runner(settings, folder, config.execute, app.verbosity)
        domain.folders = _folders(app, settings)


def warm_up(app: Sphinx, docname: str) -> None:
    """While pages are read: begin to warm up as soon as one has a program that must run."""
    domain = domain_of(app.env)
    if domain.runner is not None:
        for job in jobs_of(domain.snippets_of(docname), docname, config_of(app.config)):
            domain.runner.expect(job.program)


def jobs_of(snippets: Iterable[Snippet], docname: str, config: AwaitConfig) -> Iterator[Job]:
    """The programs of a document."""
    sessions: dict[str, list[Snippet]] = {}
    for snippet in snippets:
        if (session := snippet.options.session) is not None:
            sessions.setdefault(session, []).append(snippet)
        else:
            options = snippet.options
            program = Program((snippet.code,), _timeout(snippet, config), options.alone, options.repeat)
            yield Job(docname, (snippet,), program)
    for members in sessions.values():
        seconds = sum(_timeout(snippet, config) for snippet in members)
        yield Job(docname, tuple(members), Program(tuple(snippet.code for snippet in members), seconds))


def run_course(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """On ``env-updated``: run what must, report what is wrong, say which pages to write again."""
    domain = domain_of(env)
    _report_references(app, domain)
    if domain.runner is None:
        return _forget_written(app) if app.builder.name not in WITHOUT_RUNS else []
    config = config_of(app.config)
    mistakes = list(domain.mistakes())
    jobs = [job for docname in domain.documents() for job in jobs_of(domain.snippets_of(docname), docname, config)]
    before, showing = read_written(app), _showing() + live_state(app)
    unchanged = not mistakes and before.course == _fingerprint(showing, domain, jobs, config, now=True)
    if unchanged and domain.runner.still_holds(before.requires):
        domain.judge = lambda docname: _judge_document(docname, jobs, domain, config)
        domain.written = before
        return []
    _forget_written(app)  # a build that does not come to its end has written who knows what
    domain.runner.run([(job.program, job.snippets[-1].name) for job in jobs], _doubt(jobs, config))
    report = _Report(app, fail=config.on_error == "fail")
    for file, line, message in mistakes:
        report.say(file, line, "option", message)
    for job in jobs:
        _judge(job, domain, config, report)
    _judge_exercises(domain, report)
    requires = _all_requirements(domain)
    right = not mistakes and not report.said and requires is not None
    domain.written = Written(
        course=_fingerprint(showing, domain, jobs, config, now=False) if right else "",
        requires=requires or Requirements(),
        documents=_shown(showing, domain),
    )
    now = domain.written.documents
    return [docname for docname in sorted(env.found_docs) if before.documents.get(docname) != now.get(docname)]


def _doubt(jobs: list[Job], config: AwaitConfig) -> Doubt:
    """Tells of a result whether all that is wrong with it are durations, for which a busy machine may be to blame."""
    from ..core.verdict import judge

    snippets: dict[Program, list[tuple[Snippet, ...]]] = {}
    for job in jobs:
        snippets.setdefault(job.program, []).append(job.snippets)

    def doubt(result: Result) -> bool:
        markers, timeout = config.expect_markers, result.program.timeout
        return any(
            problem.doubtful
            for parts in snippets[result.program]
            for snippet, recording in zip(parts, result.recordings, strict=True)
            for problem in judge(snippet, recording, markers=markers, timeout=timeout)
        )

    return doubt


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


def _forget_written(app: Sphinx) -> list[str]:
    """Trust the output folder no more; the documents that it showed runs of."""
    shown = list(read_written(app).documents)
    Path(app.outdir, WRITTEN).unlink(missing_ok=True)
    return [docname for docname in shown if docname in app.env.found_docs]


def _fingerprint(showing: str, domain: AwaitDomain, jobs: list[Job], config: AwaitConfig, *, now: bool) -> str:
    """A digest of all that decides what pages show, as far as it can be had without loading a recording."""
    assert domain.runner is not None
    stamps = [[job.docname, *domain.runner.stamps(job.program, now=now)] for job in jobs]
    known = [showing, domain.data["snippets"], domain.data["silent"], domain.data["exercises"]]
    return digest(json.dumps([*known, stamps, config.expect_markers], sort_keys=True))


def _judge_document(docname: str, jobs: list[Job], domain: AwaitDomain, config: AwaitConfig) -> None:
    """Judge what was found right before, for a page that is written again for another reason."""
    for job in jobs:
        if job.docname == docname and not _judge(job, domain, config, None):
            raise ExtensionError(f"sphinx-await: a recording of {docname} changed during the build; build again")


def _all_requirements(domain: AwaitDomain) -> Requirements | None:
    """What all recordings of the course depend on; None if two of them depend on different versions of a thing."""
    all_of: dict[str, dict[str, str]] = {}
    for outcome in domain.outcomes.values():
        for kind, required in asdict(outcome.recording.requires).items():
            known = all_of.setdefault(kind, {})
            if any(known.get(name, version) != version for name, version in required.items()):
                return None
            known.update(required)
    return Requirements(**all_of)


def _shown(showing: str, domain: AwaitDomain) -> dict[str, str]:
    """For each document a digest of the outcomes that it shows or speaks of, and of what shows them."""
    shown: dict[str, list[str]] = {}
    for (docname, name), outcome in domain.outcomes.items():
        shown.setdefault(docname, []).append(_told(name, outcome))
    for docname, name, _file, _line in domain.references():
        shown.setdefault(docname, []).append(_told(name, domain.referred(docname, name)))
    return {docname: digest("\0".join([showing, *texts])) for docname, texts in sorted(shown.items())}


@cache
def _showing() -> str:
    """What changes with the code that judges and shows recordings, and with what pages name by its version.

    By size and moment of its files, not by what is in them, since every build asks.
    """
    package = Path(__file__).parents[1]
    folders = [package / "core", package / "sphinxext", package / "browser" / "static"]
    folders += package.glob("sphinxext/locale/*/LC_MESSAGES")
    kinds = (".py", ".mo", ".js", ".css")
    files = (entry for folder in folders for entry in os.scandir(folder) if entry.name.endswith(kinds))
    stamps = [(entry.path, entry.stat().st_mtime_ns, entry.stat().st_size) for entry in files]
    return digest(repr(sorted(stamps)))


def _told(name: str, outcome: Outcome | None) -> str:
    from .shown import shown_lines

    if outcome is None:
        return name
    shown = shown_lines(outcome), outcome.snippet.shown  # which a page that compares it shows, too
    return f"{name} {outcome.recording!r} {outcome.problems!r} {shown!r}"


@dataclass(frozen=True, slots=True)
class Written:
    """What the pages of an output folder show. It holds a digest of this, so that both go together.

    :ivar course: the fingerprint of the course if nothing was wrong with it, else empty.
    :ivar requires: what its recordings depend on, all together.
    :ivar documents: for each document a digest of the outcomes that it shows, and of what shows them.
    """

    course: str = ""
    requires: Requirements = field(default_factory=lambda: Requirements({}, {}, {}))
    documents: dict[str, str] = field(default_factory=dict)


def read_written(app: Sphinx) -> Written:
    """What the output folder shows, as far as is known."""
    try:
        text = _details(app).read_bytes()
        if json.loads(Path(app.outdir, WRITTEN).read_bytes()) != {"state": digest(text)}:
            return Written()
        data = json.loads(text)
        return Written(data["course"], Requirements(**data["requires"]), data["documents"])
    except (OSError, ValueError, KeyError, TypeError):
        return Written()


def _details(app: Sphinx) -> Path:
    """Where what an output folder shows is said in full: not in it, since it may be published."""
    return Path(app.doctreedir, f"await-{digest(os.path.realpath(app.outdir))}.json")


def close(app: Sphinx, exception: Exception | None) -> None:
    """On ``build-finished``: remember with which outcomes the pages were written; leave no process behind."""
    if getattr(app, "env", None) is None:  # it failed before there was anything to close
        return
    domain = domain_of(app.env)
    if domain.runner is not None:
        domain.runner.close()
    if exception is None and domain.written is not None:
        text = json.dumps(asdict(domain.written), indent=1, sort_keys=True) + "\n"
        _details(app).write_text(text, encoding="utf-8")
        Path(app.outdir, WRITTEN).write_text(json.dumps({"state": digest(text)}) + "\n", encoding="utf-8")


def _judge(job: Job, domain: AwaitDomain, config: AwaitConfig, report: _Report | None) -> bool:
    """Fill the domain with a job's outcomes and report what is wrong; whether everything was right."""
    from ..core.verdict import judge

    assert domain.runner is not None
    right = True
    for part, snippet in enumerate(job.snippets):
        recording = domain.runner.recording(job.program, part)
        if recording is None:
            right = False
            if report is None:
                continue
            message = f"{snippet.name} has no valid recording, and await_execute is 'cached'"
            report.say(snippet.file, snippet.line_in_file(1), "missing", message)
            continue
        timeout = job.program.timeout
        problems = judge(snippet, recording, markers=config.expect_markers, timeout=timeout)
        silent = domain.is_silent(job.docname, snippet.name)
        outcome = Outcome(recording, problems, snippet, job.snippets, silent, domain.folders)
        domain.outcomes[job.docname, snippet.name] = outcome
        right = right and not problems
        if report is not None:
            for problem in problems:
                report.problem(snippet, job.snippets, recording, problem)
    return right


def _judge_exercises(domain: AwaitDomain, report: _Report) -> None:
    """Report solutions that do not pass a check, and starts that pass all."""
    from ..core.checks import passes

    for exercise in domain.exercises():
        start, solution = (domain.outcome(exercise.docname, name) for name in (exercise.start, exercise.solution))
        if start is None or solution is None:
            continue  # it has been said that there is no recording
        try:
            for test, file, line in exercise.checks:
                if not passes(test, solution.recording):
                    report.say(file, line, "exercise", f"{exercise.solution}: the solution does not pass {test!r}")
            if all(passes(test, start.recording) for test, _file, _line in exercise.checks):
                place = next(part for part in start.parts if part.name == exercise.start)
                message = f"{exercise.start}: the program to begin with passes every check already"
                report.say(place.file, place.line_in_file(1), "exercise", message)
        except CheckError as error:
            _test, file, line = exercise.checks[0]
            report.say(file, line, "exercise", f"{exercise.start}: {error}")


def _timeout(snippet: Snippet, config: AwaitConfig) -> float:
    return snippet.options.timeout or float(config.timeout)


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


def _folders(app: Sphinx, settings: Settings) -> tuple[str, ...]:
    """The folders of this machine that a program may come to name."""
    ours = [str(app.srcdir), str(app.confdir), *settings.path, *filter(None, [settings.working_dir])]
    home = os.path.expanduser("~")
    return (*ours, sys.prefix, sys.base_prefix, *([home] if home.count("/") > 1 else []))  # not /root


class _Report:
    """Says what is wrong, with file and line; any of it fails the build if it may."""

    def __init__(self, app: Sphinx, *, fail: bool) -> None:
        self._app = app
        self._fail = fail
        self.said = 0

    def say(self, file: str, line: int, subtype: str, message: str, detail: str = "") -> None:
        """Report one thing that is wrong: a sentence, and lines below it."""
        self.said += 1
        location = f"{self._path(file)}:{line}"
        if self._fail:
            # Not by type and subtype as warnings are: `suppress_warnings` must not hide why a build failed.
            self._app.statuscode = 1
            logger.error("%s [await.%s]%s", message, subtype, detail, location=location)
        else:
            logger.warning("%s%s", message, detail, location=location, type="await", subtype=subtype)

    def problem(self, snippet: Snippet, parts: tuple[Snippet, ...], recording: Recording, problem: Problem) -> None:
        """Report a problem of a run, with what the program printed."""
        from ..core.places import in_chapter

        message, _, detail = problem.message.partition("\n")
        lines = [f"    {line}" for line in detail.splitlines()]
        lines += [f"    | {in_chapter(line, parts, self._from_here)}" for line in _printed(recording)]
        text = "".join(f"\n{line}".rstrip(" ") for line in lines)
        self.say(snippet.file, snippet.line_in_file(problem.line), problem.fault, f"{snippet.name}: {message}", text)

    def _path(self, file: str) -> str:
        return os.path.normpath(Path(self._app.srcdir, file))

    def _from_here(self, snippet: Snippet) -> str:
        return os.path.relpath(self._path(snippet.file))


def _printed(recording: Recording) -> list[str]:
    """The last lines of the output; the traceback is among them, unless the program kept it from being printed."""
    from ..core.lines import read_lines

    lines = [line.text for line in read_lines(recording.outputs)]
    traceback = recording.failure.traceback.splitlines() if recording.failure else []
    if traceback and traceback[-1] not in lines:
        lines += traceback
    hidden = len(lines) - _SHOWN_LINES
    return lines if hidden <= 0 else [f"({hidden} lines before)", *lines[hidden:]]
