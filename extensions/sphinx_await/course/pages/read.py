"""Reads a page of any markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import markdown, restructuredtext
from .docstrings import scan_docstrings
from .reader import MARKDOWN, RESTRUCTUREDTEXT, PageReader

if TYPE_CHECKING:
    from pathlib import Path

    from .model import Page, PageContext

SCANNERS = {MARKDOWN: markdown.scan, RESTRUCTUREDTEXT: restructuredtext.scan}


def read_page(file: Path, markup: str, context: PageContext) -> Page:
    """The programs of a page.

    :param markup: ``markdown`` or ``restructuredtext``.
    :raises OSError: the file cannot be read.
    :raises UnicodeDecodeError: the file is not UTF-8.
    :raises ImportError: the parser of Markdown is not installed.
    """
    reader = PageReader(context, file, markup, SCANNERS)
    reader.scan()
    return reader.page()


def read_module(file: Path, context: PageContext) -> Page:
    """The programs in the docstrings of a Python file.

    :raises OSError: the file cannot be read.
    :raises ImportError: the parser of Markdown is needed and not installed.
    """
    reader = PageReader(context, file, RESTRUCTUREDTEXT, SCANNERS)
    scan_docstrings(reader)
    return reader.page()


def read_program_file(file: Path, context: PageContext) -> Page:
    """A Python file that is one program.

    :raises OSError: the file cannot be read.
    """
    reader = PageReader(context, file, RESTRUCTUREDTEXT, SCANNERS)
    reader.program()
    return reader.page()
