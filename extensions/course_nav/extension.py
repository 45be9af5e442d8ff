"""Handlers of Sphinx's events. Only this module, remote_projects.py and footer.py import Sphinx."""

from __future__ import annotations

import json
import posixpath
import shutil
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urlsplit

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment.adapters.toctree import TocTree
from sphinx.errors import ConfigError, NoUri
from sphinx.locale import _
from sphinx.util import logging

from .consistency import Home, Order, one_sided, one_sided_abroad, read_sides
from .exchange_file import FILE, to_data, to_text
from .footer import MARK, course_nav_list, drop_hand_written, hand_written, labels, written_list
from .links import Link, NavError, Side, Way, line_of
from .parts import MAIN, find_parts, name_of_part, reached
from .remote_projects import find_page, like, read_others

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from .links import NavProblem, Neighbour
    from .parts import Part, Patterns

logger = logging.getLogger(__name__)

SCRIPT = "course-nav.js"
#: The access keys by which Sphinx's own list of related pages marks the two ways.
_ACCESS_KEYS = {Way.NEXT: "N", Way.PREVIOUS: "P"}


def check_configuration(_app: Sphinx, config: Config) -> None:
    """On ``config-inited``: end the build where the parts of the site mean nothing.

    :raises ConfigError: a part has no list of patterns, or a name that is taken.
    """
    for name, patterns in config.course_nav_parts.items():
        if name == MAIN or not isinstance(patterns, (list, tuple)):
            message = f"course_nav_parts: {name!r} needs a list of patterns of pages, such as ['guide/*']"
            raise ConfigError(message if name != MAIN else f"course_nav_parts: {MAIN!r} is the part of all other pages")


class CourseNav:
    """The links of one build. They are computed on ``env-updated``, before Sphinx forks processes that write pages."""

    def __init__(self) -> None:
        self._parts: dict[str, Part] = {}
        self._toctrees: dict[str, list[addnodes.toctree]] = {}
        self._sides: dict[tuple[str, Way], Side] = {}
        self._data: dict[str, Any] = {}
        self._to_write: set[str] = set()

    def add_script(self, app: Sphinx) -> None:
        """On ``builder-inited``: add the keyboard script to pages."""
        if _pages_of(app) is not None and app.config.course_nav_keys:
            static = Path(app.outdir, "_static")
            static.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(__file__).parent / "static" / SCRIPT, static / SCRIPT)
            app.add_js_file(SCRIPT, defer="defer")

    def update(self, app: Sphinx, env: BuildEnvironment) -> list[str]:
        """On ``env-updated``: compute all links, report problems, and return the pages to write again."""
        titles = {page: env.titles[page].astext() for page in sorted(env.all_docs) if page in env.titles}
        order = _toctree_order(env, titles, app.config.course_nav_parts)
        self._sides, problems = read_sides(
            order, env.metadata, lambda neighbour, page: _resolve(app, titles, neighbour, page)
        )
        builder = _pages_of(app)
        if builder is None:
            return [page for page in titles if MARK in env.metadata[page]]
        self._parts = _find_parts(app)
        project = " ".join(app.config.project.split())  # as inventories have it
        urls = {page: builder.get_target_uri(page) for page in titles}
        linked = (side.link.key for side in self._sides.values() if side.link and side.link.key)
        home = Home(project, _addresses(app.config.html_baseurl, urls))
        problems += one_sided(self._sides, order)
        problems += one_sided_abroad(self._sides, home, read_others(app, linked))
        for problem in problems:
            _report(env, problem)
        self._data = to_data(project, titles, urls, self._sides)
        return self._changed(Path(app.outdir, FILE))

    def _changed(self, path: Path) -> list[str]:
        """The pages that have other links in the output folder, or are unknown there."""
        shown: Mapping[str, Any] = {}
        if path.is_file():
            try:
                shown = json.loads(path.read_bytes())["pages"]
            except (ValueError, KeyError, TypeError):
                shown = {}
        changed = [page for page, entry in self._data["pages"].items() if shown.get(page) != entry]
        if changed:
            path.unlink(missing_ok=True)  # until they are written, the file would not describe the folder
        self._to_write = set(changed)
        return changed

    def fill_page(self, app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
        """On ``html-page-context``: set the links of buttons, relation bars and ``<link rel>`` in every theme."""
        builder = _pages_of(app)
        if builder is None or (pagename, Way.NEXT) not in self._sides:
            return
        # The order is that of Sphinx's own list of related pages.
        for way in (Way.NEXT, Way.PREVIOUS):
            side = self._sides[pagename, way]
            if side.explicit or side.link is None:
                _fill(context, way, side.link, _shown(builder, pagename, side.link) if side.link else None)

    def enter_part(self, app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
        """On ``html-page-context``, before the theme looks: make the part of a page the whole site to its template."""
        builder = _pages_of(app)
        if builder is None or len(self._parts) < 2:  # noqa: PLR2004 - the main one is always there
            return
        patterns = app.config.course_nav_parts
        part = self._parts.get(name_of_part(pagename, patterns), self._parts[MAIN])
        foreign = frozenset().union(*(other.pages for other in self._parts.values() if other != part))

        toctrees = self._toctrees_of(builder.env, part.home)

        def navigation(**options: Any) -> str:
            return _navigation(builder, pagename, toctrees, foreign, **options)

        context["toctree"] = navigation
        context["course_nav_part"] = part.name
        context["course_nav_parts"] = [self._shown_part(builder, pagename, other) for other in self._parts.values()]
        if part.name == MAIN:
            return
        own = {builder.get_relative_uri(pagename, page) for page in part.pages - {part.home}}
        context["parents"] = [parent for parent in context.get("parents", ()) if parent["link"] in own]
        context["master_doc"] = context["root_doc"] = part.home
        context["docstitle"] = context["shorttitle"] = builder.env.titles[part.home].astext()
        if language := builder.env.metadata[part.home].get("lang"):
            # A page that is no document (search) has no front matter of its own.
            context["meta"] = {"lang": language} | (context.get("meta") or {})

    def _toctrees_of(self, env: BuildEnvironment, page: str) -> list[addnodes.toctree]:
        """The toctrees of a page, which is read once."""
        if page not in self._toctrees:
            self._toctrees[page] = list(env.get_doctree(page).findall(addnodes.toctree))
        return self._toctrees[page]

    @staticmethod
    def _shown_part(builder: StandaloneHTMLBuilder, page: str, part: Part) -> dict[str, str]:
        env = builder.env
        title = env.titles[part.home].astext() if part.name != MAIN else env.config.html_title or env.config.project
        link = builder.get_relative_uri(page, part.home)
        language = env.metadata[part.home].get("lang") or env.config.language
        return {"name": part.name, "title": title, "link": link, "language": language}

    def finish_page(self, app: Sphinx, doctree: nodes.document, docname: str) -> None:
        """On ``doctree-resolved``: write the lists of the directive, and check those written by hand."""
        drops = app.config.course_nav_list == "books" and _pages_of(app) is not None
        for place in list(doctree.findall(course_nav_list)):
            if drops:
                place.parent.remove(place)
                continue
            links = self._links(place["docname"])
            uris = {way: _uri(app.builder, docname, link) for way, link in links.items()}
            place.replace_self(written_list(links, uris))
        if _pages_of(app) is not None:
            self._to_write.discard(docname)
            self._compare(app, doctree, docname)
            if drops:
                drop_hand_written(doctree)

    def _links(self, page: str) -> dict[Way, Link]:
        return {way: link for way in Way if (link := self._sides.get((page, way), Side()).link) is not None}

    def _compare(self, app: Sphinx, doctree: nodes.document, docname: str) -> None:
        """Warn if a hand-written list at the foot of a page leads elsewhere than the buttons."""
        written = dict(hand_written(doctree))
        for way, reference in written.items():
            side = self._sides.get((docname, way), Side())
            uri = _uri(app.builder, docname, side.link) if side.link else None
            if not side.broken and (uri is None or urldefrag(reference.get("refuri", "")).url != urldefrag(uri).url):
                message = f"the list at the foot has {labels()[way].lower()}: {reference.astext()}"
                message += f" ({reference.get('refuri', '')}), but {way} is {side.name}"
                logger.warning(message, location=reference, type="course_nav", subtype="foot")
        for way, link in self._links(docname).items():
            if written and way not in written and self._sides[docname, way].explicit:
                message = f"the list at the foot has no link to the {way} page, which is {link.name}"
                logger.warning(message, location=next(iter(written.values())), type="course_nav", subtype="foot")

    def publish(self, app: Sphinx, exception: Exception | None) -> None:
        """On ``build-finished``: write the file, unless pages that it describes were not written."""
        if exception is None and self._data and not self._to_write:
            Path(app.outdir, FILE).write_text(to_text(self._data), encoding="utf-8")


def _pages_of(app: Sphinx) -> StandaloneHTMLBuilder | None:
    """The builder, if it writes an HTML page for each document; None for books and singlehtml."""
    builder = app.builder
    if not isinstance(builder, StandaloneHTMLBuilder) or builder.embedded or builder.name == "singlehtml":
        return None
    return builder


def _find_parts(app: Sphinx) -> dict[str, Part]:
    """The parts that the configuration names; pages that no navigation shows are reported."""
    env, patterns = app.env, app.config.course_nav_parts
    parts = find_parts(patterns, app.config.root_doc, env.collect_relations(), env.toctree_includes)
    for name in patterns:
        if name not in parts:
            message = f"course_nav_parts: no page of {name!r} is in a toctree"
            logger.warning(message, type="course_nav", subtype="part")
    for name in patterns & parts.keys():
        for page in sorted(parts[name].pages - reached(parts[name].home, env.toctree_includes)):
            message = f"this page is of the part {name!r}, but in no toctree of {parts[name].home} or below it"
            logger.warning(message, location=page, type="course_nav", subtype="part")
    return parts


def _navigation(
    builder: StandaloneHTMLBuilder, page: str, trees: list[addnodes.toctree], foreign: frozenset[str], **options: Any
) -> str:
    """Toctrees as HTML, without pages of other parts; options are those of ``toctree()`` in templates."""
    options = {"includehidden": False, "collapse": True} | options
    options["maxdepth"] = int(options.get("maxdepth") or 0)
    elsewhere = {builder.get_relative_uri(page, other) for other in foreign}
    shown = addnodes.compact_paragraph(toctree=True)
    for tree in trees:
        resolved = TocTree(builder.env).resolve(page, builder, tree, **options)
        if resolved is None:
            continue
        for reference in list(resolved.findall(nodes.reference)):
            if urldefrag(reference.get("refuri", "")).url in elsewhere and (item := _item_around(reference)):
                item.parent.remove(item)
        if next(iter(resolved.findall(nodes.list_item)), None) is not None:
            shown.extend(resolved.children)
    return str(builder.render_partial(shown)["fragment"]) if shown.children else ""


def _item_around(node: nodes.Node) -> nodes.list_item | None:
    """The item of a list that a node is in; None if it is in none, or no longer."""
    while node.parent is not None and not isinstance(node, nodes.list_item):
        node = node.parent
    return node if isinstance(node, nodes.list_item) and node.parent is not None else None


def _toctree_order(env: BuildEnvironment, titles: Mapping[str, str], parts: Patterns) -> Order:
    """The order of the toctrees, which ends where a part of the site does."""
    relations = env.collect_relations()
    links: dict[tuple[str, Way], Link | None] = {}
    for page in titles:
        _parent, before, after = relations.get(page, (None, None, None))
        for way, other in ((Way.PREVIOUS, before), (Way.NEXT, after)):
            there = other is not None and other in titles and name_of_part(other, parts) == name_of_part(page, parts)
            links[page, way] = Link(titles[other], page=other) if other is not None and there else None
    return Order(links, {page: parent for page, (parent, _before, _after) in relations.items()})


def _resolve(app: Sphinx, titles: Mapping[str, str], neighbour: Neighbour, page: str) -> Link:
    """Find the target that the front matter of a page names.

    :raises NavError: there is no such page or project.
    """
    if neighbour.is_address:
        return Link(neighbour.title or "", neighbour.target)
    key, colon, name = neighbour.target.partition(":")
    if colon:
        found = find_page(app, key, name)
        return Link(neighbour.title or found.title, found.url, found.page, found.project, key)
    named = posixpath.normpath(posixpath.join("/", page, "..", neighbour.target))[1:]
    for docname in (named, *(named.removesuffix(suffix) for suffix in app.config.source_suffix)):
        if docname in titles:
            return Link(neighbour.title or titles[docname], page=docname)
    raise NavError(f"there is no page {neighbour.target!r}{like(named, titles)}")


def _addresses(base: str, urls: Mapping[str, str]) -> dict[str, str]:
    """The page at each published address; empty without ``html_baseurl``."""
    return {posixpath.join(base, url): page for page, url in urls.items()} if base else {}


def _report(env: BuildEnvironment, problem: NavProblem) -> None:
    path = env.doc2path(problem.page)
    try:
        line = line_of(Path(path).read_text(encoding="utf-8-sig"), problem.way)
    except (OSError, ValueError):
        line = 1
    logger.warning(problem.message, location=f"{path}:{line}", type="course_nav", subtype=problem.subtype)


def _uri(builder: Builder, page: str, link: Link) -> str | None:
    """The URI of a link, relative to a page; None if this builder has no address for it."""
    if link.is_own and link.page is not None:
        try:
            return builder.get_relative_uri(page, link.page)
        except NoUri:
            return None
    if urlsplit(link.url).scheme or link.url.startswith("/"):
        return link.url
    return "../" * builder.get_target_uri(page).partition("#")[0].count("/") + link.url


def _shown(builder: StandaloneHTMLBuilder, page: str, link: Link) -> dict[str, str]:
    """The link in the form of Sphinx's templates, with the title as HTML."""
    title = escape(link.title)
    if link.page in builder.env.titles and link.is_own and link.title == builder.env.titles[link.page].astext():
        title = builder.render_partial(builder.env.titles[link.page])["title"]
    return {"link": _uri(builder, page, link) or "", "title": title}


def _fill(context: dict[str, Any], way: Way, link: Link | None, shown: dict[str, str] | None) -> None:
    context[way.rel] = shown
    key = _ACCESS_KEYS[way]
    context["rellinks"] = [entry for entry in context["rellinks"] if entry[2] != key]
    if link is None or shown is None:
        return
    context["rellinks"].append((link.page if link.is_own else shown["link"], shown["title"], key, _(way.value)))
    if not link.is_own:
        _let_through(context, shown["link"])


def _let_through(context: dict[str, Any], address: str) -> None:
    """Make ``pathto`` return an external address unchanged: relation bars call it with a docname."""
    path_to = context["pathto"]

    def path_or_address(uri: str, *arguments: Any, **options: Any) -> str:
        return address if uri == address else str(path_to(uri, *arguments, **options))

    context["pathto"] = path_or_address
