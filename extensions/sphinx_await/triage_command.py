"""``sphinx-await triage``: reads the pages of a project, tries their programs, and says what each needs."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from .core.errors import OptionError
from .core.text.terminal import for_terminal
from .course.config import AwaitConfig
from .course.pages.read import read_page
from .course.paths import shown_path
from .course.program_runs import ProgramRuns
from .course.project import CONF, USUAL_FOLDERS, Project
from .course.triage.comments import write_comments
from .course.triage.report import advice_page
from .course.triage.trials import Triage, TriedPage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from .course.triage.trials import Advice

#: Folders that hold no pages of an author's.
_NO_PAGES = frozenset({"node_modules", "__pycache__", "_build", "build", "dist", "site-packages"})


def run_triage_command(arguments: argparse.Namespace) -> int:
    """Say what the programs of pages need; with ``--write``, write it into the pages.

    :returns: 0 if all programs run, or what they need was written; else 1.
    """
    paths = [Path(os.path.abspath(path)) for path in arguments.paths or [Path()]]
    project = project_of(arguments.conf or conf_of(paths[0]), arguments.python)
    config = project.config
    if arguments.timeout is not None:
        config = replace(config, timeout=arguments.timeout)
    found = list(pages_of(paths, project, run_all=True))
    pages = [page for page in found if page.page.entries]
    doctests = sum(page.page.doctests for page in found)
    programs = sum(len(page.page.entries) for page in pages)
    if not programs:
        say("no page has a program: no fence tagged python or pycon, no exec_code, no cell of a notebook")
        _say_doctests(doctests)
        return 0
    say(f"trying {programs} programs of {len(pages)} pages ...", file=sys.stderr)
    folder = config.cache_folder(project.base)
    runs = ProgramRuns(project.settings, folder, config.execute, None)
    try:
        advice = Triage(pages, config, runs).advice()
    finally:
        runs.close()
    for line in advice_page(advice, os.getcwd()):
        say(line)
    _say_doctests(doctests)
    return _write(advice) if arguments.write else _what_next(advice, project)


def _say_doctests(count: int) -> None:
    if count:
        say(f"\nDirectives of sphinx.ext.doctest with code, which sphinx-await does not run: {count}.")
        say("Names that only they define are unknown to the programs.")


def _write(advice: Sequence[Advice]) -> int:
    count = 0
    by_hand: list[tuple[Advice, str]] = []
    for _, of_page in groupby(advice, key=lambda one: one.page.file):
        found = list(of_page)
        written = write_comments(found[0].page, found)
        count += written.count
        by_hand += written.by_hand
    say(f"\n{count} comments written.")
    if by_hand:
        say("To be done by hand:")
    for one, reason in by_hand:
        place = f"{shown_path(one.snippet.file, os.getcwd())}:{one.snippet.line_in_file(1)}"
        say(f"  {place}: {' '.join(one.words)} ({reason})")
    return 1 if by_hand else 0


def _what_next(advice: Sequence[Advice], project: Project) -> int:
    if all(not one.words for one in advice):
        return 0
    say("\nsphinx-await triage --write puts these options into comments before the programs.")
    if not project.config.run_fences and any(not one.snippet.cell for one in advice):
        say('`await_run_fences = ["**"]` in conf.py runs the fences without a comment.')
    return 1


def conf_of(path: Path) -> Path | None:
    """The folder of the conf.py for a page or a folder of pages: above it, in it, or at a usual place below."""
    for folder in (path, *path.parents):
        if (folder / CONF).is_file():
            return folder
        if (folder / ".git").exists():
            break
    return next((path / name for name in USUAL_FOLDERS if (path / name / CONF).is_file()), None)


def project_of(conf: Path | None, python: str | None) -> Project:
    """The project with this conf.py; without one, of the folder in which the command was started.

    :param python: the Python that was asked for.
    :raises OptionError: its configuration is wrong.
    """
    if conf is None:
        base, values, config = Path(os.getcwd()), {}, AwaitConfig()
    else:
        from .sphinxext.conf_file import read_configuration

        base = Path(os.path.abspath(conf))
        config, given = read_configuration(base)
        values = dict(given)
    config = config.on_python(python)
    return Project(base, config, values, config.settings(base, values), conf is not None)


def pages_of(paths: Iterable[Path], project: Project, *, run_all: bool) -> Iterator[TriedPage]:
    """The pages below some folders that have programs, of ours or of sphinx.ext.doctest.

    :param run_all: all plain fences are programs, and not only those that a build runs.
    :raises OptionError: a page cannot be read, or the parser of Markdown is missing.
    """
    for file in dict.fromkeys(found for path in paths for found in _files(path, project)):
        markup = project.markup_of(file)
        if markup is None:
            continue
        context = project.context_of(file)
        if run_all:
            context = replace(context, runs_all=True)
        try:
            page = read_page(file, markup, context)
            text = file.read_text(encoding="utf-8-sig")
        except ImportError as error:
            raise OptionError(f"Markdown is read by packages of myst-parser, which are missing ({error})") from None
        except (OSError, UnicodeDecodeError) as error:
            raise OptionError(f"{file}: it cannot be read: {error}") from None
        if page.entries or page.doctests:
            yield TriedPage(file, markup, context, page, tuple(text.splitlines()))


def _files(path: Path, project: Project) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for folder, names, files in os.walk(path):
        names[:] = sorted(name for name in names if name not in _NO_PAGES and not name.startswith("."))
        for name in sorted(files):
            found = Path(folder, name)
            if not project.is_excluded(found):
                yield found


def say(text: str, file: object = None) -> None:
    """Print a text, of which nothing reaches a terminal raw."""
    print(for_terminal(text), file=file)  # type: ignore[call-overload]
