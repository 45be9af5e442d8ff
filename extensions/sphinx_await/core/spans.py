"""Stretches of time on a lane of a timeline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: Who holds the event loop for longer than this, in seconds, blocks it.
BLOCKED = 0.05


class Kind(StrEnum):
    """What goes on during a span."""

    RUN = "run"  #: it holds the loop
    MIXED = "mixed"  #: several short runs, closer together than a pixel, most of the time between them
    BLOCK = "block"  #: it holds the loop for so long that others notice
    WAIT = "wait"  #: a task is suspended
    IDLE = "idle"  #: a loop has nothing to do
    WORK = "work"  #: a thread carries out a call


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch.

    :ivar on: what is waited for, or what a thread carries out.
    :ivar line: the line of the snippet at which it waits.
    :ivar count: how many stretches were put together.
    :ivar busy: seconds of it, in all, that were no gap between these.
    """

    start: float
    end: float
    kind: Kind
    on: str = ""
    line: int | None = None
    count: int = 1
    busy: float = 0.0
