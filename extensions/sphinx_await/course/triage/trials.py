"""Tries options on the programs of pages until all that still run are right.

First each runs as it is. On pages whose programs lack names, all are then tried as one session. What fails in spite of
that gets the option of its cause, or is not run; and this is tried again, because others may have needed it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...core.model.snippet import Options
from ...core.validation.faults import Fault
from ...core.validation.verdict import judge
from ..jobs import jobs_of, runs_in_loop
from .causes import Cause, diagnose, failure_of
from .names import names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ...core.model.recording import Recording
    from ...core.model.snippet import Snippet
    from ...core.validation.verdict import Problem
    from ..config import AwaitConfig
    from ..entries import SnippetEntry
    from ..jobs import Job
    from ..pages.model import Page, PageContext
    from ..program_runs import ProgramRuns
    from .causes import Diagnosis

#: The session of a page.
SESSION = "session=page"
NO_RUN = "no-run"
UNCOMPARED = "expect=off"
STOP = "stop-after=2"
LOOP = "top-level-await"
_MOST_ROUNDS = 12
#: How many time limits of one program a session may take.
_PATIENCE = 2
#: After so many lines a page does not speak of a program any more.
_NEAR = 15


@dataclass(frozen=True, slots=True)
class TriedPage:
    """A page, and how it is read.

    :ivar lines: of its file.
    """

    file: Path
    markup: str
    context: PageContext
    page: Page
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What a program needs.

    :ivar words: the options that make it right; empty if it is as it stands.
    :ivar diagnosis: why it failed as it stands; None if it did not.
    """

    page: TriedPage
    snippet: Snippet
    words: tuple[str, ...]
    diagnosis: Diagnosis | None

    @property
    def runs(self) -> bool:
        """Whether there is a way to run it."""
        return NO_RUN not in self.words


def _after_trials(why: Diagnosis | None, words: tuple[str, ...]) -> Diagnosis | None:
    """Why a program fails, also when it was tried in the session of its page."""
    if why is not None and why.cause is Cause.EARLIER_NAME and NO_RUN in words:
        return replace(why, cause=Cause.EARLIER_FAILS)
    return why


#: The words that are tried for each program of a page.
_Words = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Run:
    recording: Recording
    problems: tuple[Problem, ...]


class Triage:
    """Finds what the programs of some pages need.

    :param runs: what runs programs.
    """

    def __init__(self, pages: Sequence[TriedPage], config: AwaitConfig, runs: ProgramRuns) -> None:
        self._pages = pages
        self._config = config
        self._runs = runs
        self._only_together: set[tuple[Path, str]] = set()

    def advice(self) -> list[Advice]:
        """What each program needs, in the order of the pages.

        :raises EngineError: programs cannot run on this system.
        """
        words = [dict(self._first_words(page)) for page in self._pages]
        first = self._try(words)
        diagnoses = [self._diagnoses(page, found) for page, found in zip(self._pages, first, strict=True)]
        words = self._with_sessions(words, first, diagnoses)
        last = self._try(words)
        for _ in range(_MOST_ROUNDS):
            if not self._mend(words, last, diagnoses):
                break
            last = self._try(words)
        return [
            Advice(page, entry.snippet, chosen[name], _after_trials(why.get(name), chosen[name]))
            for page, chosen, why in zip(self._pages, words, diagnoses, strict=True)
            for entry in page.page.entries
            for name in [entry.snippet.name]
        ]

    def _first_words(self, page: TriedPage) -> Iterator[tuple[str, tuple[str, ...]]]:
        everywhere = replace(self._config, top_level_await=("**",))
        for entry in page.page.entries:
            snippet, docname = entry.snippet, page.context.docname
            needs_loop = runs_in_loop(snippet, docname, everywhere) and not runs_in_loop(snippet, docname, self._config)
            yield snippet.name, (LOOP,) if needs_loop else ()

    def _with_sessions(
        self,
        words: Sequence[_Words],
        first: Sequence[Mapping[str, _Run]],
        diagnoses: Sequence[Mapping[str, Diagnosis]],
    ) -> list[_Words]:
        """The words with those of pages that are better as one session."""
        tried = []
        for page, chosen, why in zip(self._pages, words, diagnoses, strict=True):
            tried.append(dict(chosen))
            if any(one.cause is Cause.EARLIER_NAME for one in why.values()):
                tried[-1] |= {name: (*chosen[name], SESSION) for name in _may_join(page, why)}
        second = self._try(tried) if tried != list(words) else first
        found = []
        for page, chosen, alone, together in zip(self._pages, words, first, second, strict=True):
            nearly = {name for name, run in together.items() if _is_nearly_right(page, name, run)}
            better = [name for name in together if name in nearly and not _is_nearly_right(page, name, alone[name])]
            self._only_together |= {(page.file, name) for name in better}
            right = [name for name in together if name in nearly and _is_free(page, name)]
            found.append(chosen | {name: (*chosen[name], SESSION) for name in _members(page, better, right)})
        return found

    def _mend(
        self, words: Sequence[_Words], last: Sequence[Mapping[str, _Run]], diagnoses: Sequence[dict[str, Diagnosis]]
    ) -> bool:
        """Give what fails another option; return whether there was something."""
        is_changed = False
        for page, chosen, runs, why in zip(self._pages, words, last, diagnoses, strict=True):
            for name, run in runs.items():
                if run.problems:
                    chosen[name] = self._remedy(page, name, run, chosen[name])
                    why.setdefault(name, diagnose(run.problems[0], run.recording, _named(page, name)))
                    is_changed = True
        return is_changed

    def _remedy(self, page: TriedPage, name: str, run: _Run, now: tuple[str, ...]) -> tuple[str, ...]:
        if SESSION in now and (page.file, name) not in self._only_together:
            return tuple(word for word in now if word != SESSION)
        snippet = _named(page, name)
        failure, fault = run.recording.failure, run.problems[0].fault
        if UNCOMPARED not in now and _differs_only(run, snippet):
            return (*now, UNCOMPARED)
        is_plain = snippet.options == Options() and SESSION not in now
        if fault is Fault.TIMEOUT and is_plain and STOP not in now:
            found = diagnose(run.problems[0], run.recording, snippet)
            if found.cause is Cause.SERVES:
                return (*now, STOP)
        meant = f"raises={failure.type}" if failure else ""
        is_raised = fault is Fault.RAISED and failure is not None and snippet.typed is None and meant not in now
        if is_raised and failure is not None and _is_named_below(page, snippet, failure.type):
            return (*now, meant)
        return (NO_RUN,)

    def _try(self, words: Sequence[_Words]) -> list[dict[str, _Run]]:
        """Run each program with the options in ``words``, beside each other, and judge the runs; none with ``no-run``.

        :returns: for each page its runs, by the names of the programs.
        """
        jobs = [
            [
                _impatient(job, self._config.timeout)
                for job in jobs_of(_with_words(page.page.entries, chosen), page.context.docname, self._config)
            ]
            for page, chosen in zip(self._pages, words, strict=True)
        ]
        self._runs.expect(job.program for of_page in jobs for job in of_page)
        found: list[dict[str, _Run]] = []
        for of_page in jobs:
            found.append({})
            for job in of_page:
                recordings = self._runs.recordings(job.program) or ()
                for part, (entry, recording) in enumerate(zip(job.entries, recordings, strict=False)):
                    problems = judge(
                        entry.snippet,
                        recording,
                        markers=self._config.expect_markers,
                        timeout=job.program.timeout_of(part),
                    )
                    found[-1][entry.snippet.name] = _Run(recording, problems)
        return found

    def _diagnoses(self, page: TriedPage, runs: Mapping[str, _Run]) -> dict[str, Diagnosis]:
        found: dict[str, Diagnosis] = {}
        earlier: list[str] = []
        for entry in page.page.entries:
            snippet = entry.snippet
            run = runs.get(snippet.name)
            if run is not None and run.problems:
                found[snippet.name] = diagnose(run.problems[0], run.recording, snippet, earlier)
            earlier.append(snippet.code)
        return found


def _impatient(job: Job, timeout: float) -> Job:
    """A job that is stopped early: in a session, a program that never ends may take as long as all of them."""
    seconds = min(job.program.timeout, max(timeout, _PATIENCE * timeout))
    return replace(job, program=replace(job.program, timeout=seconds)) if len(job.entries) > 1 else job


def _with_words(entries: Iterable[SnippetEntry], words: Mapping[str, tuple[str, ...]]) -> Iterator[SnippetEntry]:
    """The programs that run, with the options that are tried."""
    for entry in entries:
        chosen = words[entry.snippet.name]
        if NO_RUN not in chosen:
            snippet = entry.snippet
            options = replace(snippet.options, **_fields(chosen))
            yield replace(entry, snippet=replace(snippet, options=options))


def _fields(words: Iterable[str]) -> dict[str, Any]:
    """The fields of options that words set."""
    given = {name: value or None for name, _, value in (word.partition("=") for word in words)}
    parsed = Options.parse(given)
    return {field: getattr(parsed, field) for field in (name.replace("-", "_") for name in given)}


def _may_join(page: TriedPage, why: Mapping[str, Diagnosis]) -> Iterator[str]:
    """The programs that may be of one session: not those that never end, or are no programs."""
    out = {Cause.NO_PYTHON, Cause.PROMPTS, Cause.TIME, Cause.SERVES}
    for entry in page.page.entries:
        name = entry.snippet.name
        if _is_free(page, name) and not (name in why and why[name].cause in out):
            yield name


def _is_free(page: TriedPage, name: str) -> bool:
    """Whether the author of a program did not say how it runs."""
    snippet = _named(page, name)
    return snippet.options == Options() and not snippet.cell


def _named(page: TriedPage, name: str) -> Snippet:
    return next(entry.snippet for entry in page.page.entries if entry.snippet.name == name)


def _members(page: TriedPage, better: Sequence[str], right: Sequence[str]) -> Iterator[str]:
    """The programs of a session: those that need it, and those that give them a name, however indirectly.

    :param better: those that are right in the session only.
    :param right: those that are right in it.
    """
    wanted: set[str] = set()
    for entry in reversed(page.page.entries):
        name, names = entry.snippet.name, names_of(entry.snippet)
        if name in better or (name in right and wanted & names.given):
            wanted |= names.used
            yield name


def _is_nearly_right(page: TriedPage, name: str, run: _Run) -> bool:
    """Whether a run does what its author wrote, but perhaps for what its examples display."""
    return not run.problems or _differs_only(run, _named(page, name))


def _differs_only(run: _Run, snippet: Snippet) -> bool:
    """Whether examples display something else than is typed below them, and none of them raises anything for that."""
    return snippet.typed is not None and all(
        problem.fault is Fault.MISMATCH and failure_of(problem, run.recording, snippet) is None
        for problem in run.problems
    )


def _is_named_below(page: TriedPage, snippet: Snippet, exception: str) -> bool:
    """Whether the page names an exception soon after a program, or in a comment of it."""
    last = snippet.lines[-1] if snippet.lines else 0
    below = page.lines[last : last + _NEAR] if snippet.file == str(page.file) else ()
    next_program = next((at for at, line in enumerate(below) if _FENCE.match(line)), len(below))
    comments = (line.partition("#")[2] for line in snippet.code.split("\n"))
    word = re.compile(rf"\b{re.escape(exception)}\b")
    return any(word.search(text) for text in (*comments, *below[:next_program]))


#: Where the next program of a page begins.
_FENCE = re.compile(r"[\s>]*(?:`{3,}|~{3,})\s*(?:python|py|python3|py3|pycon)\b", re.IGNORECASE)
