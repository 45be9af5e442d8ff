"""The sections of a page, as a search needs them: an address, a title, and the text that a reader sees."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBERED = re.compile(r"id\d+")
_MARKUP = re.compile(r"<(style|script|svg)\b.*?</\1\s*>|<!--.*?-->|<[^<>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Section:
    """A section without those inside it.

    :param anchor: the fragment of its address; empty for the page itself.
    :param title: its heading.
    :param text: its blocks, one per line, those of code with line breaks of their own.
    """

    anchor: str
    title: str
    text: str


def sections_of(doctree: nodes.document, page_title: str) -> list[Section]:
    """All sections of a page in order, the page's own first; what is marked ``no-search`` is left out.

    What stands before the first heading is the page's own, too.
    """
    found: list[Section] = []
    top = next((node for node in doctree.children if isinstance(node, nodes.section)), None)
    before = _text(doctree)
    if before and (top is None or _left_out(top)):
        found.append(Section("", page_title, before))
    for node in _sections(doctree):
        if not (title := node.next_node(nodes.title)):
            continue
        text = _text(node)
        if node is top:
            text = "\n".join(part for part in (before, text) if part)
        found.append(Section("" if node is top else _anchor(node), plain_text(title), text))
    return found


def _text(node: nodes.Element) -> str:
    """The blocks of a section, or of a document, without those of the sections in it."""
    blocks = (" ".join(block.split()) if not code else block.strip() for block, code in _blocks(node))
    return _clean("\n".join(block for block in blocks if block))


def plain_text(node: nodes.Element) -> str:
    """What a reader sees of a title, on one line."""
    return _clean(" ".join("".join(_texts(node)).split()))


def _anchor(node: nodes.section) -> str:
    """The identifier that is likeliest to outlive a change of the page: MyST's slug, rather than docutils' ``id1``."""
    names: list[str] = node["ids"]
    if (slug := node.get("slug")) in names:
        return str(slug)
    return next((name for name in names if not _NUMBERED.fullmatch(name)), names[0] if names else "")


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _left_out(node: nodes.Node) -> bool:
    if isinstance(node, (nodes.comment, nodes.system_message, nodes.substitution_definition)):
        return True
    return isinstance(node, nodes.Element) and "no-search" in node.get("classes", ())


def _sections(node: nodes.Element) -> Iterator[nodes.section]:
    for child in node.children:
        if isinstance(child, nodes.Element) and not _left_out(child):
            if isinstance(child, nodes.section):
                yield child
            yield from _sections(child)


def _blocks(node: nodes.Element) -> Iterator[tuple[str, bool]]:
    """Texts of a section, and whether each is code; inline parts are joined to the blocks they stand in."""
    for child in node.children:
        if _left_out(child) or isinstance(child, nodes.section) or not isinstance(child, nodes.Element):
            continue
        # Admonitions, topics and tables have titles, too, which belong to the text.
        if isinstance(child, nodes.title) and isinstance(node, nodes.section):
            continue
        if isinstance(child, nodes.raw):
            if "html" in child.get("format", "").split():
                yield html.unescape(_MARKUP.sub(" ", child.astext())), False
        elif isinstance(child, nodes.literal_block):
            yield child.astext(), True
        elif any(isinstance(part, (nodes.Text, nodes.Inline)) for part in child.children):
            yield "".join(_texts(child)), isinstance(child, nodes.FixedTextElement)
        else:
            yield from _blocks(child)


def _texts(node: nodes.Element) -> Iterator[str]:
    """What is read of a block; a tag in it (``<span>``) is none of that."""
    for child in node.children:
        if isinstance(child, nodes.Text):
            yield child.astext()
        elif isinstance(child, nodes.Element) and not isinstance(child, nodes.raw) and not _left_out(child):
            yield from _texts(child)
