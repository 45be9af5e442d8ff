"""Runs that are spoken of elsewhere: ``exec_compare`` sets them on one time axis, ``exec_time`` says their time."""

from __future__ import annotations

import os.path
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective, SphinxRole

from ..engine.settings import digest
from .domain import domain_of
from .labels import labels
from .nodes import await_compare, await_picture

if TYPE_CHECKING:
    from docutils.nodes import Node, system_message
    from sphinx.environment import BuildEnvironment

_ = get_translation("sphinx_await")

#: Where several runs share a picture, each may have so many lanes of tasks.
_MOST_LANES = 8
_DIGITS = 8
#: An inline node has this attribute: the name of the run whose time it says.
TIME_OF = "await_time_of"


class ExecCompare(SphinxDirective):
    """``exec_compare``: a line for each run, its name and then what it is called in the picture."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """The node that the runs' recordings will fill."""
        docname = self.env.current_document.docname
        lines = [line.split(maxsplit=1) for line in self.content if line.strip()]
        lines += [[name] for argument in self.arguments for name in argument.split()]
        if not lines:
            raise self.error(_("exec_compare: the names of the runs are missing"))
        source, line = self.get_source_info()
        for name, *_heading in lines:
            refer_to(self.env, docname, name, source, line)
        runs = [(name, heading[0].strip() if heading else name) for name, *heading in lines]
        node = await_compare("", runs=runs, docname=docname, caption=self.options.get("caption", ""))
        self.set_source_info(node)
        return [node]


class ExecTime(SphinxRole):
    """``exec_time``: the measured time of a run, in a sentence."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """An inline node that the time will fill."""
        docname = self.env.current_document.docname
        refer_to(self.env, docname, self.text.strip(), *self.get_source_info())
        node = nodes.inline(self.rawtext, self.text, classes=["await-time-of"])
        node[TIME_OF], node["await_docname"] = self.text.strip(), docname
        return [node], []


def refer_to(env: BuildEnvironment, docname: str, name: str, source: str | None, line: int) -> None:
    """Remember that a document speaks of a run."""
    path = os.path.relpath(os.path.abspath(source or env.doc2path(docname)), env.srcdir)
    domain_of(env).note_reference(docname, name, Path(path).as_posix(), line)


class FillReferences(SphinxPostTransform):
    """Puts times into sentences and recordings into comparisons."""

    default_priority = 9  # before the runs themselves: pictures are as good as filled

    def run(self, **_kwargs: Any) -> None:
        """Fill every reference of the document."""
        from .picture import plain_picture  # only for pages that are written

        words = labels()
        domain = domain_of(self.env)
        for inline in list(self.document.findall(nodes.inline)):
            if TIME_OF in inline:
                outcome = domain.referred(inline["await_docname"], inline[TIME_OF])
                text = words.duration(outcome.recording.wall) if outcome else "—"
                inline[:] = [nodes.Text(text)]
        for node in list(self.document.findall(await_compare)):
            picture = self._picture(node)
            if picture is None:
                node.parent.remove(node)
            elif self.app.builder.format == "html":
                node.replace_self(picture)
            else:
                caption = [nodes.paragraph("", "", nodes.emphasis("", node["caption"]))] if node["caption"] else []
                node.replace_self([*plain_picture(picture, self.app.builder), *caption])

    def _picture(self, node: await_compare) -> await_picture | None:
        """The runs that there are on one axis."""
        from ..core.svg import Section
        from ..core.timeline import end_of, make_timeline
        from .picture import Shown, prefix_of

        domain = domain_of(self.env)
        found = [
            (home, name, heading, outcome.recording)
            for name, heading in node["runs"]
            if (home := domain.home_of(node["docname"], name)) and (outcome := domain.outcome(home, name))
        ]
        if not found:
            return None
        end = max(end_of(recording) for *_names, recording in found)
        runs = [
            Shown(prefix_of(home, name), name, recording, Section(timeline, heading))
            for home, name, heading, recording in found
            for timeline in [make_timeline(recording, end=end, most=_MOST_LANES)]
        ]
        names = " ".join([node["docname"], *(name for name, _heading in node["runs"])])
        prefix = f"await-compared-{digest(names)[:_DIGITS]}"
        label = _("Compared on one time axis: %s") % ", ".join(run.section.heading for run in runs)
        return await_picture("", runs=runs, prefix=prefix, label=label, caption=node["caption"])
