"""Call a function when a module has been imported, so that nothing is imported only to be recorded.

``importlib.util.find_spec`` returns what it would return without this.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ._cpython import caller, is_import, looks_like_import

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class PostImportFinder:
    """A finder that finds nothing itself, but has a function called when one of its modules was imported.

    :param imported: called with the module's name.
    """

    def __init__(self, names: Iterable[str], imported: Callable[[str], None]) -> None:
        self._names = {name for name in names if name not in sys.modules}
        self._imported = imported

    def install(self) -> None:
        """Put this before the other finders, if there is a module to wait for."""
        if self._names:
            sys.meta_path.insert(0, self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """For an import: what the other finders find, with a loader that notifies."""
        if name not in self._names or not is_import(caller(1)):
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(name, path, target)) is not None:
                if spec.loader is not None:  # a folder has none
                    spec.loader = NotifyingLoader(spec.loader, self._notify)  # type: ignore[assignment]
                return spec
        return None

    def _notify(self, name: str) -> None:
        self._names.discard(name)
        self._imported(name)


class NotifyingLoader:
    """A loader that calls a function when its module has been executed, and leaves no trace in the module."""

    def __init__(self, loader: Any, executed: Callable[[str], None]) -> None:
        self._loader = loader
        self._executed = executed

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """What the loader itself returns."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Let the loader itself execute the module, then notify."""
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._executed(module.__name__)


# A failed import has no frame of the recorder in its traceback.
for _function in (NotifyingLoader.create_module, NotifyingLoader.exec_module):
    looks_like_import(_function)
