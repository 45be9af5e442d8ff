"""The programs that snippets make: one each, one for a session, one for all that share a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.syntax import awaits_at_top_level
from ..engine.program import Program
from .patterns import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..core.model.snippet import Options, Snippet
    from .config import AwaitConfig
    from .entries import SnippetEntry


@dataclass(frozen=True, slots=True)
class Job:
    """A program and its snippets: one snippet of a document, all snippets of a session, or all that share a folder."""

    docname: str
    entries: tuple[SnippetEntry, ...]
    program: Program

    def parts_of_process(self, part: int) -> tuple[tuple[SnippetEntry, ...], int]:
        """The snippets of the process in which a part ran, and which of them it is."""
        start = 0
        for process in self.program.processes:
            if part < start + len(process.parts):
                return self.entries[start : start + len(process.parts)], part - start
            start += len(process.parts)
        return self.entries, part


def jobs_of(entries: Iterable[SnippetEntry], docname: str, config: AwaitConfig) -> Iterator[Job]:
    """The programs of a document that are for the Python on which they run."""
    entries = [entry for entry in entries if config.fits(entry.snippet.options)]
    jobs = list(_separate_jobs(entries, docname, config))
    if config.folder_scope != "page":
        yield from jobs
        return
    place = {entry.snippet.name: number for number, entry in enumerate(entries)}
    jobs.sort(key=lambda job: place[job.entries[0].snippet.name])
    chained: list[Job] = []
    for job in jobs:
        # What is shown of a repeated program, or of one that shares its run, is not what ran in its place on the page;
        # programs that meet run at once.
        if job.program.repeat > 1 or job.program.meets or job.entries[0].snippet.options.share:
            yield job
        else:
            chained.append(job)
    if len(chained) == 1:
        yield chained[0]
    elif chained:
        program = Program.in_one_folder([job.program for job in chained])
        yield Job(docname, tuple(entry for job in chained for entry in job.entries), program)


def _separate_jobs(entries: Sequence[SnippetEntry], docname: str, config: AwaitConfig) -> Iterator[Job]:
    sessions: dict[str, list[SnippetEntry]] = {}
    is_one = is_one_session(docname, config)
    met: set[str] = set()
    if any(entry.snippet.options.meets for entry in entries):
        from .meetings import meetings_of  # few programs meet

        for meeting in meetings_of(entries):
            programs = [_own_program(entry, docname, config) for entry in meeting.entries]
            yield Job(docname, meeting.entries, Program.in_one_network(programs, meeting.meets))
            met.update(entry.snippet.name for entry in meeting.entries)
    for entry in entries:
        if entry.snippet.name in met:
            continue
        if (session := session_of(entry.snippet.options, is_one=is_one or entry.snippet.cell)) is not None:
            sessions.setdefault(session, []).append(entry)
        else:
            yield Job(docname, (entry,), _own_program(entry, docname, config))
    for members in sessions.values():
        seconds = sum(_timeout(entry.snippet, config) for entry in members)
        parts = tuple(entry.snippet.code for entry in members)
        program = Program(
            parts,
            seconds,
            last_values=_last_values(members, docname, config),
            in_loop=_in_loop(members, docname, config),
            examples=_examples(members),
            stdin="".join(entry.snippet.options.stdin or "" for entry in members),
        )
        yield Job(docname, tuple(members), program)


def _own_program(entry: SnippetEntry, docname: str, config: AwaitConfig) -> Program:
    """The program of a snippet that has a process of its own."""
    snippet, options = entry.snippet, entry.snippet.options
    return Program(
        (snippet.code,),
        _timeout(snippet, config),
        options.alone,
        options.repeat,
        last_values=_last_values([entry], docname, config),
        in_loop=_in_loop([entry], docname, config),
        hangs=options.is_stopped,
        stdin=options.stdin or "",
        examples=_examples([entry]),
    )


def is_one_session(docname: str, config: AwaitConfig) -> bool:
    """Whether the programs of a document go on in each other's state without a word of theirs."""
    patterns = config.session_patterns()
    return next((kind for pattern, kind in patterns.items() if matches(docname, (pattern,))), "program") == "page"


def continues(snippet: Snippet, docname: str, config: AwaitConfig) -> bool:
    """Whether a program goes on in the state of others of its page."""
    return session_of(snippet.options, is_one=is_one_session(docname, config) or snippet.cell) is not None


def session_of(options: Options, *, is_one: bool) -> str | None:
    """The session of a program: a name, empty for that of the page, None for a process of its own."""
    if options.session:
        return options.session
    own = options.repeat > 1 or options.alone or options.share or options.is_stopped or options.meets
    if options.session is not None or own:
        return None
    return "" if is_one else None


def _last_values(entries: Sequence[SnippetEntry], docname: str, config: AwaitConfig) -> tuple[int, ...]:
    """The programs of a process whose last expression has its value displayed."""
    return tuple(part for part, entry in enumerate(entries) if shows_last_value(entry.snippet, docname, config))


def shows_last_value(snippet: Snippet, docname: str, config: AwaitConfig) -> bool:
    """Whether the value of a program's last expression is displayed."""
    asked = snippet.options.last_value
    if asked is not None:
        return asked
    return snippet.cell or bool(config.last_value and matches(docname, config.last_value))


def _in_loop(entries: Sequence[SnippetEntry], docname: str, config: AwaitConfig) -> tuple[int, ...]:
    """The programs of a process that run in an event loop."""
    return tuple(part for part, entry in enumerate(entries) if runs_in_loop(entry.snippet, docname, config))


def runs_in_loop(snippet: Snippet, docname: str, config: AwaitConfig) -> bool:
    """Whether a program runs in an event loop: it was asked for, or it awaits at its top level where it may."""
    asked = snippet.options.top_level_await
    if asked is not None:
        return asked
    named = snippet.cell or (config.top_level_await and matches(docname, config.top_level_await))
    return bool(named) and any(map(awaits_at_top_level, snippet.compiled()))


def _examples(entries: Sequence[SnippetEntry]) -> tuple[tuple[int, ...], ...]:
    """For each program of a process the lines on which its examples begin; nothing if none is typed at a prompt."""
    typed = [entry.snippet.typed for entry in entries]
    return tuple(tuple(one.first for one in part.run) if part else () for part in typed) if any(typed) else ()


def _timeout(snippet: Snippet, config: AwaitConfig) -> float:
    options = snippet.options
    return options.hangs or options.stop_after or options.timeout or float(config.timeout)
