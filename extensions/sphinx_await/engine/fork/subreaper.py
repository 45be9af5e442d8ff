"""A process between the fork server and the program, where the kernel offers no PID namespace.

It is the subreaper of all processes that the program leaves behind, and kills them when the program ends, when it is
asked to, or when the fork server is gone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

from ..linux.channel import reap
from ..linux.protocol import Refused
from ..linux.syscalls import adopt_orphans, die_with_parent, kill_descendants, send_signal

if TYPE_CHECKING:
    from ..linux.channel import Channel

_PAUSE = 0.005  # seconds
_SIGNALS = (signal.SIGCHLD, signal.SIGTERM)


def run_subreaper(run: str, channel: Channel, parent: int, *, meets: bool = False) -> None:
    """Fork the program, wait for its end, report it, and leave no process behind. It returns in the forked process.

    :param parent: the fork server.
    :param meets: the program meets others.
    """
    signal.set_wakeup_fd(-1)
    # Blocked since before we were forked; `sigwait` takes them one by one, so none is missed.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    for name in _SIGNALS:
        signal.signal(name, signal.SIG_DFL)
    adopt_orphans()
    die_with_parent(signal.SIGTERM, parent)
    subreaper = os.getpid()
    try:
        process = os.fork()
    except OSError as error:
        channel.send(Refused(run, str(error)))
        os._exit(0)
    if process == 0:
        die_with_parent(signal.SIGKILL, subreaper)
        return
    with contextlib.suppress(OSError):  # even if the engine is gone, clean up after the program
        channel.send_started(run, process, meets=meets)
    _wait(process)
    ended = reap(run, process)
    _kill_and_reap_all()
    with contextlib.suppress(OSError):
        channel.send(ended)
    os._exit(0)


def _wait(process: int) -> None:
    """Wait until the program has ended. It stays a zombie, so that its resource usage can be read."""
    while not os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if signal.sigwait(_SIGNALS) == signal.SIGTERM:
            send_signal(process, signal.SIGKILL)
            os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)


def _kill_and_reap_all() -> None:
    """Kill until nothing is left. Once is not enough: a fork that has begun goes on though its process is stopped.

    A subreaper that has no children has no descendants. To look for those reads a file for each process of the system,
    which most programs, that leave nothing behind, need not wait for.
    """
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        kill_descendants(os.getpid())
        time.sleep(_PAUSE)
