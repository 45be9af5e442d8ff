"""Builds in processes that begin with what a build imports: a fork server has it, and each build is a fork of that.

Where there is no fork, each build is a new process.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import sysconfig
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from typing import TypeAlias

    #: Takes how many programs have run, and how many are to run.
    Report: TypeAlias = Callable[[int, int], None]

#: What each build imports sooner or later.
_ALWAYS = (
    "sphinx.cmd.build",
    "sphinx.builders.html",
    "sphinx.domains.std",
    "sphinx.domains.python",
    "sphinx.search",
    "sphinx.parsers",
    "sphinx.writers.html5",
    "sphinx_await.sphinxext",
    "sphinx_await.sphinxext.read.fences",
    "sphinx_await.sphinxext.run.judging",
    "sphinx_await.sphinxext.render.transforms",
    "sphinx_await.sphinxext.render.html",
    "sphinx_await.sphinxext.run.running",
    "sphinx_await.engine.ended_run",
    "sphinx_await.engine.scheduler",
)
_NAMES = "SPHINX_AWAIT_SERVE_IMPORTS"


class WarmBuilds:
    """Builds a project again and again.

    :param arguments: of ``sphinx-build``.
    :param extensions: of the project. Those that are installed are imported once; its own are imported by each build,
        since they may be edited.
    """

    def __init__(self, arguments: Sequence[str], extensions: Iterable[str]) -> None:
        self._arguments = list(arguments)
        self._count = 0
        can_fork = "forkserver" in multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if can_fork else "spawn")
        if can_fork:
            os.environ[_NAMES] = " ".join([*_ALWAYS, *_installed(extensions)])
            multiprocessing.set_forkserver_preload([__name__])

    def build(self, report: Report) -> int:
        """Build once, and return the exit status.

        Only the first build makes an index for the search: to make one may take longer than all the rest.
        """
        reader, writer = self._context.Pipe(duplex=False)
        with reader:
            process = self._context.Process(
                target=_build, args=(writer, self._arguments, os.getcwd(), list(sys.path), not self._count)
            )
            process.start()
            writer.close()
            self._count += 1
            for done, total in _messages(reader):
                report(done, total)
            process.join()
        return 1 if process.exitcode is None else int(process.exitcode)


def _messages(reader: Connection) -> Iterator[tuple[int, int]]:
    while True:
        try:
            yield reader.recv()
        except EOFError:
            return


def _build(writer: Connection, arguments: list[str], folder: str, path: list[str], with_search: bool) -> None:
    """Be ``sphinx-build``, and say how far the programs are."""
    os.chdir(folder)
    sys.path[:] = path
    from sphinx.builders.html import StandaloneHTMLBuilder
    from sphinx.cmd.build import main

    from ..sphinxext import recordings

    StandaloneHTMLBuilder.search = with_search
    recordings.on_progress = lambda *numbers: writer.send(numbers)
    status = main(arguments)
    sys.stdout.flush()
    sys.exit(status)


def _installed(extensions: Iterable[str]) -> Iterator[str]:
    """The extensions that nobody edits."""
    folders = tuple(os.path.join(sysconfig.get_path(kind), "") for kind in ("purelib", "platlib", "stdlib"))
    for name in extensions:
        try:
            spec = find_spec(name)
        except (ImportError, ValueError):
            continue
        if spec is not None and spec.origin is not None and spec.origin.startswith(folders):
            yield name


def _import_all() -> None:
    """Import what builds import. What fails here fails in the build, which says so."""
    for name in os.environ.get(_NAMES, "").split():
        try:
            import_module(name)
        except Exception:  # noqa: BLE001, S112 - whatever a module does
            continue


if multiprocessing.current_process().name != "MainProcess" or _NAMES in os.environ:
    _import_all()
