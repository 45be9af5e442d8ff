"""The directive ``exec_code``: sphinx-exec-code's markup, read by its own parser; nothing runs here."""

from __future__ import annotations

import os.path
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.directives.code import CodeBlock
from sphinx.locale import get_translation
from sphinx.util.docutils import SphinxDirective
from sphinx_exec_code.configuration import EXAMPLE_DIR
from sphinx_exec_code.sphinx_spec import build_spec, get_specs

from ...core.errors import OptionError
from ...core.model.snippet import PARSERS, Options, Snippet
from ..domain import domain_of
from ..nodes import await_run
from .source_map import SourceMap, read_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sphinx_exec_code.sphinx_spec import SphinxSpecBase

_ = get_translation("sphinx_await")


class ExecCode(SphinxDirective):
    """A snippet with options. Its code and the place of its output become children of an :class:`await_run`."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {**build_spec(), **dict.fromkeys(PARSERS, directives.unchanged)}

    def run(self) -> list[nodes.Node]:
        """The run's node; a mistake becomes a message in the page and an error of every build."""
        try:
            return [self._run_node()]
        except OptionError as error:
            file, line = self._where()
            domain_of(self.env).note_mistake(self.env.current_document.docname, file, line, str(error))
            words = _("The program that belongs here could not be read; the messages of the build say why.")
            return [nodes.error("", nodes.paragraph("", str(words)))]

    def _run_node(self) -> await_run:
        ours = {name: self.options.pop(name) or None for name in PARSERS if name in self.options}
        code_spec, output_spec = get_specs(self.options)  # refuses what it does not know: ours are out
        options = Options.parse(ours)
        file, code = self._read(code_spec.filename)
        before = code_spec.spec.get("lineno-start", 1) - 1
        numbers = (None if code_spec.hide or number is None else before + number for number in code.numbers)
        name = self.options.get("name", "")
        snippet = Snippet(name, code.executed, file, code.lines, options, tuple(numbers))
        node = await_run("", snippet=snippet.to_dict())
        self.set_source_info(node)
        if not code_spec.hide:
            node += self._block(code_spec, code.shown.split("\n"), "python")
        if not output_spec.hide:
            node += self._output_place(output_spec)
        return node

    def _read(self, filename: str) -> tuple[str, SourceMap]:
        """The code and the file it stands in, relative to the source folder."""
        if not filename:
            file, line = self._where()
            if not any(text.strip() for text in self.content):
                raise OptionError("exec_code: there is no code")
            return file, read_code(list(self.content), line)
        path = Path(EXAMPLE_DIR.value, filename).resolve()
        self.env.note_dependency(str(path))
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise OptionError(f"exec_code: filename: {path} cannot be read: {error}") from None
        return _relative(self, str(path)), read_code(text.split("\n"), 1)

    def _where(self) -> tuple[str, int]:
        """The file, relative to the source folder, and the line of the first line of content."""
        source, line = self.get_source_info()
        if type(self.state).__module__.startswith("myst_parser"):
            line = self.lineno + self.content_offset + 1
        elif self.content:
            source, offset = self.content.info(0)
            line = (offset or 0) + 1
        return _relative(self, source), line

    def _block(self, spec: SphinxSpecBase, lines: Sequence[str], language: str) -> list[nodes.Node]:
        block = CodeBlock(
            "code-block",
            [spec.language or language],
            dict(spec.spec),
            StringList(list(lines)),
            self.lineno,
            self.content_offset,
            "",
            self.state,
            self.state_machine,
        )
        return block.run()

    def _output_place(self, spec: SphinxSpecBase) -> list[nodes.Node]:
        # Which lines there will be to emphasize is not known yet.
        emphasized = spec.spec.pop("emphasize-lines", None)
        made = self._block(spec, [""], "none")
        for node in made:
            for block in node.findall(nodes.literal_block):
                block["await_output"] = True
                if emphasized:
                    block["await_emphasize"] = emphasized
        return made


def place_of(directive: SphinxDirective) -> tuple[str, int]:
    """Where a directive stands: file, relative to the source folder, and line."""
    source, line = directive.get_source_info()
    return _relative(directive, source), line


def _relative(directive: SphinxDirective, path: str | None) -> str:
    path = path or str(directive.env.doc2path(directive.env.current_document.docname))
    # docutils names an included file from where the build was started.
    return Path(os.path.relpath(os.path.abspath(path), directive.env.srcdir)).as_posix()
