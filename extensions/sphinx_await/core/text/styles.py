"""Colours and styles of text in a terminal: the parameters of ``ESC [ … m`` (ECMA-48's SGR)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The eight colours of ECMA-48, each of which has a bright variant.
COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_BRIGHT = tuple(f"bright-{name}" for name in COLOURS)
#: The names of colours that a style can have.
NAMES = (*COLOURS, *_BRIGHT)
#: What they look like in xterm: other colours take the name of the nearest.
_XTERM = (
    *((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)),
    *((127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255)),
    (255, 255, 255),
)
#: The levels of the colour cube in the palette of 256, the first number of its greys, and the steps between them.
_LEVELS, _CUBE, _GREYS = (0, 95, 135, 175, 215, 255), 16, 232


@dataclass(frozen=True, slots=True)
class Style:
    """How a stretch of text looks.

    :ivar foreground: one of :data:`NAMES`; None for the page's own. Likewise :attr:`background`, where ``default``
        is the colour of the page's text (reversed video).
    :ivar link: the address to which it leads, of http or https; empty: to none.
    """

    foreground: str | None = None
    background: str | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    reverse: bool = False
    link: str = ""

    def names(self) -> tuple[str, ...]:
        """The style as words, for classes of HTML: ``red``, ``on-blue``, ``bold``."""
        foreground, background = self.foreground, self.background
        if self.reverse:
            foreground, background = background, foreground or "default"
        words = [foreground or "", f"on-{background}" if background else ""]
        words += ["dim"] if self.dim and not foreground else []  # a paler colour would be too pale to read
        words += [name for name in ("bold", "italic", "underline", "strike") if getattr(self, name)]
        return tuple(filter(None, words))


PLAIN = Style()
_SWITCHES: dict[int, dict[str, str | bool | None]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    9: {"strike": True},
    21: {"underline": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
    29: {"strike": False},
    39: {"foreground": None},
    49: {"background": None},
}
for _number_of, _name in enumerate(NAMES):
    _first = 30 if _number_of < len(COLOURS) else 90 - len(COLOURS)
    _SWITCHES[_first + _number_of] = {"foreground": _name}
    _SWITCHES[_first + 10 + _number_of] = {"background": _name}
_LINK = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_EXTENDED = {38: "foreground", 48: "background", 58: ""}


@lru_cache(maxsize=1024)
def restyled(style: Style, parameters: str) -> Style:
    """The style after ``ESC [ PARAMETERS m``. What is not known is passed over."""
    codes = iter(parameters.split(";"))
    for text in codes:
        code, *rest = text.split(":")
        number = _number(code)
        if number == 0:
            style = Style(link=style.link)
        elif number == 4 and rest:  # noqa: PLR2004 - underlined, and how: a curl, dots, or not at all
            style = replace(style, underline=rest[0] != "0")
        elif number in _EXTENDED:
            colour = _colour(iter(rest)) if rest else _colour(codes)
            if _EXTENDED[number] and colour is not None:
                style = replace(style, **{_EXTENDED[number]: colour})  # type: ignore[arg-type]
        elif number in _SWITCHES:
            style = replace(style, **_SWITCHES[number])  # type: ignore[arg-type] # the fields above
    return style


def linked(style: Style, address: str) -> Style:
    """The style after ``ESC ] 8 ; ; ADDRESS ST``. An address of other than http and https is passed over."""
    return replace(style, link=address if _LINK.fullmatch(address) else "")


def _colour(codes: Iterator[str]) -> str | None:
    """The name of a colour of the palette (``5;N``) or of any (``2;R;G;B``)."""
    kind = _number(next(codes, ""))
    if kind == 5:  # noqa: PLR2004
        return _of_palette(_number(next(codes, "")))
    if kind == 2:  # noqa: PLR2004
        numbers = [_number(code) for code in (next(codes, ""), next(codes, ""), next(codes, ""))]
        return _nearest(numbers[0], numbers[1], numbers[2])
    return None


def _of_palette(number: int) -> str | None:
    if number < len(NAMES):
        return NAMES[number]
    if number < _GREYS:
        red, rest = divmod(number - _CUBE, 36)
        return _nearest(_LEVELS[red], *(_LEVELS[part] for part in divmod(rest, 6)))
    if number <= 255:  # noqa: PLR2004 - the palette has 256
        return _nearest(*[8 + 10 * (number - _GREYS)] * 3)
    return None


def _nearest(red: int, green: int, blue: int) -> str:
    def distance(number: int) -> int:
        return sum((one - other) ** 2 for one, other in zip((red, green, blue), _XTERM[number], strict=True))

    return NAMES[min(range(len(NAMES)), key=distance)]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004
