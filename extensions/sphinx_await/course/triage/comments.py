"""Writes options into comments before fences of Markdown, and changes nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..pages.read import read_page
from ..pages.reader import MARKDOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .trials import Advice, TriedPage

_WITH_END = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
#: The line that opens a fence of Python: what is before it there goes before its comment, too.
_FENCE = re.compile(r"(?P<before>[\s>]*)(?:`{3,}|~{3,})\s*(?:python|py|python3|py3|pycon)\b", re.IGNORECASE)
_AWAIT = re.compile(r"<!--(?:(?!-->).)*await:|^\s*%\s*await:")


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the advice for a page.

    :ivar count: how many comments were written.
    :ivar by_hand: what was not written, with the reason.
    """

    count: int
    by_hand: tuple[tuple[Advice, str], ...] = ()


def write_comments(page: TriedPage, advice: Sequence[Advice]) -> Written:
    """Write what the programs of a page need.

    :raises OSError: its file cannot be read or written.
    """
    needed = [one for one in advice if one.words]
    if not needed:
        return Written(0)
    if page.markup != MARKDOWN:
        return Written(0, tuple((one, "comments are written into Markdown only") for one in needed))
    content = page.file.read_bytes()
    lines = _WITH_END.findall(content.decode("utf-8"))
    comments: dict[int, str] = {}
    by_hand: list[tuple[Advice, str]] = []
    for one in needed:
        at = _fence_of(one, page, lines)
        if at is None:
            by_hand.append((one, "it is no plain fence of this file"))
        elif any(_AWAIT.search(line) for line in _right_before(lines, at)):
            by_hand.append((one, "it has options already"))
        else:
            comments[at] = " ".join(one.words)
    if not comments:
        return Written(0, tuple(by_hand))
    changed = "".join(_with_comments(lines, comments)).encode()
    left = {id(one) for one, _ in by_hand}
    if not _has_programs(page, changed, [one for one in advice if one.runs or id(one) in left]):
        return Written(0, tuple((one, "the page would have other programs then") for one in needed))
    page.file.write_bytes(changed)
    return Written(len(comments), tuple(by_hand))


def _fence_of(advice: Advice, page: TriedPage, lines: Sequence[str]) -> int | None:
    """The index of the line that opens the fence of a program."""
    if advice.snippet.file != str(page.file):
        return None
    first = advice.snippet.line_in_file(1) - 1
    for at in range(min(first, len(lines)) - 1, -1, -1):
        if _FENCE.match(lines[at]):
            return at
        if lines[at].strip(" >\t\r\n").startswith(("```", "~~~")):
            break
    return None


def _right_before(lines: Sequence[str], at: int) -> Iterator[str]:
    """The line above one that is not blank."""
    for line in reversed(lines[:at]):
        if line.strip(" >\t\r\n"):
            yield line
            return


def _with_comments(lines: Iterable[str], comments: Mapping[int, str]) -> Iterator[str]:
    for at, line in enumerate(lines):
        if at in comments:
            fence = _FENCE.match(line)
            assert fence is not None
            end = line[len(line.rstrip("\r\n")) :] or "\n"
            yield f"{fence['before']}<!-- await: {comments[at]} -->{end}"
        yield line


def _has_programs(page: TriedPage, content: bytes, wanted: Sequence[Advice]) -> bool:
    """Whether the page would have these programs, and no more mistakes."""
    context = replace(page.context, contents={**page.context.contents, page.file: content})
    after = read_page(page.file, page.markup, context)
    codes = [entry.snippet.code for entry in after.entries]
    return codes == [one.snippet.code for one in wanted] and len(after.mistakes) == len(page.page.mistakes)
