"""Builds in processes that begin with what a build imports: a fork server has it, and each build is a fork of that.

After a build the next one begins at once, does what it can, and waits for an edit. Only an edit of pages may have it:
whatever else changed, it may have seen as it was before. Where there is no fork, each build is a new process, which
begins with the edit.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .build_process import INSTALLED, PAGES, STALE, Habits, Order, build

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path
    from typing import TypeAlias

    #: Takes messages for pages: how many programs have run, and how many are to run; which pages are written.
    Report: TypeAlias = Callable[[dict[str, object]], None]

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
    "sphinx_await.sphinxext.run.ahead",
    "sphinx_await.sphinxext.run.judging",
    "sphinx_await.sphinxext.render.transforms",
    "sphinx_await.sphinxext.render.html",
    "sphinx_await.sphinxext.run.running",
    "sphinx_await.engine.ended_run",
    "sphinx_await.engine.scheduler",
)
_NAMES = "SPHINX_AWAIT_SERVE_IMPORTS"
_PATIENCE = 2.0  # seconds, for a build that is to end


@dataclass(frozen=True, slots=True)
class _Begun:
    """A build that has begun.

    :ivar reader: what it says.
    :ivar edit: tells it of the edit for which it waits; None if it does not wait.
    """

    process: Any
    reader: Connection
    edit: Connection | None

    def discard(self) -> None:
        """Let it end, where it waits."""
        if self.edit is not None:
            self.edit.close()
        self.reader.close()


class WarmBuilds:
    """Builds a project again and again.

    :param arguments: of ``sphinx-build``.
    :param source: the folder of the pages.
    :param extensions: of the project. Those that are installed are imported once; its own are imported by each build,
        since they may be edited.
    """

    def __init__(self, arguments: Sequence[str], source: Path, extensions: Iterable[str]) -> None:
        self._arguments = list(arguments)
        self._source = os.path.join(source, "")
        self._is_first = True
        self._habits = Habits()
        self._next: _Begun | None = None
        self._can_fork = "forkserver" in multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if self._can_fork else "spawn")
        if self._can_fork:
            os.environ[_NAMES] = " ".join([*_ALWAYS, *_installed(extensions)])
            multiprocessing.set_forkserver_preload([__name__])

    def build(self, report: Report, changed: Collection[str] = ()) -> int:
        """Build once, and return the exit status.

        Only the first build makes an index for the search: to make one may take longer than all the rest.

        :param changed: the files for which it builds.
        """
        begun = self._take(changed)
        status = STALE if begun is None else self._ended(begun, report)
        if status == STALE:
            status = self._ended(self._begin(waits=False), report)
        self._is_first = False
        if self._can_fork and not status:
            self._next = self._begin(waits=True)
        return status

    def close(self) -> None:
        """End the build that waits for an edit."""
        begun, self._next = self._next, None
        if begun is not None:
            begun.discard()
            begun.process.join(_PATIENCE)
            if begun.process.is_alive():
                begun.process.terminate()
                begun.process.join()

    def _take(self, changed: Collection[str]) -> _Begun | None:
        """The build that waits, which goes on; None if there is none, or if it may have read what changed."""
        begun, self._next = self._next, None
        if begun is None:
            return None
        if changed and all(map(self._is_page, changed)) and begun.edit is not None:
            with contextlib.suppress(OSError), begun.edit:
                begun.edit.send(None)
                return begun
        begun.discard()
        return None

    def _is_page(self, path: str) -> bool:
        return path.startswith(self._source) and path.endswith(PAGES) and os.path.isfile(path)

    def _begin(self, *, waits: bool) -> _Begun:
        reader, say = self._context.Pipe(duplex=False)
        wait, edit = self._context.Pipe(duplex=False) if waits else (None, None)
        order = Order(self._arguments, os.getcwd(), list(sys.path), list(sys.orig_argv), self._is_first, self._habits)
        process = self._context.Process(target=build, args=(say, wait, order))
        process.start()
        say.close()
        if wait is not None:
            wait.close()
        return _Begun(process, reader, edit)

    def _ended(self, begun: _Begun, report: Report) -> int:
        """The exit status of a build, of which is reported how far it is."""
        with begun.reader:
            for message in _messages(begun.reader):
                if isinstance(message, Habits):
                    self._habits = message
                else:
                    report(message)
            begun.process.join()
        return 1 if begun.process.exitcode is None else int(begun.process.exitcode)


def _messages(reader: Connection) -> Iterator[Any]:
    while True:
        try:
            yield reader.recv()
        except (EOFError, OSError):  # it has ended, perhaps in the middle of a message
            return


def _installed(extensions: Iterable[str]) -> Iterator[str]:
    """The extensions that nobody edits."""
    for name in extensions:
        try:
            spec = find_spec(name)
        except (ImportError, ValueError):
            continue
        if spec is not None and spec.origin is not None and spec.origin.startswith(INSTALLED):
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
