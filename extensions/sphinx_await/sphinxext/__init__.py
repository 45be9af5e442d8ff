"""The Sphinx extension: read, run, keep, show. The only package that imports Sphinx and docutils."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from .compare import ExecCompare, ExecTime, FillReferences, await_compare
from .config import declare
from .course import check_config, close, prepare, run_course, warm_up
from .directive import ExecCode
from .domain import AwaitDomain, number_runs
from .fences import RunFences
from .fill import FillHtml, FillPlain
from .html import (
    await_facts,
    await_figure,
    await_outputs,
    depart_facts,
    depart_figure,
    visit_facts,
    visit_figure,
    visit_outputs,
)
from .nodes import await_run
from .picture import add_files, await_picture, visit_picture
from .reference import AwaitConfigTable

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

STYLE = "sphinx-await.css"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add everything to a Sphinx application."""
    app.setup_extension("sphinx_exec_code")  # its configuration values, and its place in the registry
    declare(app.add_config_value)
    app.add_domain(AwaitDomain)
    app.add_directive("exec_code", ExecCode, override=True)
    app.add_directive("await_config", AwaitConfigTable)
    app.add_directive("exec_compare", ExecCompare)
    app.add_role("exec_time", ExecTime())
    app.add_transform(RunFences)
    app.add_node(await_run)
    app.add_node(await_compare)
    app.add_node(await_picture, html=(visit_picture, None))
    app.add_node(await_figure, html=(visit_figure, depart_figure))
    app.add_node(await_outputs, html=(visit_outputs, None))
    app.add_node(await_facts, html=(visit_facts, depart_facts))
    app.add_post_transform(FillReferences)
    app.add_post_transform(FillHtml)
    app.add_post_transform(FillPlain)
    app.connect("config-inited", check_config)
    app.connect("builder-inited", _add_static)
    # After sphinx-exec-code has read its own configuration, which ours goes on from.
    app.connect("builder-inited", prepare, priority=600)
    app.connect("doctree-read", _read)
    app.connect("env-updated", run_course)
    app.connect("html-page-context", add_files)
    app.connect("build-finished", close)
    app.add_css_file(STYLE)
    return {"version": __version__, "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}


def _add_static(app: Sphinx) -> None:
    if app.builder.format == "html":
        app.config.html_static_path.append(str(Path(__file__).parent / "static"))


def _read(app: Sphinx, doctree: nodes.document) -> None:
    warm_up(app, number_runs(app, doctree))
