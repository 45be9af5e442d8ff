"""The words of a wait on a call, without the arguments."""

from __future__ import annotations

import re

#: A string literal as Python's lexer ends it (a backslash keeps a quote in raw ones, too), or any other character.
_PIECE = re.compile(
    r"""'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|.""", re.DOTALL
)


def without_arguments(text: str, instead: str = "") -> str:
    """``first().second()`` for ``first(1, 2).second()``: the last call of a chain is what is awaited.

    :param instead: what is put in the place of arguments, if there are any.
    """
    kept, depth = "", 0
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece == ")" and depth:
            depth -= 1
        if not depth:
            kept += piece
        if piece == "(":
            kept += instead if not depth and text[match.end() : match.end() + 1] != ")" else ""
            depth += 1
    return kept
