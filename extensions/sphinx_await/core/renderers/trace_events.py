"""A recording in the Trace Event Format, which Perfetto and Chrome's ``about:tracing`` open.

https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU describes the format. Its timestamps
are microseconds. In the trace, each task, loop and thread is a thread of one process.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model.recording import Recording, Task

_PROCESS = 1
_MICROSECONDS = 1e6
#: Where the numbers of loops, tasks and threads begin; the viewer sorts by them.
_LOOPS, _TASKS, _THREADS = 1, 1_000, 10_000_000


def render_trace(recording: Recording, name: str) -> str:
    """Render the trace as one JSON document; equal recordings give equal texts.

    :param name: the name of the process.
    """
    events = [*_names(recording, name), *_loops(recording), *_tasks(recording), *_marks(recording)]
    events += [*_threads(recording), *_flows(recording)]
    # ASCII: a lone surrogate, which a program can print, would be no UTF-8.
    return json.dumps({"displayTimeUnit": "ms", "traceEvents": events}) + "\n"


def _names(recording: Recording, name: str) -> Iterator[dict[str, Any]]:
    yield {"ph": "M", "pid": _PROCESS, "tid": 0, "name": "process_name", "args": {"name": name}}
    called = {_LOOPS + number: loop.name for number, loop in enumerate(recording.loops)}
    called = called or {_LOOPS: "event loop"}
    called |= {_TASKS + number: _task_name(task) for number, task in enumerate(recording.tasks)}
    called |= {_THREADS + number: thread.name for number, thread in enumerate(recording.threads)}
    for thread, words in called.items():
        yield {"ph": "M", "pid": _PROCESS, "tid": thread, "name": "thread_name", "args": {"name": words}}
        yield {"ph": "M", "pid": _PROCESS, "tid": thread, "name": "thread_sort_index", "args": {"sort_index": thread}}


def _task_name(task: Task) -> str:
    return f"{task.name} {task.coro}()" if task.coro else task.name


def _stretch(thread: int, name: str, start: float, end: float, kind: str, **more: object) -> dict[str, Any]:
    arguments = {key: value for key, value in more.items() if value is not None}
    length = max(0.0, end - start)
    event: dict[str, Any] = {"ph": "X", "pid": _PROCESS, "tid": thread, "name": name, "cat": kind}
    return event | {"ts": _moment(start), "dur": _moment(length), "args": arguments}


def _moment(seconds: float) -> float:
    return round(seconds * _MICROSECONDS, 3)


def _loops(recording: Recording) -> Iterator[dict[str, Any]]:
    for number, loop in enumerate(recording.loops):
        end = recording.wall if loop.end is None else loop.end
        yield _stretch(_LOOPS + number, "running", loop.start, end, "loop")
    for callback in recording.callbacks:
        thread = _LOOPS + (callback.loop or 0)
        yield _stretch(thread, callback.name, callback.start, callback.end, "callback", line=callback.line)


def _tasks(recording: Recording) -> Iterator[dict[str, Any]]:
    for number, task in enumerate(recording.tasks):
        for step in task.steps:
            yield _stretch(_TASKS + number, "running", step.start, step.end, "step")
        for wait in task.waits:
            end = recording.wall if wait.end is None else wait.end
            yield _stretch(_TASKS + number, wait.on or "waiting", wait.start, end, "wait", line=wait.line)


def _marks(recording: Recording) -> Iterator[dict[str, Any]]:
    def instant(thread: int, name: str, at: float, **more: object) -> dict[str, Any]:
        arguments = {key: value for key, value in more.items() if value is not None}
        base = {"ph": "i", "pid": _PROCESS, "tid": thread, "name": name, "s": "t"}
        return base | {"ts": _moment(at), "args": arguments}

    for output in recording.outputs:
        thread = _LOOPS if output.task is None else _TASKS + output.task
        yield instant(thread, output.stream, output.at, text=output.text)
    for event in recording.events:
        thread = _LOOPS if event.task is None else _TASKS + event.task
        yield instant(thread, event.kind, event.at, line=event.line)
    for number, task in enumerate(recording.tasks):
        if task.finished is not None and task.outcome is not None:
            yield instant(_TASKS + number, task.outcome, task.finished, error=task.error)


def _threads(recording: Recording) -> Iterator[dict[str, Any]]:
    for number, thread in enumerate(recording.threads):
        for work in thread.work:
            end = recording.wall if work.end is None else work.end
            yield _stretch(_THREADS + number, work.what, work.start, end, "work", line=work.line)


def _flows(recording: Recording) -> Iterator[dict[str, Any]]:
    """Flows: from a task to the tasks that it created, and to the steps that it made ready."""
    number = 0
    for index, task in enumerate(recording.tasks):
        found = [(task.parent, task.created, "creates")]
        found += [(step.woken_by, step.start, "wakes") for step in task.steps]
        for source, at, name in found:
            if source is None or at is None:
                continue
            number += 1
            base = {"pid": _PROCESS, "name": name, "cat": "flow", "id": number, "ts": _moment(at)}
            yield {"ph": "s", "tid": _TASKS + source} | base
            yield {"ph": "f", "bp": "e", "tid": _TASKS + index} | base
