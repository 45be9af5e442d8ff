"""The project that pages belong to: its conf.py, its sources and the settings of its programs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ..core.errors import OptionError
from .cells import cells_of
from .config import AwaitConfig, path_from
from .pages.model import PageContext
from .pages.reader import MARKDOWN, RESTRUCTUREDTEXT
from .paths import shown_path
from .patterns import matches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..engine.settings import Settings

CONF = "conf.py"
#: Where a conf.py may be, from the root of a repository, for files that are in no folder of one.
USUAL_FOLDERS = ("docs", "doc", "docs/source", "doc/source", "source")
#: The markup of pages whose conf.py does not say it.
USUAL_SUFFIXES = {".rst": RESTRUCTUREDTEXT, ".md": MARKDOWN, ".markdown": MARKDOWN}
_MYST = frozenset({"colon_fence", "deflist", "fieldlist", "attrs_block"})


@dataclass(frozen=True)
class Project:
    """What a conf.py says, or pytest's configuration where there is none.

    :ivar base: the folder of conf.py, or pytest's root: paths of the configuration start here.
    :ivar values: all values of conf.py.
    :ivar unread: there is a conf.py, and no Sphinx to read it.
    """

    base: Path
    config: AwaitConfig
    values: Mapping[str, Any]
    settings: Settings
    has_conf: bool
    unread: bool = False

    @cached_property
    def suffixes(self) -> Mapping[str, str]:
        """The markup of documents, by suffix."""
        given = self.values.get("source_suffix")
        if given is None:
            return USUAL_SUFFIXES
        if isinstance(given, str):
            given = [given]
        if not isinstance(given, dict):
            given = {suffix: USUAL_SUFFIXES.get(suffix, RESTRUCTUREDTEXT) for suffix in given}
        found = {suffix: kind or RESTRUCTUREDTEXT for suffix, kind in given.items()}
        # myst-parser adds its own suffix.
        return {**found, ".md": found.get(".md", MARKDOWN)} if self._has_myst else found

    @property
    def _has_myst(self) -> bool:
        return bool({"myst_parser", "myst_nb"} & set(self.values.get("extensions", ())))

    def markup_of(self, path: Path) -> str | None:
        """The markup of a file by its name; None if it is no page."""
        kind = self.suffixes.get(path.suffix)
        return kind if kind in {MARKDOWN, RESTRUCTUREDTEXT} else None

    def is_excluded(self, path: Path) -> bool:
        """Whether the build leaves a file out."""
        patterns = [*self.values.get("exclude_patterns", ()), *self.values.get("templates_path", ())]
        if not patterns:
            return False
        source = self.source_of(path)
        name = shown_path(path, source)
        names = [name, *(parent.as_posix() for parent in Path(name).parents)]
        return any(matches(one, patterns) for one in names)

    def source_of(self, path: Path) -> Path:
        """The folder of the sources that a page belongs to: the outermost with a root document below conf.py's."""
        given = self.values.get("await_source")
        if given:
            return Path(given)
        if not self.has_conf or not path.is_relative_to(self.base):
            return self.base
        root = self.values.get("root_doc", self.values.get("master_doc", "index"))
        inside = [folder for folder in path.parents if folder.is_relative_to(self.base)]
        for folder in reversed(inside):
            if any((folder / f"{root}{suffix}").is_file() for suffix in self.suffixes):
                return folder
        return self.base

    def context_of(self, path: Path) -> PageContext:
        """How a page is read."""
        source = self.source_of(path)
        is_inside = path.is_relative_to(source)
        docname = PurePosixPath(shown_path(path, source)).with_suffix("").as_posix()
        extensions = self.values.get("myst_enable_extensions", ())
        examples = self.values.get("exec_code_example_dir", ".")
        runs_all = is_inside and self.config.runs_fences(docname)
        if not is_inside or path.suffix == ".py":
            docname = path.parent.name if path.stem == "__init__" else path.stem
        is_myst_known = self.has_conf and not self.unread
        return PageContext(
            docname,
            source,
            path_from(self.base, examples),
            runs_all,
            frozenset(extensions) & _MYST if is_myst_known else _MYST - {"attrs_block"},
            cells_of(self.values.get("extensions", ())),
            self.config,
            str(self.values.get("highlight_language", "default")),
        )


def see_types(values: Mapping[str, Any]) -> None:
    """Refuse values of others in conf.py that are not of their types, which Sphinx only warns of.

    :raises OptionError: there is one.
    """
    for name in ("extensions", "exclude_patterns", "templates_path", "myst_enable_extensions"):
        given = values.get(name, ())
        if not isinstance(given, list | tuple | set | frozenset) or not all(isinstance(one, str) for one in given):
            raise OptionError(f"{name}: a list of texts expected, found {given!r:.60}")
    suffixes = values.get("source_suffix", ".rst")
    texts = [*suffixes] if isinstance(suffixes, list | tuple | set | frozenset | dict) else [suffixes]
    kinds = [kind for kind in suffixes.values() if kind is not None] if isinstance(suffixes, dict) else []
    if not all(isinstance(one, str) for one in (*texts, *kinds)):
        raise OptionError(f"source_suffix: suffixes with their markup expected, found {suffixes!r:.60}")
    for name in ("root_doc", "master_doc"):
        if not isinstance(given := values.get(name, ""), str):
            raise OptionError(f"{name}: a text expected, found {given!r:.60}")
    for name in ("exec_code_example_dir", "await_source"):
        if not isinstance(given := values.get(name, "."), str | os.PathLike):
            raise OptionError(f"{name}: a path expected, found {given!r:.60}")
