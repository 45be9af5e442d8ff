"""Where a block is in its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sphinx_await.sphinxext.read.source_lines import first_line_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: Lines of programs, short and long, and what may be before one.
WORDS = st.sampled_from(["", "x", "print(x)", "import asyncio", "asyncio.run(main_program())", ">>> print(x)", "- a"])
BEFORE = st.sampled_from(["", "    ", "> ", "\t", "1. ", "- ", "text "])
#: Signs of items, which may be before the first line only.
ITEMS = {"1. ", "- "}


def places(lines: Sequence[tuple[str, str]], block: Sequence[str]) -> set[int]:
    """The lines (from 1) on which a block may begin, by trying each."""
    found = set()
    filled = [at for at, line in enumerate(block) if line]
    for start in range(len(lines)):
        there = [(start + at < len(lines) and lines[start + at], block[at], at == filled[0]) for at in filled]
        if all(one and one[1] == text and (one[0].isspace() or one[0] in {"", "> "} or (first and one[0] in ITEMS))
               for one, text, first in there):  # fmt: skip
            found.add(start + 1)
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.tuples(BEFORE, WORDS), min_size=1, max_size=30), data=st.data())
def test_a_block_is_found_where_it_is_nearest(
    tmp_path: Path, lines: list[tuple[str, str]], data: st.DataObject
) -> None:
    """Wherever it is in its file, and however often, and whatever is before its lines."""
    path = tmp_path / f"{abs(hash(tuple(lines)))}.md"
    path.write_text("\n".join(before + line for before, line in lines), encoding="utf-8")
    begin = data.draw(st.integers(0, len(lines) - 1))
    block = [line for _, line in lines[begin : begin + data.draw(st.integers(1, 5))]]
    assumed = data.draw(st.integers(1, len(lines)))
    found = first_line_of(block, str(path), assumed)
    if not any(block):
        assert found == assumed
        return
    expected = places(lines, block)
    if expected:
        assert abs(found - assumed) <= min(abs(place - assumed) for place in expected)


def test_many_blocks_of_one_kind_are_found_each_at_its_own_place(tmp_path: Path) -> None:
    """A page may have thousands of programs that begin alike."""
    programs = [f"import asyncio\n\nprint({number})" for number in range(2_000)]
    page = tmp_path / "page.md"
    page.write_text("".join(f"```python\n{program}\n```\n\n" for program in programs), encoding="utf-8")
    found = [first_line_of(program.split("\n"), str(page), 1) for program in programs]
    assert found == [2 + 6 * number for number in range(2_000)]
