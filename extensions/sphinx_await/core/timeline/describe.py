"""Describes a timeline in words: lanes, spans, marks, a table and a summary. Nothing is drawn here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..model.calls import without_arguments
from .model import PRINTED, SHARED, LaneKind, MarkKind, SpanKind, WaitTotal, axis_of_all, drawn_kind
from .presence import GENEXPR

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .labels import Labels
    from .model import Axis, Finding, Lane, Mark, Place, Span, Timeline

#: How many things a table's cell or a summary names before it counts the rest.
_NAMED = 3
_LONGEST_MARK = 48
_MOST_VALUES = 8
#: From which share of the axis on a line is seen at all.
_SEEN = 0.005
_OF_TURNS = frozenset({LaneKind.MAIN, LaneKind.GENERATOR})
#: Lanes without a row in the table.
_NO_ROWS = frozenset({LaneKind.PROGRAM, LaneKind.LOOP, LaneKind.MAIN})


def lane_name(lane: Lane, labels: Labels) -> str:
    """``Task-2``; for a group ``×497 Task-5 … Task-501``; for the loop of another thread ``event loop · Thread-1``."""
    title = lane_title(lane, labels)
    if lane.row is LaneKind.LOOP and lane.name:
        return f"{labels.loop} · {title}"
    if lane.row is LaneKind.GROUP:
        first, last = (generator_name(name, labels) for name in lane.name)
        return labels.group.format(first=first, last=last, count=lane.count)
    return f"×{lane.count} {title}" if lane.row in SHARED else title


def lane_title(lane: Lane, labels: Labels) -> str:
    """The first line of a lane's name: the task or tasks, or the thread."""
    known = {
        LaneKind.PROGRAM: labels.main_thread,
        LaneKind.MAIN: labels.program,
        LaneKind.INTERNAL: labels.internal,
        LaneKind.UNRECORDED: labels.unrecorded,
    }
    if lane.row is LaneKind.LOOP:
        return " … ".join(name or labels.main_thread for name in lane.name) or labels.loop
    return known.get(lane.row) or " … ".join(generator_name(name, labels) for name in lane.name)


def generator_name(name: str, labels: Labels) -> str:
    """The name of a lane. A generator expression has none."""
    return f"{labels.genexpr}{name.removeprefix(GENEXPR)}" if name.startswith(GENEXPR) else name


def lane_note(lane: Lane, labels: Labels) -> str:
    """The second line of a lane's name: the coroutine, how long the loop was busy, or what the thread executed."""
    duration = labels.duration(lane.ran)
    if lane.row is LaneKind.LOOP:
        return f"{labels.loop} · {duration}" if lane.name else labels.busy.format(duration=duration)
    if lane.row is LaneKind.THREAD:
        return _calls(lane, labels)
    if lane.row is LaneKind.PROGRAM:
        return labels.no_loop
    if lane.row in _OF_TURNS:
        return "" if lane.place is None else labels.line_of(lane.place)
    note = _called(lane)
    return f"×{lane.count} {note}".rstrip() if lane.row in SHARED else note


def _calls(lane: Lane, labels: Labels) -> str:
    words = labels.call_one if lane.steps == 1 else labels.calls
    return words.format(count=lane.steps, duration=labels.duration(lane.ran))


def full_name(lane: Lane, labels: Labels) -> str:
    """The name of a lane with its coroutine."""
    return " ".join(filter(None, (lane_name(lane, labels), _called(lane))))


def _called(lane: Lane) -> str:
    return lane.call or (f"{lane.note}()" if lane.note else "")


def wait_words(span: Span, labels: Labels) -> Iterator[str]:
    """Descriptions of a wait, from the longest to the shortest."""
    if span.on:
        yield labels.on_line(span.on, span.place)
        yield span.on
        if (short := without_arguments(span.on)) != span.on:
            yield short


def span_words(span: Span, labels: Labels) -> str:
    """Describe a span completely, in one line."""
    duration = labels.duration(span.end - span.start)
    if span.kind in {SpanKind.RUN, SpanKind.MIXED} and span.count > 1:
        busy = labels.duration(span.busy)
        words = labels.steps_within.format(count=span.count, duration=duration, busy=busy)
    elif span.kind is SpanKind.RUN:
        words = labels.ran.format(duration=duration)
    else:
        named = {
            SpanKind.READY: labels.ready,
            SpanKind.BLOCK: labels.blocked,
            SpanKind.IDLE: labels.idle,
            SpanKind.WORK: labels.thread,
        }
        words = span.on or named.get(span.kind, labels.waiting)
        what = labels.on_line(words, span.place)
        words = f"{what} · {duration}"
    return f"{words} · {labels.at.format(moment=labels.moment(span.start))}"


def blocked_words(span: Span, labels: Labels) -> list[str]:
    """Short descriptions of an interval in which the loop was blocked, the longest first."""
    duration = labels.duration(span.end - span.start)
    line = [] if span.place is None else [labels.line_of(span.place)]
    words = [" · ".join([labels.blocked, *line, duration])]
    if line:
        words += [f"{labels.blocked} · {duration}", f"{line[0]} · {duration}"]
    return [*words, labels.blocked, duration]


def mark_words(mark: Mark, labels: Labels) -> str:
    """Describe a mark in one line."""
    moment = labels.moment(mark.at)
    if mark.sign in PRINTED:
        more = f" · {labels.more.format(count=len(mark.lines) - 1)}" if len(mark.lines) > 1 else ""
        text = mark.text if len(mark.text) <= _LONGEST_MARK else mark.text[: _LONGEST_MARK - 1] + "…"
        stream = f"{labels.stderr} · " if mark.sign is MarkKind.STDERR else ""
        return f"{moment} · {stream}{text}{more}"
    if mark.sign is MarkKind.CANCEL:
        words = labels.cancel_by.format(name=mark.text) if mark.text else labels.cancel
    elif mark.sign is MarkKind.TIMEOUT:
        words = labels.timeout
    elif mark.sign is MarkKind.DESTROYED:
        words = labels.destroyed
    else:
        words = _ending(mark.sign.value, mark.text, labels)
    words = labels.times.format(what=words, count=mark.count) if mark.count > 1 else words
    return f"{labels.on_line(words, mark.place)} · {moment}"


def _ending(outcome: str | None, error: str, labels: Labels) -> str:
    return {
        "returned": labels.returned,
        "raised": labels.raised.format(error=error).strip(),
        "cancelled": labels.cancelled,
        "closed": labels.closed,
    }.get(outcome or "", labels.unfinished)


def summary(timeline: Timeline, labels: Labels) -> str:
    """Summarize a timeline: number of tasks, and time."""
    duration = labels.total(timeline)
    if timeline.generators:
        words = labels.summary_generator_one if timeline.generators == 1 else labels.summary_generators
        return words.format(count=timeline.generators, duration=duration)
    if timeline.tasks == 1:
        return labels.summary_one.format(duration=duration)
    return labels.summary.format(count=timeline.tasks, duration=duration)


def findings(timeline: Timeline, labels: Labels) -> list[str]:
    """Sentences on why the run ended, when the loop was blocked, and what the picture leaves out."""
    words = [] if timeline.stopped is None else [labels.limit_at.format(moment=labels.moment(timeline.stopped))]
    groups = _alike_findings(timeline.findings)
    words += [_finding(group, labels) for group in groups[:_NAMED]]
    late = sum(len(group) for group in groups[_NAMED:] if group[0].late)
    if more := sum(map(len, groups[_NAMED:])) - late:
        words.append((labels.more_blocked_one if more == 1 else labels.more_blocked).format(count=more))
    if late:
        words.append((labels.more_late_one if late == 1 else labels.more_late).format(count=late))
    if timeline.turns_unseen_since is not None:
        words.append(labels.unseen_turns.format(moment=labels.moment(timeline.turns_unseen_since)))
    if unseen_tasks := timeline.unseen_tasks:
        text = labels.unseen_task_one if unseen_tasks == 1 else labels.unseen_tasks
        words.append(text.format(count=unseen_tasks))
    if timeline.incomplete:
        words.append(labels.incomplete.format(reason=timeline.incomplete))
    if unseen := timeline.unseen:
        words.append((labels.unseen_one if unseen == 1 else labels.unseen).format(count=unseen))
    return words


def _alike_findings(found: Sequence[Finding]) -> list[list[Finding]]:
    """Findings in groups, each for one sentence: what blocked the loop at one line, or by one name without a line."""
    groups: dict[object, list[Finding]] = {}
    for number, finding in enumerate(found):
        cause = finding.place or finding.name
        key = number if finding.late or not cause else (cause, finding.after, finding.delay)
        groups.setdefault(key, []).append(finding)
    return list(groups.values())


def _finding(alike: Sequence[Finding], labels: Labels) -> str:
    first = alike[0]
    words = _late(first, labels) if first.late else _blocked(alike, labels)
    return labels.no_core.format(finding=words, duration=labels.duration(first.delay)) if first.delay else words


def _late(finding: Finding, labels: Labels) -> str:
    words = labels.late_behind if finding.behind > 1 else labels.late
    return words.format(duration=labels.duration(finding.seconds), name=finding.name, count=finding.behind)


def _blocked(alike: Sequence[Finding], labels: Labels) -> str:
    in_time = sorted(alike, key=lambda finding: finding.at)
    names = list(dict.fromkeys(finding.name for finding in in_time if finding.name))
    named = ", ".join(names[:_NAMED])
    if more := len(names[_NAMED:]):
        named = f"{named}, {labels.more.format(count=more)}"
    words = labels.blocked_by if named else labels.blocked_loop
    if len(alike) > 1:
        words = labels.blocked_often_by if named else labels.blocked_often
    duration = labels.duration(math.fsum(finding.seconds for finding in alike))
    said = words.format(count=len(alike), duration=duration, name=named)
    first = alike[0]
    return said if first.place is None else f"{said} ({labels.line_of(first.place, after=first.after)})"


def table_head(timeline: Timeline, labels: Labels) -> tuple[str, ...]:
    """The column heads of :func:`table_rows`."""
    if timeline.generators:
        return labels.generator, labels.resumer, labels.ran_for, labels.values, labels.ended
    return labels.task, labels.creator, labels.ran_for, labels.waited_for, labels.ended


def table_rows(timeline: Timeline, labels: Labels) -> list[tuple[str, ...]]:
    """A row for each task or group of tasks, and for each thread; or for each generator."""
    if timeline.generators:
        return [_turns_row(lane, labels) for lane in timeline.lanes if lane.row not in _NO_ROWS]
    return [_table_row(lane, labels) for lane in timeline.lanes if lane.row not in _NO_ROWS]


def _table_row(lane: Lane, labels: Labels) -> tuple[str, ...]:
    duration = labels.duration(lane.ran)
    ran = labels.in_steps.format(duration=duration, count=lane.steps) if lane.steps > 1 else duration
    if lane.row is LaneKind.THREAD:
        ran = _calls(lane, labels)
    elif lane.row is LaneKind.UNRECORDED:
        ran = ""
    waited = lane.waited if len(lane.waited) <= _NAMED else _alike(lane.waited)
    waits = [_waited(one, labels) for one in waited[:_NAMED]]
    if more := len(waited) - len(waits):
        waits.append(labels.more.format(count=more))
    name = full_name(lane, labels)
    ended = _ending(lane.ended, lane.error, labels) if lane.tasks else ""
    if len(lane.outcomes) > 1:
        ended = ", ".join(f"{count} {_ending(outcome, '', labels)}" for outcome, count in lane.outcomes)
    if lane.tasks and lane.ended:
        ended = labels.ended_at.format(ending=ended, moment=labels.moment(lane.end))
    return name, lane.parent, ran, "; ".join(waits), ended


def _turns_row(lane: Lane, labels: Labels) -> tuple[str, ...]:
    turns = labels.turn_one if lane.steps == 1 else labels.turns.format(count=lane.steps)
    by = ", ".join(generator_name(name, labels) or labels.program for name in lane.resumed_by[:_NAMED])
    values = ", ".join(lane.values[:_MOST_VALUES])
    if more := len(lane.values) - _MOST_VALUES:
        values = f"{values}, {labels.more.format(count=more)}" if more > 0 else values
    return lane_name(lane, labels), by, turns, values, _left(lane, labels)


def _left(lane: Lane, labels: Labels) -> str:
    """How a generator, or how several, ended."""
    if len(lane.outcomes) > 1:
        return ", ".join(f"{count} {_left_words(outcome, '', labels)}" for outcome, count in lane.outcomes)
    return _left_words(lane.ended, lane.error, labels)


def _left_words(outcome: str | None, error: str, labels: Labels) -> str:
    return labels.suspended if outcome is None else _ending(outcome, error, labels)


def _alike(waited: Sequence[WaitTotal]) -> list[WaitTotal]:
    """Merge waits on the same call, whatever its arguments; the longest first."""
    found: dict[tuple[str, Place | None], WaitTotal] = {}
    for one in waited:
        key = without_arguments(one.on), one.place
        known = found.get(key, WaitTotal(*key, 0, 0.0))
        found[key] = WaitTotal(*key, known.count + one.count, known.seconds + one.seconds)
    return sorted(found.values(), key=WaitTotal.by_seconds)


def _waited(waited: WaitTotal, labels: Labels) -> str:
    on = waited.on or labels.waiting
    words = labels.times.format(what=on, count=waited.count) if waited.count > 1 else on
    return f"{labels.on_line(words, waited.place)} · {labels.duration(waited.seconds)}"


def describe(timeline: Timeline, labels: Labels) -> str:
    """Describe the complete timeline in sentences, for readers who cannot see it and have no table."""
    sentences = [summary(timeline, labels), *findings(timeline, labels)]
    heads = table_head(timeline, labels)
    for name, *cells in table_rows(timeline, labels):
        facts = [f"{head}: {cell}" for head, cell in zip(heads[1:], cells, strict=True) if cell]
        sentences.append(f"{name} – {', '.join(facts)}")
    return ". ".join(sentences) + "."


def legend(timelines: Sequence[Timeline], labels: Labels, least: float = 0.0) -> list[tuple[SpanKind | MarkKind, str]]:
    """The kinds of spans and marks that occur, each with its description.

    :param least: the share of the axis from which on what has a pattern can be seen.
    """
    axis = axis_of_all(timelines)
    kinds = {drawn_kind(span, axis, least) for timeline in timelines for lane in timeline.lanes for span in lane.spans}
    idle = [
        span for timeline in timelines for lane in timeline.lanes for span in lane.spans if span.kind is SpanKind.IDLE
    ]
    if math.fsum(axis.share(span.end) - axis.share(span.start) for span in idle) < _SEEN:
        kinds.discard(SpanKind.IDLE)
    signs = {mark.sign for timeline in timelines for lane in timeline.lanes for mark in lane.marks}
    signs |= set(_unmarked(timelines, axis, max(least, _SEEN)))
    signs |= {MarkKind.CUT for timeline in timelines if timeline.axis.length < timeline.end}
    signs |= {MarkKind.LIMIT for timeline in timelines if timeline.stopped is not None}
    words: list[tuple[SpanKind | MarkKind, str]] = [
        (SpanKind.RUN, labels.running),
        (SpanKind.MIXED, labels.switching),
        (SpanKind.WAIT, labels.waiting),
        (SpanKind.READY, labels.ready),
        (SpanKind.BLOCK, labels.blocked),
        (SpanKind.WORK, labels.thread),
        (SpanKind.IDLE, labels.idle),
        (MarkKind.LIFE, labels.life),
        (MarkKind.CREATION, _creation(timelines, labels)),
        (MarkKind.WAKE, labels.wake),
        (MarkKind.OUTPUT, labels.output),
        (MarkKind.STDERR, labels.stderr),
        (MarkKind.CANCEL, labels.cancel),
        (MarkKind.TIMEOUT, labels.timeout),
        (MarkKind.DESTROYED, labels.destroyed),
        (MarkKind.RAISED, labels.raised.format(error="").strip()),
        (MarkKind.CANCELLED, labels.cancelled),
        (MarkKind.CLOSED, labels.closed),
        (MarkKind.LIMIT, labels.limit),
        (MarkKind.CUT, labels.cut),
    ]
    return [(what, text) for what, text in words if what in kinds or what in signs]


def _unmarked(timelines: Sequence[Timeline], axis: Axis, least: float) -> Iterator[MarkKind]:
    """What a picture draws that is neither a span nor a mark."""
    for timeline in timelines:
        yield from (MarkKind.WAKE if arrow.wakes else MarkKind.CREATION for arrow in timeline.arrows)
        for lane in timeline.lanes:
            first = min((span.start for span in lane.spans), default=lane.end)
            if lane.tasks and axis.share(first) - axis.share(lane.start) > least:
                yield MarkKind.LIFE


def _creation(timelines: Sequence[Timeline], labels: Labels) -> str:
    """What an arrow from a task says that wakes none."""
    targets = {
        timeline.lanes[arrow.target].row is LaneKind.THREAD
        for timeline in timelines
        for arrow in timeline.arrows
        if not arrow.wakes
    }
    return labels.creation_or_call if len(targets) > 1 else labels.hand_over if True in targets else labels.creation
