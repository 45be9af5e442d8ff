"""One program to run, as the engine sees it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .settings import DEFAULT_TIMEOUT


@dataclass(frozen=True, slots=True)
class Program:
    """One program to run.

    :ivar parts: its source; more than one are the snippets of a session, run in one process and namespace.
    :ivar timeout: seconds that it may take, all parts together.
    :ivar alone: nothing else runs meanwhile.
    :ivar repeat: how many times it is run; the run in the middle of the times is the one that is kept.
    :ivar weight: seconds that it took before, 0 if that is not known.
    """

    parts: tuple[str, ...]
    timeout: float = DEFAULT_TIMEOUT
    alone: bool = False
    repeat: int = 1
    weight: float = field(default=0.0, compare=False)

    def imports(self) -> list[str]:
        """The top-level names of the import statements of all parts."""
        from .source_hints import source_hints  # a build that runs nothing does without

        return sorted({name for part in self.parts for name in source_hints(part).imports})

    def seconds(self) -> float:
        """How long it will take, as far as can be guessed: it decides only who starts first."""
        from .source_hints import source_hints

        return self.weight or sum(source_hints(part).sleep for part in self.parts)

    @classmethod
    def of(cls, code: str, timeout: float = DEFAULT_TIMEOUT) -> Program:
        """A program of one part."""
        return cls((code,), timeout)
