"""Widths of texts, and cutting them to a width."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from collections.abc import Callable

_WIDE, _NARROW, _BOLD = 11.0, 6.3, 1.18
#: Of Hangul, which is narrower than other wide letters, and of spaces and points, as most fonts have them.
_HANGUL, _SLIM = 10.4, 3.0


def text_width(text: str, *, bold: bool = False) -> float:
    """The approximate width of a text in 11 px type, in pixels."""
    # Exact, since Python 3.12 adds floats up otherwise than 3.11, and a picture is the same everywhere.
    width = math.fsum(_WIDE if east_asian_width(char) in "WF" else _NARROW for char in text)
    return width * _BOLD if bold else width


def close_width(text: str, *, bold: bool = False) -> float:
    """The width of a text as most fonts have it: for where little room is, and none is wasted."""
    hangul = sum("\uac00" <= char <= "\ud7a3" for char in text)
    slim = sum(char in " .·" for char in text)
    less = (_WIDE - _HANGUL) * hangul + (_NARROW - _SLIM) * slim
    return text_width(text, bold=bold) - (less * _BOLD if bold else less)


def fit_text(text: str, room: float, width: Callable[[str], float] = text_width) -> str:
    """Cut a text to a width, with an ellipsis."""
    if width(text) <= room:
        return text
    while text and width(text + "…") > room:
        text = text[:-1]
    return text + "…"
