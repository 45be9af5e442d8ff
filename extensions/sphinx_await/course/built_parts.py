"""What readers' browsers load and no clone holds, since sessions of nox build it: where it is, and what is missing."""

from __future__ import annotations

import json
import os
from pathlib import Path

#: Names a folder with another runtime than the one that comes with the package.
RUNTIME = "SPHINX_AWAIT_RUNTIME"
#: Without this file, a folder holds no runtime.
MANIFEST = "manifest.json"
_BROWSER = Path(__file__).parents[1] / "browser"
_EDITOR = _BROWSER / "static" / "codemirror.js"
_ADVICE = (
    "Wheels have both: install one, or build them in a clone of the repository: `python3 noxfile.py -s live editor`."
)


def runtime_folder() -> Path:
    """The folder with what programs run in in a browser, if that was built."""
    return Path(os.environ.get(RUNTIME) or _BROWSER / "runtime")


def has_runtime() -> bool:
    """Whether readers can run programs at all."""
    return (runtime_folder() / MANIFEST).is_file()


def runtime_python() -> str:
    """The version of the Python in which readers run programs; there is a runtime."""
    manifest: dict[str, str] = json.loads((runtime_folder() / MANIFEST).read_bytes())
    return manifest["python"]


def missing_parts() -> str:
    """Say what this installation lacks, as after one from git, and what to do; "" if all is there."""
    without = []
    if not has_runtime():
        without.append("has no runtime for browsers, so pages get no Run buttons")
    if not _EDITOR.is_file():
        without.append("has no editor, so readers edit programs in a plain field")
    if not without:
        return ""
    return f"sphinx-await in {_BROWSER.parent} {', and '.join(without)}. {_ADVICE}"
