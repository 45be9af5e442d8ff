"""Decide what a suspended task waits for: the target of a wait. Call sites that were found once are remembered.

The call site has the line and the words (:meth:`.CallSites.find`). Words for a task that is awaited as such are missing
here, since it may still be renamed: the decoder takes its last name (``_wait`` in ``core/decoding/activity.py``).
"""

from __future__ import annotations

import asyncio
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from ..journal.records import RecordType, bare_step_start, pack_numbers
from ._cpython import gathered, identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..journal.records import Journal
    from ._cpython import AsyncioInternals
    from .call_sites import CallSites
    from .task_registry import TaskRegistry, TrackedTask

SEVERAL = -1  # in the place of the awaited task's number
_SLEEP = asyncio.sleep.__code__
_NOT_FOUND = 0, None

#: By code and instruction in the program: a call site, and what was awaited there.
_Places = dict[tuple[int, int], tuple[int, object]]


class WaitPlaces:
    """Finds what a suspended task waits for, and where.

    :param files: the file names under which the program was compiled.
    :param may_note: returns whether so many more notes may be recorded, and counts them.
    """

    def __init__(
        self,
        journal: Journal,
        files: frozenset[str],
        sites: CallSites,
        registry: TaskRegistry,
        internals: AsyncioInternals,
        may_note: Callable[[int], bool],
    ) -> None:
        self._journal = journal
        self._files = files
        self._sites = sites
        self._registry = registry
        self._internals = internals
        self._may_note = may_note
        self._bare: _Places = {}  # of bare yields
        self._others: _Places = {}
        self._codes: dict[int, object] = {}  # keeps alive the code objects whose addresses are keys

    def note_bare_yield(self, tracked: TrackedTask, coro: Any) -> None:
        """Find where a task yields. Mostly a coroutine of the program awaits ``asyncio.sleep(0)``."""
        deepest, callee, _ = self._walk(coro)
        site, awaited = 0, None
        if deepest is not None:
            site, awaited = self._bare.get((identity(deepest.cr_code), deepest.cr_frame.f_lasti), _NOT_FOUND)
        if not site or awaited is not callee or callee is not _SLEEP:
            site = self._sites.find(coro, None).site
            self._remember(self._bare, deepest, callee, callee, site)
        tracked.site = site
        tracked.step_start = bare_step_start(site)
        is_plain = deepest is coro and callee is _SLEEP
        tracked.callee = callee if is_plain else None
        tracked.yields_at = coro.cr_frame.f_lasti if is_plain else 0

    def find(self, tracked: TrackedTask, coro: Any, future: Any, at: int) -> tuple[int, int]:
        """Decide the target of a wait: the call site, and the number of the task that is waited for.

        The number is 0 for none and :data:`SEVERAL` for several, which are recorded.

        :param future: the future that the task waits for; None after a bare yield.
        """
        deepest, callee, leaf = self._walk(coro)
        awaited, site = callee or type(future), 0
        may_be_known = deepest is not None and type(leaf) in self._internals.leaf_types
        if may_be_known:
            site, known = self._others.get((identity(deepest.cr_code), deepest.cr_frame.f_lasti), _NOT_FOUND)
            if known is awaited and site:
                return site, self._number_of_awaited(tracked, (future,), at)
        place = self._sites.find(coro, future)
        if place.is_constant and future is not None and may_be_known:
            self._remember(self._others, deepest, callee, awaited, place.site)
        return place.site, self._number_of_awaited(tracked, place.awaited or (future,), at)

    def _walk(self, link: Any) -> tuple[Any, Any, Any]:
        """The program's deepest coroutine, the code of the coroutine that it awaits, and what is awaited last."""
        deepest = callee = None
        while type(link) is CoroutineType:
            if link.cr_code.co_filename in self._files:
                deepest, callee = link, None
            elif callee is None:
                callee = link.cr_code
            link = link.cr_await
        return deepest, callee, link

    def _remember(self, places: _Places, deepest: Any, callee: Any, awaited: object, site: int) -> None:
        if deepest is not None and site:
            self._codes |= {identity(code): code for code in (deepest.cr_code, callee)}
            places[identity(deepest.cr_code), deepest.cr_frame.f_lasti] = site, awaited

    def _number_of_awaited(self, tracked: TrackedTask, futures: Iterable[Any], at: int) -> int:
        awaited = []
        for future in futures:
            children = gathered(future)
            tasks = [one for one in children if isinstance(one, self._internals.task_types) and not one.done()]
            awaited += [met.number for task in tasks if (met := self._registry.meet(task)) and met.number]
        if len(awaited) <= 1:
            return awaited[0] if awaited else 0
        if self._may_note(1 + len(awaited) // 100):
            self._journal.append(RecordType.AWAITS_MANY, pack_numbers(sorted(awaited)), at=at, task=tracked.number)
        return SEVERAL
