"""What a recording leaves open of where a task runs: where functions are defined, and which of them await which."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..syntax import nodes_of
from ..timeline.names import Definition, Names, functions_in, plain_name
from .blocks import Blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

_Function = ast.FunctionDef | ast.AsyncFunctionDef
#: Functions of asyncio that return a task or a future of their own.
_TASKS = frozenset({"create_task", "ensure_future", "create_future", "gather", "shield"})
#: Those that make tasks of what they are given, or await nothing of it.
_OF_TASKS = _TASKS | {"wait", "as_completed", "to_thread", "sleep"}


@dataclass(frozen=True, slots=True)
class Entered:
    """What ``async with`` enters: its text and its line."""

    text: str
    line: int


class Definitions:
    """The functions that a source defines, and what awaits what in it; nothing if it is not valid Python."""

    def __init__(self, source: str) -> None:
        top = [node for node in nodes_of(source) if isinstance(node, ast.Module)]
        self._all = [found for module in top for found in functions_in(module)]
        self._named: dict[str, list[Definition]] = {}
        for one, _ in self._all:
            self._named.setdefault(one.name, []).append(one)
        self._modules = {name for module in top for name in _modules(module)}
        self._has_blocks = any(name.rpartition(".")[2] == "__aenter__" for name in self._named)
        self._awaits: dict[str, _Awaits] | None = None
        self._blocks = [node for module in top for node in ast.walk(module) if isinstance(node, ast.AsyncWith)]
        self._entered: dict[int, tuple[Entered, ...]] = {}
        self._top = top
        self._names: Names | None = None
        self._with_blocks: Blocks | None = None
        self._starts: dict[int, int] | None = None
        self._cancels: frozenset[int] | None = None

    def line_of(self, name: str) -> int | None:
        """The line of the only function with a qualified name; None if there is none, or more than one."""
        found = self._named.get(plain_name(name), [])
        return found[0].line if len(found) == 1 else None

    def around(self, line: int) -> str:
        """The qualified name of the innermost function that a line is in; empty if it is in none."""
        inside = [one for one, _ in self._all if one.line <= line <= one.end]
        return max(inside, key=lambda one: (one.line, -one.end)).name if inside else ""

    def start_of(self, line: int) -> int:
        """The first line of the statement that a line is in: a simple one, which has no statements in it."""
        if self._starts is None:
            simple = (node for module in self._top for node in ast.walk(module) if isinstance(node, ast.stmt))
            self._starts = {
                inner: node.lineno
                for node in simple
                if not hasattr(node, "body") and not hasattr(node, "cases")
                for inner in range(node.lineno, _end(node) + 1)
            }
        return self._starts.get(line, line)

    def cancels(self, line: int) -> bool:
        """Whether a method ``cancel()`` is called at a line, or in a statement that begins there."""
        if self._cancels is None:
            calls = (node for module in self._top for node in ast.walk(module) if isinstance(node, ast.Call))
            methods = (node.func for node in calls if isinstance(node.func, ast.Attribute))
            self._cancels = frozenset(self.start_of(one.lineno) for one in methods if one.attr == "cancel")
        return self.start_of(line) in self._cancels

    def entered(self, line: int) -> tuple[Entered, ...]:
        """What has been entered at a line, by blocks ``async with`` of its function, the outermost first."""
        if self._blocks and line not in self._entered:
            self._entered[line] = self._entered_at(line)
        return self._entered.get(line, ())

    def _entered_at(self, line: int) -> tuple[Entered, ...]:
        inner = next((one for one, _ in self._all if one.name == self.around(line)), None)
        first = 1 if inner is None else inner.line
        around = [one for one in self._blocks if one.lineno >= first and one.body[0].lineno <= line <= _end(one)]
        return tuple(found for one in sorted(around, key=lambda node: node.lineno) for found in self._items(one))

    @property
    def blocks(self) -> Blocks:
        """The statements with blocks."""
        if self._with_blocks is None:
            self._with_blocks = Blocks(self._top)
        return self._with_blocks

    @property
    def names(self) -> Names:
        """What the names of the source mean."""
        if self._names is None:
            self._names = Names(self._top)
        return self._names

    def enters(self, line: int) -> Entered | None:
        """What ``async with`` waits to enter at a line; None if that is nothing, or one of several things."""
        here = [found for one in self._blocks if one.lineno == line for found in self._items(one)]
        return here[0] if len(here) == 1 else None

    def _items(self, block: ast.AsyncWith) -> Iterator[Entered]:
        for one in block.items:
            yield Entered(ast.unparse(one.context_expr), block.lineno)

    def between(self, outer: str, inner: str) -> tuple[str, ...] | None:
        """The functions through which one awaits another, in order; None if the source leaves open which they are.

        :param outer: a qualified name, as the one of the ``inner`` function.
        """
        if self._awaits is None:
            self._awaits = {one.name: self._awaits_of(one.name, node) for one, node in self._all}
        awaits, outer = self._awaits, plain_name(outer)
        if outer == inner or any(len(self._named.get(name, ())) != 1 for name in (outer, inner)):
            return None
        reached = _reachable(awaits, outer, without=inner)
        if any(awaits[name].are_open or len(self._named[name]) != 1 for name in reached):
            return None
        paths = list(_paths(awaits, outer, inner, most=2))
        is_circle = any(name in _reachable(awaits, callee) for name in reached for callee in awaits[name].names)
        return paths[0] if len(paths) == 1 and not is_circle else None

    def _awaits_of(self, name: str, function: _Function) -> _Awaits:
        found = _Awaits()
        tasks = _names_of_tasks(function)
        for node in _own_nodes(function):
            if isinstance(node, ast.Await):
                is_task = isinstance(node.value, ast.Name) and node.value.id in tasks
                if isinstance(node.value, ast.Call):
                    self._add_call(found, name, node.value)
                elif not is_task:
                    found.are_open = True
            elif isinstance(node, ast.AsyncFor | ast.AsyncWith | ast.comprehension):
                self._add_block(found, name, node)
        return found

    def _add_call(self, found: _Awaits, scope: str, call: ast.Call) -> None:
        """Add what an awaited call awaits."""
        if not self._is_library(call.func):
            names = self._meant(scope, call.func)
            found.names |= names
            found.are_open |= len(names) > 1 or (not names and isinstance(call.func, ast.Name | ast.Call))
        elif _last_name(call.func) not in _OF_TASKS:
            given = [*call.args, *(one.value for one in call.keywords)]
            inner = (node for one in given for node in ast.walk(one) if isinstance(node, ast.Call))
            found.are_open |= any(self._meant(scope, one.func) for one in inner)

    def _add_block(self, found: _Awaits, scope: str, node: ast.AsyncFor | ast.AsyncWith | ast.comprehension) -> None:
        """Add what ``async with`` and ``async for`` await; what they do to objects of the program is left open."""
        if isinstance(node, ast.comprehension) and not node.is_async:
            return
        is_with = isinstance(node, ast.AsyncWith)
        for one in [item.context_expr for item in node.items] if isinstance(node, ast.AsyncWith) else [node.iter]:
            calls = [inner.func for inner in ast.walk(one) if isinstance(inner, ast.Call)]
            is_ours = any(self._meant(scope, func) or self._is_class(func) for func in calls)
            is_lock = is_with and isinstance(one, ast.Name | ast.Attribute) and not self._has_blocks
            found.are_open |= is_ours or not (calls or is_lock)

    def _is_class(self, func: ast.expr) -> bool:
        return isinstance(func, ast.Name) and any(name.startswith(f"{func.id}.") for name in self._named)

    def _is_library(self, func: ast.expr) -> bool:
        while isinstance(func, ast.Attribute):
            func = func.value
        return isinstance(func, ast.Name) and func.id in self._modules

    def _meant(self, scope: str, func: ast.expr) -> set[str]:
        """The functions of the program that a called expression may mean."""
        if isinstance(func, ast.Name):
            while True:
                name = f"{scope}.{func.id}" if scope else func.id
                if name in self._named:
                    return {name}
                if not scope:
                    return set()
                scope = scope.rpartition(".")[0]
        last = _last_name(func)
        return {name for name in self._named if "." in name and name.rpartition(".")[2] == last} if last else set()


@dataclass(slots=True)
class _Awaits:
    """What a function awaits: functions of the program, and whether it may await others of them."""

    names: set[str] = field(default_factory=set)
    are_open: bool = False


def _reachable(awaits: dict[str, _Awaits], start: str, without: str = "") -> set[str]:
    """A function and all that it awaits, directly or not."""
    found, ahead = set(), [start]
    while ahead:
        name = ahead.pop()
        if name not in found and name != without and name in awaits:
            found.add(name)
            ahead += awaits[name].names
    return found


def _paths(awaits: dict[str, _Awaits], outer: str, inner: str, most: int) -> Iterator[tuple[str, ...]]:
    """The ways from one function to another, with both; not more than so many."""
    ahead: list[tuple[str, ...]] = [(outer,)]
    count = 0
    while ahead and count < most:
        path = ahead.pop()
        for name in sorted(awaits[path[-1]].names):
            if name == inner:
                count += 1
                yield (*path, name)
            elif name in awaits and name not in path:
                ahead.append((*path, name))


def _own_nodes(function: _Function) -> Iterator[ast.AST]:
    """All nodes of a function's body that are not of a function in it."""
    ahead: list[ast.AST] = [*function.body]
    while ahead:
        node = ahead.pop()
        yield node
        if not isinstance(node, (_Function, ast.ClassDef, ast.Lambda)):
            ahead += ast.iter_child_nodes(node)


def _modules(module: ast.Module) -> Iterator[str]:
    """The names that a source imports."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((one.asname or one.name).partition(".")[0] for one in node.names)


def _names_of_tasks(function: _Function) -> set[str]:
    """The variables of a function that are only ever bound to new tasks."""
    bound: Counter[str] = Counter(one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg))
    to_tasks: Counter[str] = Counter()
    for node in _own_nodes(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound[node.id] += 1
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            to_tasks.update(names if _last_name(node.value.func) in _TASKS else ())
    return {name for name, count in to_tasks.items() if bound[name] == count}


def _end(node: ast.AST) -> int:
    return getattr(node, "end_lineno", None) or 0


def _last_name(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""
