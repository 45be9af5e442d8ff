"""Registers what writes pages: nodes, transforms, files of a page.

A module that writes is imported when a page needs it. Most of the cost of a build in which nothing has changed would be
such imports.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from docutils.nodes import inline
from sphinx.transforms.post_transforms import SphinxPostTransform

from .. import nodes
from ..build_session import session_of
from ..domain import domain_of
from ..page_language import speak_as_page
from .downloads import tidy_pages
from .live_files import add_live_files
from .static_files import BIDI_STYLE, BOOK_STYLE, STYLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from docutils.nodes import Element, document
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

#: Nodes that transforms replace before anything is written.
REPLACED: tuple[type[Element], ...] = (
    nodes.await_run,
    nodes.await_compare,
    nodes.await_compared,
    nodes.await_index,
    nodes.await_progress,
)

#: For each node that HTML writes: the module with its visitors, ``visit_figure`` for ``await_figure``, and whether
#: there is one at its end.
WRITTEN_AS_HTML: dict[type[Element], tuple[str, bool]] = {
    nodes.await_picture: ("html", False),
    nodes.await_figure: ("html", True),
    nodes.await_exercise: ("html", True),
    nodes.await_fold: ("html", True),
    nodes.await_code: ("html", True),
    nodes.await_outputs: ("html", False),
    nodes.await_indexed: ("html", False),
    nodes.await_facts: ("html", True),
    nodes.await_display: ("displays", True),
    nodes.await_predict: ("prediction", True),
    nodes.await_question: ("prediction", False),
    nodes.await_answer: ("prediction", True),
    nodes.await_feedback: ("exercises", True),
    nodes.await_count: ("exercises", True),
    nodes.await_live: ("live", False),
    nodes.await_downloads: ("program_files", False),
}

#: Module, class and priority of each transform, in the order in which they work, and the nodes without which it has
#: nothing to do.
TRANSFORMS: tuple[tuple[str, str, int, tuple[type[Element], ...]], ...] = (
    ("transforms", "PlainExercises", 8, ()),
    # Before the runs: pictures count as filled.
    ("comparison", "FillReferences", 9, (inline, nodes.await_compare)),
    ("run_index", "FillIndexes", 9, (nodes.await_index,)),  # before Sphinx resolves links
    ("exercises", "FillProgress", 9, (nodes.await_progress,)),  # likewise
    ("program_files", "PlainDownloads", 9, (nodes.await_downloads,)),
    ("transforms", "FillHtml", 10, ()),
    ("transforms", "FillPlain", 11, ()),  # what FillHtml left
    # After the runs.
    ("prediction", "PlainPredictions", 12, (nodes.await_predict, nodes.await_choices, nodes.await_why)),
    ("transforms", "IndexTitles", 13, ()),  # after all that puts such nodes into a page
)

#: The modules that write pages with runs, in HTML, and their pictures.
WRITE_RUNS, WRITE_HTML, DRAW = ("transforms",), ("html", "live"), ("picture",)
#: What is in the code of programs that may have pictures: tasks or generators.
_PICTURED = ("asyncio", "yield")

#: Module and function of each handler of ``html-page-context`` for documents, in the order of what they add.
PAGE_FILES = (
    ("html", "add_script"),
    ("html", "add_picture_files"),
    ("prediction", "add_prediction_files"),
    ("exercises", "add_exercise_files"),
    ("live", "add_live_script"),
    ("downloads", "tidy_page"),
)


def setup_render(app: Sphinx) -> None:
    """Register everything."""
    for replaced in REPLACED:
        app.add_node(replaced)
    for node, (module, departs) in WRITTEN_AS_HTML.items():
        name = node.__name__.removeprefix("await_")
        depart = later(module, f"depart_{name}") if departs else None
        app.add_node(node, html=(in_language(later(module, f"visit_{name}")), depart))
    for module, name, priority, wanted in TRANSFORMS:
        app.add_post_transform(later_transform(module, name, priority, wanted))
    for module, name in PAGE_FILES:
        app.connect("html-page-context", for_documents(later(module, name)))
    app.connect("config-inited", make_fit_for_books)
    app.connect("builder-inited", offer_to_import, priority=700)  # when the build session is open
    app.connect("env-updated", add_live_files)
    app.connect("build-finished", tidy_pages)
    app.add_css_file(STYLE)


def offer_to_import(app: Sphinx) -> None:
    """Let a build import what writes a page with a run when it has nothing else to do."""
    session = session_of(app.env)
    session.import_writers = partial(_import_writers, app.env, session.format)


def _import_writers(env: BuildEnvironment, output_format: str) -> None:
    """Import what pages with the runs of the course will need."""
    codes = (
        entry.snippet.code for docname in domain_of(env).documents() for entry in domain_of(env).snippets_of(docname)
    )
    has_pictures = any(word in code for code in codes for word in _PICTURED)
    html = WRITE_HTML if output_format == "html" else ()
    for module in (*WRITE_RUNS, *html, *(DRAW if has_pictures else ())):
        import_module(f".{module}", __package__)


def find(module: str, name: str) -> Any:
    """Import a module of this package, and return its function or class of that name."""
    return getattr(import_module(f".{module}", __package__), name)


def later(module: str, name: str) -> Callable[..., Any]:
    """A function that imports another one of this package when it is called, and calls it."""

    def call(*arguments: Any) -> Any:
        return find(module, name)(*arguments)

    return call


def in_language(visit: Callable[..., None]) -> Callable[..., None]:
    """A visitor that speaks the language of the page: which page is resolved before it may have been another one."""

    def call(translator: HTML5Translator, node: Element) -> None:
        builder = translator.builder
        speak_as_page(builder.env, builder.current_docname)
        visit(translator, node)

    return call


def for_documents(handler: Callable[..., None]) -> Callable[..., None]:
    """A handler of ``html-page-context`` that is called for documents only: every build writes an index."""

    def call(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: document | None) -> None:
        if doctree is not None:
            speak_as_page(app.env, page)
            handler(app, page, template, context, doctree)

    return call


def later_transform(
    module: str, name: str, priority: int, wanted: tuple[type[Element], ...] = ()
) -> type[SphinxPostTransform]:
    """A transform that imports another one of this package when it is applied, and applies it.

    :param wanted: nodes without which it has nothing to do; none are given if it is applied to every document.
    """

    def run(self: SphinxPostTransform, **arguments: Any) -> None:
        if wanted and not any(isinstance(node, wanted) for node in self.document.findall()):
            return
        speak_as_page(self.env, self.env.docname)
        find(module, name)(self.document, self.startnode).apply(**arguments)

    return type(name, (SphinxPostTransform,), {"default_priority": priority, "run": run, "__module__": __name__})


def make_fit_for_books(_app: Sphinx, config: Config) -> None:
    """Leave out of EPUB what it forbids, and have its own style."""
    config.epub_css_files = [*config.epub_css_files, BOOK_STYLE]
    config.epub_exclude_files = [*config.epub_exclude_files, f"_static/{BIDI_STYLE}"]
