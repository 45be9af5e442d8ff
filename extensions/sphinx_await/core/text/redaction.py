r"""Take folders of the author's machine out of a text, however the text spells them.

There is one rule for every system. A folder is a start (``/``, a drive, a network share) and names. A text may spell
it with slashes or backslashes, doubled or not (``repr``), in a file URI, with a drive letter of either case, with
Windows' ``\\?\`` before it, with the short names of Windows (``RUNNER~1``), or as a mount of the drive (WSL, MSYS,
Cygwin, containers). The system on which the pages are built does not matter: a program can print any spelling anywhere.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: What separates names: in a path of POSIX, and in one of Windows.
_SLASH, _EITHER = r"(?:/|%2F)+(?:\.(?:/|%2F)+)*", r"(?:[\\/]|%5C|%2F)+(?:\.(?:[\\/]|%5C|%2F)+)*"
#: Where an absolute path begins: a drive, a network share, Windows' prefix for long paths, or a slash.
START = r"(?:[\\/]{2,4}[?.][\\/]{1,2})?(?:[A-Za-z]:[\\/]|\\{2,4}(?=[\w.?-])|/)"
#: The folder of one run inside a temporary folder of the engine.
_RUN_NAMES = r"sphinx-await-\w+[\\/]{1,2}run-[\w-]+"
_ENGINE = "sphinx-await-"

_VERBATIM = r"(?:[\\/]{2,4}[?.][\\/]{1,2})?"
_UNC = r"(?:(?<![\w.:\\/-])|(?<=file:))(?:[\\/]{2,4}[?.][\\/]{1,2}UNC[\\/]{1,2}|[\\/]{2,4})"
#: Where Linux systems on Windows, and containers, mount a drive; where Windows shows the files of WSL.
_MOUNTS = r"/(?:mnt/|cygdrive/|host_mnt/|run/desktop/mnt/host/)?"
_WSL = r"[\\/]{2,4}wsl(?:\$|\.localhost)[\\/]{1,2}[^\\/\s\"']+"
_ADMIN_SHARE = r"[\\/]{2,4}[\w.-]+[\\/]{1,2}"
_NOT_BEFORE = r"(?<![\w.-])"
# What follows the name of a folder: something in it, or the name is at its end.
_LAST_NAME = r"(?![\w-]|\.\w|~\d)"

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.~-]+")
_DRIVE = re.compile(r"(?:[\\/]{2}[?.][\\/])?([A-Za-z]):(?:[\\/]+|$)")
_DRIVE_MOUNT = re.compile(r"/(?:(?:mnt|cygdrive|host_mnt|run/desktop/mnt/host)/)([A-Za-z])(?:/+|$)")
_SHARE = re.compile(r"\\\\(?:[?.]\\UNC\\)?(?=[^?.\\/])", re.IGNORECASE)

#: Folders that are the same on many machines: they say nothing of an author.
_EVERYWHERE = frozenset(
    {
        *("/usr", "/usr/local", "/tmp", "/private/tmp", "/var/tmp", "/opt", "/home", "/Users", "/mnt", "/srv"),  # noqa: S108 - names, not files
        *("c:/windows", "c:/windows/temp", "c:/program files", "c:/program files (x86)", "c:/users"),
    }
)
#: No author's folder begins here, unless it is one itself.
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/dev", "/proc", "/sys", "/tmp", "/nix", "/snap")  # noqa: S108
_SHARED = frozenset({"/var/lib", "/var/www", "/var/tmp", "/var/folders", "/private/var", "/run/user", "/opt/homebrew"})  # noqa: S108
#: Systems that ignore the case of names keep the users' folders here.
_IGNORES_CASE = frozenset({"Users", "Volumes", "private"})


@dataclass(frozen=True, slots=True)
class _Folder:
    r"""A folder: its names, and what they start from.

    :ivar drive: the letter of a drive of Windows, in lower case; ``\\`` for a network share; empty for ``/``.
    """

    drive: str
    names: tuple[str, ...]

    @property
    def key(self) -> str:
        """A key that is equal for all spellings of one folder."""
        if not self.drive:
            return "".join(f"/{name}" for name in self.names)
        start = "/" if self.drive == "\\\\" else f"{self.drive}:"
        return start + "".join(f"/{name}" for name in self.names).casefold()


def _parsed(folder: str) -> _Folder | None:
    """Parse an absolute path of any system; None if it is relative."""
    if share := _SHARE.match(folder):
        return _Folder("\\\\", _names(folder[share.end() :]))
    if drive := _DRIVE.match(folder) or _DRIVE_MOUNT.match(folder):
        return _Folder(drive[1].lower(), _names(folder[drive.end() :]))
    if folder.startswith("/"):
        return _Folder("", tuple(name for name in folder.split("/") if name not in {"", "."}))
    return None


def _names(path: str) -> tuple[str, ...]:
    return tuple(name for name in re.split(r"[\\/]+", path) if name not in {"", "."})


def enclosing_folders(folders: Iterable[str]) -> tuple[str, ...]:
    """The folders and their parents, except those of the system: names of parents are private as well."""
    found: dict[str, None] = {}
    for folder in folders:
        found[folder] = None
        parsed = _parsed(folder)
        if parsed is None or any(parsed.key.startswith(f"{system}/") for system in _SYSTEM):
            continue
        for count in range(len(parsed.names) - 1, 1, -1):
            key = _Folder(parsed.drive, parsed.names[:count]).key
            if key not in _SHARED and key not in _EVERYWHERE:
                found[key] = None
    return tuple(found)


def is_unmistakable(folder: str) -> bool:
    """Whether a printed path can mean only this folder: ``/docs`` may be part of an address."""
    parsed = _parsed(folder)
    return parsed is not None and (bool(parsed.drive) or len(parsed.names) > 1)


def folder_pattern(folders: Iterable[str]) -> re.Pattern[str]:
    """Compile the pattern that finds folders of a machine in a text, for :func:`redact_folders`.

    Folders that many machines have, such as ``/usr``, are left alone, and so are relative paths.
    """
    known = {parsed.key: parsed for folder in folders if (parsed := _parsed(folder)) and parsed.names}
    kept = [known[key] for key in sorted(known, key=lambda key: (-len(key), key)) if key not in _EVERYWHERE]
    return re.compile("|".join(spelling for folder in kept for spelling in _spellings(folder)) or r"(?!)")


def _spellings(folder: _Folder) -> Iterator[str]:
    """A regular expression for each way to write a folder."""
    tail = rf"(?:(?:{_EITHER})(?=[\w.~-])|{_LAST_NAME})"
    wide = _EITHER.join(map(_windows_name if folder.drive else _name_pattern, folder.names))
    if folder.drive == "\\\\":
        yield rf"(?i:{_UNC}{wide}){tail}"
    elif folder.drive:
        starts = rf"{_VERBATIM}{folder.drive}(?::|%3A)|{_MOUNTS}{folder.drive}(?=/)|{_ADMIN_SHARE}{folder.drive}\$"
        yield rf"(?i:{_NOT_BEFORE}(?:{starts}){_EITHER}{wide}){tail}"
    else:
        flag = "i" if folder.names[0] in _IGNORES_CASE else ""
        names = _SLASH.join(map(_name_pattern, folder.names))
        yield rf"(?{flag}:{_NOT_BEFORE}(?:/|%2F){names})(?:(?:{_SLASH})(?=[\w.~-])|{_LAST_NAME})"
        if len(folder.names) > 1:
            yield rf"(?i:{_WSL}{_EITHER}{wide}){tail}"


def _name_pattern(name: str) -> str:
    """A regular expression for a name: plain, as in a URI, or escaped as in JSON; composed or decomposed (macOS)."""
    forms = dict.fromkeys(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    forms[name] = None
    spelled = dict.fromkeys(forms)
    if not _PLAIN_NAME.fullmatch(name):
        for form in forms:
            raw = form.encode("utf-8", "surrogateescape")
            spelled |= dict.fromkeys((quote(raw), ascii(form)[1:-1], json.dumps(form)[1:-1]))
    escaped = [re.escape(one) for one in spelled]
    return escaped[0] if len(escaped) == 1 else f"(?:{'|'.join(escaped)})"


_SHORT_NAME = re.compile(r"([^~.\s]{1,6})~\d+(?:\.[^~.\s]{1,3})?")
#: Names up to this length, in the form of DOS, are their own short names.
_DOS_NAME = re.compile(r"[^\s.+,;=\[\]]{1,8}(?:\.[^\s.+,;=\[\]]{1,3})?")


def _windows_name(name: str) -> str:
    """A regular expression for a name, and for its short name if it has one; of a short name, for long ones like it.

    A short name is the first six characters without spaces and dots (or two of them and a hash), ``~`` and a number.
    """
    plain = _name_pattern(name)
    if short := _SHORT_NAME.fullmatch(name):
        return rf"(?:{plain}|{r'[ .]*'.join(map(re.escape, short[1]))}[^\\/:*?\"'<>|\r\n\t ]*)"
    if _DOS_NAME.fullmatch(name):
        return plain
    stem, _dot, suffix = name.strip(".").rpartition(".") if "." in name.strip(".") else (name, "", "")
    stem = re.sub(r"[+,;=\[\]]", "_", re.sub(r"[\s.]", "", stem))
    kind = re.escape(suffix[:3])
    start = re.escape(stem[:5]) + (f"(?:{re.escape(stem[5])})?" if stem[5:] else "")
    hashed = rf"{re.escape(stem[:2])}[0-9A-F]{{4}}"
    return rf"(?:{plain}|(?:{start}|{hashed})~\d+{rf'(?:[.]{kind})?' if kind else ''})"


_RUN = re.compile(
    rf"(?:(?<![\w.\\/-]){START}(?:[^\s\"'<>:|?*]{{0,200}}?[\\/]{{1,2}})??)?(?<![\w-]){_RUN_NAMES}"
    rf"(?:[\\/]{{1,2}}(?=[\w.~-])|{_LAST_NAME})"
)


def redact_folders(text: str, folders: re.Pattern[str]) -> str:
    """Make each path in one of the folders, or in the folder of a run, relative to it. The folder itself is ``.``."""
    if not may_have_paths(text):
        return text
    text = folders.sub(_rest, text)
    return _RUN.sub(_rest, text) if _ENGINE in text else text


def may_have_paths(text: str) -> bool:
    """Whether a text has a sign that every path with a folder has, however it is spelled."""
    return any(sign in text for sign in "/\\%")


def _rest(match: re.Match[str]) -> str:
    return "" if match[0][-1] in "/\\" or match[0][-3:].upper() in {"%2F", "%5C"} else "."


# What comes before the name of a library's package. Python's own folder is `lib/python3.13`, and `Lib` on Windows.
_S = r"[\\/]{1,2}"
_PACKAGES = (
    rf"(?:(?:site|dist)-packages{_S}|python3\d*\.zip{_S}"
    rf"|(?:[Ll]ib|lib64){_S}(?:python|pypy)3(?:\.\d+t?)?{_S}(?!(?:site|dist)-packages[\\/])"
    rf"|Lib{_S}(?=(?P<own>\w+)[\\/.])|(?=sphinx_await[\\/]))"
)
_LIBRARY_FRAME = re.compile(rf'(?P<file>[Ff]ile ")(?:[^"\n]*?[\\/])??{_PACKAGES}(?P<path>[^"\n]+)')
# The bounds keep long names and long lines cheap.
_LIBRARY_COLON = re.compile(
    rf"(?<![\w./\\~-])(?:(?:[A-Za-z]:(?=[\\/]))?[\w./\\~-][^\s\"'<>:]{{0,400}}?[\\/])??"
    rf"{_PACKAGES}(?P<path>[^\s\"'<>:]{{1,400}}:\d+)"
)
_IN_LIBRARIES = ("python3", "pypy3", "-packages", "sphinx_await", "Lib")


def strip_library_paths(text: str) -> str:
    """Shorten the path of a library file in a traceback, a warning or a task's repr: it begins at its package.

    So a page does not show where the author's libraries are, and does not depend on it.
    """
    if not any(part in text for part in _IN_LIBRARIES):
        return text
    return _LIBRARY_COLON.sub(_from_package, _LIBRARY_FRAME.sub(_from_package, text))


def _from_package(match: re.Match[str]) -> str:
    found = match.groupdict()
    if found["own"] is not None and found["own"] not in sys.stdlib_module_names:
        return match[0]  # somebody's own folder of that name
    return (found.get("file") or "") + re.sub(r"\\{1,2}", "/", found["path"])
