"""Escapes text for HTML and XHTML."""

from __future__ import annotations

import html

from ...core.text.xml_characters import plain

KILO = 1000


def escape(text: str) -> str:
    """Escape a text for HTML and XHTML, between tags and in attributes."""
    return html.escape(plain(text))


def size_words(size: int) -> str:
    """Format a number of bytes: ``980 B``, ``2.1 kB``, ``1.5 MB``."""
    if size < KILO:
        return f"{size} B"
    return f"{size / KILO:.1f} kB" if round(size / KILO, 1) < KILO else f"{size / KILO**2:.1f} MB"
