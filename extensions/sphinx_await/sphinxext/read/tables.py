"""The guide's tables of configuration values and of warnings, generated from where these are declared."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.locale import get_translation
from sphinx.util.docutils import SphinxDirective

from ...core.validation.faults import Fault
from ...course.config import PREFIX, AwaitConfig
from ..page_language import speak_as_read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_ = get_translation("sphinx_await")


class _Table(SphinxDirective):
    """A table generated from declarations in the code. ``untranslated`` keeps it English on an English page."""

    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {"untranslated": directives.flag}
    widths: ClassVar[tuple[int, ...]]
    #: In percent: LaTeX would leave names that cannot be broken too little room.
    widths_in_print: ClassVar[tuple[int, ...]]

    def run(self) -> list[nodes.Node]:
        """Return the table, and its column widths for print."""
        speak_as_read(self.state.document, self.config)
        heads, *rows = self.rows(str if "untranslated" in self.options else lambda text: str(_(text)))
        table = nodes.table()
        group = nodes.tgroup(cols=len(heads))
        group += [nodes.colspec(colwidth=width) for width in self.widths]
        group += nodes.thead("", self._row(nodes.Text(str(head)) for head in heads))
        body = nodes.tbody()
        body += [self._row(row) for row in rows]
        group += body
        table += group
        spec = "".join(rf"\X{{{width}}}{{100}}" for width in self.widths_in_print)
        return [addnodes.tabular_col_spec(spec=spec), table]

    def rows(self, translate: Callable[[str], str]) -> list[Sequence[nodes.Node | str]]:
        """Return the column heads, then the rows; a string in a row is markup."""
        raise NotImplementedError

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


def _literal(text: str) -> nodes.literal:
    return nodes.literal(text, text)


class AwaitConfigTable(_Table):
    """``await_config``: every ``await_*`` value with its default and meaning."""

    widths = (20, 20, 60)
    widths_in_print = (31, 20, 49)

    def rows(self, translate: Callable[[str], str]) -> list[Sequence[nodes.Node | str]]:
        """Name, default and meaning of each value."""
        heads, cores = _config_words(translate)
        found: list[Sequence[nodes.Node | str]] = [heads]
        defaults = AwaitConfig()
        for one in fields(AwaitConfig):
            # The number of this machine's cores is no default to print.
            default = cores if one.name == "jobs" else repr(getattr(defaults, one.name))
            found.append([_literal(PREFIX + one.name), _literal(default), translate(one.metadata["help"])])
        return found


class AwaitWarningTable(_Table):
    """``await_warnings``: every type of a warning and its meaning."""

    widths = widths_in_print = (31, 69)

    def rows(self, translate: Callable[[str], str]) -> list[Sequence[nodes.Node | str]]:
        """Type and meaning of each warning."""
        found: list[Sequence[nodes.Node | str]] = [_warning_words(translate)]
        found += [[_literal(f"await.{fault}"), translate(fault.meaning)] for fault in Fault]
        return found


def _config_words(_: Callable[[str], str]) -> tuple[tuple[str, str, str], str]:
    """The column heads of the table of values, and the text that replaces the number of cores."""
    return (_("Value"), _("Default"), _("Meaning")), _("the number of cores")


def _warning_words(_: Callable[[str], str]) -> tuple[str, str]:
    """The column heads of the table of warnings."""
    return _("Type"), _("Meaning")
