"""``exec_index``: a list of all runs, or of those of some pages. ``exec_progress``: the same of exercises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from sphinx.util.docutils import SphinxDirective
from sphinx.util.matching import Matcher

from ...course.entries import RunIndex
from ..domain import domain_of, note_mistake
from ..nodes import await_downloads, await_index, await_progress
from .exec_code import place_of

if TYPE_CHECKING:
    from docutils import nodes


class _ExecList(SphinxDirective):
    """A directive that is replaced by a list of runs or of exercises; its argument is globs of documents."""

    of_exercises: ClassVar[bool] = False
    node_type: ClassVar[type[nodes.Element]]

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """A node that will be filled; a pattern that cannot be understood is a mistake."""
        patterns = tuple(" ".join(self.arguments).split())
        file, line = place_of(self)
        try:
            Matcher(patterns)
        except re.error as error:
            note_mistake(self.env, file, line, f"{self.name}: a pattern that cannot be understood: {error}")
            return []
        docname = self.env.current_document.docname
        domain_of(self.env).note_index(RunIndex(docname, patterns, file, line, self.of_exercises))
        node = self.node_type("", docname=docname, patterns=patterns)
        self.set_source_info(node)
        return [node]


class ExecIndex(_ExecList):
    """The place of an index of runs."""

    node_type = await_index


class ExecDownloads(SphinxDirective):
    """The place of the programs of this page as files."""

    def run(self) -> list[nodes.Node]:
        """A node that will be filled."""
        node = await_downloads("", docname=self.env.current_document.docname)
        self.set_source_info(node)
        return [node]


class ExecProgress(_ExecList):
    """The place of a list of pages with exercises, with how many of these the reader has solved."""

    of_exercises = True
    node_type = await_progress
