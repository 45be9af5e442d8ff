"""What both backends give the processes that they start: a temporary folder, variables, an import path."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import sys
import sysconfig
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .settings import Settings

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_PREFIX, _LOCK = "sphinx-await-", "lock"
#: In the engine's folder, the certificate that programs trust when they ask mock servers by HTTPS.
CERTIFICATE = "authority.pem"


def temporary_folder(owner: object) -> Path:
    """A folder that is removed with its owner, or when this process ends, as an interrupted build does.

    Folders of processes that were killed are removed, too.
    """
    _remove_abandoned_folders()
    folder, process = tempfile.mkdtemp(prefix=_PREFIX), os.getpid()
    lock = _lock(folder)

    def remove() -> None:
        if os.getpid() == process:  # and not in a fork of it
            remove_folder(Path(folder))
            if lock is not None:
                os.close(lock)

    weakref.finalize(owner, remove)
    return Path(folder)


def remove_folder(folder: Path) -> None:
    """Remove a folder of programs that have ended, whatever modes they gave to what is in it."""
    with contextlib.suppress(RecursionError):  # they may have nested it deeper than one can go
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            for where, names, _ in os.walk(folder):
                for path in (os.path.join(where, name) for name in names):
                    if not os.path.islink(path):
                        with contextlib.suppress(OSError):
                            os.chmod(path, 0o700)
            shutil.rmtree(folder, ignore_errors=True)


def _lock(folder: str) -> int | None:
    """A lock that says that a folder is in use. The system frees it when this process ends, in whatever way."""
    if fcntl is None:
        return None
    file = os.path.join(folder, _LOCK)
    fd = os.open(f"{file}.new", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX)
    os.rename(f"{file}.new", file)  # nobody sees it before it is locked
    return fd


def _remove_abandoned_folders() -> None:
    """Remove the folders whose process was killed before it could remove them."""
    if fcntl is None:
        return
    temporary = tempfile.gettempdir()
    for name in os.listdir(temporary):
        if name.startswith(_PREFIX):
            folder = os.path.join(temporary, name)
            with contextlib.suppress(OSError):  # somebody else's, or in use
                status = os.lstat(folder)
                if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
                    continue
                fd = os.open(os.path.join(folder, _LOCK), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
                try:
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove_folder(Path(folder))
                finally:
                    os.close(fd)


#: Where programs find commands, beside those of this Python's environment.
_COMMANDS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")
#: What Windows cannot start a process without.
_PASSED_ON_WINDOWS = ("SYSTEMROOT", "PATH", "PATHEXT", "COMSPEC")
#: Variables of Python that would end, or change, more than a program.
_REFUSED = frozenset(
    {
        "PYTHONHOME",
        "PYTHONEXECUTABLE",
        "PYTHONPLATLIBDIR",
        "PYTHONSTARTUP",
        "PYTHONINSPECT",
        "PYTHONVERBOSE",
        "PYTHONPROFILEIMPORTTIME",
        "PYTHONDUMPREFS",
        "PYTHONDUMPREFSFILE",
        "PYTHONMALLOCSTATS",
        "PYTHONIOENCODING",
        "PYTHONLEGACYWINDOWSSTDIO",
        "PYTHONLEGACYWINDOWSFSENCODING",
    }
)
#: Below these a path names no content that stays.
KERNEL_FOLDERS = ("/proc/", "/dev/", "/sys/")
#: With these, what happens when a module is imported depends on them, so that none may be imported beforehand.
_COLD = frozenset({"PYTHONWARNINGS", "PYTHONDEVMODE", "PYTHONTRACEMALLOC", "PYTHONOPTIMIZE"})


def check_variables(environment: Mapping[str, str]) -> None:
    """Refuse variables that cannot work.

    :raises OptionError: one of them is read by Python before a program begins, and would break more than that.
    """
    for name in environment:
        if name in _REFUSED:
            raise OptionError(f"await_environment: {name} cannot be set for programs")
        if not name or "=" in name or "\0" in name + environment[name]:
            raise OptionError(f"await_environment: {name!r} is no name, or has no value, that a variable can have")


def may_be_warm(environment: Mapping[str, str]) -> bool:
    """Whether modules may be imported before a program with these variables begins."""
    return not any(name in _COLD and value for name, value in environment.items())


def plain_environment(executable: str = sys.executable) -> dict[str, str]:
    """The few variables that every process needs, the same on every machine.

    None of the author's own are passed on: a page may print them, and would say something else elsewhere.

    :param executable: the Python of programs, beside which they find the commands of its environment.
    """
    if os.name == "nt":
        own = {name: os.environ[name] for name in _PASSED_ON_WINDOWS if name in os.environ}
    else:
        own = {"PATH": os.pathsep.join([os.path.dirname(executable), *_COMMANDS])}
    return own | {"LANG": "C.UTF-8", "TZ": "UTC", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def program_environment(settings: Settings) -> dict[str, str]:
    """The variables with which the interpreters of programs are started."""
    return plain_environment(settings.python.executable) | dict(settings.environment)


def import_path(settings: Settings) -> list[str]:
    """The import path of programs: that of their ``PYTHONPATH``, the settings' folders, then that of Python itself."""
    named = settings.environment.get("PYTHONPATH", "").split(os.pathsep)
    own = settings.python_path
    if own is None:
        own = without_folder(sys.path, folder_left_out())
    if settings.interpreter is not None and (imports := settings.interpreter.imports) is not None:
        own = (*(entry for entry in own if os.path.abspath(entry) not in imports.not_from), *imports.path)
    return list(dict.fromkeys(os.path.abspath(path) for path in [*named, *settings.path, *own] if path))


def without_folder(path: Sequence[str], left_out: str | None) -> tuple[str, ...]:
    """An import path without its first entry that is a folder; without None it is whole."""
    if left_out is None or left_out not in path:
        return tuple(path)
    at = path.index(left_out)
    return (*path[:at], *path[at + 1 :])


def folder_left_out(path: Sequence[str] | None = None) -> str | None:
    """The folder that the interpreter itself has put into ``sys.path``, and that programs cannot import from.

    That is the folder of the script that was started (``sphinx-build``), or with ``python -m`` the folder in which it
    was started: what lies there is the author's. A folder that conf.py or a variable names is in ``sys.path`` once
    more.

    :param path: an earlier ``sys.path``.
    """
    if sys.flags.safe_path or not sys.argv:
        return None
    module = "-m" in sys.orig_argv[1:-1] and not sys.orig_argv[1].endswith(".py")
    folder = os.getcwd() if module else os.path.dirname(os.path.abspath(sys.argv[0]))
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    entries = sys.path if path is None else path
    same = [entry for entry in entries if os.path.realpath(entry or os.getcwd()) == os.path.realpath(folder)]
    if len(same) == 1 and any(path and os.path.realpath(path) == os.path.realpath(folder) for path in given):
        return None
    return same[0] if same else None


def editable_folders() -> list[str]:
    """Folders of distributions that are installed in place, in whatever way."""
    found: list[str] = []
    for finder in sys.meta_path:
        module = sys.modules.get(getattr(finder, "__module__", ""))
        mapping = getattr(module, "MAPPING", None)
        if isinstance(mapping, dict):  # of setuptools
            found += [str(path) for path in mapping.values()]
            spaces = getattr(module, "NAMESPACES", None)
            found += [str(path) for paths in (spaces or {}).values() for path in paths]
    for folder in {sysconfig.get_paths()[name] for name in ("purelib", "platlib")}:
        for entry in os.listdir(folder) if os.path.isdir(folder) else ():
            if entry.endswith(".dist-info"):
                found += _place_of(os.path.join(folder, entry, "direct_url.json"))
    return found


def _place_of(direct_url: str) -> list[str]:
    """The folder that a distribution was installed from, if it is used in place (PEP 610)."""
    try:
        with open(direct_url, encoding="utf-8") as file:
            data = json.load(file)
        if data.get("dir_info", {}).get("editable"):
            from urllib.parse import unquote, urlparse

            path = urlparse(data["url"]).path
            if os.name != "nt":  # there it is no more than this; and the fork server starts faster without HTTP
                return [unquote(path)]
            from urllib.request import url2pathname

            return [url2pathname(path)]
    except (OSError, ValueError, KeyError, AttributeError):
        pass
    return []
