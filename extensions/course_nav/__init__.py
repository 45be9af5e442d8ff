"""Previous and next across chapters and projects: a Sphinx extension of its own.

The front matter of a page names the previous and the next page. The theme's buttons, ``<link rel>``, the keyboard and
the list at the foot of the page follow it. Without it, the order of the toctree applies. Parts of a site have a
navigation of their own. See README.md in this folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx.config import ENUM

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

__version__ = "0.1.0"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the extension to a Sphinx application."""
    from .extension import CourseNav, check_configuration
    from .footer import CourseNavList

    app.setup_extension("sphinx.ext.intersphinx")
    app.add_config_value("course_nav_keys", default=True, rebuild="html", types=frozenset({bool}))
    app.add_config_value("course_nav_list", default="keep", rebuild="html", types=ENUM("keep", "books"))
    app.add_config_value("course_nav_parts", default={}, rebuild="html", types=frozenset({dict}))
    app.add_directive("course_nav", CourseNavList)
    nav = CourseNav()
    app.connect("config-inited", check_configuration)
    app.connect("builder-inited", nav.add_script)
    app.connect("env-updated", nav.update)
    app.connect("html-page-context", nav.fill_page)
    app.connect("html-page-context", nav.enter_part, priority=400)  # themes ask for the toctree at 500
    app.connect("doctree-resolved", nav.finish_page)
    app.connect("build-finished", nav.publish)
    return {"version": __version__, "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
