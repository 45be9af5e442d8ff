"""Whether an SVG of a program draws, and does nothing else.

A page shows it as an image, in which no browser executes anything. But a reader can open the image alone, and then it
is a page of the site. So only what draws may be in it: no script, no handler of events, no HTML, no link, and nothing
from another address.
"""

from __future__ import annotations

import re
from xml.parsers import expat

_SVG, _XML = "http://www.w3.org/2000/svg", "http://www.w3.org/XML/1998/namespace"
_XLINK = "http://www.w3.org/1999/xlink"
_SEPARATOR = " "
#: Elements of SVG that draw, or describe.
_ELEMENTS = frozenset(
    {
        *("svg", "g", "defs", "symbol", "use", "switch", "title", "desc", "metadata", "style", "view", "marker"),
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "textPath", "image"),
        *("linearGradient", "radialGradient", "stop", "pattern", "clipPath", "mask", "filter", "solidColor"),
        *("feBlend", "feColorMatrix", "feComponentTransfer", "feComposite", "feConvolveMatrix", "feDiffuseLighting"),
        *("feDisplacementMap", "feDistantLight", "feDropShadow", "feFlood", "feFuncA", "feFuncB", "feFuncG", "feFuncR"),
        *("feGaussianBlur", "feMerge", "feMergeNode", "feMorphology", "feOffset", "fePointLight"),
        *("feSpecularLighting", "feSpotLight", "feTile", "feTurbulence"),
    }
)
#: What a reference may lead to: a part of the same image, or an image in it.
_OWN = re.compile(r"#|data:image/(?:png|jpeg|gif);base64,", re.IGNORECASE)
_ADDRESS = re.compile(r"url\s*\(\s*[\"']?\s*([^\"')]*)", re.IGNORECASE)
#: In a style, what asks for another file; and escapes, which hide what is meant.
_ASKS = re.compile(r"@import|@font-face|@namespace|image-set|\\|expression\s*\(|behavior|-moz-binding", re.IGNORECASE)
#: Attributes of which nothing is drawn, so they may hold any text.
_TEXTS = frozenset({"id", "class", "aria-label"})
_DEEPEST = 200


def svg_problem(text: str) -> str | None:
    """Why an SVG cannot be shown, in words; None if it can."""
    checker = _Checker()
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.StartElementHandler = checker.element
    parser.EndElementHandler = checker.end
    parser.CharacterDataHandler = checker.text
    parser.StartDoctypeDeclHandler = checker.doctype
    parser.ProcessingInstructionHandler = checker.instruction
    try:
        parser.Parse(text.encode(), True)  # noqa: FBT003 - its only form
    except _FoundError as found:
        return str(found)
    except (expat.ExpatError, UnicodeEncodeError) as error:
        return f"it is no XML ({error})"
    return None


class _FoundError(Exception):
    """Something that an image does not need."""


class _Checker:
    """What the parser calls."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._style = ""

    def doctype(self, _name: str, _system: str | None, _public: str | None, has_internal: int) -> None:
        if has_internal:
            raise _FoundError("its DOCTYPE declares something")

    def instruction(self, target: str, _data: str) -> None:
        raise _FoundError(f"it has a processing instruction ({target:.40})")

    def element(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(_SEPARATOR)
        if not self._open and (space, local) != (_SVG, "svg"):
            raise _FoundError("its root is no svg element")
        if len(self._open) >= _DEEPEST:
            raise _FoundError("its elements are nested too deeply")
        if self._open and self._open[-1] == "style":
            raise _FoundError("its style has an element")
        self._open.append(local)
        if space == _SVG:
            if local not in _ELEMENTS:
                raise _FoundError(f"it has an element {local!r:.40}")
        elif "metadata" not in self._open[:-1] or "xhtml" in space:  # such as RDF, which nothing shows
            raise _FoundError(f"it has an element {local!r:.40} that is none of SVG")
        for one, value in attributes.items():
            self._attribute(one, value, is_drawn=space == _SVG)

    def _attribute(self, name: str, value: str, *, is_drawn: bool) -> None:
        space, _, local = name.rpartition(_SEPARATOR)
        plain = local.casefold()
        if plain.startswith("on"):
            raise _FoundError(f"it has an attribute {local!r:.40}")
        if plain in {"href", "src"} or (space == _XLINK and plain == "href"):
            if is_drawn and not _OWN.match(value.strip()):
                raise _FoundError(f"it refers to something outside ({value!r:.60})")
        elif space == _XML and plain == "base":
            raise _FoundError("it has an attribute xml:base")
        elif plain not in _TEXTS:
            _see_style(value, asks=plain == "style" or "(" in value)

    def text(self, text: str) -> None:
        if self._open and self._open[-1] == "style":
            self._style += text

    def end(self, _name: str) -> None:
        if self._open.pop() == "style":
            _see_style(self._style, asks=True)
            self._style = ""


def _see_style(text: str, *, asks: bool) -> None:
    """Refuse addresses in styles that lead out of the image.

    :param asks: whether the text can ask for another file by something else than an address.
    """
    if asks and (found := _ASKS.search(text)):
        raise _FoundError(f"its style has {found[0]!r}")
    for address in _ADDRESS.findall(text):
        if not _OWN.match(address):
            raise _FoundError(f"it refers to something outside ({address!r:.60})")
