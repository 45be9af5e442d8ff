"""How many programs the system has room for: descriptors, processes, memory.

The numbers are for pacing only. What the system refuses in spite of them is tried again (see :mod:`.scheduler`).
Where a number is not known there is no limit.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A program takes some descriptors of each of our processes: its journal, its pipes, its state, its sockets.
_DESCRIPTORS_EACH, _DESCRIPTORS_KEPT = 6, 40
#: Its process, the first of its namespace or its subreaper, and some threads.
_PROCESSES_EACH, _PROCESSES_KEPT = 3, 12
_MOST_COUNTED = 5_000  # with a higher limit nobody needs to know how many processes a user has
_KEPT_SHARE, _MOST_KEPT = 8, 1 << 29  # an eighth of the memory is left alone, at most 512 MB
_LEAST_EACH = 16 << 20  # bytes that a program takes soon after its start
_MEMORY_CHECK_SECONDS = 0.02
_COUNT_SECONDS = 1.0  # to count processes reads a folder for each in the system
_PAGE = 1 << 14  # bytes
#: By an error, what says the limit that was met.
_LIMITS = {
    errno.EMFILE: "ulimit -n, the open files of a process",
    errno.ENFILE: "fs.file-nr, the open files of the system",
    errno.EFBIG: "ulimit -f, the size of a file: a recording needs one of more than 32 MiB",
    errno.EAGAIN: "ulimit -u and the container's limit on processes",
    errno.ENOMEM: "ulimit -v and the container's limit on memory",
}
_CGROUPS = Path("/sys/fs/cgroup")


def with_limit(error: OSError) -> str:
    """An error as text, with the limit that it is about and how its owner looks at that."""
    named = _LIMITS.get(error.errno or 0)
    return str(error) if named is None else f"{error}; see {named}"


def most_at_once(most: int) -> int:
    """How many programs may live at once, by the limits on descriptors and processes; at least 1, at most ``most``."""
    rooms = [(_descriptors_left() - _DESCRIPTORS_KEPT) // _DESCRIPTORS_EACH]
    rooms += ((left - _PROCESSES_KEPT) // _PROCESSES_EACH for left in _processes_left())
    return max(1, min(most, *rooms))


def _descriptors_left() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 1 << 30
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 1 << 30
    try:
        return soft - len(os.listdir("/proc/self/fd"))
    except OSError:
        return soft


def _processes_left() -> Iterator[int]:
    """What each limit on processes leaves."""
    for group in _control_groups("pids"):
        if (limit := _number(group / "pids.max")) is not None:
            yield limit - (_number(group / "pids.current") or 0)
    if os.name == "posix" and os.getuid() != 0:  # it does not hold for root
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
        if soft != resource.RLIM_INFINITY and soft < _MOST_COUNTED:
            yield soft - own_processes()


def own_processes() -> int:
    """The number of processes and threads of this user, of this moment or a second ago; 0 where nobody says."""
    if monotonic() - _counted.at > _COUNT_SECONDS:
        _counted.at, _counted.processes = monotonic(), _count_own_processes()
    return _counted.processes


@dataclass(slots=True)
class _Counted:
    """A number of processes, and when they were counted. A fork has it from the process that made it."""

    at: float = float("-inf")
    processes: int = 0


_counted = _Counted()


def _count_own_processes() -> int:
    uid, count = os.getuid(), 0
    try:
        names = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return 0
    for name in names:
        try:
            count += len(os.listdir(f"/proc/{name}/task")) if os.stat(f"/proc/{name}").st_uid == uid else 0
        except OSError:
            continue
    return count


def available_memory() -> tuple[int, int] | None:
    """Bytes that can be had without swapping, and bytes in all: the machine's or the control group's."""
    known = [one for one in (_machine_memory(), *_group_memory()) if one is not None]
    return min(known) if known else None


def _machine_memory() -> tuple[int, int] | None:
    try:
        text = _read("/proc/meminfo")
        available, total = (int(text.split(name, 1)[1].split(None, 1)[0]) for name in (b"MemAvailable:", b"MemTotal:"))
    except (OSError, ValueError, IndexError):
        return None
    return available << 10, total << 10


def _group_memory() -> Iterator[tuple[int, int]]:
    for group, limit_file, used_file in _memory_files():
        limit = _number(limit_file)  # it may be changed at any time
        used = None if limit is None else _number(used_file)
        if limit is not None and used is not None:
            yield limit - used + _reclaimable(group), limit


@cache
def _memory_files() -> list[tuple[Path, Path, Path]]:
    """The control groups of this process, each with its file of the limit and of the use."""
    names = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
    return [
        (group, group / limit, group / used)
        for group in _control_groups("memory")
        for limit, used in names
        if (group / limit).exists()
    ]


def _reclaimable(group: Path) -> int:
    """Bytes of a group's memory that only cache files."""
    try:
        text = b"\n" + _read(group / "memory.stat")
        found = next((name for name in (b"\ninactive_file ", b"\ntotal_inactive_file ") if name in text), None)
        return 0 if found is None else int(text.split(found, 1)[1].split(None, 1)[0])
    except (OSError, ValueError):
        return 0


def _control_groups(controller: str) -> Iterator[Path]:
    """The folders of this process's control group and of those above it."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = _CGROUPS / controllers if controllers else _CGROUPS
        group = Path(f"{root}{path}")
        while group != root and root in group.parents:
            yield group
            group = group.parent
        yield root


def _number(file: Path) -> int | None:
    """What a file of a control group says; None for no limit, or no file."""
    try:
        return int(_read(file))
    except (OSError, ValueError):
        return None


def _read(path: str | Path) -> bytes:
    """Read a file of /proc or /sys in the cheapest way that there is: it is done many times in a build."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return b"".join(iter(lambda: os.read(fd, _PAGE), b""))
    finally:
        os.close(fd)


@dataclass(slots=True)
class MemoryPace:
    """Says whether there is memory for one more program, by what the others really took."""

    _checked: float = 0.0
    _has_room: bool = True
    _at_start: int | None = field(default=None)

    def has_room(self, live: int, young: int) -> bool:
        """Whether one more program may start.

        :param live: how many there are.
        :param young: how many of them have begun so lately that they take more memory soon.
        """
        if not live:
            self._at_start, self._checked = None, 0.0
            return True
        if monotonic() - self._checked > _MEMORY_CHECK_SECONDS:
            self._checked, self._has_room = monotonic(), self._look(live, young)
        return self._has_room

    def _look(self, live: int, young: int) -> bool:
        memory = available_memory()
        if memory is None:
            return True
        available, total = memory
        if self._at_start is None:
            self._at_start = available
        each = max(_LEAST_EACH, (self._at_start - available) // live)
        return available - (young + 1) * each > min(total // _KEPT_SHARE, _MOST_KEPT)
