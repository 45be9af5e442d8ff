"""The picture of a run in a page: in HTML, in EPUB, and for other builders.

:mod:`..core` draws it. The data behind it can be downloaded: the recording, and a trace for Perfetto or Chrome.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import get_translation

from ...core.digest import digest
from ...core.renderers.svg import BOOK_WIDTH, Frame, draw_legend, render_svg
from ...core.timeline.builder import make_timeline
from ...core.timeline.describe import describe, findings, summary, table_head, table_rows
from ...core.timeline.model import Section
from ..names import run_prefix
from ..nodes import await_picture
from .downloads import DOWNLOADS, IMAGES, write_file
from .escaping import escape, size_words
from .failures import cannot_be_shown, warn_of
from .labels import labels, step_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sphinx.builders import Builder
    from sphinx.writers.html5 import HTML5Translator

    from ...core.model.recording import Recording
    from ...core.timeline.labels import Labels
    from ..outcome import PublishableRun

_ = get_translation("sphinx_await")

#: Bytes of a file for download: nobody waits for more, and a site has to hold it.
_MOST_BYTES = 2_000_000
#: The columns of the text of a picture in text and man pages.
_COLUMNS = 76
#: Of the digest in the address of a file that browsers keep.
_DIGITS = 8
#: Of a moment in seconds.
_MOMENT_DIGITS = 4


@dataclass(frozen=True, slots=True)
class ShownRun:
    """One run of a picture: the prefix of its ids and files, its name, its recording, and its section.

    :ivar run: the run itself if a reader can step through it, or play it beside others.
    """

    prefix: str
    name: str
    recording: Recording
    section: Section
    run: PublishableRun | None = None

    @classmethod
    def of(cls, run: PublishableRun, section: Section) -> ShownRun:
        """A run of a picture."""
        return cls(prefix_of(run), run.name, run.recording, section)


def prefix_of(run: PublishableRun) -> str:
    """The prefix of a run's ids and files: plain ASCII, and unique even if documents are merged."""
    return run_prefix(run.docname, run.name)


def picture_of(run: PublishableRun) -> await_picture:
    """The picture of one run; its marks lead to the lines of output above it."""
    section = Section(make_timeline(run.recording, run.lines, shown=run.snippet.shown, source=run.snippet.code))
    shown = replace(ShownRun.of(run, section), run=run)
    words = _("Turns of the generators of %s") if section.timeline.generators else _("Tasks of %s over time")
    label = words % run.name
    return await_picture("", runs=[shown], prefix=shown.prefix, label=label, linked=run.snippet.typed is None)


def marks_of(pictures: Sequence[await_picture]) -> dict[int, tuple[str, str]]:
    """For each line of output that has a mark in the picture: its own id, and the id of the mark."""
    return {
        line: (f"{run.prefix}-l{line}", f"{run.prefix}-m{mark.lines[0]}")
        for picture in pictures
        for run in picture["runs"]
        for lane in run.section.timeline.lanes
        for mark in lane.marks
        for line in mark.lines
    }


def plain_picture(picture: await_picture, output_format: str) -> list[nodes.Node]:
    """The picture for a builder without SVG: a drawing for LaTeX, text and a table for all others."""
    from ...core.renderers.latex import render_latex
    from ...core.renderers.text import render_text as write_text

    words = labels()
    if output_format == "latex":
        source = render_latex([run.section for run in picture["runs"]], words)
        return [nodes.raw(source, source, format="latex")]
    made: list[nodes.Node] = []
    for run in picture["runs"]:
        if run.section.heading:
            total = words.total(run.section.timeline)
            made.append(nodes.paragraph("", f"{run.section.heading} · {total}"))
        text = write_text(run.section.timeline, words, _COLUMNS)
        made.append(nodes.literal_block(text, text, language="none"))
        made += _table(run.section, words)
    return made


def _table(section: Section, words: Labels) -> list[nodes.table]:
    head, rows = table_head(section.timeline, words), table_rows(section.timeline, words)
    if not rows:
        return []
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=width) for width in (15, 9, 14, 26, 13)]
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *map(_row, rows))
    return [nodes.table("", group)]


def _row(cells: Sequence[str]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", cell)) for cell in cells))


def write_html_picture(self: HTML5Translator, node: await_picture) -> None:
    """Write the picture with its legend, findings and table; in an EPUB as an image with a text alternative."""
    sections = [run.section for run in node["runs"]]
    if "caption" in node:
        self.body.append('<figure class="await-compare">')
    written = len(self.body)
    try:
        if self.builder.name == "epub":
            self.body.append(_image(self.builder, node, sections))
        else:
            _write_picture(self, node, sections)
    except Exception as error:  # noqa: BLE001 - one odd recording is not the end of all pages
        del self.body[written:]
        warn_of(", ".join(run.name for run in node["runs"]), error, node)
        self.body.append(f'<p class="await-missing">{escape(cannot_be_shown())}</p>\n')
    if "caption" in node:
        self.body.append(f"<figcaption>{escape(node['caption'])}</figcaption></figure>\n")
    raise nodes.SkipNode


def _write_picture(self: HTML5Translator, node: await_picture, sections: Sequence[Section]) -> None:
    words = labels()
    frame = Frame(node["prefix"], node["label"], linked=node.get("linked", False))
    self.body.append(self.starttag(node, "div", CLASS="await-picture"))
    self.body.append(render_svg(sections, words, frame))
    self.body.append(draw_legend(sections, words, node["prefix"]))
    node["files"] = []
    if "caption" in node:
        self.body.append(_clock(self.builder, node))
    else:
        self.body += [_steps(self.builder, node, run.run, run.section) for run in node["runs"] if run.run is not None]
    found = [_headed(section, text) for section in sections for text in findings(section.timeline, words)]
    if found:
        items = "".join(f"<li>{escape(text)}</li>" for text in found)
        self.body.append(f'<ul class="await-findings">{items}</ul>\n')
    is_first = node.get("first", False)
    words_of_fold = _("How to read it. Table and data") if is_first else _("Table and data")
    self.body.append(f'<details class="await-words"><summary>{escape(words_of_fold)}</summary>\n')
    if is_first:
        self.body.append(_explanation(of_generators=any(section.timeline.generators for section in sections)))
    self.body += [_html_table(run, words) for run in node["runs"]]
    self.body.append(_links(self.builder, node))
    self.body.append("</details>\n")
    if is_first:
        self.body.append(_hint(of_generators=any(section.timeline.generators for section in sections)))
    self.body.append("</div>\n")


def _hint(*, of_generators: bool) -> str:
    """What the page's script shows below the first picture to readers who have used none yet."""
    turns = _("Each row is a generator; the one with the bar has the turn. What is further to the right happens later.")
    tasks = _(
        "Across is time. Where a row has a bar, its task runs; where it has only a line, it waits. "
        "An arrow leads to a task that is made or woken."
    )
    buttons = "".join(
        f'<button type="button" class="{kind}">{escape(text)}</button>'
        for kind, text in (("await-to-fold", _("How to read it")), ("await-close", _("Close")))
    )
    said = escape(turns if of_generators else tasks)
    hint = f'<div class="await-hint" role="note" hidden="hidden"><p>{said}</p>{buttons}</div>'
    return f"<template>{hint}</template>\n"  # without the script there is no button


def _explanation(*, of_generators: bool) -> str:
    """How to read a picture, for those who see their first one."""
    turns = (
        _("Time goes from left to right. The first row is the program; below it, each row is a generator."),
        _("Where a row has a bar, it has the turn. Only one of them has it at a time."),
    )
    tasks = (
        _("Time goes from left to right. The first row is the event loop; below it, each row is a task."),
        _("Where a row has a bar, its task runs. Where it has a line, the task waits for what is written there."),
        _("In one event loop only one task runs at a time. An arrow leads from a task to one that it makes or wakes."),
    )
    marks = _(
        "A dot is a line of output; a number in it says how many lines. "
        "The legend below the picture names every other mark."
    )
    items = "".join(f"<li>{escape(text)}</li>" for text in (*(turns if of_generators else tasks), marks))
    return f'<ul class="await-how">{items}</ul>\n'


def _headed(section: Section, text: str) -> str:
    return f"{section.heading}: {text}" if section.heading else text


def _html_table(run: ShownRun, words: Labels) -> str:
    timeline = run.section.timeline
    caption = escape(_headed(run.section, summary(timeline, words)))
    if not table_rows(timeline, words):
        return ""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in table_head(timeline, words))
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>\n'
        for name, *cells in table_rows(timeline, words)
    )
    return (
        f'<div class="await-scroll" tabindex="0" role="group" aria-label="{caption}"><table>'
        f"<caption>{caption}</caption><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>\n"
    )


def _steps(builder: Any, node: await_picture, run: PublishableRun, section: Section) -> str:
    """Write the steps of a run into a file that is loaded when a reader wants to step through them.

    Returns the place at which the page's script puts its button.
    """
    from ...core.steps.builder import make_steps
    from ...core.steps.words import steps_data, steps_json

    recording, snippet = run.recording, run.snippet
    steps = make_steps(recording, run.lines, shown=snippet.shown, source=snippet.code, timeline=section.timeline)
    text = steps_json(steps_data(steps, labels(), step_labels(), timed_out=recording.timed_out))
    path = write_file(builder, DOWNLOADS, f"{prefix_of(run)}.steps.json", text)
    node["files"].append(path)
    target = posixpath.join(builder.dlpath, posixpath.relpath(path, "_downloads"))
    return f'<div class="await-steps" data-steps="{target}?v={digest(text)[:_DIGITS]}"></div>\n'


def _clock(builder: Any, node: await_picture) -> str:
    """Write what happened in the runs of a comparison into a file that is loaded when a reader wants to play them.

    Returns the place at which the page's script puts its button.
    """
    from ...core.steps.builder import make_steps
    from ...core.steps.words import moment_words, steps_json

    labelled, words, runs = labels(), step_labels(), []
    for one in node["runs"]:
        # Lines take microseconds: on a clock they come with what is next.
        recording = replace(one.recording, lines=(), lines_left_out=False)
        snippet, timeline = one.run.snippet, one.section.timeline
        steps = make_steps(recording, one.run.lines, shown=snippet.shown, source=snippet.code, timeline=timeline)
        moments = [
            [
                round(moment.at, _MOMENT_DIGITS),
                moment_words(steps, index, labelled, words, timed_out=recording.timed_out),
            ]
            for index, moment in enumerate(steps.moments)
        ]
        runs.append({"heading": one.section.heading, "wall": timeline.wall, "moments": moments})
    end = max(one.section.timeline.end for one in node["runs"])
    said = {"play": words.play, "pause": words.pause, "speed": words.speed, "real": words.by_time}
    said |= {"slow": words.by_time_slow, "time": str(_("Moment")), "seconds": labelled.seconds}
    said |= {"together": str(_("Several runs on one clock")), "over": str(_("ended after {duration}"))}
    text = steps_json({"end": end, "runs": runs, "words": said})
    path = write_file(builder, DOWNLOADS, f"{node['prefix']}.clock.json", text)
    node["files"].append(path)
    target = posixpath.join(builder.dlpath, posixpath.relpath(path, "_downloads"))
    return f'<div class="await-steps" data-clock="{target}?v={digest(text)[:_DIGITS]}"></div>\n'


def _image(builder: Builder, node: await_picture, sections: Sequence[Section]) -> str:
    words = labels()
    text = render_svg(sections, words, Frame(node["prefix"], node["label"], alone=True, width=BOOK_WIDTH))
    path = write_file(builder, IMAGES, f"{node['prefix']}.svg", text)
    node["files"] = [path]
    text_form = " ".join(_headed(section, describe(section.timeline, words)) for section in sections)
    source = posixpath.join(builder.imgpath, posixpath.relpath(path, "_images"))
    return f'<p class="await-picture"><img src="{source}" alt="{escape(node["label"])}. {escape(text_form)}" /></p>\n'


def _links(builder: Any, node: await_picture) -> str:
    """Write the files for download, and link to them."""
    from ...core.renderers.trace_events import render_trace

    items = []
    for run in node["runs"]:
        lead = f"{run.section.heading}: " if run.section.heading else ""
        files = {
            f"{run.prefix}.json": (_("Recording (JSON)"), run.recording.to_json()),
            f"{run.prefix}.trace.json": (_("Trace for Perfetto and Chrome"), render_trace(run.recording, run.name)),
        }
        for name, (words, text) in files.items():
            if (size := len(text.encode())) > _MOST_BYTES:
                left_out = _("%(what)s: left out, since it has %(size)s") % {"what": words, "size": size_words(size)}
                items.append(f"<li>{escape(lead + left_out)}</li>")
                continue
            path = write_file(builder, DOWNLOADS, name, text)
            node["files"].append(path)
            target = posixpath.join(builder.dlpath, posixpath.relpath(path, "_downloads"))
            items.append(f'<li><a download="" href="{target}">{escape(lead + words)}</a></li>')
    return f'<ul class="await-files">{"".join(items)}</ul>\n'
