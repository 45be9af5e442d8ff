"""What a page shows of a text that a program printed: without folders of the machine."""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from functools import lru_cache
from typing import TYPE_CHECKING

from ..core.text.redaction import (
    enclosing_folders,
    folder_pattern,
    is_unmistakable,
    may_have_paths,
    redact_folders,
    strip_library_paths,
)
from ..core.text.xml_characters import plain

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from ..core.model.recording import Recording
    from ..engine.runtime_info import Interpreter
    from ..engine.settings import Settings


def private_folders(settings: Settings, given: Iterable[str]) -> tuple[str, ...]:
    """Folders of this machine that a program could print. None of them may be published.

    :param given: folders of the project and of what reads it.
    """
    ours = [*given, os.getcwd(), tempfile.gettempdir()]
    ours += [*settings.path, *filter(None, [settings.working_dir])]
    if settings.interpreter is not None:  # of another Python than this one
        ours += _folders_of(settings.interpreter)
    pythons = (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)
    # Where imports come from; files of libraries are named from their packages on.
    library = sysconfig.get_path("stdlib")
    ours += [
        os.path.abspath(path)
        for path in (*sys.path, *(settings.python_path or ()))
        if os.path.isdir(path) and "-packages" not in path and library not in path
    ]
    home = os.path.expanduser("~")
    return enclosing_folders([*ours, *pythons, *([home] if is_unmistakable(home) else [])])  # not /root


def _folders_of(python: Interpreter) -> list[str]:
    path = python.imports.path if python.imports else ()
    beside = [folder for folder in path if "-packages" not in folder and not folder.startswith(python.standard)]
    return [*python.prefixes, *filter(os.path.isdir, beside)]


def redact_printed(recording: Recording, text: str, folders: tuple[str, ...]) -> str:
    """Redact a printed text. In it, "/docs" may mean something else than a folder of that name."""
    if not may_have_paths(text):
        return plain(text)
    return without_folders(text, tuple(filter(is_unmistakable, folders_of(recording, folders))))


def folders_of(recording: Recording, folders: tuple[str, ...]) -> tuple[str, ...]:
    """``folders``, and those that the program of a recording imported from."""
    modules = tuple(recording.requires.modules)
    return folders + _import_folders(modules, folders) if modules else folders


@lru_cache(maxsize=64)
def _import_folders(modules: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """The folders that contain the packages of these files, if no known folder does."""
    packages = {os.path.dirname(file) for file in modules if os.path.basename(file) == "__init__.py"}
    found = dict.fromkeys(os.path.dirname(file) for file in modules if redact_folders(file, _pattern(known)) == file)
    for folder in list(found):
        outer = folder
        while outer in packages:
            outer = os.path.dirname(outer)
        del found[folder]
        found[outer] = None
    return enclosing_folders(found)


def without_folders(text: str, folders: tuple[str, ...]) -> str:
    """The text without folders of the machine, and without characters that XML does not allow."""
    if not may_have_paths(text):  # so no pattern is made for a site whose programs print none
        return plain(text)
    return plain(strip_library_paths(redact_folders(text, _pattern(folders))))


@lru_cache(maxsize=16)
def _pattern(folders: tuple[str, ...]) -> re.Pattern[str]:
    return folder_pattern([*folders, *map(os.path.realpath, folders)])
