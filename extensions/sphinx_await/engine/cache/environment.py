"""Which installed distributions and which local files a program's imports came from."""

from __future__ import annotations

import importlib.metadata
import sys
import sysconfig
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.digest import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


#: The version of a name that cannot be imported.
NOT_THERE = ""


def distributions_of(names: Iterable[str], path: Sequence[str]) -> dict[str, str]:
    """Distribution names and versions for top-level import names.

    A name that cannot be imported at all has the version :data:`NOT_THERE`; one of no distribution is left out.
    """
    found: dict[str, str] = {}
    for name in names:
        versions = {one: version for one in _distributions_of(name) if (version := version_of(one))}
        found |= versions
        if not versions and not is_importable(name, path):
            found[name] = NOT_THERE
    return dict(sorted(found.items()))


def is_importable(name: str, path: Sequence[str]) -> bool:
    """Whether a top-level name can be imported, from ``path`` or where this Python looks."""
    try:
        return PathFinder.find_spec(name, [*path, *sys.path]) is not None or name in sys.builtin_module_names
    except (ImportError, ValueError):
        return False


def clear_caches() -> None:
    """Forget what is installed: another build in this process may find other versions."""
    _distributions_of.cache_clear()
    _all_distributions.cache_clear()
    version_of.cache_clear()


@cache
def _distributions_of(name: str) -> tuple[str, ...]:
    # Mostly they have the same name. Otherwise everything that is installed must be searched (tens of ms).
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
    """Digests of module files that lie outside this Python and its installed packages."""
    found = {}
    for file in files:
        path = Path(file)
        if not any(path.is_relative_to(home) for home in _homes()) and (value := digest_of(str(path))):
            found[str(path)] = value
    return dict(sorted(found.items()))


def digest_of(file: str) -> str | None:
    """The digest of a file's content; None if it cannot be read (a program's own folder is removed by now)."""
    try:
        return digest(Path(file).read_bytes())
    except OSError:
        return None


@cache
def _homes() -> tuple[Path, ...]:
    return tuple({Path(path) for path in sysconfig.get_paths().values()})
