"""The state of an output folder."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..core.model.dependencies import Dependencies


# Nobody compares or prints it, and the time to make a class is part of each build.
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OutputState:
    """The state of an output folder: what its pages show. The folder stores a digest of it, so a mismatch is detected.

    :ivar course: the fingerprint of the course; empty if something was wrong with it.
    :ivar requires: the merged dependencies of its recordings.
    :ivar recordings: mtime and size of each recording's file.
    :ivar documents: for each document, a digest of the outcomes that it shows and of the code that renders them.
    """

    course: str = ""
    requires: Dependencies = field(default_factory=Dependencies)
    recordings: dict[str, list[int]] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
