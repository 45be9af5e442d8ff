"""Names of this Python and this system, as pages show them, and what is known of the Python of programs."""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .own_imports import OwnImports

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
#: The package itself, which the Python of programs imports from here.
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python with its environment.

    :ivar executable: its path.
    :ivar name: as pages show it, with the version.
    :ivar version: as :pep:`440` has it, without what makes a candidate of it.
    :ivar build: tells it from others of its version.
    :ivar prefix: the folder of its environment.
    :ivar prefixes: all folders in which it is installed.
    :ivar standard: the folders of its standard library.
    :ivar packages: the folders of what is installed for it.
    :ivar modules: the names of the modules of its standard library.
    :ivar imports: how it finds modules; None for the Python that runs this.
    """

    executable: str
    name: str
    version: str
    build: str
    prefix: str
    prefixes: tuple[str, ...]
    standard: tuple[str, ...]
    packages: tuple[str, ...]
    modules: frozenset[str]
    imports: OwnImports | None = None


def this_python() -> Interpreter:
    """The Python that runs this."""
    paths = sysconfig.get_paths()
    return Interpreter(
        sys.executable,
        PYTHON,
        ".".join(map(str, sys.version_info[:3])),
        BUILD,
        sys.prefix,
        tuple(dict.fromkeys((sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix))),
        tuple(dict.fromkeys(paths[name] for name in ("stdlib", "platstdlib"))),
        tuple(dict.fromkeys(paths[name] for name in ("purelib", "platlib"))),
        sys.stdlib_module_names,
    )
