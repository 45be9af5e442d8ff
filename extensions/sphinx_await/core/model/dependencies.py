"""What a recording depends on beyond its snippet's own code."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - read at run time, by from_data
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the run depended on beyond its own code; the recording is valid only while all of it stands.

    Each maps a name to a version or digest. ``distributions``: installed distributions whose modules were
    imported. ``modules``: source files of imported modules that belong to no distribution. ``declared``: what
    the configuration hands to programs (files, variables, hosts).
    """

    distributions: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, str] = field(default_factory=dict)
