"""A program with prompts as it is shown: what was displayed takes the place of what was typed as output."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model.snippet import Snippet


def as_displayed(snippet: Snippet, lines: Sequence[str], starts: Sequence[int]) -> Snippet:
    """The snippet as its page shows it; the same if it has no prompts.

    What was not reached, or is not run, stays as it is typed.

    :param lines: what was displayed.
    :param starts: for each example that was run, how many of the lines come before it.
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

    for example, (start, end) in zip(typed.run, pairwise([*starts, len(lines)]), strict=False):
        keep(example.output - 1)
        at = example.end - 1
        numbers += [None] * (at + 1 - example.output)
        shown += [f"{example.indentation}{text}".rstrip() for text in lines[start:end]]
    keep(len(written))
    before = next((number - 1 for number in snippet.shown or () if number is not None), 0)
    moved = tuple(None if number is None else number + before for number in numbers)
    return replace(snippet, shown=moved, typed=replace(typed, text="\n".join(shown)))
