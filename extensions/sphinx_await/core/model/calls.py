"""The words of a wait on a call, without the arguments."""

from __future__ import annotations


def without_arguments(text: str, instead: str = "") -> str:
    """``first().second()`` for ``first(1, 2).second()``: the last call of a chain is what is awaited.

    :param instead: what is put in the place of arguments, if there are any.
    """
    kept, depth, quote = "", 0, ""
    for index, character in enumerate(text):
        if character in {"'", '"'} and quote in {"", character}:
            quote = "" if quote else character
        if character == ")" and not quote and depth:
            depth -= 1
        if not depth:
            kept += character
        if character == "(" and not quote:
            kept += instead if not depth and text[index + 1 : index + 2] != ")" else ""
            depth += 1
    return kept
