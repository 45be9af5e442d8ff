"""What a program imported: the part of its recording that goes stale when something is installed or edited.

The warm parent has imported much already, so ``sys.modules`` alone does not tell. What a program names in its
import statements, with what that pulled in when the warm parent imported it, and what is new in
``sys.modules``, together do.
"""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .outlook import top

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
            self.came_with[name] = {top(module) for module in set(sys.modules) - before}
        self.modules = set(sys.modules)


def note(journal: Journal, warm: Warm, named: Collection[str]) -> None:
    """Write the program's imports into its journal.

    They are the top-level names that are not the standard library's, and the source files of those modules.

    :param named: the top-level names of the program's import statements.
    """
    from ..core.journal import Kind  # a build that runs nothing does without

    tops = {top(name) for name in sys.modules.keys() - warm.modules}.union(named)
    for name in named:
        tops |= warm.came_with.get(name, set())
    tops -= _NOT_IMPORTED
    if not tops:
        return
    files = {
        name: file
        for name, module in list(sys.modules.items())
        if top(name) in tops and isinstance(file := getattr(module, "__file__", None), str)
    }
    journal.append(Kind.IMPORTS, json.dumps({"names": sorted(tops), "files": files}).encode())
