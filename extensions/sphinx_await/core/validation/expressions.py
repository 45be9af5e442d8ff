"""Evaluates an author's Python expressions without executing them as Python code.

The expression is parsed by :mod:`ast` and walked node by node. What is not on the list of allowed nodes, operators
and methods is refused when the expression is read. Steps, sizes and depths are bounded, so an expression can neither
reach the process that evaluates it nor keep it busy.
"""

from __future__ import annotations

import ast
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import CheckError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

#: Bounds of an expression. They are far beyond what a check needs, and small enough to be harmless.
LONGEST_SOURCE = 2_000  # characters
DEEPEST = 50  # nested brackets, and nested nodes
MOST_STEPS = 200_000
LARGEST = 1_000_000  # items of a container, characters of a text
MOST_BITS = 1_024  # of an integer
MOST_DIGITS = 20  # of round()

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
}
#: Methods of texts: those whose result is no larger than what they are given.
METHODS = frozenset(
    {
        *("startswith", "endswith", "count", "find", "rfind", "index", "rindex"),
        *("strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "lower", "upper", "casefold", "title"),
        *("split", "rsplit", "splitlines", "partition", "rpartition"),
        *("isdigit", "isdecimal", "isnumeric", "isalpha", "isalnum", "isspace", "islower", "isupper"),
    }
)
_CONSTANTS = (str, int, float, bool, type(None))
_NUMBERS = (int, float)
_STEPS = (
    *(ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Store, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp),
    *(ast.BinOp, ast.Compare, ast.IfExp, ast.Call, ast.keyword, ast.Attribute, ast.Subscript, ast.Slice),
    *(ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.comprehension, ast.Lambda, ast.arguments, ast.arg),
    *(*_BINARY, *_UNARY, *_COMPARE),
)


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that may be evaluated; made by :func:`read_expression`.

    :ivar names: its free names.
    """

    source: str
    tree: ast.Expression
    names: frozenset[str]


def read_expression(source: str) -> Expression:
    """Parse and check an expression.

    :raises CheckError: the source is not a Python expression, uses what is not allowed, or is too long or too deep.
    """
    if len(source) > LONGEST_SOURCE:
        raise CheckError(f"{_short(source)}: longer than {LONGEST_SOURCE} characters")
    if _depth(source) > DEEPEST:
        raise CheckError(f"{_short(source)}: more than {DEEPEST} nested brackets")
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise CheckError(f"{_short(source)} is no Python expression: {error}") from None
    _see(tree, source, 0)
    own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return Expression(source, tree, frozenset(used - own))


def _short(source: str) -> str:
    return repr(source if len(source) <= 80 else source[:79] + "…")  # noqa: PLR2004 - one line of a message


def _depth(source: str) -> int:
    depth = deepest = 0
    for character in source:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


#: For kinds of nodes, what of a node is refused; None if nothing is.
_REFUSED: tuple[tuple[type[ast.AST], Callable[[Any], str | None]], ...] = (
    (ast.Constant, lambda node: None if type(node.value) in _CONSTANTS else repr(node.value)),
    (ast.Attribute, lambda node: None if node.attr in METHODS else f".{node.attr}"),
    (ast.comprehension, lambda node: "async for" if node.is_async else None),
    (ast.arguments, lambda node: "* in a lambda" if node.vararg or node.kwarg or node.kwonlyargs else None),
    (ast.arguments, lambda node: "a default in a lambda" if node.defaults else None),
    (ast.keyword, lambda node: "**" if node.arg is None else None),
    (ast.Dict, lambda node: "**" if None in node.keys else None),
    (ast.Call, lambda node: "a call of a lambda" if isinstance(node.func, ast.Lambda) else None),
)


def _see(node: ast.AST, source: str, depth: int) -> None:
    """Check that everything below a node is allowed."""
    if depth > 2 * DEEPEST:
        raise CheckError(f"{_short(source)}: nested too deeply")
    refused = next((say(node) for kind, say in _REFUSED if isinstance(node, kind) and say(node)), None)
    if not isinstance(node, _STEPS):
        refused = type(node).__name__
    if refused is not None:
        raise CheckError(f"{_short(source)}: {refused} is not allowed in a check")
    for child in ast.iter_child_nodes(node):
        _see(child, source, depth + 1)


def evaluate(
    expression: Expression, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]], *, cost: int = 1
) -> Any:
    """Evaluate an expression.

    :param values: the values of names. Their attributes cannot be reached, except :data:`METHODS` of texts.
    :param functions: functions that it may call, beside :data:`BUILTINS`.
    :param cost: the number of steps that a call of one of these functions counts for.
    :raises CheckError: the expression fails, or needs too many steps or too much memory.
    """
    machine = _Machine(functions, cost)
    try:
        result = machine.value(expression.tree.body, dict(values))
        return list(result) if isinstance(result, _Lazy) else result
    except CheckError as error:
        raise CheckError(f"{_short(expression.source)}: {error}") from None
    except Exception as error:  # noqa: BLE001 - whatever an expression raises
        raise CheckError(f"{_short(expression.source)} failed: {type(error).__name__}: {error}") from None


class _Lazy:
    """A generator expression: an iterator without methods that an expression could reach."""

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[Any]:
        return self._items


class _Function:
    """A lambda of the expression."""

    def __init__(self, machine: _Machine, node: ast.Lambda, scope: dict[str, Any]) -> None:
        self._machine = machine
        self._names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        self._body = node.body
        self._scope = scope

    def __call__(self, *given: Any) -> Any:
        if len(given) != len(self._names):
            raise TypeError(f"the lambda takes {len(self._names)} arguments, found {len(given)}")
        return self._machine.value(self._body, {**self._scope, **dict(zip(self._names, given, strict=True))})


class _Machine:
    """Evaluates the nodes of one expression and counts steps."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]], cost: int) -> None:
        self._costly = list(functions.values())
        self._functions = {**BUILTINS, **functions}
        self._cost = cost
        self._left = MOST_STEPS

    def pay(self, steps: int = 1) -> None:
        """Count steps.

        :raises CheckError: there are too many.
        """
        self._left -= steps
        if self._left < 0:
            raise CheckError(f"more than {MOST_STEPS} steps")

    def value(self, node: ast.expr, scope: dict[str, Any]) -> Any:
        """The value of a node."""
        self.pay()
        return getattr(self, f"_{type(node).__name__}")(node, scope)

    def _Constant(self, node: ast.Constant, _scope: dict[str, Any]) -> Any:  # noqa: N802 - the node's name
        return _bounded(node.value)

    def _Name(self, node: ast.Name, scope: dict[str, Any]) -> Any:  # noqa: N802
        if node.id in scope:
            return scope[node.id]
        if node.id in self._functions:
            return self._functions[node.id]
        raise CheckError(f"unknown name {node.id!r}")

    def _BoolOp(self, node: ast.BoolOp, scope: dict[str, Any]) -> Any:  # noqa: N802
        result: Any = None
        for operand in node.values:
            result = self.value(operand, scope)
            if bool(result) is isinstance(node.op, ast.Or):
                break
        return result

    def _UnaryOp(self, node: ast.UnaryOp, scope: dict[str, Any]) -> Any:  # noqa: N802
        return _UNARY[type(node.op)](self.value(node.operand, scope))

    def _BinOp(self, node: ast.BinOp, scope: dict[str, Any]) -> Any:  # noqa: N802
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if isinstance(node.op, ast.Mod) and not isinstance(left, _NUMBERS):
            raise CheckError("% is for numbers only")
        if isinstance(node.op, ast.Mult):
            _see_product(left, right)
        self.pay(_cost_of(left) + _cost_of(right))
        return _bounded(_BINARY[type(node.op)](left, right))

    def _Compare(self, node: ast.Compare, scope: dict[str, Any]) -> Any:  # noqa: N802
        left, result = self.value(node.left, scope), True
        for compare, operand in zip(node.ops, node.comparators, strict=True):
            right = self.value(operand, scope)
            self.pay(_cost_of(left) + _cost_of(right))
            result = _COMPARE[type(compare)](left, self._counted(right) if isinstance(right, _Lazy) else right)
            if not result:
                break
            left = right
        return result

    def _IfExp(self, node: ast.IfExp, scope: dict[str, Any]) -> Any:  # noqa: N802
        return self.value(node.body if self.value(node.test, scope) else node.orelse, scope)

    def _Call(self, node: ast.Call, scope: dict[str, Any]) -> Any:  # noqa: N802
        if isinstance(node.func, ast.Attribute):
            function = self._method(node.func, scope)
        else:
            function = self.value(node.func, scope)
            if not isinstance(function, _Function) and function not in self._functions.values():
                raise CheckError("only functions can be called")
            self.pay(self._cost if function in self._costly else 1)
        given = [self._passed(self.value(argument, scope)) for argument in node.args]
        named = {one.arg: self._passed(self.value(one.value, scope)) for one in node.keywords if one.arg is not None}
        result = _bounded(function(*given, **named))
        self.pay(_cost_of(result))
        return result

    def _method(self, node: ast.Attribute, scope: dict[str, Any]) -> Callable[..., Any]:
        text = self.value(node.value, scope)
        if type(text) is not str:
            raise CheckError(f"only texts have methods, and .{node.attr} was asked of {type(text).__name__}")
        self.pay(_cost_of(text))
        method: Callable[..., Any] = getattr(text, node.attr)
        return method

    def _passed(self, value: Any) -> Any:
        """Evaluate an argument, and count the steps that a function needs to iterate over it."""
        if isinstance(value, _Lazy):
            return self._counted(value)
        self.pay(_cost_of(value))
        return value

    def _counted(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            self.pay()
            yield item

    def _Attribute(self, node: ast.Attribute, _scope: dict[str, Any]) -> Any:  # noqa: N802
        raise CheckError(f".{node.attr} can only be called")

    def _Subscript(self, node: ast.Subscript, scope: dict[str, Any]) -> Any:  # noqa: N802
        part = self.value(node.value, scope)[self.value(node.slice, scope)]
        self.pay(_cost_of(part))
        return part

    def _Slice(self, node: ast.Slice, scope: dict[str, Any]) -> Any:  # noqa: N802
        parts = (node.lower, node.upper, node.step)
        return slice(*(None if part is None else self.value(part, scope) for part in parts))

    def _List(self, node: ast.List, scope: dict[str, Any]) -> Any:  # noqa: N802
        return [self.value(item, scope) for item in node.elts]

    def _Tuple(self, node: ast.Tuple, scope: dict[str, Any]) -> Any:  # noqa: N802
        return tuple(self.value(item, scope) for item in node.elts)

    def _Set(self, node: ast.Set, scope: dict[str, Any]) -> Any:  # noqa: N802
        return {self._key(item, scope) for item in node.elts}

    def _Dict(self, node: ast.Dict, scope: dict[str, Any]) -> Any:  # noqa: N802
        keys = [key for key in node.keys if key is not None]
        return {self._key(key, scope): self.value(value, scope) for key, value in zip(keys, node.values, strict=True)}

    def _key(self, node: ast.expr, scope: dict[str, Any]) -> Any:
        """Evaluate what is hashed, and count the steps of that."""
        key = self.value(node, scope)
        self.pay(_cost_of(key))
        return key

    def _ListComp(self, node: ast.ListComp, scope: dict[str, Any]) -> Any:  # noqa: N802
        return _bounded([self.value(node.elt, inner) for inner in self._scopes(node.generators, scope)])

    def _SetComp(self, node: ast.SetComp, scope: dict[str, Any]) -> Any:  # noqa: N802
        return _bounded({self._key(node.elt, inner) for inner in self._scopes(node.generators, scope)})

    def _DictComp(self, node: ast.DictComp, scope: dict[str, Any]) -> Any:  # noqa: N802
        scopes = self._scopes(node.generators, scope)
        return _bounded({self._key(node.key, inner): self.value(node.value, inner) for inner in scopes})

    def _GeneratorExp(self, node: ast.GeneratorExp, scope: dict[str, Any]) -> Any:  # noqa: N802
        return _Lazy(self.value(node.elt, inner) for inner in self._scopes(node.generators, scope))

    def _Lambda(self, node: ast.Lambda, scope: dict[str, Any]) -> Any:  # noqa: N802
        return _Function(self, node, scope)

    def _scopes(self, generators: list[ast.comprehension], scope: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The scope of each iteration of nested ``for`` clauses."""
        if not generators:
            yield scope
            return
        first, *rest = generators
        for item in self.value(first.iter, scope):
            self.pay()
            inner = {**scope, **self._bound(first.target, item)}
            if all(self.value(test, inner) for test in first.ifs):
                yield from self._scopes(rest, inner)

    def _bound(self, target: ast.expr, item: Any) -> dict[str, Any]:
        if isinstance(target, ast.Name):
            return {target.id: item}
        if not isinstance(target, ast.Tuple | ast.List):
            raise CheckError("a loop needs names")
        names: dict[str, Any] = {}
        for inner, value in zip(target.elts, item, strict=True):
            names.update(self._bound(inner, value))
        return names


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple | set | frozenset | dict) else 1


def _cost_of(value: Any) -> int:
    """The number of steps for iterating over a value and all that is in it, as a comparison does; texts are cheap."""
    return _deep_cost(value, {})


def _deep_cost(value: Any, known: dict[int, int]) -> int:
    """The cost of a value, in which the same containers may occur many times.

    :param known: costs by identity, so that each container is looked at once.
    """
    if isinstance(value, str):
        return 1 + len(value) // 1000
    if not isinstance(value, list | tuple | set | frozenset | dict):
        return 1
    if id(value) not in known:
        items = [*value, *value.values()] if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_deep_cost(item, known) for item in items)
    return known[id(value)]


def _see_product(left: Any, right: Any) -> None:
    """Refuse a product that would be too large, before it is computed."""
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() + right.bit_length() > MOST_BITS:
            raise CheckError("a number is too large")
    elif not (isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS)):
        times = next((one for one in (left, right) if isinstance(one, int)), 1)
        if _size(left) * _size(right) * max(times, 1) > LARGEST:
            raise CheckError("a value is too large")


def _bounded(value: Any) -> Any:
    """Return a value that was computed.

    :raises CheckError: the value is too large.
    """
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise CheckError("a number is too large")
    if _size(value) > LARGEST:
        raise CheckError("a value is too large")
    return value


def _round(number: float, digits: int | None = None) -> float:
    if digits is not None and not -MOST_DIGITS <= digits <= MOST_DIGITS:
        raise CheckError(f"round: at most {MOST_DIGITS} digits")
    return round(number, digits)


def _sum(numbers: Iterable[Any]) -> Any:
    total = 0
    for number in numbers:
        if not isinstance(number, _NUMBERS):
            raise CheckError("sum is for numbers only")
        total = _bounded(total + number)
    return total


#: The built-in functions of an expression.
BUILTINS: dict[str, Callable[..., Any]] = {
    **{one.__name__: one for one in (abs, all, any, len, max, min, set, sorted)},
    "round": _round,
    "sum": _sum,
}
