"""The list of links at the foot of a page: written by the directive, or by hand and then checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import _
from sphinx.util.docutils import SphinxDirective

from .links import Way

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .links import Link

#: In a page's metadata, so that it is known which pages have the directive.
MARK = "course_nav"
#: What a line written by hand may begin with, beside the words of Sphinx in the project's language.
_WORDS = {Way.PREVIOUS: ("이전", "previous"), Way.NEXT: ("다음", "next")}
#: In the order of the first of these chapters: the next page comes first.
_ORDER = (Way.NEXT, Way.PREVIOUS)


class course_nav_list(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """Placeholder of the directive, until the links of the page ``docname`` are known."""


class CourseNavList(SphinxDirective):
    """``course_nav``: a list of the links to the previous and next page."""

    def run(self) -> list[nodes.Node]:
        """Insert the placeholder."""
        docname = self.env.current_document.docname
        self.env.metadata[docname][MARK] = "list"
        return [course_nav_list(docname=docname)]


def labels() -> dict[Way, str]:
    """The names of both directions in the language of the project."""
    return {Way.PREVIOUS: _("previous").capitalize(), Way.NEXT: _("next").capitalize()}


def written_list(links: Mapping[Way, Link], uris: Mapping[Way, str | None]) -> list[nodes.Node]:
    """The list that the directive writes; a link without an address becomes plain text."""
    items = []
    for way in (way for way in _ORDER if way in links):
        text = f"{labels()[way]} - {links[way].title}"
        uri = uris[way]
        inline: nodes.Node = nodes.Text(text)
        if uri is not None:
            reference: dict[str, Any] = {"refuri": uri, "internal": links[way].is_own}
            inline = nodes.reference("", "", nodes.inline("", text), **reference)
        items.append(nodes.list_item("", nodes.paragraph("", "", inline)))
    return [nodes.bullet_list("", *items, classes=["course-nav"])] if items else []


def hand_written(document: nodes.document) -> Iterator[tuple[Way, nodes.reference]]:
    """Find the links to the previous or next page in the list that ends a page, by their texts."""
    last = _last_child(document)
    for item in last if isinstance(last, nodes.bullet_list) else ():
        references = list(item.findall(nodes.reference))
        if len(references) == 1 and (way := _way_of(item.astext())) is not None:
            yield way, references[0]


def drop_hand_written(document: nodes.document) -> None:
    """Take the list that ends a page away, and the line above it."""
    last = _last_child(document)
    if last is None or not any(hand_written(document)):
        return
    parent = last.parent
    parent.remove(last)
    while parent.children and isinstance(parent.children[-1], nodes.transition):
        parent.remove(parent.children[-1])


def _last_child(node: nodes.Element) -> nodes.Node | None:
    """The last node of a page, inside its sections."""
    shown = [child for child in node.children if not isinstance(child, nodes.Invisible | nodes.transition)]
    last = shown[-1] if shown else None
    return _last_child(last) if isinstance(last, nodes.section) else last


def _way_of(text: str) -> Way | None:
    for way, words in _WORDS.items():
        alternatives = "|".join(re.escape(word) for word in (*words, labels()[way]))
        # "다음 - 메타클래스", "Next chapter: ...", "← 이전", but not a sentence that happens to begin so.
        if re.match(rf"\W*({alternatives})(\s+\w+)?\s*([-–—:|→←]|$)", text, re.IGNORECASE):
            return way
    return None
