"""Figures of matplotlib: ``show()`` displays them where no window can be, and a figure has forms to look at.

Nothing here imports matplotlib, and nothing is called before a program has imported it. A program that chooses a
backend with windows gets what it chose.
"""

from __future__ import annotations

import binascii
import io
import struct
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from ..model.displays import PNG, SVG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAIN, _BASES, _MANAGERS = "matplotlib", "matplotlib.backend_bases", "matplotlib._pylab_helpers"
#: The modules after whose import something is to be done.
MODULES = (_MAIN, _BASES)
#: The class whose objects are figures.
FIGURE = ("matplotlib.figure", "Figure")
#: Pixels of an image for each CSS pixel, of which an inch has 96.
_DENSITY, _CSS_PIXELS = 2, 96
#: An SVG of more characters, of a plot with many points, is slower to draw than an image is to load.
_LONGEST_SVG = 1_000_000
_IMAGE_SIZE = struct.Struct(">II")
_SIZE_AT = 16  # bytes of a PNG before its width and height
#: What is black on a light page, and white, on a dark one. Behind a whole figure there is nothing: the page is dark.
_LIGHT_INK, _DARK_PAPER = (0.9, 0.9, 0.9), (0.13, 0.13, 0.13)
_COLOURS = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")
_shown: WeakSet[Any] = WeakSet()


def prepare(name: str, show: Callable[[Any], None]) -> None:
    """Do what is to be done when a module has been imported. One that is another than it should be is left alone.

    :param show: displays a figure.
    """

    def show_and_close(manager: Any) -> None:
        # As the user of a window does.
        show(manager.canvas.figure)
        sys.modules[_MANAGERS].Gcf.destroy(manager)

    module: Any = sys.modules[name]
    with suppress(Exception):
        if name == _BASES:
            module.FigureManagerBase.show = show_and_close
        # Nobody has chosen a backend: not to look for one of windows is faster, and there is none to be found.
        elif not isinstance(dict.__getitem__(module.rcParams, "backend"), str):
            module.rcParams["backend"] = "agg"


def show_open_figures() -> None:
    """Display the figures that were drawn and not shown, as a notebook does at the end of a cell."""
    helpers: Any = sys.modules.get(_MANAGERS)
    for manager in [] if helpers is None else helpers.Gcf.get_all_fig_managers():
        if manager.canvas.figure not in _shown:
            manager.show()


def figure_forms(figure: Any) -> dict[str, Any]:
    """The forms of a figure: an image of twice the density, a drawing, and both for dark pages; and its width."""
    _shown.add(figure)
    image = _saved(figure, "png", dpi=_DENSITY * figure.dpi)
    width, _height = _IMAGE_SIZE.unpack_from(image, _SIZE_AT)
    made: dict[str, Any] = {"width": max(1, round(width / (_DENSITY * figure.dpi) * _CSS_PIXELS))}
    drawing = _saved(figure, "svg").decode()
    draws = len(drawing) <= _LONGEST_SVG
    made["data"] = {**({SVG: drawing} if draws else {}), PNG: _base64(image)}
    with _for_dark_pages(figure):
        if draws:
            made["dark"] = {SVG: _saved(figure, "svg").decode()}
        else:
            made["dark"] = {PNG: _base64(_saved(figure, "png", dpi=_DENSITY * figure.dpi))}
    return made


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def _saved(figure: Any, kind: str, **options: Any) -> bytes:
    """A figure as a file, the same each time."""
    file = io.BytesIO()
    if kind == "svg":
        options["metadata"] = {"Date": None}
    with sys.modules[_MAIN].rc_context({"svg.hashsalt": "sphinx-await"}):
        figure.savefig(file, format=kind, bbox_inches="tight", **options)
    return file.getvalue()


@contextmanager
def _for_dark_pages(figure: Any) -> Iterator[None]:
    """Exchange black and white in a figure for a while. All other colours are its author's."""
    undo: list[tuple[Any, Any]] = []
    papers = [figure.patch, *(axes.patch for axes in figure.axes)]
    try:
        for artist in figure.findobj():
            for name in _COLOURS:
                getter, setter = (getattr(artist, f"{verb}_{name}", None) for verb in ("get", "set"))
                if getter is None or setter is None:
                    continue
                old = getter()
                if (new := _exchanged(old, is_paper=any(artist is paper for paper in papers))) is not None:
                    setter(new)
                    undo.append((setter, old))
        yield
    finally:
        for setter, old in reversed(undo):
            setter(old)


def _exchanged(colours: Any, *, is_paper: bool) -> list[Any] | None:
    """Colours with black and white exchanged; None if none of them is one or the other."""
    if isinstance(colours, str) and colours in {"none", "auto"}:
        return None
    found = sys.modules["matplotlib.colors"].to_rgba_array(colours).tolist()
    new = [_other(*colour, is_paper=is_paper) for colour in found]
    if new == found:
        return None
    return new if len(new) > 1 else new[0]


def _other(red: float, green: float, blue: float, alpha: float, *, is_paper: bool) -> list[float]:
    if alpha and (red, green, blue) == (0, 0, 0):
        return [*_LIGHT_INK, alpha]
    if alpha and (red, green, blue) == (1, 1, 1):
        return [*_DARK_PAPER, 0.0 if is_paper else alpha]
    return [red, green, blue, alpha]
