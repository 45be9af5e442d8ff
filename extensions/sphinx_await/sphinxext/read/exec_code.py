"""The directive ``exec_code`` with sphinx-exec-code's markup. Nothing runs here."""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.directives.code import CodeBlock
from sphinx.locale import get_translation
from sphinx.util._lines import parse_line_num_spec
from sphinx.util.docutils import SphinxDirective

from ...core.errors import OptionError
from ...core.model.snippet import PARSERS, Snippet
from ...course.config import path_from
from ...course.file_parts import PART_OPTIONS, FilePart
from ...course.python_versions import read_options
from ...course.source_map import SourceMap, read_code, read_program
from ..build_session import session_of
from ..domain import note_mistake
from ..nodes import DEDENT, OUTPUT, await_run
from ..page_language import speak_as_read
from .source_lines import file_of, first_line_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ = get_translation("sphinx_await")


_BLOCK_OPTIONS: dict[str, Any] = {
    **(CodeBlock.option_spec or {}),
    "hide": directives.flag,
    "language": directives.unchanged,
}


@dataclass(frozen=True, slots=True)
class BlockOptions:
    """How one block of a run, the code or the output, is shown.

    :ivar options: of the ``code-block`` that shows it.
    """

    hide: bool
    language: str
    options: dict[str, Any]

    @classmethod
    def of(cls, given: Mapping[str, Any], ending: str, language: str) -> BlockOptions:
        """The options of one block: those with its suffix, without the suffix."""
        own = {name: given[name + ending] for name in _BLOCK_OPTIONS if name + ending in given}
        hide = "hide" in own
        own.pop("hide", None)
        return cls(hide, own.pop("language", "") or language, own)


class ExecCode(SphinxDirective):
    """A snippet with options. Its code and the placeholder of its output become children of an :class:`await_run`."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        **_BLOCK_OPTIONS,
        "filename": directives.unchanged,
        **dict.fromkeys(PART_OPTIONS, directives.unchanged),
        **{name + OUTPUT: read for name, read in _BLOCK_OPTIONS.items()},
        **dict.fromkeys(PARSERS, directives.unchanged),
    }

    #: Whether it is a cell of a notebook.
    is_cell: ClassVar[bool] = False
    #: Whether it is the start of an exercise, which may have blanks.
    is_start: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """The run's node; a mistake becomes a message in the page and an error of every build."""
        speak_as_read(self.state.document, self.config)
        try:
            return [self._run_node()]
        except OptionError as error:
            note_mistake(self.env, *self._where(), str(error))
            words = _("The program that belongs here could not be read; the messages of the build say why.")
            return [nodes.error("", nodes.paragraph("", str(words)))]

    def _run_node(self) -> await_run:
        options = read_options({name: self.options[name] or None for name in PARSERS if name in self.options})
        code_block = BlockOptions.of(self.options, "", "python")
        output_block = BlockOptions.of(self.options, OUTPUT, "none")
        name = self.options.get("name", "")
        if name:  # the output has a name of its own, as sphinx-exec-code has it
            output_block.options.setdefault("name", name + OUTPUT)
        file, code = self._read(self.options.get("filename", ""))
        unfinished = None
        if self.is_start:
            from ...course.exercises import options_of_start  # many courses have no exercise

            unfinished = options_of_start(options, code.executed)
        options = unfinished or options
        for block, ending in (code_block, ""), (output_block, OUTPUT):
            _see_numbers(block.options, ending)
        before = code_block.options.get("lineno-start", 1) - 1
        numbers = (None if code_block.hide or number is None else before + number for number in code.numbers)
        snippet = Snippet(name, code.executed, file, code.lines, options, tuple(numbers), cell=self.is_cell)
        node = await_run("", snippet=snippet)
        self.set_source_info(node)
        if not code_block.hide:
            code_block.options.pop("dedent", None)  # it is: a page shows the code that runs
            node += self._block(code_block, code.shown.split("\n"))
            node["displayed"] = code.shown
        if not (output_block.hide or unfinished):
            node += self._output_place(output_block)
        return node

    def _read(self, filename: str) -> tuple[str, SourceMap]:
        """The file, relative to the source folder, and the lines of the code in it."""
        part = FilePart.of(self.options)
        if not filename:
            if part.given:
                raise OptionError(f"{min(part.given)}: parts are those of a file: `:filename:` is missing")
            file, line = self._where()
            filled = [text.strip() for text in self.content if text.strip()]
            if not filled:
                raise OptionError("exec_code: there is no code")
            if filled[0] in self.option_spec and filled[0] != "name" and not self.is_cell:
                raise OptionError(f"exec_code: `{filled[0]}` is an option: write `:{filled[0]}:`")
            return file, read_code(list(self.content), line)
        path = self._path_of(filename)
        if os.path.isfile(path):
            self.env.note_dependency(path)
        return file_of(self.env, path), read_program(Path(path), part=part)

    def _path_of(self, filename: str) -> str:
        """The path of the file with the code."""
        return os.path.abspath(path_from(session_of(self.env).confdir, self.config.exec_code_example_dir) / filename)

    def _where(self) -> tuple[str, int]:
        """The file, relative to the source folder, and the line of the first line of content."""
        source, line = self.get_source_info()
        if type(self.state).__module__.startswith("myst_parser"):
            line = self.lineno + self.content_offset + 1
        elif self.content:
            source, offset = self.content.info(0)
            line = (offset or 0) + 1
        if self.content:
            line = first_line_of(list(self.content), os.path.abspath(source or ""), line or self.lineno)
        return file_of(self.env, source), line or self.lineno

    def _block(self, block: BlockOptions, lines: Sequence[str]) -> list[nodes.Node]:
        directive = CodeBlock(
            "code-block",
            [block.language],
            dict(block.options),
            StringList(list(lines)),
            self.lineno,
            self.content_offset,
            "",
            self.state,
            self.state_machine,
        )
        return directive.run()

    def _output_place(self, block: BlockOptions) -> list[nodes.Node]:
        # Which lines there will be to emphasize is not known yet.
        emphasized = block.options.pop("emphasize-lines", None)
        dedents, dedent = "dedent" in block.options, block.options.pop("dedent", None)
        made = self._block(block, [""])
        for node in made:
            for literal in node.findall(nodes.literal_block):
                literal["await_output"] = True
                if emphasized:
                    literal["await_emphasize"] = emphasized
                if dedents:
                    literal[DEDENT] = dedent
        return made


def _see_numbers(options: Mapping[str, Any], ending: str) -> None:
    """Refuse numbers of lines that mean nothing.

    :raises OptionError: the numbers cannot be understood, or are larger than those of any program.
    """
    if abs(options.get("lineno-start", 1)) > _MOST_LINES:
        raise OptionError(f"lineno-start{ending}: a number up to {_MOST_LINES} expected")
    if (spec := options.get("emphasize-lines")) is None:
        return
    is_bounded = len(spec) <= _LONGEST_SPEC and not _LARGE_NUMBER.search(spec)
    try:
        parse_line_num_spec(spec if is_bounded else "", 1)
    except ValueError:
        raise OptionError(f"emphasize-lines{ending}: lines such as 1,3-5 expected, found {spec!r:.60}") from None


#: More lines than a program has.
_MOST_LINES = 99_999
_LARGE_NUMBER = re.compile(r"[\d_]{6}")
_LONGEST_SPEC = 1_000  # characters


def place_of(directive: SphinxDirective) -> tuple[str, int]:
    """The file of a directive, relative to the source folder, and its line."""
    source, line = directive.get_source_info()
    return file_of(directive.env, source), line or directive.lineno
