"""Keeps on one line what a reader takes as one word.

A Korean particle stays with its word where that ends with code or a bracket: browsers break no word of Hangul with
``word-break: keep-all``, but they do break ``to_thread()`` from 는, since what stands on both sides is no letter of
one script. A word joiner between them, which nobody sees, says that it is one word.

In cells of tables a style may make words of code boxes, which browsers break from what follows in spite of a joiner.
There each has an element around it, of the class ``unbroken``, with what follows it.

In a title, which is one of few lines, a noun that cannot stand alone (넘겨주는 것) stays with what is before it, by a
no-break space; and words in English in brackets get the class ``title-name``, for a style sheet that moves all of them
to the next line. Short code gets the class ``whole``, for one that breaks it neither at hyphens nor at spaces.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

from sphinx.builders.html import StandaloneHTMLBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

JOINER = "\N{WORD JOINER}"
_TAG = re.compile(r"(<!--.*?-->|<[^>]*>)", re.DOTALL)
_NAME = re.compile(r"</?([a-zA-Z][\w-]*)")
#: Elements whose text readers copy and type: nothing is put into it.
_CODE = frozenset({"code", "kbd", "samp"})
#: Elements whose text is no prose.
_LEFT_OUT = _CODE | {"pre", "svg", "script", "style", "template", "textarea"}
#: Elements that may stand between a word and its particle.
_INLINE = frozenset({"a", "b", "em", "i", "mark", "q", "s", "span", "strong", "sub", "sup"})
#: A straight quote behind these, or behind nothing, opens.
_OPENING = re.compile(r"[\s(\[{“‘「『]")
_CLOSING = rf"""[)\]}}”’」』]|(?<!{_OPENING.pattern})(?:["']|&quot;|&\#x?27;|&\#39;)"""
_INSIDE = re.compile(rf"({_CLOSING})(?=[가-힣])")
_AT_END = re.compile(rf"({_CLOSING})$")
#: Code of at most so many columns is kept whole; a page of 320 pixels has room for it in a list in a box.
_LONGEST_WHOLE = 24
_INLINE_CODE = re.compile(r'(<code class="[^"<>]*)("[^<>]*>)(.*?)</code>', re.DOTALL)
_PRE = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)
_TITLE = re.compile(r"<h[1-6]\b.*?</h[1-6]>", re.DOTALL)
#: Nouns that need what is before them, with their particles.
_BOUND = re.compile(r"(?<=([가-힣])) (?=(?:것|때|수|줄|뿐|채|만큼|대로)[은는이가을를과도만의에까처로부마]?(?![가-힣]))")
#: A title in English, behind the one in Korean.
_NAMED = re.compile(r"(?<= )\([A-Za-z][^()<>]*\)")
#: The final consonants with which a word says that it belongs to the next: ㄴ and ㄹ.
_ADNOMINAL = frozenset({4, 8})
_FINALS = 28

_CELL = re.compile(r"<td\b.*?</td>", re.DOTALL)
_WORD_OF_CODE = re.compile(rf'<code [^>]*><span class="pre">[^<]*</span></code>(?:{JOINER}[가-힣]+|[,.:;)]+)')


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the extension to a Sphinx application."""
    app.connect("html-page-context", join_particles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def join_particles(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _document: object) -> None:
    """On ``html-page-context``: join particles in the body of a page. Books have fonts that may draw a joiner."""
    if isinstance(app.builder, StandaloneHTMLBuilder) and not app.builder.embedded and "body" in context:
        body = whole_titles(whole_code("".join(joined(context["body"]))))
        context["body"] = _CELL.sub(with_unbroken_words, body)


def with_unbroken_words(cell: re.Match[str]) -> str:
    """A cell in which each word of code is one with what follows it. Code of several words may break between them."""
    return _WORD_OF_CODE.sub(r'<span class="unbroken">\g<0></span>', cell[0])


def whole_code(body: str) -> str:
    """A text in HTML whose short code says that it is one word."""
    return "".join(piece if piece.startswith("<pre") else _INLINE_CODE.sub(_whole, piece) for piece in _PRE.split(body))


def _whole(found: re.Match[str]) -> str:
    text = unescape(_TAG.sub("", found[3]))
    columns = sum(2 if letter >= "\u1100" else 1 for letter in text)
    return f"{found[1]} whole{found[2]}{found[3]}</code>" if columns <= _LONGEST_WHOLE else found[0]


def whole_titles(body: str) -> str:
    """A text in HTML in whose titles no line begins with a noun that needs what is before it; English is one part."""
    return _TITLE.sub(_whole_title, body)


def _whole_title(title: re.Match[str]) -> str:
    return _NAMED.sub(r'<span class="title-name">\g<0></span>', _BOUND.sub(_bound, title[0]))


def _bound(found: re.Match[str]) -> str:
    final = (ord(found[1]) - ord("가")) % _FINALS
    return "\N{NO-BREAK SPACE}" if final in _ADNOMINAL else " "


def joined(body: str) -> Iterator[str]:
    """The pieces of a text in HTML, with joiners where a particle follows code or a bracket."""
    left_out, depth = "", 0  # the element that is not looked into, and how many of its name are open
    may_join = False  # whether what was read last is code or a bracket
    before = " "  # stands for the character before a text: a quote closes after x
    for piece in _TAG.split(body):
        name = found[1].lower() if piece.startswith("<") and (found := _NAME.match(piece)) else ""
        if left_out:
            if name == left_out and not piece.endswith("/>"):
                depth += -1 if piece.startswith("</") else 1
            if not depth:
                may_join, before = left_out == "code", "x" if left_out in _CODE else " "
                left_out = ""
        elif name:
            if name in _LEFT_OUT and not piece.startswith("</") and not piece.endswith("/>"):
                left_out, depth = name, 1
            elif name not in _INLINE:
                may_join, before = False, " "
        elif piece and not piece.startswith("<!--"):
            yield JOINER if may_join and "가" <= piece[0] <= "힣" else ""
            text = f"{before}{piece}"
            may_join, before = bool(_AT_END.search(text)), " " if _OPENING.match(piece[-1]) else "x"
            piece = _INSIDE.sub(rf"\1{JOINER}", text)[1:]  # noqa: PLW2901 - it is what is looked at
        yield piece
