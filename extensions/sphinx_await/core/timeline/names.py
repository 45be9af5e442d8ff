"""Which object a name of a program means, and how tasks were called, as far as the source leaves no doubt."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..syntax import nodes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..model.recording import Task

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_MODULE = ""
#: What is released where a block is left that entered it.
_RELEASED = frozenset({"Lock", "Condition", "Semaphore", "BoundedSemaphore"})
#: The names of tasks that were given none.
_DEFAULT = re.compile(r"Task-\d+")
#: Characters of an argument.
_LONGEST = 24


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

    :param modules: the source, parsed; nothing if it is not valid Python.
    """

    def __init__(self, modules: Sequence[ast.Module]) -> None:
        self._modules = modules
        found = [one for module in modules for one in functions_in(module)]
        counts = Counter(one.name for one, _ in found)
        functions = [(one, node) for one, node in found if counts[one.name] == 1]
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
            argument = self._argument(name, made) if made is not None and made.function == scope else None
            return self.meant(argument, made.line) if argument and made is not None else ""
        runs_once = scope == _MODULE or ("." not in scope and self._loads[scope] == 1)
        return f"{scope}.{name}" if runs_once else ""

    def released(self, name: str, line: int, made: Made | None = None) -> str:
        """The name to which a lock or a semaphore is bound that a name means at a line; empty if there is any doubt."""
        scope, _, bound = self.meant(name, line, made).rpartition(".")
        body = self._functions[scope].body if scope else [node for module in self._modules for node in module.body]
        made_of = [value for target, value in _assigned(body) if target == bound]
        return bound if len(made_of) == 1 and _called_name(made_of[0]) in _RELEASED else ""

    def arguments(self, made: Made) -> dict[str, ast.expr] | None:
        """What the parameters of a task's function were given, in their order; None if that is not certain."""
        function = self._functions.get(made.function)
        around = [node for node in self._statements if node.lineno <= made.line <= (node.end_lineno or 0)]
        if function is None or not around:
            return None
        statement = max(around, key=lambda node: (node.lineno, -(node.end_lineno or 0)))
        calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call) and _name_of(node) == function.name]
        calls.sort(key=lambda node: (node.lineno, node.col_offset))
        if len(calls) not in {1, made.count}:
            return None
        call = calls[made.index if len(calls) > 1 else 0]
        names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
            return None
        given = dict(zip(names, call.args, strict=False)) | {one.arg: one.value for one in call.keywords if one.arg}
        return dict(sorted(given.items(), key=lambda one: names.index(one[0]) if one[0] in names else len(names)))

    def _argument(self, parameter: str, made: Made) -> str | None:
        """The name that a parameter of a task's function was given; None if that is something else."""
        value = (self.arguments(made) or {}).get(parameter)
        return value.id if isinstance(value, ast.Name) else None


def makings(tasks: Sequence[Task]) -> Iterator[tuple[int, Made]]:
    """Where the tasks of a program were made, of those of which that is known."""
    alike: defaultdict[tuple[int | None, str, int], list[int]] = defaultdict(list)
    for number, task in enumerate(tasks):
        if task.coro and task.line is not None and task.file is None:
            alike[task.parent, plain_name(task.coro), task.line].append(number)
    for (_, function, line), numbers in alike.items():
        for index, number in enumerate(numbers):
            yield number, Made(function, line, index, len(numbers))


def calls_of(tasks: Sequence[Task], source: str, shown: Sequence[int | None] | None = None) -> dict[int, str]:
    """How the tasks of one function were called, where an argument tells them apart that the source spells out.

    Of several such arguments it is the first: ``serve(1, …)``. Tasks that were all given names need none.

    :param shown: for each line of the source, the number that readers see, or None.
    """
    families: defaultdict[str, list[tuple[int, Made]]] = defaultdict(list)
    for number, made in makings(tasks):
        families[made.function].append((number, made))
    known = Counter(plain_name(task.coro or "") for task in tasks)
    several = {name: own for name, own in families.items() if len(own) == known[name] > 1}
    if not several:
        return {}
    names = Names([node for node in nodes_of(source) if isinstance(node, ast.Module)])
    found: dict[int, str] = {}
    for function, own in several.items():
        is_seen = shown is None or all(
            0 < made.line <= len(shown) and shown[made.line - 1] is not None for _, made in own
        )
        if is_seen and any(_DEFAULT.fullmatch(tasks[number].name) for number, _ in own):
            found |= _told_apart(function, {number: names.arguments(made) for number, made in own}, source)
    return found


def _told_apart(function: str, given: Mapping[int, dict[str, ast.expr] | None], source: str) -> dict[int, str]:
    """The calls of a function, by its first argument that is another one in each."""
    called = {number: list((values or {}).values()) for number, values in given.items()}
    for position in range(min(map(len, called.values()))):
        texts = {number: _literal(values[position], source) for number, values in called.items()}
        if all(texts.values()) and len({*texts.values()}) == len(texts):
            name = function.rpartition(".")[2]
            before = "…, " if position else ""
            after = {number: ", …" if len(values) > position + 1 else "" for number, values in called.items()}
            return {number: f"{name}({before}{text}{after[number]})" for number, text in texts.items()}
    return {}


def _literal(value: ast.expr, source: str) -> str:
    """The text of a value that the source spells out; empty if it is something else, or long."""
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ""
    text = ast.get_source_segment(source, value) or ""
    return text if len(text) <= _LONGEST and "\n" not in text else ""


def plain_name(name: str) -> str:
    """A qualified name as definitions have it."""
    return name.replace("<locals>.", "")


def functions_in(module: ast.Module) -> Iterator[tuple[Definition, _Function]]:
    """The functions of a source, with their nodes."""
    ahead: list[tuple[ast.AST, str]] = [(module, "")]
    while ahead:  # not by recursion: a source may be nested deeply
        node, prefix = ahead.pop()
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, (*_FUNCTIONS, ast.ClassDef)):
                inner = f"{prefix}{child.name}."
            if isinstance(child, _FUNCTIONS):
                yield Definition(f"{prefix}{child.name}", child.lineno, child.end_lineno or child.lineno), child
            ahead.append((child, inner))


def _name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _assigned(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """The names that are bound to values anywhere in a body, also several in one statement."""
    for node in (node for statement in body for node in ast.walk(statement)):
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _names_bound(node.target, node.value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _names_bound(target, node.value)


def _names_bound(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = list(zip(target.elts, value.elts, strict=False))
    else:
        pairs = [(target, value)]
    yield from ((name.id, one) for name, one in pairs if isinstance(name, ast.Name))


def _called_name(value: ast.expr) -> str:
    func = value.func if isinstance(value, ast.Call) else value
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


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
