"""Whether the process of a run holds or wants a core, as far as the system says."""

from __future__ import annotations

import os
import subprocess
from time import perf_counter_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .run import Run

# To read the state of a process costs it time: a sleeping one is checked less often than one that computes.
_CHECK_BUSY_NS, _CHECK_SLEEPING_NS = 2_000_000, 30_000_000
_ASK_NS = 50_000_000  # to start ps takes milliseconds
_RUNNABLE = "RDU"  # the U of macOS is the D of Linux


def busy_check(run: Run, stat: int) -> Callable[[], bool]:
    """A function that says whether a run's process is busy.

    :param stat: descriptor of its ``/proc/PID/stat``.
    """
    checked, busy = 0, True

    def is_busy() -> bool:
        nonlocal checked, busy
        now = perf_counter_ns()
        if run.ending is not None:
            return False
        if now - checked > (_CHECK_BUSY_NS if busy else _CHECK_SLEEPING_NS):
            checked = now
            try:
                busy = os.pread(stat, 512, 0).rpartition(b")")[2][1:2] in b"RD"
            except OSError:  # it has ended; a message will come
                busy = False
        return busy

    return is_busy


class ProcessTable:
    """The states of processes where there is no /proc, by ``ps``. It asks for all at once, and not often."""

    def __init__(self) -> None:
        self._asked = 0
        self._sleeping: set[int] = set()

    def is_busy(self, process: int, all_of_them: list[int]) -> bool:
        """Whether a process is busy; True if nobody knows.

        :param all_of_them: the processes whose state may be asked for next.
        """
        now = perf_counter_ns()
        if now - self._asked > _ASK_NS:
            self._asked, self._sleeping = now, _sleeping(all_of_them)
        return process not in self._sleeping


def _sleeping(processes: list[int]) -> set[int]:
    command = ["ps", "-o", "pid=,stat=", "-p", ",".join(map(str, processes))]
    try:
        lines = subprocess.run(command, capture_output=True, check=False, timeout=5).stdout.decode().splitlines()
    except (OSError, ValueError, subprocess.SubprocessError):
        return set()
    states = [line.split() for line in lines]
    return {int(state[0]) for state in states if len(state) > 1 and state[1][0] not in _RUNNABLE}
