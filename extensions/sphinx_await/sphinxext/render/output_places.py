"""The placeholder of a run's output: where it is, and what fills it."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util._lines import parse_line_num_spec

from ...core.text.output_lines import with_text
from ..nodes import DEDENT, place_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ...core.text.output_lines import OutputLine
    from ..nodes import await_run
    from ..outcome import PublishableRun


def in_order(run: PublishableRun) -> Iterator[tuple[int, int] | int]:
    """What a run left, in order: first and last (exclusive) of lines of output, and the numbers of displays."""
    start = 0
    for number, display in enumerate(run.recording.displays):
        if display.after > start:
            yield start, display.after
            start = display.after
        yield number
    if start < len(run.lines):
        yield start, len(run.lines)


def fill_with_rows(
    place: nodes.literal_block, outer: nodes.Element, content: Iterable[str | nodes.Node], language: str
) -> list[nodes.Node]:
    """Fill the placeholder of output with rows. What are no rows divide it: return what follows its first piece.

    :param outer: what has the placeholder and its caption, which the first piece keeps; else the placeholder.
    :param language: of the rows, for highlighting.
    """
    blocks: list[nodes.Node] = []
    rows: list[str] = []
    arguments: dict[str, Any] = place.get("highlight_args", {})
    count: int = arguments.get("linenostart", 1)

    def end_block() -> None:
        nonlocal count
        text, block = "\n".join(rows), place if not blocks else nodes.literal_block()
        if block is not place and place.get("linenos"):
            block["linenos"], block["highlight_args"] = True, {"linenostart": count}
        count += len(rows)
        block.rawsource = text
        block[:] = [nodes.Text(text)]
        block["language"] = language
        blocks.append(block)
        rows.clear()

    for one in content:
        if isinstance(one, str):
            rows.append(one)
        else:
            end_block()
            blocks.append(one)
    if rows:
        end_block()
    following, parent = blocks[1:], outer.parent
    index = parent.index(outer) + 1
    parent[index:index] = following
    return following


def remove_place(node: await_run) -> None:
    """Remove the placeholder of output, with its caption."""
    if (place := place_in(node)) is not None:
        outer = with_caption(node, place)
        outer.parent.remove(outer)


def with_caption(node: await_run, place: nodes.literal_block) -> nodes.Element:
    """The placeholder of output, or the node around it and its caption, or around both."""
    outer: nodes.Element = place
    while outer.parent is not node:
        outer = outer.parent
    return outer


def emphasized_lines(place: nodes.literal_block, count: int) -> list[int]:
    """The numbers of the lines that ``emphasize-lines_output`` names."""
    if spec := place.get("await_emphasize"):
        return [index + 1 for index in parse_line_num_spec(spec, count) if index < count]
    return []


def dedented(node: await_run, lines: Sequence[OutputLine]) -> tuple[OutputLine, ...]:
    """Lines of output without the indentation that ``dedent_output`` names."""
    place = place_in(node)
    if place is None or DEDENT not in place:
        return tuple(lines)
    count = place[DEDENT]
    texts = [line.text for line in lines]
    shorter = dedent("\n".join(texts)).split("\n") if count is None else [text[count:] for text in texts]
    return tuple(map(with_text, lines, shorter))
