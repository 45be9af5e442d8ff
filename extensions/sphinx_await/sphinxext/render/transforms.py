"""Puts recordings into pages: each run's place of output is filled, and what was measured is said below.

HTML gets nodes of its own (drawn in :mod:`.html`). Every other builder gets plain docutils nodes with the same
facts, so a builder that nobody thought of shows them too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util._lines import parse_line_num_spec

from ..domain import domain_of
from ..nodes import (
    await_code,
    await_exercise,
    await_facts,
    await_figure,
    await_fold,
    await_outputs,
    await_picture,
    await_run,
    place_in,
    runs_in,
)
from .live import live_of

if TYPE_CHECKING:
    from ...core.model.recording import Recording
    from ...core.model.snippet import Snippet
    from ...core.text.output_lines import OutputLine
    from ..outcome import Outcome

_ = get_translation("sphinx_await")


class _Fill(SphinxPostTransform):
    """Replaces each run by what :meth:`shown` makes of it."""

    def run(self, **_kwargs: Any) -> None:
        """Fill every run of the document."""
        domain = domain_of(self.env)
        for node, snippet in list(runs_in(self.document)):
            outcome = domain.outcome(node["docname"], snippet.name)
            if outcome is None:  # nothing was run: the code stands alone
                _remove_place(node)
                node.replace_self(node.children)
            else:
                node.replace_self(self.shown(node, snippet, outcome))

    def shown(self, node: await_run, snippet: Snippet, outcome: Outcome) -> list[nodes.Node]:
        raise NotImplementedError


class PlainExercises(SphinxPostTransform):
    """For builders other than those of HTML: an exercise is its parts, with headings that fold nothing."""

    default_priority = 8

    def run(self, **_kwargs: Any) -> None:
        """Replace what only HTML knows."""
        if self.app.builder.format == "html":
            return
        for fold in list(self.document.findall(await_fold)):
            _unfold(fold, fold["summary"])
        for exercise in list(self.document.findall(await_exercise)):
            _unfold(exercise, exercise["title"])


def _unfold(node: nodes.Element, title: str) -> None:
    heading = [nodes.paragraph("", "", nodes.strong("", title))] if title else []
    node.replace_self(nodes.container("", *heading, *node.children, classes=["await-exercise"]))


class FillHtml(_Fill):
    """For the builders that write HTML."""

    default_priority = 10
    formats = ("html",)

    def shown(self, node: await_run, snippet: Snippet, outcome: Outcome) -> list[nodes.Node]:
        """One figure a run: code, output line by line with moments, what was measured."""
        from .picture import marks_of  # only for pages that are written
        from .publish import publishable, shown_lines

        lines = shown_lines(outcome)
        recording = publishable(outcome, lines)
        names = [task.name for task in recording.tasks]
        place = _place_for(node, lines)
        picture = _picture(node, snippet, recording, lines)
        if place:
            block = await_outputs(
                "",
                lines=[
                    (line.at, line.stream, None if line.task is None else names[line.task], line.text) for line in lines
                ],
                language=place["language"],
                linenos=bool(place.get("linenos")),
                emphasized=_emphasized(place, len(lines)),
                label=_("Output of %s") % snippet.name,
                # A book has the picture as an image, in which there is nothing to lead to.
                marks={} if self.app.builder.name == "epub" else marks_of(picture),
            )
            block.update_basic_atts(place)
            place.replace_self(block)
        problems = _problems(outcome)
        if not node.children and not problems and not picture:
            return []
        figure = await_figure("", name=snippet.name, wall=recording.wall, failed=bool(problems))
        parts = [child if _is_output(child) else _code(child, snippet) for child in node.children]
        code = [child for child in parts if isinstance(child, await_code)]
        checks = node.get("checks", ())
        offered = live_of(self.app, node["docname"], snippet, outcome, checks) if code else []
        figure += [*code, *offered, *parts[len(code) :], *problems, *picture, await_facts("", "", *_facts(recording))]
        return [figure]


class FillPlain(_Fill):
    """For all other builders."""

    default_priority = 11  # what FillHtml left

    def shown(self, node: await_run, snippet: Snippet, outcome: Outcome) -> list[nodes.Node]:
        """Code, output under a label and with a column of moments, and a paragraph of what was measured."""
        from .picture import plain_picture
        from .publish import publishable, shown_lines

        lines = shown_lines(outcome)
        place = _place_for(node, lines)
        picture = _picture(node, snippet, publishable(outcome, lines), lines)
        if place:
            text = "\n".join(map(_row, lines))
            place.rawsource = text
            place[:] = [nodes.Text(text)]
            place["language"] = "none"
            whole = _with_caption(node, place)
            whole.parent.insert(whole.parent.index(whole), _label(lines))
        problems = _problems(outcome)
        if not node.children and not problems and not picture:
            return []
        facts = nodes.paragraph("", "", *_facts(outcome.recording))
        drawn = [shown for one in picture for shown in plain_picture(one, self.app.builder)]
        return [*node.children, *problems, *drawn, nodes.container("", facts, classes=["await-facts"])]


def _label(lines: list[OutputLine]) -> nodes.container:
    """What stands between code and output, and says what the column of numbers is."""
    words = _("Output (seconds from the start):")
    if any(line.stream == "stderr" for line in lines):
        words = _("Output (seconds from the start; ! marks standard error):")
    return nodes.container("", nodes.paragraph("", str(words)), classes=["await-label"])


def _is_output(node: nodes.Node) -> bool:
    """Whether it is the output, alone or with its caption."""
    return any(node.findall(await_outputs))


def _code(node: nodes.Node, snippet: Snippet) -> await_code:
    return await_code("", node, label=_("Code of %s") % snippet.name)


def _picture(node: await_run, snippet: Snippet, recording: Recording, lines: list[OutputLine]) -> list[await_picture]:
    """The picture of a run, if it has one. Where neither code nor output is shown, it must be asked for."""
    from .picture import is_pictured, picture_of

    if not is_pictured(snippet, recording) or not (node.children or snippet.options.timeline):
        return []
    return [picture_of(node["docname"], snippet, recording, lines)]


def _place_for(node: await_run, lines: list[OutputLine]) -> nodes.literal_block | None:
    """The place of output; without lines it goes."""
    if not lines:
        _remove_place(node)
    return place_in(node)


def _remove_place(node: await_run) -> None:
    """Take the place of output out, with its caption if it has one."""
    if (place := place_in(node)) is not None:
        whole = _with_caption(node, place)
        whole.parent.remove(whole)


def _with_caption(node: await_run, place: nodes.literal_block) -> nodes.Element:
    """The place of output, or what holds it and its caption."""
    return place if place.parent is node else place.parent


def _emphasized(place: nodes.literal_block, count: int) -> list[int]:
    """The numbers of the lines that ``emphasize-lines_output`` names."""
    if spec := place.get("await_emphasize"):
        return [index + 1 for index in parse_line_num_spec(spec, count) if index < count]
    return []


def _row(line: OutputLine) -> str:
    mark = "!" if line.stream == "stderr" else " "
    return f"{line.at:7.3f} {mark} {line.text}"


def _problems(outcome: Outcome) -> list[nodes.error]:
    """What is wrong, plain to see: a page that is written in spite of it must not look right."""
    if not outcome.problems:
        return []
    from ...core.text.messages import format_message
    from .publish import redact

    texts = (redact(format_message(problem.words, _), outcome) for problem in outcome.problems)
    return [
        nodes.error("", nodes.paragraph("", f"{outcome.snippet.name}: {first}"), *_detail(rest))
        for first, _newline, rest in (text.partition("\n") for text in texts)
    ]


def _detail(text: str) -> list[nodes.literal_block]:
    return [nodes.literal_block(text, text, language="none")] if text else []


def _facts(recording: Recording) -> list[nodes.Node]:
    """What was measured, where and when; and who answered in the place of the hosts."""
    import datetime
    import statistics

    started = datetime.datetime.fromisoformat(recording.started).strftime("%Y-%m-%d %H:%M UTC")
    wall = _("%.3f s") % recording.wall
    sentences = [f"{wall} · {recording.python}, {recording.platform} · {started}"]
    if recording.repeats:
        low, high = min(recording.repeats), max(recording.repeats)
        median = statistics.median(recording.repeats)
        words = _("median of %d runs %.3f s, from %.3f to %.3f s")
        sentences.append(words % (len(recording.repeats), median, low, high))
    if recording.truncated:
        sentences.append(_("It printed more than is kept."))
    if recording.network:
        sentences.append(_("This program could reach the real network."))
    if recording.stand_ins:
        hosts = ", ".join(_("%s after %.2f s") % (one.host, one.delay) for one in recording.stand_ins)
        sentences.append(_("Stand-ins answered, not the real hosts: %s.") % hosts)
    return [nodes.Text(" · ".join(map(str, sentences)))]  # translated only when they are made a str
