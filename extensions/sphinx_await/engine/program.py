"""A program, as the engine takes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .settings import DEFAULT_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run.

    :ivar parts: its source; more than one are the snippets of a session, run in one process and namespace.
    :ivar timeout: seconds that all parts together may take.
    :ivar alone: nothing else runs meanwhile.
    :ivar repeat: how many times it runs; the run with the median time is kept.
    :ivar copy: distinguishes equal programs, each of which has its own run: 0 for the first.
    :ivar weight: seconds that it took before, 0 if that is not known.
    :ivar arguments: what it finds in ``sys.argv`` after its name.
    :ivar processes: programs that run one after another in one folder, or that meet, each in its own process;
        :attr:`parts` are all of theirs. Empty for a program that runs in one process.
    :ivar meets: for each of the processes, which of those before it it meets, counted from 0. They run at the same time
        in one network, each in its own folder. Empty if they run one after another.
    :ivar hangs: its time limit is how it ends, and no failure by chance: it is meant not to end, or to be stopped.
    :ivar last_values: the parts of its process, counted from 0, whose last expression has its value displayed.
    :ivar in_loop: the parts of its process, counted from 0, that run in an event loop, as under ``python -m asyncio``.
    :ivar examples: for each part of its process that is typed at a prompt, the lines on which its examples begin; for
        each other part none.
    :ivar stdin: what it reads from its standard input.
    """

    parts: tuple[str, ...]
    timeout: float = DEFAULT_TIMEOUT
    alone: bool = False
    repeat: int = 1
    copy: int = 0
    weight: float = field(default=0.0, compare=False)
    arguments: tuple[str, ...] = ()
    processes: tuple[Program, ...] = ()
    last_values: tuple[int, ...] = ()
    in_loop: tuple[int, ...] = ()
    hangs: bool = False
    examples: tuple[tuple[int, ...], ...] = ()
    stdin: str = ""
    meets: tuple[tuple[int, ...], ...] = ()

    def imports(self) -> list[str]:
        """The top-level names of the import statements of all parts."""
        from .source_hints import source_hints  # not needed by a build that runs nothing

        return sorted({name for part in self.parts for name in source_hints(part).imports})

    def seconds(self) -> float:
        """An estimate of how long it takes. It only decides which program starts first."""
        from .source_hints import source_hints

        return self.weight or sum(source_hints(part).sleep for part in self.parts)

    def timeout_of(self, part: int) -> float:
        """Seconds that the process of a part may take."""
        return self._process_of(part).timeout

    def hangs_in(self, part: int) -> bool:
        """Whether the process of a part is meant not to end."""
        return self._process_of(part).hangs

    def _process_of(self, part: int) -> Program:
        for process in self.processes:
            if part < len(process.parts):
                return process
            part -= len(process.parts)
        return self

    @classmethod
    def in_one_folder(cls, processes: Sequence[Program]) -> Program:
        """Programs that run one after another, so that each finds the files that the earlier ones wrote."""
        return cls(
            parts=tuple(part for process in processes for part in process.parts),
            timeout=sum(process.timeout for process in processes),
            alone=any(process.alone for process in processes),
            processes=tuple(processes),
        )

    @classmethod
    def in_one_network(cls, processes: Sequence[Program], meets: Sequence[tuple[int, ...]]) -> Program:
        """Programs that meet.

        :param meets: for each of them, which of those before it it meets.
        """
        return replace(
            cls.in_one_folder(processes), timeout=max(process.timeout for process in processes), meets=tuple(meets)
        )

    @classmethod
    def of(cls, code: str, timeout: float = DEFAULT_TIMEOUT) -> Program:
        """A program of one part."""
        return cls((code,), timeout)
