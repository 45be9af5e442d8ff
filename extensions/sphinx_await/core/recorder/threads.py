"""Notes what threads do: the calls that executors carry out, and the program's own threads."""

from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING, Any

from ..journal.limits import MOST_NOTES
from ..journal.records import RecordType
from .call_sites import name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..journal.records import Journal
    from .call_sites import CallSites

#: What executors and asyncio have threads do for themselves; an executor's calls are noted one by one.
_OWN = frozenset({"_worker", "BaseEventLoop._do_shutdown", "ThreadedChildWatcher._do_waitpid"})


class ThreadTracer:
    """Notes each call that a thread carries out, and which task handed it over.

    :param current: tells the number of the task that runs in this thread, 0 if there is none.
    :param give_up: is called with the first error; the program never sees one.
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
        self._current = current
        self._give_up = give_up
        self._givers: dict[int, int] = {}
        self._count = 0
        self._fresh = count(1)

    def work_given(self, work: Any) -> None:
        """A call is handed to an executor, or a thread is started."""
        try:
            if max(self._count, len(self._givers)) < MOST_NOTES:
                self._givers[id(work)] = self._current()
        except Exception as error:  # noqa: BLE001 - whatever it is, the program goes on
            self._give_up(error)

    def work_began(self, work: Any) -> int:
        """A thread begins with it: the number that it gets, 0 if it is not noted."""
        try:
            return self._note(work)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)
            return 0

    def work_ended(self, number: int | None) -> None:
        """The thread is done with it."""
        if number:
            self._journal.append(RecordType.WORK_ENDS, by=number)

    def _note(self, work: Any) -> int:
        giver = self._givers.pop(id(work), 0)
        function = _function(work)
        if function is None or self._count >= MOST_NOTES:
            return 0
        number = self._count = next(self._fresh)  # no other thread's
        name, code = name_of(function)
        site = self._sites.definition(name, code)
        thread = threading.current_thread()
        payload = f"{thread.ident}\0{thread.name}".encode("utf-8", "backslashreplace")
        self._journal.append(RecordType.WORK, payload, task=giver, by=number, site=site)
        return number


def _function(work: Any) -> Any:
    """What a thread or a work item will call; None for a library's own."""
    if not isinstance(work, threading.Thread):
        return getattr(work, "fn", None) or getattr(work, "task", ("?",))[0]
    if type(work).run is not threading.Thread.run:
        return type(work).run
    target = getattr(work, "_target", None)
    return None if getattr(target, "__qualname__", "") in _OWN else target
