"""The script that shows output makes the same lines of it as the build does."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from sphinx_await.core.text.output_lines import readable

from .reader import LIVE

if TYPE_CHECKING:
    from .reader import Reader

#: What lines are made of: text, control characters, complete and incomplete escape sequences.
PIECES = (
    *(chr(code) for code in range(0xA0)),
    *("한글", "🚀", "e\u0301", "10 %", "x", "\r", "\r", "\b", "\t", "\x1b"),
    *("\x1b[0m", "\x1b[1;31m", "\x1b[2K", "\x1b[?25l", "\x1b[3", "\x1b]0;title\x07", "\x1b]8;;a\x1b\\", "\x1b]0;"),
    *("\x1b(B", "\x1bM", "\x1b7", "\x1b#8", "\x1bP", "\x1b^", "\u200b", "\u202e"),
)
READABLE = """async (lines) => {
    const tag = document.querySelector("script[data-await-live]");
    const { readable } = await import(new URL("output-log.js", tag.src).href);
    return lines.map(readable);
}"""
SEED, LINES, LONGEST = 12, 5000, 12


def test_a_line_is_shown_in_the_browser_as_at_build(reader: Reader) -> None:
    """Whatever text, control characters and escape sequences are in it."""
    source = random.Random(SEED)  # noqa: S311 - no secret
    lines = ["".join(source.choices(PIECES, k=source.randint(1, LONGEST))) + "\n" for _ in range(LINES)]
    shown = reader.open(LIVE).evaluate(READABLE, lines)
    compared = [(line, shown, readable(line)) for line, shown in zip(lines, shown, strict=True)]
    assert [one for one in compared if one[1] != one[2]][:5] == []
