"""Fills references to runs: comparisons on one time axis, and values in sentences."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform

from ...core.digest import digest
from ...core.errors import OptionError
from ...core.text.xml_characters import plain
from ..build_session import referred_run, session_of
from ..config import FOR_TRANSLATORS, WITHOUT_RUNS
from ..nodes import RATIO_TO, RUN_OF, VALUE, await_compare, await_compared, await_picture
from .labels import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.timeline.labels import Labels
    from ...core.validation.run_values import RunValue
    from ..outcome import PublishableRun

_ = get_translation("sphinx_await")

_DIGITS = 8
_NO_VALUE = "—"
#: From so many times on, a ratio has no decimals.
_MANY_TIMES = 10


class FillReferences(SphinxPostTransform):
    """Puts values into sentences and recordings into comparisons."""

    def run(self, **_kwargs: Any) -> None:
        """Fill every reference of the document."""
        if session_of(self.env).builder == FOR_TRANSLATORS:
            return
        words = labels()
        for inline in list(self.document.findall(nodes.inline)):
            if RUN_OF in inline:
                inline[:] = [nodes.Text(self._text_of(inline, words))]
        for number, node in enumerate(list(self.document.findall(await_compare)), 1):
            found = self._found(node)
            node.replace_self([*self._nodes(node, number, found), *self._note(node, found)])

    def _text_of(self, inline: nodes.inline, words: Labels) -> str:
        """What a sentence says of a run, or of two."""
        run = referred_run(self.env, inline["await_docname"], inline[RUN_OF])
        if RATIO_TO not in inline:
            return _value_text(inline[VALUE], run, words)
        return _ratio_text(run, referred_run(self.env, inline["await_docname"], inline[RATIO_TO]))

    def _nodes(self, node: await_compare, number: int, found: Sequence[_Compared]) -> list[nodes.Node]:
        """The nodes of a comparison for this builder; ``number`` distinguishes it from others in its document."""
        from .picture import plain_picture

        if not found:
            return []
        picture = _picture(node, number, found)
        session = session_of(self.env)
        if session.format == "html":
            return [picture]
        words = nodes.paragraph("", "", nodes.emphasis("", node["caption"]))
        caption = [nodes.container("", words, classes=["await-caption"])] if node["caption"] else []
        return [*plain_picture(picture, session.format), *caption]

    def _found(self, node: await_compare) -> list[_Compared]:
        """The runs that were recorded."""
        return [
            _Compared(one["name"], one["heading"] or one["name"], run)
            for one in node.findall(await_compared)
            if (run := referred_run(self.env, node["docname"], one["name"]))
        ]

    def _note(self, node: await_compare, found: Sequence[_Compared]) -> list[nodes.Node]:
        """A sentence that names the runs that were not recorded."""
        shown, runs = {one.name for one in found}, [*node.findall(await_compared)]
        headings = Counter(one["heading"] for one in runs)
        missing = []
        for one in runs:
            if one["name"] not in shown:
                heading = one["heading"] or one["name"]
                missing.append(f"{heading} ({one['name']})" if headings[heading] > 1 else heading)
        if not missing or session_of(self.env).builder in WITHOUT_RUNS:
            return []
        words = _("Not compared, since not recorded: %s") % ", ".join(missing)
        return [nodes.container("", nodes.paragraph("", words), classes=["await-missing"])]


def _value_text(value: RunValue, run: PublishableRun | None, words: Labels) -> str:
    """What a sentence says of a run; a dash if there is no run, or no such value of it, which the build reported."""
    if run is None:
        return _NO_VALUE
    try:
        found = value.of(run.recording, run.printed)
    except OptionError:
        return _NO_VALUE
    return words.duration(found) if isinstance(found, float) else plain(found)


def _ratio_text(run: PublishableRun | None, other: PublishableRun | None) -> str:
    """How many times as long one run took as another; a dash if one of them is missing."""
    if run is None or other is None or not other.recording.wall:
        return _NO_VALUE
    ratio = run.recording.wall / other.recording.wall
    digits = 0
    if 0 < ratio < _MANY_TIMES:  # two that say something: 2.1, 0.43, 0.0043
        digits = 1 - math.floor(math.log10(ratio))
    return str(_("%s times")) % f"{ratio:.{digits}f}"


@dataclass(frozen=True, slots=True)
class _Compared:
    """A run of a comparison, its name, and its heading in the picture."""

    name: str
    heading: str
    run: PublishableRun


def _picture(node: await_compare, number: int, found: Sequence[_Compared]) -> await_picture:
    """The picture of several runs on one axis."""
    from ...core.timeline.builder import COMPARED_LANES, end_of, make_timeline
    from ...core.timeline.model import Section
    from .picture import ShownRun

    end = max(end_of(one.run.recording) for one in found)
    runs = []
    for one in found:
        shown = one.run.snippet.shown
        source = one.run.snippet.code
        timeline = make_timeline(one.run.recording, shown=shown, end=end, most=COMPARED_LANES, source=source)
        runs.append(replace(ShownRun.of(one.run, Section(timeline, one.heading)), run=one.run))
    # Its ids are unique where documents are merged, too, and where a page compares the same runs twice.
    prefix = f"await-compared-{digest(node['docname'])[:_DIGITS]}-{number}"
    label = _("Compared on one time axis: %s") % ", ".join(run.section.heading for run in runs)
    return await_picture("", runs=runs, prefix=prefix, label=label, caption=node["caption"])
