"""Clocks of a browser, made fit for telling what came first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TICK = 1_000  # nanoseconds


def strictly_increasing(clock: Callable[[], int]) -> Callable[[], int]:
    """A clock that never tells the same moment twice.

    A browser's stands still for up to a millisecond, and what happened first must come first.
    """
    last = 0

    def now() -> int:
        nonlocal last
        moment = clock()
        last = moment if moment > last else last + _TICK
        return last

    return now
