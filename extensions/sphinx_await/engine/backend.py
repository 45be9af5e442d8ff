"""The interface of backends, which create the processes of programs: :mod:`.fork.backend` and :mod:`.spawn_backend`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .program import Program
    from .run import Run, SharedFolder


class Backend(Protocol):
    """Creates a process for each program and reports how it ended.

    :ivar missing: what the system lacks to isolate programs, in words; known after :meth:`wait_until_ready`.
    :ivar not_shared: modules of ``preload`` that each program imports itself, and why; known then, too.
    :ivar no_meetings: why programs cannot meet here; empty if they can.
    """

    missing: tuple[str, ...]
    no_meetings: str
    not_shared: Mapping[str, str]

    def start(self, imports: Iterable[str]) -> None:
        """Begin to warm up; returns at once."""

    def warm(self, imports: Iterable[str]) -> None:
        """Import what programs to come import, if that can make them faster."""

    def wait_until_ready(self) -> None:
        """Wait until programs can be launched.

        :raises EngineError: programs cannot be launched.
        """

    def launch(self, name: str, program: Program, shared: SharedFolder | None = None, meeting: str = "") -> Run:
        """Start a run.

        :param name: unlike that of any other run of this backend.
        :param shared: the folder in which it runs; without it, the run has a folder of its own.
        :param meeting: the first run of those whose network it shares; empty if it meets nobody.
        """
        ...

    def make_shared_folder(self) -> SharedFolder:
        """Make an empty folder for programs that run one after another."""
        ...

    def kill(self, run: Run) -> None:
        """Kill a run and all its processes; :meth:`listen` then reports its ending."""

    def listen(self, seconds: float) -> None:
        """Wait until something happens, at most for ``seconds``, and note it in the runs.

        :raises EngineError: the backend has died.
        """

    def finish(self, run: Run) -> None:
        """Take the rest of the output of a run that has ended, and free what it used."""

    def close(self) -> None:
        """End everything. May be called twice."""
