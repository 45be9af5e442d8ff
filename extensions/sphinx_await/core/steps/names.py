"""Which object a name of a program means, as far as its source leaves no doubt."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_MODULE = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A function: its qualified name without ``<locals>``, its first and its last line."""

    name: str
    line: int
    end: int


@dataclass(frozen=True, slots=True)
class Made:
    """Where a task was made: the line, and which of several tasks it is that were made of one function there."""

    function: str
    line: int
    index: int
    count: int


class Names:
    """The names that a source binds.

    :param functions: each function that is the only one of its qualified name.
    """

    def __init__(self, modules: Sequence[ast.Module], functions: Sequence[tuple[Definition, _Function]]) -> None:
        self._functions = {one.name: node for one, node in functions}
        self._spans = [(one.line, one.end, one.name) for one, _ in functions]
        self._bound = {name: Counter(_bound_in(node)) for name, node in self._functions.items()}
        self._bound[_MODULE] = Counter(name for module in modules for name in _bound_in(module))
        self._statements = [node for module in modules for node in ast.walk(module) if isinstance(node, ast.stmt)]
        loaded = (node for module in modules for node in ast.walk(module) if isinstance(node, ast.Name))
        self._loads = Counter(node.id for node in loaded if isinstance(node.ctx, ast.Load))

    def meant(self, name: str, line: int, made: Made | None = None) -> str:
        """Where the object is bound that a name means at a line: ``main.pot``; empty if there is any doubt.

        :param made: of the task that is at the line.
        """
        around = [(start, function) for start, end, function in self._spans if start <= line <= end]
        scope = max(around, default=(0, _MODULE))[1]
        while scope != _MODULE and name not in self._bound.get(scope, ()):
            scope = scope.rpartition(".")[0]
        if scope not in self._bound or self._bound[scope][name] != 1:
            return ""
        node = self._functions.get(scope)
        if node is not None and name in _parameters(node):
            argument = self._argument(node, name, made) if made is not None and made.function == scope else None
            return self.meant(argument, made.line) if argument and made is not None else ""
        runs_once = scope == _MODULE or ("." not in scope and self._loads[scope] == 1)
        return f"{scope}.{name}" if runs_once else ""

    def _argument(self, function: _Function, parameter: str, made: Made) -> str | None:
        """The name that a parameter of a task's function was given; None if that is something else."""
        around = [node for node in self._statements if node.lineno <= made.line <= (node.end_lineno or 0)]
        if not around:
            return None
        statement = max(around, key=lambda node: (node.lineno, -(node.end_lineno or 0)))
        calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call) and _name_of(node) == function.name]
        calls.sort(key=lambda node: (node.lineno, node.col_offset))
        if len(calls) not in {1, made.count}:
            return None
        call = calls[made.index if len(calls) > 1 else 0]
        given = {one.arg: one.value for one in call.keywords if one.arg}
        names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        if not any(isinstance(one, ast.Starred) for one in call.args) and names[:1] != ["self"]:
            given |= dict(zip(names, call.args, strict=False))
        value = given.get(parameter)
        return value.id if isinstance(value, ast.Name) else None


def _name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _parameters(function: _Function) -> set[str]:
    return {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}


def _bound_in(scope: ast.Module | _Function) -> Iterator[str]:
    """The names that a scope binds, as often as it does."""
    if isinstance(scope, _FUNCTIONS):
        yield from _parameters(scope)
    ahead: list[ast.AST] = [*scope.body]
    while ahead:
        node = ahead.pop()
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Global | ast.Nonlocal):
            yield from (*node.names, *node.names)  # bound elsewhere, too
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            ahead += ast.iter_child_nodes(node)
