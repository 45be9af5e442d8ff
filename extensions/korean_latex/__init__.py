"""Teaches Sphinx's LaTeX builder that there is Korean.

docutils' table of LaTeX languages has no Korean, so Sphinx warns twice and sets the document in English, though
both babel and polyglossia know the language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils.writers.latex2e import Babel

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:  # noqa: ARG001 - Sphinx's signature
    """Add the language to docutils' table."""
    Babel.language_codes.setdefault("ko", "korean")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
