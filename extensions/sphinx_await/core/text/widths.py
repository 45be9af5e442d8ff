"""How many columns a character takes in a terminal."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, east_asian_width

#: Hangul vowels and final consonants join the consonant before them.
_JAMO = range(0x1160, 0x1200)


@lru_cache(maxsize=4096)
def char_width(char: str) -> int:
    """0 for a character that joins the one before it, 2 for a wide one, otherwise 1."""
    if category(char) in {"Mn", "Me", "Cf"} and char != "\xad":
        return 0
    if ord(char) in _JAMO:
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def text_columns(text: str) -> int:
    """How many columns a text takes that has no control characters."""
    return len(text) if text.isascii() else sum(map(char_width, text))
