"""Texts of programs on a terminal."""

from __future__ import annotations

import pytest

from sphinx_await.core.text.terminal import for_terminal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07\x1b[2J", r"\x1b]0;title\x07\x1b[2J"),
        ("a\x9b31mb\x85\x7f", r"a\x9b31mb\x85\x7f"),
        ("user\u202e\u2066txt.exe\u2069", r"user\u202e\u2066txt.exe\u2069"),
        ("over\rwritten\b", r"over\rwritten\x08"),
        ("one\r\ntwo\u2028three\ttab", "one\ntwo\\u2028three\ttab"),
        ("half \ud83d", r"half \ud83d"),
        ("한국어 é 👩\u200d👧 می\u200cخواهم", "한국어 é 👩\u200d👧 می\u200cخواهم"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    """Control characters, marks of direction and lone surrogates; lines, tabs and joined characters stay."""
    assert for_terminal(text) == shown
    assert for_terminal(text).encode()
