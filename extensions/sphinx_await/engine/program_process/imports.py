"""Sees which modules a program asks for, found or not, and gives it those that are parked.

``importlib`` asks one function for every module that is not in ``sys.modules``, be it for a statement, for
``import_module`` or for ``find_spec``. That function is replaced; no finder is added, so that ``sys.meta_path`` is what
it would be, and no frame is added to the stack of a module that is executed.
"""

from __future__ import annotations

import _frozen_importlib
import importlib
import importlib.util
import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from itertools import islice
from os import listdir
from typing import TYPE_CHECKING, Any

from ...core.recorder._cpython import looks_like_import
from ...core.recorder.import_hook import NotifyingLoader
from .access_log import matters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType

    from .module_graph import ModuleGraph


_bootstrap: Any = _frozen_importlib  # the module importlib._bootstrap
#: What the import system has changed of a module when it asks a loader to execute it.
_SET_BY_IMPORT = ("__spec__", "__loader__", "__path__", "__package__", "__file__", "__cached__")


def _ignore(*_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Needed:
    """What the import of a parked module needs.

    :ivar version: of the graph.
    :ivar names: the modules, in order, with that one.
    :ivar tops: their first names.
    :ivar searches: the modules of which the access log may note something, and the file where each was found, as
        :meth:`ImportObserver.start` says it.
    """

    version: int
    names: tuple[str, ...]
    tops: frozenset[str]
    searches: tuple[tuple[str, str | None], ...]


class ImportObserver:
    """Observes the imports of this process."""

    def __init__(self, graph: ModuleGraph | None = None) -> None:
        self._on_search: Callable[[str, str | None, Sequence[str] | None], None] = _ignore
        self._graph = graph
        self._needed: dict[str, _Needed] = {}
        self._finders: tuple[list[Any], ...] = ()
        self._imported: dict[str, Callable[[str], None]] = {}
        self._find = _bootstrap._find_spec  # noqa: SLF001 - see above

    def install(self) -> None:
        """Observe from now on."""
        _bootstrap._find_spec = self._find_to_import  # noqa: SLF001
        importlib.util._find_spec = self._find_to_tell  # type: ignore[attr-defined] # noqa: SLF001

    def start(self, on_search: Callable[[str, str | None, Sequence[str] | None], None]) -> None:
        """Report searches from now on: the program begins.

        :param on_search: called with a module's name and the file where it was found (None: not found; "": not a file),
            and the folders of its package.
        """
        self._on_search = on_search
        self._finders = _finders()

    def prepare(self) -> None:
        """Find out now what the imports of parked modules need.

        A fork that did it would touch all of these modules: each page of memory that it touches is copied.
        """
        if self._graph is not None:
            names = [name for name in self._graph.parked if "." not in name]
            self._needed = {name: _find_needed(self._graph, name) for name in names}

    def call_after(self, names: Iterable[str], imported: Callable[[str], None]) -> None:
        """Have a function called with the name of each of these modules once it has been imported."""
        self._imported = dict.fromkeys((name for name in names if name not in sys.modules), imported)

    def _find_to_import(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if self._graph is not None and target is None and name in self._graph.parked:
            needed = self._needed.get(name)
            if needed is None or needed.version != self._graph.version:
                needed = _find_needed(self._graph, name)
            if self._may_give(self._graph, needed):
                return self._parked(self._graph, name, needed)
            self._graph.discard(name)
        spec = self._find_to_tell(name, path, target)
        if name in self._imported and spec is not None and spec.loader is not None:
            spec.loader = NotifyingLoader(spec.loader, self._was_imported)
        return spec

    def _find_to_tell(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        spec = self._find(name, path, target)
        self._on_search(name, None if spec is None else _origin(spec), path)
        return spec

    def _may_give(self, graph: ModuleGraph, needed: _Needed) -> bool:
        """Whether the program would now find the parked module itself, and each that its import needs."""
        names = needed.names
        if _finders() == self._finders:
            # Only the folder of the program's file can have others.
            there = _first_names()
            if needed.tops.isdisjoint(there):
                return True
            names = tuple(name for name in names if name.partition(".")[0] in there)
        return all(self._is_same(graph, name) for name in names if name in graph.parked)

    def _is_same(self, graph: ModuleGraph, name: str) -> bool:
        """Whether a search finds what the parked module was loaded from."""
        parent = name.rpartition(".")[0]
        package = graph.parked.get(parent) or sys.modules.get(parent)
        try:
            found = self._find(name, getattr(package, "__path__", None) if parent else None)
        except Exception:  # noqa: BLE001 - the search that follows raises it
            return False
        then = getattr(graph.parked[name], "__spec__", None)
        return (
            found is not None
            and then is not None
            and (found.origin, type(found.loader)) == (then.origin, type(then.loader))
        )

    def _parked(self, graph: ModuleGraph, name: str, needed: _Needed) -> ModuleSpec:
        """A spec whose loader gives the parked module."""
        brought_back = graph.bring_back(one for one in needed.names if one != name)
        module = graph.take(name)
        for one, origin in needed.searches:
            if one == name or one in brought_back:
                self._on_search(one, origin, None)
        if self._finders[2:] != (sys.path,) and name in sys.stdlib_module_names:
            self._on_search(name, "", None)  # other folders than those of a fresh interpreter were searched
        if waited_for := self._imported.keys() & brought_back.keys():
            for one in filter(waited_for.__contains__, brought_back):
                self._was_imported(one)
        loader = _ParkedLoader(module, self._was_imported)
        return ModuleSpec(name, loader, is_package=hasattr(module, "__path__"))  # type: ignore[arg-type]

    def _was_imported(self, name: str) -> None:
        if (imported := self._imported.pop(name, None)) is None:
            return
        on_search, self._on_search, count = self._on_search, _ignore, len(sys.modules)
        imported(name)
        self._on_search = on_search
        if self._graph is not None and len(sys.modules) > count:  # what that has imported is not the program's
            self._graph.park(list(islice(reversed(sys.modules), len(sys.modules) - count)))


class _ParkedLoader:
    """Loads a module that has been executed before, and leaves it as it was."""

    def __init__(self, module: ModuleType, executed: Callable[[str], None]) -> None:
        self._module = module
        self._before = {name: module.__dict__[name] for name in _SET_BY_IMPORT if name in module.__dict__}
        self._executed = executed

    def create_module(self, _: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        for name in _SET_BY_IMPORT:
            if name in self._before:
                module.__dict__[name] = self._before[name]
            else:
                module.__dict__.pop(name, None)
        self._executed(module.__name__)


# A failed import has no frame of ours in its traceback.
for _function in (
    ImportObserver._find_to_import,  # noqa: SLF001
    ImportObserver._find_to_tell,  # noqa: SLF001
    ImportObserver._may_give,  # noqa: SLF001
    ImportObserver._is_same,  # noqa: SLF001
    _ParkedLoader.create_module,
    _ParkedLoader.exec_module,
):
    looks_like_import(_function)


def _find_needed(graph: ModuleGraph, name: str) -> _Needed:
    names = tuple(graph.needed(name))
    specs = ((one, getattr(graph.parked.get(one), "__spec__", None)) for one in names)
    found = [(one, None if spec is None else _origin(spec)) for one, spec in specs if one in graph.parked]
    return _Needed(
        graph.version,
        names,
        frozenset(one.partition(".")[0] for one in names),
        tuple(search for search in found if matters(*search)),
    )


def _origin(spec: ModuleSpec) -> str:
    """The file where a module was found; "" if it is no file."""
    return (spec.origin or "") if spec.has_location else ""


def _first_names() -> set[str]:
    """What modules there may be in the first folder of the import path."""
    try:
        return {entry.partition(".")[0] for entry in listdir(sys.path[0])}
    except (OSError, IndexError):
        return set()


def _finders() -> tuple[list[Any], ...]:
    """What decides where modules are found."""
    return [*sys.meta_path], [*sys.path_hooks], [*sys.path]


def warm_up(graph: ModuleGraph, names: Iterable[str]) -> None:
    """Import modules; one that cannot be imported is left for the program to fail on."""
    graph.restore()
    graph.trace()
    try:
        for name in names:
            before = set(sys.modules)
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, S112 - an import may raise anything
                continue
            # What a module imported by other means than a statement.
            graph.add(name, [one for one in sys.modules if one not in before])
    finally:
        graph.stop_tracing()
