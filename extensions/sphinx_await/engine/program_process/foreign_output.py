"""Output of foreign writers (child processes, ``os.write``) to standard output and error, in its true order.

Two processes read from the same pipe: the program, just before each line that it prints itself, and the engine, at any
time. Each holds a lock while it counts the waiting bytes, takes the time, and reads no more than it counted. So the
time of every piece is after it was written and before the program printed the next line; sorted by time, all output is
in the order in which it was written.
"""

from __future__ import annotations

import fcntl
import os
import select
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
    """Read what a pipe holds, with a moment (nanoseconds) at which it had been written; None if it is empty.

    :param lock: a descriptor of the file whose lock guards the pipe.
    :param patient: wait for the lock. The engine never does: a program may hold it for ever.
    :raises BlockingIOError: the other process holds the lock.
    :raises OSError: the descriptor is not a pipe (any more).
    """
    if not bytes_waiting(pipe):
        return None
    with _locked(lock, 0 if patient else fcntl.LOCK_NB):
        count = bytes_waiting(pipe)
        if not count:
            return None
        at = perf_counter_ns()
        return at, os.read(pipe, count)


def own_read_end(pipe: int) -> int:
    """Another description of a pipe's read end, which never blocks.

    What two processes share is not the pipe alone but its description, with its flags: a program that makes its
    descriptor a blocking one would let the engine wait for it.

    :raises OSError: there is no /proc, or no descriptor left.
    """
    return os.open(f"/proc/self/fd/{pipe}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def connect(recorder: Recorder, pipes: Mapping[int, int], lock: int) -> None:
    """Let a recorder take what others wrote to the standard streams, before it records what Python writes later.

    :param pipes: for each stream the read end of its pipe.
    """
    alive = {pipe: (stream, os.fstat(pipe).st_ino) for stream, pipe in pipes.items()}
    poll = select.poll()  # one system call for both, before each line
    ready = poll.poll
    for pipe in alive:
        poll.register(pipe, select.POLLIN)

    def take_foreign() -> None:
        for pipe, _ in ready(0):
            stream, inode = alive[pipe]
            try:
                # A program may have closed our descriptors, and the number may be another file's by now.
                if os.fstat(pipe).st_ino != inode:
                    poll.unregister(pipe)
                elif piece := drain(pipe, lock, patient=True):
                    recorder.output(stream, piece[1], at=piece[0])
            except OSError:
                poll.unregister(pipe)

    recorder.before_output = take_foreign
