"""How another Python than this one finds modules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnImports:
    """How a Python that is not this one finds modules.

    :ivar path: its ``sys.path`` when it starts.
    :ivar builtin: the modules that are part of the interpreter.
    :ivar suffixes: those of its extension modules.
    :ivar cache_tag: in the names of its compiled modules.
    :ivar magic: what these begin with.
    :ivar editable: modules that are installed in place, and where.
    :ivar editable_folders: the folders of distributions that are installed in place.
    :ivar serving: what it has of the packages with which mock servers are made.
    :ivar not_from: the ``sys.path`` with which this Python starts: what else is in it, conf.py has added for programs.
    """

    path: tuple[str, ...]
    builtin: frozenset[str]
    suffixes: tuple[str, ...]
    cache_tag: str
    magic: bytes
    editable: tuple[tuple[str, str], ...]
    editable_folders: tuple[str, ...]
    serving: tuple[str, ...]
    not_from: frozenset[str] = frozenset()
