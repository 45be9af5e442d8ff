"""Reads the source of programs without running it."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import re
import tokenize
import warnings


def decode_source(source: bytes) -> str:
    """A program's text as Python reads it: by its byte order mark, its coding cookie, or as UTF-8.

    :raises SyntaxError: the encoding is unknown, or the bytes are not of it.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    try:
        return io.TextIOWrapper(io.BytesIO(source), encoding, newline="").read()
    except UnicodeDecodeError as error:
        raise SyntaxError(f"(unicode error) {error}") from None


def nodes_of(source: str | bytes) -> list[ast.AST]:
    """All nodes of a source, outermost first; none if it is not valid Python, or nested too deeply to be parsed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are for the one that runs it
            return list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []


def contains(source: str, piece: str) -> bool:
    """Whether a source contains a piece of source, token by token: spaces, comments and texts do not matter.

    What an f-string evaluates counts.
    """
    wanted, tokens = _tokens(piece), _tokens(source)
    size = len(wanted)
    return size > 0 and any(tokens[at : at + size] == wanted for at in range(len(tokens) - size + 1))


def blank_lines(source: str) -> list[int]:
    """The lines of a source with a blank that is left to be filled in: ``______``, four underscores or more."""
    found: list[int] = []
    with contextlib.suppress(tokenize.TokenError, SyntaxError, ValueError):  # as far as it can be read
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        found.extend(
            token.start[0] for token in tokens if token.type == tokenize.NAME and _BLANK.fullmatch(token.string)
        )
    return found


_BLANK = re.compile("_{4,}")


def is_empty(source: str) -> bool:
    """Whether a program has no statement."""
    return [type(node) for node in nodes_of(source)] == [ast.Module]


def is_left_to_chance(source: str) -> bool:
    """Whether a program draws random numbers that no seed decides."""
    nodes = nodes_of(source)
    imported = {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    calls = [node for node in nodes if isinstance(node, ast.Call) and node.args]
    seeds = {ast.unparse(node.func).rpartition(".")[2] for node in calls} & {"seed", "Random"}
    return "secrets" in imported or ("random" in imported and not seeds)


def only_prints(source: str) -> bool:
    """Whether a program does nothing but print: no line of it could wait, fail on purpose, or yield.

    It calls ``print``, functions that make texts and numbers, functions of its own, and ``asyncio.run`` to run these.
    """
    nodes = nodes_of(source)
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    called = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
    known = own | _MAKE_TEXT | {"print", "asyncio.run"}
    is_plain = all(isinstance(node, _PLAIN) for node in nodes if isinstance(node, ast.stmt))
    does_more = any(isinstance(node, ast.Await | ast.Yield | ast.YieldFrom) for node in nodes)
    return "print" in called and is_plain and not does_more and known.issuperset(called)


_PLAIN = (
    *(ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.Return, ast.Pass, ast.Expr),
    *(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Global, ast.Nonlocal, ast.For, ast.If),
)
_MAKE_TEXT = frozenset(
    {"enumerate", "float", "int", "len", "list", "max", "min", "range", "repr", "sorted", "str", "sum", "tuple", "zip"}
)


def _tokens(source: str) -> list[str]:
    """The names, numbers and operators of a source, as far as it can be read."""
    found: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in _COUNTED:
                found.append(token.string)
            elif token.type == tokenize.STRING and "f" in token.string.partition(token.string[-1])[0].lower():
                found += _evaluated(token.string)  # before Python 3.12, an f-string is one token
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    return found


_COUNTED = frozenset({tokenize.NAME, tokenize.NUMBER, tokenize.OP})


def _evaluated(text: str) -> list[str]:
    """The tokens of each expression in an f-string, with ``{`` before and ``}`` after them."""
    fields = (node for node in nodes_of(text) if isinstance(node, ast.FormattedValue))
    return [token for field in fields for token in ("{", *_tokens(ast.unparse(field.value)), "}")]


def awaits_at_top_level(source: str) -> bool:
    """Whether a source awaits outside of functions, and can be run in an event loop only."""
    if "await" not in source and "async" not in source:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are for the one that runs it
            flags = compile(source, "-", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True).co_flags
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return bool(flags & inspect.CO_COROUTINE)
