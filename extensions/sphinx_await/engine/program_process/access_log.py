"""A log of what a program uses: modules, files, folders, commands. They decide how long its recording is valid.

Imports are seen by :class:`~.imports.ImportObserver`, the rest by audit events. What raises no event (``os.stat``, what
C code opens by itself, what a command reads) is not seen. The program's process writes entries into the journal, and
its forks into a file.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from typing import TYPE_CHECKING, Any

from ...core.journal.records import RecordType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ...core.journal.records import Journal

MODULE, FILE, COMMAND, END = "module", "file", "command", "end"
#: Bytes that are read of a log.
LOG_LIMIT = 4 << 20

_IMPORTERS = ("<frozen importlib._bootstrap_external>", "<frozen zipimport>")
_UNSEEN = ("/proc/", "/dev/", "/sys/")


class AccessLog:
    """Writes the log.

    :param journal: takes the entries of this process, whatever it closes.
    :param fd: descriptor of the file that takes those of its forks.
    :param own: the engine's folder, in which is the program's; nothing in it is noted.
    :param private: a folder of the program's own, in which only what is there now is somebody else's.
    """

    def __init__(self, journal: Journal, fd: int, own: Path, private: str | None = None) -> None:
        self._journal = journal
        self._process = os.getpid()
        self._fd = fd
        self._file = _identity(fd)
        standard = sysconfig.get_paths()
        self._skipped = (f"{own}{os.sep}", *_UNSEEN)
        self._private = f"{private}{os.sep}" if private else None
        self._theirs = tuple(f"{private}{os.sep}{name}" for name in os.listdir(private)) if private else ()
        self._standard = tuple(f"{standard[name]}{os.sep}" for name in ("stdlib", "platstdlib"))
        self._packages = tuple(f"{standard[name]}{os.sep}" for name in ("purelib", "platlib"))
        self._noted: set[tuple[str, ...]] = set()
        self._written: set[str] = set()
        self._failed = False
        self._handlers: dict[str, Callable[[tuple[Any, ...]], None]] = {
            "open": self._opened,
            "os.listdir": self._listed,
            "os.scandir": self._listed,
            "sqlite3.connect": self._connected,
            "ctypes.dlopen": self._connected,
            "subprocess.Popen": lambda args: self._started(args[0], args[1], args[2]),
            "os.posix_spawn": lambda args: self._started(args[0], args[1]),
            "os.exec": lambda args: self._started(args[0], args[1]),
            "os.spawn": lambda args: self._started(args[1], args[2]),
            "os.system": lambda args: self._started("/bin/sh", ["sh", "-c", args[0]]),
            "os.startfile": lambda args: self._started(args[0], []),
        }

    def start(self) -> None:
        """Note audit events from now on; there is no way back."""
        handlers = self._handlers

        def audit(event: str, args: tuple[Any, ...]) -> None:
            if event in handlers:
                try:
                    handlers[event](args)
                except Exception:  # noqa: BLE001 - an error of ours must not become the program's
                    self._failed = True

        sys.addaudithook(audit)

    def searched(self, name: str, origin: str | None) -> None:
        """Note that a module was asked for.

        :param origin: the file where it was found; "" if it is no file, None if it was not found.
        """
        if origin is not None and (self._is_own(origin) or self._is_standard(name, origin)):
            return
        self._note(MODULE, name, "-" if origin is None else origin)

    def end(self) -> None:
        """Note that the program has come to its end, and that everything is in the log."""
        if not self._failed:
            self._note(END)

    def _is_own(self, path: str) -> bool:
        inside = f"{path}{os.sep}"
        private = self._private is not None and inside.startswith(self._private) and not path.startswith(self._theirs)
        return inside.startswith(self._skipped) or private

    def _is_standard(self, name: str, origin: str) -> bool:
        top = name.partition(".")[0]
        inside = not origin or (origin.startswith(self._standard) and not origin.startswith(self._packages))
        return inside and top in sys.stdlib_module_names

    def _opened(self, args: tuple[Any, ...]) -> None:
        path, mode, flags = args
        if isinstance(path, int) or path is None:
            return
        name = _absolute(path)
        if isinstance(flags, int) and (flags & os.O_ACCMODE == os.O_WRONLY or flags & os.O_TRUNC):
            self._written.add(name)
        elif name not in self._written and not (isinstance(mode, str) and "x" in mode):
            self._read(name)

    def _read(self, name: str) -> None:
        if self._is_own(name) or _importing():
            return
        if name.startswith(self._standard) and not name.startswith(self._packages):
            return
        self._note(FILE, name)

    def _listed(self, args: tuple[Any, ...]) -> None:
        path = args[0]
        if not isinstance(path, int):
            self._read(_absolute("." if path is None else path))

    def _connected(self, args: tuple[Any, ...]) -> None:
        if isinstance(args[0], (str, bytes)) and os.sep in os.fsdecode(args[0]):
            self._read(_absolute(args[0]))

    def _started(self, program: Any, args: Any, folder: Any = None) -> None:
        words = [args] if isinstance(args, (str, bytes, os.PathLike)) else list(args or ())
        texts = [os.fsdecode(word) for word in words if isinstance(word, (str, bytes, os.PathLike))]
        where = os.fsdecode(folder) if folder is not None else "."
        self._note(COMMAND, os.fsdecode(program or texts[0]), os.path.abspath(where), *texts)

    def _note(self, *words: str) -> None:
        if words in self._noted:
            return
        self._noted.add(words)
        entry = json.dumps(words).encode()
        if os.getpid() == self._process:
            self._journal.append(RecordType.ACCESS, entry)
        elif _identity(self._fd) == self._file:
            os.write(self._fd, entry + b"\n")


def _identity(fd: int) -> tuple[int, int] | None:
    """The identity of a file: a program may close our descriptor and open a file under its number."""
    try:
        status = os.fstat(fd)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _absolute(path: Any) -> str:
    return os.path.abspath(os.fsdecode(path))


def _importing() -> bool:
    """Whether the file is opened by the import system, whose searches are noted by name."""
    frame = sys._getframe(1)  # noqa: SLF001 - there is no other way
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None and frame.f_code.co_filename in _IMPORTERS


def read_log(lines: Iterable[bytes]) -> list[tuple[str, ...]]:
    """The entries of a log, as far as it makes sense: a program can write anything into it."""
    entries: list[tuple[str, ...]] = []
    for line in lines:
        try:
            words = json.loads(line)
        except (ValueError, RecursionError):
            return entries
        if not isinstance(words, list) or not words or not all(map(_is_a_name, words)):
            return entries
        entries.append(tuple(words))
    return entries


def _is_a_name(word: object) -> bool:
    """Whether a word can be a path or the name of a module."""
    if not isinstance(word, str) or "\0" in word:
        return False
    try:
        os.fsencode(word)
    except UnicodeEncodeError:
        return False
    return True
