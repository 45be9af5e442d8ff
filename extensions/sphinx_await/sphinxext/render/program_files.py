"""``exec_downloads`` in HTML: the programs of a page as files, linked where their author wants them."""

from __future__ import annotations

import posixpath
from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from ...core.validation.faults import Fault
from ...course.program_files import archive, notebook, program_files
from ..build_session import session_of
from ..config import FOR_TRANSLATORS
from ..domain import domain_of
from ..nodes import await_downloads
from .downloads import DOWNLOADS, write_file

if TYPE_CHECKING:
    from sphinx.writers.html5 import HTML5Translator

_ = get_translation("sphinx_await")
logger = logging.getLogger(__name__)


class PlainDownloads(SphinxPostTransform):
    """Leaves downloads out of what is no site: a book has no place for files."""

    def run(self, **_kwargs: object) -> None:
        """Remove them."""
        session = session_of(self.env)
        if session.builder == FOR_TRANSLATORS or (session.format == "html" and session.builder != "epub"):
            return
        for node in list(self.document.findall(await_downloads)):
            node.parent.remove(node)


def visit_downloads(self: HTML5Translator, node: await_downloads) -> None:
    """Write the files and link to them."""
    env, builder, docname = self.builder.env, self.builder, node["docname"]
    domain = domain_of(env)
    exercises = [one for one in domain.exercises() if one.docname == docname]
    files = program_files(
        domain.snippets_of(docname),
        docname,
        session_of(env).config,
        left_out={name for one in exercises for name in one.programs},
        asked={one.run for one in domain.predictions() if one.docname == docname},
    )
    node["files"] = []
    if not files:
        message = "exec_downloads: this page has no program that readers may have"
        logger.warning(message, location=node, type="await", subtype=Fault.REFERENCE)
        raise nodes.SkipNode
    stem, title = posixpath.basename(docname), env.titles[docname].astext() if docname in env.titles else docname
    offered = [
        (f"{stem}.zip", _("All programs of this page (ZIP)"), archive(files)),
        (f"{stem}.ipynb", _("The same as a notebook (Jupyter)"), notebook(files, title).encode()),
        *((file.name, file.name, file.text.encode()) for file in files),
    ]
    items = []
    for name, words, content in offered:
        path = write_file(builder, DOWNLOADS, f"await-{name}", content)
        node["files"].append(path)
        target = posixpath.join(builder.dlpath, posixpath.relpath(path, "_downloads"))
        items.append(f'<li><a download="{escape(name)}" href="{escape(target)}">{escape(str(words))}</a></li>\n')
    self.body.append(self.starttag(node, "ul", CLASS="await-files"))
    self.body += [*items, "</ul>\n"]
    raise nodes.SkipNode
