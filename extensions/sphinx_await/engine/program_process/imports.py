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
from itertools import islice
from typing import TYPE_CHECKING

from ...core.journal.records import (
    RecordType,  # not where it is needed: by then a program may have emptied `sys.modules`
)
from ..source_hints import top

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ...core.journal.records import Journal


_NOT_IMPORTED = sys.stdlib_module_names | {"__main__", "__mp_main__", "sphinx_await"}


@dataclass(slots=True)
class WarmModules:
    """What was imported before the program began: all modules, and for each top-level name what came with it.

    :ivar last: the latest of the modules.
    """

    modules: set[str] = field(default_factory=set)
    last: str = ""
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
        self.look()

    def look(self) -> None:
        """What there is now was there before the program."""
        self.modules, self.last = set(sys.modules), next(reversed(sys.modules))

    def new(self) -> set[str]:
        """The modules that are there now and were not.

        They stand last in ``sys.modules``, unless a program takes some out. To look at all names would cost a fork
        more than all else here: it gets a copy of each page of memory in which it so much as counts a reference.
        """
        count = max(len(sys.modules) - len(self.modules), 0)
        latest = list(islice(reversed(sys.modules), count + 1))
        if latest[count:] == [self.last] and self.modules.isdisjoint(latest[:count]):
            return set(latest[:count])
        return sys.modules.keys() - self.modules


def note(journal: Journal, warm: WarmModules, named: Collection[str], new: Iterable[str]) -> None:
    """Write the program's imports into its journal.

    They are the top-level names that are not the standard library's, and the source files of those modules.

    :param named: the top-level names of the program's import statements.
    :param new: the modules that were imported since it began.
    """
    tops = {top(name) for name in new}.union(named)
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
    journal.append(RecordType.IMPORTS, json.dumps({"names": sorted(tops), "files": files}).encode())
