"""Tells when a module has been imported, so that nothing is imported for the sake of watching it.

Who only asks whether a module is there (``importlib.util.find_spec``) gets what there would be without us.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import FrameType, ModuleType


class PostImportFinder:
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
        """For an import: what the other finders find, with a loader that tells."""
        if name not in self._names or not _is_import(sys._getframe(1)):  # noqa: SLF001 - inspect's own way
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(name, path, target)) is not None:
                if spec.loader is not None:  # a folder has none
                    spec.loader = _NotifyingLoader(spec.loader, self._tell)  # type: ignore[assignment]
                return spec
        return None

    def _tell(self, name: str) -> None:
        self._names.discard(name)
        self._arrived(name)


def _is_import(frame: FrameType | None) -> bool:
    """Whether a finder that was called from a frame is to find what will be loaded at once."""
    above = frame and frame.f_back
    return above is not None and above.f_code.co_name == "_find_and_load_unlocked"


class _NotifyingLoader:
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
