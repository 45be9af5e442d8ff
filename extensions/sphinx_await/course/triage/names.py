"""The names of the outermost level that a program uses and gives to those that continue it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.syntax import nodes_of

if TYPE_CHECKING:
    from ...core.model.snippet import Snippet


@dataclass(frozen=True, slots=True)
class Names:
    """Names that a program gives a value, and all that it uses."""

    given: frozenset[str]
    used: frozenset[str]


def names_of(snippet: Snippet) -> Names:
    """The names of a program; none if it is no Python."""
    given: set[str] = set()
    used: set[str] = set()
    for source in snippet.compiled():
        for node in nodes_of(source):
            if isinstance(node, ast.Name):
                (used if isinstance(node.ctx, ast.Load) else given).add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                given.add(node.name)
            elif isinstance(node, ast.alias):
                given.add((node.asname or node.name).partition(".")[0])
    return Names(frozenset(given), frozenset(used))
