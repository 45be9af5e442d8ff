"""The tasks and loops that the recorder has met, by number."""

from __future__ import annotations

import weakref
from itertools import count
from typing import TYPE_CHECKING, Any

from ..journal.limits import MOST_LATE_TASKS, MOST_TASKS
from ..journal.records import RecordType, encode_name, task_fields
from ._cpython import SHUTDOWN_COROUTINES, identity
from .libraries import code_of, is_of_a_library, is_of_asyncio

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

    from ..journal.records import Journal

_MOST_LOOPS = 0xFF  # all that a byte can number
_UNKNOWN = 0, None


class TrackedTask:
    """What the recorder knows of a task. It does not keep the task alive.

    :ivar number: 0 for a task that is not recorded.
    :ivar fields: number and :attr:`woken_by`, as its next step's record has them.
    :ivar plain_fields: the same without a task that woke it.
    :ivar cancels: how many requests for its cancellation are recorded.
    :ivar ended: its end is recorded, or it has none that could be missing.
    :ivar gap: steps of it were not written since the last one that was.
    :ivar follows: the last step was recorded although there are many, so the next one is, too: it ends a wait.
    :ivar ready_at: when its next step became ready, in nanoseconds; 0 if that is not known.
    :ivar yields_at: instruction of its own coroutine at which it last yielded to a coroutine with the code ``callee``.
    :ivar callee: None if it last yielded in another way.
    :ivar site: the call site of its last bare yield.
    :ivar step_start: first bytes of the record of its next step, if it yields there again.
    """

    __slots__ = (
        "_woken_by",
        "callee",
        "cancels",
        "ended",
        "fields",
        "follows",
        "gap",
        "name",
        "number",
        "plain_fields",
        "ready_at",
        "ref",
        "site",
        "step_start",
        "yields_at",
    )

    def __init__(self, number: int, name: str) -> None:
        self.number = number
        self.name = name
        self._woken_by = 0
        self.fields = self.plain_fields = task_fields(number)
        self.cancels = 0
        self.site = 0
        self.step_start = b""
        self.yields_at = 0
        self.callee: object = None
        self.gap = False
        self.follows = False
        self.ended = False
        self.ready_at = 0
        self.ref: weakref.ref[asyncio.Task[Any]] | None = None

    def task(self) -> asyncio.Task[Any] | None:
        """The task, if it still exists."""
        return None if self.ref is None else self.ref()

    @property
    def woken_by(self) -> int:
        """The number of the task in whose step its next step became ready, 0 for anything else."""
        return 0 if self.fields is self.plain_fields else self._woken_by

    def wake(self, by: int) -> None:
        """Note in whose step the next one became ready."""
        self._woken_by = by
        self.fields = task_fields(self.number, by) if by else self.plain_fields


class TaskRegistry:
    """Numbers tasks and loops, and records that they exist.

    :param files: the file names under which the program was compiled.
    :ivar get: returns what is known of the task at an address.
    """

    def __init__(self, journal: Journal, files: frozenset[str]) -> None:
        self._journal = journal
        self._files = files
        # By address: a program's own `__eq__` and `__hash__` must not be called.
        self._tasks: dict[int, TrackedTask] = {}
        self._loops: dict[int, tuple[int, weakref.ref[Any]]] = {}
        self.get = self._tasks.get
        self._count = 0
        self._next_task = count(1)
        self._next_loop = count(1)

    def __iter__(self) -> Iterator[TrackedTask]:
        return iter(list(self._tasks.values()))

    @property
    def is_full(self) -> bool:
        """Whether no more tasks are recorded."""
        return not self.has_room()

    def has_room(self, *, is_special: bool = False) -> bool:
        """Whether one more task is recorded, or one more for a special reason: see :meth:`meet`."""
        return self._count < MOST_TASKS + (MOST_LATE_TASKS if is_special else 0)

    def meet(
        self, task: asyncio.Task[Any], *, by: int = 0, at: int | None = None, is_special: bool = False
    ) -> TrackedTask | None:
        """What is known of a task, which is recorded now if it was not; None if there are too many tasks.

        A library's that was not met where it was created began in its constructor (``asyncio.Task(…,
        eager_start=True)``, as aiohttp has it), which no loop sees. The library created it for itself.

        :param by: number of the task that created it.
        :param at: when it was created, now by default.
        :param is_special: it did something by which it is recorded although there are many tasks.
        """
        tracked = self.get(identity(task))
        if tracked is not None:
            return tracked
        if not self.has_room(is_special=is_special):
            return None
        # Python 3.12.1 crashes when a task that ended at once is asked for its coroutine.
        coro = task.get_coro()
        tracked = self._add(task, coro, by, at, 0)
        if self._is_of_a_library(task, coro):
            self.note_internal(tracked)
        return tracked

    def meet_created(
        self, task: asyncio.Task[Any], coro: Any, *, by: int, site: int, at: int | None = None
    ) -> TrackedTask | None:
        """The same where a task is created.

        :param coro: its coroutine.
        :param site: the call site of its creation.
        """
        tracked = self.get(identity(task))
        if tracked is not None:
            return tracked
        return self._add(task, coro, by, at, site) if self.has_room() else None

    def _add(self, task: asyncio.Task[Any], coro: Any, by: int, at: int | None, site: int) -> TrackedTask:
        key = identity(task)
        name, is_hidden = qualified_name(coro), self.is_hidden(coro)
        if not is_hidden:
            self._count = number = next(self._next_task)  # atomic: loops may run in several threads
        tracked = self._tasks[key] = TrackedTask(0 if is_hidden else number, task.get_name())
        tracked.ref = weakref.ref(task, lambda _: self._forget(key, tracked))
        if not is_hidden:
            self.introduce(task, tracked, name, at, by, site)
        return tracked

    @staticmethod
    def _is_of_a_library(task: asyncio.Task[Any], coro: Any) -> bool:
        """Whether a task of asyncio's own loop runs a coroutine of a library other than asyncio."""
        code, loop = code_of(coro), type(task.get_loop()).__module__
        if code is None or not loop.startswith("asyncio."):
            return False
        return is_of_a_library(code.co_filename) and not is_of_asyncio(code.co_filename)

    def is_hidden(self, coro: Any) -> bool:
        """Whether a coroutine is one that asyncio runs for itself, and not the program's."""
        code = getattr(coro, "cr_code", None)
        is_theirs = getattr(code, "co_filename", "") not in self._files
        return is_theirs and qualified_name(coro) in SHUTDOWN_COROUTINES

    def introduce(
        self, task: asyncio.Task[Any], tracked: TrackedTask, coro: str, at: int | None, by: int, site: int
    ) -> None:
        """Record that a task was created, and its name."""
        number, append = tracked.number, self._journal.append
        loop = self.number_of_loop(task.get_loop())
        append(RecordType.TASK_CREATED, encode_name(coro), at=at, stream=loop, task=number, by=by, site=site)
        append(RecordType.TASK_NAMED, encode_name(tracked.name), at=at, task=number)

    def note_internal(self, tracked: TrackedTask | None) -> None:
        """Record that a library created a task for itself."""
        if tracked is not None and tracked.number:
            self._journal.append(RecordType.TASK_INTERNAL, task=tracked.number)

    def note_name(self, task: asyncio.Task[Any], tracked: TrackedTask) -> None:
        """Record a task's name if it has changed."""
        if (name := task.get_name()) != tracked.name:
            tracked.name = name
            self._journal.append(RecordType.TASK_NAMED, encode_name(name), task=tracked.number)

    def let_go(self) -> None:
        """Have nothing called when a task is destroyed."""
        for tracked in list(self._tasks.values()):
            tracked.ref = None

    def _forget(self, key: int, tracked: TrackedTask) -> None:
        if tracked.number and not tracked.ended:
            self._journal.append(RecordType.TASK_DESTROYED, task=tracked.number)
        # Another task may have the address by now.
        if self.get(key) is tracked:
            del self._tasks[key]

    def number_of_loop(self, loop: Any) -> int:
        """The number of a loop, which is recorded now if it was not; 0 if there are too many."""
        number, known = self._loops.get(identity(loop), _UNKNOWN)
        if known is None or known() is not loop:
            number = next(self._next_loop)
            number = number if number <= _MOST_LOOPS else 0
            self._loops[identity(loop)] = number, weakref.ref(loop)
            if number:
                self._journal.append(RecordType.LOOP_CREATED, encode_name(type(loop).__name__), stream=number)
        return number


def qualified_name(coro: Any) -> str:
    """The qualified name of a coroutine."""
    return getattr(coro, "__qualname__", None) or type(coro).__name__
