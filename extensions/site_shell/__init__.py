"""What surrounds the pages of a site: addresses of sections that last, and what messengers and search engines are told.

Each section has its slug as permalink, each page a description, Open Graph and a card with a picture of a run. Where
``html_baseurl`` says at which address the site is, there are also absolute addresses, a sitemap and ``robots.txt``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

__version__ = "0.1.0"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the extension to a Sphinx application."""
    from .extension import describe_page, draw_card, write_files
    from .permalinks import put_slugs_first

    # Before Sphinx collects tables of contents and labels, which it does at 500.
    app.connect("doctree-read", put_slugs_first, priority=400)
    app.connect("doctree-resolved", draw_card)
    app.connect("html-page-context", describe_page)
    app.connect("build-finished", write_files)
    return {"version": __version__, "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
