"""Checks of an exercise: Python expressions over the recording of a program, in a small vocabulary.

``printed(text, ...)``
    lines of standard output contain these texts, in this order
``printed_once(text)``
    exactly one line of standard output contains it
``within(seconds)``, ``after(seconds)``
    its event loops ran for at most, at least this time
``printed_last(text)``
    the last line of standard output holds it
``returned``, ``raised(name)``
    it ended without an exception; an exception of this type ended it
``tasks``
    the number of asyncio tasks, with the first
``overlap(first, second)``
    two tasks waited at the same time; each is named by its coroutine or itself; one name: two tasks of that name
``waited(on)``
    a task waited on something that starts with this text, as in the picture: ``asyncio.sleep``
``blocked(seconds)``
    one step of a task held the event loop for at least this time
``lines``, ``wall``
    the lines of standard output; the seconds until it ended
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING, Any

from ..errors import CheckError
from ..model.recording import Recording
from ..syntax import nodes_of
from ..text.output_lines import shown_text
from .expressions import BUILTINS, evaluate, read_expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..model.recording import Task
    from .expressions import Expression


#: Words of a check whose truth depends on how long something took.
_OF_TIME = frozenset({"within", "after", "overlap", "blocked", "wall"})


def judges_time(test: str) -> bool:
    """Whether a check asks how long something took."""
    return any(isinstance(node, ast.Name) and node.id in _OF_TIME for node in nodes_of(test))


def vocabulary(recording: Recording) -> dict[str, Any]:
    """The names that a check may use, and their values for a recording."""
    lines = shown_text(recording.outputs, "stdout").split("\n")[:-1]
    ended_well = recording.failure is None and recording.exit == 0 and not recording.timed_out

    def printed(*texts: str) -> bool:
        rest = iter(lines)
        return all(any(text in line for line in rest) for text in texts)

    def printed_once(text: str) -> bool:
        return sum(text in line for line in lines) == 1

    def printed_last(text: str) -> bool:
        return bool(lines) and text in lines[-1]

    def within(seconds: float) -> bool:
        return _duration(recording) <= seconds

    def after(seconds: float) -> bool:
        return _duration(recording) >= seconds

    def raised(name: str) -> bool:
        return recording.failure is not None and recording.failure.is_a(name)

    def overlap(first: str, second: str | None = None) -> bool:
        ones, others = _called(recording, first), _called(recording, second or first)
        return _meet(ones, others)

    def waited(on: str) -> bool:
        return any(wait.on.startswith(on) for task in recording.tasks for wait in task.waits)

    def blocked(seconds: float) -> bool:
        return any(step.end - step.start >= seconds for task in recording.tasks for step in task.steps)

    functions = (printed, printed_once, printed_last, within, after, raised, overlap, waited, blocked)
    values = {"lines": lines, "wall": recording.wall, "tasks": len(recording.tasks), "returned": ended_well}
    return {**values, **{function.__name__: function for function in functions}}


def _duration(recording: Recording) -> float:
    """The seconds for which its event loops ran; without one, those until it ended.

    Python's start and the imports of a program take long on a slow device and are no part of an exercise.
    """
    if not recording.loops:
        return recording.wall
    ends = (recording.wall if loop.end is None else loop.end for loop in recording.loops)
    return max(ends) - min(loop.start for loop in recording.loops)


def _called(recording: Recording, name: str) -> list[Task]:
    return [task for task in recording.tasks if name in {task.name, task.coro, (task.coro or "").rpartition(".")[2]}]


def _meet(ones: Iterable[Task], others: Iterable[Task]) -> bool:
    """Whether a task of the first group waits while another task of the second group waits."""
    end = float("inf")
    moments = sorted(
        moment
        for side, tasks in enumerate((ones, others))
        for task in tasks
        for wait in task.waits
        if wait.start < (end if wait.end is None else wait.end)
        for moment in ((wait.start, 1, side, id(task)), (end if wait.end is None else wait.end, 0, side, id(task)))
    )
    waiting: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
    for _moment, begins, side, task in moments:  # at one moment, what ends comes first
        waiting[side][task] += 1 if begins else -1
        if not waiting[side][task]:
            del waiting[side][task]
        if begins and waiting[1 - side].keys() - {task}:
            return True
    return False


def read_check(test: str) -> None:
    """Parse a check.

    :raises CheckError: it is no expression, uses what is not allowed, or has a name that is not in the vocabulary.
    """
    _read(test)


def _read(test: str) -> Expression:
    expression = read_expression(test)
    if unknown := sorted(expression.names - NAMES - BUILTINS.keys()):
        raise CheckError(f"{test!r}: unknown name {unknown[0]!r}; there are: {', '.join(sorted(NAMES))}")
    return expression


def passes(test: str, recording: Recording) -> bool:
    """Whether a program with this recording passes a check.

    :raises CheckError: the check is invalid, or raises an error.
    """
    return _passes(test, recording, vocabulary(recording))


def _passes(test: str, recording: Recording, meaning: dict[str, Any]) -> bool:
    functions = {name: value for name, value in meaning.items() if callable(value)}
    values = {name: value for name, value in meaning.items() if name not in functions}
    return bool(evaluate(_read(test), values, functions, cost=_cost(recording)))


def _cost(recording: Recording) -> int:
    """The number of steps that a call of the vocabulary counts for, by the size of the recording."""
    outputs, tasks = recording.outputs, recording.tasks
    items = sum(len(task.steps) + len(task.waits) for task in tasks) + len(tasks) + len(outputs)
    return 1 + items // 10 + sum(len(output.text) for output in outputs) // 1000


def is_judged(tests: Sequence[str], recording: Recording) -> bool:
    """Whether the checks of an exercise say something about this run.

    They do not if the program failed, unless a check passes that asks for the exception with ``raised``; nor if it was
    stopped; nor if no task ran, where checks ask about tasks.
    """
    if recording.timed_out:
        return False
    failed = recording.failure is not None or recording.exit != 0
    if failed and not any(_asks_for_the_failure(test, recording) for test in tests):
        return False
    return bool(recording.tasks) or not any(_names(test) & _ABOUT_TASKS for test in tests)


def _asks_for_the_failure(test: str, recording: Recording) -> bool:
    """Whether a check passes that asks for the exception which ended the program."""
    found: list[bool] = []
    meaning = vocabulary(recording)

    def raised(name: str) -> bool:
        found.append(meaning["raised"](name))
        return found[-1]

    try:
        return _passes(test, recording, {**meaning, "raised": raised}) and any(found)
    except CheckError:
        return False


def passed(checks: Iterable[str], recording: Recording) -> list[bool]:
    """Whether each check of an exercise is passed.

    None is if the run is not judged. A check that raises an error is not passed.
    """
    tests = list(checks)
    judged = is_judged(tests, recording)
    return [judged and _is_passed(test, recording) for test in tests]


_ABOUT_TASKS = frozenset({"tasks", "overlap", "waited", "blocked"})


def _names(test: str) -> set[str]:
    return {node.id for node in nodes_of(test.strip()) if isinstance(node, ast.Name)}


def _is_passed(test: str, recording: Recording) -> bool:
    try:
        return passes(test, recording)
    except CheckError:
        return False


#: The names of a check.
NAMES = frozenset(vocabulary(Recording("", "", "", wall=0.0, cpu=0.0, exit=0)))
