"""Fills indexes of runs: a table with a link to each run, its time, and its state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..build_session import session_of
from ..config import FOR_TRANSLATORS
from ..domain import HOME, RUN
from ..nodes import await_index
from ..run_index import shown_rows
from .labels import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.timeline.labels import Labels
    from ..run_index import IndexRow, RunState

_ = get_translation("sphinx_await")

_WIDTHS = (30, 30, 12, 28)


class FillIndexes(SphinxPostTransform):
    """Puts a table in the place of each index, in every builder's own form of tables and links."""

    def run(self, **_kwargs: Any) -> None:
        """Fill every index of the document."""
        if session_of(self.env).builder == FOR_TRANSLATORS:
            return
        for node in list(self.document.findall(await_index)):
            rows = shown_rows(self.env, node["patterns"])
            filled = (
                self._table(node["docname"], rows) if rows else nodes.paragraph("", str(_("No program runs here.")))
            )
            node.replace_self(filled)

    def _table(self, docname: str, rows: Sequence[tuple[IndexRow, RunState]]) -> nodes.table:
        words = labels()
        group = nodes.tgroup(cols=len(_WIDTHS))
        group += [nodes.colspec(colwidth=width) for width in _WIDTHS]
        heads = (_("Program"), _("Page"), _("Time"), _("State"))
        group += nodes.thead("", _row([nodes.Text(str(head)) for head in heads]))
        group += nodes.tbody("", *(self._run(docname, row, state, words) for row, state in rows))
        return nodes.table("", group, classes=["await-index"])

    def _run(self, docname: str, row: IndexRow, state: RunState, words: Labels) -> nodes.row:
        # Sphinx resolves it next, by our domain.
        link: dict[str, Any] = {"refdomain": "await", "reftype": RUN, "reftarget": row.name, "refdoc": docname}
        to_run = pending_xref("", nodes.literal(row.name, row.name), **link, refexplicit=True, refwarn=True)
        to_run[HOME] = row.docname
        time = "—" if state.wall is None else words.duration(state.wall)
        said: nodes.Node = nodes.Text(_state_words(state))
        if state.wrong:
            said = nodes.strong("", "", said)
        return _row([to_run, nodes.Text(row.title), nodes.Text(time), said])


def _state_words(state: RunState) -> str:
    if state.wall is None:
        return str(_("not run"))
    if state.wrong:
        return str(_("failed"))
    said = str(_("ended by %s, as it must") % state.raised) if state.raised else str(_("as expected"))
    if state.hung:
        said = str(_("never ended, as it must"))
    if state.waited is not None:
        said += " · " + str(_("%.3f s of waiting for a processor") % state.waited)
    return said


def _row(cells: Sequence[nodes.Node]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))
