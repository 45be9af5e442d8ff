"""Reads a file by its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..course.pages.read import read_module, read_page, read_program_file

if TYPE_CHECKING:
    from pathlib import Path

    from ..course.pages.model import Page, PageContext

#: Kinds of Python files: with programs in docstrings, and those that are programs.
DOCSTRINGS, PROGRAM = "docstrings", "program"


def read_file(path: Path, kind: str, context: PageContext) -> Page:
    """The programs of a file.

    :param kind: a markup, or :data:`DOCSTRINGS` or :data:`PROGRAM`.
    :raises OSError: the file cannot be read.
    :raises UnicodeDecodeError: the file is a page, and not UTF-8.
    :raises ImportError: the parser of Markdown is not installed.
    """
    if kind == DOCSTRINGS:
        return read_module(path, context)
    if kind == PROGRAM:
        return read_program_file(path, context)
    return read_page(path, kind, context)
