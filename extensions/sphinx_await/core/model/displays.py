"""What a program displays: results that readers look at, each in one or more forms.

A recording can come from anywhere, so its displays are checked at the door: their types, their sizes, and that an image
is one of its type. Whether the text of a form may be shown is for whoever writes a page to decide.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping  # noqa: TC003 - its fields are read by their types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import RecordingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PLAIN, SVG, PNG, JPEG, GIF = "text/plain", "image/svg+xml", "image/png", "image/jpeg", "image/gif"
HTML, LATEX, MARKDOWN = "text/html", "text/latex", "text/markdown"
#: What each image begins with. Its data is base64; all other forms are texts.
SIGNATURES = {PNG: b"\x89PNG\r\n\x1a\n", JPEG: b"\xff\xd8\xff", GIF: b"GIF8"}
IMAGES = frozenset({SVG, *SIGNATURES})
TYPES = frozenset({*IMAGES, PLAIN, HTML, LATEX, MARKDOWN})

#: How the name of an image's file ends.
SUFFIXES = {SVG: "svg", PNG: "png", JPEG: "jpg", GIF: "gif"}

#: Displays of one recording; characters of all forms of one, and of all of them.
MOST_DISPLAYS, LONGEST_DISPLAY, MOST_DISPLAYED = 100, 6 << 20, 16 << 20
#: Characters of a form ``text/plain``, and of an alternative text.
LONGEST_PLAIN, LONGEST_ALT = 100_000, 2_000
#: A ``repr`` that Python gives an object by itself.
_NO_WORDS = r"<.+ object(?: at 0x[0-9a-fA-F]+)?>"
#: CSS pixels.
LARGEST_SIZE = 20_000


@dataclass(frozen=True, slots=True)
class Display:
    """A result that a program displayed at one moment.

    :ivar at: when it was displayed
    :ivar after: how many ``outputs`` come before it
    :ivar data: its forms by MIME type: base64 of an image (``image/png``, ``image/jpeg``, ``image/gif``), or a text
        (``image/svg+xml``, ``text/plain``, ``text/html``, ``text/latex``, ``text/markdown``). An SVG may hold anything:
        do not write it into a page
    :ivar dark: forms for dark pages; empty if ``data`` is for all pages
    :ivar alt: what there is to see, in words
    :ivar width: of an image, in CSS pixels; None: as many as it has
    :ivar height: as of the width
    :ivar line: the line that displayed it
    :ivar task: index of the task that displayed it; None outside of tasks
    :ivar thread: index of the thread that displayed it; None for the first thread
    """

    at: float
    after: int
    data: Mapping[str, str]
    dark: Mapping[str, str] = field(default_factory=dict)
    alt: str | None = None
    width: int | None = None
    height: int | None = None
    line: int | None = None
    task: int | None = None
    thread: int | None = None


def image_bytes(kind: str, data: str) -> bytes:
    """The bytes of an image.

    :raises ValueError: the data is not an image of this kind.
    """
    if kind == SVG:
        return data.encode()
    try:
        found = binascii.a2b_base64(data, strict_mode=True)
    except ValueError:
        raise ValueError("not base64") from None
    if not found.startswith(SIGNATURES[kind]):
        raise ValueError(f"not an image of type {kind}")
    return found


def says_nothing(text: str) -> bool:
    """Whether a text is a ``repr`` that says no more than the type of an object."""
    return re.fullmatch(_NO_WORDS, text) is not None


def problem_of(data: Mapping[str, str]) -> str | None:
    """What is wrong with the forms of a display, in words; None if nothing is."""
    for kind, text in data.items():
        if kind not in TYPES:
            return f"unknown type {kind!r:.40}"
        if kind in SIGNATURES:
            try:
                image_bytes(kind, text)
            except ValueError as error:
                return f"{kind}: {error}"
        elif kind == PLAIN and len(text) > LONGEST_PLAIN:
            return f"{kind}: more than {LONGEST_PLAIN} characters"
    return None


def size_of(display: Display) -> int:
    """Characters of all forms of a display."""
    return sum(len(text) for forms in (display.data, display.dark) for text in forms.values())


def check_displays(displays: Sequence[Display], outputs: int) -> None:
    """Check what no type says.

    :param outputs: how many outputs the recording has.
    :raises RecordingError: something is no display that a recorder writes.
    """
    if len(displays) > MOST_DISPLAYS:
        raise RecordingError(f"recording.displays: more than {MOST_DISPLAYS}")
    for problem in _problems(displays, outputs):
        raise RecordingError(f"recording.displays: {problem}")


def _problems(displays: Sequence[Display], outputs: int) -> Iterator[str]:
    total, before = 0, 0
    for display in displays:
        if not before <= display.after <= outputs:
            yield f"after: no place between outputs: {display.after}"
        before = display.after
        total += size_of(display)
        if total > MOST_DISPLAYED:
            yield f"data: more than {MOST_DISPLAYED} characters of all"
        yield from problems_in(display)


def problems_in(display: Display) -> Iterator[str]:
    """What is wrong with one display, whatever is beside it."""
    if not display.data:
        yield "data: there is none"
    if size_of(display) > LONGEST_DISPLAY:
        yield f"data: more than {LONGEST_DISPLAY} characters"
    for forms in (display.data, display.dark):
        if (problem := problem_of(forms)) is not None:
            yield f"data: {problem}"
    if display.alt is not None and len(display.alt) > LONGEST_ALT:
        yield f"alt: more than {LONGEST_ALT} characters"
    for number, most in ((display.width, LARGEST_SIZE), (display.height, LARGEST_SIZE), (display.line, 2**31)):
        if number is not None and not 1 <= number <= most:
            yield f"width, height or line: {number}"
