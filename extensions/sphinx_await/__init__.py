"""Runs the asyncio programs of a course when its pages are built, and shows what really happened.

Add ``"sphinx_await"`` to ``extensions`` in conf.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._version import __version__ as __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def display(*objects: object, alt: str | None = None) -> None:
    """Display results in the page of the program that calls this, one after another.

    :param objects: each has a form to look at: a method ``_repr_svg_``, ``_repr_png_``, ``_repr_jpeg_`` or
        ``_repr_html_``; or is a figure of matplotlib, or the path of an image. Of another one, and where no page is
        made of the program, the ``repr`` is printed; a text as it is.
    :param alt: what there is to see, in words, for readers who cannot see it.
    :raises TypeError: ``alt`` is no text.
    """
    from .core.recorder.displays import show

    show(*objects, alt=alt)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Sphinx's entry point. Sphinx is imported only here, so that the engine works without it."""
    from .sphinxext import setup as setup_sphinx

    return setup_sphinx(app)
