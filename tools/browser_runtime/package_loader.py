"""Stands where Pyodide has what installs packages, which it imports at each start to know two folders.

Nothing is installed in a reader's browser, and the modules that this takes (archives, temporary files) are many. Who
asks for more than the folders gets Pyodide's own module.
"""

from __future__ import annotations

from importlib import import_module
from site import getsitepackages

TYPE_CHECKING = False  # as typing's
if TYPE_CHECKING:
    from typing import Any


class Folder:
    """A path, which Pyodide makes a string of."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __str__(self) -> str:
        return self._path


SITE_PACKAGES, DSO_DIR = Folder(getsitepackages()[0]), Folder("/usr/lib")


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(import_module("pyodide._installer"), name)
