"""Writes options into comments before fences of Markdown and blocks of reStructuredText, and changes nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..pages.read import read_page
from ..pages.reader import CODE, MARKDOWN
from ..pages.restructuredtext import ITEM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .trials import Advice, TriedPage

_WITH_END = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
#: The line that opens a fence of Python: what is before it there goes before its comment, too.
_FENCE = re.compile(r"(?P<before>[\s>]*)(?:`{3,}|~{3,})\s*(?:python|py|python3|py3|pycon)\b", re.IGNORECASE)
#: The line of reStructuredText that opens a block of code.
_DIRECTIVE = re.compile(rf"(?P<before>\s*)\.\. (?:{'|'.join(sorted(CODE))})::")
_AWAIT = re.compile(r"<!--(?:(?!-->).)*await:|^\s*(?:%|\.\.)\s*await:")


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
    is_markdown = page.markup == MARKDOWN
    content = page.file.read_bytes()
    lines = _WITH_END.findall(content.decode("utf-8"))
    comments: dict[int, str] = {}
    by_hand: list[tuple[Advice, str]] = []
    for one in needed:
        at = None
        is_here = one.snippet.file == str(page.file)
        if is_here:
            first = min(one.snippet.line_in_file(1) - 1, len(lines) - 1)
            at = _fence_of(first, lines) if is_markdown else _block_of(first, lines)
        if not is_here:
            by_hand.append((one, "it is in another file, which its page includes"))
        elif at is None:
            by_hand.append((one, f"it is no plain {'fence' if is_markdown else 'block'} of this file"))
        elif any(_AWAIT.search(line) for line in _right_before(lines, at)):
            by_hand.append((one, "it has options already"))
        else:
            comments[at] = " ".join(one.words)
    if not comments:
        return Written(0, tuple(by_hand))
    changed = "".join(
        _with_comments(lines, comments, "<!-- await: {} -->" if is_markdown else ".. await: {}\n")
    ).encode()
    left = {id(one) for one, _ in by_hand}
    if not _has_programs(page, changed, [one for one in advice if one.runs or id(one) in left]):
        return Written(0, tuple((one, "the page would have other programs then") for one in needed))
    page.file.write_bytes(changed)
    return Written(len(comments), tuple(by_hand))


def _fence_of(first: int, lines: Sequence[str]) -> int | None:
    """The index of the line that opens the fence of a program.

    :param first: the index of its first line.
    """
    for at in range(first, -1, -1):
        if _FENCE.match(lines[at]):
            return at
        if lines[at].strip(" >\t\r\n").startswith(("```", "~~~")):
            break
    return None


def _block_of(first: int, lines: Sequence[str]) -> int | None:
    """The index of the line before which the comment of a block of reStructuredText comes.

    That is its directive, or the begin of the paragraph that ends with ``::``, or the block itself if it has prompts.

    :param first: the index of its first line.
    """
    above = (at for at in range(first - 1, -1, -1) if lines[at].strip())
    opening = next((at for at in above if _indentation(lines[at]) < _indentation(lines[first])), None)
    if opening is not None and _DIRECTIVE.match(lines[opening]):
        return opening
    if opening is not None and lines[opening].rstrip().endswith("::") and not lines[opening].lstrip().startswith(".. "):
        while opening and lines[opening - 1].strip():
            opening -= 1
        return None if ITEM.match(lines[opening].lstrip()) else opening
    is_typed = lines[first].lstrip().startswith(">>> ") and (not first or not lines[first - 1].strip())
    return first if is_typed else None


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _right_before(lines: Sequence[str], at: int) -> Iterator[str]:
    """The line above one that is not blank."""
    for line in reversed(lines[:at]):
        if line.strip(" >\t\r\n"):
            yield line
            return


def _with_comments(lines: Iterable[str], comments: Mapping[int, str], form: str) -> Iterator[str]:
    """The lines of a page with comments before some of them, as indented as these are.

    :param form: of a comment, in which its options are to be put; what follows in it are further lines.
    """
    for at, line in enumerate(lines):
        if at in comments:
            fence = _FENCE.match(line)
            before = fence["before"] if fence is not None else line[: _indentation(line)]
            end = line[len(line.rstrip("\r\n")) :] or "\n"
            yield f"{before}{form.format(comments[at]).replace(chr(10), end)}{end}"
        yield line


def _has_programs(page: TriedPage, content: bytes, wanted: Sequence[Advice]) -> bool:
    """Whether the page would have these programs, and no more mistakes."""
    context = replace(page.context, contents={**page.context.contents, page.file: content})
    after = read_page(page.file, page.markup, context)
    codes = [entry.snippet.code for entry in after.entries]
    return codes == [one.snippet.code for one in wanted] and len(after.mistakes) == len(page.page.mistakes)
