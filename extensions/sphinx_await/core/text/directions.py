"""Characters that cannot be seen: those that turn the direction of text, and those without a width.

A reader sees other code than the one that runs, or words in another order than a program printed them.
"""

from __future__ import annotations

import re

from .terminal import escape

# Embeddings, overrides and isolates, and their ends. Marks of direction (U+200E) overrule no letter's own direction.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Those, marks of direction, spaces and operators without a width, other ends of lines, and control characters but for
# tab, line end, form feed and carriage return. Joiners (U+200C, U+200D) are letters of some scripts, and make emoji.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


def without_turns(text: str) -> str:
    """A text in which the characters that turn the direction of what follows are escapes, as in a literal."""
    return _TURNING.sub(lambda match: escape(match[0]), text)


def unseen_characters(code: str) -> list[tuple[int, str]]:
    """The lines of a program (from 1) with characters that cannot be seen, and these as escapes."""
    found = ((number, _UNSEEN.findall(line)) for number, line in enumerate(code.split("\n"), 1))
    return [(number, " ".join(dict.fromkeys(map(escape, marks)))) for number, marks in found if marks]
