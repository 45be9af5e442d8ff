"""What foreign writers (child processes, ``os.write``) put on standard output and error, in its true order.

Two processes take from the same pipe: the program's own, just before each line it prints itself, and the
engine, at any time. Whoever takes counts the bytes that wait, notes the moment, then takes no more than it
counted, and holds a lock meanwhile. So every piece bears a moment after it was written and before whatever the
program printed next; sorting by moment gives the order in which things happened.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from time import perf_counter_ns
from typing import TYPE_CHECKING

from ..linux.syscalls import bytes_waiting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...core.recorder.recorder import Recorder


@contextmanager
def _locked(lock: int, how: int) -> Iterator[None]:
    # A record lock of POSIX: it belongs to the process, so the kernel frees it when the process dies.
    fcntl.lockf(lock, fcntl.LOCK_EX | how)
    try:
        yield
    finally:
        fcntl.lockf(lock, fcntl.LOCK_UN)


def drain(pipe: int, lock: int, *, patient: bool) -> tuple[int, bytes] | None:
    """What waits in a pipe, and the moment (ns) before which it was written; None if nothing waits.

    :param lock: a descriptor of the file whose lock guards the pipe.
    :param patient: wait while the other side takes. The engine never does: a program may hold the lock for ever.
    :raises BlockingIOError: the other side takes right now.
    :raises OSError: the pipe is no pipe (any more).
    """
    if not bytes_waiting(pipe):
        return None
    with _locked(lock, 0 if patient else fcntl.LOCK_NB):
        count = bytes_waiting(pipe)
        if not count:
            return None
        at = perf_counter_ns()
        return at, os.read(pipe, count)


def connect(recorder: Recorder, pipes: Mapping[int, int], lock: int) -> None:
    """Have a recorder take what others wrote to the standard streams before it records what Python writes later.

    :param pipes: for each stream the descriptor from which what is written to it can be read.
    """
    alive = {stream: os.fstat(pipe).st_ino for stream, pipe in pipes.items()}

    def take_foreign() -> None:
        for stream, inode in list(alive.items()):
            try:
                # A program may have closed our descriptors, and the number may be another file's by now.
                if os.fstat(pipes[stream]).st_ino == inode and (piece := drain(pipes[stream], lock, patient=True)):
                    recorder.output(stream, piece[1], at=piece[0])
            except OSError:
                del alive[stream]

    recorder.before_output = take_foreign
