"""Display results: what a program shows that is more than text, as it would in a notebook.

An object offers its forms by methods: ``_repr_svg_``, ``_repr_png_``, ``_repr_jpeg_``, ``_repr_latex_``,
``_repr_html_``, ``_repr_markdown_``, or several by ``_repr_mimebundle_``. A path is that of an image which the program
wrote. Whatever these methods do, the program goes on. Where nothing records a display (in a process that the program
has forked, or without the recorder at all) the object's ``repr`` is printed.

Nothing of this is called, and no hook is set, unless a program displays something.
"""

from __future__ import annotations

import binascii
import builtins
import json
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..model.displays import (
    HTML,
    IMAGES,
    JPEG,
    LARGEST_SIZE,
    LATEX,
    LONGEST_ALT,
    LONGEST_DISPLAY,
    LONGEST_PLAIN,
    MARKDOWN,
    MOST_DISPLAYED,
    MOST_DISPLAYS,
    PLAIN,
    PNG,
    SIGNATURES,
    SVG,
    problem_of,
)
from ._cpython import caller
from .figures import FIGURE, figure_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    #: Records a display; returns whether it did. It is given the display's JSON.
    Sink = Callable[[bytes], bool]

#: The method that returns each form.
METHODS = {
    SVG: "_repr_svg_",
    PNG: "_repr_png_",
    JPEG: "_repr_jpeg_",
    LATEX: "_repr_latex_",
    HTML: "_repr_html_",
    MARKDOWN: "_repr_markdown_",
}
_KINDS = frozenset({*IMAGES, LATEX, HTML, MARKDOWN})
_BUNDLE = "_repr_mimebundle_"
_to_json = json.JSONEncoder().encode


class _Recorded:
    """Where displays of this process go.

    :ivar sink: None: nowhere.
    :ivar files: the files under which the parts of the program are compiled, in their order.
    """

    def __init__(self) -> None:
        self.sink: Sink | None = None
        self.files: tuple[str, ...] = ()
        self.left = MOST_DISPLAYS
        self.room = MOST_DISPLAYED


_recorded = _Recorded()


def record_displays(sink: Sink, files: tuple[str, ...]) -> None:
    """Have all displays of this process recorded from now on."""
    _recorded.__init__()  # type: ignore[misc] # the limits hold for one program
    _recorded.sink, _recorded.files = sink, files


def show(*objects: object, alt: str | None = None) -> None:
    """Display objects, one after another.

    :param alt: what there is to see, in words.
    :raises TypeError: ``alt`` is no text.
    """
    if alt is not None and not isinstance(alt, str):
        raise TypeError(f"alt: a text expected, found {type(alt).__name__}")
    for one in objects:
        if not _displayed(one, alt):
            print(one if type(one) is str else repr(one))  # noqa: T201 - what it does without a page


def show_value(value: object) -> None:
    """Display the value of an expression; what has only a ``repr`` is printed, as Python's own prompt does it.

    And as there, ``_`` is the last value, but not while it is displayed.
    """
    if value is None:
        return
    builtins.__dict__["_"] = None
    if not _displayed(value, None, is_asked=False):
        print(repr(value))  # noqa: T201
    builtins.__dict__["_"] = value


def _displayed(value: object, alt: str | None, *, is_asked: bool = True) -> bool:
    """Display an object that has a form other than text; False if it has none, or if nothing records it.

    :param is_asked: whether the program asked for it; a path that is only the value of an expression shows no image.
    """
    if _recorded.sink is None:
        return False
    try:
        return _is_recorded(value, alt, (_image_of(value) if is_asked else None) or _made_for_its_type(value))
    except Exception as error:  # noqa: BLE001 - its class, or its metaclass, may do anything
        _complain(value, f"it cannot be displayed: {type(error).__name__}: {_said(error)}")
        return False


def _is_recorded(value: object, alt: str | None, made: dict[str, Any] | None) -> bool:
    """Record the forms of an object; False if it has none but text.

    :param made: its forms, if they are known.
    """
    made = made or _forms(value)
    forms = made["data"]
    if not forms:
        return False
    data = {**made, "alt": None if alt is None else str(alt)[:LONGEST_ALT], **_place()}
    if (plain := _plain(value)) is not None:
        forms.setdefault(PLAIN, plain)
    length = sum(len(text) for some in (forms, made.get("dark", {})) for text in some.values())
    if length > LONGEST_DISPLAY or length > _recorded.room or not _recorded.left:
        _complain(value, f"it is too large to be displayed, or there are too many before it ({length} bytes)")
        return False
    if _recorded.sink is None or not _recorded.sink(_to_json(data).encode()):
        _complain(value, "there is no room for it in the journal of the run")
        return False
    _recorded.left -= 1
    _recorded.room -= length
    return True


def _image_of(path: Any) -> dict[str, Any] | None:
    """The form of an image in the file that a path names; None if it is no path, or names none."""
    if not hasattr(type(path), "__fspath__"):
        return None
    try:
        with open(path, "rb") as file:
            data = file.read(LONGEST_DISPLAY)
        for kind, signature in SIGNATURES.items():
            if data.startswith(signature):
                return {"data": {kind: _base64(data)}}
        if os.fspath(path).endswith(".svg"):
            return {"data": {SVG: data.decode()}}
    except Exception as error:  # noqa: BLE001 - the path may be of a class of the program's own
        _complain(path, f"it cannot be read: {type(error).__name__}: {_said(error)}")
    return None


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def _made_for_its_type(value: object) -> dict[str, Any] | None:
    """The forms of an object of a library whose objects have no methods for them."""
    for kind in type.__dict__["__mro__"].__get__(type(value)):
        if (kind.__module__, kind.__qualname__) == FIGURE:
            try:
                return figure_forms(value)
            except Exception as error:  # noqa: BLE001 - of the library, or of the program's own code
                _complain(value, f"it cannot be drawn: {type(error).__name__}: {_said(error)}")
    return None


def _forms(value: object) -> dict[str, Any]:
    """The forms of an object that are not plain text, and its size in CSS pixels if it says so."""
    forms: dict[str, str] = {}
    size: dict[str, int] = {}
    for kind, found in _offered(value):
        content, about = found if type(found) is tuple and len(found) == 2 else (found, {})  # noqa: PLR2004
        if kind not in _KINDS or kind in forms or content is None:
            continue
        text = _as_text(kind, content)
        if text is None or (problem := problem_of({kind: text})) is not None:
            reason = f"{type(content).__name__} instead of {'bytes' if kind in SIGNATURES else 'str'}"
            _complain(value, f"its {kind} is {reason}" if text is None else f"its form is refused: {problem}")
            continue
        forms[kind] = text
        if not size:
            size = _size(about)
    return {"data": forms, **size}


def _offered(value: object) -> Iterator[tuple[str, Any]]:
    """The forms that the methods of an object return, by type. Methods of its class count, and not of itself."""
    kind = type(value)
    bundle = _called(value, getattr(kind, _BUNDLE, None), _BUNDLE, include=None, exclude=None)
    about: object = {}
    if type(bundle) is tuple and len(bundle) == 2:  # noqa: PLR2004
        bundle, about = bundle
    if type(bundle) is dict:
        for mime, content in bundle.items():
            yield mime, (content, about.get(mime) if type(about) is dict else None)
    for mime, name in METHODS.items():
        yield mime, _called(value, getattr(kind, name, None), name)


def _called(value: object, method: Any, name: str, **arguments: object) -> Any:
    """What a method of an object returns; None if it fails."""
    if method is None:
        return None
    try:
        return method(value, **arguments)
    except Exception as error:  # noqa: BLE001 - of the program's own code
        _complain(value, f"{name}() raised {type(error).__name__}: {_said(error)}")
        return None


def _as_text(kind: str, content: Any) -> str | None:
    """A form as it is recorded; None if it has another type than it should."""
    if kind not in SIGNATURES:
        return "".join((content,)) if issubclass(type(content), str) else None  # noqa: FLY002 - a plain one
    if issubclass(type(content), bytes | bytearray | memoryview):
        return _base64(bytes(content))
    # Some libraries return base64 already, in lines.
    return "".join(str.split(content)) if issubclass(type(content), str) else None


def _size(about: object) -> dict[str, int]:
    """Width and height of an image, as far as its metadata has them."""
    if type(about) is not dict:
        return {}
    found: dict[str, int] = {}
    for name in ("width", "height"):
        value: Any = about.get(name)
        if type(value) in (int, float) and 1 <= value <= LARGEST_SIZE:
            found[name] = round(value)
    return found


def _plain(value: object) -> str | None:
    try:
        return repr(value)[:LONGEST_PLAIN]
    except Exception:  # noqa: BLE001 - it has other forms
        return None


def _place() -> dict[str, int]:
    """The part of the program that displays, counted from 1, and its line."""
    frame: FrameType | None = caller(1)
    while frame is not None:
        if (file := frame.f_code.co_filename) in _recorded.files:
            return {"part": _recorded.files.index(file) + 1, "line": frame.f_lineno}
        frame = frame.f_back
    return {}


def _said(error: Exception) -> str:
    try:
        return f"{error!s:.200}"
    except Exception:  # noqa: BLE001 - a method of the program's own
        return ""


def _complain(value: object, reason: str) -> None:
    """Say on standard error why something is not displayed."""
    name = type.__getattribute__(type(value), "__qualname__")
    if sys.stderr is not None:  # else the line would be output
        with suppress(Exception):  # it may be closed, or anything of the program's own
            print(f"display of {name}: {reason}", file=sys.stderr)  # noqa: T201
