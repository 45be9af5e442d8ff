"""The thread tracer: records the calls that thread pools carry out, and the program's own threads."""

from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING, Any

from ..journal.limits import MOST_NOTES
from ..journal.records import RecordType, encode_name
from ._cpython import THREAD_INTERNALS, current_thread_name, identity, submitted_function, thread_target
from .call_sites import name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..journal.records import Journal
    from .call_sites import CallSites


class ThreadTracer:
    """Records each call that a thread carries out, and which task submitted it.

    :param current: returns the number of the task that runs in this thread, 0 if there is none.
    :param give_up: called with the first error; the program never sees one.
    """

    def __init__(
        self,
        journal: Journal,
        sites: CallSites,
        current: Callable[[], int],
        give_up: Callable[[Exception], None],
    ) -> None:
        self._journal = journal
        self._sites = sites
        self._current_task = current
        self._give_up = give_up
        self._submitters: dict[int, int] = {}  # tasks by the address of what they submitted
        self._running: dict[int, list[int]] = {}  # numbers of the work that a thread does, by its identity
        self._count = 0
        self._fresh = count(1)

    def work_submitted(self, work: Any) -> None:
        """A call is submitted to a thread pool, or a thread is started."""
        try:
            if max(self._count, len(self._submitters)) < MOST_NOTES:
                self._submitters[identity(work)] = self._current_task()
        except Exception as error:  # noqa: BLE001 - whatever it is, the program goes on
            self._give_up(error)

    def before_work(self, work: Any) -> int:
        """A thread starts it: return its number, 0 if it is not recorded."""
        try:
            return self._note(work)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)
            return 0

    def after_work(self, number: int | None) -> None:
        """A thread has finished a call: record its end.

        :param number: what :meth:`before_work` returned; 0 or None if the call is not recorded.
        """
        if number:
            self._running.get(threading.get_ident(), [0]).pop()
            self._journal.append(RecordType.WORK_ENDED, by=number)

    def current(self) -> int:
        """The number of the work that this thread does, 0 if none is recorded."""
        numbers = self._running.get(threading.get_ident()) if self._running else None
        return numbers[-1] if numbers else 0

    def _note(self, work: Any) -> int:
        submitter = self._submitters.pop(identity(work), 0)
        function = _function(work)
        if function is None or self._count >= MOST_NOTES:
            return 0
        number = self._count = next(self._fresh)  # atomic: several threads may be here
        name, code = name_of(function)
        site = self._sites.definition(name, code)
        self._running.setdefault(threading.get_ident(), []).append(number)
        thread_name = work.name if isinstance(work, threading.Thread) else current_thread_name()
        payload = encode_name(f"{threading.get_ident()}\0{thread_name}")
        self._journal.append(RecordType.WORK_STARTED, payload, task=submitter, by=number, site=site)
        return number


def _function(work: Any) -> Any:
    """What a thread or a work item will call; None if that is the standard library's own business."""
    if not isinstance(work, threading.Thread):
        return submitted_function(work)
    target = type(work).run if type(work).run is not threading.Thread.run else thread_target(work)
    module = getattr(target, "__module__", None) or type(getattr(target, "__self__", None)).__module__
    name = module, getattr(target, "__qualname__", "")
    return None if name in THREAD_INTERNALS or module.partition(".")[0] == "uvloop" else target
