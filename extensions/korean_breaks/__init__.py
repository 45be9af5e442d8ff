"""Keeps a Korean particle on the line of the word that it belongs to, where that ends with code or a bracket.

Browsers break no word of Hangul with ``word-break: keep-all``, but they do break ``to_thread()`` from 는: what stands
on both sides is no letter of one script. A word joiner between them, which nobody sees, says that it is one word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sphinx.builders.html import StandaloneHTMLBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

JOINER = "\N{WORD JOINER}"
_TAG = re.compile(r"(<!--.*?-->|<[^>]*>)", re.DOTALL)
_NAME = re.compile(r"</?([a-zA-Z][\w-]*)")
#: Elements whose text is no prose.
_LEFT_OUT = frozenset({"pre", "svg", "script", "style", "template", "textarea"})
#: Elements that may stand between a word and its particle.
_INLINE = frozenset({"a", "b", "code", "em", "i", "kbd", "mark", "q", "s", "span", "strong", "sub", "sup"})
_CLOSING = r"""[)\]}"'”’」』]|&quot;|&\#x?27;"""
_INSIDE = re.compile(rf"({_CLOSING})(?=[가-힣])")
_AT_END = re.compile(rf"({_CLOSING})$")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the extension to a Sphinx application."""
    app.connect("html-page-context", join_particles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def join_particles(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _document: object) -> None:
    """On ``html-page-context``: join particles in the body of a page. Books have fonts that may draw a joiner."""
    if isinstance(app.builder, StandaloneHTMLBuilder) and not app.builder.embedded and "body" in context:
        context["body"] = "".join(joined(context["body"]))


def joined(body: str) -> Iterator[str]:
    """The pieces of a text in HTML, with joiners where a particle follows code or a bracket."""
    left_out = ""  # the element that is not looked into
    may_join = False  # whether what was read last is code or a bracket
    for piece in _TAG.split(body):
        name = found[1].lower() if piece.startswith("<") and (found := _NAME.match(piece)) else ""
        if left_out:
            if name == left_out and piece.startswith("</"):
                left_out, may_join = "", False
        elif name:
            if name in _LEFT_OUT and not piece.endswith("/>"):
                left_out = name
            may_join = piece == "</code>" or (may_join and name in _INLINE)
        elif piece and not piece.startswith("<!--"):
            yield JOINER if may_join and "가" <= piece[0] <= "힣" else ""
            may_join = bool(_AT_END.search(piece))
            piece = _INSIDE.sub(rf"\1{JOINER}", piece)  # noqa: PLW2901 - it is what is looked at
        yield piece
