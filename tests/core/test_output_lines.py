from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sphinx_await.core.model.recording import Output
from sphinx_await.core.text.output_lines import OutputLine, read_lines, text_of, with_text

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

plain = st.text(st.sampled_from("ab 한🚀\t\u2028\n") | st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)
written = st.lists(st.builds(Output, at=st.floats(0, 9), stream=st.sampled_from(["stdout", "stderr"]), text=plain))


def outputs(*texts: str, stream: str = "stdout") -> list[Output]:
    """Texts written to one stream, one each second, each by a task of its own."""
    return [Output(float(at), stream, text, at) for at, text in enumerate(texts)]


@calm
@given(st.lists(plain, max_size=8))
def test_joining_lines_gives_the_text_back(texts: list[str]) -> None:
    """Lines joined again are the text, however it was cut into pieces."""
    text = "".join(texts)
    joined = "".join(f"{line.text}\n" for line in read_lines(outputs(*texts)))
    assert joined == (text if not text or text.endswith("\n") else f"{text}\n")


@calm
@given(written)
def test_a_line_comes_from_one_stream(pieces: list[Output]) -> None:
    """The lines of two streams hold every character, in the order of writing, each on the line of its stream."""
    lines = read_lines(pieces)
    assert "".join(line.text for line in lines) == "".join(piece.text for piece in pieces).replace("\n", "")
    for stream in ("stdout", "stderr"):
        alone = "".join(line.text for line in lines if line.stream == stream)
        assert alone == text_of(pieces, stream).replace("\n", "")


def test_a_tab_of_another_stream_begins_its_line() -> None:
    """As any other character of it does: at the first column, however long the line before is."""
    lines = read_lines([Output(0.0, "stdout", "abc"), Output(1.0, "stderr", "\tx")])
    assert [(line.stream, line.text) for line in lines] == [("stdout", "abc"), ("stderr", "\tx")]


def test_a_line_has_the_moment_of_its_first_character() -> None:
    """A line that comes in pieces has the moment and the task of the first; one that comes whole, its own."""
    assert read_lines(outputs("a", "b", "c\nd", "e\n", "f\ng\n")) == [
        OutputLine(0.0, "stdout", 0, "abc"),
        OutputLine(2.0, "stdout", 2, "de"),
        OutputLine(4.0, "stdout", 4, "f"),
        OutputLine(4.0, "stdout", 4, "g"),
    ]


def test_a_change_of_stream_ends_a_line() -> None:
    """A row shows one stream: half a line on one is a row when the other comes, and goes on as a new one."""
    pieces = [Output(0.0, "stdout", "a"), Output(1.0, "stderr", "!\n"), Output(2.0, "stdout", "b\n")]
    assert read_lines(pieces) == [
        OutputLine(0.0, "stdout", None, "a"),
        OutputLine(1.0, "stderr", None, "!"),
        OutputLine(2.0, "stdout", None, "b"),
    ]


def test_empty_lines_are_lines() -> None:
    """An empty line is kept; the end of the last line begins none."""
    assert [line.text for line in read_lines(outputs("\n\na\n"))] == ["", "", "a"]
    assert read_lines(outputs("", "")) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n", "plain"),
        ("windows\r\n", "windows"),
        ("10 %\r50 %\r100 %\n", "100 %"),
        ("\x1b[1;31mred\x1b[0m\n", "red"),
        ("\x1b[2K\x1b[1Aup\n", "up"),
        ("\x1b]0;title\x07text\n", "text"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\\n", "link"),
        ("\x1bMreverse\n", "reverse"),
        ("tab\tstays\n", "tab\tstays"),
        ("bell\x07 null\x00 delete\x7f\n", "bell␇ null␀ delete␡"),
        ("\x1b lonely escape", "␛ lonely escape"),
    ],
)
def test_a_line_as_a_terminal_shows_it(text: str, shown: str) -> None:
    """With pictures for the controls that move nothing."""
    assert [line.text for line in read_lines(outputs(text))] == [shown]


@calm
@given(st.text("ab", max_size=8), st.text("abX", max_size=3), st.text("abX", max_size=5), st.text("ab", max_size=8))
def test_a_changed_part_of_a_line_keeps_the_styles_around_it(before: str, old: str, new: str, after: str) -> None:
    """What is named otherwise in a line, such as a folder, moves the colours behind it; none overlaps another."""
    written = f"{before}\x1b[31m{old}\x1b[32m{after}\x1b[0m.\n"
    (line,) = read_lines(outputs(written))
    changed = with_text(line, f"{before}{new}{after}.")
    assert changed.text == f"{before}{new}{after}."
    ends = [0, *(place for start, end, _style in changed.styles for place in (start, end)), len(changed.text) - 1]
    assert ends == sorted(ends)


def test_colours_around_a_changed_part_stay_with_their_words() -> None:
    """A folder that goes takes none of them along."""
    (line,) = read_lines(outputs("\x1b[31mred\x1b[0m at \x1b[34m/home/me/x.py\x1b[32m green\n"))
    changed = with_text(line, "red at x.py green")
    shown = {changed.text[start:end]: style.foreground for start, end, style in changed.styles}
    assert shown == {"red": "red", "x.py": "blue", " green": "green"}
