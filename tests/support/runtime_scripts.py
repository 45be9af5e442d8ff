"""The scripts that build the runtime for browsers, as modules."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from ..conftest import PROJECT

if TYPE_CHECKING:
    from types import ModuleType

LIVE = PROJECT / "tools" / "browser_runtime"


def load(name: str) -> ModuleType:
    """A script of those that build the runtime, as a module."""
    spec = importlib.util.spec_from_file_location(name, LIVE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
