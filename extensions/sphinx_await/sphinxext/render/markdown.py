"""Markdown that programs display, as nodes of docutils: text, and nothing that does anything.

It is read as CommonMark with tables, by what reads the pages of MyST, but not as MyST: it has no directives, no roles,
no HTML, and loads nothing. A heading is none of the page's, an image is its words, and links lead to the web only.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

_WEB = re.compile(r"https?://", re.IGNORECASE)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


def markdown_nodes(text: str) -> list[nodes.Node]:
    """What is written in a text of Markdown."""
    from markdown_it.tree import SyntaxTreeNode

    return _all(SyntaxTreeNode(_parser().parse(text)).children)


def _all(trees: Iterable[SyntaxTreeNode]) -> list[nodes.Node]:
    return [node for tree in trees for node in _MADE.get(tree.type, _inside)(tree)]


def _inside(tree: SyntaxTreeNode) -> list[nodes.Node]:
    """What is in an element that has no node of its own."""
    return _all(tree.children)


def _of(kind: type[nodes.Element]) -> Callable[[SyntaxTreeNode], list[nodes.Node]]:
    return lambda tree: [kind("", *_all(tree.children))]


def _of_text(kind: type[nodes.TextElement]) -> Callable[[SyntaxTreeNode], list[nodes.Node]]:
    return lambda tree: [kind("", "", *_all(tree.children))]


def _text(tree: SyntaxTreeNode) -> list[nodes.Node]:
    return [nodes.Text(tree.content)]


def _newline(_tree: SyntaxTreeNode) -> list[nodes.Node]:
    return [nodes.Text("\n")]


def _code(tree: SyntaxTreeNode) -> list[nodes.Node]:
    return [nodes.literal(tree.content, tree.content)]


def _block(tree: SyntaxTreeNode) -> list[nodes.Node]:
    text = tree.content.removesuffix("\n")
    return [nodes.literal_block(text, text, language="none")]


def _heading(tree: SyntaxTreeNode) -> list[nodes.Node]:
    """Bold words: the outline of a page is its author's."""
    return [nodes.paragraph("", "", nodes.strong("", "", *_all(tree.children)))]


def _ordered(tree: SyntaxTreeNode) -> list[nodes.Node]:
    made = nodes.enumerated_list("", *_all(tree.children), enumtype="arabic", prefix="", suffix=".")
    if (start := tree.attrs.get("start")) is not None:
        made["start"] = int(start)
    return [made]


def _link(tree: SyntaxTreeNode) -> list[nodes.Node]:
    """A link to the web; the words of any other."""
    inside, uri = _all(tree.children), str(tree.attrs.get("href", ""))
    return [nodes.reference("", "", *inside, refuri=uri, internal=False)] if _WEB.match(uri) and inside else inside


def _table(tree: SyntaxTreeNode) -> list[nodes.Node]:
    rows = {part.type: part.children for part in tree.children}
    head = [_row(row) for row in rows["thead"]]
    body = [_row(row) for row in rows.get("tbody", ())]
    width = len(head[0])
    columns = [nodes.colspec(colwidth=100 // width) for _ in range(width)]
    # A table of docutils has a body.
    parts = [nodes.thead("", *head), nodes.tbody("", *body)] if body else [nodes.tbody("", *head)]
    return [nodes.table("", nodes.tgroup("", *columns, *parts, cols=width), classes=["colwidths-auto"])]


def _row(tree: SyntaxTreeNode) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *_all(cell.children))) for cell in tree.children))


_MADE: dict[str, Callable[[SyntaxTreeNode], list[nodes.Node]]] = {
    "paragraph": _of_text(nodes.paragraph),
    "heading": _heading,
    "blockquote": _of(nodes.block_quote),
    "bullet_list": _of(nodes.bullet_list),
    "ordered_list": _ordered,
    "list_item": _of(nodes.list_item),
    "code_block": _block,
    "fence": _block,
    "table": _table,
    "hr": lambda _tree: [],
    "text": _text,
    "softbreak": _newline,
    "hardbreak": _newline,
    "code_inline": _code,
    "em": _of_text(nodes.emphasis),
    "strong": _of_text(nodes.strong),
    "link": _link,
}
