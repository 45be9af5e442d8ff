"""Sees which modules a program asks for, found or not, and gives it those that are parked.

``importlib`` asks one function for every module that is not in ``sys.modules``, be it for a statement, for
``import_module`` or for ``find_spec``. See :mod:`~sphinx_await.core.recorder.import_hook` for how it is observed.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, all_suffixes
from itertools import islice
from os import listdir, sep
from os.path import lexists
from types import FunctionType
from typing import TYPE_CHECKING, Any

from ...core.recorder._cpython import caller, import_functions, is_import, is_import_by_lock
from ...core.recorder.import_hook import ImportHook
from .access_log import matters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import ModuleType

    from .module_graph import ModuleGraph


#: A module of random numbers that are global, and no other in each fork, unlike those of Python.
_NUMPY_RANDOM = "numpy.random.mtrand"
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


class ImportObserver(ImportHook):
    """Observes the imports of this process."""

    searches = True

    def __init__(self, graph: ModuleGraph | None = None) -> None:
        super().__init__()
        self._on_search: Callable[[str, str | None, Sequence[str] | None], None] = _ignore
        self._graph = graph
        self._needed: dict[str, _Needed] = {}
        self._count = 0  # of the modules there are when everything is parked
        self._ahead: _Needed | None = None  # what was brought back before the program has imported it
        self._finders: tuple[list[Any], ...] = ()
        self._is_watched = False
        self._lost: set[str] = set()  # parked modules of which a search found others
        find, _ = import_functions()
        self._find = FunctionType(find.__code__, find.__globals__, find.__name__, find.__defaults__)

    def start(self, on_search: Callable[[str, str | None, Sequence[str] | None], None]) -> None:
        """Report searches from now on: the program begins.

        :param on_search: called with a module's name and the file where it was found (None: not found; "": not a file),
            and the folders of its package.
        """
        self._on_search = on_search
        self._finders = _finders()
        if self._ahead is not None:
            for one, origin in self._ahead.searches:
                on_search(one, origin, None)

    def hook_added(self) -> None:
        """Look at no frame and no folder from now on: these are audit events, and the program is about to see those."""
        self._is_watched = True

    def _is_import(self, name: str, frame: int) -> bool:
        return is_import_by_lock(name) if self._is_watched else is_import(caller(frame + 1))

    def park(self, ahead: str = "") -> None:
        """Park what this process itself has imported or needed since.

        :param ahead: the first module that a program imports, before it does anything else. It and what it imports are
            put where they are after that, here, and stay there: to do it in each fork costs as much as a small program.
        """
        graph = self._graph
        if graph is None:
            return
        wanted = self._needed.get(ahead) if ahead else None
        if wanted is not self._ahead or wanted is None:
            graph.park()
            self._ahead = wanted
            if wanted is not None:
                graph.bring_back((*wanted.names[1:], ahead))  # a module is there after what it imports
        else:
            self.park_new()
        self._count = len(sys.modules)

    def check_ahead(self) -> None:
        """In the program's process: park what was brought back if the program's folder has a module of such a name."""
        if self._ahead is not None and not self._ahead.tops.isdisjoint(_first_names()):
            self._ahead = None
            if self._graph is not None:
                self._graph.park()

    def park_new(self) -> None:
        """Park what was imported since :meth:`park`, and touch nothing else: a fork copies each page it touches."""
        new = len(sys.modules) - self._count
        if new > 0 and self._graph is not None:
            self._graph.park(list(islice(reversed(sys.modules), new)))

    def prepare(self) -> None:
        """Find out now what the imports of parked modules need.

        A fork that did it would touch all of these modules: each page of memory that it touches is copied.
        """
        self._ahead = None
        if self._graph is not None:
            names = [name for name in self._graph.parked if "." not in name]
            self._needed = {name: _find_needed(self._graph, name) for name in names}

    @contextmanager
    def tools(self, name: str) -> Iterator[None]:
        """Let our own code use a module that may be parked."""
        with self._own_finders(), nullcontext() if self._graph is None else self._graph.usable(name):
            yield

    @contextmanager
    def _own_finders(self) -> Iterator[None]:
        """Import something for ourselves: finders of the program's own see nothing of it."""
        given = sys.meta_path, sys.path_hooks
        if self._finders:
            sys.meta_path, sys.path_hooks = list(self._finders[0]), list(self._finders[1])
        try:
            yield
        finally:
            sys.meta_path, sys.path_hooks = given

    def search(self, name: str, path: Sequence[str] | None, target: ModuleType | None) -> Any:
        """Give a module that is parked, without a search where one would find it."""
        del path
        if sys.meta_path is None:  # the interpreter ends
            return None
        if self._graph is None or name not in self._graph.parked or target is not None or not self._is_import(name, 1):
            return None
        needed = self._what_it_needs(self._graph, name)
        if _finders() != self._finders or not needed.tops.isdisjoint(self._names_beside(needed.tops)):
            return None  # then what is found decides
        return self._parked(self._graph, name, needed)

    def found(self, name: str, path: Sequence[str] | None, target: ModuleType | None, spec: Any) -> Any:
        """Give a module that is parked, if it is what was found, and report the search."""
        if self._graph is not None and name in self._graph.parked and target is None and self._is_import(name, 1):
            needed = self._what_it_needs(self._graph, name)
            if self._may_give(self._graph, needed, spec) and name in self._graph.parked:
                return self._parked(self._graph, name, needed)
            self._graph.discard(name)
        self._on_search(name, None if spec is None else _origin(spec), path)
        return spec

    def _names_beside(self, wanted: Iterable[str]) -> set[str]:
        """What modules there may be in the first folder of the import path, at least of those that are wanted."""
        if not self._is_watched:
            return _first_names()
        folder = sys.path[0] if sys.path else ""
        endings = ("", *all_suffixes())
        return {name for name in wanted if any(lexists(f"{folder}{sep}{name}{ending}") for ending in endings)}

    def _what_it_needs(self, graph: ModuleGraph, name: str) -> _Needed:
        needed = self._needed.get(name)
        return needed if needed is not None and needed.version == graph.version else _find_needed(graph, name)

    def _may_give(self, graph: ModuleGraph, needed: _Needed, spec: Any) -> bool:
        """Whether a search has found the parked module itself, and would find each that its import needs."""
        names = needed.names
        if _finders() == self._finders:
            # Only the folder of the program's file can have others.
            there = self._names_beside(needed.tops)
            names = tuple(name for name in names if name.partition(".")[0] in there)
        if not self._lost.isdisjoint(names):
            return False  # and a finder of the program's own is not called for the others again
        first = needed.names[0]
        # What its package puts into sys.modules itself is never searched for. A package is before its modules.
        searched = {name for name in names if _name_in_spec(graph.parked.get(name)) == name} - {first}
        order = dict.fromkeys(one for name in names for one in (*_packages(name), name))
        for name in (first, *filter(searched.__contains__, order)):
            if not _is_same(graph, name, spec if name == first else self._search_for(graph, name)):
                self._lost.add(name)
                return False
        return True

    def _search_for(self, graph: ModuleGraph, name: str) -> Any:
        """What a search finds; None if it raises, too: the search that follows does it again."""
        parent = name.rpartition(".")[0]
        package = graph.parked.get(parent) or sys.modules.get(parent)
        try:
            return self._find(name, getattr(package, "__path__", None) if parent else None)
        except BaseException:  # noqa: BLE001 - a finder of the program's own may raise anything
            return None

    def _parked(self, graph: ModuleGraph, name: str, needed: _Needed) -> ModuleSpec:
        """A spec whose loader gives the parked module."""
        brought_back = graph.bring_back(one for one in needed.names if one != name)
        module = graph.take(name)
        if _NUMPY_RANDOM in brought_back:  # it takes its seed when it is imported: all programs would have the same
            brought_back[_NUMPY_RANDOM].__dict__["seed"]()
        for one, origin in needed.searches:
            if one == name or one in brought_back:
                self._on_search(one, origin, None)
        if self._finders[2:] != (sys.path,) and name in sys.stdlib_module_names:
            self._on_search(name, "", None)  # other folders than those of a fresh interpreter were searched
        if waited_for := self._awaited.keys() & brought_back.keys():
            for one in filter(waited_for.__contains__, brought_back):
                self.imported(one)
        loader = _ParkedLoader(module)
        return ModuleSpec(name, loader, is_package=hasattr(module, "__path__"))  # type: ignore[arg-type]

    def imported(self, name: str) -> None:
        """Call the function that waits for a module; what that imports is not the program's."""
        if name not in self._awaited:
            return
        on_search, self._on_search, count = self._on_search, _ignore, len(sys.modules)
        with self._own_finders():
            super().imported(name)
        self._on_search = on_search
        if self._graph is not None and len(sys.modules) > count:
            self._graph.park(list(islice(reversed(sys.modules), len(sys.modules) - count)))


class _ParkedLoader:
    """Loads a module that has been executed before, and leaves it as it was."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._before = {name: module.__dict__[name] for name in _SET_BY_IMPORT if name in module.__dict__}

    def create_module(self, _: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        for name in _SET_BY_IMPORT:
            if name in self._before:
                module.__dict__[name] = self._before[name]
            else:
                module.__dict__.pop(name, None)


def _packages(name: str) -> list[str]:
    """The packages of a module, outer ones first."""
    return [name[:index] for index, letter in enumerate(name) if letter == "."]


def _name_in_spec(module: ModuleType | None) -> str | None:
    return getattr(getattr(module, "__spec__", None), "name", None)


def _is_same(graph: ModuleGraph, name: str, found: Any) -> bool:
    """Whether a parked module was loaded from what was found."""
    then = getattr(graph.parked.get(name), "__spec__", None)
    return (
        type(found) is ModuleSpec
        and then is not None
        and (found.origin, type(found.loader)) == (then.origin, type(then.loader))
    )


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


def _origin(spec: object) -> str:
    """The file where a module was found; "" if it is no file, or a finder has returned something of its own."""
    if type(spec) is not ModuleSpec or not spec.has_location:
        return ""
    return spec.origin if type(spec.origin) is str else ""


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
