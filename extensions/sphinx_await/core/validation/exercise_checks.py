"""Checks of an exercise: Python expressions over the recording of a program, in a small vocabulary.

The guide has its table from these entries.

``printed(text, ...)``
    lines of output contain these texts, in this order
``printed_once(text)``
    exactly one line contains this text
``printed_last(text)``
    the last line contains this text
``stderr(text, ...)``
    lines of standard error contain these texts, in this order; ``stderr()``: something was written there
``lines``, ``wall``, ``tasks``
    the lines of output; seconds until the end; how many tasks there were, with the first
``within(seconds)``, ``after(seconds)``
    its event loops ran for at most this time; at least this time. The start of Python does not count. ``within``
    also holds if the program would have kept the limit on a quiet device: each ``asyncio.sleep`` counts as long as
    it asks for, steps shorter than 50 ms not at all
``at(text)``
    seconds from the start of the first event loop until the first line with this text: ``at("tick") < 0.15``. If
    there is no such line, no comparison holds
``overlap(first, second)``
    two tasks waited at the same time. Name them by coroutine or task. With one name: two tasks of that name
``most_at_once(name, on)``
    how many tasks of this name waited at the same time at most, on something that starts with the text ``on`` (may
    be left out): ``most_at_once("load", "asyncio.sleep") <= 3``
``ended(name, outcome)``
    a task of this name ended so: ``"returned"``, ``"raised"``, ``"cancelled"``
``lasted(name)``
    seconds from creation to end of the task of this name that took longest; if none ended, no comparison holds
``waited(on)``
    a task waited on something that starts with this text: ``waited("asyncio.sleep")``
``blocked(seconds)``
    one step of a task held the loop for at least this time
``uses(source)``
    the program contains this piece of source, word by word: ``uses("TaskGroup")``, ``uses("async with")``,
    ``uses("sleep(0)")``. Comments and strings do not count
``returned``, ``raised(name)``, ``stopped``
    the program ended without an exception; with one that ``except NAME`` would catch; it was stopped before it
    ended
"""

from __future__ import annotations

import ast
from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ..errors import CheckError
from ..model.recording import OUTCOMES, Recording
from ..syntax import contains, is_empty, nodes_of, only_prints
from ..text.output_lines import shown_text, visible_lines
from .durations import LONG_STEP, duration, own_duration, start
from .expressions import BUILTINS, evaluate, read_expression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ..model.recording import Task
    from .expressions import Expression


#: Words of a check whose truth depends on how long something took.
_OF_TIME = frozenset({"within", "after", "at", "overlap", "blocked", "lasted", "most_at_once", "wall"})
#: Those that lateness can make fail: no program is too late for ``after``.
_LATE_FAILS = _OF_TIME - {"after"}

#: A comparison with it is false.
_NEVER = float("nan")


def judges_time(test: str) -> bool:
    """Whether a check asks how long something took."""
    return any(isinstance(node, ast.Name) and node.id in _OF_TIME for node in nodes_of(test))


def vocabulary(recording: Recording, code: str = "") -> dict[str, Any]:
    """The names that a check may use, and their values for a recording.

    :param code: the program that was recorded.
    """
    ended_well = recording.failure is None and recording.exit == 0 and not recording.timed_out

    def raised(name: str) -> bool:
        return recording.failure is not None and recording.failure.is_a(name)

    def uses(source: str) -> bool:
        return contains(code, source)

    lines = _lines(recording, "stdout")
    values = {
        "lines": lines,
        "wall": recording.wall,
        "tasks": len(recording.tasks),
        "returned": ended_well,
        "stopped": recording.timed_out or recording.exit < 0,
    }
    functions = (*_of_output(recording, lines), *_of_times(recording), *_of_tasks(recording), raised, uses)
    return {**values, **{function.__name__: function for function in functions}}


def _of_output(recording: Recording, lines: Sequence[str]) -> tuple[Callable[..., Any], ...]:
    """The functions over what was written."""

    def printed(*texts: str) -> bool:
        return _in_order(texts, lines)

    def printed_once(text: str) -> bool:
        return sum(text in line for line in lines) == 1

    def printed_last(text: str) -> bool:
        return bool(lines) and text in lines[-1]

    def stderr(*texts: str) -> bool:
        written = _lines(recording, "stderr")
        return bool(written) and _in_order(texts, written)

    return printed, printed_once, printed_last, stderr


def _of_times(recording: Recording) -> tuple[Callable[..., Any], ...]:
    """The functions over how long something took."""

    def within(seconds: float) -> bool:
        return min(duration(recording), own_duration(recording)) <= seconds

    def after(seconds: float) -> bool:
        return duration(recording) >= seconds

    def at(text: str) -> float:
        found = (line.at for line in visible_lines(recording) if line.stream == "stdout" and text in line.text)
        return next(found, _NEVER) - start(recording)

    def lasted(name: str) -> float:
        return max(_lengths(_called(recording, name)), default=_NEVER)

    def blocked(seconds: float) -> bool:
        return any(step.end - step.start >= seconds for task in recording.tasks for step in task.steps)

    return within, after, at, lasted, blocked


def _of_tasks(recording: Recording) -> tuple[Callable[..., Any], ...]:
    """The functions over what tasks did."""

    def overlap(first: str, second: str | None = None) -> bool:
        ones, others = _called(recording, first), _called(recording, second or first)
        return _meet(ones, others)

    def most_at_once(name: str, on: str = "") -> int:
        return _most_waiting(_called(recording, name), on)

    def waited(on: str) -> bool:
        return any(wait.on.startswith(on) for task in recording.tasks for wait in task.waits)

    def ended(name: str, outcome: str) -> bool:
        if outcome not in OUTCOMES:
            raise ValueError(f"a task ends by one of {', '.join(sorted(OUTCOMES))}, not {outcome!r}")
        return any(task.outcome == outcome for task in _called(recording, name))

    return overlap, most_at_once, waited, ended


def _lines(recording: Recording, stream: str) -> list[str]:
    return shown_text(recording.outputs, stream).split("\n")[:-1]


def _in_order(texts: Iterable[str], lines: Iterable[str]) -> bool:
    """Whether lines contain texts in their order."""
    rest = iter(lines)
    return all(any(text in line for line in rest) for text in texts)


def _called(recording: Recording, name: str) -> list[Task]:
    return [task for task in recording.tasks if name in {task.name, task.coro, (task.coro or "").rpartition(".")[2]}]


def _lengths(tasks: Iterable[Task]) -> Iterator[float]:
    for task in tasks:
        if task.created is not None and task.finished is not None:
            yield task.finished - task.created


def _most_waiting(tasks: Iterable[Task], on: str) -> int:
    """How many tasks waited at the same time at most, on something that starts with a text."""
    end = float("inf")
    moments = sorted(
        moment
        for task in tasks
        for wait in task.waits
        if wait.on.startswith(on)
        for moment in ((wait.start, 1), (end if wait.end is None else wait.end, -1))
    )
    return max(accumulate(change for _, change in moments), default=0)  # at one moment, what ends comes first


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

    :raises CheckError: the check is not an expression, or uses what is not allowed or a name that is not known.
    """
    _read(test)


def _read(test: str) -> Expression:
    expression = read_expression(test)
    if unknown := sorted(expression.names - NAMES - BUILTINS.keys()):
        raise CheckError(f"{test!r}: unknown name {unknown[0]!r}; there are: {', '.join(sorted(NAMES))}")
    return expression


def passes(test: str, recording: Recording, code: str = "") -> bool:
    """Whether a program with this recording passes a check.

    :param code: the program.
    :raises CheckError: the check is invalid, or raises an error.
    """
    return _passes(test, recording, vocabulary(recording, code))


def _passes(test: str, recording: Recording, meaning: dict[str, Any]) -> bool:
    functions = {name: value for name, value in meaning.items() if callable(value)}
    values = {name: value for name, value in meaning.items() if name not in functions}
    return bool(evaluate(_read(test), values, functions, cost=_cost(recording)))


def _cost(recording: Recording) -> int:
    """The number of steps that a call of the vocabulary counts for, by the size of the recording."""
    outputs, tasks = recording.outputs, recording.tasks
    items = sum(len(task.steps) + len(task.waits) for task in tasks) + len(tasks) + len(outputs)
    return 1 + items // 10 + sum(len(output.text) for output in outputs) // 1000


def is_judged(tests: Sequence[str], recording: Recording, code: str = "", start: str = "") -> bool:
    """Whether the checks of an exercise say something about this run.

    They do not if the program failed, unless a check passes that asks for the exception with ``raised``; nor if it was
    stopped, is empty, or only prints where the start does more; nor if no task ran, where checks ask about tasks.

    :param code: the program.
    :param start: the program to begin with.
    """
    if recording.timed_out or skips_the_work(code, start):
        return False
    failed = recording.failure is not None or recording.exit != 0
    if failed and not any(_asks_for_the_failure(test, recording) for test in tests):
        return False
    return bool(recording.tasks) or not any(names_of(test) & ABOUT_TASKS for test in tests)


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


def skips_the_work(code: str, start: str) -> bool:
    """Whether a program only prints, where the one to begin with does more, or has no statement at all.

    It may print whatever is expected.
    """
    return bool(start) and (is_empty(code) or (only_prints(code) and not only_prints(start)))


def passed(checks: Iterable[str], recording: Recording, code: str = "", start: str = "") -> list[bool]:
    """Whether each check of an exercise is passed.

    None is if the run is not judged. A check that raises an error is not passed.

    :param code: the program.
    :param start: the program to begin with.
    """
    tests = list(checks)
    judged = is_judged(tests, recording, code, start)
    return [judged and holds(test, recording, code) for test in tests]


def is_doubtful(checks: Iterable[str], recording: Recording, code: str = "", start: str = "") -> bool:
    """Whether a run may have failed its checks only because the device was busy.

    All that failed ask for times, and timers were late or Python computed for long.
    """
    tests = list(checks)
    if not is_judged(tests, recording, code, start):
        return False
    missed = [names_of(test) for test in tests if not holds(test, recording, code)]
    if not missed or not all(names & _LATE_FAILS for names in missed):
        return False
    return _was_disturbed(recording, but_for_steps=any("blocked" in names for names in missed))


def _was_disturbed(recording: Recording, *, but_for_steps: bool) -> bool:
    """Whether timers were late, or Python computed for long, by what is seen in a recording.

    :param but_for_steps: long steps are no sign, since they are what was missed.
    """
    took, own = duration(recording), own_duration(recording)
    if took - own > max(_LATE_SECONDS, took * _LATE_SHARE):
        return True
    if but_for_steps:
        return False
    steps = (step for task in recording.tasks for step in task.steps)
    return any(step.end - step.start >= LONG_STEP and step.held_at is None for step in steps)


#: A program that took longer than its own waits by more than the larger of the two was disturbed.
_LATE_SECONDS, _LATE_SHARE = 0.02, 0.05
#: Words of a check that asks about tasks.
ABOUT_TASKS = frozenset({"tasks", "overlap", "waited", "blocked", "ended", "lasted", "most_at_once"})


def names_of(test: str) -> set[str]:
    """The names in a check."""
    return {node.id for node in nodes_of(test.strip()) if isinstance(node, ast.Name)}


def holds(test: str, recording: Recording, code: str = "") -> bool:
    """Whether a check is passed; one that raises an error is not."""
    try:
        return passes(test, recording, code)
    except CheckError:
        return False


#: The names of a check.
NAMES = frozenset(vocabulary(Recording("", "", "", wall=0.0, cpu=0.0, exit=0)))
