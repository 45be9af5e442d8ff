"""Tells when a module has been imported, so that nothing is imported for the sake of watching it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class Arrivals:
    """A finder that finds nothing itself, but calls a function with the name when one of its modules was imported."""

    def __init__(self, names: Iterable[str], arrived: Callable[[str], None]) -> None:
        self._names = {name for name in names if name not in sys.modules}
        self._arrived = arrived

    def install(self) -> None:
        """Stand before the other finders as long as there is something to wait for."""
        if self._names:
            sys.meta_path.insert(0, self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the other finders find, with a loader that tells."""
        if name not in self._names:
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(name, path, target)) is not None:
                self._names.discard(name)
                spec.loader = _Teller(spec.loader, self._arrived)  # type: ignore[assignment]
                return spec
        return None


class _Teller:
    """A loader that tells when its module has been executed, and leaves no trace in it."""

    def __init__(self, loader: Any, arrived: Callable[[str], None]) -> None:
        self._loader = loader
        self._arrived = arrived

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._arrived(module.__name__)
