"""The options of a plain fence: a comment right before it, which other Markdown viewers do not show.

``<!-- await: raises=TypeError timeout=5 -->``, or ``<!-- await: no-run -->``; MyST's ``% await: no-run`` is the same.
Lines of the comment before ``await:`` are a note for authors; all that follows is options, whose values
:func:`.read_options` parses. ``<!-- await: run -->`` has no other options.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

from ..core.errors import OptionError
from ..core.model.snippet import Options
from .python_versions import read_options

#: The text of each HTML comment; the end of the page ends it, too.
_HTML_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_BEGIN = "await:"
#: Where the options of a comment begin, or would if their author had not mistyped: ``Await:``, ``await :``, another
#: colon, or none before an option.
OPTIONS = re.compile(r"^\s*((?i:awaits?)\s*[:\uff1a]|await(?=\s+(?:(?:no-)?run\s*$|[\w-]+=)))", re.MULTILINE)
_RUN, _NO_RUN = "run", "no-run"
#: Words with a text, which a directive has as options of its blocks.
_NAME, _CAPTION, _CAPTION_OUTPUT = "name", "caption", "caption_output"
#: The tags of a fence that is a program, in any case.
TAGS = frozenset({"python", "py", "python3", "py3"})


@dataclass(frozen=True, slots=True)
class AskedRun:
    """What a comment asks for.

    :ivar caption: of the code; empty: none.
    :ivar caption_output: of the output.
    """

    run: bool = True
    name: str = ""
    caption: str = ""
    caption_output: str = ""
    options: Options = field(default_factory=Options)


def is_html_of_options(html: str) -> bool:
    """Whether there are options in a comment of a block of HTML."""
    return any(OPTIONS.search(text) for text in _HTML_COMMENT.findall(html))


def is_one_comment(html: str) -> bool:
    """Whether a block of HTML is one comment and nothing else."""
    return not _HTML_COMMENT.sub("", html, count=1).strip()


def parse_html(html: str) -> AskedRun:
    """What the comment of a block of HTML asks for.

    :raises OptionError: a word that is no option, or something beside the comment.
    """
    if not is_one_comment(html):
        raise OptionError("a comment with await: must be alone on its lines")
    return parse_comment(_HTML_COMMENT.findall(html)[0])


def parse_comment(text: str) -> AskedRun:
    """What the text of a comment asks for.

    :raises OptionError: a word that is no option.
    """
    _note, *parts = OPTIONS.split(text)
    begins, parts = parts[::2], parts[1::2]
    if wrong := next((begin for begin in begins if begin != _BEGIN), None):
        raise OptionError(f"{wrong!r} is not how options begin: {_BEGIN} expected")
    text = " ".join(part.strip() for part in parts)
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise OptionError(f"{text!r}: {error}") from None
    if words == [_NO_RUN]:
        return AskedRun(run=False)
    if _NO_RUN in words:
        raise OptionError(f"{_NO_RUN} cannot be combined with other options")
    given = {name: value if sign else None for name, sign, value in (word.partition("=") for word in words)}
    if given.pop(_RUN, None) is not None:
        raise OptionError(f"{_RUN}: takes no value")
    name, caption, caption_output = (_text(given, word) for word in (_NAME, _CAPTION, _CAPTION_OUTPUT))
    beside = (_NAME, _RUN, _NO_RUN, _CAPTION, _CAPTION_OUTPUT)
    return AskedRun(name=name, caption=caption, caption_output=caption_output, options=read_options(given, beside))


def _text(given: dict[str, str | None], word: str) -> str:
    """Take the text of a word; empty if the word is not given.

    :raises OptionError: the word has no text.
    """
    if word not in given:
        return ""
    text = given.pop(word)
    if text is None or not (text.strip() or word == _NAME):
        raise OptionError(f"{word}: a {'name' if word == _NAME else 'text'} expected")
    return text
