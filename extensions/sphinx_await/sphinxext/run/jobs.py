"""The programs of a course: which there are, what their runs came to, and what is wrong with them.

Imported where a program may have to run, or a page is written again: an unchanged build does without.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ExtensionError
from sphinx.util import logging

from ...core.errors import CheckError
from ...core.text.output_lines import read_lines
from ...core.text.source_mapping import map_to_document
from ...core.validation.exercise_checks import passes
from ...core.validation.verdict import judge
from ...engine.program import Program
from ..outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx

    from ...core.model.recording import Recording
    from ...core.model.snippet import Snippet
    from ...core.validation.verdict import Problem
    from ...engine.result import Result, SuspectCheck
    from ..config import AwaitConfig
    from ..domain import AwaitDomain

logger = logging.getLogger(__name__)

_SHOWN_LINES = 40


@dataclass(frozen=True, slots=True)
class Job:
    """A program and where it comes from: one snippet of a document, or all of a session, one for each part."""

    docname: str
    snippets: tuple[Snippet, ...]
    program: Program


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


def run_jobs(app: Sphinx, domain: AwaitDomain, config: AwaitConfig) -> bool:
    """Run what must, fill the domain with all outcomes and report what is wrong; whether nothing is."""
    assert domain.runner is not None
    jobs = [job for name in domain.documents() for job in jobs_of(domain.snippets_of(name), name, config)]
    domain.runner.run([(job.program, job.snippets[-1].name) for job in jobs], _doubt(jobs, config))
    report = _Report(app, fail=config.on_error == "fail")
    for file, line, message in domain.mistakes():
        report.say(file, line, "option", message)
    for job in jobs:
        _judge(job, domain, config, report)
    _judge_exercises(domain, report)
    return not report.said


def _doubt(jobs: list[Job], config: AwaitConfig) -> SuspectCheck:
    """Tells of a result whether all that is wrong with it are durations, for which a busy machine may be to blame."""
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


def judge_document(docname: str, domain: AwaitDomain, config: AwaitConfig) -> None:
    """Judge what was found right before, for a page that is written again for another reason."""
    for job in jobs_of(domain.snippets_of(docname), docname, config):
        if not _judge(job, domain, config, None):
            raise ExtensionError(f"sphinx-await: a recording of {docname} changed during the build; build again")


def _judge(job: Job, domain: AwaitDomain, config: AwaitConfig, report: _Report | None) -> bool:
    """Fill the domain with a job's outcomes and report what is wrong; whether everything was right."""
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
        message, _, detail = problem.message.partition("\n")
        lines = [f"    {line}" for line in detail.splitlines()]
        lines += [f"    | {map_to_document(line, parts, self._from_here)}" for line in _printed(recording)]
        text = "".join(f"\n{line}".rstrip(" ") for line in lines)
        self.say(snippet.file, snippet.line_in_file(problem.line), problem.fault, f"{snippet.name}: {message}", text)

    def _path(self, file: str) -> str:
        return os.path.normpath(Path(self._app.srcdir, file))

    def _from_here(self, snippet: Snippet) -> str:
        return os.path.relpath(self._path(snippet.file))


def _printed(recording: Recording) -> list[str]:
    """The last lines of the output; the traceback is among them, unless the program kept it from being printed."""
    lines = [line.text for line in read_lines(recording.outputs)]
    traceback = recording.failure.traceback.splitlines() if recording.failure else []
    if traceback and traceback[-1] not in lines:
        lines += traceback
    hidden = len(lines) - _SHOWN_LINES
    return lines if hidden <= 0 else [f"({hidden} lines before)", *lines[hidden:]]
