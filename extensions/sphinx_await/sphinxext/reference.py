"""The table of configuration values, generated from where they are declared."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from .config import PREFIX, AwaitConfig

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEADS = ("Value", "Default", "Meaning")


class AwaitConfigTable(SphinxDirective):
    """``await_config``: every ``await_*`` value with its default and meaning."""

    def run(self) -> list[nodes.Node]:
        """One table."""
        table = nodes.table()
        group = nodes.tgroup(cols=len(_HEADS))
        group += [nodes.colspec(colwidth=width) for width in (20, 20, 60)]
        group += nodes.thead("", self._row(nodes.Text(head) for head in _HEADS))
        body = nodes.tbody()
        defaults = AwaitConfig()
        for one in fields(AwaitConfig):
            # The default of this machine's cores is none to print.
            default = "the number of cores" if one.name == "jobs" else repr(getattr(defaults, one.name))
            name = PREFIX + one.name
            body += self._row([nodes.literal(name, name), nodes.literal(default, default), one.metadata["help"]])
        group += body
        table += group
        return [table]

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
