"""Plain ```` ```python ```` fences as snippets, in documents that ``await_run_fences`` names.

Their options are in an HTML comment right before, which other Markdown viewers do not show:
``<!-- await: raises=TypeError timeout=5 -->``, or ``<!-- await: no-run -->``; MyST's ``% await: no-run`` is the same.
In any other document, a fence with such a comment runs; ``<!-- await: run -->`` has no other options.
"""

from __future__ import annotations

import os.path
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.matching import Matcher

from ...core.errors import OptionError
from ...core.model.snippet import Options, Snippet
from ..domain import domain_of
from ..entries import IdleBlocks
from ..nodes import await_run, first_number, output_place
from .source_lines import first_line_of
from .source_map import read_plain

_COMMENT = re.compile(r"\s*<!--\s*await:(.*?)-->\s*", re.DOTALL)
_LINE_COMMENT = re.compile(r"\s*await:(.*)")
_RUN, _NO_RUN = "run", "no-run"
#: The tags of a fence that is a program, in any case.
_TAGS = frozenset({"python", "py", "python3", "py3"})


class RunFences(SphinxTransform):
    """Wraps each plain fence of Python in an :class:`await_run`."""

    default_priority = 15  # before Locale (20), so that translated pages have the runs, too

    def apply(self, **_kwargs: Any) -> None:
        """Wrap the fences, with the options of their comments; a comment without a fence is a mistake."""
        docname = self.env.current_document.docname
        comments = [node for node in self.document.findall(_is_comment) if isinstance(node, nodes.Element)]
        used: set[int] = set()
        runs_all = Matcher(self.config.await_run_fences)(docname)
        idle = []
        for block in list(self._python_blocks()):
            if "force" in block:  # of `code-block` and `literalinclude`
                if runs_all and self._is_restructuredtext():
                    idle.append(block)
                continue
            comment = _comment_before(block)
            used.add(id(comment))
            if comment is not None or runs_all:
                self._wrap(block, comment)
            else:
                idle.append(block)
        if idle:
            file, line = self._place(idle[0])
            entry = IdleBlocks(docname, file, line, len(idle), is_fence=not runs_all)
            domain_of(self.env).note_idle(entry)
        for comment in comments:
            if id(comment) not in used:
                self._mistake(comment, "no Python fence that runs follows this comment")
            comment.parent.remove(comment)

    def _python_blocks(self) -> list[nodes.literal_block]:
        # MyST gives a fence without a tag the very string of the language that is set: with `highlight_language =
        # "python"` it looks like one that is tagged, which has a string of its own.
        languages = [self.config.highlight_language]
        languages += [node["lang"] for node in self.document.findall(addnodes.highlightlang)]
        return [
            block
            for block in self.document.findall(nodes.literal_block)
            if str(block.get("language", "")).casefold() in _TAGS
            and not any(block["language"] is language for language in languages)
            and not isinstance(block.parent, await_run)
        ]

    def _is_restructuredtext(self) -> bool:
        suffix = os.path.splitext(self.env.doc2path(self.env.current_document.docname))[1]
        return bool(self.config.source_suffix.get(suffix) == "restructuredtext")

    def _wrap(self, block: nodes.literal_block, comment: nodes.Element | None) -> None:
        try:
            asked = _Asked() if comment is None else _parse(comment)
            if not asked.run:
                return
            code = read_plain(block.astext(), self._place(block)[1])
        except OptionError as error:
            self._mistake(block if comment is None else comment, str(error))
            return
        if code.shown != block.astext():
            block.rawsource = code.shown
            block[:] = [nodes.Text(code.shown)]
        before = first_number(block) - 1
        numbers = tuple(None if number is None else before + number for number in code.numbers)
        snippet = Snippet(asked.name, code.executed, self._place(block)[0], code.lines, asked.options, numbers)
        node = await_run("", snippet=snippet, displayed=code.shown)
        node.source, node.line = block.source, block.line
        block.replace_self(node)
        node += [block, output_place()]
        if asked.name:  # for references by Sphinx's own role
            block["names"].append(nodes.fully_normalize_name(asked.name))
            self.document.note_explicit_target(block, block)

    def _place(self, node: nodes.Element) -> tuple[str, int]:
        """The file of a node, relative to the source folder, and the line of its first line of text."""
        path = os.path.join(self.env.srcdir, node.source or self.env.doc2path(self.env.current_document.docname))
        text = node.rawsource or node.astext()
        is_block = isinstance(node, nodes.literal_block)
        line = first_line_of(text.split("\n"), path, (node.line or 1) + is_block)
        return Path(os.path.relpath(path, self.env.srcdir)).as_posix(), line

    def _mistake(self, node: nodes.Element, message: str) -> None:
        domain = domain_of(self.env)
        file, line = self._place(node)
        domain.note_mistake(self.env.current_document.docname, file, line, message)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a comment asks for."""

    run: bool = True
    name: str = ""
    options: Options = field(default_factory=Options)


def _is_comment(node: nodes.Node) -> bool:
    return isinstance(node, nodes.raw | nodes.comment) and _text_of(node) is not None


def _text_of(comment: nodes.Element) -> str | None:
    """The options in an HTML comment, or in MyST's ``% await: …``; None if it is another comment."""
    pattern = _COMMENT if isinstance(comment, nodes.raw) else _LINE_COMMENT
    match = pattern.fullmatch(comment.astext())
    return match and match[1]


def _comment_before(block: nodes.literal_block) -> nodes.Element | None:
    index = block.parent.index(block) - 1
    before = block.parent[index] if index >= 0 else None
    return before if isinstance(before, nodes.Element) and _is_comment(before) else None


def _parse(comment: nodes.Element) -> _Asked:
    """The options of a comment.

    :raises OptionError: a word that is no option.
    """
    text = (_text_of(comment) or "").strip()
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise OptionError(f"{text!r}: {error}") from None
    if words == [_NO_RUN]:
        return _Asked(run=False)
    if _NO_RUN in words:
        raise OptionError(f"{_NO_RUN} cannot be combined with other options")
    given = {name: value if sign else None for name, sign, value in (word.partition("=") for word in words)}
    if given.pop(_RUN, None) is not None:
        raise OptionError(f"{_RUN}: takes no value")
    name = given.pop("name", "")
    if name is None:
        raise OptionError("name: a name expected")
    return _Asked(name=name, options=Options.parse(given, beside=("name", _RUN, _NO_RUN)))
