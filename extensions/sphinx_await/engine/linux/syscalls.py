"""The system calls that Python's standard library lacks (Linux), and what /proc says.

Landlock: https://docs.kernel.org/userspace-api/landlock.html. Namespaces: namespaces(7) and its neighbours.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct
import termios
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18

_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 24, 36, 38
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION_3 = 0x20080522
_SIOCSIFFLAGS, _UP_AND_RUNNING = 0x8914, 1 | 64
_SIOCSIFADDR, _WHOLE_ADDRESS = 0x8916, 128  # the length of a prefix that is one IPv6 address

_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _MNT_DETACH = 442, -100, 0x8000, 2
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID = 1, 2

_PAGE = 4096  # bytes of which /proc gives at most

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_VERSION = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL_DEV = 1, 2, 4, 8, 1 << 14, 1 << 15
#: By version of Landlock, how many rights over files it knows (the kernel refuses those it does not).
_KNOWN_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_NEWEST_RIGHTS = 16
_SCOPES_SINCE = 6  # abstract sockets and signals


_PR_SET_SECCOMP, _SECCOMP_FILTER = 22, 2
_JOIN_SESSION_KEYRING = 1
_AF_VSOCK = 40
# Instructions of the filter's language (classic BPF), and what it returns.
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _FAIL_WITH = 0x7FFF0000, 0x00050000
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST_ARGUMENT = 0, 4, 16  # in the data that a filter sees (little-endian)


@dataclass(frozen=True, slots=True)
class CallNumbers:
    """Numbers of system calls on one kind of machine.

    :ivar architecture: the kernel's number of the kind.
    :ivar foreign: numbers from here on are another kind's.
    """

    architecture: int
    foreign: int
    socket: int
    add_key: int
    request_key: int
    keyctl: int
    io_uring_setup: int = 425


CALL_NUMBERS = {
    "x86_64": CallNumbers(0xC000003E, 0x40000000, 41, 248, 249, 250),
    "aarch64": CallNumbers(0xC00000B7, 0xFFFFFFFF, 198, 217, 218, 219),
}


_LIBC = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> int:
    """Call a function of the C library.

    :raises OSError: the function returned less than 0.
    """
    result: int = getattr(_LIBC, name)(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Move this process (for ``NEWPID``: its children to come) into new namespaces."""
    _call("unshare", flags)


def enter_namespace(fd: int, kind: int) -> None:
    """Move this process (for ``NEWPID``: its children to come) into the namespace of a descriptor."""
    _call("setns", fd, kind)


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, data: str | None = None) -> None:
    """Mount a file system, as the system call does."""
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    _call("mount", encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3])


def make_read_only(path: str) -> None:
    """Make a mount and all below it read-only, for this mount namespace."""
    _set_mount_attributes(path, add=_MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID, clear=0, flags=_AT_RECURSIVE)


def make_writable(path: str) -> None:
    """Make a mount writable that was made read-only in this user namespace."""
    _set_mount_attributes(path, add=0, clear=_MOUNT_ATTR_RDONLY, flags=0)


def _set_mount_attributes(path: str, *, add: int, clear: int, flags: int) -> None:
    attributes = struct.pack("QQQQ", add, clear, 0, 0)
    size = ctypes.c_size_t(len(attributes))
    _call(
        "syscall", ctypes.c_long(_MOUNT_SETATTR), _AT_FDCWD, os.fsencode(path), ctypes.c_uint(flags), attributes, size
    )


def change_root(path: str) -> None:
    """Make a mount the root of this process's mount namespace; what was there before is gone from it."""
    os.chdir(path)
    _call("pivot_root", b".", b".")
    _call("umount2", b".", _MNT_DETACH)
    os.chdir("/")


def map_own_ids(uid: int, gid: int) -> None:
    """Be the same user in a user namespace just entered as outside of it."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        write_setting(f"/proc/self/{name}", text)


def read_setting(path: str) -> bytes:
    """Read a file of /proc in the cheapest way that there is, as this is done several times for each program."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return b"".join(iter(lambda: os.read(fd, _PAGE), b""))
    finally:
        os.close(fd)


def write_setting(path: str, text: str) -> None:
    """Write a file of /proc in the cheapest way that there is, as this is done several times for each program."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def loopback_up(addresses: Iterable[str] = ()) -> None:
    """Switch on the loopback interface of a new network namespace.

    :param addresses: further addresses of it, of IPv4 or IPv6; those that the kernel does not grant are left out.
    """
    any_socket = socket.SocketType()
    try:
        fcntl.ioctl(any_socket.fileno(), _SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", _UP_AND_RUNNING))
    finally:
        any_socket.close()
    for number, address in enumerate(addresses, 1):
        with contextlib.suppress(OSError):  # a machine may have no IPv6
            _add_loopback_address(address, b"lo:%d" % number)


def _add_loopback_address(address: str, label: bytes) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    if family == socket.AF_INET:
        request = struct.pack("16sHH4s16x", label, family, 0, packed)
    else:
        request = struct.pack("16sIi", packed, _WHOLE_ADDRESS, socket.if_nametoindex("lo"))
    any_socket = socket.SocketType(family, socket.SOCK_DGRAM)
    try:
        fcntl.ioctl(any_socket.fileno(), _SIOCSIFADDR, request)
    finally:
        any_socket.close()


def landlock_version() -> int:
    """The version of Landlock that the kernel has; 0 for none."""
    version: int = _LIBC.syscall(ctypes.c_long(_LANDLOCK_CREATE), None, 0, _LANDLOCK_VERSION)
    return max(0, version)


def landlock(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Let this process and its children read and run only ``readable``, write only ``writable``, and signal no other.

    Paths that do not exist are ignored.

    :raises OSError: the kernel has no Landlock, or refuses.
    """
    version = landlock_version()
    every = (1 << _KNOWN_RIGHTS.get(version, _NEWEST_RIGHTS)) - 1
    scopes = 3 if version >= _SCOPES_SINCE else 0
    attributes = struct.pack("QQQ", every, 0, scopes)
    size = len(attributes) if scopes else 8
    rules = _call("syscall", ctypes.c_long(_LANDLOCK_CREATE), attributes, ctypes.c_size_t(size), 0)
    try:
        look = _EXECUTE | _READ_FILE | _READ_DIR
        for paths, rights in ((readable, look), (writable, every)):
            for path in paths:
                _allow(rules, path, rights & every)
        _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _call("syscall", ctypes.c_long(_LANDLOCK_RESTRICT), rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
        _call("syscall", ctypes.c_long(_LANDLOCK_ADD), rules, 1, struct.pack("=Qi", rights, fd), 0)
    finally:
        os.close(fd)


def drop_capabilities() -> None:
    """Give up every right beyond a plain user's, irrevocably."""
    for capability in range(_LAST_CAPABILITY + 1):
        if _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:  # the kernel knows no more
            break
    _call("capset", struct.pack("Ii", _CAPABILITY_VERSION_3, 0), bytes(24))


def leave_session_keyring() -> None:
    """Join a new, empty session keyring: the author's holds keys of their session. Without keyrings do nothing."""
    if (numbers := CALL_NUMBERS.get(os.uname().machine)) is not None:
        _LIBC.syscall(ctypes.c_long(numbers.keyctl), ctypes.c_long(_JOIN_SESSION_KEYRING), None)


def filter_calls(numbers: CallNumbers) -> None:
    """Let this process and its children make no socket to a virtual machine's host, use no keys and no io_uring.

    :raises OSError: the kernel has no filters.
    """
    code, count = call_filter(numbers)
    program = struct.pack("HxxxxxxP", count, ctypes.addressof(code))
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call("prctl", _PR_SET_SECCOMP, _SECCOMP_FILTER, program, 0, 0)


@cache
def call_filter(numbers: CallNumbers) -> tuple[ctypes.Array[ctypes.c_char], int]:
    """The code of the filter, and the number of its instructions."""
    missing, no_family = _FAIL_WITH | errno.ENOSYS, _FAIL_WITH | errno.EAFNOSUPPORT
    refused = (numbers.io_uring_setup, numbers.add_key, numbers.request_key, numbers.keyctl)
    checks = [
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_IF_EQUAL, 1, 0, numbers.architecture),
        (_RETURN, 0, 0, missing),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_IF_AT_LEAST, 0, 1, numbers.foreign),
        (_RETURN, 0, 0, missing),
    ]
    for number in refused:
        checks += [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, missing)]
    checks += [
        (_IF_EQUAL, 0, 3, numbers.socket),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_IF_EQUAL, 0, 1, _AF_VSOCK),
        (_RETURN, 0, 0, no_family),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *check) for check in checks)), len(checks)


def die_with_parent(with_signal: signal.Signals = signal.SIGKILL, parent: int | None = None) -> None:
    """Have the kernel send ``with_signal`` to this process when its parent ends.

    :param parent: the parent's number; if it has ended already, the signal is sent at once.
    """
    _call("prctl", _PR_SET_PDEATHSIG, ctypes.c_ulong(with_signal), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), with_signal)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends (a subreaper)."""
    _call("prctl", _PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0)


def bytes_waiting(fd: int) -> int:
    """The number of bytes that a pipe holds."""
    count = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, count)
    return count[0]


def run_delay(process: int | str = "self") -> float | None:
    """Seconds for which a process could have run but had no core; None where the kernel does not say."""
    try:
        return int(read_setting(f"/proc/{process}/schedstat").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return None


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


def children_of(process: int) -> set[int] | None:
    """The children of a process of one thread, dead ones that were not reaped too; None if the kernel does not say."""
    try:
        return {int(number) for number in read_setting(f"/proc/{process}/task/{process}/children").split()}
    except (OSError, ValueError):
        return None


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
    """Kill processes; those that are gone already are ignored."""
    for process in processes:
        send_signal(process, signal.SIGKILL)


def send_signal(process: int, what: signal.Signals) -> None:
    """Send a signal to a process that may be gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, what)


def kill_descendants(of: int) -> None:
    """Kill every descendant of a process: all are stopped before any is killed, so that none makes more."""
    stopped: set[int] = set()
    while new := [process for process in descendants(of) if process not in stopped]:
        for process in new:
            send_signal(process, signal.SIGSTOP)
        stopped.update(new)
    kill_all(list(stopped))
