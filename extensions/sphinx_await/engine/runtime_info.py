"""Names of this Python and this system, as pages show them."""

from __future__ import annotations

import os
import sys
import sysconfig

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
#: Tells this build of Python from others of its version: a release candidate, a debug build, one without the lock.
BUILD = f"{sys.version} {getattr(sys, 'abiflags', '')} {sysconfig.get_config_var('Py_GIL_DISABLED') or 0}"
