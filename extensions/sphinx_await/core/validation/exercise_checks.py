"""What a program has to do to solve an exercise: Python expressions over its recording, in a small vocabulary.

``printed(text, ...)``
    lines of standard output hold these texts, in this order
``printed_once(text)``
    exactly one line of standard output holds it
``within(seconds)``, ``after(seconds)``
    it ended at most, at least so many seconds after it began
``returned``, ``raised(name)``
    it ended by itself without an exception; an exception of this type ended it
``tasks``
    how many asyncio tasks there were, the first among them
``overlap(first, second)``
    two tasks, of coroutines or with names that are called so, waited at the same time; one name: two tasks of it
``waited(on)``
    a task waited on something that starts with this text, as the picture says it: ``asyncio.sleep``
``blocked(seconds)``
    a task held the event loop for so long at a stretch
``lines``, ``wall``
    the lines of standard output; the seconds until it ended
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from ..errors import CheckError
from ..text.output_lines import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..model.recording import Recording, Task, Wait

_BUILTINS = {one.__name__: one for one in (abs, all, any, len, max, min, round, set, sorted, sum)}


def vocabulary(recording: Recording) -> dict[str, Any]:
    """The names of a check and what each means for a recording."""
    lines = text_of(recording.outputs, "stdout").splitlines()
    ended_well = recording.failure is None and recording.exit == 0 and not recording.timed_out

    def printed(*texts: str) -> bool:
        rest = iter(lines)
        return all(any(text in line for line in rest) for text in texts)

    def printed_once(text: str) -> bool:
        return sum(text in line for line in lines) == 1

    def within(seconds: float) -> bool:
        return recording.wall <= seconds

    def after(seconds: float) -> bool:
        return recording.wall >= seconds

    def raised(name: str) -> bool:
        return recording.failure is not None and recording.failure.type.split(".")[-1] == name

    def overlap(first: str, second: str | None = None) -> bool:
        ones, others = _called(recording, first), _called(recording, second or first)
        return any(one is not other and _meet(one.waits, other.waits) for one in ones for other in others)

    def waited(on: str) -> bool:
        return any(wait.on.startswith(on) for task in recording.tasks for wait in task.waits)

    def blocked(seconds: float) -> bool:
        return any(step.end - step.start >= seconds for task in recording.tasks for step in task.steps)

    functions = (printed, printed_once, within, after, raised, overlap, waited, blocked)
    values = {"lines": lines, "wall": recording.wall, "tasks": len(recording.tasks), "returned": ended_well}
    return {**values, **{function.__name__: function for function in functions}}


def _called(recording: Recording, name: str) -> list[Task]:
    return [task for task in recording.tasks if name in {task.name, task.coro, (task.coro or "").rpartition(".")[2]}]


def _meet(ones: Iterable[Wait], others: Sequence[Wait]) -> bool:
    end = float("inf")
    return any(
        max(one.start, other.start) < min(end if one.end is None else one.end, end if other.end is None else other.end)
        for one in ones
        for other in others
    )


def read_check(test: str) -> None:
    """See whether a check can be read.

    :raises CheckError: it is no expression, or has a name that is not in the vocabulary.
    """
    try:
        tree = ast.parse(test, mode="eval")
    except (SyntaxError, ValueError) as error:
        raise CheckError(f"{test!r} is no Python expression: {error}") from None
    own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    known = {*_NAMES, *_BUILTINS, *own}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in known:
            raise CheckError(f"{test!r}: unknown name {node.id!r}; there are: {', '.join(sorted(_NAMES))}")
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            raise CheckError(f"{test!r}: {node.attr!r} is not for checks")


def passes(test: str, recording: Recording) -> bool:
    """Whether a program that left this recording passes a check.

    :raises CheckError: the check cannot be read, or fails itself.
    """
    read_check(test)
    try:
        return bool(eval(test, {"__builtins__": _BUILTINS, **vocabulary(recording)}))  # noqa: S307 - the author's own
    except Exception as error:  # noqa: BLE001 - whatever an expression raises
        raise CheckError(f"{test!r} failed: {type(error).__name__}: {error}") from None


def passed(checks: Iterable[str], recording: Recording) -> list[bool]:
    """For each check whether it is passed; one that fails itself is not."""
    return [_is_passed(test, recording) for test in checks]


def _is_passed(test: str, recording: Recording) -> bool:
    try:
        return passes(test, recording)
    except CheckError:
        return False


_NAMES = frozenset(
    {
        *("printed", "printed_once", "within", "after", "returned", "raised", "tasks", "overlap", "waited", "blocked"),
        *("lines", "wall"),
    }
)
