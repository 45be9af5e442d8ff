"""A clock whose times say what happened first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TICK = 1_000  # nanoseconds


def strictly_increasing(clock: Callable[[], int]) -> Callable[[], int]:
    """Make a clock that never returns the same time twice.

    A browser's clock ticks once in up to a millisecond, and events need an order.
    """
    last = 0

    def now() -> int:
        nonlocal last
        moment = clock()
        last = moment if moment > last else last + _TICK
        return last

    return now
