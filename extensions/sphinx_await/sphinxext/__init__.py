"""The Sphinx extension: read, run, keep, show. The only package that imports Sphinx and docutils."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

from .._version import __version__
from .config import declare
from .domain import AwaitDomain, number_runs
from .nodes import (
    await_code,
    await_compare,
    await_exercise,
    await_facts,
    await_figure,
    await_fold,
    await_live,
    await_outputs,
    await_picture,
    await_run,
)
from .render.comparison import FillReferences
from .render.downloads import tidy_page, tidy_pages
from .render.html import (
    add_picture_files,
    add_script,
    depart_code,
    depart_exercise,
    depart_facts,
    depart_figure,
    depart_fold,
    visit_code,
    visit_exercise,
    visit_facts,
    visit_figure,
    visit_fold,
    visit_outputs,
    visit_picture,
)
from .render.live import add_live_files, add_live_script, visit_live
from .render.transforms import FillHtml, FillPlain, PlainExercises
from .run.lifecycle import check_config, close, prepare, run_course, warm_up

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

STYLE = "sphinx-await.css"
CATALOGUE = "sphinx_await"
LATEX_STYLE = "sphinxawait"
_HERE = Path(__file__).parent
#: How many objects come before Python looks for garbage, until the build is finished: each thorough look goes through
#: all that Sphinx has loaded.
_MANY_OBJECTS = 200_000
_USUAL = gc.get_threshold()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add everything to a Sphinx application."""
    gc.set_threshold(_MANY_OBJECTS, *_USUAL[1:])
    app.setup_extension("sphinx_exec_code")  # its configuration values, and its place in the registry
    app.add_message_catalog(CATALOGUE, str(_HERE / "locale"))
    declare(app.add_config_value)
    app.add_domain(AwaitDomain)
    app.add_node(await_run)
    app.add_node(await_compare)
    app.add_node(await_picture, html=(visit_picture, None))
    app.add_node(await_live, html=(visit_live, None))
    app.add_node(await_figure, html=(visit_figure, depart_figure))
    app.add_node(await_exercise, html=(visit_exercise, depart_exercise))
    app.add_node(await_fold, html=(visit_fold, depart_fold))
    app.add_node(await_code, html=(visit_code, depart_code))
    app.add_node(await_outputs, html=(visit_outputs, None))
    app.add_node(await_facts, html=(visit_facts, depart_facts))
    app.add_post_transform(PlainExercises)
    app.add_post_transform(FillReferences)
    app.add_post_transform(FillHtml)
    app.add_post_transform(FillPlain)
    app.connect("config-inited", check_config)
    app.connect("config-inited", _add_static)
    # After sphinx-exec-code has read its own configuration, which ours goes on from.
    app.connect("builder-inited", prepare, priority=600)
    # After all others, which may have found more pages to read.
    app.connect("env-before-read-docs", _add_markup, priority=999)
    app.connect("doctree-read", _read)
    app.connect("env-updated", run_course)
    app.connect("env-updated", add_live_files)
    app.connect("html-page-context", add_script)
    app.connect("html-page-context", add_picture_files)
    app.connect("html-page-context", add_live_script)
    app.connect("html-page-context", tidy_page)
    app.connect("build-finished", close)
    app.connect("build-finished", tidy_pages)
    app.connect("build-finished", _collect_as_usual)
    app.add_css_file(STYLE)
    app.add_latex_package(LATEX_STYLE)
    return {"version": __version__, "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}


def _add_static(_app: Sphinx, config: Config) -> None:
    """For every builder and this early: a value that changes later is taken for an author's change in each build."""
    config.html_static_path = [*config.html_static_path, str(_HERE / "static")]
    config.latex_additional_files = [*config.latex_additional_files, str(_HERE / "latex" / f"{LATEX_STYLE}.sty")]


def _add_markup(app: Sphinx, _env: BuildEnvironment, docnames: list[str]) -> None:
    """What reads pages is imported only when there are pages to read: an unchanged build has better to do."""
    if not docnames:
        return
    from .read.config_table import AwaitConfigTable
    from .read.exec_code import ExecCode
    from .read.exercise import ExecCheck, ExecExercise, ExecHint, ExecSolution, ExecStart
    from .read.fences import RunFences
    from .read.references import ExecCompare, ExecTime

    if RunFences not in app.registry.get_transforms():  # an application may build more than once
        app.add_directive("exec_code", ExecCode, override=True)
        app.add_directive("await_config", AwaitConfigTable, override=True)
        app.add_directive("exec_exercise", ExecExercise, override=True)
        app.add_directive("exec_start", ExecStart, override=True)
        app.add_directive("exec_check", ExecCheck, override=True)
        app.add_directive("exec_hint", ExecHint, override=True)
        app.add_directive("exec_solution", ExecSolution, override=True)
        app.add_directive("exec_compare", ExecCompare, override=True)
        app.add_role("exec_time", ExecTime(), override=True)
        app.add_transform(RunFences)


def _read(app: Sphinx, doctree: nodes.document) -> None:
    warm_up(app, number_runs(app, doctree))


def _collect_as_usual(_app: Sphinx, _exception: Exception | None) -> None:
    gc.set_threshold(*_USUAL)
