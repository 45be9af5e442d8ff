"""A run's keeper, where the kernel offers no process namespace: a process between the warm parent and the program.

It adopts whatever the program leaves behind and kills all of it when the program ends, is to be killed, or the
warm parent is gone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, NoReturn

from ..linux.channel import reap
from ..linux.syscalls import adopt_orphans, die_with_parent, kill_descendants, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..linux.channel import Channel

_MOMENT = 0.005
_WATCHED = (signal.SIGCHLD, signal.SIGTERM)


def run_subreaper(run: str, line: Channel, parent: int, program: Callable[[], NoReturn]) -> NoReturn:
    """Fork the program, watch it, tell its ending, leave nothing behind.

    :param parent: the warm parent.
    :param program: what the forked process calls; it never returns.
    """
    signal.set_wakeup_fd(-1)
    # Blocked since before we were forked; `sigwait` takes them one by one, so none is missed.
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    for name in _WATCHED:
        signal.signal(name, signal.SIG_DFL)
    adopt_orphans()
    die_with_parent(signal.SIGTERM, parent)
    keeper = os.getpid()
    process = os.fork()
    if process == 0:
        die_with_parent(signal.SIGKILL, keeper)
        program()
    with contextlib.suppress(OSError):  # the engine may be gone, and the program must be seen to its end all the same
        line.say_started(run, process)
    _wait(process)
    ended = reap(process)
    _kill_and_reap_all()
    with contextlib.suppress(OSError):
        line.say_ended(run, ended)
    os._exit(0)


def _wait(process: int) -> None:
    """Until the program has ended; it stays a zombie, so that its figures can be read."""
    while not os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if signal.sigwait(_WATCHED) == signal.SIGTERM:
            send(process, signal.SIGKILL)
            os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)


def _kill_and_reap_all() -> None:
    """Until nothing is left. Once is not enough: a fork under way goes on though its process is stopped."""
    while True:
        kill_descendants(os.getpid())
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(_MOMENT)
