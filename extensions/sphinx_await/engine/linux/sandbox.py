"""Isolates programs from the author's machine: namespaces, Landlock, limits (Linux).

The fork server calls :func:`probe`, to see what the kernel grants, and :func:`enter_shared`, to enter the namespaces
that all programs share. Each program's process calls :func:`enter_own_namespaces`, :func:`limit` and :func:`lock`.

It protects an author from mistakes and a build from surprises. It is no protection against somebody who means harm.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import contextlib
import errno
import os
import re
import resource
import socket
import stat
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..system_limits import own_processes
from . import syscalls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

#: Bytes that a program may write into its folder, and the size of a single file elsewhere.
DISK = 256 << 20
#: Processes and threads of one program, all together.
PROCESSES = 256
_PROCESS_NUMBERS = 400  # the kernel keeps the first 300 back after the numbers have gone round once
_PID_MAX_OF_NAMESPACE = (6, 14)
_MOST_DESCRIPTORS = 1024  # of the fork server when it starts
#: The address of all mock hosts on a program's loopback; 127.0.0.1 is the program's own.
MOCK_ADDRESS = "127.0.0.2"
#: More addresses of that loopback. A machine that has 127.0.0.1 and ::1 alone counts as one without a network, and
#: getaddrinfo() with AI_ADDRCONFIG, as HTTP clients call it, would not find localhost there. The second is link-local,
#: as every machine with IPv6 has one.
_LOOPBACK_ADDRESSES = (MOCK_ADDRESS, "fe80::1")
MOCK_PORTS = (80, 443)
_OWN_NAME_ADDRESS = "127.0.1.1"  # Debian's for the machine's own name

#: What programs may read and run, where it exists: the system, but nothing of its users.
SYSTEM = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/sbin",
    "/etc",
    "/opt",
    "/nix/store",
    "/sys/devices/system",
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random", "/dev/tty")
TEMPORARY = "/tmp"  # noqa: S108 - programs have one of their own
_TERMINALS = "/dev/pts"
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - multiprocessing's semaphores
#: In the engine's folder, the folders that programs share.
SHARED = "shared"
_LINKS = {
    "/dev/ptmx": "pts/ptmx",
    "/dev/fd": "/proc/self/fd",
    "/dev/stdin": "fd/0",
    "/dev/stdout": "fd/1",
    "/dev/stderr": "fd/2",
}


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the kernel grants.

    :ivar view: a root of their own for programs, in which only what they may see exists.
    :ivar missing: what it does not grant, in words, each with the reason.
    """

    namespaces: bool
    view: bool
    landlock: bool
    missing: tuple[str, ...]


NOTHING = Capabilities(namespaces=False, view=False, landlock=False, missing=())


def probe(folder: Path, readable: Sequence[str] = ()) -> Probe:
    """Begin to try everything, in throw-away children: a partial failure would leave this process half sandboxed."""
    return Probe(
        _Trial(lambda: _try_namespaces(folder)), _Trial(lambda: _try_view(folder, readable)), _Trial(_refuse_calls)
    )


class Probe:
    """What is being tried."""

    def __init__(self, namespaces: _Trial, view: _Trial, filter_of_calls: _Trial) -> None:
        self._namespaces = namespaces
        self._view = view
        self._filter = filter_of_calls

    def result(self) -> Capabilities:
        """Wait until everything was tried."""
        missing = []
        reason, no_view, reason_for_calls = (one.reason() for one in (self._namespaces, self._view, self._filter))
        if reason is not None:
            missing.append(f"namespaces (network, processes, user): {reason}")
        elif no_view is not None:
            missing.append(f"file system view of its own: {no_view}")
        if not syscalls.landlock_version():
            missing.append("Landlock (files)")
        if reason_for_calls is not None:
            missing.append(f"filter of system calls (keys, virtual machines): {reason_for_calls}")
        has_view = reason is None and no_view is None
        return Capabilities(reason is None, has_view, syscalls.landlock_version() > 0, tuple(missing))


class _Trial:
    """Calls a function in a forked process."""

    def __init__(self, attempt: Callable[[], None]) -> None:
        self._read, write = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            try:
                attempt()
            except OSError as error:
                os.write(write, str(error.strerror or error).encode())
            finally:
                os._exit(0)
        os.close(write)

    def reason(self) -> str | None:
        """Wait until it has ended; why the function failed, if it did."""
        with open(self._read, encoding="utf-8", errors="replace") as file:
            reason = file.read()
        os.waitpid(self._process, 0)
        return reason or None


def _try_view(folder: Path, readable: Sequence[str]) -> None:
    _new_user_namespace(syscalls.NEWNS | syscalls.NEWPID)
    reason = _Trial(lambda: _enter_view(folder, readable, {})).reason()
    if reason is not None:
        raise OSError(reason)


def _try_namespaces(folder: Path) -> None:
    """Try what the fork server and a program's process will do.

    :raises OSError: the kernel refuses part of it.
    """
    _new_user_namespace(syscalls.NEWNS | syscalls.NEWPID)
    reason = _Trial(lambda: _try_own(folder)).reason()
    if reason is not None:
        raise OSError(reason)


def _try_own(folder: Path) -> None:
    syscalls.mount("proc", "/proc", "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC)
    # As the launcher does for each program: filters of containers know unshare() and setns() as two calls.
    syscalls.enter_namespace(os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC), syscalls.NEWPID)
    syscalls.unshare(syscalls.NEWNS | syscalls.NEWNET | syscalls.NEWIPC)
    syscalls.mount("tmpfs", str(folder), "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV)
    syscalls.loopback_up(_LOOPBACK_ADDRESSES)
    _new_user_namespace(0)


def _new_user_namespace(more: int) -> None:
    uid, gid = os.getuid(), os.getgid()
    syscalls.unshare(syscalls.NEWUSER | more)
    syscalls.map_own_ids(uid, gid)
    if more & syscalls.NEWNS:
        syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)


def enter_shared(
    capabilities: Capabilities, hosts: Iterable[str], folder: Path, readable: Sequence[str], *, network: bool
) -> None:
    """Enter a user, mount and PID namespace of the fork server's own; returns in its first process.

    There, names are looked up in a hosts file that has the mock hosts and nothing else, unless programs are to reach
    the real ``network``.

    :param folder: the engine's folder, in which programs have theirs.
    """
    _new_user_namespace(syscalls.NEWNS | syscalls.NEWPID)
    syscalls.die_with_parent()  # the change of credentials has reset it
    process = os.fork()
    if process:
        # When this process ends, the namespace's first process does, and with it all others.
        os.closerange(3, _MOST_DESCRIPTORS)
        _, status = os.waitpid(process, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    syscalls.die_with_parent()
    overrides = {} if network else _bind_overrides(hosts, folder)
    if capabilities.view:
        real = [os.path.realpath("/etc/resolv.conf")] if network else []
        _enter_view(folder, [*readable, *real], overrides)
        return
    syscalls.mount("proc", "/proc", "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC)
    for path, override in overrides.items():
        syscalls.mount(override, path, None, syscalls.MS_BIND)
        syscalls.make_read_only(path)


def _bind_overrides(hosts: Iterable[str], folder: Path) -> dict[str, str]:
    """Files that are mounted over the system's: path, and path of the file that replaces it."""
    own = {os.uname().nodename: _OWN_NAME_ADDRESS}
    own.pop("localhost", None)  # as some containers are called; it would have a second address
    addresses = own | dict.fromkeys(hosts, MOCK_ADDRESS)
    names = "".join(f"{address} {name}\n" for name, address in sorted(addresses.items()))
    texts = {
        "/etc/hosts": f"127.0.0.1 localhost\n::1 localhost ip6-localhost\n{names}",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n",
    }
    overrides = {}
    for path, text in texts.items():
        if os.path.exists(path):
            override = folder / Path(path).name
            override.write_text(text, encoding="utf-8")
            overrides[path] = str(override)
    return overrides


def _enter_view(folder: Path, readable: Sequence[str], overrides: Mapping[str, str]) -> None:
    """Change into a root in which only the system, ``readable``, some devices and the engine's folder exist.

    A path that is not there can be neither read nor stated nor connected to; a file that is there cannot be changed.
    """
    root = folder / "root"
    root.mkdir(exist_ok=True)
    syscalls.mount("tmpfs", str(root), "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "size=1m,mode=755")
    for path in sorted({*SYSTEM, *readable}):
        _show(path, root, read_only=True)
    for path in _DEVICES:
        _show(path, root, read_only=False)
    for path, override in overrides.items():
        syscalls.mount(override, f"{root}{path}", None, syscalls.MS_BIND)
    for link, target in _LINKS.items():
        os.symlink(target, f"{root}{link}")
    terminals = [_TERMINALS] * os.path.isdir(_TERMINALS)
    for path in ("/proc", TEMPORARY, _SHARED_MEMORY, *terminals):
        os.makedirs(f"{root}{path}", exist_ok=True)
    syscalls.mount("proc", f"{root}/proc", "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC)
    os.makedirs(f"{root}{folder}", exist_ok=True)  # it may lie below what programs read: an environment's own tmp
    syscalls.mount(str(folder), f"{root}{folder}", None, syscalls.MS_BIND)  # and not what is mounted in it: this root
    syscalls.change_root(str(root))


def _show(path: str, root: Path, *, read_only: bool) -> None:
    """Mount a path of the real root below another."""
    target = f"{root}{path}"
    if not os.path.lexists(path) or os.path.lexists(target):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path):
        os.symlink(os.readlink(path), target)
        return
    if os.path.isdir(path):
        os.mkdir(target)
    else:
        Path(target).touch()
    syscalls.mount(path, target, None, syscalls.MS_BIND | syscalls.MS_REC)
    if read_only:
        syscalls.make_read_only(target)


def enter_own_namespaces(
    folder: Path, shared: str | None, *, view: bool, mock_server: bool, network: bool, entrance: int | None = None
) -> list[socket.socket]:
    """Enter mount, network and IPC namespaces of the program's own. The new network has a loopback and nothing else.

    :param folder: where it finds its folder.
    :param shared: the folder that it finds there; None for an empty one.
    :param view: this process has a root of its own.
    :param mock_server: open the sockets on which the mock servers answer.
    :param network: do not cut the network: stay in the machine's.
    :param entrance: descriptor of a network that no program has used; None for a new one.
    :returns: these sockets.
    """
    makes_network = not network and entrance is None
    syscalls.unshare(syscalls.NEWNS | syscalls.NEWIPC | (syscalls.NEWNET if makes_network else 0))
    if entrance is not None:
        syscalls.enter_namespace(entrance, syscalls.NEWNET)
    if view:
        # All programs see the same files: Landlock does not keep one from changing their modes, times and attributes.
        syscalls.make_read_only("/")
        _own_memory_folder(TEMPORARY)
        _own_terminals()
    if os.path.isdir(_SHARED_MEMORY) and (view or not folder.is_relative_to(_SHARED_MEMORY)):
        _own_memory_folder(_SHARED_MEMORY, keep=view)
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    if shared is None:
        syscalls.mount("tmpfs", str(folder), "tmpfs", flags, f"size={DISK},mode=700")
    else:
        syscalls.mount(shared, str(folder), None, syscalls.MS_BIND)
        syscalls.make_writable(str(folder))
    if os.path.isdir(all_shared := str(folder.with_name(SHARED))):
        syscalls.mount("tmpfs", all_shared, "tmpfs", flags | syscalls.MS_RDONLY)  # those of other programs
    syscalls.mount("proc", "/proc", "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC)
    if _kernel() >= _PID_MAX_OF_NAMESPACE:  # in older kernels it is the machine's
        _write("/proc/sys/kernel/pid_max", str(_PROCESS_NUMBERS))  # a limit on processes that binds root too
    if makes_network:
        syscalls.loopback_up(_LOOPBACK_ADDRESSES)
    sockets = [_listen(port) for port in MOCK_PORTS] if mock_server else []
    _new_user_namespace(0)  # rights over the namespaces above end here
    _write("/proc/sys/user/max_user_namespaces", "0")  # and none can be won back in a namespace below
    syscalls.die_with_parent()
    return sockets


def _own_memory_folder(folder: str, *, keep: bool = True) -> None:
    """Mount an empty folder that only this program sees in the place of another.

    :param keep: what there is in the other stays where it is: the engine's folder and the project may lie there.
    """
    entries = _entries(folder) if keep else []
    kept = {path: os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW) for path in entries}
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    syscalls.mount("tmpfs", folder, "tmpfs", flags, f"size={DISK},mode=1777")
    for path, fd in kept.items():
        if stat.S_ISLNK(os.fstat(fd).st_mode):
            os.symlink(os.readlink("", dir_fd=fd), path)
        else:
            os.mkdir(path) if stat.S_ISDIR(os.fstat(fd).st_mode) else Path(path).touch()
            syscalls.mount(f"/proc/self/fd/{fd}", path, None, syscalls.MS_BIND | syscalls.MS_REC)
        os.close(fd)


def _entries(folder: str) -> list[str]:
    return [os.path.join(folder, name) for name in os.listdir(folder)]


def _own_terminals() -> None:
    """Mount pseudo-terminals that only this program sees, where the system has any."""
    if os.path.isdir(_TERMINALS):
        with contextlib.suppress(OSError):
            options = "newinstance,ptmxmode=0666,mode=0620"
            syscalls.mount("devpts", _TERMINALS, "devpts", syscalls.MS_NOSUID | syscalls.MS_NOEXEC, options)


@cache
def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])


def _write(path: str, text: str) -> None:
    with contextlib.suppress(OSError):
        syscalls.write_setting(path, text)


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.bind((MOCK_ADDRESS, port))
    listener.listen()
    return listener


def limit(memory: int, *, namespaces: bool) -> None:
    """Set the limits of this process and its children; ``memory`` is in bytes, 0 leaves it unlimited.

    :param namespaces: this process has a PID namespace of its own, so that only its processes are counted.
    """
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: DISK}
    if memory:
        limits[resource.RLIMIT_DATA] = memory  # RLIMIT_AS would count what threads only reserve
    if namespaces:
        limits[resource.RLIMIT_NPROC] = PROCESSES
    # Shared memory counts towards no limit: if memory runs out, the kernel is to kill the program and nothing else.
    _write("/proc/self/oom_score_adj", "1000")
    for what, value in limits.items():
        with contextlib.suppress(OSError, ValueError):
            _, hard = resource.getrlimit(what)
            least = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(what, (least, least))
    if not namespaces:
        _limit_processes()


def _limit_processes() -> None:
    """Limit the processes of this user, where they are counted together and the program's processes can be made.

    The author's count too, and those of other containers, which cannot be seen from here.
    """
    own = own_processes()
    if not own:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    limits = [one for one in (own + PROCESSES, soft, hard) if one != resource.RLIM_INFINITY]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NPROC, (min(limits), hard))
        try:
            process = os.fork()
        except OSError:
            resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))
            return
        if process == 0:
            os._exit(0)
        os.waitpid(process, 0)
        resource.setrlimit(resource.RLIMIT_NPROC, (min(limits), min(limits)))


def lock(folder: Path, readable: Iterable[str], *, view: bool) -> None:
    """Allow only the files that a program needs, irrevocably.

    :param folder: the folder that it may write to.
    :param view: it has a root of its own, and in it temporary folder and terminals.
    """
    # /proc is not to be written: root may change settings of the whole machine there.
    own = [TEMPORARY, _TERMINALS] if view else []
    syscalls.landlock(readable, [str(folder), *own, *_DEVICES, _SHARED_MEMORY])
    syscalls.drop_capabilities()


def refuse_calls() -> None:
    """Refuse the system calls that reach past namespaces, irrevocably, where this machine's numbers are known.

    Sockets to the host of a virtual machine belong to no network namespace; keys belong to the author's session; and
    io_uring does what it is asked for without a call that could be refused.
    """
    with contextlib.suppress(OSError):  # `probe` has said so
        _refuse_calls()


def _refuse_calls() -> None:
    if (numbers := _call_numbers()) is None:
        raise OSError(errno.ENOSYS, f"the numbers of the calls of {os.uname().machine} are not known")
    syscalls.filter_calls(numbers)


def prepare() -> None:
    """Do once what is the same for all forks of this process."""
    _kernel()
    if (numbers := _call_numbers()) is not None:
        syscalls.call_filter(numbers)


def _call_numbers() -> syscalls.CallNumbers | None:
    return syscalls.CALL_NUMBERS.get(os.uname().machine)


def readable_paths(extra: Iterable[str]) -> tuple[str, ...]:
    """This Python, what it can import, and ``extra``."""
    wanted = [sys.prefix, sys.base_prefix, sys.exec_prefix, *filter(None, sys.path), *extra]
    wanted = sorted({os.path.realpath(path) for path in wanted if os.path.exists(path)})
    # Each path costs every program some system calls: leave out those below another.
    outer: list[str] = []
    for path in wanted:
        if not any(Path(path).is_relative_to(other) for other in (*SYSTEM, *outer)):
            outer.append(path)
    return tuple(outer)


def new_session() -> None:
    """Leave the builder's terminal and process group, and handle signals as a new process does."""
    # The functions of :mod:`signal` make members of enumerations, for which a fork copies many pages of memory.
    _signal.set_wakeup_fd(-1)
    for number in (_signal.SIGCHLD, _signal.SIGTERM):
        _signal.signal(number, _signal.SIG_DFL)
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
    os.setsid()
