"""What can be read from a program's source before it runs: its imports, and how long it sleeps."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeGuard

from ..core.syntax import nodes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Libraries whose figures are shown by a method ``show``.
_DRAWING = frozenset({"matplotlib", "plotly"})
#: Functions and modules by which programs measure time, beside functions ``time``.
_CLOCKS = frozenset(
    {"time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time", "process_time_ns"}
    | {"thread_time", "thread_time_ns", "clock_gettime", "clock_gettime_ns", "timeit", "cProfile", "profile"}
)
#: Functions of modules that are clocks only under these names: ``datetime.now()``, ``os.times()``.
_MOMENTS = frozenset({"now", "utcnow", "times"})
_TOO_LONG = 1e6  # seconds: such a sleep is meant to be cancelled


@dataclass(frozen=True, slots=True)
class SourceHints:
    """What to expect of a run.

    :ivar imports: the top-level names of all import statements.
    :ivar sleep: sum of the seconds in its calls of ``sleep``, each counted once. Only a hint: of two programs the one
        with more should start first.
    """

    imports: frozenset[str] = frozenset()
    sleep: float = 0.0


@lru_cache(maxsize=4096)
def source_hints(code: str) -> SourceHints:
    """Return the imports of a source and the seconds that it sleeps; both are empty if it is not valid Python."""
    nodes = nodes_of(code)
    imports = frozenset(name for node in nodes for name in _imported(node))
    return SourceHints(imports, sum(_sleep_seconds(node) for node in nodes))


#: Lines without effect, and imports of modules that do nothing but define names.
_QUIET = "abc collections contextlib contextvars dataclasses datetime enum functools inspect io itertools json logging"
_QUIET += " math operator os pathlib queue random re signal socket string sys textwrap threading time traceback types"
_QUIET += " typing warnings weakref"
_BEFORE = rf"(?:[ \t]*(?:\#[^\n]*)?\n|(?:import|from) (?:{_QUIET.replace(' ', '|')})(?: (?:import|as) [\w, ]+)? *\n)*"
_FIRST = re.compile(_BEFORE + r"(?:import (asyncio)(?: as \w+)?|from (asyncio) import [\w, ]+) *(?:\#[^\n]*)?(?:\n|\Z)")


def first_import(code: str) -> str:
    """``asyncio``, if a program imports that before it does anything; else an empty string.

    Imports of some modules of the standard library may come before it.
    """
    found = _FIRST.match(code)
    return "" if found is None else found[1] or found[2]


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [top(alias.name) for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [top(node.module)]
    return []


def _sleep_seconds(node: ast.AST) -> float:
    if not isinstance(node, ast.Call) or not node.args or not isinstance(argument := node.args[0], ast.Constant):
        return 0.0
    name, seconds = getattr(node.func, "attr", getattr(node.func, "id", None)), argument.value
    if name != "sleep" or not isinstance(seconds, int | float) or not 0 < seconds < _TOO_LONG:
        return 0.0
    return float(seconds)


def reads_clock(code: str) -> bool:
    """Whether a source asks a clock how long something takes."""
    if not any(name in code for name in ("time", *_CLOCKS)):
        return False
    return any(map(_reads_clock, nodes_of(code)))


def _reads_clock(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom) and node.module == "time":  # by whatever name it is called
        return any(alias.name == "time" or alias.name in _CLOCKS for alias in node.names)
    if isinstance(node, ast.alias):
        return node.name.rpartition(".")[2] in _CLOCKS
    if isinstance(node, ast.Attribute) and node.attr == "time" and isinstance(node.value, ast.Name):
        return node.value.id != "datetime"  # datetime.time(10, 30) is none
    if isinstance(node, ast.Call) and not node.args:  # loop.time(), datetime.now(), and not datetime.time(10, 30)
        return getattr(node.func, "attr", getattr(node.func, "id", None)) in {"time", *_MOMENTS, *_CLOCKS}
    return getattr(node, "attr", getattr(node, "id", None)) in _CLOCKS


def figures_shown(parts: Sequence[str]) -> list[list[int]]:
    """For each part of a program the lines (from 1) that show a figure in a window, of which a page has nothing."""
    if not any(".show()" in part for part in parts):  # nearly all programs: parse nothing
        return [[] for _ in parts]
    if not any(source_hints(part).imports & _DRAWING for part in parts):
        return [[] for _ in parts]
    return [sorted({node.lineno for node in nodes_of(part) if _shows(node)}) for part in parts]


def _shows(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether it is a call ``x.show()``. One with arguments says how: as text, perhaps."""
    if not isinstance(node, ast.Call) or node.args or node.keywords:
        return False
    return isinstance(node.func, ast.Attribute) and node.func.attr == "show"


def imported_modules(source: bytes, package: str) -> list[str]:
    """The absolute names of all modules that a module's import statements may import.

    :param package: the package that the module is in.
    """
    found: list[str] = []
    for node in nodes_of(source):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: package.count(".") + 2 - node.level]) if node.level else ""
            name = ".".join(filter(None, [base, node.module]))
            found += [name, *(f"{name}.{alias.name}" for alias in node.names)]
    return [name for name in found if name]


def top(name: str) -> str:
    """The top-level name of a module's name."""
    return name.partition(".")[0]
