"""Plain ```` ```python ```` fences as snippets, in documents that ``await_run_fences`` names.

Their options are in an HTML comment on the line before, which other Markdown viewers do not show:
``<!-- await: raises=TypeError timeout=5 -->``, or ``<!-- await: no-run -->``.
"""

from __future__ import annotations

import os.path
import re
import shlex
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util.matching import Matcher

from ...core.errors import OptionError
from ...core.model.snippet import Options, Snippet
from ..domain import domain_of
from ..nodes import await_run, output_place
from .source_map import read_plain

_COMMENT = re.compile(r"\s*<!--\s*await:(.*?)-->\s*", re.DOTALL)
_TAGGED = re.compile(r"(`{3,}|~{3,})\s*python\b")
_NO_RUN = "no-run"


class RunFences(SphinxTransform):
    """Wraps each plain fence of Python in an :class:`await_run`."""

    default_priority = 15  # before Locale (20), so that translated pages have the runs too

    def apply(self, **_kwargs: Any) -> None:
        """Wrap the fences, with the options of their comments; a comment without a fence is a mistake."""
        docname = self.env.current_document.docname
        comments = [node for node in self.document.findall(nodes.raw) if _COMMENT.fullmatch(node.astext())]
        if Matcher(self.config.await_run_fences)(docname):
            for block in list(self.document.findall(nodes.literal_block)):
                if _is_plain_fence(block):
                    self._wrap(block)
        for comment in comments:
            if comment.parent is not None and not comment.get("await_used"):
                self._mistake(comment, "no Python fence that runs follows this comment")
            if comment.parent is not None:
                comment.parent.remove(comment)

    def _wrap(self, block: nodes.literal_block) -> None:
        comment = _comment_before(block)
        try:
            asked = _parse(comment) if comment else _Asked()
            if not asked.run:
                return
            code = read_plain(block.astext(), (block.line or 0) + 1)
        except OptionError as error:
            self._mistake(comment or block, str(error))
            return
        if code.shown != block.astext():
            block.rawsource = code.shown
            block[:] = [nodes.Text(code.shown)]
        snippet = Snippet(asked.name, code.executed, self._file(block), code.lines, asked.options, code.numbers)
        node = await_run("", snippet=snippet)
        node.source, node.line = block.source, block.line
        block.replace_self(node)
        node += [block, output_place()]

    def _file(self, node: nodes.Node) -> str:
        path = node.source or str(self.env.doc2path(self.env.current_document.docname))
        return Path(os.path.relpath(Path(self.env.srcdir, path), self.env.srcdir)).as_posix()

    def _mistake(self, node: nodes.Node, message: str) -> None:
        domain = domain_of(self.env)
        domain.note_mistake(self.env.current_document.docname, self._file(node), node.line, message)


@dataclass(frozen=True, slots=True)
class _Asked:
    run: bool = True
    name: str = ""
    options: Options = field(default_factory=Options)


def _is_plain_fence(block: nodes.literal_block) -> bool:
    # `code-block` and `literalinclude` set "force".
    return (
        block.get("language") == "python"
        and "force" not in block
        and not isinstance(block.parent, await_run)
        and _is_tagged(block)
    )


def _is_tagged(block: nodes.literal_block) -> bool:
    """Whether the fence has the tag `python`: with `highlight_language = "python"` an untagged one looks the same."""
    lines = _source_lines(block.source or "", _modified(block.source or ""))
    return not lines or bool(_TAGGED.search(lines[min((block.line or 1), len(lines)) - 1]))


def _modified(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _source_lines(path: str, _modified: int) -> tuple[str, ...]:
    try:
        return tuple(Path(path).read_text(encoding="utf-8").split("\n"))
    except (OSError, UnicodeDecodeError):
        return ()


def _comment_before(block: nodes.literal_block) -> nodes.raw | None:
    index = block.parent.index(block) - 1
    before = block.parent[index] if index >= 0 else None
    if isinstance(before, nodes.raw) and _COMMENT.fullmatch(before.astext()):
        before["await_used"] = True
        return before
    return None


def _parse(comment: nodes.raw) -> _Asked:
    """The options of a comment.

    :raises OptionError: a word that is no option.
    """
    match = _COMMENT.fullmatch(comment.astext())
    assert match is not None
    try:
        words = shlex.split(match[1])
    except ValueError as error:
        raise OptionError(f"{match[1].strip()!r}: {error}") from None
    if words == [_NO_RUN]:
        return _Asked(run=False)
    if _NO_RUN in words:
        raise OptionError(f"{_NO_RUN} cannot be combined with other options")
    given = {name: value if sign else None for name, sign, value in (word.partition("=") for word in words)}
    name = given.pop("name", "")
    if name is None:
        raise OptionError("name: a name expected")
    return _Asked(name=name, options=Options.parse(given, beside=("name", _NO_RUN)))
