"""Call a function when a module has been imported, so that nothing is imported only to be recorded.

Two functions of the import system are instrumented: the one that searches for a module and the one that loads what was
found. No finder, no loader and no frame is added, so a program sees the import system that it would see without this.
"""

from __future__ import annotations

import sys
from importlib.machinery import NamespaceLoader
from typing import TYPE_CHECKING, Any

from ._cpython import import_functions, set_import_functions
from .patching import PatchError, instrument_functions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .patching import Addition

_SEARCH = {
    "before": "given__ = target__.search(name, path, target)\nif given__ is not None: return given__",
    "result": "target__.found(name, path, target, result)",
}
_LOAD = {"before": "", "result": "target__.loaded(spec, result)"}
if not hasattr(sys, "monitoring"):  # then a tracer wants to be away meanwhile
    _LOAD |= {"before": "target__.before_load()", "after": "target__.after_load()"}


def _do_nothing() -> None:
    pass


class ImportHook:
    """What the import system calls. It observes what is loaded; :meth:`search` and :meth:`found` are for others.

    :ivar before_load: called before a module is executed, on Python 3.11.
    :ivar after_load: called when it has been, or has failed.
    """

    #: Whether searches are observed, too.
    searches = False

    def __init__(self) -> None:
        self._awaited: dict[str, Callable[[str], None]] = {}
        self.before_load = self.after_load = _do_nothing

    def install(self) -> None:
        """Observe from now on."""
        search, load = import_functions()
        additions: list[Addition] = [(load, _LOAD)]
        if self.searches:
            additions.append((search, _SEARCH))
        try:
            instrument_functions(self, additions)
        except PatchError:  # a Python without sources: then there are frames of ours in a traceback
            self._wrap(search, load)

    def call_after(self, names: Iterable[str], imported: Callable[[str], None]) -> None:
        """Have a function called with the name of each of these modules when it has been imported."""
        self._awaited = dict.fromkeys((name for name in names if name not in sys.modules), imported)

    def search(self, name: str, path: Any, target: Any) -> Any:
        """A module is about to be searched for. What this returns is found without a search, unless it is None."""

    def found(self, name: str, path: Any, target: Any, spec: Any) -> Any:
        """A search has ended, with None if nothing was found. What this returns is found in its place."""
        del name, path, target
        return spec

    def loaded(self, spec: Any, module: Any) -> Any:
        """A module has been executed. Return what the import is to return."""
        # A folder without ``__init__.py`` has nothing in it.
        if self._awaited and type(name := spec.name) is str and type(spec.loader) is not NamespaceLoader:
            self.imported(name)
        return module

    def imported(self, name: str) -> None:
        """Call the function that waits for a module."""
        if (function := self._awaited.pop(name, None)) is not None:
            function(name)

    def _wrap(self, search: Callable[..., Any], load: Callable[..., Any]) -> None:
        def find_and_tell(name: str, path: Any, target: Any = None) -> Any:
            given = self.search(name, path, target)
            return given if given is not None else self.found(name, path, target, search(name, path, target))

        def load_and_tell(spec: Any) -> Any:
            return self.loaded(spec, load(spec))

        set_import_functions(find_and_tell if self.searches else search, load_and_tell)
