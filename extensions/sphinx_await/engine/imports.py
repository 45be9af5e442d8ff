"""What a program imported: the part of its recording that goes stale when something is installed or edited.

The warm parent has imported much already, so ``sys.modules`` alone does not tell. What a program names in its
import statements, with what that pulled in when the warm parent imported it, and what is new in
``sys.modules``, together do.
"""

from __future__ import annotations

import ast
import importlib
import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ..core.journal import Journal


_NOT_IMPORTED = sys.stdlib_module_names | {"__main__", "__mp_main__", "sphinx_await"}


@dataclass(slots=True)
class Warm:
    """What the warm parent has imported: all modules, and for each top-level name what came with it."""

    modules: set[str] = field(default_factory=set)
    came_with: dict[str, set[str]] = field(default_factory=dict)

    def warm_up(self, names: Iterable[str]) -> None:
        """Import what is there; a name that cannot be imported is left for the program to fail on."""
        for name in names:
            before = set(sys.modules)
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, S112 - an import may raise anything
                continue
            self.came_with[name] = {_top(module) for module in set(sys.modules) - before}
        self.modules = set(sys.modules)


def imported_names(code: str) -> set[str]:
    """The top-level names of all import statements of a program; none if it is no Python."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(_top(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(_top(node.module))
    return names


def note(journal: Journal, warm: Warm, named: Collection[str]) -> None:
    """Write the program's imports into its journal.

    They are the top-level names that are not the standard library's, and the source files of those modules.

    :param named: the top-level names of the program's import statements.
    """
    from ..core.journal import Kind  # a build that runs nothing does without

    tops = {_top(name) for name in sys.modules.keys() - warm.modules}.union(named)
    for name in named:
        tops |= warm.came_with.get(name, set())
    tops -= _NOT_IMPORTED
    if not tops:
        return
    files = {
        name: file
        for name, module in list(sys.modules.items())
        if _top(name) in tops and isinstance(file := getattr(module, "__file__", None), str)
    }
    journal.append(Kind.IMPORTS, json.dumps({"names": sorted(tops), "files": files}).encode())


def _top(name: str) -> str:
    return name.partition(".")[0]
