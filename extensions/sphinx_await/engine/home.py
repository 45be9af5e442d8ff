"""The folder in which a program runs, as it finds it."""

from __future__ import annotations

import os
import random
import shutil
import sys
from typing import TYPE_CHECKING

from ..core.program import part_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .settings import Settings


def furnish(folder: Path, parts: Sequence[str], settings: Settings, environment: Mapping[str, str]) -> None:
    """Set this process's environment, put declared files and the program itself into its folder, and go there."""
    os.environ.clear()
    os.environ.update({**environment, "HOME": str(folder), "TMPDIR": str(folder), **settings.environment})
    for name, source in settings.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    for name, code in zip(part_files(len(parts)), parts, strict=True):
        (folder / name).write_text(code, encoding="utf-8")
    os.chdir(settings.working_dir or folder)
    sys.path.insert(0, os.getcwd())
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc] # noqa: SIM115
    random.seed()  # or every fork of the warm parent would draw the same numbers
