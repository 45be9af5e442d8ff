"""All programs of a course: run what is missing, keep it, judge it, report it.

On ``env-updated``, which comes in every build, in the main process, after all reading and before any writing.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ConfigError, ExtensionError
from sphinx.util import logging
from sphinx.util.display import status_iterator

from ..core.errors import EngineError, OptionError
from ..core.lines import read_lines
from ..core.places import in_chapter
from ..core.verdict import judge
from ..engine.cache import Cache, Miss
from ..engine.engine import Engine, Result
from ..engine.imports import imported_names
from ..engine.settings import Program, digest
from .config import AwaitConfig
from .domain import Outcome, domain_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from ..core.recording import Recording
    from ..core.snippet import Snippet
    from ..core.verdict import Problem
    from ..engine.settings import Settings
    from .domain import AwaitDomain

logger = logging.getLogger(__name__)

#: Builders that make nothing of a run.
WITHOUT_RUNS = frozenset({"gettext", "linkcheck", "dummy"})
#: Beside the pages, which outcomes they show: pages whose outcomes changed are written again.
WRITTEN = ".await-written.json"
_SHOWN_LINES = 40


@dataclass(frozen=True, slots=True)
class Place:
    """A snippet in its document."""

    docname: str
    snippet: Snippet


def config_of(config: Config) -> AwaitConfig:
    """The ``await_*`` values.

    :raises ConfigError: one of them means nothing.
    """
    names = [f"await_{name}" for name in AwaitConfig.__dataclass_fields__]
    try:
        return AwaitConfig.parse({name: getattr(config, name) for name in names})
    except OptionError as error:
        raise ConfigError(str(error)) from None


def check_config(_: Sphinx, config: Config) -> None:
    """On ``config-inited``: refuse a bad configuration before anything is read; keep our file out of EPUBs."""
    config_of(config)
    config.epub_exclude_files = [*config.epub_exclude_files, WRITTEN]


def run_course(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """On ``env-updated``: fill the domain with outcomes, report what is wrong, say which pages to write again."""
    config = config_of(app.config)
    if app.builder.name in WITHOUT_RUNS or config.execute == "off":
        return []
    domain = domain_of(env)
    places = [Place(docname, snippet) for docname, snippet in domain.snippets()]
    recordings = _Recordings(app, config, places)
    report = _Report(app, fail=config.on_error == "fail")
    for file, line, message in domain.mistakes():
        report.say(file, line, "option", message)
    for place in places:
        recording = recordings.of(place)
        if recording is None:
            message = f"{place.snippet.name} has no valid recording, and await_execute is 'cached'"
            report.say(place.snippet.file, place.snippet.line_in_file(1), "missing", message)
            continue
        timeout = _timeout(place.snippet, config)
        problems = judge(place.snippet, recording, markers=config.expect_markers, timeout=timeout)
        domain.outcomes[place.docname, place.snippet.name] = Outcome(recording, problems)
        for problem in problems:
            report.problem(place.snippet, recording, problem)
    return _to_write_again(app, domain)


def _timeout(snippet: Snippet, config: AwaitConfig) -> float:
    return snippet.options.timeout or float(config.timeout)


class _Recordings:
    """The recordings of a course: from the cache where they hold, from new runs otherwise."""

    def __init__(self, app: Sphinx, config: AwaitConfig, places: Iterable[Place]) -> None:
        self._app = app
        self._config = config
        self._settings = _settings(app, config)
        self._cache = Cache(Path(app.confdir, config.cache_dir), self._settings)
        self._found: dict[str, Recording] = {}
        self._keys: dict[Place, str] = {}
        missing: dict[str, Place] = {}
        for place in places:
            key = self._keys[place] = self._cache.key(self._program(place))
            if key not in self._found and key not in missing and not self._load(key, place):
                missing[key] = place
        if missing and config.execute != "cached":
            self._run(missing)
        for message in self._cache.trouble:
            logger.warning(message, type="await", subtype="cache")

    def of(self, place: Place) -> Recording | None:
        """The recording of a snippet, or None if it has none and none may be made."""
        return self._found.get(self._keys[place])

    def _program(self, place: Place) -> Program:
        return Program(place.snippet.code, _timeout(place.snippet, self._config))

    def _load(self, key: str, place: Place) -> bool:
        loaded = Miss("await_execute is 'force'") if self._config.execute == "force" else self._cache.load(key)
        if isinstance(loaded, Miss):
            logger.verbose("%s runs because %s", place.snippet.name, loaded.reason)
            return False
        self._found[key] = loaded
        return True

    def _run(self, missing: dict[str, Place]) -> None:
        jobs = {key: self._program(place) for key, place in missing.items()}
        programs = {id(program): key for key, program in jobs.items()}
        imports = {name for program in jobs.values() for name in imported_names(program.code)}

        def name(result: Result) -> str:
            return f"{missing[programs[id(result.program)]].snippet.name} ({result.recording.wall:.2f} s)"

        try:
            with Engine(self._settings) as engine:
                engine.start(imports)
                results = engine.run(jobs.values())
                for result in status_iterator(
                    results, "running programs... ", "purple", len(jobs), self._app.verbosity, name
                ):
                    key = programs[id(result.program)]
                    self._found[key] = result.recording
                    self._cache.store(key, result.recording)
        except EngineError as error:
            raise ExtensionError(f"sphinx-await: {error}") from None


def _settings(app: Sphinx, config: AwaitConfig) -> Settings:
    # Its default is the parent of the project, where sphinx-exec-code runs programs; only a project that names a
    # folder itself wants its programs in one.
    named = "exec_code_working_dir" in app.config._raw_config  # noqa: SLF001 - the public values hide who set them
    folder = str(Path(app.confdir, app.config.exec_code_working_dir).resolve()) if named else None
    path = tuple(str(Path(app.confdir, folder).resolve()) for folder in app.config.exec_code_source_folders)
    try:
        return config.settings(Path(app.confdir), path=path, working_dir=folder)
    except OptionError as error:
        raise ConfigError(str(error)) from None


class _Report:
    """Says what is wrong, with file and line; any of it fails the build if it may."""

    def __init__(self, app: Sphinx, *, fail: bool) -> None:
        self._app = app
        self._fail = fail

    def say(self, file: str, line: int, subtype: str, message: str, detail: str = "") -> None:
        """Report one thing that is wrong: a sentence, and lines below it."""
        location = f"{self._path(file)}:{line}"
        if self._fail:
            # Not by type and subtype as warnings are: `suppress_warnings` must not hide why a build failed.
            self._app.statuscode = 1
            logger.error("%s [await.%s]%s", message, subtype, detail, location=location)
        else:
            logger.warning("%s%s", message, detail, location=location, type="await", subtype=subtype)

    def problem(self, snippet: Snippet, recording: Recording, problem: Problem) -> None:
        """Report a problem of a run, with what the program printed."""
        message, _, detail = problem.message.partition("\n")
        lines = [f"    {line}" for line in detail.splitlines()]
        file = os.path.relpath(self._path(snippet.file))
        lines += [f"    | {in_chapter(line, snippet, file)}" for line in _printed(recording)]
        text = "".join(f"\n{line}".rstrip(" ") for line in lines)
        self.say(snippet.file, snippet.line_in_file(problem.line), problem.fault, f"{snippet.name}: {message}", text)

    def _path(self, file: str) -> str:
        return os.path.normpath(Path(self._app.srcdir, file))


def _printed(recording: Recording) -> list[str]:
    """The last lines of the output; the traceback is among them, unless the program kept it from being printed."""
    lines = [line.text for line in read_lines(recording.outputs)]
    traceback = recording.failure.traceback.splitlines() if recording.failure else []
    if traceback and traceback[-1] not in lines:
        lines += traceback
    hidden = len(lines) - _SHOWN_LINES
    return lines if hidden <= 0 else [f"({hidden} lines before)", *lines[hidden:]]


def _to_write_again(app: Sphinx, domain: AwaitDomain) -> list[str]:
    """The documents whose outcomes are not those that the output folder was written with."""
    shown: dict[str, list[str]] = {}
    for (docname, name), outcome in domain.outcomes.items():
        shown.setdefault(docname, []).append(name + outcome.recording.to_json() + repr(outcome.problems))
    domain.written = {docname: digest("\0".join(texts)) for docname, texts in sorted(shown.items())}
    try:
        before = json.loads(Path(app.outdir, WRITTEN).read_bytes())
    except (OSError, ValueError):
        before = {}
    return [docname for docname in sorted(app.env.found_docs) if before.get(docname) != domain.written.get(docname)]


def note_written(app: Sphinx, exception: Exception | None) -> None:
    """On ``build-finished``: remember, beside the pages, with which outcomes they were written."""
    if exception is None and (written := domain_of(app.env).written):
        Path(app.outdir, WRITTEN).write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
