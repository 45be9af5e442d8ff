"""A recording as a transcript: lines that a person can check against the program: who did what, in order, no times.

Ties are broken by what follows from what: something is made before it runs, and runs before it waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_await.core.text.output_lines import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx_await.core.model.recording import Callback, Event, Recording, Task, Wait, Work

#: Begins the head of a program that cannot run everywhere; the reason follows.
NOT_IN_THE_BROWSER = "# not in the browser:"


def transcript(recording: Recording) -> list[str]:
    """The lines of the transcript."""
    return [text for _, _, text in sorted(_moments(recording), key=lambda moment: moment[:2])] + _threads(recording)


def _moments(recording: Recording) -> Iterator[tuple[float, int, str]]:
    names = [task.name for task in recording.tasks]
    for task in recording.tasks:
        yield from _of_task(task, names)
    for line in read_lines(recording.outputs):
        if line.stream == "stderr" and line.text.startswith(" "):
            continue  # the inside of a traceback is each Python's own
        who = "the program" if line.task is None else names[line.task]
        yield line.at, 4, f"{who} prints {line.text!r}" + (" to stderr" if line.stream == "stderr" else "")
    for event in recording.events:
        who = "something" if event.task is None else names[event.task]
        by = "" if event.by is None else f" by {names[event.by]}"
        words = {"cancel": "asked to cancel", "timeout": "out of time"}.get(event.kind, event.kind)
        yield event.at, 1, f"{who} is {words}{by}{_at(event)}"
    for callback in recording.callbacks:
        if callback.name.startswith("_"):
            continue  # asyncio's own: whether one is long enough to be recorded depends on the machine
        yield callback.start, 4, f"callback {callback.name}{_at(callback)}"
    for loop in recording.loops:
        yield loop.start, 0, "a loop runs"
        if loop.end is not None:
            yield loop.end, 9, "the loop stops"


def _threads(recording: Recording) -> list[str]:
    """What threads did: they run beside the rest, so they stand apart."""
    lines = []
    for thread in recording.threads:
        for work in thread.work:
            by = "" if work.task is None else f" for {recording.tasks[work.task].name}"
            end = "" if work.end is not None else ", and is not done"
            lines.append(f"a thread calls {work.what}{_at(work)}{by}{end}")
    return lines


def _of_task(task: Task, names: list[str]) -> Iterator[tuple[float, int, str]]:
    if task.created is not None:
        by = "" if task.parent is None else f" by {names[task.parent]}"
        yield task.created, 2, f"{task.name} is made for {task.coro}{by}{_at(task)}"
    for step in task.steps:
        by = "" if step.woken_by is None else f", due since {names[step.woken_by]}"
        yield step.start, 3, f"{task.name} runs{by}"
    for wait in task.waits:
        yield wait.start, 7, f"{task.name} waits: {wait.on}{_at(wait)}{_for(wait, names)}"
    if task.finished is not None and task.outcome is not None:
        yield task.finished, 8, f"{task.name} {task.outcome}{f' {task.error}' if task.error else ''}"


def _at(one: Callback | Event | Task | Wait | Work) -> str:
    file = f"{one.file} " if one.file else ""
    return "" if one.line is None else f" · {file}line {one.line}"


def _for(wait: Wait, names: list[str]) -> str:
    return f" [{', '.join(names[index] for index in wait.tasks)}]" if wait.tasks else ""
