"""Installed distributions: their versions, and whether they were installed again."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import os
from functools import cached_property
from typing import TYPE_CHECKING

from ...core.digest import digest
from .regular_files import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Sequence

_SLACK = 2  # seconds: some installers and archives keep no finer times


class Distributions:
    """The distributions that are installed now; each is looked up once.

    :param path: the import path of another Python than this one.
    """

    def __init__(self, path: Sequence[str] | None = None) -> None:
        self._path = None if path is None else list(path)
        self._versions: dict[str, str] = {}
        self._contents: dict[str, str] = {}

    def of(self, name: str) -> tuple[str, ...]:
        """The distributions that bring a top-level module."""
        return tuple(sorted(set(self._by_module.get(name, ()))))

    @cached_property
    def _by_module(self) -> dict[str, list[str]]:
        if self._path is None:
            return dict(importlib.metadata.packages_distributions())
        found: dict[str, list[str]] = {}
        for one in importlib.metadata.distributions(path=self._path):
            for name in _modules_of(one):
                found.setdefault(name, []).append(str(one.metadata["Name"]))
        return found

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

    def _find(self, name: str) -> importlib.metadata.Distribution:
        if self._path is None:
            return importlib.metadata.distribution(name)
        found = next(iter(importlib.metadata.distributions(name=name, path=self._path)), None)
        if found is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return found

    def _look_up(self, name: str) -> None:
        try:
            found = self._find(name)
            self._versions[name] = str(found.version)
            record = found.read_text("RECORD")
            lines = (record or found.read_text("METADATA") or "").splitlines()
            # What is compiled when it is first imported or installed differs from machine to machine.
            kept = [line for line in lines if not line.startswith("..") and "__pycache__" not in line]
            edited = _edited_since(str(found.locate_file("")), kept) if record else []
            self._contents[name] = digest("\n".join([*sorted(kept), *edited]))
        except (importlib.metadata.PackageNotFoundError, ValueError, OSError):
            self._versions[name] = self._contents[name] = ""


def _modules_of(distribution: importlib.metadata.Distribution) -> set[str]:
    """The top-level modules that a distribution brings."""
    declared = (distribution.read_text("top_level.txt") or "").split()
    files = [] if declared else [file.parts for file in distribution.files or ()]
    inferred = {parts[0] if len(parts) > 1 else parts[0].partition(".")[0] for parts in files}
    return {name for name in (*declared, *inferred) if name.isidentifier()}


def _edited_since(folder: str, record: list[str]) -> list[str]:
    """The files of a distribution that are not what was installed, each with a digest of what it is now.

    :param folder: where the distribution lies.
    :param record: its list of files. Only those are read that are newer than it.
    """
    files = [
        (name.strip('"'), content)
        for name, content, _ in (line.rsplit(",", 2) for line in record if line.count(",") > 1)
    ]
    own = next((name for name, content in files if name.endswith(".dist-info/RECORD")), "")
    try:
        installed = os.stat(os.path.join(folder, own)).st_mtime + _SLACK
    except OSError:
        return []
    found = []
    for name, content in files:
        path = os.path.join(folder, name)
        try:
            if os.stat(path).st_mtime <= installed:
                continue
        except OSError:
            found.append(f"{name} is missing")
            continue
        now = hashlib.sha256(read_regular_file(path) or b"").digest()
        if content != f"sha256={base64.urlsafe_b64encode(now).rstrip(b'=').decode()}" and name != own:
            found.append(f"{name} {now.hex()}")
    return sorted(found)
