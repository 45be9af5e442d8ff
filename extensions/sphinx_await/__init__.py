"""Runs the asyncio programs of a course when its pages are built, and shows what really happened.

Add ``"sphinx_await"`` to ``extensions`` in conf.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._version import __version__ as __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Sphinx's entry point. Sphinx is imported only here, so that the engine works without it."""
    from .sphinxext import setup as setup_sphinx

    return setup_sphinx(app)
