"""What a recording depends on beyond its snippet's own code."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - read at run time, by from_data
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What a run depended on beyond its own code. Its recording is valid only while none of it changes.

    :ivar distributions: installed distributions whose modules were imported: name to version
    :ivar modules: what the import of each other module found: name to digest, empty if it found nothing. Before version
        3: path of a file to digest
    :ivar declared: what the configuration gives to programs (files, variables, hosts, limits): name to digest
    :ivar installed: digests of the lists of their files, by name of the distribution
    :ivar files: files and folders that were read: path to digest, empty if there was none
    :ivar complete: whether this is everything. If not, the recording is valid in one build only
    """

    distributions: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, str] = field(default_factory=dict)
    installed: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True

    @classmethod
    def merge(cls, all_of: Iterable[Dependencies]) -> Dependencies | None:
        """What several recordings depend on together; None if two of them depend on different versions of a thing."""
        merged: dict[str, dict[str, str]] = {name: {} for name in cls.__dataclass_fields__ if name != "complete"}
        complete = True
        for one in all_of:
            complete = complete and one.complete
            for name, known in merged.items():
                required = getattr(one, name)
                if any(known.get(key, value) != value for key, value in required.items()):
                    return None
                known.update(required)
        return cls(**merged, complete=complete)
