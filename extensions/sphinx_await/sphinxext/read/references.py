"""References to runs: ``exec_compare`` shows several on one time axis, ``exec_time`` the time of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.locale import get_translation
from sphinx.util.docutils import SphinxDirective, SphinxRole

from ..domain import domain_of
from ..entries import Reference
from ..nodes import TIME_OF, await_compare
from .source_lines import file_of

if TYPE_CHECKING:
    from os import PathLike

    from docutils.nodes import Node, system_message
    from sphinx.environment import BuildEnvironment


_ = get_translation("sphinx_await")


class ExecCompare(SphinxDirective):
    """``exec_compare``: a line for each run, with its name and then its heading in the picture."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """A node that the runs will fill."""
        docname = self.env.current_document.docname
        lines = [line.split(maxsplit=1) for line in self.content if line.strip()]
        lines += [[name] for argument in self.arguments for name in argument.split()]
        if not lines:
            raise self.error(_("exec_compare: the names of the runs are missing"))
        source, line = self.get_source_info()
        for name, *_heading in lines:
            refer_to(self.env, docname, name, source, line)
        runs = [(name, heading[0].strip() if heading else name) for name, *heading in lines]
        node = await_compare("", runs=runs, docname=docname, caption=self.options.get("caption", ""))
        self.set_source_info(node)
        return [node]


class ExecTime(SphinxRole):
    """``exec_time``: the measured time of a run, in a sentence."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """An inline node that the time will fill."""
        docname = self.env.current_document.docname
        reference = refer_to(self.env, docname, self.text.strip(), *self.get_source_info())
        node = nodes.inline(self.rawtext, self.text, classes=["await-time-of"])
        node[TIME_OF], node["await_docname"] = self.text.strip(), docname
        node["await_place"] = reference.file, reference.line
        return [node], []


def refer_to(
    env: BuildEnvironment, docname: str, name: str, source: str | PathLike[str] | None, line: int | None
) -> Reference:
    """Note that a document refers to a run."""
    reference = Reference(docname, name, file_of(env, source), line or 1)
    domain_of(env).note_reference(reference)
    return reference
