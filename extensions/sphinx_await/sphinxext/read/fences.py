"""Plain ```` ```python ```` fences as snippets, in documents that ``await_run_fences`` names.

Their options are in an HTML comment right before, which other Markdown viewers do not show:
``<!-- await: raises=TypeError timeout=5 -->``, or ``<!-- await: no-run -->``; MyST's ``% await: no-run`` is the same.
Lines of the comment before ``await:`` are a note for authors; all that follows is options, whose values
:meth:`.Options.parse` parses.
In any other document, a fence with such a comment runs; ``<!-- await: run -->`` has no other options.
"""

from __future__ import annotations

import os.path
import re
import shlex
from dataclasses import dataclass, field
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.matching import Matcher

from ...core.errors import OptionError
from ...core.model.snippet import Options, Snippet
from ..domain import domain_of
from ..entries import IdleBlocks, IdleKind
from ..nodes import await_run, code_of, first_number, output_place
from .source_lines import file_of, first_line_of
from .source_map import read_plain

#: The text of each HTML comment; the end of the page ends it, too.
_HTML_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_OPTIONS = re.compile(r"^\s*await:", re.MULTILINE)
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
        idle: dict[IdleKind, list[nodes.literal_block]] = {}
        by_directive = IdleKind.NO_FENCES if self._is_restructuredtext() else IdleKind.DIRECTIVE
        for block in list(self._python_blocks()):
            if "force" in block:  # of `code-block` and `literalinclude`
                if runs_all:
                    idle.setdefault(by_directive, []).append(block)
                continue
            comment = _comment_before(block)
            used.add(id(comment))
            if comment is not None or runs_all:
                self._wrap(block, comment)
            else:
                idle.setdefault(IdleKind.NOT_NAMED, []).append(block)
        for kind, blocks in idle.items():
            domain_of(self.env).note_idle(IdleBlocks(docname, *self._place(blocks[0]), len(blocks), kind))
        for comment in comments:
            if id(comment) not in used:
                self._mistake(comment, "no Python fence that runs follows this comment")
            if _is_alone(comment):
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
            and not _is_of_run(block)
        ]

    def _is_restructuredtext(self) -> bool:
        suffix = os.path.splitext(self.env.doc2path(self.env.current_document.docname))[1]
        return bool(self.config.source_suffix.get(suffix) == "restructuredtext")

    def _wrap(self, block: nodes.literal_block, comment: nodes.Element | None) -> None:
        try:
            asked = _Asked() if comment is None else _parse(comment)
            if not asked.run:
                return
            code = read_plain(code_of(block), self._place(block)[1])
        except OptionError as error:
            self._mistake(block if comment is None else comment, str(error))
            return
        if code.shown != code_of(block):
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
            self.document.note_explicit_target(block)

    def _place(self, node: nodes.Element) -> tuple[str, int]:
        """The file of a node, relative to the source folder, and the line of its first line of text.

        Of a comment, the line with its options.
        """
        file = file_of(self.env, node.source)
        is_block = isinstance(node, nodes.literal_block)
        lines = (node.rawsource or code_of(node)).split("\n")
        if isinstance(node, nodes.comment):  # without its marks
            if self._is_restructuredtext():
                lines[0] = ".. " + lines[0]
            else:
                lines = ["%" + line for line in lines]
        line = first_line_of(lines, os.path.join(self.env.srcdir, file), (node.line or 1) + is_block)
        if not is_block:
            line += next((at for at, text in enumerate(lines) if "await:" in text), 0)
        return file, line

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


def _is_of_run(block: nodes.Element) -> bool:
    """Whether a block is the code or the output of a run, with or without a caption."""
    node = block.parent
    while node is not None and not isinstance(node, await_run):
        node = node.parent
    return node is not None


def _is_comment(node: nodes.Node) -> bool:
    if isinstance(node, nodes.raw):
        return any(_OPTIONS.search(text) for text in _HTML_COMMENT.findall(node.astext()))
    # MyST joins the lines of neighbouring comments into one.
    return isinstance(node, nodes.comment) and _OPTIONS.search(node.astext()) is not None


def _is_alone(comment: nodes.Element) -> bool:
    """Whether a node is one comment and nothing else."""
    return isinstance(comment, nodes.comment) or not _HTML_COMMENT.sub("", comment.astext(), count=1).strip()


def _comment_before(block: nodes.literal_block) -> nodes.Element | None:
    index = block.parent.index(block) - 1
    before = block.parent[index] if index >= 0 else None
    return before if isinstance(before, nodes.Element) and _is_comment(before) else None


def _parse(comment: nodes.Element) -> _Asked:
    """The options of a comment.

    :raises OptionError: a word that is no option, or something beside an HTML comment.
    """
    text = comment.astext()
    if isinstance(comment, nodes.raw):
        if not _is_alone(comment):
            raise OptionError("a comment with await: must be alone on its lines")
        text = _HTML_COMMENT.findall(text)[0]
    _note, *parts = _OPTIONS.split(text)
    text = " ".join(part.strip() for part in parts)
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
