"""The names of our files below ``_static``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ...core.digest import digest

STYLE, SCRIPT = "sphinx-await.css", "sphinx-await.js"
BIDI_STYLE = "sphinx-await-bidi.css"
PICTURE_STYLE, PICTURE_SCRIPT = "sphinx-await-timeline.css", "sphinx-await-timeline.js"
#: Loaded at the first press, by one address: the version is of both.
PLAYER_SCRIPT, PLAYER_STYLE = "sphinx-await-player.js", "sphinx-await-player.css"
_STATIC = Path(__file__).parents[1] / "static"


@cache
def player_address() -> str:
    """The name of the player's script below ``_static``, with the version of script and style sheet."""
    both = [(_STATIC / name).read_bytes() for name in (PLAYER_SCRIPT, PLAYER_STYLE)]
    return f"{PLAYER_SCRIPT}?v={digest(b''.join(both))[:8]}"
