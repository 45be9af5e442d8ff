"""A recording in the Trace Event Format, which Perfetto and Chrome's ``about:tracing`` open.

https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU describes the format. Its timestamps
are microseconds. In the trace, each task, loop, thread and generator is a thread of one process.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..timeline.presence import has_turns
from ..timeline.turns import PROGRAM, TurnOrder, names_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model.recording import Output, Recording, Task

_PROCESS = 1
_MICROSECONDS = 1e6
#: The shortest slice, in microseconds: viewers distinguish nanoseconds.
_SHORTEST = 0.001
#: Where the numbers of loops, tasks, threads and generators begin; the viewer sorts by them.
_LOOPS, _TASKS, _THREADS, _GENERATORS = 1, 1_000, 10_000_000, 20_000_000
#: The longest text, in characters: a viewer reads the trace into memory, and the recording has all.
_LONGEST_TEXT = 500
#: How many of the tasks that a task awaits are named.
_MOST_AWAITED = 100


def render_trace(recording: Recording, name: str) -> str:
    """Render the trace as one JSON document; equal recordings give equal texts.

    :param name: the name of the process.
    """
    tracks = [_Track.of(task, recording.wall) for task in recording.tasks]
    turns = TurnOrder(recording, recording.outputs, recording.wall) if has_turns(recording) else None
    events = [
        *_names(recording, name, turns),
        *_loops(recording),
        *_tasks(recording, tracks),
        *_instants(recording, turns),
    ]
    events += [*_threads(recording), *_flows(recording, tracks)]
    if turns is not None:
        events += _turns(recording, turns)
    for event in events:
        event["name"] = _short(event["name"])
    # ASCII: a lone surrogate, which a program can print, would be no UTF-8.
    return json.dumps({"displayTimeUnit": "ms", "traceEvents": events}) + "\n"


def _names(recording: Recording, name: str, turns: TurnOrder | None) -> Iterator[dict[str, Any]]:
    yield {"ph": "M", "pid": _PROCESS, "tid": 0, "name": "process_name", "args": {"name": name}}
    tracks = {_LOOPS + number: loop.name for number, loop in enumerate(recording.loops)}
    tracks = tracks or {_LOOPS: "event loop" if turns is None else "the program"}
    tracks |= {_TASKS + number: _task_name(task) for number, task in enumerate(recording.tasks)}
    tracks |= {_THREADS + number: thread.name for number, thread in enumerate(recording.threads)}
    if turns is not None:
        tracks |= {_GENERATORS + number: words for number, words in enumerate(names_of(recording.generators), 1)}
    for track, words in tracks.items():
        yield {"ph": "M", "pid": _PROCESS, "tid": track, "name": "thread_name", "args": {"name": _short(words)}}
        yield {"ph": "M", "pid": _PROCESS, "tid": track, "name": "thread_sort_index", "args": {"sort_index": track}}


def _task_name(task: Task) -> str:
    return f"{task.name} {task.coro}()" if task.coro else task.name


def _name_of(recording: Recording, task: int | None) -> str | None:
    known = task is not None and 0 <= task < len(recording.tasks)
    return recording.tasks[task].name if known and task is not None else None


def _slice(track: int, name: str, begin: float, end: float, kind: str, **more: object) -> dict[str, Any]:
    """One slice; its moments are microseconds."""
    event: dict[str, Any] = {"ph": "X", "pid": _PROCESS, "tid": track, "name": name, "cat": kind}
    return event | {"ts": begin, "dur": round(max(_SHORTEST, end - begin), 3), "args": _known(more)}


def _known(arguments: dict[str, object]) -> dict[str, object]:
    known = {key: value for key, value in arguments.items() if value not in (None, [])}
    return {key: _short(value) if isinstance(value, str) else value for key, value in known.items()}


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _moment(seconds: float) -> float:
    return round(seconds * _MICROSECONDS, 3)


def _loops(recording: Recording) -> Iterator[dict[str, Any]]:
    for number, loop in enumerate(recording.loops):
        end = recording.wall if loop.end is None else loop.end
        yield _slice(_LOOPS + number, "run_forever", _moment(loop.start), _moment(end), "loop")
    for one in recording.callbacks:
        track = _LOOPS + (one.loop or 0)
        held = {"held_at": one.held_at, "held_in": one.held_in}
        begin, end = _moment(one.start), _moment(one.end)
        yield _slice(track, one.name, begin, end, "callback", line=one.line, file=one.file, **held)


@dataclass(frozen=True, slots=True)
class _Track:
    """Where the slices of a task are drawn: begin and end of each step and wait, in microseconds.

    Moments of a recording are whole microseconds, and a step can be shorter. Here each takes a nanosecond at least and
    none begins before the one before it ends, as otherwise a viewer would nest them.
    """

    steps: tuple[tuple[float, float], ...]
    waits: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, task: Task, wall: float) -> _Track:
        """The slices of a task; a wait that did not end does at the end of the run."""
        spans = [(step.start, 0, number, step.end) for number, step in enumerate(task.steps)]
        spans += [
            (wait.start, 1, number, wall if wait.end is None else wait.end) for number, wait in enumerate(task.waits)
        ]
        found: tuple[dict[int, tuple[float, float]], ...] = ({}, {})
        free = float("-inf")
        for start, kind, number, end in sorted(spans):
            begin = max(_moment(start), free)
            free = round(max(_moment(end), begin + _SHORTEST), 3)
            found[kind][number] = begin, free
        steps, waits = (tuple(some[number] for number in sorted(some)) for some in found)
        return cls(steps, waits)


def _tasks(recording: Recording, tracks: list[_Track]) -> Iterator[dict[str, Any]]:
    for number, (task, track) in enumerate(zip(recording.tasks, tracks, strict=True)):
        for step, (begin, end) in zip(task.steps, track.steps, strict=True):
            more = {"woken_by": _name_of(recording, step.woken_by), "held_at": step.held_at, "held_in": step.held_in}
            yield _slice(_TASKS + number, "running", begin, end, "step", **more)
        for wait, (begin, end) in zip(task.waits, track.waits, strict=True):
            some = wait.tasks[:_MOST_AWAITED]
            names = [_short(name) for index in some if (name := _name_of(recording, index)) is not None]
            place = {"line": wait.line, "file": wait.file}
            yield _slice(_TASKS + number, wait.on or "waiting", begin, end, "wait", **place, tasks=names)


def _turns(recording: Recording, order: TurnOrder) -> Iterator[dict[str, Any]]:
    """The turns of each generator: none begins before the one before it ends, as of tasks."""
    names = ["the program", *names_of(recording.generators)]
    free = [float("-inf")] * len(names)
    for turn in order.turns:
        mine = turn.generator + 1
        begin = max(_moment(turn.start), free[mine])
        end = _moment(recording.wall if turn.end is None else turn.end)
        free[mine] = round(max(end, begin + _SHORTEST), 3)
        more = {name: getattr(turn, name) for name in ("line", "thrown", "left", "left_at", "value", "error")}
        by = PROGRAM if turn.by is None else turn.by + 1
        more["by"] = names[by] if 0 <= by < len(names) else None
        yield _slice(_GENERATORS + mine, turn.how or "running", begin, free[mine], "turn", **more)


def _track_of(output: Output, turns: TurnOrder | None) -> int:
    if turns is not None and (owner := turns.owner_of(output)) != PROGRAM:
        return _GENERATORS + owner
    return _LOOPS if output.task is None else _TASKS + output.task


def _instants(recording: Recording, turns: TurnOrder | None) -> Iterator[dict[str, Any]]:
    def instant(track: int, name: str, at: float, **more: object) -> dict[str, Any]:
        base = {"ph": "i", "pid": _PROCESS, "tid": track, "name": name, "s": "t"}
        return base | {"ts": _moment(at), "args": _known(more)}

    for output in recording.outputs:
        yield instant(_track_of(output, turns), output.stream, output.at, text=output.text)
    for event in recording.events:
        track = _LOOPS if event.task is None else _TASKS + event.task
        by = _name_of(recording, event.by)
        yield instant(track, event.kind, event.at, line=event.line, file=event.file, by=by)
    for number, task in enumerate(recording.tasks):
        if task.created is not None:
            by = _name_of(recording, task.parent)
            yield instant(_TASKS + number, "created", task.created, line=task.line, file=task.file, by=by)
        if task.finished is not None and task.outcome is not None:
            yield instant(_TASKS + number, task.outcome, task.finished, error=task.error)


def _threads(recording: Recording) -> Iterator[dict[str, Any]]:
    for number, thread in enumerate(recording.threads):
        for work in thread.work:
            end = recording.wall if work.end is None else work.end
            by = _name_of(recording, work.task)
            more = {"line": work.line, "file": work.file, "task": by}
            yield _slice(_THREADS + number, work.what, _moment(work.start), _moment(end), "work", **more)


def _flows(recording: Recording, tracks: list[_Track]) -> Iterator[dict[str, Any]]:
    """Flows: from a step in which a task was created to its first step, and from a step to one that it made ready.

    A viewer drops a flow of which an end is in no slice. Each end is in a step, or the flow is left out.
    """
    begins = [[begin for begin, _end in track.steps] for track in tracks]
    number = 0
    for target, task in enumerate(recording.tasks):
        for index, step in enumerate(task.steps):
            is_creation = not index and task.created is not None and task.parent is not None
            source = task.parent if is_creation else step.woken_by
            end = begins[target][index]
            at = min(end, _moment(task.created)) if is_creation and task.created is not None else end
            if source is None or not 0 <= source < len(begins) or source == target:
                continue
            last = bisect_right(begins[source], at) - 1
            if last < 0:
                continue
            begin = round(min(at, tracks[source].steps[last][1] - _SHORTEST), 3)  # at its end, it is closed already
            number += 1
            base = {"pid": _PROCESS, "name": "creates" if is_creation else "wakes", "cat": "flow", "id": number}
            yield {"ph": "s", "tid": _TASKS + source, "ts": begin} | base
            yield {"ph": "f", "bp": "e", "tid": _TASKS + target, "ts": end} | base
