"""Finds fences and directives in the docstrings of a Python file."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

from ...core.syntax import decode_source
from .reader import MARKDOWN, RESTRUCTUREDTEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .model import Lines
    from .reader import PageReader

_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
#: The end of a line that goes on in the next one.
_JOINED = re.compile(r"(?<!\\)(?:\\\\)*\\$")
_UNKNOWN = "escapes in this docstring hide on which lines its programs are; make it a raw one (`r` before its quotes)"
#: What a docstring holds that has programs.
_DIRECTIVE, _COMMENT, _OF_RESTRUCTUREDTEXT = ".. exec_", "await:", ".. await:"


def may_have_programs(content: bytes) -> bool:
    """Whether it is worth parsing a Python file: a quick look."""
    begins = (_DIRECTIVE.encode(), _OF_RESTRUCTUREDTEXT.encode())
    return any(one in content for one in begins) or (_COMMENT.encode() in content and b"<!--" in content)


def scan_docstrings(reader: PageReader) -> None:
    """Give a reader the fences and directives of all docstrings of its file.

    :raises OSError: the file cannot be read.
    """
    content = reader.content_of(reader.file)
    if not may_have_programs(content):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are for the one that runs it
            source = decode_source(content).replace("\r\n", "\n").replace("\r", "\n")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return  # it is no Python: whatever imports it says so
    module, texts = reader.stem, source.split("\n")
    for name, node in _documented(tree, module):
        lines = _lines(node, texts)
        if lines is None:
            if may_have_programs((ast.get_docstring(node, clean=False) or "").encode(errors="replace")):
                reader.mistake(node.body[0].lineno, _UNKNOWN)
            continue
        text = "\n".join(line for _, line in lines)
        reader.stem = name
        if _DIRECTIVE in text or _OF_RESTRUCTUREDTEXT in text:
            reader.scan_lines(RESTRUCTUREDTEXT, lines)
        elif _COMMENT in text and "<!--" in text:
            reader.scan_lines(MARKDOWN, lines)
    reader.stem = module


def _documented(node: _Documented, name: str) -> Iterator[tuple[str, _Documented]]:
    """What may have a docstring, with its dotted name, in the order of the file."""
    yield name, node
    below = list(reversed(list(ast.iter_child_nodes(node))))
    while below:
        child = below.pop()
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _documented(child, f"{name}.{child.name}")
        elif not isinstance(child, ast.expr):  # they may be below `if`, `try`, `with` and the like
            below += reversed(list(ast.iter_child_nodes(child)))


def _lines(node: _Documented, source: Sequence[str]) -> Lines | None:
    """The lines of a docstring without their common indentation, each with its number in the file.

    None: escapes in it join or add lines, so that nobody knows the numbers.
    """
    first = node.body[0] if node.body else None
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return []
    value = first.value.value
    if not isinstance(value, str):
        return []
    texts = value.split("\n")
    # An escape in it may have added lines, or taken some: then nobody knows the numbers.
    last = first.value.end_lineno or first.value.lineno
    if last - first.value.lineno + 1 != len(texts):
        return None
    joined = any(_JOINED.search(line) for line in source[first.value.lineno - 1 : last])
    if joined and not _is_raw(first.value, source):
        return None
    depths = [len(text) - len(text.lstrip()) for text in texts[1:] if text.strip()]
    depth = min(depths, default=0)
    texts = [texts[0], *(text[depth:] for text in texts[1:])]
    return list(enumerate(texts, first.value.lineno))


def _is_raw(docstring: ast.Constant, source: Sequence[str]) -> bool:
    """Whether backslashes in it mean nothing."""
    line = source[docstring.lineno - 1].encode()[docstring.col_offset :]
    return line[:1] in {b"r", b"R"}
