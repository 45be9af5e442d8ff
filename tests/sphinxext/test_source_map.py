from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sphinx_exec_code.code_format import VisibilityMarkerError, get_show_exec_code

from sphinx_await.core.errors import OptionError
from sphinx_await.course.source_map import SourceMap, read_code

if TYPE_CHECKING:
    from collections.abc import Callable

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

MARKERS = [f"#{marker}:{what}" for marker in ("hide", "skip") for what in ("start", "stop", "toggle")]
markers = st.sampled_from([*MARKERS, "# hide: start", "   #skip:stop", "# --- Hide: Toggle ---", "#SKIP:START"])
code = st.sampled_from(["", "  ", "a", "    b", "\tc", "d   ", "    # e", "#hide", "#hide:start it", "f()\0 7", "\x0c"])
anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=8)
blocks = st.lists(code | markers | anything, max_size=12)


def as_pair(code: SourceMap) -> tuple[str, str]:
    """The two readings as sphinx-exec-code returns them."""
    return code.shown, code.executed


def outcome(read: Callable[[], tuple[str, str]]) -> tuple[str, str] | None:
    """What is read, or None if it is refused."""
    try:
        return read()
    except (VisibilityMarkerError, OptionError):
        return None


@calm
@given(blocks, st.integers(1, 1000))
@example(["a", "", "#skip:start", "b", "#skip:stop", "", "c"], 1)
@example(["    a", "", "    b"], 5)
def test_as_sphinx_exec_code_reads_it(block: list[str], first_line: int) -> None:
    """What is shown and executed is what sphinx-exec-code makes of the block; where it refuses, we refuse."""
    expected = outcome(lambda: get_show_exec_code(list(block)))
    assert outcome(lambda: as_pair(read_code(block, first_line))) == expected


@calm
@given(blocks, st.integers(1, 1000))
@example(["", "#hide:start", "a", "#hide:stop", "", "", "b"], 7)
@example(["a\0 99", "b"], 1)
def test_each_line_is_the_line_it_was(block: list[str], first_line: int) -> None:
    """Each executed line has one line of the file, in rising order, and if it is not blank it is that very line.

    Just so it is the shown line whose number it has.
    """
    try:
        read = read_code(block, first_line)
    except OptionError:
        return
    executed, shown = read.executed.split("\n"), read.shown.split("\n")
    assert len(read.lines) == len(read.numbers) == len(executed)
    assert list(read.lines) == sorted(set(read.lines))
    for line, number, seen in zip(executed, read.lines, read.numbers, strict=True):
        if line.strip():
            assert block[number - first_line].strip() == line.strip()
            assert seen is None or shown[seen - 1].strip() == line.strip()


def test_markers() -> None:
    """A hidden part is executed and not shown, a skipped part is shown and not executed."""
    block = ["#hide:start", "import asyncio", "#hide:stop", "a()", "#skip:start", "...", "#skip:stop", "b()"]
    assert read_code(block, 20) == SourceMap(
        shown="a()\n...\nb()",
        executed="import asyncio\na()\nb()",
        lines=(21, 23, 27),
        numbers=(None, 1, 3),
    )


def test_indented_block() -> None:
    """Lines keep their numbers when blank lines before them and their common indentation go away."""
    block = ["", "    #hide:toggle", "    a()", "    #hide:toggle", "", "  if x:", "      b()"]
    read = read_code(block, 1)
    assert read.shown == "if x:\n    b()"
    assert read.executed == "a()\n\n  if x:\n      b()"
    assert [read.lines[index] for index in (0, 2, 3)] == [3, 6, 7]
    assert [read.numbers[index] for index in (0, 2, 3)] == [None, 1, 2]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (["#hide:start", "#hide:start"], "#hide:start where #hide is on already"),
        (["#skip:stop"], "#skip:stop without a #skip:start"),
    ],
)
def test_a_marker_too_many(block: list[str], message: str) -> None:
    """A part that is opened or closed twice is the author's mistake, and the message says which marker is missing."""
    with pytest.raises(OptionError, match=message):
        read_code(block, 1)
