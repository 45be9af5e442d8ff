"""What a program's source says beforehand of its run: what it imports, and for how long it sleeps."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache

_FOR_EVER = 1e6  # seconds


@dataclass(frozen=True, slots=True)
class SourceHints:
    """What is expected of a run.

    :ivar imports: the top-level names of all import statements.
    :ivar sleep: seconds that its calls of ``sleep`` name, each once. No more than a hint: of two programs, who of
        this has more should start first.
    """

    imports: frozenset[str] = frozenset()
    sleep: float = 0.0


@lru_cache(maxsize=4096)
def source_hints(code: str) -> SourceHints:
    """Read a source; of one that is no Python nothing is known."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError):
        return SourceHints()
    imports = frozenset(name for node in nodes for name in _imported(node))
    return SourceHints(imports, sum(_slept(node) for node in nodes))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [top(alias.name) for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [top(node.module)]
    return []


def _slept(node: ast.AST) -> float:
    if not isinstance(node, ast.Call) or not node.args or not isinstance(argument := node.args[0], ast.Constant):
        return 0.0
    name, seconds = getattr(node.func, "attr", getattr(node.func, "id", None)), argument.value
    if name != "sleep" or not isinstance(seconds, int | float) or not 0 < seconds < _FOR_EVER:
        return 0.0
    return float(seconds)


def top(name: str) -> str:
    """The top-level package of a module."""
    return name.partition(".")[0]
