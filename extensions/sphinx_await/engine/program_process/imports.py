"""What a program imported: the dependencies that make its recording invalid when something is installed or edited.

``sys.modules`` alone does not say, since the fork server has imported much already. Three things together do: the names
in the program's import statements, what the fork server imported along with each of them, and what is new in
``sys.modules``.
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
    """What was imported before the program began.

    :ivar modules: all modules.
    :ivar last: the most recent of them.
    :ivar came_with: for each top-level name the top-level names that its import imported.
    """

    modules: set[str] = field(default_factory=set)
    last: str = ""
    came_with: dict[str, set[str]] = field(default_factory=dict)

    def warm_up(self, names: Iterable[str]) -> None:
        """Import modules; one that cannot be imported is left for the program to fail on."""
        for name in names:
            before = set(sys.modules)
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, S112 - an import may raise anything
                continue
            self.came_with[name] = {top(module) for module in set(sys.modules) - before}
        self.take_stock()

    def take_stock(self) -> None:
        """Take everything in ``sys.modules`` as imported before the program."""
        self.modules, self.last = set(sys.modules), next(reversed(sys.modules))

    def new(self) -> set[str]:
        """The modules that were imported since then.

        They are the last in ``sys.modules``, unless a program removes some. To look at all names would cost a fork more
        than everything else here: each page of memory in which it counts a reference is copied.
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
