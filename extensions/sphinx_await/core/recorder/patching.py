"""Adds calls to a function of the standard library, so that no program can see it.

The function stays the same object with the same name, file and lines; it is compiled again from its own source with
a call at its start and at its end. So there is no frame, no wrapper and no line in a traceback that would not be
there otherwise.
"""

from __future__ import annotations

import ast
import linecache
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Stands for the object that is called; it becomes a constant of the compiled function.
_TARGET = "\0target"
#: What was compiled beforehand, by :func:`patch_key`: a browser compiles slowly, and its Python is always the same.
PRECOMPILED: dict[tuple[str | int, ...], CodeType] = {}


def instrument_function(
    function: Callable[..., Any], target: object, *, before: str, after: str = "", result: str = ""
) -> None:
    """Add statements to a function, in which ``target`` stands for an object.

    :param before: runs first, with the function's arguments.
    :param after: runs last, also when an exception passes.
    :param result: an expression that is returned instead, in which ``result`` stands for what would be returned.
    :raises OSError: the function's source is not at hand.
    """
    assert isinstance(function, FunctionType)
    code = PRECOMPILED.get(patch_key(function, before, after, result)) or compile_patched(
        function, before, after, result
    )
    constants = tuple(target if value == _TARGET else value for value in code.co_consts)
    function.__code__ = code.replace(co_consts=constants, co_qualname=function.__code__.co_qualname)


def patch_key(function: FunctionType, *added: str) -> tuple[str | int, ...]:
    """What tells a function and what is added to it from all others."""
    code = function.__code__
    return code.co_filename, code.co_firstlineno, code.co_qualname, *added


def compile_patched(function: FunctionType, before: str, after: str, result: str) -> CodeType:
    """The code of a function with statements added to it; a constant stands for the target.

    :raises OSError: the function's source is not at hand.
    """
    lines, first = _source(function)
    # Not dedented: tracebacks point to columns.
    above = ["if True:\n"] if lines[0][0].isspace() else []
    module = ast.parse("".join(above + lines))
    ast.increment_lineno(module, first - 1 - len(above))
    made = next(node for node in ast.walk(module) if isinstance(node, ast.FunctionDef))
    if result:
        _Returns(result).visit(made)
    body = made.body
    skip = ast.get_docstring(made) is not None
    start = body[skip]
    rest = [ast.Try(body[skip:], [], [], _statements(after, body[-1]))] if after else body[skip:]
    made.body = [*body[:skip], *_statements(before, start), *rest]
    ast.copy_location(rest[0], start)
    tree, file = ast.fix_missing_locations(ast.Module([made], [])), function.__code__.co_filename
    code = compile(tree, file, "exec", dont_inherit=True)
    return next(value for value in code.co_consts if isinstance(value, CodeType))


def _source(function: FunctionType) -> tuple[list[str], int]:
    """The lines of a function and the number of the first, without the cost of ``inspect``."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    last = max(_lines(code))
    if len(lines) < last:
        raise OSError(f"the source of {function.__qualname__} is not at hand")
    return lines[code.co_firstlineno - 1 : last], code.co_firstlineno


def _lines(code: CodeType) -> Iterator[int]:
    """The lines in which a function's instructions end, those of functions inside it too."""
    yield from (end for _, end, _, _ in code.co_positions() if end is not None)
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from _lines(value)


class _Returns(ast.NodeTransformer):
    def __init__(self, result: str) -> None:
        self._result = result

    def visit_Return(self, node: ast.Return) -> ast.Return:
        (statement,) = _statements(self._result, node)
        assert isinstance(statement, ast.Expr)
        assert node.value is not None
        node.value = _Names({"result": node.value}).visit(statement.value)
        return node


class _Names(ast.NodeTransformer):
    def __init__(self, values: dict[str, ast.expr]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._values.get(node.id, node)


def _statements(text: str, place: ast.stmt) -> list[ast.stmt]:
    """Statements that stand at the place of another."""
    values: dict[str, ast.expr] = {"target": ast.Constant(_TARGET)}
    statements = [_Names(values).visit(statement) for statement in ast.parse(text).body]
    for statement in statements:
        for node in ast.walk(statement):
            ast.copy_location(node, place)
    return statements
