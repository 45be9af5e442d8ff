"""The few system calls that Python's standard library lacks (Linux)."""

from __future__ import annotations

import array
import contextlib
import ctypes
import fcntl
import os
import signal
import termios

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def die_with_parent(with_signal: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send ``with_signal`` to this process when its parent ends."""
    _prctl(_PR_SET_PDEATHSIG, with_signal)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends (a subreaper)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def bytes_waiting(fd: int) -> int:
    """How many bytes can be read from a pipe at once."""
    count = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, count)
    return count[0]


def descendants(of: int) -> list[int]:
    """The process numbers of all living descendants of a process."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (parent := parent_of(int(name))) is not None:
            children.setdefault(parent, []).append(int(name))
    todo, found = list(children.get(of, ())), []
    while todo:
        process = todo.pop()
        found.append(process)
        todo += children.get(process, ())
    return found


def parent_of(process: int) -> int | None:
    """The parent of a process; None if it has ended, or is ending."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            # The name in brackets may itself hold brackets and spaces.
            state, parent = file.read().rpartition(b")")[2].split()[:2]
    except (OSError, ValueError):
        return None
    return None if state in {b"Z", b"X"} else int(parent)


def kill_all(processes: list[int]) -> None:
    """Kill processes; those that are gone already are passed over."""
    for process in processes:
        send(process, signal.SIGKILL)


def send(process: int, what: signal.Signals) -> None:
    """Send a signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, what)


def kill_descendants(of: int) -> None:
    """Kill every descendant of a process: all are stopped before any is killed, so that none makes more."""
    stopped: set[int] = set()
    while new := [process for process in descendants(of) if process not in stopped]:
        for process in new:
            send(process, signal.SIGSTOP)
        stopped.update(new)
    kill_all(list(stopped))
