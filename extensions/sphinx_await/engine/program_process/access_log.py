"""A log of what a program uses: modules, files, folders, commands. They decide how long its recording is valid.

Imports are seen by :class:`~.imports.ImportObserver`, the rest by audit events. What raises no event (``os.stat``, what
C code opens by itself, what a command reads) is not seen. The program's process writes entries into the journal, and
its forks into a file.
"""

from __future__ import annotations

import _frozen_importlib_external
import json
import os
import sys
import sysconfig
from json import dumps  # a program may patch the modules: these names stay ours
from os import fsdecode, fstat, getpid, stat
from os.path import abspath, isdir
from typing import TYPE_CHECKING, Any

from ...core.journal.limits import LONGEST_ACCESS, MOST_ACCESSES
from ...core.journal.records import RECORD_SIZE, UNLOGGED, RecordType, aligned
from ..process_environment import KERNEL_FOLDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from ...core.journal.records import Journal

MODULE, FILE, COMMAND, LOST, END = "module", "file", "command", "lost", "end"
#: The second word of a FILE that did not exist.
MISSING = "missing"
#: Bytes that are read of a log.
LOG_LIMIT = 4 << 20

_IMPORTERS = ("<frozen importlib._bootstrap_external>", "<frozen zipimport>")
#: With these modules another Python is started, without an audit event.
_SPAWNERS = frozenset(
    f"multiprocessing.{name}" for name in ("popen_spawn_posix", "popen_spawn_win32", "popen_forkserver", "forkserver")
)
#: With these modules code runs in another interpreter of the process, whose imports and audit events are not seen.
_INTERPRETERS = frozenset(
    {
        "concurrent.interpreters",
        "concurrent.futures.interpreter",
        "_interpqueues",
        "_interpchannels",
        "_xxsubinterpreters",
        # From 3.14 on, concurrent.futures imports it, only to see whether it is there.
        *(["_interpreters"] if sys.version_info < (3, 14) else []),
    }
)
_PATHS = sysconfig.get_paths()
_STANDARD = tuple(f"{_PATHS[name]}{os.sep}" for name in ("stdlib", "platstdlib"))
_PACKAGES = tuple(f"{_PATHS[name]}{os.sep}" for name in ("purelib", "platlib"))
_source_of: Any = _frozen_importlib_external.source_from_cache


class AccessLog:
    """Writes the log.

    :param journal: takes the entries of this process, whatever it closes.
    :param fd: descriptor of the file that takes those of its forks.
    :param own: the engine's folder, in which is the program's; nothing in it is noted.
    :param private: a folder of the program's own, in which only what is there now is somebody else's.
    """

    def __init__(self, journal: Journal, fd: int, own: Path, private: str | None = None) -> None:
        self._journal = journal
        self._header = journal.header()
        self._process = getpid()
        self._fd = fd
        self._file = _identity(fd)
        self._skipped = (f"{own}{os.sep}", *KERNEL_FOLDERS)
        self._private = f"{private}{os.sep}" if private else None
        self._theirs = tuple(f"{private}{os.sep}{name}" for name in os.listdir(private)) if private else ()
        self._path = [*sys.path]
        self._holds_folder = False
        self._is_watched = False
        self._room = MOST_ACCESSES
        self._noted: set[tuple[str, ...]] = set()
        self._written: set[str] = set()
        self._origins: set[str] = set()
        self._handlers: dict[str, Callable[[tuple[Any, ...]], None]] = {
            "open": self._opened,
            "import": self._loaded,
            "os.listdir": self._listed,
            "os.scandir": self._listed,
            "sqlite3.connect": self._connected,
            "sqlite3.load_extension": lambda args: self._read(_absolute(args[1])),
            "ctypes.dlopen": self._linked,
            "subprocess.Popen": lambda args: self._started(*args[:4]),
            "os.posix_spawn": lambda args: self._started(args[0], args[1], None, args[2]),
            "os.exec": lambda args: self._started(args[0], args[1], None, args[2]),
            "os.spawn": lambda args: self._started(args[1], args[2], None, args[3]),
            "os.system": lambda args: self._started("/bin/sh", ["sh", "-c", args[0]]),
            "os.startfile": lambda args: self._started(args[0], []),
        }

    def start(self, others: Mapping[str, Callable[[tuple[Any, ...]], None]]) -> None:
        """Note audit events from now on; there is no way back.

        :param others: what else is called for some events, with their arguments: a second hook would cost each event.
        """
        handlers = {**self._handlers, **others}
        self._path = [*sys.path]

        def audit(event: str, args: tuple[Any, ...]) -> None:
            if event in handlers:
                try:
                    handlers[event](args)
                except Exception:  # noqa: BLE001 - an error of ours must not become the program's
                    self._lose()

        sys.addaudithook(audit)

    def hook_added(self) -> None:
        """Look at no frame from now on: that is an audit event, and the program is about to see those."""
        self._is_watched = True

    def searched(self, name: str, origin: str | None, path: Iterable[str] | None = None) -> None:
        """Note that a module was asked for.

        :param origin: the file where it was found; "" if it is no file, None if it was not found.
        :param path: the folders of its package that were searched.
        """
        try:
            self._note_folders(name, path)
            if name in _SPAWNERS:
                self._started(sys.executable, [sys.executable])
            elif name in _INTERPRETERS and origin is not None:
                self._lose()
            if origin:
                self._origins.add(origin)
            if origin is not None and (self._is_own(origin) or _is_standard(name, origin)):
                return
            self._note(MODULE, name, "-" if origin is None else origin)
        except Exception:  # noqa: BLE001 - an error of ours must not become the program's
            self._lose()

    def _note_folders(self, name: str, path: Iterable[str] | None) -> None:
        """Note the folders that were searched and that a fresh interpreter would not search, or in another order."""
        if sys.path != self._path:
            for entry in sys.path:
                self._read_folder(entry)
        if path is not None:
            inner = os.sep + name.rpartition(".")[0].replace(".", os.sep)
            for entry in path:
                if entry.removesuffix(inner) not in self._path:
                    self._read_folder(entry)

    def _read_folder(self, entry: str) -> None:
        folder = f"{_absolute(entry or '.')}{os.sep}"
        if not folder.startswith((*_STANDARD, *_PACKAGES)):
            self._read(folder[:-1])

    def end(self) -> None:
        """Note that the program has come to its end, and that everything is in the log."""
        self._note(END)

    def _lose(self) -> None:
        """Say that the log is not complete. The header is memory that this process and its forks share."""
        self._header[UNLOGGED] = 1

    def _is_own(self, path: str) -> bool:
        inside = f"{path}{os.sep}"
        private = self._private is not None and inside.startswith(self._private) and not path.startswith(self._theirs)
        return inside.startswith(self._skipped) or private

    def _opened(self, args: tuple[Any, ...]) -> None:
        path, mode, flags = args
        if isinstance(path, int) or path is None:
            return
        name = _absolute(path)
        if mode is None:  # by os.open, which may be given the descriptor of a folder
            if self._holds_folder and not os.path.isabs(path):
                self._lose()
            self._holds_folder |= isdir(name) and not self._is_own(name)
        if isinstance(flags, int) and (flags & os.O_ACCMODE == os.O_WRONLY or flags & os.O_TRUNC):
            self._written.add(name)
        elif name not in self._written and not (isinstance(mode, str) and "x" in mode):
            self._read(name)

    def _loaded(self, args: tuple[Any, ...]) -> None:
        """Note the file of an extension module that is loaded."""
        if isinstance(args[1], (str, bytes)) and (name := _absolute(args[1])) not in self._origins:
            self._read(name)

    def _read(self, name: str) -> None:
        if self._is_own(name):
            return
        if name.startswith(_STANDARD) and not name.startswith(_PACKAGES):
            return
        if self._is_watched or _importing():
            if name.endswith(".pyc"):
                name = _source_or(name)
            # A search has noted the module. But a loader may also be used without one.
            if name in self._origins:
                return
        self._note(FILE, name, *(() if _exists(name) else (MISSING,)))

    def _listed(self, args: tuple[Any, ...]) -> None:
        path = args[0]
        # The searches of an import are noted by name. If it is not known, one folder more is noted.
        if not isinstance(path, int) and (self._is_watched or not _importing()):
            self._read(_absolute("." if path is None else path))

    def _connected(self, args: tuple[Any, ...]) -> None:
        """A database is opened: a path, or a URI."""
        name = fsdecode(args[0])
        if name in {"", ":memory:"}:
            return
        names = [name]
        if name.startswith("file:"):  # as a path if the connection was opened without `uri=True`
            path = _unquoted(name.removeprefix("file:").partition("#")[0].partition("?")[0])
            names.append("/" + path[2:].partition("/")[2] if path.startswith("//") else path)
        for one in names:
            if one not in {"", ":memory:"}:
                self._read(_absolute(one))
                self._read(_absolute(f"{one}-wal"))  # what others wrote last

    def _linked(self, args: tuple[Any, ...]) -> None:
        """A library is loaded: a path, or a name that the system looks up."""
        if isinstance(args[0], (str, bytes)) and os.sep in fsdecode(args[0]):
            self._read(_absolute(args[0]))

    def _started(self, program: Any, args: Any, folder: Any = None, variables: Any = None) -> None:
        words = [args] if isinstance(args, (str, bytes, os.PathLike)) else list(args or ())
        texts = [fsdecode(word) for word in words if isinstance(word, (str, bytes, os.PathLike))]
        where = fsdecode(folder) if folder is not None else "."
        for name, value in (os.environ if variables is None else variables).items():
            if fsdecode(name) == "PYTHONPATH":
                texts.append(f"PYTHONPATH={fsdecode(value)}")
        self._note(COMMAND, fsdecode(program or texts[0]), abspath(where), *texts)

    def _note(self, *words: str) -> None:
        if words in self._noted or self._room < 0:
            return
        self._noted.add(words)
        entry = dumps(words).encode()
        if getpid() == self._process:
            journal, size = self._journal, aligned(RECORD_SIZE + len(entry))
            self._room -= size
            if len(entry) > LONGEST_ACCESS or self._room < 0 or journal.end + size > journal.bulk_room:
                self._lose()
            else:
                journal.append(RecordType.ACCESS, entry)
        elif _identity(self._fd) == self._file:
            os.write(self._fd, entry + b"\n")
        else:
            self._lose()


def matters(name: str, origin: str | None) -> bool:
    """Whether :meth:`AccessLog.searched` may note anything of a module.

    :param origin: the file where it was found; "" if it is no file, None if it was not found.
    """
    return name in _SPAWNERS or name in _INTERPRETERS or not _is_standard(name, origin)


def _is_standard(name: str, origin: str | None) -> bool:
    if origin is None or name.partition(".")[0] not in sys.stdlib_module_names:
        return False
    return not origin or (origin.startswith(_STANDARD) and not origin.startswith(_PACKAGES))


def _identity(fd: int) -> tuple[int, int] | None:
    """The identity of a file: a program may close our descriptor and open a file under its number."""
    try:
        status = fstat(fd)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _absolute(path: Any) -> str:
    return abspath(fsdecode(path))


def _importing() -> bool:
    """Whether the file is opened by the import system, whose searches are noted by name."""
    frame = sys._getframe(1)  # noqa: SLF001 - there is no other way
    while frame is not None and frame.f_globals is globals():
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None and frame.f_code.co_filename in _IMPORTERS


def _unquoted(text: str) -> str:
    """A path of a URI, as :func:`urllib.parse.unquote` would give it, which is slow to import."""
    first, *others = text.split("%")
    pieces = [first.encode("utf-8", "surrogateescape")]
    for other in others:
        try:
            pieces.append(bytes.fromhex(other[:2]) + other[2:].encode("utf-8", "surrogateescape"))
        except ValueError:
            pieces.append(b"%" + other.encode("utf-8", "surrogateescape"))
    return fsdecode(b"".join(pieces))


def _source_or(compiled: str) -> str:
    """The source file of which this is the compiled one, if that lies where Python puts it."""
    try:
        return str(_source_of(compiled))
    except ValueError:
        return compiled


def _exists(path: str) -> bool:
    try:
        stat(path)
    except (OSError, ValueError):
        return False
    return True


def read_log(lines: Iterable[bytes]) -> list[tuple[str, ...]]:
    """The entries of a log up to the first that makes no sense: a program can write anything into it.

    In its place there is an entry that the rest is lost.
    """
    entries: list[tuple[str, ...]] = []
    for line in lines:
        try:
            words = json.loads(line)
        except (ValueError, RecursionError):
            return [*entries, (LOST,)]
        if not isinstance(words, list) or not words or not all(map(_is_a_name, words)):
            return [*entries, (LOST,)]
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
