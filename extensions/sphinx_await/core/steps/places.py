"""Where the functions of a program are defined: what a recording leaves open of where a task runs."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..syntax import nodes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Definition:
    """A function: its qualified name without ``<locals>``, its first and its last line."""

    name: str
    line: int
    end: int


class Definitions:
    """The functions that a source defines; none if it is not valid Python."""

    def __init__(self, source: str) -> None:
        top = [node for node in nodes_of(source) if isinstance(node, ast.Module)]
        self._all = [found for module in top for found in _functions(module)]
        self._named: dict[str, list[Definition]] = {}
        for one in self._all:
            self._named.setdefault(one.name, []).append(one)

    def line_of(self, name: str) -> int | None:
        """The line of the only function with a qualified name; None if there is none, or more than one."""
        found = self._named.get(_plain(name), [])
        return found[0].line if len(found) == 1 else None

    def around(self, line: int) -> str:
        """The qualified name of the innermost function that a line is in; empty if it is in none."""
        inside = [one for one in self._all if one.line <= line <= one.end]
        return max(inside, key=lambda one: (one.line, -one.end)).name if inside else ""


def _plain(name: str) -> str:
    return name.replace("<locals>.", "")


def _functions(module: ast.Module) -> Iterator[Definition]:
    ahead: list[tuple[ast.AST, str]] = [(module, "")]
    while ahead:  # not by recursion: a source may be nested deeply
        node, prefix = ahead.pop()
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, (_Function, ast.ClassDef)):
                inner = f"{prefix}{child.name}."
            if isinstance(child, _Function):
                yield Definition(f"{prefix}{child.name}", child.lineno, child.end_lineno or child.lineno)
            ahead.append((child, inner))
