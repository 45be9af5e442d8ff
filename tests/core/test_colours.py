"""The colours of a picture can be distinguished, also by readers who see fewer of them."""

from __future__ import annotations

import itertools
import re

import pytest
from tools.stylesheet import SHEET

from sphinx_await.core.renderers.svg import COLOURS
from sphinx_await.core.text.styles import NAMES as OUTPUT_NAMES

#: How linear red, green and blue are seen (Machado, Oliveira, Fernandes 2009, severity 1).
SIGHTS = {
    "trichromacy": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}
#: Text and paper: of furo, PyData, Alabaster and a printer, and of a stand-alone picture.
PAGES = {
    "light": ("#000000", "#ffffff"),
    "light PyData": ("#222832", "#ffffff"),
    "Alabaster": ("#3e4349", "#ffffff"),
    "dark": ("#cfd0d0", "#131416"),
    "dark PyData": ("#ced6dd", "#14181e"),
    "white on black": ("#ffffff", "#000000"),
    "alone": ("", "#ffffff"),
}
#: Distances in CIELAB; contrast as WCAG 2 asks of graphics.
LEAST_DISTANCE, LEAST_CONTRAST, LEAST_TEXT_CONTRAST = 20, 3, 4.5
FIGURE_SHEET = SHEET.with_name("sphinx-await.css")
NAMES_OF_OUTPUT = set(OUTPUT_NAMES)
Colour = tuple[float, ...]


NAMES = ("run", "wait", "block", "work")
_MIXED = r"--await-{}: color-mix\(in srgb, (#\w{{6}}) (\d+)%, currentcolor\);"


def colours(text: str) -> dict[str, str]:
    """The four colours of the style sheet beside a text of some colour; without one, of a stand-alone picture."""
    if not text:
        return {name: COLOURS[name] for name in NAMES}
    sheet = SHEET.read_text(encoding="utf-8")
    return {
        name: mixed(colour, int(share), text)
        for name in NAMES
        for colour, share in re.findall(_MIXED.format(name), sheet)
    }


def mixed(colour: str, share: int, other: str) -> str:
    """So many hundredths of a colour, and of another the rest."""
    pairs = [(int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round((one * share + two * (100 - share)) / 100):02x}" for one, two in pairs)


def seen(colour: str, sight: str) -> Colour:
    """A colour's linear red, green and blue as somebody sees them."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    rows = (sum(share * part for share, part in zip(row, linear, strict=True)) for row in SIGHTS[sight])
    return tuple(min(1.0, max(0.0, value)) for value in rows)


def light(colour: Colour) -> float:
    """Its relative luminance."""
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def lab(colour: Colour) -> Colour:
    """A colour in CIELAB."""
    red, green, blue = colour
    white = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047,
        light(colour),
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883,
    )
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in white)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_can_be_distinguished(page: str, sight: str) -> None:
    """Any two are far from each other, and each has contrast with the paper."""
    text, paper = PAGES[page]
    known = {name: seen(colour, sight) for name, colour in colours(text).items()}
    assert set(known) == set(NAMES)
    beside = light(seen(paper, sight)) + 0.05
    for (first, one), (second, other) in itertools.combinations(known.items(), 2):
        distance = sum((a - b) ** 2 for a, b in zip(lab(one), lab(other), strict=True)) ** 0.5
        assert distance >= LEAST_DISTANCE, (first, second)
    for name, colour in known.items():
        bright, dark = sorted((light(colour) + 0.05, beside), reverse=True)
        assert bright / dark >= LEAST_CONTRAST, name


def output_colours(property_name: str, prefix: str, text: str, paper: str) -> dict[str, Colour]:
    """The colours of output by their names, beside a text of some colour on some paper."""
    rule = rf"\.await-ansi-{prefix}([\w-]+) \{{ {property_name}: color-mix\(in srgb, (\S+) (\d+)%, (\w+)\); \}}"
    found = re.findall(rule, FIGURE_SHEET.read_text(encoding="utf-8"))
    others = {"currentcolor": text, "transparent": paper}
    return {
        name: seen(mixed(others.get(colour, colour), int(share), others[other]), "trichromacy")
        for name, colour, share, other in found
    }


@pytest.mark.parametrize("page", [page for page, (text, _paper) in PAGES.items() if text])
def test_coloured_output_can_be_read(page: str) -> None:
    """Each colour of output on each background that output can have, as WCAG 2 asks of text."""
    text, paper = PAGES[page]
    colours_of_text = output_colours("color", "(?!on-)", text, paper) | {"": seen(text, "trichromacy")}
    backgrounds = output_colours("background", "on-", text, paper) | {"": seen(paper, "trichromacy")}
    assert {*NAMES_OF_OUTPUT, "bright-white"} == {*colours_of_text, "bright-white"} - {"", "dim"}
    assert {*NAMES_OF_OUTPUT, "bright-white"} == {*backgrounds, "bright-white"} - {"", "default"}
    for (name, colour), (on, background) in itertools.product(colours_of_text.items(), backgrounds.items()):
        bright, dark = sorted((light(colour) + 0.05, light(background) + 0.05), reverse=True)
        assert bright / dark >= LEAST_TEXT_CONTRAST, (name, on)


def test_no_theme_is_asked_how_dark_it_is() -> None:
    """The text's colour says it; what a system prefers, or what one theme calls its switch, does not."""
    sheet = SHEET.read_text(encoding="utf-8")
    assert "prefers-color-scheme" not in sheet
    assert "data-theme" not in sheet
    assert "--await-paper: var(--color-background-primary, var(--pst-color-background, transparent));" in sheet
