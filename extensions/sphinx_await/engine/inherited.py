"""What a process has from the one that started it, and that would make programs, or us, go wrong.

A service, a container's first process or ``nohup`` may start a build with closed standard streams, blocked signals, or
signals that are ignored. A program is to find what it finds when it is started from a shell.
"""

from __future__ import annotations

import contextlib
import os
import signal

_POSIX = os.name == "posix"
#: Python itself ignores these in each process.
_IGNORED_BY_PYTHON = {getattr(signal, name, None) for name in ("SIGPIPE", "SIGXFSZ", "SIGXFZ")}
_LAST_STANDARD_STREAM = 2


def be_able_to_start_processes() -> None:
    """Make this process one that can start others and learn how they end.

    A closed standard stream becomes the null device: otherwise the next descriptor, a pipe perhaps, would have its
    number, and others would write into it. Children are not ignored any more, since none could be waited for.
    """
    while (fd := os.open(os.devnull, os.O_RDWR)) <= _LAST_STANDARD_STREAM:
        os.set_inheritable(fd, True)  # noqa: FBT003 - its only form
    os.close(fd)
    if _POSIX and signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        with contextlib.suppress(ValueError):  # only the main thread may
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def handle_signals_as_a_new_process() -> None:
    """Ignore and block no signal but those that Python ignores: who started this process may have ignored some."""
    if not _POSIX:
        return
    for number in signal.valid_signals() - _IGNORED_BY_PYTHON:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
