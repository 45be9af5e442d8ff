"""A program, as the engine takes it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .settings import DEFAULT_TIMEOUT


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
    """

    parts: tuple[str, ...]
    timeout: float = DEFAULT_TIMEOUT
    alone: bool = False
    repeat: int = 1
    copy: int = 0
    weight: float = field(default=0.0, compare=False)
    arguments: tuple[str, ...] = ()

    def imports(self) -> list[str]:
        """The top-level names of the import statements of all parts."""
        from .source_hints import source_hints  # not needed by a build that runs nothing

        return sorted({name for part in self.parts for name in source_hints(part).imports})

    def seconds(self) -> float:
        """An estimate of how long it takes. It only decides which program starts first."""
        from .source_hints import source_hints

        return self.weight or sum(source_hints(part).sleep for part in self.parts)

    @classmethod
    def of(cls, code: str, timeout: float = DEFAULT_TIMEOUT) -> Program:
        """A program of one part."""
        return cls((code,), timeout)
