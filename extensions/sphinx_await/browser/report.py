"""Decode and draw the journal of another worker.

A program can change everything in its worker. So that worker only writes the journal; a worker in which no program has
run decodes and draws it.
"""

from __future__ import annotations

import json
import platform
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ..core.decoding.decoder import RunContext, build_recordings, decode_journal
from ..core.decoding.ending import Ending
from ..core.journal.reader import read_header, read_journal
from ..core.model.recording import Recording, StandIn
from ..core.renderers.svg import Frame, draw_legend, render_svg
from ..core.steps.builder import make_steps
from ..core.steps.words import StepLabels, steps_data
from ..core.text.output_lines import lines_and_all_places
from ..core.timeline.builder import COMPARED_LANES, end_of, make_timeline
from ..core.timeline.describe import describe, summary, table_head, table_rows
from ..core.timeline.labels import Labels
from ..core.timeline.model import Section
from ..core.timeline.presence import has_picture, has_turns
from ..core.timeline.unfinished import unfinished, unfinished_words
from ..core.validation.exercise_checks import is_doubtful, is_judged, passed
from ..core.validation.feedback import FeedbackLabels, feedback_on
from .execution import DEFAULT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..core.text.output_lines import OutputLine

#: Lines of output that a page shows: the first and the last of a long output.
FIRST_LINES, LAST_LINES = 500, 500
#: Characters of a line that a page shows.
LONGEST_LINE = 10_000
_Words = TypeVar("_Words", Labels, StepLabels, FeedbackLabels)
_STOPPED = -15  # as SIGTERM leaves a process


def report(request: str, data: memoryview) -> str:
    """Decode a journal; returns JSON: ``recording``, ``svg`` and ``words`` of its picture, ``lines`` and more.

    ``lines`` are the lines of output that a page shows, each as ``at``, ``stream`` and ``parts`` (texts with the names
    of their styles) and ``left_out``, how many lines before it are missing: they were not kept, or there are more lines
    than a page shows. ``displays`` is what :func:`~.shown_displays` makes of the results.
    ``checks`` says whether each check is passed (None: this run does not show it).
    ``feedback`` is what is said of a program that does not solve its exercise: ``index`` of an author's sentence or
    null, and ``words`` of a general one. ``doubtful``: another run may pass the checks, since the device was busy.
    ``table`` are the rows of the table of tasks, the heads first, or None.
    ``unfinished`` are sentences on where each task was, if the program was stopped.
    ``steps`` are what :func:`~.steps_data` makes of a run that has a picture, else None.

    A request with ``compared`` asks for a picture of recordings that are there, on one axis: each with ``heading``,
    ``recording`` (its JSON) and ``shown``. Then ``data`` is empty, and the answer has ``svg`` and ``words`` alone.

    :param request: JSON: ``name``, ``parts``, ``hosts``, ``labels``, ``at`` (the end, nanoseconds of the journal's
        clock), ``status`` (None: it was stopped), ``started`` (ISO 8601), ``shown`` (for each line of the last part the
        number that the reader sees, or null), ``alt`` (what each result shows), ``checks`` and ``feedback``
        (expressions of an exercise), ``start`` (its program to begin with), ``feedback_labels``.
    """
    asked = json.loads(request)
    if "compared" in asked:
        return _compare(asked)
    recording = _recording(asked, data)
    svg = words = ""
    steps = table = None
    lines, places, _starts = lines_and_all_places(recording)
    displays = _displays(asked, recording, places, len(lines)) if recording.displays else []
    lines = _cut(lines)
    shown, source = asked.get("shown"), asked["parts"][-1]
    labels = _filled(Labels, asked.get("labels") or {})
    left = unfinished(recording, shown=shown, source=source) if asked["status"] is None else ()
    if has_picture(recording):
        drawn = lines if has_turns(recording) else None  # on an axis of steps, those of the player
        timeline = make_timeline(recording, drawn, shown=shown, source=source)
        prefix = asked["name"]
        sections = [Section(timeline)]
        svg = render_svg(sections, labels, Frame(prefix, summary(timeline, labels))) + draw_legend(
            sections, labels, prefix
        )
        words = describe(timeline, labels)
        table = [table_head(timeline, labels), *table_rows(timeline, labels)]
        made = make_steps(recording, lines, shown=shown, source=source, timeline=timeline)
        step_words = _filled(StepLabels, asked.get("step_labels") or {})
        steps = steps_data(made, labels, step_words, timed_out=recording.timed_out)
    tests, start = asked.get("checks") or [], asked.get("start") or ""
    judged = is_judged(tests, recording, source, start)
    checks = passed(tests, recording, source, start) if judged else [None] * len(tests)
    feedback_labels = _filled(FeedbackLabels, asked.get("feedback_labels") or {})
    feedback = feedback_on(tests, asked.get("feedback") or [], recording, source, feedback_labels, start)
    return json.dumps(
        {
            "recording": recording.to_dict(),
            "svg": svg,
            "words": words,
            "table": table,
            "checks": checks,
            "feedback": feedback and {"index": feedback.index, "words": feedback.words},
            "doubtful": is_doubtful(tests, recording, source, start),
            "lines": _lines(lines),
            "displays": displays,
            "steps": steps,
            "unfinished": unfinished_words(left, labels),
        }
    )


def _compare(asked: dict[str, Any]) -> str:
    labels = _filled(Labels, asked.get("labels") or {})
    runs = [(one["heading"], Recording.from_json(one["recording"]), one.get("shown")) for one in asked["compared"]]
    end = max(end_of(recording) for _heading, recording, _shown in runs)
    sections = [
        Section(make_timeline(recording, shown=shown, end=end, most=COMPARED_LANES), heading)
        for heading, recording, shown in runs
    ]
    words = "\n".join(f"{one.heading}: {describe(one.timeline, labels)}" for one in sections)
    label = "; ".join(f"{one.heading}: {summary(one.timeline, labels)}" for one in sections)
    svg = render_svg(sections, labels, Frame(asked["name"], label)) + draw_legend(sections, labels, asked["name"])
    return json.dumps({"svg": svg, "words": words})


def _cut(lines: list[OutputLine]) -> list[OutputLine]:
    """The lines that a page shows."""
    if len(lines) > FIRST_LINES + LAST_LINES:
        first, between, last = lines[:FIRST_LINES], lines[FIRST_LINES:-LAST_LINES], lines[-LAST_LINES:]
        missing = len(between) + sum(line.omitted for line in (*between, last[0]))
        lines = [*first, replace(last[0], omitted=missing), *last[1:]]
    return lines


def _displays(asked: dict[str, Any], recording: Recording, places: tuple[int, ...], count: int) -> list[dict[str, Any]]:
    """The results, each in its place among the lines that a page shows.

    :param count: how many lines there are; a page may leave some out.
    """
    from .shown_displays import shown_displays  # few programs display something

    left_out = max(0, count - FIRST_LINES - LAST_LINES)
    kept = [place if place <= FIRST_LINES else max(FIRST_LINES, place - left_out) for place in places]
    return list(shown_displays(recording.displays, kept, asked.get("alt") or []))


def _lines(lines: list[OutputLine]) -> list[dict[str, Any]]:
    return [
        {"at": line.at, "stream": line.stream, "parts": list(_parts(line)), "left_out": line.omitted} for line in lines
    ]


def _parts(line: OutputLine) -> Iterator[tuple[str, tuple[str, ...]]]:
    text = line.text if len(line.text) <= LONGEST_LINE else f"{line.text[: LONGEST_LINE - 1]}…"
    at = 0
    for start, end, style in line.styles:
        yield text[at:start], ()
        yield text[start:end], style.names()
        at = end
    yield text[at:], ()


def _recording(asked: dict[str, Any], data: memoryview) -> Recording:
    decoded = decode_journal(read_journal(data), read_header(data))
    status = asked["status"]
    ending = Ending(asked["at"], _STOPPED if status is None else status)
    where = RunContext(
        f"{platform.python_implementation()} {platform.python_version()}",
        f"{platform.system()} {platform.machine()}",
        asked["started"],
    )
    limit = asked.get("limit") or DEFAULT_LIMIT
    recording = build_recordings(decoded, (), ending, where, limit=limit, parts=len(asked["parts"]))[-1]
    known = asked.get("hosts") or {}
    hosts = tuple(StandIn(name, known[name]["delay"]) for name in decoded.hosts if name in known)
    return replace(recording, stand_ins=hosts)


def _filled(kind: type[_Words], given: dict[str, Any]) -> _Words:
    """The words of the page, in English where it gives none."""
    names = {one.name for one in fields(kind)}
    return kind(**{name: str(text) for name, text in given.items() if name in names})
