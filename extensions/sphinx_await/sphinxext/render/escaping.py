"""Escapes text for HTML and XHTML."""

from __future__ import annotations

import html
import re

KILO = 1000


# What XML, and so an EPUB, cannot hold; a program can print and name whatever it likes.
_NO_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # compiled when it is needed: that takes 2 ms


def plain(text: str) -> str:
    """Replace characters that XML does not allow."""
    return re.sub(_NO_XML, "\ufffd", str(text))  # of a string that is still to be translated, too


def escape(text: str) -> str:
    """Escape a text for HTML and XHTML, between tags and in attributes."""
    return html.escape(plain(text))


def size_words(size: int) -> str:
    """Format a number of bytes: ``980 B``, ``2.1 kB``, ``1.5 MB``."""
    if size < KILO:
        return f"{size} B"
    return f"{size / KILO:.1f} kB" if round(size / KILO, 1) < KILO else f"{size / KILO**2:.1f} MB"
