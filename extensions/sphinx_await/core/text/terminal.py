"""Text of others for a terminal: what would steer it is shown and not sent."""

from __future__ import annotations

import re

# C0 but for tab and line end, DEL, C1, lone surrogates, and what ends lines or turns the direction of text.
_STEERING = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"


def for_terminal(text: str) -> str:
    """A text in which control characters, lone surrogates and marks of direction are escapes, as in a literal."""
    return re.sub(_STEERING, lambda match: escape(match[0]), text.replace("\r\n", "\n"))


def escape(character: str) -> str:
    """A character as an escape, as in a literal."""
    return character.encode("unicode_escape").decode("ascii")
