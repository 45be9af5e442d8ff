"""Which code is a library's: of the standard library, or of an installed distribution. Other code is the project's."""

from __future__ import annotations

import linecache
import os
import sys
from types import CodeType
from typing import TYPE_CHECKING, Any

from ..model.source_files import is_file_name

if TYPE_CHECKING:
    from types import FrameType

#: Modules of asyncio whose functions create tasks for those that call them.
_FOR_OTHERS = frozenset(f"asyncio.{name}" for name in ("tasks", "taskgroups", "runners", "timeouts"))
#: Functions that do, of modules that also create tasks of their own.
_FUNCTIONS_FOR_OTHERS = frozenset({"create_task", "run_until_complete", "ensure_future"})
_INSTALLED = frozenset({"site-packages", "dist-packages"})
# Where code says that it is from may be another place than where it was loaded from, as in the zip of a browser.
_STANDARD = frozenset(
    os.path.dirname(file) + os.sep for file in (linecache.__file__, linecache.getline.__code__.co_filename)
)


def code_of(coro: Any) -> CodeType | None:
    """The code that a coroutine or generator executes, if it is written in Python."""
    found = getattr(coro, "cr_code", None) or getattr(coro, "gi_code", None)
    return found if isinstance(found, CodeType) else None


def makes_tasks_for_others(frame: FrameType) -> bool:
    """Whether a frame executes a function of asyncio that creates a task because its caller asks for one."""
    module = str(frame.f_globals.get("__name__", ""))
    if module in _FOR_OTHERS:
        return True
    return module.partition(".")[0] in {"asyncio", "uvloop"} and frame.f_code.co_name in _FUNCTIONS_FOR_OTHERS


def is_of_a_library(file: str) -> bool:
    """Whether a file is of the standard library or of an installed distribution."""
    if file.startswith("<frozen ") or not _INSTALLED.isdisjoint(file.split(os.sep)):
        return True
    return file.startswith((*_STANDARD, os.path.join(sys.prefix, "lib") + os.sep))


def is_of_asyncio(file: str) -> bool:
    """Whether a file is a module of asyncio."""
    return os.path.basename(os.path.dirname(file)) == "asyncio" and is_of_a_library(file)


def name_in_project(file: str) -> str:
    """The name, without its folder, of a file that is no library's and not ours; "" if it has none to show."""
    # A module that was imported has the whole path. Others are made up, as of ``exec`` and of templates, or compiled by
    # Cython, which names a source that is not here.
    if not os.path.isabs(file) or file.startswith(_OURS) or is_of_a_library(file):
        return ""
    name = os.path.basename(file)
    return name if is_file_name(name) else ""


_OURS = os.path.dirname(os.path.dirname(os.path.dirname(name_in_project.__code__.co_filename))) + os.sep
