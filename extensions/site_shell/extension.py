"""Handlers of Sphinx's events."""

from __future__ import annotations

from contextlib import suppress
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from docutils import nodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.util.display import progress_message
from sphinx.util.matching import Matcher
from sphinxcontrib.serializinghtml import SerializingHTMLBuilder

from . import card, head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from sphinx_await.core.timeline.model import Timeline

#: The page that servers send for addresses that lead nowhere (of ``html_additional_pages``).
NOT_FOUND = "404"
#: Where the touch icon and the cards are in the output.
ICON = "_static/touch-icon.png"
_CARDS = "_images/cards"


def draw_card(app: Sphinx, document: nodes.document, page: str) -> None:
    """On ``doctree-resolved``: draw the card of a page that has a fitting picture, before the page is written.

    The front matter of the page may name its run (``card: together-group``). All other pages have the card of the
    first page, which may be written after them: there is one in every case, if only with the sign of the site.
    """
    if not (builder := _pages_of(app)):
        return
    path = Path(builder.outdir, card_of(page))
    path.unlink(missing_ok=True)
    wanted = app.env.metadata[page].get("card")
    pictures = dict(_pictures(document))
    fitting = (timeline for timeline in pictures.values() if card.is_for_card(timeline))
    timeline = pictures.get(wanted) if wanted else next(fitting, None)
    if timeline is not None:
        _write(path, card.draw_card(timeline))


def card_of(page: str) -> str:
    """The path of a page's card in the output: folders as in its name, so that no other page has the same."""
    return f"{_CARDS}/{page}.png"


def _pictures(document: nodes.document) -> Iterator[tuple[str, Timeline]]:
    """The pictures of single runs, by the names of the runs."""
    with suppress(ModuleNotFoundError):
        from sphinx_await.sphinxext.nodes import await_picture

        for picture in document.findall(await_picture):
            if len(picture["runs"]) == 1:
                (run,) = picture["runs"]
                yield run.name, run.section.timeline


def describe_page(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """On ``html-page-context``: say in its head what a page is about, and which picture stands for it."""
    if not (builder := _pages_of(app)):
        return
    icon = context["pathto"](ICON, 1)
    context["metatags"] = context.get("metatags", "") + f'\n    <link rel="apple-touch-icon" href="{icon}">'
    if page == NOT_FOUND:
        context["metatags"] += '\n    <meta name="robots" content="noindex">'
    if document is None:
        context["pageurl"] = None  # what is made for readers, and not to be found by others
        return
    env, base = app.env, app.config.html_baseurl
    own = card_of(page)
    shown = own if Path(builder.outdir, own).is_file() else card_of(app.config.root_doc)
    said = head.Head(
        title=env.titles[page].astext(),
        site=unescape(str(context.get("docstitle") or app.config.project)),
        description=_description(env, page, document),
        language=env.metadata[page].get("lang") or app.config.language,
        address=head.absolute(base, builder.get_target_uri(page)),
        card=head.absolute(base, quote(shown)),
        is_home=page == app.config.root_doc,
    )
    context["metatags"] += head.tags(said, width=card.WIDTH, height=card.HEIGHT)
    if base:
        context["pageurl"] = said.address


def _description(env: BuildEnvironment, page: str, document: nodes.document) -> str:
    """What the front matter says, or else the first paragraph."""
    if written := env.metadata[page].get("description"):
        return " ".join(str(written).split())
    sections = (node for node in document.children if isinstance(node, nodes.section))
    top = next(sections, document)
    paragraph = next((node for node in top.children if isinstance(node, nodes.paragraph)), None)
    return head.shortened(paragraph.astext()) if paragraph else ""


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """On ``build-finished``: write what stands beside the pages."""
    builder = _pages_of(app)
    if builder is None or exception is not None:
        return
    _write(Path(builder.outdir, ICON), card.draw_icon())
    if not (first := Path(builder.outdir, card_of(app.config.root_doc))).is_file():
        _write(first, card.draw_sign())
    base = app.config.html_baseurl
    if not base:
        return
    with progress_message("writing sitemap"):
        addresses = [head.absolute(base, builder.get_target_uri(page)) for page in sorted(app.env.all_docs)]
        robots = f"User-agent: *\nAllow: /\n\nSitemap: {head.absolute(base, 'sitemap.xml')}\n"
        for name, text in (("sitemap.xml", head.sitemap(addresses)), ("robots.txt", robots)):
            if not _is_of_author(app, name):
                _write(Path(builder.outdir, name), text.encode())
    not_found = Path(builder.get_outfilename(NOT_FOUND))
    if not_found.is_file():
        prefix = f"{urlsplit(base).path.rstrip('/')}/"
        not_found.write_text(head.with_prefix(not_found.read_text(encoding="utf-8"), prefix), encoding="utf-8")


def _is_of_author(app: Sphinx, name: str) -> bool:
    """Whether Sphinx copies a file of this name from ``html_extra_path`` to the output folder."""
    is_excluded = Matcher(app.config.exclude_patterns)
    for extra in app.config.html_extra_path:
        path = Path(app.confdir, extra)
        if path.name == name if path.is_file() else (path / name).is_file() and not is_excluded(name):
            return True
    return False


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _pages_of(app: Sphinx) -> StandaloneHTMLBuilder | None:
    """The builder, if it writes an HTML page for each document; what ``json`` and ``pickle`` write is no HTML page."""
    builder = app.builder
    if not isinstance(builder, StandaloneHTMLBuilder) or isinstance(builder, SerializingHTMLBuilder):
        return None
    return None if builder.embedded or builder.name == "singlehtml" else builder
