"""Sections are linked to by slugs, which say what they are about and stay when another section comes before them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_NUMBERED = re.compile(r"id\d+")


def put_slugs_first(app: Sphinx, document: nodes.document) -> None:
    """On ``doctree-read``: make MyST's slug the first identifier of each section.

    The first one is that of its permalink and of all tables of contents. The others stay as anchors, so that old links
    lead to something. docutils' own leave Hangul out: they are ``vs`` or, where nothing is left, a number.
    """
    replaced: dict[str, str] = {}
    for section in document.findall(nodes.section):
        names: list[str] = section["ids"]
        slug = section.get("slug", "")
        if slug and not re.search(r"\s", slug) and document.ids.get(slug) in (None, section):
            document.ids[slug] = section
            better: str | None = slug
        else:
            better = next((name for name in names if not _NUMBERED.fullmatch(name)), None)
        if better and names and names[0] != better:
            replaced[names[0]] = better
            section["ids"] = [better, *(name for name in names if name != better)]
    for reference in document.findall(nodes.reference):
        if reference.get("refid") in replaced:
            reference["refid"] = replaced[reference["refid"]]
    # Where MyST keeps what links from other documents lead to.
    slugs = app.env.metadata[app.env.current_document.docname].get("myst_slugs", {})
    for name, (line, first, title) in slugs.items():
        slugs[name] = (line, replaced.get(first, first), title)
