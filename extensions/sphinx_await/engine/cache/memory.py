"""What a process remembers of a cache, and of what its recordings depend on, between a wait and the build after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...core.model.recording import Recording


@dataclass(frozen=True, slots=True)
class Memory:
    """What was read. Each part says of which state of the files it is true.

    :ivar recordings: by the name of their file, with its stamp.
    :ivar trees: digests of folders, with the status of each file.
    """

    recordings: dict[str, tuple[list[int], Recording]] = field(default_factory=dict)
    trees: dict[str, tuple[list[tuple[str, tuple[int, ...] | None]], str]] = field(default_factory=dict)
