"""``exec_index``: a list of all runs, or of those of some pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sphinx.util.docutils import SphinxDirective
from sphinx.util.matching import Matcher

from ...course.entries import RunIndex
from ..domain import domain_of, note_mistake
from ..nodes import await_index
from .exec_code import place_of

if TYPE_CHECKING:
    from docutils import nodes


class ExecIndex(SphinxDirective):
    """The place of an index; its argument is globs of documents."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """A node that the runs will fill; a pattern that cannot be understood is a mistake."""
        patterns = tuple(" ".join(self.arguments).split())
        file, line = place_of(self)
        try:
            Matcher(patterns)
        except re.error as error:
            note_mistake(self.env, file, line, f"exec_index: a pattern that cannot be understood: {error}")
            return []
        docname = self.env.current_document.docname
        domain_of(self.env).note_index(RunIndex(docname, patterns, file, line))
        node = await_index("", docname=docname, patterns=patterns)
        self.set_source_info(node)
        return [node]
