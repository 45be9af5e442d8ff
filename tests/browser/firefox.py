"""Where Firefox is, if it is there: nothing brings it."""

from __future__ import annotations

import os
import shutil

#: The environment variable that names the Firefox to take.
VARIABLE = "SPHINX_AWAIT_FIREFOX"
NAMES = ("firefox", "firefox-esr")
ADVICE = f"no Firefox: install it (Debian: apt install firefox-esr), or set {VARIABLE} to the path of one"


def find_firefox() -> str | None:
    """The path of the Firefox that is named, or of one on the path; None if there is none."""
    names = (named,) if (named := os.environ.get(VARIABLE)) else NAMES
    return next((path for path in map(shutil.which, names) if path), None)
