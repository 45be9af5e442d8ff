"""``sphinx-await compare``: runs the programs of pages on several Pythons, and says what they print differently."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .course.jobs import jobs_of
from .course.paths import shown_path
from .course.program_runs import ProgramRuns
from .course.run_differences import difference
from .triage_command import conf_of, pages_of, project_of, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from .core.model.recording import Recording
    from .core.model.snippet import Snippet
    from .course.project import Project
    from .course.triage.trials import TriedPage


@dataclass(frozen=True, slots=True)
class _Runs:
    """What a Python has recorded.

    :ivar name: of that Python.
    :ivar recordings: by page and name of the program.
    :ivar unrecorded: programs for this Python that have none, since ``await_execute`` lets nothing run.
    """

    name: str
    recordings: dict[tuple[Path, str], Recording]
    unrecorded: frozenset[tuple[Path, str]]


def run_compare_command(arguments: argparse.Namespace) -> int:
    """Say what programs print differently.

    :returns: 0 if each program does the same on all Pythons for which it is; 1 if one prints something else or ends in
        another way, runs on some of them only, or could not be compared.
    """
    paths = [Path(os.path.abspath(path)) for path in arguments.paths or [Path()]]
    conf = arguments.conf or conf_of(paths[0])
    named = arguments.python if len(arguments.python) > 1 else [None, *arguments.python]
    projects = [project_of(conf, python) for python in named]
    pages = list(pages_of(paths, projects[0], run_all=False))
    snippets = {(page.file, entry.snippet.name): entry.snippet for page in pages for entry in page.page.entries}
    if not snippets:
        say("no page has a program that a build runs")
        return 0
    first, *others = (_run(project, pages) for project in projects)
    return max([_compare(first, other, snippets) for other in others])


def _run(project: Project, pages: Sequence[TriedPage]) -> _Runs:
    """Run the programs of pages on the Python of a project, as far as nothing valid is recorded.

    :raises EngineError: programs cannot run on this system.
    """
    config = project.config
    runs = ProgramRuns(project.settings, config.cache_folder(project.base), config.execute, None)
    jobs = [(page.file, job) for page in pages for job in jobs_of(page.page.entries, page.context.docname, config)]
    found: dict[tuple[Path, str], Recording] = {}
    try:
        runs.expect(job.program for _, job in jobs)
        for file, job in jobs:
            recordings = runs.recordings(job.program) or ()
            found |= {(file, entry.snippet.name): one for entry, one in zip(job.entries, recordings, strict=False)}
    finally:
        runs.close()
    wanted = frozenset((file, entry.snippet.name) for file, job in jobs for entry in job.entries)
    return _Runs(config.interpreter().name, found, wanted - found.keys())


def _compare(first: _Runs, other: _Runs, snippets: dict[tuple[Path, str], Snippet]) -> int:
    both = [key for key in snippets if key in first.recordings and key in other.recordings]
    names = (first.name, other.name)
    found = {key: difference(first.recordings[key], other.recordings[key], names) for key in both}
    differing = {snippets[key]: lines for key, lines in found.items() if lines}
    for snippet, lines in differing.items():
        say("\n".join([f"{_place(snippet)}: {snippet.name}", *(f"  {line}" for line in lines), ""]))
    alone = [*_alone(first, other, snippets), *_alone(other, first, snippets)]
    unrecorded = [*_unrecorded(first, snippets), *_unrecorded(other, snippets)]
    for line in [*alone, *unrecorded]:
        say(line)
    counts = f"{len(both)} programs, {len(differing)} with another output"
    counts += f", {len(alone)} on one of them only" if alone else ""
    say(f"{first.name} and {other.name}: {counts}")
    return 1 if differing or alone or unrecorded else 0


def _alone(one: _Runs, other: _Runs, snippets: dict[tuple[Path, str], Snippet]) -> Iterator[str]:
    for key, snippet in snippets.items():
        if key in one.recordings and key not in other.recordings and key not in other.unrecorded:
            yield f"{_place(snippet)}: {snippet.name} runs with {one.name} only"


def _unrecorded(runs: _Runs, snippets: dict[tuple[Path, str], Snippet]) -> Iterator[str]:
    for key, snippet in snippets.items():
        if key in runs.unrecorded:
            yield f"{_place(snippet)}: {snippet.name} has no recording with {runs.name}, and await_execute runs none"


def _place(snippet: Snippet) -> str:
    return f"{shown_path(snippet.file, os.getcwd())}:{snippet.line_in_file(1)}"
