"""What both backends give the processes that they start: a temporary folder, variables, an import path."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: In the engine's folder, the certificate that programs trust when they ask mock servers by HTTPS.
CERTIFICATE = "authority.pem"


def temporary_folder(owner: object) -> Path:
    """A folder that is removed with its owner, or when this process ends, as an interrupted build does."""
    folder, process = tempfile.mkdtemp(prefix="sphinx-await-"), os.getpid()

    def remove() -> None:
        if os.getpid() == process:  # and not in a fork of it
            shutil.rmtree(folder, ignore_errors=True)

    weakref.finalize(owner, remove)
    return Path(folder)


def plain_environment() -> dict[str, str]:
    """The few variables that every process needs. None of the author's own are passed on: a page may print them."""
    wanted = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")
    kept = {name: os.environ[name] for name in wanted if name in os.environ}
    return kept | {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def import_path(first: Iterable[str]) -> list[str]:
    """The import path of programs: ``first``, then that of this Python, but for the folder in which it was started.

    ``python -m`` puts that folder into ``sys.path``; what lies there is the author's, not the course's.
    """
    here = os.path.realpath(os.getcwd())
    paths = [*first, *(path for path in sys.path if path and os.path.realpath(path) != here)]
    return list(dict.fromkeys(paths))
