"""Replacement for Pyodide's installer of packages, which Pyodide imports at each start for the paths of two folders.

The installer imports many modules (archives, temporary files), and nothing is installed in a reader's browser. Other
attributes than the two paths come from Pyodide's own module.
"""

from __future__ import annotations

from importlib import import_module
from site import getsitepackages

TYPE_CHECKING = False  # as typing's
if TYPE_CHECKING:
    from typing import Any


class Folder:
    """A path, which Pyodide converts to a string."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __str__(self) -> str:
        return self._path


SITE_PACKAGES, DSO_DIR = Folder(getsitepackages()[0]), Folder("/usr/lib")


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(import_module("pyodide._installer"), name)
