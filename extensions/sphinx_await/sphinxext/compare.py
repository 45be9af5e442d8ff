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
from .course import WITHOUT_RUNS
from .domain import domain_of
from .labels import labels
from .nodes import await_compare, await_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docutils.nodes import Node, system_message
    from sphinx.environment import BuildEnvironment

    from .outcome import Outcome

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
        words = labels()
        domain = domain_of(self.env)
        for inline in list(self.document.findall(nodes.inline)):
            if TIME_OF in inline:
                outcome = domain.referred(inline["await_docname"], inline[TIME_OF])
                text = words.duration(outcome.recording.wall) if outcome else "—"
                inline[:] = [nodes.Text(text)]
        for number, node in enumerate(list(self.document.findall(await_compare)), 1):
            node.replace_self([*self._shown(node, number), *self._note(node)])

    def _shown(self, node: await_compare, number: int) -> list[nodes.Node]:
        """What stands for a comparison in this builder's pages; ``number`` tells it from others of its document."""
        from .picture import plain_picture

        if not (found := self._found(node)):
            return []
        picture = self._picture(node, number, found)
        if self.app.builder.format == "html":
            return [picture]
        caption = [nodes.paragraph("", "", nodes.emphasis("", node["caption"]))] if node["caption"] else []
        return [*plain_picture(picture, self.app.builder), *caption]

    def _found(self, node: await_compare) -> list[tuple[str, str, str, Outcome]]:
        """The runs that there are: document, name, heading, and what each came to."""
        domain = domain_of(self.env)
        return [
            (home, name, heading, outcome)
            for name, heading in node["runs"]
            if (home := domain.home_of(node["docname"], name)) and (outcome := domain.outcome(home, name))
        ]

    def _note(self, node: await_compare) -> list[nodes.Node]:
        """A word on those that there are not, where readers would look for them."""
        found = [heading for _home, _name, heading, _outcome in self._found(node)]
        missing = [heading for _name, heading in node["runs"] if heading not in found]
        if not missing or self.app.builder.name in WITHOUT_RUNS:
            return []
        words = _("Not compared, since not recorded: %s") % ", ".join(missing)
        return [nodes.container("", nodes.paragraph("", words), classes=["await-missing"])]

    def _picture(
        self, node: await_compare, number: int, found: Sequence[tuple[str, str, str, Outcome]]
    ) -> await_picture:
        """The runs that there are on one axis."""
        from ..core.svg import Section
        from ..core.timeline import end_of, make_timeline
        from .picture import Shown, prefix_of
        from .shown import published, shown_lines

        told = [published(outcome, shown_lines(outcome)) for *_names, outcome in found]
        end = max(map(end_of, told))
        runs = [
            Shown(prefix_of(home, name), name, recording, Section(timeline, heading))
            for (home, name, heading, outcome), recording in zip(found, told, strict=True)
            for timeline in [make_timeline(recording, shown=outcome.snippet.shown, end=end, most=_MOST_LANES)]
        ]
        # Its ids stand once where documents are merged, too, and where a page compares the same runs twice.
        prefix = f"await-compared-{digest(node['docname'])[:_DIGITS]}-{number}"
        label = _("Compared on one time axis: %s") % ", ".join(run.section.heading for run in runs)
        return await_picture("", runs=runs, prefix=prefix, label=label, caption=node["caption"])
