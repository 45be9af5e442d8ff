"""What programs display, as pages may show it; and what authors must know of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...core.model.displays import HTML, IMAGES, LATEX, PLAIN, SIGNATURES, SVG, says_nothing
from ...core.text.svg_safety import svg_problem
from ...core.validation.faults import Fault
from .html_safety import sanitised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ...core.model.displays import Display
    from ...core.model.recording import Recording
    from ...core.model.snippet import Snippet

#: What the HTML of a figure of plotly has, which a script draws.
_PLOTLY = "plotly-graph-div"


def publishable_displays(
    displays: Sequence[Display],
    places: Sequence[int],
    snippet: Snippet,
    redact: Callable[[str], str],
    *,
    html: bool,
) -> tuple[Display, ...]:
    """Displays without what no page shows, with the words that their author gives.

    :param places: how many of the lines that readers see come before each.
    :param redact: takes folders of this machine out of a printed text.
    :param html: whether pages may show HTML.
    """
    return tuple(
        replace(
            display,
            after=place,
            data=_publishable(display.data, redact, html=html),
            dark=_publishable(display.dark, redact, html=html),
            alt=words or (display.alt and redact(display.alt)),
        )
        for display, place, words in zip(displays, places, alternatives(snippet, len(displays)), strict=True)
    )


def _publishable(data: Mapping[str, str], redact: Callable[[str], str], *, html: bool) -> dict[str, str]:
    forms = {kind: text if kind in SIGNATURES else redact(text) for kind, text in data.items()}
    if SVG in forms and svg_problem(forms[SVG]) is not None:
        del forms[SVG]
    if HTML in forms:
        forms[HTML] = sanitised(forms[HTML]) if html else ""
        if not forms[HTML]:
            del forms[HTML]
    if LATEX in forms:
        shown, _problem = _formula(forms[LATEX])
        if not shown:
            del forms[LATEX]
            return forms
        forms[LATEX] = shown
        if PLAIN not in forms or says_nothing(forms[PLAIN]):
            forms[PLAIN] = shown  # for builders without formulas
    return forms


def _formula(latex: str) -> tuple[str, str]:
    """A formula as pages may show it, or why none may: one of them is empty."""
    from ...core.text.tex_safety import formula  # few programs display one

    try:
        return formula(latex), ""
    except ValueError as error:
        return "", str(error)


def alternatives(snippet: Snippet, count: int) -> list[str | None]:
    """The words that an author gives for each of so many displays."""
    given = snippet.options.alternatives
    return [given[index] if index < len(given) else None for index in range(count)]


def remarks(snippet: Snippet, recording: Recording, *, html: bool) -> Iterator[tuple[int, Fault, str]]:
    """What its author must know of the displays of a run: line of the snippet, kind, words.

    :param html: whether pages may show HTML.
    """
    count = len(recording.displays)
    words = alternatives(snippet, count)
    for number, display in enumerate(recording.displays, 1):
        line = display.line or 1
        for kind, text in [*display.data.items(), *display.dark.items()]:
            if kind == SVG and (problem := svg_problem(text)) is not None:
                yield line, Fault.DISPLAY, f"{snippet.name}: its SVG is not shown: {problem}"
        is_image = not IMAGES.isdisjoint(display.data)
        if not is_image and (words_of_form := _lost(display.data, html=html)):
            yield line, Fault.DISPLAY, f"{snippet.name}: {words_of_form}"
        if is_image and not display.alt and words[number - 1] is None:
            how = (
                f"say what result {number} shows, for readers who cannot see it: `alt=` of the program, or of display()"
            )
            yield line, Fault.ALT, f"{snippet.name}: {how}"
    given = len(snippet.options.alternatives)
    if given > count:
        yield 1, Fault.ALT, f"{snippet.name}: `alt` says what {given} results show, and the program displays {count}"


def _lost(data: Mapping[str, str], *, html: bool) -> str:
    """What is not shown of something that has no image, in words; empty if nothing is."""
    if _PLOTLY in data.get(HTML, ""):
        return (
            "this figure of plotly is drawn by a script, which no page lets in: its text is shown. "
            "display() shows an image of it that is written before the build"
        )
    if html and HTML in data and not sanitised(data[HTML]):
        return "its HTML is not shown: without its scripts nothing is left of it"
    if LATEX in data and not (html and HTML in data):
        _shown, problem = _formula(data[LATEX])
        return problem and f"its LaTeX is not shown: {problem}"
    return ""
