"""The folder and the variables that a program finds."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.model.source_files import part_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..settings import Settings


_MOST_LINKS = 2_000


def set_environment(environment: Mapping[str, str]) -> None:
    """Replace the environment of this process. Variables that have the right value are not touched."""
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    for name, value in environment.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def program_files(count: int) -> list[str]:
    """The file name under which each part of a program is compiled: with its folder, as Python compiles it."""
    return [os.path.join(os.getcwd(), name) for name in part_files(count)]


def encode_source(code: str) -> bytes:
    """The bytes of a program's file, which Python reads as this text."""
    data = code.encode("utf-8", "surrogatepass")
    if b"coding" not in data[:400]:
        return data
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return code.encode(encoding)
    except (SyntaxError, LookupError, UnicodeError):
        return data


def _link_entries(neighbour: Path, folder: Path) -> None:
    """Let a program find the files of another folder in its own, to be read."""
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(neighbour))[:_MOST_LINKS]:
            if not name.startswith(".") and not os.path.lexists(folder / name):
                os.symlink(neighbour / name, folder / name)


def _remove(path: str) -> None:
    """Make room for a file of ours. An earlier program may have left a link there, and to write would follow it."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def fill_workdir(folder: Path, parts: Sequence[str], settings: Settings, *, fresh: bool = True) -> None:
    """Prepare a program's folder (declared files, its source) and make it the working folder and the home.

    :param fresh: no program has run in it.
    """
    for name in ("HOME", "TMPDIR"):
        if name not in settings.environment:
            os.environ[name] = str(folder)
    if not fresh:
        os.chmod(folder, 0o700)  # whatever the last program made of it
    for name, source in settings.files.items() if fresh else ():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    for name, code in zip(part_files(len(parts)), parts, strict=True):
        _remove(f"{folder}/{name}")
        fd = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with memoryview(encode_source(code)) as left:
                written = 0
                while written < len(left):
                    written += os.write(fd, left[written:])
        finally:
            os.close(fd)
    for neighbour in settings.neighbours:
        _link_entries(Path(neighbour), folder)
    os.chdir(settings.working_dir or folder)
    if not sys.flags.safe_path:
        sys.path.insert(0, os.getcwd())
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc] # noqa: SIM115
    sys.stdin.buffer.raw.name = "<stdin>"  # type: ignore[attr-defined] # as the interpreter names its own
