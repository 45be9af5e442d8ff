"""A search for Korean pages: a search language for Sphinx with a script that ranks sections in the page.

``html_search_language = "ko"``, which is the default where ``language = "ko"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .extension import (
    add_script,
    add_search_pages,
    add_sections,
    enter_part,
    read_configuration,
    write_parts,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

__version__ = "0.1.0"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the configuration and the handlers; the language follows when the configuration is read."""
    app.add_config_value("korean_search_analyser", "auto", "html", str, "what finds words: auto, kiwi or rules")
    app.add_config_value("korean_search_synonyms", "", "html", str, "a file beside conf.py with synonyms")
    app.add_config_value("korean_search_last", [], "html", [list, tuple], "patterns of pages that come after others")
    app.add_config_value("korean_search_parts", {}, "html", [dict], "parts that are searched each for itself")
    app.add_config_value("korean_search_words_from", [], "html", [list], "set by the extension itself")
    app.connect("config-inited", read_configuration)
    app.connect("builder-inited", add_script)
    app.connect("doctree-resolved", add_sections)
    app.connect("html-collect-pages", add_sections)
    app.connect("html-collect-pages", add_search_pages)
    app.connect("html-page-context", enter_part)
    app.connect("build-finished", write_parts)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
