"""Puts runs into pages: fills the placeholder of the output, and adds the measurements.

HTML gets nodes of its own (drawn in :mod:`.html`). Every other builder gets plain docutils nodes with the same
facts, so an unknown builder shows them, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform

from ...core.model.displays import IMAGES, PLAIN
from ...core.timeline.presence import has_picture, why_no_timeline
from ..build_session import run_of, session_of
from ..config import FOR_TRANSLATORS
from ..nodes import (
    await_answer,
    await_code,
    await_display,
    await_exercise,
    await_facts,
    await_feedback,
    await_figure,
    await_fold,
    await_indexed,
    await_live,
    await_outputs,
    await_picture,
    await_predict,
    await_run,
    code_in,
    code_of,
    place_in,
)
from ..words import left_out
from .displays import alternative, content_node, display_node, image_node
from .failures import cannot_be_shown, warn_of
from .live import Offered, live_of, tell_equal_programs_apart
from .live_files import is_live
from .output_places import dedented, emphasized_lines, fill_with_rows, in_order, remove_place, with_caption
from .prediction import hide_expectation, predicted, unanswerable
from .shown_code import CONFIRMED, leave_out_expectation, number_lines, offered_snippet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...core.model.recording import Recording
    from ...core.text.output_lines import OutputLine
    from ..outcome import PublishableRun

_ = get_translation("sphinx_await")

#: Characters of a run's output that can be found by a site's search.
_MOST_INDEXED = 20_000

#: Characters of a standard input that are said below a run.
_LONGEST_INPUT = 200

#: The class of what is said beside the output.
_SAID = "await-confirmed"

#: The nodes whose visitors write a text of the author's, and the attribute that has it.
_TITLED: dict[type[nodes.Element], str] = {
    await_exercise: "title",
    await_predict: "title",
    await_fold: "summary",
    await_picture: "caption",
}


class _Fill(SphinxPostTransform):
    """Replaces each run by the nodes that :meth:`nodes_for` makes of it."""

    def run(self, **_kwargs: Any) -> None:
        """Fill every run of the document."""
        for node in list(self.document.findall(await_run)):
            if session_of(self.env).builder != FOR_TRANSLATORS:
                _show_as_code(node)
            hide_expectation(self.env, node)
            run = run_of(self.env, node["docname"], node["snippet"].name)
            if run is None:
                remove_place(node)
                _put(node, self._without_run(node))
            else:
                _show_as_displayed(node, run)
                if session_of(self.env).builder != FOR_TRANSLATORS and not self._is_plain(node, run):
                    leave_out_expectation(self.env, node, run)
                    number_lines(self.env, node, run.snippet)
                _put(node, self._shown(node, run))

    def _without_run(self, node: await_run) -> list[nodes.Node]:
        """What is shown of a program that did not run: the code, and why, if this Python is none for it."""
        if session_of(self.env).store is None or node["snippet"].options.python is None or not node.children:
            return node.children
        from .other_pythons import why_not_run  # few programs name versions

        words = why_not_run(node["snippet"].options, session_of(self.env).config)
        if not words:
            return node.children
        if self._is_plain(node, None):
            return _Fill.nodes_without_run(self, node, words)
        if session_of(self.env).builder != FOR_TRANSLATORS:
            number_lines(self.env, node, node["snippet"])  # a reader's own run names lines by them
        return self.nodes_without_run(node, words)

    def nodes_without_run(self, node: await_run, words: str) -> list[nodes.Node]:
        """The code, and what says why it did not run."""
        return [*node.children, nodes.container("", nodes.paragraph("", words), classes=["await-facts"])]

    def _shown(self, node: await_run, run: PublishableRun) -> list[nodes.Node]:
        """What is shown of a run. If its recording cannot be drawn, that is its code and a sentence."""
        spare = node.deepcopy()
        try:
            run = replace(run, lines=dedented(node, run.lines))
            if self._is_plain(node, run):
                from .plain_look import shown_plainly

                return [*shown_plainly(self.env, node, _below(run)), *_problems(run), *_hanging(node, run)]
            return self.nodes_for(node, run)
        except Exception as error:  # noqa: BLE001 - one odd recording is not the end of all pages
            warn_of(run.name, error, node)
            remove_place(spare)
            return [*spare.children, nodes.paragraph("", cannot_be_shown(), classes=["await-missing"])]

    def nodes_for(self, node: await_run, run: PublishableRun) -> list[nodes.Node]:
        raise NotImplementedError

    def _is_plain(self, node: await_run, run: PublishableRun | None) -> bool:
        """Whether its page shows code and output alone. A question needs more than these."""
        if not session_of(self.env).config.plain:
            return False
        from .plain_look import is_plain  # most courses have no such page

        return is_plain(self.env, node) and (run is None or predicted(self.env, node, run) is None)

    def _facts(self, run: PublishableRun) -> list[nodes.Node]:
        from ...course.jobs import runs_in_loop  # an unchanged build writes no page

        in_loop = runs_in_loop(run.snippet, run.docname, session_of(self.env).config)
        options = run.snippet.options
        return _facts(run.recording, in_loop=in_loop, given=options.stdin or "", meets=options.meets or "")


def _show_as_code(node: await_run) -> None:
    """Make of a block with prompts, which may be one for doctest until now, a block of code as any other."""
    block = code_in(node)
    if isinstance(block, nodes.doctest_block):
        text = code_of(block)
        made = nodes.literal_block(text, text, language="pycon")
        made.source, made.line = block.source, block.line
        block.replace_self(made)


def _show_as_displayed(node: await_run, run: PublishableRun) -> None:
    """Show in the code of a program with prompts what it displayed."""
    block = code_in(node)
    if run.snippet.typed is not None and block is not None:
        block.rawsource = run.snippet.typed.text
        block[:] = [nodes.Text(block.rawsource)]


def _below(run: PublishableRun) -> PublishableRun:
    """The run with what is shown below its code: of a program with prompts, its lines are in the code."""
    if run.snippet.typed is None:
        return run
    displays = tuple(replace(display, after=0) for display in run.recording.displays)
    return replace(run, lines=(), recording=replace(run.recording, displays=displays))


def _put(node: await_run, shown: list[nodes.Node]) -> None:
    """Put what is shown in the place of a run. Its id goes to the first of it, or to a target before it."""
    first = shown[0] if shown else None
    is_target = isinstance(first, await_figure | nodes.literal_block | await_code)
    if not is_target and not (isinstance(first, nodes.container) and first.get("literal_block")):
        shown = [nodes.target(), *shown]
    node.replace_self(shown)


class PlainExercises(SphinxPostTransform):
    """Replaces an exercise by its parts, with headings for folds and solutions at the foot, where no HTML is written.

    What is said of wrong answers stays only where readers can run programs.
    """

    def run(self, **_kwargs: Any) -> None:
        """Replace the nodes that only HTML knows."""
        session = session_of(self.env)
        if session.builder == FOR_TRANSLATORS:
            return
        if not is_live(self.env):
            for sentence in list(self.document.findall(await_feedback)):
                sentence.parent.remove(sentence)
        if session.format == "html":
            return
        for fold in list(self.document.findall(await_fold)):
            if fold.get("part") == "solution":
                _put_at_foot(fold)
            else:
                _unfold(fold, fold.shown_summary)
        for exercise in list(self.document.findall(await_exercise)):
            _unfold(exercise, exercise["title"])


def _put_at_foot(fold: await_fold) -> None:
    """Put a solution, beside which its exercise would be none, at the foot of its document, and say so."""
    from .prediction import SOLUTION, document_around, foot_of

    around: nodes.Element = fold.parent
    while around.parent is not None and not isinstance(around, await_exercise):
        around = around.parent
    title = f"{fold.shown_summary}: {around.get('title', '')}".removesuffix(": ")
    foot = foot_of(document_around(fold))
    fold.replace_self(nodes.paragraph("", str(_("The solution is at the end of this chapter."))))
    heading = nodes.paragraph("", "", nodes.strong("", title))
    foot += nodes.container("", heading, *fold.children, classes=["await-answer", SOLUTION])


def _unfold(node: nodes.Element, title: str) -> None:
    heading = [nodes.paragraph("", "", nodes.strong("", title))] if title else []
    node.replace_self(nodes.container("", *heading, *node.children, classes=["await-exercise"]))


class FillHtml(_Fill):
    """For the builders that write HTML."""

    formats = ("html",)

    def run(self, **_kwargs: Any) -> None:
        """Fill every run of the document, and tell apart the programs that readers may edit."""
        super().run()
        tell_equal_programs_apart(self.document)
        seen: set[bool] = set()
        for picture in self.document.findall(await_picture):
            kind = any(run.section.timeline.generators for run in picture["runs"])
            picture["first"] = kind not in seen  # of its kind in the page: it says how to read it
            seen.add(kind)

    def nodes_for(self, node: await_run, run: PublishableRun) -> list[nodes.Node]:
        """One figure: code, output lines with their times, measurements."""
        asked = predicted(self.env, node, run)
        names = [task.name for task in run.recording.tasks]
        below = _below(run)
        place = _place_for(node, below)
        picture = _picture(node, run)
        if place:
            # A book has the picture as an image, in which there is nothing to lead to.
            marks = {} if session_of(self.env).builder == "epub" else _marks(picture)
            emphasized = emphasized_lines(place, len(below.lines))

            def block_of(start: int, end: int) -> nodes.Element:
                lines = below.lines[start:end]
                block = await_outputs(
                    "",
                    lines=[
                        (line.at, line.stream, None if line.task is None else names[line.task], line.text)
                        for line in lines
                    ],
                    styles=[
                        [(begin, stop, style.names(), style.link) for begin, stop, style in line.styles]
                        for line in lines
                    ],
                    omitted={index: left_out(line.omitted) for index, line in enumerate(lines) if line.omitted},
                    language=place["language"],
                    linenos=bool(place.get("linenos")),
                    emphasized=[number - start for number in emphasized],
                    label=_("Output of %s") % run.name,
                    marks={line - start: ids for line, ids in marks.items() if line >= start},
                    before=start,
                )
                # For the search index only: the visitor writes the lines.
                block += nodes.Text("\n".join(line.text for line in lines)[:_MOST_INDEXED])
                return block

            blocks = [
                display_node(self.env, run, one) if isinstance(one, int) else block_of(*one) for one in in_order(below)
            ]
            blocks[0].update_basic_atts(place)
            place.replace_self([*blocks, *_confirmed(node)])
        problems = [*_problems(run), *unanswerable(self.env, node, run), *_no_picture(run), *_hanging(node, run)]
        if not node.children and not problems and not picture:
            return []
        figure = await_figure("", name=run.name, wall=run.recording.wall, failed=bool(run.problems))
        parts = [child if _is_output(child) else _code(child, run.name) for child in node.children]
        code = [child for child in parts if isinstance(child, await_code)]
        offered = self._live(node, Offered.of(run)) if code else []
        # Nobody looks for the date of a run; Sphinx indexes nothing of this class.
        facts = await_facts("", "", *self._facts(run), folded=asked is not None, classes=["no-search"])
        outputs = [child for child in parts if not isinstance(child, await_code)]
        shown = [*outputs, *problems, *picture]
        if asked is None and node.get("below"):
            figure += [*outputs, *code, *offered, *problems, *picture, facts]
            return [figure]
        if asked is None:
            figure += [*code, *offered, *shown, *([] if run.snippet.unordered else [facts])]
            return [figure]
        after = nodes.container("", *asked.following(node), classes=["await-after"])
        answer = await_answer("", *asked.answer(), *shown, facts, title=asked.title)
        figure += [*code, *offered, asked.question(), answer]
        answer += [after] if after.children else []
        return [figure]

    def nodes_without_run(self, node: await_run, words: str) -> list[nodes.Node]:
        """A figure with the code, which readers run if the Python of their browsers is one for it."""
        from ...course.jobs import continues

        snippet = node["snippet"]
        figure = await_figure("", name=snippet.name, wall=0.0, failed=False)
        figure += [_code(child, snippet.name) for child in node.children]
        if not continues(snippet, node["docname"], session_of(self.env).config):
            figure += self._live(node, Offered(node["docname"], snippet))
        figure += await_facts("", words)
        return [figure]

    def _live(self, node: await_run, program: Offered) -> list[await_live]:
        """The element in which readers run the program of a node."""
        offered = replace(program, snippet=offered_snippet(self.env, node, program.snippet))
        return live_of(self.env, offered, node.get("checks", ()), node.get("feedback", ()), node.get("order"))


class IndexTitles(SphinxPostTransform):
    """Lets a search find what authors wrote above exercises, questions and folds, and below comparisons."""

    formats = ("html",)

    def run(self, **_kwargs: Any) -> None:
        """Give each of them its text."""
        for node in list(self.document.findall(nodes.Element)):
            if (attribute := _TITLED.get(type(node))) and (text := node.get(attribute)):
                node.insert(0, await_indexed(text, text))


class FillPlain(_Fill):
    """For all other builders."""

    def nodes_for(self, node: await_run, run: PublishableRun) -> list[nodes.Node]:
        """Code, a label, output lines with a column of times, and a paragraph with measurements."""
        from .picture import plain_picture

        below = _below(run)
        place = _place_for(node, below)
        picture = _picture(node, run)
        output: list[nodes.Node] = []
        if place:
            outer = with_caption(node, place)
            label = _label(below.lines)
            outer.parent.insert(outer.parent.index(outer), label)
            output = [label, outer, *fill_with_rows(place, outer, self._rows_and_images(below), "none")]
        problems = [*_problems(run), *unanswerable(self.env, node, run), *_no_picture(run), *_hanging(node, run)]
        if not node.children and not problems and not picture:
            return []
        facts = nodes.paragraph("", "", *self._facts(run))
        if words := node.get(CONFIRMED):
            facts.insert(0, nodes.Text(f"{words} · "))
        drawn = [shown for one in picture for shown in plain_picture(one, session_of(self.env).format)]
        measured = nodes.container("", facts, classes=["await-facts"])
        asked = predicted(self.env, node, run)
        if asked is None:
            return [*node.children, *problems, *drawn, *([] if run.snippet.unordered else [measured])]
        before = [child for child in node.children if child not in output]
        where = nodes.paragraph("", str(_("The answer is at the end of this chapter.")))
        following = asked.following(node)
        answer = await_answer("", *asked.answer(), *output, *problems, *drawn, measured, *following, title=asked.title)
        return [*before, *asked.plain_question(), where, answer]

    def _rows_and_images(self, run: PublishableRun) -> Iterator[str | nodes.Node]:
        """Rows of output, and what there is to look at below the rows that name it, where the builder can show it."""
        for one in in_order(run):
            if not isinstance(one, int):
                yield from (row for line in run.lines[slice(*one)] for row in _rows(line))
                continue
            display, words = run.recording.displays[one], alternative(run, one)
            image = image_node(self.env, run, one)
            is_image = not IMAGES.isdisjoint(display.data)
            content = content_node(self.env, run, one) if image is None else nodes.paragraph("", "", image)
            is_text = content is None and not is_image and PLAIN in display.data
            texts = display.data[PLAIN].split("\n") if is_text else [f"[{' '.join(words.split())}]"]
            yield from (f"{display.at:7.3f}   {text}" for text in texts)
            if content is not None:
                yield content


def _label(lines: Sequence[OutputLine]) -> nodes.container:
    """The label between code and output, which explains the column of numbers."""
    words = _("Output (seconds from the start):")
    if any(line.stream == "stderr" for line in lines):
        words = _("Output (seconds from the start; ! marks standard error):")
    return nodes.container("", nodes.paragraph("", str(words)), classes=["await-label"])


def _is_output(node: nodes.Node) -> bool:
    """Whether it is the output, alone or with its caption, or what is said beside it."""
    is_said = isinstance(node, nodes.paragraph) and _SAID in node["classes"]
    return is_said or any(isinstance(one, await_outputs | await_display) for one in node.findall(nodes.Element))


def _confirmed(node: await_run) -> list[nodes.paragraph]:
    """What is said beside the output where the comment with the expected one is not shown."""
    # Nobody looks for these words; Sphinx indexes nothing of this class.
    words = [f"✓ {node[CONFIRMED]}"] if CONFIRMED in node else []
    return [nodes.paragraph("", one, classes=[_SAID, "no-search"]) for one in words]


def _code(node: nodes.Node, name: str) -> await_code:
    return await_code("", node, label=_("Code of %s") % name)


def _picture(node: await_run, run: PublishableRun) -> list[await_picture]:
    """The picture of a run, if it has one. Where neither code nor output is shown, it must be asked for."""
    if not _is_pictured(run) or not (node.children or run.snippet.options.timeline):
        return []
    from .picture import picture_of  # many courses have none

    return [picture_of(run)]


def _is_pictured(run: PublishableRun) -> bool:
    """Whether a page shows the picture of a run."""
    wanted = run.snippet.options.timeline
    if wanted is None:
        return has_picture(run.recording)
    return wanted and why_no_timeline(run.recording) is None


def _marks(pictures: Sequence[await_picture]) -> dict[int, tuple[str, str]]:
    if not pictures:
        return {}
    from .picture import marks_of

    return marks_of(pictures)


def _no_picture(run: PublishableRun) -> list[nodes.Node]:
    """A sentence that says why a run has no picture, where readers can miss it."""
    asked = run.snippet.options.timeline
    reason = None if asked is False else why_no_timeline(run.recording, asked=bool(asked))
    if reason is None:
        return []
    return [nodes.container("", nodes.paragraph("", reason.said(_)), classes=["await-missing"])]


def _hanging(node: await_run, run: PublishableRun) -> list[nodes.Node]:
    """Say that a program is meant not to end, and where each of its tasks was when it was stopped."""
    options = run.snippet.options
    if options.stop_after is not None and run.recording.timed_out and node.children:
        words = _("It was stopped after %g s, as it is meant to be.") % options.stop_after
        if run.recording.wall < options.stop_after:
            words = _("It was stopped when the programs that it serves had ended, as it is meant to be.")
        return [nodes.container("", nodes.paragraph("", str(words)), classes=["await-hanging"])]
    if run.snippet.options.hangs is None or not run.recording.timed_out or not node.children:
        return []
    from ...core.timeline.unfinished import unfinished, unfinished_words
    from .labels import labels

    found = unfinished(run.recording, shown=run.snippet.shown, source=run.snippet.code)
    rows = [nodes.list_item("", nodes.paragraph("", words)) for words in unfinished_words(found, labels())]
    seconds = min(run.snippet.options.hangs, round(run.recording.wall, 2))  # one that others meet is stopped early
    words = _("This program is meant not to end. It was stopped after %g s.") % seconds
    if rows:
        words = f"{words} {_('Where it was then:')}"
    listed = [nodes.bullet_list("", *rows)] if rows else []
    return [nodes.container("", nodes.paragraph("", str(words)), *listed, classes=["await-hanging"])]


def _place_for(node: await_run, run: PublishableRun) -> nodes.literal_block | None:
    """The placeholder of output; it is removed if there is none."""
    if not run.lines and not run.recording.displays:
        remove_place(node)
    return place_in(node)


def _rows(line: OutputLine) -> Iterator[str]:
    if line.omitted:
        yield f"{'':9} {left_out(line.omitted)}"
    mark = "!" if line.stream == "stderr" else " "
    yield f"{line.at:7.3f} {mark} {line.text}"


def _problems(run: PublishableRun) -> list[nodes.error]:
    """Nodes that show the faults of a run: a page that is written in spite of them must not look right."""
    if not run.problems:
        return []
    from ...core.text.messages import format_message

    texts = (format_message(problem.words, _) for problem in run.problems)
    return [
        nodes.error("", nodes.paragraph("", f"{run.name}: {first}"), *_detail(rest))
        for first, _newline, rest in (text.partition("\n") for text in texts)
    ]


def _detail(text: str) -> list[nodes.literal_block]:
    return [nodes.literal_block(text, text, language="none")] if text else []


def _facts(recording: Recording, *, in_loop: bool, given: str, meets: str) -> list[nodes.Node]:
    """What was measured, where and when; how it ran; and which mock servers answered."""
    import datetime

    from ...core.model.recording import is_disturbing

    started = datetime.datetime.fromisoformat(recording.started).strftime("%Y-%m-%d %H:%M UTC")
    wall = _("%.3f s") % recording.wall
    sentences = [f"{wall} · {recording.python}, {recording.platform} · {started}"]
    if recording.repeats:
        import statistics  # it imports much, and most programs run once

        low, high = min(recording.repeats), max(recording.repeats)
        median = statistics.median(recording.repeats)
        words = _("median of %d runs %.3f s, from %.3f to %.3f s")
        sentences.append(words % (len(recording.repeats), median, low, high))
    if is_disturbing(recording.run_delay, recording.wall):
        sentences.append(_("%.3f s of waiting for a processor") % recording.run_delay)
    if given:
        words = ", ".join(given.rstrip("\n").split("\n"))
        words = words if len(words) <= _LONGEST_INPUT else f"{words[:_LONGEST_INPUT]}…"
        sentences.append(_("standard input: %s") % words)
    if meets:
        sentences.append(_("run at the same time as %s") % meets)
    if in_loop:
        sentences.append(_("run as by python -m asyncio"))
    if recording.truncated:
        sentences.append(_("It printed more than is kept."))
    if recording.network:
        sentences.append(_("This program could reach the real network."))
    if recording.stand_ins:
        hosts = ", ".join(_("%s after %.2f s") % (one.host, one.delay) for one in recording.stand_ins)
        sentences.append(_("Stand-ins answered, not the real hosts: %s.") % hosts)
    return [nodes.Text(" · ".join(map(str, sentences)))]  # translated only when they are made a str
