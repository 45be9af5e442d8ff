"""What the engine asks of whoever makes processes. There are two: :mod:`.forked` and :mod:`.spawned`."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .program import Program
    from .run import Run


class Backend(Protocol):
    """Makes a process for each program and says how it ended.

    :ivar missing: what the system lacks to keep programs apart, in words; known after :meth:`wait_until_ready`.
    """

    missing: tuple[str, ...]

    def start(self, imports: Iterable[str]) -> None:
        """Begin to warm up; returns at once."""

    def warm(self, imports: Iterable[str]) -> None:
        """Import what programs to come import, if that can make them faster."""

    def wait_until_ready(self) -> None:
        """Until programs can be launched.

        :raises EngineError: they cannot.
        """

    def launch(self, name: str, program: Program) -> Run:
        """Begin a run."""
        ...

    def kill(self, run: Run) -> None:
        """End a run and all its processes; its ending comes by :meth:`listen`."""

    def listen(self, seconds: float) -> None:
        """Wait until something happens, at most for ``seconds``, and note it in the runs."""

    def finish(self, run: Run) -> None:
        """Take the rest of the output of a run that has ended."""

    def close(self) -> None:
        """End everything. May be called twice."""


def temporary_folder(owner: object) -> Path:
    """A folder that goes with its owner, at the latest when this process ends (an interrupted build ends so)."""
    folder, process = tempfile.mkdtemp(prefix="sphinx-await-"), os.getpid()

    def remove() -> None:
        if os.getpid() == process:  # and not in a fork of it
            shutil.rmtree(folder, ignore_errors=True)

    weakref.finalize(owner, remove)
    return Path(folder)


def plain_environment() -> dict[str, str]:
    """The few variables that processes need; none of the author's own, since a page may print them."""
    wanted = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")
    kept = {name: os.environ[name] for name in wanted if name in os.environ}
    return kept | {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def import_path(first: Iterable[str]) -> list[str]:
    """What programs can import: ``first``, then what this Python can, but for the folder it was started in.

    That one is in ``sys.path`` for ``python -m``; what lies there is the author's, not the course's.
    """
    here = os.path.realpath(os.getcwd())
    paths = [*first, *(path for path in sys.path if path and os.path.realpath(path) != here)]
    return list(dict.fromkeys(paths))
