"""Names in addresses: of files, and of places in pages."""

from __future__ import annotations

import re

from ..core.digest import digest

_NOT_PLAIN = r"[^A-Za-z0-9]+"
_DIGITS = 6
#: Characters of a name: the system allows 255 bytes for that of a file.
_LONGEST = 100


def plain_name(name: str, known_by: str) -> str:
    """A unique ASCII name for a document, or for a run in a document."""
    start = re.sub(_NOT_PLAIN, "-", name)[:_LONGEST].strip("-").lower()
    return f"{start or 'run'}-{digest(known_by)[:_DIGITS]}"


def run_prefix(docname: str, name: str) -> str:
    """The prefix of a run's ids and files: plain ASCII, and unique even if documents are merged."""
    return f"await-{plain_name(name, f'{docname} {name}')}"


def run_anchor(docname: str, name: str) -> str:
    """The id of a run in its page."""
    return f"{run_prefix(docname, name)}-run"
