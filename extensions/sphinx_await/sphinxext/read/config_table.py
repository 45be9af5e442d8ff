"""The table of configuration values, generated from where they are declared."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.locale import get_translation
from sphinx.util.docutils import SphinxDirective

from ..config import PREFIX, AwaitConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ = get_translation("sphinx_await")


class AwaitConfigTable(SphinxDirective):
    """``await_config``: every ``await_*`` value with its default and meaning, on a page in English ``untranslated``."""

    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {"untranslated": directives.flag}

    def run(self) -> list[nodes.Node]:
        """One table, and how wide its columns are in print."""
        translate = str if "untranslated" in self.options else lambda text: str(_(text))
        heads, cores = _words(translate)
        table = nodes.table()
        group = nodes.tgroup(cols=len(heads))
        group += [nodes.colspec(colwidth=width) for width in (20, 20, 60)]
        group += nodes.thead("", self._row(nodes.Text(head) for head in heads))
        body = nodes.tbody()
        defaults = AwaitConfig()
        for one in fields(AwaitConfig):
            # The default of this machine's cores is none to print.
            default = cores if one.name == "jobs" else repr(getattr(defaults, one.name))
            name, text = PREFIX + one.name, one.metadata["help"]
            body += self._row([nodes.literal(name, name), nodes.literal(default, default), translate(text)])
        group += body
        table += group
        # LaTeX would leave names that cannot be broken too little room.
        return [addnodes.tabular_col_spec(spec=r"\X{31}{100}\X{20}{100}\X{49}{100}"), table]

    def _row(self, cells: Iterable[nodes.Node | str]) -> nodes.row:
        row = nodes.row()
        for cell in cells:
            if isinstance(cell, str):
                entry = nodes.entry()
                self.state.nested_parse(StringList([cell]), self.content_offset, entry)
            else:
                entry = nodes.entry("", nodes.paragraph("", "", cell))
            row += entry
        return row


def _words(_: Callable[[str], str]) -> tuple[tuple[str, str, str], str]:
    """The heads of the table, and what is said in the place of the number of cores."""
    return (_("Value"), _("Default"), _("Meaning")), _("the number of cores")
