"""The folder and the variables that a program finds."""

from __future__ import annotations

import os
import random
import shutil
import sys
from typing import TYPE_CHECKING

from ...core.model.source_files import part_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..settings import Settings


def set_environment(environment: Mapping[str, str]) -> None:
    """Replace the environment of this process. Variables that have the right value are not touched."""
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    for name, value in environment.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def fill_workdir(folder: Path, parts: Sequence[str], settings: Settings) -> None:
    """Prepare a program's folder (declared files, its source) and make it the working folder and the home."""
    for name in ("HOME", "TMPDIR"):
        if name not in settings.environment:
            os.environ[name] = str(folder)
    for name, source in settings.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    for name, code in zip(part_files(len(parts)), parts, strict=True):
        with open(f"{folder}/{name}", "wb") as file:
            file.write(code.encode())
    os.chdir(settings.working_dir or folder)
    sys.path.insert(0, os.getcwd())
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc] # noqa: SIM115
    random.seed()  # or every fork would draw the same numbers
