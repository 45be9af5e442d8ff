"""Shows what an author writes beside what it becomes: the directive ``source_beside``.

Its content is on the page twice: as code, and as what it means.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

#: The language of what authors write, by the ends of the names of documents.
_LANGUAGES = {".md": "markdown", ".rst": "rst"}


class SourceBeside(SphinxDirective):
    """``source_beside``: its content as code, and what it becomes."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a box with both; a theme sets them side by side."""
        self.assert_has_content()
        text = "\n".join(self.content)
        source = nodes.literal_block(text, text, classes=["source-beside-source"])
        source["language"] = _LANGUAGES.get(Path(self.env.doc2path(self.env.docname)).suffix, "none")
        self.set_source_info(source)
        result = nodes.container(classes=["source-beside-result"])
        self.state.nested_parse(self.content, self.content_offset, result)
        return [nodes.container("", source, result, classes=["source-beside"])]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive to a Sphinx application."""
    app.add_directive("source_beside", SourceBeside)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
