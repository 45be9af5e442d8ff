"""Where the recordings of a build are kept.

sphinx-autobuild watches everything below the sources, but for the output and the doctrees, and builds again when a file
changes. Recordings that such a build writes into ``.await-cache`` would cause the next build. So it keeps them with the
doctrees, and the next build that nobody watches moves them into the cache.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_WATCHED = "await-cache"
_WATCHER = b"sphinx-autobuild", b"sphinx_autobuild"


def prepare_cache_folder(app: Sphinx, folder: Path) -> Path:
    """The folder that a build uses for its recordings, with all recordings that there are.

    :param folder: the folder that the configuration names.
    """
    watched = Path(app.doctreedir, _WATCHED)
    if folder.is_relative_to(app.srcdir) and _is_watched():
        with contextlib.suppress(OSError):
            watched.mkdir(parents=True, exist_ok=True)
            for name in _recordings(folder) - _recordings(watched):
                shutil.copy2(folder / name, watched / name, follow_symlinks=False)
        return watched
    if names := _recordings(watched):
        with contextlib.suppress(OSError):  # then they run again
            folder.mkdir(parents=True, exist_ok=True)
            for name in names:
                _move_if_newer(watched / name, folder / name)
            watched.rmdir()
    return folder


def _recordings(folder: Path) -> set[str]:
    """The names of the recordings in a folder."""
    with contextlib.suppress(OSError):
        return {entry.name for entry in os.scandir(folder) if entry.name.endswith(".json") and _is_file(entry)}
    return set()


def _is_file(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False)


def _move_if_newer(source: Path, target: Path) -> None:
    if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        source.unlink()
    else:
        shutil.move(source, target)


def _is_watched() -> bool:
    """Whether sphinx-autobuild started this build."""
    parent = os.getppid()
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        if os.path.isdir("/proc/self"):
            command = Path(f"/proc/{parent}/cmdline").read_bytes()
        else:
            ps = ["ps", "-o", "command=", "-p", str(parent)]
            command = subprocess.run(ps, capture_output=True, check=False, timeout=5).stdout
        return any(name in command for name in _WATCHER)
    return False
