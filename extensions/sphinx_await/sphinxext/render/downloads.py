"""Files beside the pages: downloads of runs, and the pictures of a book.

Each page has one folder for downloads and one for pictures. They contain only files that the page links to.
"""

from __future__ import annotations

import contextlib
import posixpath
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..names import plain_name
from ..nodes import await_downloads, await_picture

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

#: Below the output folder.
DOWNLOADS, IMAGES = "_downloads/await", "_images/await"
#: Below the output folder until the build ends: the images of displays, which Sphinx copies.
DISPLAYS = ".await-displays"


def write_file(builder: Any, folder: str, name: str, content: str | bytes) -> str:
    """Write a file for the current page, and return its path below the output folder."""
    path = posixpath.join(folder, _folder_of(builder.current_docname), name)
    target = Path(builder.outdir, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def tidy_page(app: Sphinx, page: str, _template: str, _context: Any, doctree: nodes.document) -> None:
    """On ``html-page-context``: remove files that the page does not link to any more."""
    with_files: list[nodes.Element] = [*doctree.findall(await_picture), *doctree.findall(await_downloads)]
    kept: set[str] = set().union(*(node.get("files", ()) for node in with_files))
    for folder in (DOWNLOADS, IMAGES):
        own = Path(app.outdir, folder, _folder_of(page))
        for path in own.glob("await-*"):
            if path.relative_to(app.outdir).as_posix() not in kept:
                path.unlink()
        with contextlib.suppress(OSError):  # it is not there, or not empty
            own.rmdir()


def tidy_pages(app: Sphinx, exception: Exception | None) -> None:
    """On ``build-finished``: remove what Sphinx has copied, and the files of pages that are gone."""
    shutil.rmtree(Path(app.outdir, DISPLAYS), ignore_errors=True)
    if exception is not None:
        return
    for folder in (DOWNLOADS, IMAGES):
        if (parent := Path(app.outdir, folder)).is_dir():
            pages = set(map(_folder_of, app.env.found_docs))
            for path in parent.iterdir():
                if path.is_file():
                    path.unlink()
                elif path.name not in pages:
                    shutil.rmtree(path)


def _folder_of(docname: str) -> str:
    return plain_name(docname, docname)
