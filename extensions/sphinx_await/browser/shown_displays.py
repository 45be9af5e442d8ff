"""What a reader's page shows of the results that their program displays: an image, or a text.

It is decided here, in a worker in which no program has run. The page has no formulas, HTML or Markdown of a reader's
run: what draws these may not be there, and a link can bring a program of a stranger.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

from ..core.model.displays import GIF, JPEG, LATEX, MARKDOWN, PLAIN, PNG, SVG, says_nothing
from ..core.text.svg_safety import svg_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..core.model.displays import Display

#: The best first.
_IMAGES = (SVG, PNG, JPEG, GIF)
#: Characters of a text.
_LONGEST = 10_000


def shown_displays(
    displays: Iterable[Display], places: Iterable[int], words: Sequence[str | None]
) -> Iterator[dict[str, Any]]:
    """Each as ``at``, ``after`` (lines before it), and either ``image`` (an address), ``alt``, ``width``, or ``text``.

    :param words: what they show, if the page says it.
    """
    for number, (display, after) in enumerate(zip(displays, places, strict=True)):
        alt = (words[number] if number < len(words) else None) or display.alt
        shown = {"at": display.at, "after": after}
        if image := _address(display):
            yield shown | {"image": image, "alt": alt or _words(display.data), "width": display.width}
        else:
            yield shown | {"text": _text(display.data) or alt or ""}


def _words(data: Mapping[str, str]) -> str:
    """The ``repr`` of an object, if it says anything."""
    plain = data.get(PLAIN, "")
    return "" if says_nothing(plain) else plain[:_LONGEST]


def _text(data: Mapping[str, str]) -> str:
    """What can be read as it is; a ``repr`` says more than LaTeX does."""
    return data.get(MARKDOWN, "")[:_LONGEST] or _words(data) or data.get(LATEX, data.get(PLAIN, ""))[:_LONGEST]


def _address(display: Display) -> str | None:
    """An address with the image in it: one of its own would have the rights of the page where it is opened alone."""
    for kind in _IMAGES:
        data = display.data.get(kind)
        if data is None or (kind == SVG and svg_problem(data) is not None):
            continue
        if kind == SVG:
            data = binascii.b2a_base64(data.encode(), newline=False).decode()
        return f"data:{kind};base64,{data}"
    return None
