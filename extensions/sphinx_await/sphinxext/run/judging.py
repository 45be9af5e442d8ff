"""Judge the runs of a course, and report their faults."""

from __future__ import annotations

import contextlib
import os
import re
import traceback
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ExtensionError
from sphinx.util import logging

from ...core.errors import OptionError
from ...core.model.recording import Recording
from ...core.text.directions import unseen_characters
from ...core.text.messages import Message
from ...core.text.output_lines import lines_with_traceback, visible_lines
from ...core.text.source_mapping import map_to_document
from ...core.text.terminal import for_terminal
from ...core.timeline.presence import why_no_timeline
from ...core.validation.faults import Fault
from ...core.validation.verdict import Problem, judge
from ...course.paths import shown_path
from ...engine.process_environment import folder_left_out
from ...engine.runtime_info import PLATFORM
from ...engine.source_hints import figures_shown
from ..ahead import JudgedAhead
from ..build_session import outcome_of, referred_run, session_of
from ..domain import domain_of
from ..outcome import Outcome
from .jobs import jobs_of_course
from .publish import Publisher
from .time_claims import TimeClaims

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from ...core.model.recording import Failure
    from ...core.model.snippet import Snippet
    from ...core.validation.predictions import Question
    from ...course.config import AwaitConfig
    from ...course.entries import Prediction, SnippetEntry
    from ...course.jobs import Job
    from ...engine.program import Program
    from ...engine.result import Check, Result
    from ..ahead import Unanswered

logger = logging.getLogger(__name__)

_SHOWN_LINES, _SHOWN_CHARACTERS = 40, 500  # of each line
#: Of more wrong programs, a build says at its end what they need; and of very many, in one line each what is wrong.
_MANY, _VERY_MANY = 10, 50
_NO_MODULE = re.compile(r"No module named '(\w+)[\w.]*'")


def judge_ahead(env: BuildEnvironment, jobs: Iterable[Job]) -> JudgedAhead:
    """Judge all programs that have a recording, and report nothing."""
    from ...course.exercises import faults_of

    made, domain, store = JudgedAhead(), domain_of(env), session_of(env).store
    assert store is not None
    made.snippets.update((docname, [*domain.snippets_of(docname)]) for docname in domain.documents())
    for job in jobs:
        for part, entry in enumerate(job.entries):
            if (recording := store.recording(job.program, part)) is not None:
                made.outcomes[job.docname, entry.snippet.name] = _outcome(job, part, recording, env)
    for exercise in domain.exercises():
        for name in (exercise.start, exercise.solution, *exercise.wrong):
            if outcome := made.outcomes.get((exercise.docname, name)):
                with contextlib.suppress(Exception):  # then it is found, and reported, when it is its turn
                    found = list(faults_of(exercise, outcome.publishable.snippet, outcome.recording))
                    made.faults[exercise.docname, exercise.start, name] = exercise, found
    for prediction in domain.predictions():
        place = prediction.docname, prediction.run
        if (outcome := made.outcomes.get(place)) and not outcome.problems:
            made.questions[place] = prediction, _unanswered(prediction, outcome, env)
    return made


def judge_jobs(app: Sphinx, jobs: Iterable[Job], ahead: JudgedAhead | None = None) -> bool:
    """Keep the outcomes of all runs in the build session, and report faults.

    :param ahead: what was judged already.
    :returns: whether there is no fault.
    """
    ahead = JudgedAhead() if ahead is None else ahead.of_this_build(app.env)
    report = _Report(app, fail=session_of(app.env).config.on_error == "fail")
    for mistake in domain_of(app.env).mistakes():
        report.add(mistake.file, mistake.line, Fault.OPTION, mistake.message)
    for job in jobs:
        for entry in job.entries:
            _report_unseen(entry.snippet, report)
        _report_figures(job, app.env, report)
        _judge(job, app.env, report, ahead)
    _judge_exercises(app.env, report, ahead)
    _judge_predictions(app.env, report, ahead)
    _report_values(app.env, report)
    report.advise()
    return not report.count


def _report_unseen(snippet: Snippet, report: _Report) -> None:
    for line, escapes in unseen_characters(snippet.code):
        message = f"{snippet.name}: characters that cannot be seen: {escapes}; write such an escape in a string instead"
        report.warn(snippet, line, Fault.UNSEEN, message)


def _report_figures(job: Job, env: BuildEnvironment, report: _Report) -> None:
    """Say that a page has no figures: a program that shows one in a window prints nothing, and ends well."""
    store = session_of(env).store
    recordings = [store and store.recording(job.program, part) for part in range(len(job.entries))]
    if any(recording and recording.displays for recording in recordings):
        return
    snippets = [entry.snippet for entry in job.entries]
    for snippet, lines in zip(snippets, figures_shown([one.code for one in snippets]), strict=True):
        for line in lines:
            message = f"{snippet.name}: a page shows what a program prints or displays, and no figure of a window"
            report.warn(snippet, line, Fault.FIGURE, message)


def suspect_check(jobs: Sequence[Job], env: BuildEnvironment) -> Check:
    """Make the check whether a result is wrong only in durations, which a busy machine can cause."""
    session = session_of(env)
    config, folders = session.config, session.folders()
    questions = {(one.docname, one.run): one.question for one in domain_of(env).predictions()}
    shown: dict[Program, list[tuple[Publisher, tuple[SnippetEntry, ...]]]] = {}
    asked: dict[Program, list[tuple[int, Question, str]]] = {}
    for job in jobs:
        shown.setdefault(job.program, []).append((Publisher(job.docname, job.entries, folders), job.entries))
        for part, entry in enumerate(job.entries):
            if question := questions.get((job.docname, entry.snippet.name)):
                asked.setdefault(job.program, []).append((part, question, entry.snippet.code))

    def has_no_answer(program: Program, recordings: Sequence[Recording]) -> bool:
        if program not in asked:
            return False
        from ...core.validation.predictions import PredictionError, answer_key

        for part, question, code in asked[program]:
            try:
                answer_key(question, recordings[part], visible_lines(recordings[part]), code)
            except PredictionError:
                return True
        return False

    def is_suspect(result: Result) -> bool:
        markers, program = config.expect_markers, result.program
        try:
            return has_no_answer(program, result.recordings) or any(
                problem.doubtful
                for publisher, parts in shown[program]
                for part, (entry, recording) in enumerate(zip(parts, result.recordings, strict=True))
                for problem in judge(
                    entry.snippet,
                    recording,
                    markers=markers,
                    timeout=program.timeout_of(part),
                    displayed=partial(publisher.redact_printed, recording),
                )
            )
        except Exception:  # noqa: BLE001 - it is reported when the run is judged
            return False

    return is_suspect


def times_check(jobs: Sequence[Job], env: BuildEnvironment) -> Check:
    """Make the check whether the times of a result are shown or claimed, or its author says that they matter."""
    shown: dict[Program, list[Job]] = {}
    for job in jobs:
        shown.setdefault(job.program, []).append(job)
    claims = TimeClaims.of(env)

    def times_matter(result: Result) -> bool:
        return any(
            claims.matter(job.docname, entry.snippet, recording)
            for job in shown[result.program]
            for entry, recording in zip(job.entries, result.recordings, strict=True)
        )

    return times_matter


class LaterJudge:
    """Judges single documents of a course that had no fault, for pages that are written again for another reason."""

    def __init__(self, env: BuildEnvironment) -> None:
        self._unjudged: dict[str, list[Job]] = {}
        for job in jobs_of_course(env):  # all of them, since equal programs are distinguished by their order
            self._unjudged.setdefault(job.docname, []).append(job)

    def judge_document(self, env: BuildEnvironment, docname: str) -> None:
        """Keep the outcomes of a document in the build session, unless they are there already.

        :raises ExtensionError: a run has a fault now.
        """
        for job in self._unjudged.pop(docname, ()):
            if not _judge(job, env, None, JudgedAhead()):
                raise ExtensionError(f"sphinx-await: a recording of {docname} changed during the build; build again")


def _judge(job: Job, env: BuildEnvironment, report: _Report | None, ahead: JudgedAhead) -> bool:
    """Keep the outcomes of a job in the build session, and report faults; return whether there is none."""
    session = session_of(env)
    assert session.store is not None
    right = True
    for part, snippet in enumerate(entry.snippet for entry in job.entries):
        recording = session.store.recording(job.program, part)
        if recording is None:
            right = False
            if report is not None:
                message = f"{snippet.name} has no valid recording, and await_execute is 'cached'"
                report.add(snippet.file, snippet.line_in_file(1), Fault.MISSING, message)
            continue
        outcome = ahead.outcome(job.docname, snippet.name, recording) or _outcome(job, part, recording, env)
        session.outcomes[job.docname, snippet.name] = outcome
        recording, problems = outcome.recording, outcome.problems
        earlier = partial(_earlier_programs, env, job, part)
        parts, _place = job.parts_of_process(part)
        right = right and not problems
        if report is not None:
            report.add_problems(snippet, [entry.snippet for entry in parts], recording, problems)
            report.note_failure(snippet, recording, problems, earlier)
            if (recording.displays or snippet.options.alt) and not job.entries[part].silent:
                from .displays import remarks  # most programs display nothing

                for line, fault, words in remarks(snippet, recording, html=session.config.display_html):
                    report.warn(snippet, line, fault, words)
            asked = snippet.options.timeline
            if asked is not False and (reason := why_no_timeline(recording, asked=bool(asked))):
                report.warn(snippet, 1, Fault.TIMELINE, f"{snippet.name}: {reason.said()}")
    return right


def _outcome(job: Job, part: int, recording: Recording, env: BuildEnvironment) -> Outcome:
    """What a run is: its recording, what is wrong with it, and what of it is published."""
    session, snippet = session_of(env), job.entries[part].snippet
    markers, timeout = session.config.expect_markers, job.program.timeout_of(part)
    earlier = partial(_earlier_programs, env, job, part)
    parts, place = job.parts_of_process(part)
    publisher = Publisher(job.docname, parts, session.folders(), html=session.config.display_html)
    try:
        displayed = partial(publisher.redact_printed, recording)
        problems = judge(snippet, recording, markers=markers, timeout=timeout, earlier=earlier, displayed=displayed)
        problems = tuple(_with_place(problem, recording.failure, session.config) for problem in problems)
        publishable = publisher.publish(place, recording, problems)
    except Exception as error:  # noqa: BLE001 - one run's failure, whatever it is, and not the build's
        logger.verbose("%s", for_terminal(traceback.format_exc()))
        python = session.config.interpreter().name
        recording, problems = _without_content(recording, python), (_odd_recording(error),)
        publishable = publisher.publish(place, recording, problems)
    return Outcome(recording, problems, publishable)


def _with_place(problem: Problem, failure: Failure | None, config: AwaitConfig) -> Problem:
    """The problem, with what to do if a module is missing that lies where programs do not import from.

    That is in the folder in which the build was started, or in Sphinx's environment if programs run in another.
    """
    name = failure and failure.type == "ModuleNotFoundError" and _NO_MODULE.fullmatch(failure.message)
    if problem.fault != Fault.RAISED or not name:
        return problem
    if config.other_python() is not None and _is_here(name[1]):
        words = Message(
            "`%s` is installed for Sphinx, and not for the Python of `await_python`, on which programs run.", (name[1],)
        )
        return replace(problem, words=(*problem.words, words))
    if not (folder := folder_left_out()):
        return problem
    folder = os.path.abspath(folder)
    if not any(os.path.exists(os.path.join(folder, name[1] + ending)) for ending in ("", ".py")):
        return problem
    words = Message(
        "`%s` is in %s, which Python itself added to `sys.path`: programs import from it if conf.py adds it.",
        (name[1], folder),
    )
    return replace(problem, words=(*problem.words, words))


def _is_here(module: str) -> bool:
    """Whether Sphinx's Python has a module."""
    with contextlib.suppress(ImportError, ValueError):
        return find_spec(module) is not None
    return False


def _odd_recording(error: Exception) -> Problem:
    """The problem of a run that cannot be judged."""
    reason = f"{type(error).__name__}: {error!s:.200}"
    words = Message("its recording cannot be judged (%s); `await_execute = 'force'` makes a new one", (reason,))
    return Problem(Fault.RECORDING, (words,))


def _without_content(recording: Recording, python: str) -> Recording:
    """The recording without anything that a program chose."""
    return Recording(python, PLATFORM, recording.started, recording.wall, recording.cpu, recording.exit)


def _earlier_programs(env: BuildEnvironment, job: Job, part: int) -> list[str]:
    """The programs before one on its page, without those of its session."""
    entries = domain_of(env).snippets_of(job.docname)
    parts, _ = job.parts_of_process(part)
    together = {entry.snippet.name for entry in parts}
    before = takewhile(lambda entry: entry.snippet.name != job.entries[part].snippet.name, entries)
    return [entry.snippet.code for entry in before if entry.snippet.name not in together]


def _judge_exercises(env: BuildEnvironment, report: _Report, ahead: JudgedAhead) -> None:
    """Report solutions that fail a check, starts that pass all checks, and wrong answers that get another sentence."""
    exercises = list(domain_of(env).exercises())
    if not exercises:
        return
    from ...course.exercises import faults_of

    for exercise in exercises:
        for name in (exercise.start, exercise.solution, *exercise.wrong):
            outcome = outcome_of(env, exercise.docname, name)
            if outcome is None:
                continue  # it was reported that there is no recording
            snippet = outcome.publishable.snippet
            try:
                known = ahead.faults_of(exercise, name, outcome)
                for part, message in faults_of(exercise, snippet, outcome.recording) if known is None else known:
                    place = (part.file, part.line) if part else (snippet.file, snippet.line_in_file(1))
                    report.add(*place, Fault.EXERCISE, f"{name}: {message}")
            except Exception as error:  # noqa: BLE001 - of an odd recording
                first = exercise.checks[0]
                report.add(first.file, first.line, Fault.EXERCISE, f"{name}: {error!r}")


def _judge_predictions(env: BuildEnvironment, report: _Report, ahead: JudgedAhead) -> None:
    """Report questions that have no single answer in the recordings of their runs."""
    for prediction in domain_of(env).predictions():
        outcome = outcome_of(env, prediction.docname, prediction.run)
        if outcome is None or outcome.problems:
            continue  # it was reported that the run is missing or wrong
        known = ahead.questions.get((prediction.docname, prediction.run))
        if known is None or known[0] != prediction or not ahead.is_of(prediction.docname, prediction.run, outcome):
            known = prediction, _unanswered(prediction, outcome, env)
        if known[1] is not None:
            from ...core.validation.predictions import WHOLE  # most courses have no question without an answer

            part, message = known[1]
            file, line = prediction.places.get(part) or prediction.places[WHOLE]
            report.add(file, line, Fault.PREDICTION, f"{prediction.run}: {message}")


def _unanswered(prediction: Prediction, outcome: Outcome, env: BuildEnvironment) -> Unanswered | None:
    """Which part of a question has no single answer in the recording of its run, and why; None if it has one."""
    from ...core.validation.predictions import WHOLE, PredictionError, key_of_snippet

    run = outcome.publishable
    try:
        key_of_snippet(
            prediction.question, run.snippet, run.recording, run.lines, session_of(env).config.expect_markers
        )
    except PredictionError as error:
        return error.part, str(error)
    except Exception as error:  # noqa: BLE001 - of an odd recording
        return WHOLE, repr(error)
    return None


def _report_values(env: BuildEnvironment, report: _Report) -> None:
    """Report sentences that say a value which a run does not have."""
    for reference in domain_of(env).references():
        run = referred_run(env, reference.docname, reference.name)
        if reference.value is None or run is None or run.problems:
            continue  # it was reported that the run is missing or wrong
        try:
            reference.value.of(run.recording, run.printed)
        except OptionError as error:
            report.warn_of(reference.file, reference.line, Fault.REFERENCE, f"{reference.name} {error}")


class _Report:
    """Reports faults with file and line. A fault fails the build, unless `await_on_error` is `warn`."""

    def __init__(self, app: Sphinx, *, fail: bool) -> None:
        self._app = app
        self._fail = fail
        self._failures: list[tuple[Snippet, Recording, Problem, Callable[[], list[str]]]] = []
        self.count = 0

    def add(self, file: str, line: int, fault: Fault, message: str, detail: str = "") -> None:
        """Report one fault: a sentence, and lines below it."""
        self.count += 1
        location = f"{self._path(file)}:{line}"
        message, detail = for_terminal(message), for_terminal(detail)
        if self._fail:
            # Not by type and subtype as warnings are: `suppress_warnings` must not hide why a build failed.
            self._app.statuscode = 1
            logger.error("%s [await.%s]%s", message, fault, detail, location=location)
        else:
            logger.warning("%s%s", message, detail, location=location, type="await", subtype=fault)

    def warn(self, snippet: Snippet, line: int, fault: Fault, message: str) -> None:
        """Report what is worth a look at a line of a snippet and does not fail a build, in each build."""
        self.warn_of(snippet.file, snippet.line_in_file(line), fault, message)

    def warn_of(self, file: str, line: int, fault: Fault, message: str) -> None:
        """Report what is worth a look at a line of a file and does not fail a build, in each build."""
        self.count += 1
        location = f"{self._path(file)}:{line}"
        logger.warning("%s", for_terminal(message), location=location, type="await", subtype=fault)

    def add_problems(
        self, snippet: Snippet, parts: Sequence[Snippet], recording: Recording, problems: Iterable[Problem]
    ) -> None:
        """Report the problems of a run."""
        for problem in problems:
            self._add_problem(snippet, parts, recording, problem)

    def _add_problem(self, snippet: Snippet, parts: Sequence[Snippet], recording: Recording, problem: Problem) -> None:
        """Report a problem of a run, with what the program printed; of many programs, what the first ones did."""
        message, _, detail = problem.message.partition("\n")
        if len(self._failures) >= _VERY_MANY:
            self.add(snippet.file, snippet.line_in_file(problem.line), problem.fault, f"{snippet.name}: {message}")
            return
        lines = [f"    {line}" for line in detail.splitlines()]
        if snippet.typed is None or problem.fault is not Fault.MISMATCH:  # of one example, the difference says it all
            lines += [f"    | {map_to_document(line, parts, self._from_here)}" for line in _printed(recording)]
        text = "".join(f"\n{line}".rstrip(" ") for line in lines)
        self.add(snippet.file, snippet.line_in_file(problem.line), problem.fault, f"{snippet.name}: {message}", text)

    def note_failure(
        self, snippet: Snippet, recording: Recording, problems: Sequence[Problem], earlier: Callable[[], list[str]]
    ) -> None:
        """Remember a program if it is wrong.

        :param earlier: finds the programs before it on its page.
        """
        if problems:
            self._failures.append((snippet, recording, problems[0], earlier))

    def advise(self) -> None:
        """End the messages of many programs with one page that sorts them by what they need."""
        if len(self._failures) <= _MANY:
            return
        from ...course.triage.causes import Cause, diagnose  # most builds need no advice
        from ...course.triage.report import group_lines

        groups: dict[Cause, list[tuple[Snippet, str]]] = {}
        for snippet, recording, problem, earlier in self._failures:
            found = diagnose(problem, recording, snippet, earlier())
            shown = replace(snippet, file=self._path(snippet.file))
            groups.setdefault(found.cause, []).append((shown, found.detail))
        lines = [f"{len(self._failures)} programs are wrong:"]
        for cause, group in sorted(groups.items(), key=lambda item: -len(item[1])):
            lines += group_lines(cause, group, os.curdir)
        lines.append(
            "`sphinx-await triage` tries these options; with --write it puts them into comments before the programs."
        )
        logger.info("%s", for_terminal("\n".join(lines)))

    def _path(self, file: str) -> str:
        return os.path.normpath(Path(self._app.srcdir, file))

    def _from_here(self, snippet: Snippet) -> str:
        return shown_path(self._path(snippet.file), os.curdir)


def _printed(recording: Recording) -> list[str]:
    """The last lines of the output, normally with the traceback."""
    lines = lines_with_traceback(recording)
    hidden = len(lines) - _SHOWN_LINES
    shown = [
        line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]}…" for line in lines[-_SHOWN_LINES:]
    ]
    return shown if hidden <= 0 else [f"({hidden} lines before)", *shown]
