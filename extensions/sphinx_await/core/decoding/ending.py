"""The end of a process."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended, as its parent saw it.

    :ivar at: nanoseconds of the monotonic clock.
    :ivar status: exit status, negative for a signal.
    :ivar cpu: seconds of processor time of its life.
    :ivar delay: seconds of its life in which it could have run but had no core; None if unknown.
    """

    at: int
    status: int
    cpu: float = 0.0
    delay: float | None = None
    timed_out: bool = False
