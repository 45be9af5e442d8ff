"""The side of the build: it decides which programs run, and which of them again, and takes the results.

It imports nothing of the engine: the fork does, while this process reads pages.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import traceback
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

from ...core.errors import EngineError
from ..inherited import be_able_to_start_processes
from .link import DIED, Again, Alone, Close, Ended, Expect, Failed, Link, Ready

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from ..program import Program
    from ..result import RerunPolicy, Result
    from ..settings import Settings
    from .link import Answer, Command


def can_fork() -> bool:
    """Whether a fork of this process can be an engine: a fork has none of the other threads."""
    try:
        return threading.active_count() == 1 and len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


class EngineProcess:
    """To a build it is what :class:`.Engine` is, but that programs can run before :meth:`run` is called."""

    #: Workers that were refused: here there are none.
    refusals: Mapping[str, str] = MappingProxyType({})

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.missing: tuple[str, ...] = ()
        self.not_shared: Mapping[str, str] = {}
        self._link: Link | None = None
        self._process = 0
        self._is_done = False
        self._numbers = count()
        self._expected: dict[Program, int] = {}

    def start(self, imports: Iterable[str] = ()) -> None:
        """Start the process, unless it has been started; returns at once.

        :param imports: top-level names that the programs to come import.
        :raises EngineError: the system refuses a process.
        """
        if self._link is not None:
            return
        names = [*imports]
        self._is_done = False
        self._expected.clear()
        be_able_to_start_processes()
        try:
            ours, theirs = socket.socketpair()
            with ours, theirs:
                self._process = os.fork()
                if not self._process:
                    _be_the_engine(ours, theirs, self.settings, names)
                self._link = Link(ours.dup())
        except OSError as error:
            raise EngineError(f"programs cannot be prepared: {error.strerror or error}") from None

    def expect(self, program: Program) -> None:
        """Announce a program that :meth:`run` will be given if all goes as it should. It may run at once."""
        if self._link is None or program in self._expected or program.alone or program.repeat > 1:
            return
        self._expected[program] = next(self._numbers)
        with contextlib.suppress(EngineError):  # `run` says it
            self._link.send(Expect(self._expected[program], program), wait=False)

    def run(
        self, programs: Iterable[Program], policy: RerunPolicy | None = None, *, rerun: bool = True
    ) -> Generator[Result]:
        """Run the programs, and yield each result as it comes. The process then ends: the next call starts another.

        If the iterator is closed before its end, the programs that still run are killed.

        :param policy: which programs run again that the machine may have disturbed.
        :param rerun: run any program again. One with side effects must run once.
        :raises EngineError: programs cannot be run here at all.
        """
        from ..passes import run_in_passes
        from ..result import RerunPolicy

        self.start()
        try:
            yield from run_in_passes(self, [*programs], (policy or RerunPolicy()) if rerun else None)
            self._is_done = True
        finally:
            self.close()

    def together(self, programs: Mapping[int, Program]) -> Iterator[tuple[int, Result]]:
        """Run programs beside each other, some of which run already, and yield each result as it comes."""
        sent: dict[int, int] = {}
        for number, program in programs.items():
            known = self._expected.pop(program, None)
            if known is None:
                known = next(self._numbers)
                self._send(Expect(known, program))
            sent[known] = number
        self._send(Close(frozenset(sent)))
        ready = self._receive()
        assert isinstance(ready, Ready)
        self.missing, self.not_shared = ready.missing, ready.not_shared
        for known, result in self._results({known: programs[number] for known, number in sent.items()}):
            yield sent[known], result

    def sleepers(self, programs: Mapping[int, Program]) -> Iterator[tuple[int, Result]]:
        """Run programs beside each other, each of which starts when no other wants a core."""
        if programs:
            self._send(Again(dict(programs)))
            yield from self._results(programs)

    def alone(self, program: Program) -> Result:
        """Run one program while no other runs."""
        self._send(Alone(program))
        ((_, result),) = self._results({0: program})
        return result

    def close(self) -> None:
        """End the process, and with it every other that it started. May be called twice."""
        if self._link is None:
            return
        if not self._is_done:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGTERM)
        self._link.close()
        self._link = None
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._process, 0)

    def _results(self, programs: Mapping[int, Program]) -> Iterator[tuple[int, Result]]:
        from ..result import Result

        for _ in programs:
            ended = self._receive()
            assert isinstance(ended, Ended)
            program = programs[ended.number]
            yield ended.number, Result(program, ended.recordings, crowded=ended.crowded, started=ended.started)

    def _send(self, command: Command) -> None:
        assert self._link is not None
        try:
            self._link.send(command)
        except EngineError:
            self._receive()  # it may have said why it ended
            raise

    def _receive(self) -> Ready | Ended:
        assert self._link is not None
        answer: Answer | None = self._link.receive()
        if answer is None:
            raise EngineError(DIED)
        if isinstance(answer, Failed):
            raise EngineError(answer.reason)
        return answer


def _be_the_engine(ours: socket.socket, theirs: socket.socket, settings: Settings, imports: list[str]) -> NoReturn:
    """Be the engine process, and never return into what is the build's."""
    try:
        ours.close()
        from .work import be_the_engine

        be_the_engine(Link(theirs), settings, imports)
    except BaseException:  # noqa: BLE001 - the build learns that this process has ended
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)
