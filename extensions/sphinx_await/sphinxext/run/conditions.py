"""Which runs a builder shows: those in the `only` and `ifconfig` of other builds do not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import new_document

from ..domain import domain_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from ...course.entries import Condition, SnippetEntry


def hidden_runs(app: Sphinx) -> frozenset[tuple[str, str]]:
    """Documents and names of the runs that the builder of an application does not show."""
    domain = domain_of(app.env)
    return frozenset(
        (docname, entry.snippet.name)
        for docname in domain.conditional_documents()
        for entry in domain.snippets_of(docname)
        if not is_shown(app, docname, entry)
    )


def is_shown(app: Sphinx, docname: str, entry: SnippetEntry) -> bool:
    """Whether the builder of an application shows a snippet."""
    return all(_is_met(app, docname, condition) for condition in entry.conditions)


def _is_met(app: Sphinx, docname: str, condition: Condition) -> bool:
    if condition.kind == "only":
        try:
            return app.tags.eval_condition(condition.expression)
        except Exception:  # noqa: BLE001 - Sphinx reports it when it writes the page, and shows the content
            return True
    # Sphinx's own function decides, on a document that holds nothing else.
    from sphinx.ext.ifconfig import ifconfig, process_ifconfig_nodes

    node = ifconfig("", nodes.paragraph())
    node["expr"] = condition.expression
    document = new_document("")
    document += node
    process_ifconfig_nodes(app, document, docname)
    return any(document.findall(nodes.paragraph))
