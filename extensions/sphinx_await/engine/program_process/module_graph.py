"""Modules that were imported before a program, and are kept out of its sight until it imports them itself.

The fork server imports what programs need, and what it needs itself. A program must see none of it: ``import xml`` and
then ``xml.dom`` must fail as it does in a fresh interpreter. So all these modules are *parked*: taken out of
``sys.modules`` and out of the packages that they belong to. When a program imports one, it is put back at no cost, and
with it everything that its own import had imported.

This module is imported before any other of ours, so that it sees what all of them import. It imports nothing that a
fresh interpreter has not imported.
"""

from __future__ import annotations

import builtins
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import FrameType, ModuleType
    from typing import Any


class ModuleGraph:
    """Which module imported which, and those that are parked.

    :param fresh: the names of the modules of a fresh interpreter, which are never parked.
    """

    def __init__(self, fresh: Iterable[str]) -> None:
        self._fresh = frozenset(fresh)
        self._imported: dict[str, dict[str, None]] = {}
        self._parked: dict[str, ModuleType] = {}
        self._attributes: dict[str, tuple[str, str]] = {}
        self._active: list[str] = []
        #: Changes with the graph.
        self.version = 0
        self._asked: set[str] = set(self._fresh)
        self._import: Callable[..., Any] = builtins.__import__

    @property
    def parked(self) -> Mapping[str, ModuleType]:
        """The parked modules by name."""
        return self._parked

    def trace(self) -> None:
        """From now on note which module imports which."""
        self._import = builtins.__import__
        builtins.__import__ = self._traced_import

    def stop_tracing(self) -> None:
        """Note no more."""
        builtins.__import__ = self._import

    def _traced_import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - the names of its parameters are Python's
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        full = _absolute(name, globals or {}, level)
        wanted = [full, *(f"{full}.{one}" for one in fromlist or () if isinstance(one, str))]
        for one in wanted:
            self._note_alias(one)
        self._asked.update(wanted)
        self._asked.update(full[:index] for index, letter in enumerate(full) if letter == ".")
        self._active.append(full)
        try:
            module = self._import(name, globals, locals, fromlist or (), level)
        finally:
            self._active.pop()
        importer = self._importer(globals)
        if importer is not None:
            self._imported.setdefault(importer, {}).update(dict.fromkeys(one for one in wanted if one in sys.modules))
        return module

    def _note_alias(self, name: str) -> None:
        """Note that a submodule comes with its package if nothing has imported it: the package has put it there."""
        if "." not in name or name in self._asked or name not in sys.modules:
            return
        if getattr(getattr(sys.modules[name], "__spec__", None), "name", None) != name:
            self.add(name.rpartition(".")[0], [name])

    def _importer(self, globals: Mapping[str, Any] | None) -> str | None:  # noqa: A002
        """The module that is being imported and whose code, or a function that it calls, imports another."""
        name = (globals or {}).get("__name__")
        if isinstance(name, str) and _is_initializing(sys.modules.get(name)):
            return name
        if not self._active:
            return None
        asked = sys.modules.get(self._active[-1])
        if asked is None or _is_initializing(asked):  # an extension module, which has no frame
            return self._active[-1]
        # ``from m import name`` calls the function __getattr__ of a module that has been imported before, which may
        # import something: that comes with the module that has the statement, not with m.
        frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - the public functions for this import inspect
        while frame is not None:
            module = frame.f_globals.get("__name__")
            if frame.f_code.co_name == "<module>" and _is_initializing(sys.modules.get(str(module))):
                return str(module)
            frame = frame.f_back
        return None

    def add(self, importer: str, names: Iterable[str]) -> None:
        """Note that the import of a module imported others."""
        self._imported.setdefault(importer, {}).update(dict.fromkeys(names))
        self.version += 1

    def park(self, names: Iterable[str] | None = None) -> None:
        """Take modules out of ``sys.modules`` and out of their packages until the program imports them.

        :param names: by default, all modules that a fresh interpreter does not have.
        """
        if names is None:
            names = [name for name in sys.modules if name not in self._fresh]
        for name in names:
            self._note_alias(name)
        new = [name for name in names if sys.modules[name] is not None]
        for name in new:
            self._parked[name] = sys.modules.pop(name)
        belonging: dict[str, set[str]] = {}
        for name in new:
            module = self._parked[name]
            parent, _, child = name.rpartition(".")
            owner = self._parked.get(parent) or sys.modules.get(parent)
            if parent not in belonging:
                belonging[parent] = set(self._closure(parent))
            # What a package imports itself, it may use by that name; and who sees the package sees that, too.
            if owner is not None and name not in belonging[parent] and owner.__dict__.get(child) is module:
                del owner.__dict__[child]
                self._attributes[name] = parent, child

    def needed(self, name: str) -> list[str]:
        """The modules that the import of a parked module needs, in order, parked or not, with that module."""
        return list(self._closure(name))

    def discard(self, name: str) -> None:
        """Forget a parked module: the program gets another one."""
        self._parked.pop(name, None)
        self._attributes.pop(name, None)

    def bring_back(self, names: Iterable[str]) -> dict[str, ModuleType]:
        """Put back those of some modules that are parked.

        :returns: the modules that were put back.
        """
        parked = self._parked
        done = {one: parked.pop(one) for one in names if one in parked}
        sys.modules.update(done)
        for one in self._attributes.keys() & done.keys():
            self._restore_attribute(one)
        return done

    def usable(self, name: str) -> _Usable:
        """Let our own code use a parked module for a while: what it imported is where it expects it to be."""
        needed = [one for one in self._closure(name) if one in self._attributes and one in self._parked]
        return _Usable(self._parked, {one: self._attributes[one] for one in needed})

    def take(self, name: str) -> ModuleType:
        """Take a module out of the parked ones."""
        return self._parked.pop(name)

    def restore(self) -> None:
        """Put back all parked modules."""
        sys.modules.update(self._parked)
        self._parked.clear()
        for name in list(self._attributes):
            self._restore_attribute(name)

    def _restore_attribute(self, name: str) -> None:
        if name in self._attributes:
            parent, child = self._attributes.pop(name)
            owner = sys.modules.get(parent) or self._parked.get(parent)
            if owner is not None:
                owner.__dict__[child] = sys.modules[name]

    def _closure(self, name: str) -> Iterator[str]:
        """A module and all that its import imported, each once, in the order in which they were asked for."""
        seen: set[str] = set()
        todo = [name]
        while todo:
            one = todo.pop()
            if one in seen:
                continue
            seen.add(one)
            yield one
            parent = one.rpartition(".")[0]
            todo += reversed([*([parent] if parent else []), *self._imported.get(one, ())])


class _Usable:
    """Puts parked modules into the packages that they belong to, and takes them out again."""

    def __init__(self, parked: Mapping[str, ModuleType], attributes: Mapping[str, tuple[str, str]]) -> None:
        self._parked = parked
        self._attributes = attributes

    def __enter__(self) -> None:
        for name, (parent, child) in self._attributes.items():
            self._owner(parent)[child] = self._parked[name]

    def __exit__(self, *_: object) -> None:
        for name, (parent, child) in self._attributes.items():
            if name in self._parked:  # and the program has not imported it meanwhile
                self._owner(parent).pop(child, None)

    def _owner(self, parent: str) -> dict[str, Any]:
        module = self._parked.get(parent) or sys.modules.get(parent)
        return {} if module is None else module.__dict__


def _absolute(name: str, globals: Mapping[str, Any], level: int) -> str:  # noqa: A002
    if not level:
        return name
    package = globals.get("__package__") or globals["__name__"].rpartition(".")[0]
    base = package.rsplit(".", level - 1)[0]
    return f"{base}.{name}" if name else base


def _is_initializing(module: ModuleType | None) -> bool:
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))
