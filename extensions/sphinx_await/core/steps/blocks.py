"""The statements of a source that have blocks, by the lines at which Python runs their headers."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_Loop = ast.For | ast.AsyncFor | ast.While
_Try = ast.Try | ast.TryStar


@dataclass(frozen=True, slots=True)
class Block:
    """A statement with a block: the lines of its header and of the block, and what a program writes as its header.

    :ivar items: of ``with``: what it enters.
    """

    header: range
    body: range
    text: str
    items: tuple[str, ...] = ()


class Blocks:
    """The blocks of a source, by the lines of their headers. One that begins in the line of its header is left out."""

    def __init__(self, modules: Iterable[ast.Module]) -> None:
        self.entering: dict[int, Block] = {}
        self.loops: dict[int, Block] = {}
        self.handlers: dict[int, Block] = {}
        self.finals: dict[int, range] = {}
        for node in (node for module in modules for node in ast.walk(module)):
            if isinstance(node, ast.With | ast.AsyncWith):
                self._add(self.entering, node, tuple(ast.unparse(item.context_expr) for item in node.items))
            elif isinstance(node, _Loop):
                self._add(self.loops, node)
            elif isinstance(node, ast.ExceptHandler):
                self._add(self.handlers, node)
            elif isinstance(node, _Try) and node.finalbody:
                first = node.finalbody[0].lineno
                self.finals[first] = range(first, _end(node.finalbody) + 1)

    @staticmethod
    def _add(
        found: dict[int, Block],
        node: ast.With | ast.AsyncWith | _Loop | ast.ExceptHandler,
        items: tuple[str, ...] = (),
    ) -> None:
        header, body = range(node.lineno, node.body[0].lineno), range(node.body[0].lineno, _end(node.body) + 1)
        if not header:
            return
        block = Block(header, body, _header_of(node, items), items)
        for line in header if items else header[:1]:
            found[line] = block

    def is_behind(self, loop: Block, line: int) -> bool:
        """Whether a line comes after the header of a loop only where that is over, and not after an exception."""
        around = self.entering.get(line)
        is_exit = around is not None and loop.header[0] in around.body
        is_inside = line in loop.header or line in loop.body
        return not is_inside and not is_exit and line not in self.handlers and line not in self.finals


def _header_of(node: ast.With | ast.AsyncWith | _Loop | ast.ExceptHandler, items: tuple[str, ...]) -> str:
    """A header as a program writes it, in one line."""
    if isinstance(node, ast.ExceptHandler):
        return f"except {ast.unparse(node.type)}" if node.type is not None else "except"
    if isinstance(node, ast.While):
        return f"while {ast.unparse(node.test)}"
    word = "async " if isinstance(node, ast.AsyncFor | ast.AsyncWith) else ""
    if isinstance(node, ast.For | ast.AsyncFor):
        return f"{word}for {ast.unparse(node.target)} in {ast.unparse(node.iter)}"
    return f"{word}with {', '.join(items)}"


def _end(body: list[ast.stmt]) -> int:
    return body[-1].end_lineno or body[-1].lineno
