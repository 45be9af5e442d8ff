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
#: Loaded at the first press below a comparison, with the style sheet of the player.
CLOCK_SCRIPT = "sphinx-await-clock.js"
_STATIC = Path(__file__).parents[1] / "static"


@cache
def player_address() -> str:
    """The name of the player's script below ``_static``, with the version of script and style sheet."""
    return _address(PLAYER_SCRIPT)


@cache
def clock_address() -> str:
    """The same of the script that plays runs on one clock."""
    return _address(CLOCK_SCRIPT)


def _address(script: str) -> str:
    both = [(_STATIC / name).read_bytes() for name in (script, PLAYER_STYLE)]
    return f"{script}?v={digest(b''.join(both))[:8]}"
