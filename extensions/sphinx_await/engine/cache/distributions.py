"""Installed distributions: their versions, and whether they were installed again."""

from __future__ import annotations

import importlib.metadata
from functools import cached_property

from ...core.digest import digest


class Distributions:
    """The distributions that are installed now; each is looked up once."""

    def __init__(self) -> None:
        self._versions: dict[str, str] = {}
        self._contents: dict[str, str] = {}

    def of(self, name: str) -> tuple[str, ...]:
        """The distributions that bring a top-level module."""
        return tuple(sorted(set(self._by_module.get(name, ()))))

    @cached_property
    def _by_module(self) -> dict[str, list[str]]:
        return dict(importlib.metadata.packages_distributions())

    def version(self, name: str) -> str:
        """The installed version; "" if it is not installed."""
        if name not in self._versions:
            self._look_up(name)
        return self._versions[name]

    def content(self, name: str) -> str:
        """A digest of the list of its files, which has a digest of each; "" if it is not installed."""
        if name not in self._contents:
            self._look_up(name)
        return self._contents[name]

    def _look_up(self, name: str) -> None:
        try:
            found = importlib.metadata.distribution(name)
            self._versions[name] = str(found.version)
            lines = (found.read_text("RECORD") or found.read_text("METADATA") or "").splitlines()
            # What is compiled when it is first imported or installed differs from machine to machine.
            kept = [line for line in lines if not line.startswith("..") and "__pycache__" not in line]
            self._contents[name] = digest("\n".join(sorted(kept)))
        except (importlib.metadata.PackageNotFoundError, ValueError, OSError):
            self._versions[name] = self._contents[name] = ""
