"""Reads the source of programs without running it."""

from __future__ import annotations

import ast
import inspect
import io
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
