"""Let warnings skip the functions of this package, as they skip those of the import system.

Python may destroy garbage of a program while a function of ours runs. What it says then, such as that a coroutine was
never awaited, names the line that runs. It looks further up the stack where that is a line of the import system, which
it knows by the name of the file: ``is_internal_filename`` in CPython's ``Python/_warnings.c``, ``_is_internal_frame``
in :mod:`warnings`.
"""

from __future__ import annotations

import sys
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What the name of a file has at its end then. Its beginning stays, by which we know our own files.
_INTERNAL = " importlib._bootstrap"
_PACKAGE = __name__.partition(".")[0]


#: The modules whose functions have their new names.
_done: set[str] = set()


def make_internal() -> None:
    """Rename the files of all functions of this package that are imported by now."""
    for name, module in list(sys.modules.items()):
        if name not in _done and (name == _PACKAGE or name.startswith(f"{_PACKAGE}.")):
            _done.add(name)
            for function in _functions(vars(module), name):
                function.__code__ = _renamed(function.__code__)


def make_new_internal() -> None:
    """Rename those of modules that were imported since, if any were renamed."""
    if _done:
        make_internal()


def _functions(names: dict[str, Any], module: str) -> Iterator[FunctionType]:
    """The functions of a module and of its classes."""
    for value in list(names.values()):
        if isinstance(value, type) and value.__module__ == module:
            yield from _functions(dict(vars(value)), module)
        parts = (value, *(getattr(value, name, None) for name in ("__func__", "__wrapped__", "fget", "fset")))
        yield from (part for part in parts if type(part) is FunctionType and part.__module__ == module)


def _renamed(code: CodeType) -> CodeType:
    if code.co_filename.endswith(_INTERNAL):
        return code
    inner = tuple(_renamed(one) if type(one) is CodeType else one for one in code.co_consts)
    return code.replace(co_filename=code.co_filename + _INTERNAL, co_consts=inner)
