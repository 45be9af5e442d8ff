"""Finds directives in reStructuredText, by their lines and indentation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...core.errors import OptionError
from ..fence_comment import OPTIONS, AskedRun, parse_comment
from .model import Directive
from .reader import CODE, RUNS

if TYPE_CHECKING:
    from .model import Lines
    from .reader import PageReader

_DIRECTIVE = re.compile(r"\.\.[ ]+(?P<name>[\w.:+-]+?)[ ]?::(?:[ ]+(?P<argument>.*)|$)")
#: What begins with two dots and is neither a directive nor a comment: its content is markup.
_EXPLICIT = re.compile(r"\.\.[ ]+(?:\[[^\]]+\]|\|[^|]+\||_[^:]*:|__)")
#: The sign of an item of a list, with the space after it.
ITEM = re.compile(r"(?:[-*+•‣⁃]|\(?(?:\d+|#|[A-Za-z])[.)])[ ]+")
#: The begins of the directives that a comment with options may be before.
_COMMENTED = tuple(f".. {name}::" for name in ("literalinclude", *CODE))
#: What is between the lines of an option's value, if that is no space.
_JOINED = {"stdin": "\n"}
_OPTION = re.compile(r":(?P<name>[^:\s][^:]*):(?:[ ]+(?P<value>.*)|$)")


def scan(reader: PageReader, lines: Lines) -> None:
    """Give a reader all directives of some lines."""
    _scan(reader, [(number, _plain(text)) for number, text in lines])


def _plain(text: str) -> str:
    """A line as docutils reads it."""
    return re.sub(r"[\v\f]", " ", text).expandtabs(8).rstrip()


def _scan(reader: PageReader, lines: Lines) -> None:
    at = 0
    comment: Lines = []  # the one with options right before
    while at < len(lines):
        number, text = lines[at]
        column = _indentation(text)
        item = ITEM.match(text, column)
        while item is not None:  # a list may begin in an item of another
            column = item.end()
            item = ITEM.match(text, column)
        is_in_item = column > _indentation(text)  # what is before it is before its list
        rest = text[column:]
        begins = at == 0 or not lines[at - 1][1] or is_in_item
        may_be_commented = rest.startswith(_COMMENTED) or (begins and rest.startswith(">>> "))
        if rest and (is_in_item or not (may_be_commented or _introduces_block(lines, at))):
            _see_comment(reader, comment)
            comment = []
        if found := _DIRECTIVE.match(rest):
            end = _end(lines, at + 1, column)
            directive = _directive(found, lines[at + 1 : end], number)
            if not _see_shown(reader, directive, comment):
                reader.directive(directive, lambda body: _scan(reader, body))
            comment = []
            at = end
        elif rest.startswith(".. ") or rest == "..":
            end = _end(lines, at + 1, column) if rest != ".." or _goes_on(lines, at) else at + 1
            if _EXPLICIT.match(rest):
                _scan(reader, lines[at + 1 : end])
            else:
                comment = [(number, rest[2:]), *lines[at + 1 : end]]
            at = end
        elif begins and rest.startswith(">>> "):
            end = next((one for one in range(at, len(lines)) if not lines[one][1]), len(lines))
            block = [(number, rest), *((one, text[column:]) for one, text in lines[at + 1 : end])]
            _take_examples(reader, block, comment)
            comment = []
            at = end
        elif rest.endswith("::") and (at + 1 == len(lines) or not lines[at + 1][1]):
            end = _end(lines, at + 1, column)
            _take_literal(reader, lines[at + 1 : end], comment)
            comment = []
            at = end
        else:
            at += 1
    _see_comment(reader, comment)


def _take_examples(reader: PageReader, block: Lines, comment: Lines) -> None:
    """Take a block with prompts. One of a docstring is for doctest, unless a comment asks for its run."""
    asked = _asked(reader, comment)
    if asked is None and _has_options(comment):
        return
    if asked is not None or reader.file.suffix != ".py":
        reader.fence("\n".join(text for _, text in block), block[0][0], asked, prompts=True)


def _introduces_block(lines: Lines, at: int) -> bool:
    """Whether the paragraph of a line ends with ``::``."""
    last = next((one for one in range(at, len(lines)) if not lines[one][1]), len(lines)) - 1
    return last >= at and lines[last][1].endswith("::") and not lines[last][1].lstrip().startswith(".. ")


def _take_literal(reader: PageReader, block: Lines, comment: Lines) -> None:
    """Take a block after ``::``, if blocks of the page are Python, or if the comment before it asks for its run."""
    asked = _asked(reader, comment)
    if asked is not None or (reader.is_python() and not _has_options(comment)):
        shallowest = min((_indentation(text) for _, text in block if text), default=0)
        while block and not block[-1][1]:
            block = block[:-1]
        reader.block([(number, text[shallowest:]) for number, text in block], asked)


def _see_shown(reader: PageReader, directive: Directive, comment: Lines) -> bool:
    """Take what a directive shows, if the comment before it has options; before others such a comment is a mistake."""
    if not _has_options(comment):
        return False
    if not reader.is_python(directive):
        _see_comment(reader, comment)
        return False
    if (asked := _asked(reader, comment)) is not None:
        reader.commented(directive, asked, _line_of(comment))
    return True


def _has_options(comment: Lines) -> bool:
    return any(OPTIONS.search(text) for _, text in comment)


def _line_of(comment: Lines) -> int:
    """The line of a comment with its options."""
    return next(number for number, text in comment if OPTIONS.search(text))


def _asked(reader: PageReader, comment: Lines) -> AskedRun | None:
    """What a comment asks for; None if it has no options, or if these are a mistake, which is noted."""
    if not _has_options(comment):
        return None
    try:
        return parse_comment("\n".join(text for _, text in comment))
    except OptionError as error:
        reader.mistake(_line_of(comment), str(error))
        return None


def _goes_on(lines: Lines, at: int) -> bool:
    """Whether the text of a comment begins on the line after its two dots."""
    return at + 1 < len(lines) and bool(lines[at + 1][1])


def _see_comment(reader: PageReader, lines: Lines) -> None:
    for number, text in lines:
        if OPTIONS.search(text):
            reader.mistake(number, "no Python fence that runs follows this comment")
            return


def _indentation(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _end(lines: Lines, start: int, column: int) -> int:
    """Where a block ends whose lines are indented by more than ``column``."""
    for at in range(start, len(lines)):
        text = lines[at][1]
        if text and _indentation(text) <= column:
            return at
    return len(lines)


def _directive(found: re.Match[str], block: Lines, line: int) -> Directive:
    """A directive with its options, which are lines ``:name: value`` before the first blank line."""
    name, argument = found["name"], (found["argument"] or "").strip()
    while block and not block[-1][1]:
        block = block[:-1]
    shallowest = min((_indentation(text) for _, text in block if text), default=0)
    block = [(number, text[shallowest:]) for number, text in block]
    head = next((at for at, (_, text) in enumerate(block) if not text), len(block))
    first = next((at for at in range(head) if _OPTION.fullmatch(block[at][1].strip())), head)
    options: dict[str, str] = {}
    wrong, last, depth = "", "", _indentation(block[first][1]) if first < head else 0
    for _, text in block[first:head]:
        option = _OPTION.fullmatch(text.strip())
        if option is not None and _indentation(text) == depth:
            last = option["name"]
            options[last] = (option["value"] or "").strip()
        elif _indentation(text) > depth:
            options[last] = f"{options[last]}{_JOINED.get(last, ' ')}{text.strip()}".strip()
        else:
            wrong = "a blank line is missing between the options and the code"
    before, body = block[:first], block[head:]
    if name in RUNS:  # what would be one is content
        body = [*([(line, argument)] if argument else []), *before, *body]
    else:
        argument = " ".join([argument, *(text.strip() for _, text in before)]).strip()
    return Directive(name, argument, options, body, line, wrong)
