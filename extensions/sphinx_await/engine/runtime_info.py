"""Names of this Python and this system, as pages show them."""

from __future__ import annotations

import os
import sys

_IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}


def _platform() -> str:
    if hasattr(os, "uname"):
        name = os.uname()
        return f"{name.sysname} {name.machine}"
    import platform  # slow to import, and only Windows needs it

    return f"{platform.system()} {platform.machine()}"


_name = sys.implementation.name
PYTHON = f"{_IMPLEMENTATIONS.get(_name, _name)} {'.'.join(map(str, sys.version_info[:3]))}"
PLATFORM = _platform()
