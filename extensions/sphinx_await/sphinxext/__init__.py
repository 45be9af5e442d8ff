"""The Sphinx extension: reads programs, runs them, and shows their recordings. Only this package imports Sphinx."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .._version import __version__
from .config import declare_values
from .domain import AwaitDomain
from .page_language import CATALOGUE
from .render.registration import setup_render
from .run.build_state import code_state
from .run.lifecycle import setup_runs

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

LATEX_STYLE = "sphinxawait"
_HERE = Path(__file__).parent


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add everything to a Sphinx application, in the order in which a build needs it."""
    app.add_message_catalog(CATALOGUE, str(_HERE / "locale"))
    declare_values(app)
    app.add_domain(AwaitDomain)
    setup_reading(app)
    setup_runs(app)
    setup_render(app)
    setup_static_files(app)
    return {
        "version": __version__,
        # What other code has pickled is not read: a field more, and all values after it would be those of others.
        "env_version": int(code_state(), 16),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def setup_reading(app: Sphinx) -> None:
    """Read directives, roles and fences."""
    # After all others, which may have found more pages to read.
    app.connect("env-before-read-docs", _add_markup, priority=999)


def _add_markup(app: Sphinx, _env: object, docnames: list[str]) -> None:
    """Import the code that reads pages only if there are pages to read: an unchanged build does not need it."""
    if docnames:
        from .read import add_markup

        add_markup(app)


def setup_static_files(app: Sphinx) -> None:
    """Add our files to those of the project."""
    app.connect("config-inited", _add_static_files)
    app.add_latex_package(LATEX_STYLE)


def _add_static_files(_app: Sphinx, config: Config) -> None:
    """Set them early and for every builder: Sphinx takes a later change of a value for an edit by the author."""
    config.html_static_path = [*config.html_static_path, str(_HERE / "static")]
    if "copybutton_selector" in config:  # of sphinx-copybutton: the code of a run has a button, which copies edits too
        config.copybutton_selector = f":is({config.copybutton_selector}):not(.await-run *)"
    config.latex_additional_files = [*config.latex_additional_files, str(_HERE / "latex" / f"{LATEX_STYLE}.sty")]
