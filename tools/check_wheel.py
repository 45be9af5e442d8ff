"""Says whether a wheel holds what readers' browsers load: ``python tools/check_wheel.py FOLDER``.

Git ignores those files, since sessions make them, so that a wheel without them is built without a word.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

#: Files of the package, one from each tool that makes some.
NEEDED = ("sphinx_await/browser/static/codemirror.js", "sphinx_await/browser/runtime/manifest.json")


def missing_files(wheel: Path) -> list[str]:
    """Names of needed files that a wheel does not hold."""
    with zipfile.ZipFile(wheel) as archive:
        return sorted(set(NEEDED) - set(archive.namelist()))


if __name__ == "__main__":
    wheels = sorted(Path(sys.argv[1]).glob("*.whl"))
    if not wheels:
        sys.exit(f"{sys.argv[1]}: no wheel")
    for wheel in wheels:
        if missing := missing_files(wheel):
            sys.exit(f"{wheel.name}: lacks {', '.join(missing)}; `nox -s dist` makes them first")
