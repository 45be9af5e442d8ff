"""Characters that XML, HTML and EPUB cannot hold."""

from __future__ import annotations

import re

# What XML, and so an EPUB, cannot hold; a program can print and name whatever it likes.
_NO_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # compiled when it is needed: that takes 2 ms


def plain(text: str) -> str:
    """Replace characters that XML does not allow."""
    text = str(text)
    if text.replace("\n", "").isprintable():
        return text
    return re.sub(_NO_XML, "\ufffd", text)  # of a string that is still to be translated, too
