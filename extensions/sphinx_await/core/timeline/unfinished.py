"""Where the tasks and threads of a program were when it was stopped, in words."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ..syntax import nodes_of
from .model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..model.recording import Recording, Task
    from .labels import Labels

#: How many rows there are at most, and characters of a name, of what is awaited, and of a line.
MOST_ROWS = 20
_LONGEST = 80
_MOST_AWAITED = 3
_MOST_BLOCKS = 3
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Doing(StrEnum):
    """What a task or a thread was doing."""

    WAITING = "waiting"
    RUNNING = "running"
    NEW = "new"  #: it had not had its first step
    EXECUTING = "executing"  #: a call in a thread


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Tasks that did the same when the program was stopped, often one; or a thread.

    :ivar coro: the coroutine of the tasks, empty if it is not known.
    :ivar what: what they waited for, or what a thread executed; empty if it is not known.
    :ivar place: the line at which they were, with the number that readers see.
    :ivar source: the text of that line.
    :ivar inside: the blocks ``async with`` of the same function that had been entered there, the outermost first: each
        what is entered, and its place. So one sees which lock is held by a task that waits for another.
    """

    names: tuple[str, ...]
    coro: str
    doing: Doing
    what: str = ""
    place: Place | None = None
    source: str = ""
    inside: tuple[tuple[str, Place], ...] = ()


def unfinished(
    recording: Recording, *, shown: Sequence[int | None] | None = None, source: str = ""
) -> tuple[Unfinished, ...]:
    """Find where each task was that had not ended, in the order in which they were created; then threads.

    Tasks that libraries made for themselves are left out. Nothing is found if steps or tasks of the end are missing in
    the recording: where a task was last seen is not where it was then.

    :param shown: for each line of the program, the number that readers see, or None; by default the program's own.
    :param source: the program.
    """
    if recording.unseen_since is not None or recording.unseen_tasks:
        return ()
    finder = _Finder(recording, shown, source)
    alike: dict[Unfinished, list[str]] = defaultdict(list)
    for name, one in (*finder.tasks(), *finder.threads()):
        alike[one].append(name)
    return tuple(replace(one, names=tuple(names)) for one, names in alike.items())


@dataclass(frozen=True, slots=True)
class _Finder:
    recording: Recording
    shown: Sequence[int | None] | None
    source: str

    def tasks(self) -> Iterator[tuple[str, Unfinished]]:
        """The name of each task that had not ended, and where it was."""
        destroyed = {event.task for event in self.recording.events if event.kind == "destroyed"}
        for number, task in enumerate(self.recording.tasks):
            if task.outcome is None and not task.internal and number not in destroyed:
                yield task.name[:_LONGEST], self._where(task)

    def _where(self, task: Task) -> Unfinished:
        coro = (task.coro or "").rpartition("<locals>.")[2][:_LONGEST]
        if task.waits and task.waits[-1].end is None:
            wait = task.waits[-1]
            return Unfinished((), coro, Doing.WAITING, self._awaited(task), *self._at(wait.line, wait.file))
        if not task.steps:
            return Unfinished((), coro, Doing.NEW)
        step = task.steps[-1]
        return Unfinished((), coro, Doing.RUNNING, "", *self._at(step.held_at, step.held_in))

    def _awaited(self, task: Task) -> str:
        wait = task.waits[-1]
        names = [self.recording.tasks[number].name for number in wait.tasks if number < len(self.recording.tasks)]
        if not names or wait.on in names:
            return wait.on[:_LONGEST]
        more = ["…"] if len(names) > _MOST_AWAITED else []
        return f"{wait.on[:_LONGEST]} → {', '.join([*(name[:_LONGEST] for name in names[:_MOST_AWAITED]), *more])}"

    def threads(self) -> Iterator[tuple[str, Unfinished]]:
        """The name of each thread that executed something, and what."""
        for thread in self.recording.threads:
            for work in thread.work:
                if work.end is None:
                    at = self._at(work.line, work.file)
                    yield thread.name[:_LONGEST], Unfinished((), "", Doing.EXECUTING, work.what[:_LONGEST], *at)

    def _at(self, line: int | None, file: str | None) -> tuple[Place | None, str, tuple[tuple[str, Place], ...]]:
        """The place of a line, as readers see it, its text, and the blocks around it; none of a line that is hidden."""
        if line is None:
            return None, "", ()
        if file:
            return Place(line, file[:_LONGEST]), "", ()
        number = self._seen(line)
        if number is None:
            return None, "", ()
        lines = self.source.splitlines()
        text = lines[line - 1].strip() if 1 <= line <= len(lines) else ""
        return Place(number), _short(text), tuple(self._blocks_around(line))[-_MOST_BLOCKS:]

    def _seen(self, line: int) -> int | None:
        """The number that readers see beside a line."""
        if self.shown is None:
            return line
        return self.shown[line - 1] if 1 <= line <= len(self.shown) else None

    def _blocks_around(self, line: int) -> Iterator[tuple[str, Place]]:
        """The blocks ``async with`` of its function in whose body a line is."""
        around = [node for node in nodes_of(self.source) if _has(node, line)]
        first = max((node.lineno for node in around if isinstance(node, _FUNCTIONS)), default=0)
        blocks = [node for node in around if isinstance(node, ast.AsyncWith) and node.lineno >= first]
        for block in sorted(blocks, key=lambda node: node.lineno):
            if block.body[0].lineno <= line and (number := self._seen(block.lineno)) is not None:
                yield _short(", ".join(ast.unparse(item.context_expr) for item in block.items)), Place(number)


def _has(node: ast.AST, line: int) -> bool:
    return getattr(node, "lineno", line + 1) <= line <= (getattr(node, "end_lineno", None) or 0)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def unfinished_words(found: Sequence[Unfinished], labels: Labels) -> list[str]:
    """Say where each was, a sentence each; of very many, the first."""
    words = [_words(one, labels) for one in found[:MOST_ROWS]]
    return [*words, labels.more.format(count=more)] if (more := len(found) - MOST_ROWS) > 0 else words


def _words(one: Unfinished, labels: Labels) -> str:
    first, count = one.names[0], len(one.names)
    name = first if count == 1 else labels.group.format(first=first, last=one.names[-1], count=count)
    name = f"{name} {one.coro}()" if one.coro else name
    template = {
        Doing.WAITING: labels.hung_waits if one.what else labels.hung_waits_somewhere,
        Doing.RUNNING: labels.hung_runs,
        Doing.NEW: labels.hung_new,
        Doing.EXECUTING: labels.hung_executes,
    }[one.doing]
    words = labels.on_line(template.format(name=name, what=one.what), one.place)
    words = f"{words}: {one.source.rstrip(':')}" if one.source else words
    if not one.inside:
        return words
    blocks = ", ".join(labels.on_line(f"async with {text}", place) for text, place in one.inside)
    return labels.hung_inside.format(words=words, blocks=blocks)
