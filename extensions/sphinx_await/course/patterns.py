"""Globs of document names, as Sphinx understands them: a ``*`` matches no ``/``, ``**`` does."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PART = r"\*\*|\*|\?|\[(?P<not>!?)(?P<set>\]?[^\]]*)\]|."


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns matches a name, with ``/`` between folders. ``**/`` may be no folder at all."""
    return any(
        _compiled(pattern).fullmatch(name) or _compiled(pattern.removeprefix("**/")).fullmatch(name)
        for pattern in patterns
    )


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(re.sub(_PART, _translated, pattern, flags=re.DOTALL), re.DOTALL)
    except re.error:  # a set such as [b-a]; Sphinx refuses it, too
        return re.compile(r"(?!)")


def _translated(token: re.Match[str]) -> str:
    text = token[0]
    if text == "**":
        return ".*"
    if text == "*":
        return "[^/]*"
    if text == "?":
        return "[^/]"
    if token["set"]:
        inside = token["set"].replace("\\", "\\\\")
        inside = f"\\{inside}" if inside.startswith("^") else inside
        return f"[^/{inside}]" if token["not"] else f"[{inside}]"
    return re.escape(text)
