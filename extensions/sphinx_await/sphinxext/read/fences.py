"""Plain ```` ```python ```` fences as snippets, and blocks with prompts, in documents that ``await_run_fences`` names.

In reStructuredText, a ``code-block`` is what a plain fence is, and so is a block after ``::`` where these are Python.
Their options are in a comment right before (:mod:`...course.fence_comment`). In any other document, a fence with such a
comment runs.
"""

from __future__ import annotations

import os.path
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from ...core.errors import OptionError
from ...core.model.snippet import Snippet
from ...course.entries import IdleBlocks, IdleKind
from ...course.fence_comment import (
    OPTIONS,
    TAGS,
    AskedRun,
    is_html_of_options,
    is_one_comment,
    parse_comment,
    parse_html,
)
from ...course.file_parts import is_python_file, numbers_shown
from ...course.page_defaults import NONE, WORDS, PageDefaults
from ...course.patterns import matches
from ...course.prompts import PROMPT_TAGS, begins_with_prompt, has_prompts, read_typed
from ...course.source_map import read_plain, read_program, text_of_file
from ..build_session import session_of
from ..domain import domain_of, note_mistake
from ..nodes import OUTPUT, await_run, code_of, first_number, output_place
from .source_lines import file_of, first_line_of, head_of

if TYPE_CHECKING:
    from ...core.model.typed import Typed
    from ...course.source_map import SourceMap


_HAS_CAPTION = "caption: the directive has one"
#: What the head of a page says is kept under this name while the page is read.
PAGE_DEFAULTS = "await_page_defaults"


class RunFences(SphinxTransform):
    """Wraps each plain fence of Python in an :class:`await_run`."""

    default_priority = 15  # before Locale (20), so that translated pages have the runs, too

    def apply(self, **_kwargs: Any) -> None:
        """Wrap the fences, with the options of their comments; a comment without a fence is a mistake."""
        docname = self.env.current_document.docname
        comments = [node for node in self.document.findall(_is_comment) if isinstance(node, nodes.Element)]
        used: set[int] = set()
        defaults = self._page_defaults()
        config = session_of(self.env).config
        runs_all = config.runs_fences(docname) if defaults.run is None else defaults.run
        is_left_out = defaults.run is False or matches(docname, config.no_run_fences)
        idle: dict[IdleKind, list[nodes.Element]] = {}
        for block in self._python_blocks():
            comment = _comment_of(block)
            used.add(id(comment))
            if comment is None and self._is_only_shown(block):
                if runs_all:
                    idle.setdefault(IdleKind.DIRECTIVE, []).append(block)
            elif comment is None and _is_prose(block):
                continue
            elif comment is not None and "source" in block:
                self._wrap_included(block, comment)
            elif comment is not None or runs_all:
                self._wrap(block, comment)
            elif not is_left_out:
                idle.setdefault(IdleKind.NOT_NAMED, []).append(block)
        for kind, blocks in idle.items():
            domain_of(self.env).note_idle(IdleBlocks(docname, *self._place(blocks[0]), len(blocks), kind))
        for comment in comments:
            self._remove(comment, is_used=id(comment) in used)

    def _page_defaults(self) -> PageDefaults:
        """What the head of the page says, which is kept until its runs are collected."""
        document = self.env.current_document
        path = Path(self.env.doc2path(document.docname))
        head = head_of(path, markdown=not self._is_restructuredtext())
        defaults = NONE
        if head:
            try:
                defaults = PageDefaults.of(head)
            except OptionError as error:
                note_mistake(self.env, file_of(self.env, path), head[WORDS].line, str(error))
        document[PAGE_DEFAULTS] = defaults
        return defaults

    def _remove(self, comment: nodes.Element, *, is_used: bool) -> None:
        if not is_used:
            self._mistake(comment, "no Python fence that runs follows this comment")
        if _is_alone(comment):
            comment.parent.remove(comment)

    def _is_only_shown(self, block: nodes.Element) -> bool:
        """Whether a directive made a block, which is no program without a comment.

        In reStructuredText a ``code-block`` is what a plain fence is in Markdown.
        """
        return "source" in block or ("force" in block and not self._is_restructuredtext())

    def _python_blocks(self) -> list[nodes.literal_block | nodes.doctest_block]:
        is_python = self._is_python_in_rst if self._is_restructuredtext() else self._is_python_in_markdown
        found: list[nodes.literal_block | nodes.doctest_block] = []
        language = str(self.config.highlight_language)
        for node in self.document.findall(nodes.Element):
            if isinstance(node, addnodes.highlightlang):
                language = str(node["lang"])
            elif isinstance(node, nodes.doctest_block) or (
                isinstance(node, nodes.literal_block)
                and is_python(node, language)
                and not _is_of_run(node)
                and "testnodetype" not in node  # of sphinx.ext.doctest
            ):
                found.append(node)
        return found

    def _is_python_in_markdown(self, block: nodes.literal_block, _language: str) -> bool:
        if _is_untagged(block):  # of `eval-rst`
            return _comment_of(block) is not None
        # MyST gives a fence without a tag the very string of the language that is set: with `highlight_language =
        # "python"` it looks like one that is tagged, which has a string of its own.
        given = block.get("language")
        is_given = given is self.config.highlight_language or any(
            given is node["lang"] for node in self.document.findall(addnodes.highlightlang)
        )
        return _language_of(block) in TAGS | PROMPT_TAGS and not is_given

    def _is_python_in_rst(self, block: nodes.literal_block, language: str) -> bool:
        """Whether a block is Python by its directive, by what the page says of all blocks, or by its comment.

        :param language: of blocks that name none.
        """
        if _is_untagged(block):
            return language.casefold() in TAGS | PROMPT_TAGS or _comment_of(block) is not None
        return _language_of(block) in TAGS | PROMPT_TAGS

    def _is_restructuredtext(self) -> bool:
        suffix = os.path.splitext(self.env.doc2path(self.env.current_document.docname))[1]
        return bool(self.config.source_suffix.get(suffix) == "restructuredtext")

    def _wrap(self, block: nodes.literal_block | nodes.doctest_block, comment: nodes.Element | None) -> None:
        try:
            asked = AskedRun() if comment is None else _parse(comment)
        except OptionError as error:
            self._mistake(block if comment is None else comment, str(error))
            return
        if not asked.run:
            return
        try:
            code, typed = self._read(block)
        except OptionError as error:
            self._mistake(block, str(error))
            return
        outer = _captioned_or_bare(block)
        if asked.caption and isinstance(block, nodes.doctest_block):  # it has to stay one
            self._mistake(block, "caption: a block of `>>>` has none; write it as `.. code-block:: pycon`")
            return
        if asked.caption and comment is not None and outer is not block:
            self._mistake(comment, _HAS_CAPTION)
            return
        if _is_untagged(block):
            block["language"] = "python"
        if code.shown != code_of(block):
            block.rawsource = code.shown
            block[:] = [nodes.Text(code.shown)]
        before = first_number(block) - 1
        numbers = tuple(None if number is None else before + number for number in code.numbers)
        snippet = Snippet(asked.name, code.executed, self._place(block)[0], code.lines, asked.options, numbers, typed)
        node = await_run("", snippet=snippet, displayed=code.shown)
        node.source, node.line = block.source, block.line
        outer.replace_self(node)
        self._fill(node, outer, asked)

    def _wrap_included(self, block: nodes.Element, comment: nodes.Element) -> None:
        """Run the file of a ``literalinclude``, all of it, whatever part of it is shown."""
        path = Path(str(block["source"]))
        try:
            asked = _parse(comment)
            if not asked.run:
                return
            code = read_program(path)
        except OptionError as error:
            self._mistake(comment, str(error))
            return
        if asked.caption and _captioned_or_bare(block) is not block:
            self._mistake(comment, _HAS_CAPTION)
            return
        shown = code_of(block).rstrip("\n").split("\n")
        numbering: dict[str, int] = block.get("highlight_args", {})
        places = numbers_shown(text_of_file(path).split("\n"), shown, numbering.get("linenostart"))
        before = first_number(block) - 1
        numbers = tuple(places[line] + before if line in places else None for line in code.lines)
        file = file_of(self.env, path)
        node = await_run("", snippet=Snippet(asked.name, code.executed, file, code.lines, asked.options, numbers))
        node.source, node.line = block.source, block.line
        block["language"] = "python"
        outer = _captioned_or_bare(block)
        outer.replace_self(node)
        self._fill(node, outer, asked)

    def _fill(self, node: await_run, code: nodes.Element, asked: AskedRun) -> None:
        """Put the code and the place of the output into the node of a run, with the captions and names of its author.

        Sphinx's own roles refer to what has a name, and by its number to what has a caption, too.
        """
        place = output_place()
        place.source, place.line = node.source, node.line
        code = _captioned(code, asked.caption)
        output = _captioned(place, asked.caption_output)
        node += [code, output]
        if asked.name:
            self._note_name(code, asked.name)
            if output is not place:
                self._note_name(output, asked.name + OUTPUT)

    def _note_name(self, node: nodes.Element, name: str) -> None:
        node["names"].append(nodes.fully_normalize_name(name))
        self.document.note_explicit_target(node)

    def _read(self, block: nodes.literal_block | nodes.doctest_block) -> tuple[SourceMap, Typed | None]:
        """The lines of a block, and how it is typed if it has prompts.

        :raises OptionError: its markers or flags mean nothing, or it has no prompts where there should be some.
        """
        text, line = code_of(block), self._place(block)[1]
        if _is_typed(block):
            return read_typed(text, line)
        return read_plain(text, line), None

    def _place(self, node: nodes.Element) -> tuple[str, int]:
        """The file of a node, relative to the source folder, and the line of its first line of text.

        Of a comment, the line with its options.
        """
        file = file_of(self.env, node.source)
        is_block = isinstance(node, nodes.literal_block | nodes.doctest_block)
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
        note_mistake(self.env, *self._place(node), message)


def _language_of(block: nodes.Element) -> str:
    """The language of a block, in small letters; that of an included file may follow from its name."""
    language = str(block.get("language", "")).casefold()
    return "python" if not language and is_python_file(str(block.get("source", "")), language) else language


def _is_untagged(block: nodes.Element) -> bool:
    """Whether a block comes after ``::``, which names no language."""
    return isinstance(block, nodes.literal_block) and not {"language", "force", "source"} & set(block.attributes)


def _captioned_or_bare(block: nodes.Element) -> nodes.Element:
    """The node with the caption if the block has one; otherwise the block."""
    parent = block.parent
    return parent if isinstance(parent, nodes.container) and parent.get("literal_block") else block


def _captioned(block: nodes.Element, text: str) -> nodes.Element:
    """A block in a node with its caption, as Sphinx makes it of a ``code-block``; the block itself without a text."""
    if not text:
        return block
    caption = nodes.caption(text, text)
    caption.source, caption.line = block.source, block.line
    return nodes.container("", caption, block, literal_block=True, classes=["literal-block-wrapper"])


def _is_typed(block: nodes.literal_block | nodes.doctest_block) -> bool:
    """Whether a block of Python has prompts."""
    is_tagged = str(block.get("language", "")).casefold() in PROMPT_TAGS
    return isinstance(block, nodes.doctest_block) or is_tagged or begins_with_prompt(code_of(block))


def _is_prose(block: nodes.literal_block | nodes.doctest_block) -> bool:
    """Whether a block is no program without a word of its author's.

    Those of docstrings, which other extensions bring in, mean something in their modules only.
    """
    if _OF_DOCSTRING in str(block.source):
        return True
    return not isinstance(block, nodes.doctest_block) and _is_typed(block) and not has_prompts(code_of(block))


#: In what Sphinx says of where a node is that autodoc made.
_OF_DOCSTRING = ":docstring of "


def _is_of_run(block: nodes.Element) -> bool:
    """Whether a block is the code or the output of a run, with or without a caption."""
    node = block.parent
    while node is not None and not isinstance(node, await_run):
        node = node.parent
    return node is not None


def _is_comment(node: nodes.Node) -> bool:
    if isinstance(node, nodes.raw):
        return is_html_of_options(node.astext())
    # MyST joins the lines of neighbouring comments into one.
    return isinstance(node, nodes.comment) and OPTIONS.search(node.astext()) is not None


def _is_alone(comment: nodes.Element) -> bool:
    """Whether a node is one comment and nothing else."""
    return isinstance(comment, nodes.comment) or is_one_comment(comment.astext())


def _comment_of(block: nodes.Element) -> nodes.Element | None:
    """The comment right before a block; of one after ``::``, also right before the paragraph that ends so."""
    outer = _captioned_or_bare(block)
    before = _before(outer)
    if isinstance(before, nodes.paragraph) and _is_untagged(block):
        before = _before(before)
    return before if before is not None and _is_comment(before) else None


def _before(node: nodes.Element) -> nodes.Element | None:
    index = node.parent.index(node) - 1
    before = node.parent[index] if index >= 0 else None
    return before if isinstance(before, nodes.Element) else None


def _parse(comment: nodes.Element) -> AskedRun:
    """The options of a comment.

    :raises OptionError: a word that is no option, or something beside an HTML comment.
    """
    text = comment.astext()
    return parse_html(text) if isinstance(comment, nodes.raw) else parse_comment(text)
