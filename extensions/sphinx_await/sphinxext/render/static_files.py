"""The names of our files below ``_static``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ...core.digest import digest

STYLE, SCRIPT = "sphinx-await.css", "sphinx-await.js"
BIDI_STYLE = "sphinx-await-bidi.css"
BOOK_STYLE = "sphinx-await-book.css"
PICTURE_STYLE, PICTURE_SCRIPT = "sphinx-await-timeline.css", "sphinx-await-timeline.js"
#: Loaded at the first press, by one address: the version is of all. The scale of steps is loaded when it is needed.
PLAYER_SCRIPT, PLAYER_STYLE, SCALE_SCRIPT = "sphinx-await-player.js", "sphinx-await-player.css", "sphinx-await-scale.js"
#: Loaded at the first press below a comparison.
CLOCK_SCRIPT, CLOCK_STYLE = "sphinx-await-clock.js", "sphinx-await-clock.css"
#: Loaded for readers who come to their first picture.
HINT_SCRIPT, HINT_STYLE = "sphinx-await-hint.js", "sphinx-await-hint.css"
#: Loaded on pages with lists of exercises.
PROGRESS_SCRIPT = "sphinx-await-progress.js"
_STATIC = Path(__file__).parents[1] / "static"


@cache
def player_address() -> str:
    """The player's script below ``_static``, with ``?v=`` and a digest of it and of the files that it loads."""
    return _address(PLAYER_SCRIPT, PLAYER_STYLE, SCALE_SCRIPT)


@cache
def clock_address() -> str:
    """The same of the script that plays runs on one clock."""
    return _address(CLOCK_SCRIPT, CLOCK_STYLE)


@cache
def hint_address() -> str:
    """The same of the script that says how to read a picture."""
    return _address(HINT_SCRIPT, HINT_STYLE)


@cache
def progress_address() -> str:
    """The same of the script that fills lists of exercises."""
    return _address(PROGRESS_SCRIPT)


def _address(script: str, *others: str) -> str:
    files = [(_STATIC / name).read_bytes() for name in (script, *others)]
    return f"{script}?v={digest(b''.join(files))[:8]}"
