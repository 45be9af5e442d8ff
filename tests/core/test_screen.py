"""What a terminal shows: our screen against pyte's, which is a terminal emulator of its own."""

from __future__ import annotations

import time
from typing import Any

import pyte
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sphinx_await.core.model.recording import Output
from sphinx_await.core.text.output_lines import read_lines
from sphinx_await.core.text.screen import ROWS, Screen

from ..support.examples import examples

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=examples(400))

counts = st.sampled_from(["", "0", "1", "2", "3", "7", "60"])
#: What programs write: words, ends of lines, and every sequence that pyte knows, too.
words = st.text("abc xyz", min_size=1, max_size=5)
moves = st.builds("\x1b[{}{}".format, counts, st.sampled_from(list("ABCDEFGade@PXLM")))
places = st.builds("\x1b[{};{}{}".format, counts, counts, st.sampled_from("Hf"))
erasures = st.builds("\x1b[{}{}".format, st.sampled_from(["", "0", "1", "2"]), st.sampled_from("JK"))
colours = st.builds(
    "\x1b[{}m".format,
    st.sampled_from(["", "0", "1", "31", "1;32", "7", "27", "3;4", "9", "29;24", "91", "38;5;1", "44", "49;39", "104"]),
)
others = st.sampled_from(
    ["\r", "\b", "\t", "\r\n", "\r\n", "\n", "\x0b", "\x1bD", "\x1bM", "\x1b7", "\x1b8", "\x1b[?25l"]
)
pieces = st.lists(words | moves | places | erasures | colours | others, max_size=25)

#: So wide that no row is wrapped, which ours never is.
WIDE = 3000

NAMES = {"cd0000": "red", "brown": "yellow", "brightbrown": "bright-yellow"}


class Terminal(pyte.HistoryScreen):
    """pyte's, but for one fault of it: rows that nothing was written to are not moved with the others."""

    def __getattribute__(self, name: str) -> Any:
        """Let all rows be there before any of them is moved."""
        if name in {"delete_lines", "insert_lines", "index", "reverse_index"}:
            for row in range(ROWS):
                self.buffer[row]
        return super().__getattribute__(name)


def terminal(text: str) -> pyte.HistoryScreen:
    """A terminal to which a text was written."""
    screen = Terminal(WIDE, ROWS, history=1000)
    pyte.Stream(screen).feed(text)
    return screen


def lines_of(screen: pyte.HistoryScreen) -> list[dict[int, Any]]:
    """All its lines, those that scrolled off first."""
    return [*screen.history.top, *(screen.buffer[row] for row in range(ROWS))]


def style_of(char: Any) -> tuple[str, ...]:
    """How a character of pyte's looks, in our words."""
    fore, back = (
        None if one == "default" else NAMES.get(one, one).replace("bright", "bright-").replace("--", "-")
        for one in (char.fg, char.bg)
    )
    if char.reverse:
        fore, back = back, fore or "default"
    words = [fore or "", f"on-{back}" if back else "", "bold" * char.bold, "italic" * char.italics]
    return tuple(filter(None, [*words, "underline" * char.underscore, "strike" * char.strikethrough]))


def show(text: str) -> list[str]:
    """The lines that are shown of a text."""
    return [line.text for line in read_lines([Output(0.0, "stdout", text)])]


@calm
@given(pieces, st.integers(1, 9))
@example(["one", "\r\n", "two", "\x1b[1A", "\x1b[2K", "three"], 1)
@example(["a"] + ["\r\n"] * 70 + ["\x1b[999A", "top"], 3)
def test_a_terminal_shows_the_same(written: list[str], size: int) -> None:
    """The same characters at the same places in the same styles, in whatever pieces the text comes."""
    # pyte stacks what is saved, and takes from the stack. A terminal has one place to save in, and keeps it.
    text = "\x1b7" + "".join(written).replace("\x1b8", "\x1b8\x1b7")
    # A terminal's driver turns a bare end of line into both; pyte gets what comes out of it.
    cut = [text[at : at + size] for at in range(0, len(text), size)]
    screen = Screen(WIDE)
    for piece in cut:
        screen.write(Output(0.0, "stdout", piece))
    ours = screen.rows()
    theirs = lines_of(terminal(text.replace("\r\n", "\n").replace("\n", "\r\n")))
    expected = ["".join(line[column].data for column in range(max(line, default=0) + 1)).rstrip() for line in theirs]
    while len(expected) > len(ours) and not expected[-1]:
        expected.pop()
    assert [line.text.expandtabs(8).rstrip() for line in ours] == expected
    for line, other in zip(ours, theirs, strict=False):
        if "\t" in line.text:
            continue
        names: list[tuple[str, ...]] = [()] * len(line.text)
        for start, end, style in line.styles:
            names[start:end] = [style.names()] * (end - start)
        for column, char in enumerate(line.text):
            if char != " ":
                assert names[column] == style_of(other[column]), (line, column)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("spin: |\b/\b-\bdone\n", ["spin: done"]),
        ("one\ntwo\n\x1b[1A\rOVER\n", ["one", "OVER"]),
        ("one\ntwo\n\x1b[1A\x1b[2K", ["one"]),
        ("abc\r\x1b[Kx", ["x"]),
        ("long line\rshort\n", ["shortline"]),
        ("한글\rab\n", ["ab글"]),
        ("한글\ra\n", ["a 글"]),
        ("한글\b\bab\n", ["한ab"]),
        ("e\u0301\rx\n", ["x"]),
        ("a\tb\rX\n", ["X\tb"]),
        ("a\tb\r\x1b[2CX\n", ["a X     b"]),
        ("ab\r\tc\n", ["ab      c"]),
        ("first\n\x1b[2J\x1b[Hsecond\n", ["second"]),
        ("\n" * 60 + "kept\n" + "\n" * ROWS + "\x1b[3J\x1b[2J\x1b[Hx", ["x"]),
        ("before\n\x1b[?1049hfull screen\x1b[5;5H*\x1b[?1049lafter\n", ["before", "after"]),
        ("a\x1b[3bb", ["aaaab"]),
        ("\x1b[999Cx", [" " * 79 + "x"]),
        ("\x1b[99999999999999999999Cx", [" " * 79 + "x"]),
        ("\x1b]0;title\x07a\x1b]8;;https://example.org\x1b\\b\x1b]8;;\x1b\\c\x1bPq#0~\x1b\\d\n", ["abcd"]),
        ("\x1b]no end\nnext\n", ["␛]no end", "next"]),
        ("a\x9b1mb\x85c\x9c", ["ab", "c\ufffd"]),
        ("a\x1b[1", ["a␛[1"]),
        ("", []),
        ("\x1b[31m", []),
    ],
)
def test_rows(text: str, shown: list[str]) -> None:
    """What pyte does not know, or does otherwise: wide characters, tabs, other screens, what is no sequence."""
    assert show(text) == shown


def test_links_lead_to_http_and_https_only() -> None:
    """Through colours and their reset, until the link ends; what is no such address is text."""
    end = "\x1b]8;;\x1b\\"
    text = (
        f"\x1b]8;id=1;https://a.example/?b\x07one \x1b[31mtwo\x1b[0m three{end} four "
        f"\x1b]8;;javascript:x\x07five{end}\n"
        f"\x1b]8;;HTTP://a\x1b\\six{end}\x1b]8;;https://a b\x07seven{end}\x1b]8;;https://a\u202e\x07eight{end}\n"
    )
    first, second = read_lines([Output(0.0, "stdout", text)])
    assert first.text == "one two three four five"
    link = "https://a.example/?b"
    assert [(first.text[start:stop], style.names(), style.link) for start, stop, style in first.styles] == [
        ("one ", (), link),
        ("two", ("red",), link),
        (" three", (), link),
    ]
    assert [(second.text[start:stop], style.link) for start, stop, style in second.styles] == [("six", "HTTP://a")]


def test_a_sequence_may_come_in_pieces() -> None:
    """Also where the other stream writes in between."""
    outputs = [Output(0.0, "stdout", "a\x1b[3"), Output(1.0, "stderr", "!\n"), Output(2.0, "stdout", "1mb")]
    lines = read_lines(outputs)
    assert [(line.at, line.stream, line.text) for line in lines] == [
        (0.0, "stdout", "a"),
        (1.0, "stderr", "!"),
        (2.0, "stdout", "b"),
    ]
    assert [style.names() for _start, _end, style in lines[2].styles] == [("red",)]


def test_bars_of_one_stream_do_not_eat_the_other() -> None:
    """A bar that is written over and over, and lines printed meanwhile, as tqdm does."""
    outputs = []
    for number in range(3):
        outputs.append(Output(number, "stderr", f"\r{number * 33}%"))
        outputs.append(Output(number + 0.5, "stdout", f"item {number}\n"))
    assert [(line.stream, line.text) for line in read_lines(outputs)] == [
        ("stderr", "0%"),
        ("stdout", "item 0"),
        ("stderr", "33%"),
        ("stdout", "item 1"),
        ("stderr", "66%"),
        ("stdout", "item 2"),
    ]


@calm
@given(st.text(st.sampled_from("\x1b[]0;mA\\\x07\r\n\t ab\x08\x9b한\u0301") | st.characters(), max_size=30))
def test_no_control_character_reaches_a_page(text: str) -> None:
    """Whatever is printed, of control characters only the tab is left, and what is shown shows as itself."""
    shown = show(text)
    for line in shown:
        assert not {char for char in line if ord(char) < 32 or 127 <= ord(char) < 160} - {"\t"}
    assert show("".join(f"{line}\n" for line in shown)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "word " * 20 + "\n",
        "\rworking 12345/100000",
        "\x1b[31mred\x1b[0m\n",
        "\x1b[1A\x1b[2K\rframe\n",
        "\x1b[999;999Hx",
        "\x1b]",
        "\x1b[",
        "a\b",
        "\u0301",
        "\t",
        "\x1b[9999@",
        "\x1b[1Lx\n",
    ],
)
@pytest.mark.timed
def test_much_output_takes_seconds(text: str) -> None:
    """Whatever the output limit lets through is shown in reasonable time and memory."""
    written = text * (250_000 // len(text))
    cut = [Output(0.0, "stdout", written[at : at + 8192]) for at in range(0, len(written), 8192)]
    before = time.process_time()
    read_lines(cut)
    assert time.process_time() - before < 2.5
