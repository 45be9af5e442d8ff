"""Why a program has no valid recording."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..program import Program


@dataclass(frozen=True, slots=True)
class Miss:
    """Why there is no valid recording, in words that follow "runs because".

    :ivar wall: seconds that the run took whose recording is no longer valid; 0 if there is none.
    """

    reason: str
    wall: float = 0.0

    def weigh(self, program: Program) -> Program:
        """The program, with its weight if that is known."""
        return replace(program, weight=self.wall)
