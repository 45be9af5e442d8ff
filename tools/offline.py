"""Runs pytest where the network is refused: in a network namespace that has only its own loopback.

``python tools/offline.py ARGUMENTS OF PYTEST``. Where the system grants no namespace it says so and runs the
tests all the same.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_SIOCSIFFLAGS, _UP_RUNNING = 0x8914, 1 | 64


def refuse_network() -> str | None:
    """Move this process and its children into a namespace without a network; the reason if that cannot be."""
    if sys.platform != "linux":
        return f"no network namespaces on {sys.platform}"
    # Some systems grant the namespace and refuse its maps. There is no way back, so a child tries it first.
    if (child := os.fork()) == 0:
        try:
            status = errno.EPERM if _enter_namespace() else 0
        except OSError as error:
            status = error.errno or errno.EPERM
        os._exit(status)
    if code := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        return os.strerror(code)
    return _enter_namespace()


def _enter_namespace() -> str | None:
    uid, gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    # Root keeps its rights over files if it stays in its user namespace; anybody else needs a new one.
    if libc.unshare(_NEWNET | (0 if uid == 0 else _NEWUSER)) < 0:
        return os.strerror(ctypes.get_errno())
    if uid:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            Path("/proc/self", name).write_text(text)
    import fcntl  # there is none on Windows

    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", _UP_RUNNING))
    return None


if __name__ == "__main__":
    if reason := refuse_network():
        print(f"tools/offline.py: the network could not be refused ({reason})", file=sys.stderr)
    # What is started in the background of a shell ignores Ctrl-C, and so would all that the tests start.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    if sys.platform == "win32":  # whose exec comes back at once, with a status of 0
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(sys.executable, command)  # noqa: S606
