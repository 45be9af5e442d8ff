"""References to runs: ``exec_compare`` shows several on one time axis, ``exec_time`` the time of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.locale import get_translation
from sphinx.util.docutils import SphinxDirective, SphinxRole

from ..nodes import TIME_OF, await_compare, await_compared

if TYPE_CHECKING:
    from docutils.nodes import Node, system_message

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
        node = await_compare("", docname=docname, caption=self.options.get("caption", ""))
        node += [await_compared("", name=name, heading="".join(heading).strip()) for name, *heading in lines]
        for each in (node, *node.children):
            self.set_source_info(each)
        return [node]


class ExecTime(SphinxRole):
    """``exec_time``: the measured time of a run, in a sentence."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """An inline node that the time will fill."""
        node = nodes.inline(self.rawtext, self.text, classes=["await-time-of"])
        node[TIME_OF], node["await_docname"] = self.text.strip(), self.env.current_document.docname
        self.set_source_info(node)
        return [node], []
