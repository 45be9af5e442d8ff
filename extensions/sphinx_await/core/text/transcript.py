"""A program with prompts as it is shown: what was displayed takes the place of what was typed as output."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..model.snippet import Snippet
    from .output_lines import OutputLine


def as_displayed(
    snippet: Snippet, lines: Sequence[OutputLine], starts: Sequence[int], left_out: Callable[[int], str]
) -> Snippet:
    """The snippet as its page shows it; the same if it has no prompts.

    What is not run stays as it is typed. What was not reached displayed nothing.

    :param lines: what was displayed.
    :param starts: for each example that was run, how many of the lines come before it.
    :param left_out: the words for a number of lines that are missing before a line.
    """
    typed = snippet.typed
    if typed is None:
        return snippet
    written = typed.text.split("\n")
    shown: list[str] = []
    numbers: list[int | None] = []
    at = 0

    def keep(until: int) -> None:
        numbers.extend(range(len(shown) + 1, len(shown) + 1 + until - at))
        shown.extend(written[at:until])

    ranges = [*pairwise([*starts, len(lines)]), *[(0, 0)] * len(typed.run)]
    for example, (start, end) in zip(typed.run, ranges, strict=False):
        keep(example.output - 1)
        at = example.end - 1
        numbers += [None] * (at + 1 - example.output)
        rows = [row for line in lines[start:end] for row in _rows(line, left_out)]
        shown += [f"{example.indentation}{row}".rstrip() for row in rows]
    keep(len(written))
    before = next((number - 1 for number in snippet.shown or () if number is not None), 0)
    moved = tuple(None if number is None else number + before for number in numbers)
    return replace(snippet, shown=moved, typed=replace(typed, text="\n".join(shown)))


def _rows(line: OutputLine, left_out: Callable[[int], str]) -> Iterator[str]:
    if line.omitted:
        yield left_out(line.omitted)
    yield line.text
