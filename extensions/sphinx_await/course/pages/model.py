"""What a page has: programs, exercises, and mistakes in its markup."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..cells import cells_of
from ..config import AwaitConfig

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..entries import Exercise, Mistake, SnippetEntry

#: Lines of a file, each with its number there.
Lines = list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class PageContext:
    """What decides how a page is read.

    :ivar docname: the name of the document, by which its programs are named.
    :ivar source: the folder of the sources, from which an absolute ``include`` starts.
    :ivar examples: the folder in which ``:filename:`` starts.
    :ivar runs_all: plain fences without a comment are programs.
    :ivar markdown: MyST's extensions that decide where blocks are: ``colon_fence``, ``deflist``, ``fieldlist``,
        ``attrs_block``.
    :ivar cells: the directives of notebooks' cells that are programs.
    :ivar config: the configuration, which may have code that each program begins with.
    :ivar highlight: the language of blocks that name none.
    :ivar contents: what is in files, instead of what is on disk.
    """

    docname: str
    source: Path
    examples: Path
    runs_all: bool = False
    markdown: frozenset[str] = frozenset({"colon_fence", "deflist", "fieldlist"})
    cells: frozenset[str] = cells_of(())
    config: AwaitConfig = field(default_factory=AwaitConfig)
    highlight: str = "default"
    contents: Mapping[Path, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """The programs of a page in its order, its exercises, and mistakes. Files are absolute paths.

    :ivar idle: how many plain fences of Python do not run.
    :ivar doctests: how many directives of sphinx.ext.doctest have code.
    """

    entries: tuple[SnippetEntry, ...] = ()
    exercises: tuple[Exercise, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    idle: int = 0
    doctests: int = 0


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive, in whatever markup.

    :ivar argument: the text after its name.
    :ivar wrong: why its options cannot be read; empty if they can.
    """

    name: str
    argument: str
    options: Mapping[str, str]
    body: Lines
    line: int
    wrong: str = ""
