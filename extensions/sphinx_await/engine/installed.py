"""Which installed distributions and which local files a program's imports came from."""

from __future__ import annotations

import importlib.metadata
import sysconfig
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .settings import digest

if TYPE_CHECKING:
    from collections.abc import Iterable


def distributions_of(names: Iterable[str]) -> dict[str, str]:
    """Distribution names and versions for top-level import names; names of no distribution are left out."""
    found: dict[str, str] = {}
    for name in names:
        for distribution in _distributions_of(name):
            if version := version_of(distribution):
                found[distribution] = version
    return dict(sorted(found.items()))


@cache
def _distributions_of(name: str) -> tuple[str, ...]:
    # Mostly they are called the same; only otherwise all that is installed has to be searched (tens of ms).
    return (name,) if version_of(name) else tuple(_all_distributions().get(name, ()))


@cache
def _all_distributions() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


@cache
def version_of(distribution: str) -> str | None:
    """The installed version, or None."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def local_modules(files: Iterable[str]) -> dict[str, str]:
    """Digests of module files that stand outside this Python and its installed packages."""
    found = {}
    for file in files:
        path = Path(file)
        if not any(path.is_relative_to(home) for home in _homes()) and (value := digest_of(str(path))):
            found[str(path)] = value
    return dict(sorted(found.items()))


def digest_of(file: str) -> str | None:
    """The digest of a file's content; None if it cannot be read (a program's own folder is gone by now)."""
    try:
        return digest(Path(file).read_bytes())
    except OSError:
        return None


@cache
def _homes() -> tuple[Path, ...]:
    return tuple({Path(path) for path in sysconfig.get_paths().values()})
