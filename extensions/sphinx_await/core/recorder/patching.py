"""Add calls to a Python function without a wrapper.

The function stays the same object with the same name, file and lines. Its body is compiled again from its own source,
with statements added at its start and at its end. So the program sees no additional frame, and no line in a traceback
that it would not see otherwise.
"""

from __future__ import annotations
import __future__ as features

import ast
import importlib
import linecache
import sys
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from ..errors import AwaitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: Placeholder for the target object; a constant of the compiled function.
_TARGET = "\0target"
#: Functions that were compiled ahead, by :func:`patch_key`: browsers compile slowly, and their Python never changes.
PRECOMPILED: dict[tuple[str | int, ...], CodeType] = {}
#: The numbers of :mod:`inspect`, which takes a browser long to import.
_VARARGS, _VARKEYWORDS, _GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x4, 0x8, 0x20, 0x80, 0x200
#: Flags that decide how a function is called and what a call returns.
_CALL_FLAGS = _VARARGS | _VARKEYWORDS | _GENERATOR | _COROUTINE | _ASYNC_GENERATOR
#: Flags of ``from __future__ import …``.
_FUTURE_FLAGS = sum({getattr(features, name).compiler_flag for name in features.all_feature_names})
_MOST_LINES_MORE = 10  # that the end of a function's last statement may lie below its last instruction

_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class PatchError(AwaitError):
    """A function cannot be compiled again from its source. The function is left as it was."""


#: A function, and what is added to it: the arguments of :func:`instrument_function` by name.
Addition = tuple["Callable[..., Any]", dict[str, str]]


def instrument_function(
    function: Callable[..., Any], target: object, *, before: str, after: str = "", result: str = ""
) -> None:
    """Add statements to a function. In them ``target__`` means a given object.

    :param before: runs first, and can use the arguments. What it returns, the function returns.
    :param after: runs last, also when an exception is raised.
    :param result: expression that replaces each return value. In it ``result`` means the original value.
    :raises PatchError: the source is not available, or compiles to another function.
    """
    instrument_functions(target, [(function, {"before": before, "after": after, "result": result})])


def instrument_functions(target: object, additions: Iterable[Addition]) -> list[tuple[FunctionType, CodeType]]:
    """Add statements to functions: to all of them or, if one of them cannot be compiled, to none.

    :returns: the functions with the code that they had.
    :raises PatchError: as :func:`instrument_function` does.
    """
    compiled = [(function, _compile(function, target, **added)) for function, added in additions]
    before: list[tuple[FunctionType, CodeType]] = []
    for function, code in compiled:
        assert isinstance(function, FunctionType)  # or it were not compiled
        before.append((function, function.__code__))
        function.__code__ = code
    return before


def _compile(function: Callable[..., Any], target: object, before: str, after: str = "", result: str = "") -> CodeType:
    if not isinstance(function, FunctionType):
        raise PatchError(f"{function!r} is not a Python function")
    key = patch_key(function, before, after, result)
    code = PRECOMPILED.get(key) or compile_patched(function, before, after, result)
    return code.replace(co_consts=tuple(target if value == _TARGET else value for value in code.co_consts))


def patch_key(function: FunctionType, *added: str) -> tuple[str | int, ...]:
    """Key that identifies a function together with the statements added to it."""
    code = function.__code__
    return code.co_filename, code.co_firstlineno, code.co_qualname, *added


def compile_patched(function: FunctionType, before: str, after: str, result: str) -> CodeType:
    """Compile a function with statements added to it. A constant takes the place of the target.

    :raises PatchError: the source is not available, or compiles to another function.
    """
    old = function.__code__
    node = _parse(function)
    if result:
        _ReturnTransformer(result).visit(node)
    body = node.body
    start_index = ast.get_docstring(node) is not None
    if len(body) == start_index:
        raise PatchError(f"{function.__qualname__} has no statement")
    start = body[start_index]
    rest: list[ast.stmt] = body[start_index:]
    if after:
        rest = [ast.copy_location(ast.Try(rest, [], [], _statements(after, body[-1])), start)]
    node.body = [*body[:start_index], *_statements(before, start), *rest]
    tree = ast.fix_missing_locations(ast.Module([_in_its_scope(node, old)], []))
    module = compile(tree, old.co_filename, "exec", flags=old.co_flags & _FUTURE_FLAGS, dont_inherit=True)
    code = next((code for code in _code_objects(module) if _is_called_alike(code, old)), None)
    if code is None:
        raise PatchError(f"the source of {function.__qualname__} compiles to a function with another signature")
    return code.replace(co_qualname=old.co_qualname, co_firstlineno=old.co_firstlineno)


def _is_called_alike(code: CodeType, old: CodeType) -> bool:
    """Whether a code object has the name, the parameters and the free variables of another one.

    A function's position among the compiled constants says nothing: annotations, defaults and type parameters may
    become code objects, too. That it uses the same names guards against private names that were mangled otherwise.
    """
    count = old.co_argcount + old.co_kwonlyargcount + sum(bool(old.co_flags & f) for f in (_VARARGS, _VARKEYWORDS))
    return (
        code.co_name == old.co_name
        and code.co_argcount == old.co_argcount
        and code.co_posonlyargcount == old.co_posonlyargcount
        and code.co_kwonlyargcount == old.co_kwonlyargcount
        and code.co_varnames[:count] == old.co_varnames[:count]
        and code.co_flags & _CALL_FLAGS == old.co_flags & _CALL_FLAGS
        and code.co_freevars == old.co_freevars
        and set(old.co_names) <= set(code.co_names)
    )


def _code_objects(code: CodeType) -> Iterator[CodeType]:
    """All code objects in another one, outer ones first."""
    inner = [value for value in code.co_consts if isinstance(value, CodeType)]
    yield from inner
    for value in inner:
        yield from _code_objects(value)


def _in_its_scope(node: _FunctionNode, old: CodeType) -> ast.stmt:
    """Put a function into a class and a function like those it was defined in.

    Only there private names (``__name``) and ``super()`` mean the same, and outer variables are found as such.
    """
    scope: ast.stmt = node
    outer = old.co_qualname.split(".")[:-1]
    if outer and outer[-1] != "<locals>":
        scope = ast.ClassDef(outer[-1], [], [], [node], [])
        if sys.version_info >= (3, 12):
            scope.type_params = []
    free = [name for name in old.co_freevars if name != "__class__"]
    if free:
        text = "def outer():\n" + "".join(f"    {name} = None\n" for name in free)
        (outer_function,) = ast.parse(text).body
        assert isinstance(outer_function, ast.FunctionDef)
        outer_function.body.append(scope)
        scope = outer_function
    return scope


def _parse(function: FunctionType) -> _FunctionNode:
    """Parse the source of a function, without the cost of :mod:`inspect`.

    :raises PatchError: the source is not available, or is not that of the function.
    """
    code = function.__code__
    lines = _frozen_lines(function) or linecache.getlines(code.co_filename, function.__globals__)
    first, last = code.co_firstlineno, max(_lines(code))
    if len(lines) < last:
        raise PatchError(f"the source of {function.__qualname__} is not available")
    # Do not dedent: tracebacks point to columns.
    above = ["if True:\n"] if lines[first - 1][0].isspace() else []
    for end in range(last, last + _MOST_LINES_MORE):
        try:
            module = ast.parse("".join(above + lines[first - 1 : end]))
        except SyntaxError:
            continue  # a bracket is closed further down
        ast.increment_lineno(module, first - 1 - len(above))
        for node in ast.walk(module):
            if isinstance(node, _FunctionNode) and node.name == code.co_name:
                return node
        break
    raise PatchError(f"the source of {function.__qualname__} is that of something else")


def _frozen_lines(function: FunctionType) -> list[str]:
    """The lines of the import system, which is in the interpreter; nothing for any other module."""
    if not function.__code__.co_filename.startswith("<frozen importlib"):
        return []
    loader: Any = importlib.__loader__
    try:
        text: str = loader.get_data(function.__globals__["__file__"]).decode()
    except (OSError, KeyError):  # a Python without sources
        return []
    return text.splitlines(keepends=True)


def _lines(code: CodeType) -> Iterator[int]:
    """The lines in which a function's instructions end, those of inner functions included."""
    yield from (end for _, end, _, _ in code.co_positions() if end is not None)
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from _lines(value)


class _ReturnTransformer(ast.NodeTransformer):
    """Replace what a function returns, but not what functions inside it return."""

    def __init__(self, result: str) -> None:
        self._result = result
        self._is_inside = False

    def visit_Return(self, node: ast.Return) -> ast.Return:
        (statement,) = _statements(self._result, node)
        assert isinstance(statement, ast.Expr)
        value = node.value or ast.copy_location(ast.Constant(None), node)
        node.value = _NameTransformer({"result": value}).visit(statement.value)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._visit_function(node)

    def _visit_function(self, node: _FunctionNode) -> ast.AST:
        if self._is_inside:
            return node
        self._is_inside = True
        return self.generic_visit(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node


class _NameTransformer(ast.NodeTransformer):
    def __init__(self, values: dict[str, ast.expr]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._values.get(node.id, node)


def _statements(text: str, place: ast.stmt) -> list[ast.stmt]:
    """Parse statements and give them the position of another one."""
    values: dict[str, ast.expr] = {"target__": ast.Constant(_TARGET)}
    statements = [_NameTransformer(values).visit(statement) for statement in ast.parse(text).body]
    for statement in statements:
        for node in ast.walk(statement):
            ast.copy_location(node, place)
    return statements
