"""References to runs.

``exec_compare`` shows several on one time axis, ``exec_time`` says the time of one or the ratio of two, ``exec_value``
another value of a run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.locale import get_translation
from sphinx.util.docutils import SphinxDirective, SphinxRole

from ...core.errors import OptionError
from ..domain import note_mistake
from ..nodes import RATIO_TO, RUN_OF, VALUE, await_compare, await_compared
from .source_lines import file_of

if TYPE_CHECKING:
    from docutils.nodes import Node, system_message

    from ...core.validation.run_values import RunValue

_ = get_translation("sphinx_await")


class ExecCompare(SphinxDirective):
    """``exec_compare``: several runs on one time axis.

    Each line of the content is the name of a run, and then its heading. Arguments are names without headings.
    """

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
    """``exec_time``: the measured time of a run, in a sentence; ``SLOW / FAST``: the ratio of two."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """An inline node that the time will fill."""
        # The names of runs may have slashes, but no spaces.
        from ...core.validation.run_values import RunValue  # many courses refer to no run

        name, _slash, other = _unwrapped(self.text).partition(" / ")
        node = self.place_of(name.strip(), RunValue(recorded="wall"), "await-time-of")
        if other.strip():
            node[RATIO_TO] = other.strip()
        return [node], []

    def place_of(self, name: str, value: RunValue, style: str) -> nodes.inline:
        """An inline node that a value of a run will fill."""
        node = nodes.inline(self.rawtext, self.text, classes=[style])
        node[RUN_OF], node[VALUE], node["await_docname"] = name, value, self.env.current_document.docname
        node["await_role"] = self.name
        self.set_source_info(node)
        return node


class ExecValue(ExecTime):
    """``exec_value``: what a run printed, or what was recorded of it, in a sentence: ``NAME``, ``NAME LABEL``."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """An inline node that the value will fill."""
        from ...core.validation.run_values import RunValue

        name, _space, what = _unwrapped(self.text).partition(" ")
        value = RunValue()
        try:
            value = RunValue.read(what)
        except OptionError as error:
            source, line = self.get_source_info()
            note_mistake(self.env, file_of(self.env, source), line, f"exec_value: {error}")
        return [self.place_of(name, value, "await-value-of")], []


def _unwrapped(text: str) -> str:
    """The text of a role on one line: its paragraph may have ended a line in it. Spaces of a label stay."""
    return " ".join(line.strip() for line in text.strip().splitlines())
