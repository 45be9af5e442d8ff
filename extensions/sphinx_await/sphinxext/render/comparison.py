"""Fills references to runs: comparisons on one time axis, and times in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform

from ...core.digest import digest
from ..config import WITHOUT_RUNS
from ..domain import domain_of
from ..nodes import TIME_OF, await_compare, await_picture
from .labels import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..outcome import Outcome

_ = get_translation("sphinx_await")

#: Where several runs share a picture, each may have so many lanes of tasks.
_MOST_LANES = 8
_DIGITS = 8


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
        from ...core.timeline.builder import end_of, make_timeline
        from ...core.timeline.model import Section
        from .picture import ShownRun, prefix_of
        from .publish import publishable, shown_lines

        told = [publishable(outcome, shown_lines(outcome)) for *_names, outcome in found]
        end = max(map(end_of, told))
        runs = [
            ShownRun(prefix_of(home, name), name, recording, Section(timeline, heading))
            for (home, name, heading, outcome), recording in zip(found, told, strict=True)
            for timeline in [make_timeline(recording, shown=outcome.snippet.shown, end=end, most=_MOST_LANES)]
        ]
        # Its ids stand once where documents are merged, too, and where a page compares the same runs twice.
        prefix = f"await-compared-{digest(node['docname'])[:_DIGITS]}-{number}"
        label = _("Compared on one time axis: %s") % ", ".join(run.section.heading for run in runs)
        return await_picture("", runs=runs, prefix=prefix, label=label, caption=node["caption"])
