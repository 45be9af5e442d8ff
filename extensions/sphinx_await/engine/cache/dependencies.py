"""What a program's recording depends on: what a run used (its access log), and what has become of it since."""

from __future__ import annotations

import contextlib
import glob
import importlib
import json
import os
import pkgutil
import re
import shlex
import shutil
import stat
import sys
import time
import zipfile
from functools import cached_property
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    SOURCE_SUFFIXES,
    BuiltinImporter,
    ExtensionFileLoader,
    FileFinder,
    FrozenImporter,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from importlib.util import MAGIC_NUMBER, cache_from_source, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.digest import digest, digest_file
from ...core.model.dependencies import Dependencies
from ..process_environment import (
    KERNEL_FOLDERS,
    check_variables,
    editable_folders,
    import_path,
    program_environment,
)
from ..runtime_info import this_python
from .distributions import Distributions
from .regular_files import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from ..own_imports import OwnImports
    from ..runtime_info import Interpreter
    from ..settings import Settings

    #: Files, and the status of each.
    _Statuses: TypeAlias = list[tuple[str, tuple[int, ...] | None]]

ABSENT = ""
#: In place of a digest: it is not known what is there. It equals nothing, not even itself.
UNKNOWN = "unknown"
_INSTALLED, _STANDARD, _NAMESPACE = "installed", "standard", "namespace"
_ROOT, _PREFIX = "{root}", "{prefix}"
# The kinds of files that are not named by their path alone.
_TREE, _COMMAND = "tree ", "command "
#: Before the value of the variable, in a command's words.
_PYTHONPATH = "PYTHONPATH="
_MOST_FILES = 5_000  # of a tree
_MOST_FOLDERS = 20_000  # of a tree
_MOST_USED = 20_000  # files and modules of one run
_LARGEST = 64 << 20  # bytes of a file whose content is compared; of a larger one it is size and time
_MOST_READ = 1 << 30  # bytes for the dependencies of one run
# Below these the builder reads what everybody may read, whoever chose the path.
_SYSTEM = tuple(f"/{name}/" for name in ("usr", "etc", "lib", "lib64", "bin", "sbin", "opt"))
_PYTHON = r"python[\d.]*(\.exe)?$"
_CHECKED = 2  # in the flags of a compiled module: Python compares its source
_NS = 1e9
_CLOCK_STEP = 0.01  # seconds: the file system's clock is not as fine as the system's
_NEAR = 2  # how many folders up a path still belongs to the project
_LOCATION = "the location of the project"


class _Used:
    """Collects what a run used."""

    def __init__(self) -> None:
        self.modules: dict[str, str] = {}
        self.distributions: set[str] = set()
        self.files: set[str] = set()
        self.complete = False
        self.doubtful = False
        self.changed = False


class Environment:
    """The modules, distributions and files that programs find now.

    It reads each of them once: it is made for one build.

    :param trees: digests of folders found before, and the status of each file then; those found now are added.
    """

    def __init__(self, settings: Settings, trees: dict[str, tuple[_Statuses, str]] | None = None) -> None:
        importlib.invalidate_caches()
        self._settings = settings
        self._trees = trees
        #: The Python on which programs run.
        self.python = settings.python
        self._others = self.python.imports
        self._distributions = Distributions(None if self._others is None else import_path(settings))
        self._specs: dict[str, ModuleSpec | None] = {}
        self._files: dict[str, str] = {}
        self._seen: dict[str, tuple[int, ...] | None] = {}
        self._names: dict[str, str] = {}
        self._unread = _MOST_READ
        self._begun = time.time()
        self._standard = tuple({f"{os.path.realpath(folder)}{os.sep}" for folder in self.python.standard})
        self._packages = tuple({f"{os.path.realpath(folder)}{os.sep}" for folder in self.python.packages})

    @cached_property
    def path(self) -> list[str]:
        """The import path of programs, but for a folder of their own."""
        return [
            *filter(None, [self._settings.working_dir]),
            *import_path(self._settings),
        ]

    @cached_property
    def declared(self) -> dict[str, str]:
        """Digests of everything that is given to programs, by name.

        :raises OptionError: a file of ``await_files`` cannot be read.
        """
        settings = self._settings
        folder = settings.working_dir and self._portable(settings.working_dir)
        limits = [settings.output_limit, settings.memory_limit, settings.sandbox, folder, settings.fork]
        path = [self._portable(entry) for entry in self.path]
        digests = {
            "limits": digest(json.dumps([*limits, sorted(settings.preload)])),
            "import path": digest("\0".join([*path, *self._shadowing()])),
            "Python": digest(json.dumps([self.python.build, self._started_with()])),
        }
        digests |= {f"file {name}": digest_file(path, name) for name, path in settings.files.items()}
        variables = program_environment(settings)
        variables["PATH"] = os.pathsep.join(map(self._portable, variables.get("PATH", "").split(os.pathsep)))
        digests |= {f"variable {name}": digest(value) for name, value in variables.items()}
        if settings.network:
            return {**digests, "network": "real"}
        handlers = [self._sources(name) for name in self._handlers()]
        return {**digests, "hosts": digest(json.dumps([settings.to_dict()["hosts"], handlers], sort_keys=True))}

    def _handlers(self) -> list[str]:
        """The modules of the hosts' handlers."""
        return [host.handler.partition(":")[0] for host in self._settings.hosts.values() if host.handler]

    @cached_property
    def _given(self) -> dict[str, tuple[int, ...] | None]:
        """Status of each file that programs get as it is when the engine starts, by path."""
        modules = [] if self._settings.network else self._handlers()
        specs = [self._spec(name) for name in {one for module in modules for one in self._sources(module)}]
        origins = [spec.origin for spec in specs if spec is not None and spec.has_location and spec.origin]
        return {path: _status(path) for path in [*self._settings.files.values(), *origins]}

    def begin(self) -> None:
        """Note what is given to programs from now on: an engine copies and imports it when it starts.

        :raises OptionError: a file of ``await_files`` cannot be read.
        """
        _ = self._given, self.declared
        self._begun = time.time()

    def check(self) -> None:
        """Refuse settings that cannot work.

        :raises OptionError: a file of ``await_files`` cannot be read, or a variable cannot be set.
        """
        check_variables(self._settings.environment)
        _ = self.declared

    def _started_with(self) -> list[str]:
        """What code each Python of this environment executes when it starts, before a program."""
        specs = [self._spec(name) for name in ("sitecustomize", "usercustomize")]
        found = [self._file_of_module(spec.origin) for spec in specs if spec is not None and spec.origin]
        for folder in sorted({os.path.normpath(folder) for folder in self._packages}):
            with contextlib.suppress(OSError):
                for name in sorted(name for name in os.listdir(folder) if name.endswith(".pth")):
                    content = read_regular_file(os.path.join(folder, name)) or b""
                    # The other lines are folders of the import path.
                    lines = [line for line in content.decode("utf-8", "replace").splitlines() if line[:6] == "import"]
                    found += [line.replace(self._settings.root or "\0", _ROOT) for line in lines]
        return found

    def _shadowing(self) -> list[str]:
        """The modules of the standard library in whose place folders of the import path have others."""
        found: list[str] = []
        for entry in self.path:
            if f"{os.path.realpath(entry)}{os.sep}" in self._standard:
                break
            with contextlib.suppress(OSError):
                found += [name for name in os.listdir(entry) if name.partition(".")[0] in self.python.modules]
        return sorted(found)

    def _sources(self, name: str) -> dict[str, str]:
        """Digests of a module's source and those of all that it imports, by name, as far as they are the project's."""
        from ..source_hints import imported_modules  # few courses have handlers

        found: dict[str, str] = {}
        todo = [name]
        while todo and len(found) < _MOST_FILES:
            one = todo.pop()
            if one in found or (content := self.module(one)) in {_STANDARD, _INSTALLED}:
                continue
            found[one] = content
            todo += [".".join(one.split(".")[:count]) for count in range(1, one.count(".") + 1)]
            spec = self._spec(one)
            if spec and spec.origin and spec.origin.endswith(".py"):
                package = one if spec.submodule_search_locations is not None else one.rpartition(".")[0]
                with contextlib.suppress(OSError):
                    todo += imported_modules(Path(spec.origin).read_bytes(), package)
        return dict(sorted(found.items()))

    # -- what a run used ---------------------------------------------------------------------------------------------

    def dependencies_of(self, log: Iterable[Sequence[str]], started: float, text: str = "") -> Dependencies:
        """What a run depended on.

        :param log: its access log.
        :param started: when it started, seconds since the epoch: what changed later was perhaps not what it used.
        :param text: what it printed; if that names folders of the project, the recording is valid only there.
        """
        # Not needed by a build in which nothing changed.
        from ..program_process.access_log import COMMAND, END, FILE, LOST, MISSING, MODULE

        used = _Used()
        self._unread = _MOST_READ
        for kind, *words in log:
            if len(used.files) + len(used.modules) > _MOST_USED:
                used.doubtful = True
                break
            if kind == MODULE and len(words) > 1:
                self._use_module(used, words[0], words[1], started)
            elif kind == FILE and words:
                self._use_file(used, words[0], started)
                if MISSING not in words[1:] and self._seen[words[0]] is None:
                    used.changed = True
            elif kind == COMMAND and len(words) > 1:
                self._use_command(used, words[0], words[1], words[2:], started)
            elif kind == LOST:
                used.doubtful = True
            elif kind == END:
                used.complete = True
        if any(folder in text for folder in self._own_folders):
            used.files.add(_LOCATION)
        changed = used.changed or any(_status(path) != status for path, status in self._given.items())
        files = {name: self.file(name) for name in sorted(used.files)}
        known = UNKNOWN not in files.values() and UNKNOWN not in used.modules.values()
        return Dependencies(
            distributions={name: self._distributions.version(name) for name in sorted(used.distributions)},
            installed={name: self._distributions.content(name) for name in sorted(used.distributions)},
            modules=dict(sorted(used.modules.items())),
            files=files,
            declared=self.declared,
            complete=used.complete and known and not used.doubtful and not changed,
        )

    def _use_module(self, used: _Used, name: str, origin: str, started: float) -> None:
        if origin not in {"", "-"}:
            # A module that was imported before the program may be as it was when the engine started.
            self._look_at(used, origin, min(started, self._begun) if self._settings.preload else started)
        found, spec = self.module(name), self._spec(name)
        top = name.partition(".")[0]
        now = "" if spec is None or not spec.has_location else (spec.origin or "")
        if origin != "-" and os.path.realpath(origin or "/") != os.path.realpath(now or "/"):
            # It was found in another way than by the import path, as by one that the program has changed.
            if origin:
                self._use_file(used, origin, started)
            return
        if origin == "-" and found != ABSENT:
            used.doubtful = True
        if found == _INSTALLED:
            used.distributions.update(self._distributions.of(top))
            if "." in name:
                return
        used.modules[name] = found

    def _use_file(self, used: _Used, path: str, started: float) -> None:
        self._look_at(used, path, started)
        used.files.add(self._portable(path))

    def _use_command(self, used: _Used, command: str, folder: str, words: Sequence[str], started: float) -> None:
        texts = list(words)
        if len(words) > 2 and words[1] == "-c" and os.path.basename(command) in {"sh", "bash", "dash"}:  # noqa: PLR2004
            try:
                texts += shlex.split(words[2])
            except ValueError:
                texts += words[2].split()
            commands = [command, *texts]
        else:
            commands = [command]
        for one in commands:
            if os.sep in one:
                self._use_file(used, os.path.join(folder, one), started)
            elif one == command or self._which(one):
                used.files.add(f"{_COMMAND}{one}")
        folders = [*self.path, folder]
        for word in texts:
            if word.startswith(_PYTHONPATH):
                folders += [os.path.join(folder, one) for one in word[len(_PYTHONPATH) :].split(os.pathsep)]
            path = os.path.join(folder, word)
            if os.path.isfile(path):
                self._use_file(used, path, started)
                folders.append(os.path.dirname(path))
        if any(re.search(_PYTHON, one) for one in commands):
            # What another Python imports is not seen: it may be anything of the project.
            used.files.update(f"{_TREE}{self._portable(path)}" for path in folders if self._is_tree(path))

    def _is_tree(self, path: str) -> bool:
        """Whether all Python files below a folder may be read: it is the project's, or in the import path."""
        inside = f"{os.path.normpath(path)}{os.sep}"
        return not self._is_pythons_own(path) and inside.startswith(self._projects)

    def _look_at(self, used: _Used, path: str, started: float) -> None:
        """Note whether a file changed since a moment; what was known of it before is known no more then."""
        status = _status(path)
        if self._seen.setdefault(path, status) != status:
            self._seen[path] = status
            for name in (path, self._portable(path)):
                self._files.pop(name, None)
        if status is not None and status[0] / _NS >= started - _CLOCK_STEP and not os.path.isdir(path):
            used.changed = True

    # -- what has become of it ---------------------------------------------------------------------------------------

    def changes(self, required: Dependencies) -> Iterator[str]:
        """What has changed of what a recording depends on, each in words that follow "because"."""
        self._unread = _MOST_READ
        if not required.complete:
            yield "it is not known what all it depends on"
        if len(required.modules) + len(required.files) > 2 * _MOST_USED:
            yield "it depends on too much"
            return
        for name in sorted(set(self.declared) | set(required.declared)):
            if self.declared.get(name) != required.declared.get(name):
                yield f"{name} changed"
        yield from self._changed_distributions(required)
        for name, then in required.modules.items():
            if not self._is_still_installed(name, then) and not _same(self.module(name), then):
                yield f"{name} can be imported now" if then == ABSENT else f"the module {name} changed"
        for name, then in required.files.items():
            if not _same(self.file(name), then):
                yield f"{name.removeprefix(_TREE)} changed"

    def _changed_distributions(self, required: Dependencies) -> Iterator[str]:
        for name, then in required.distributions.items():
            now = self._distributions.version(name)
            if now != then:
                yield f"{name} {then} became {now}" if now else f"{name} {then} is no longer installed"
        for name, then in required.installed.items():
            if self._distributions.content(name) != then:
                yield f"{name} was installed again"

    def _is_still_installed(self, name: str, then: str) -> bool:
        """Whether a module of a distribution is among the installed ones: which it is in is known, and slow to ask."""
        spec = self._spec(name) if then == _INSTALLED else None
        return bool(spec and spec.origin and os.path.realpath(spec.origin).startswith(self._packages))

    # -- what there is now -------------------------------------------------------------------------------------------

    def module(self, name: str) -> str:
        """What the import of a module finds: a digest of its content, or a word for what is known otherwise."""
        spec = self._spec(name)
        if spec is None:
            return ABSENT
        if not spec.has_location or not spec.origin:
            if spec.submodule_search_locations is None:
                return _STANDARD
            return digest("\0".join([_NAMESPACE, *map(self._portable, spec.submodule_search_locations)]))
        origin = os.path.realpath(spec.origin)
        if origin.startswith(self._packages):
            if self._distributions.of(name.partition(".")[0]):
                return _INSTALLED
        elif origin.startswith(self._standard):
            return _STANDARD
        return self._module_at(spec.origin)

    def _module_at(self, origin: str) -> str:
        """A digest of a module's content and place: its data is beside it."""
        content = self._file_of_module(origin)
        if content in {ABSENT, UNKNOWN}:
            return content
        return digest("\0".join([self._portable(origin), content, *self._compiled_of(origin)]))

    def _file_of_module(self, origin: str) -> str:
        """A digest of a module's file, wherever the import path has led to it."""
        return self._known(origin, self._digest_of)

    def _compiled_of(self, origin: str) -> list[str]:
        """A digest of the compiled module that Python perhaps executes instead of the source as it is now."""
        level = self._settings.environment.get("PYTHONOPTIMIZE") or "0"
        compiled = may_be_stale(origin, "" if level == "0" else level, self._others)
        return [] if compiled is None else [digest(compiled)]

    def _spec(self, name: str) -> ModuleSpec | None:
        if name not in self._specs:
            try:
                self._specs[name] = self._find(name)
            except (ImportError, ValueError, OSError, AttributeError, KeyError, TypeError):
                self._specs[name] = None
        return self._specs[name]

    def _find(self, name: str) -> ModuleSpec | None:
        parent, _, _ = name.rpartition(".")
        path: Sequence[str] | None = None
        if parent:
            package = self._spec(parent)
            if package is None or package.submodule_search_locations is None:
                return None
            path = list(package.submodule_search_locations)
        if self._others is not None:
            return _find_for(self._others, name, self.path if path is None else path)
        for finder in self._finders():
            if finder is PathFinder:
                spec = _find_in_path(name, self.path if path is None else path)
            else:
                spec = finder.find_spec(name, path)
            if spec is not None:
                return spec
        return None

    def _finders(self) -> list[Any]:
        """The finders that a fresh interpreter has: those of Python, and those that editable installs add."""
        editable = [finder for finder in sys.meta_path if "editable" in _module_of(finder)]
        middle = sys.meta_path.index(PathFinder) if PathFinder in sys.meta_path else 0
        before = [finder for finder in editable if sys.meta_path.index(finder) < middle]
        after = [finder for finder in editable if finder not in before]
        return [*before, BuiltinImporter, FrozenImporter, PathFinder, *after]

    def file(self, name: str) -> str:
        """A digest of a file's or a folder's content, by its portable name; "" if there is none."""
        return self._known(name, self._digest)

    def _known(self, name: str, find: Callable[[str], str]) -> str:
        if (content := self._files.get(name)) is None:
            content = find(name)
            if content != UNKNOWN:
                self._files[name] = content
        return content

    def _digest(self, name: str) -> str:
        if name == _LOCATION:
            return digest(os.path.realpath(self._settings.root or ""))
        if name.startswith(_COMMAND):
            found = self._which(name.removeprefix(_COMMAND))
            return self.file(found) if found else ABSENT
        if name.startswith(_TREE):
            tree = name.removeprefix(_TREE)
            # A cache from another machine may name any folder.
            return self._digest_of_tree(self._real(tree)) if self._is_tree(self._real(tree)) else UNKNOWN
        path = os.path.normpath(self._real(name))
        folder = f"{path}{os.sep}"
        if folder.startswith(self._readable) or (folder.startswith(_SYSTEM) and _may_be_read_by_all(path)):
            return self._digest_of(path)
        return _digest_of_status(path)

    @cached_property
    def _readable(self) -> tuple[str, ...]:
        """The folders of the project and of Python: there the builder reads what a program, or a cache, names."""
        return (*self._projects, *(f"{os.path.normpath(path)}{os.sep}" for path in self.python.prefixes))

    @cached_property
    def _projects(self) -> tuple[str, ...]:
        """The folders of the project, and those of the import path."""
        settings = self._settings
        editable = editable_folders() if self._others is None else self._others.editable_folders
        own = [settings.root, settings.working_dir, *settings.neighbours, *self.path, *editable]
        return tuple({f"{os.path.normpath(path)}{os.sep}" for path in own if path})

    def _digest_of(self, path: str) -> str:
        """:func:`digest_of` and where links lead to, within what is read for one recording."""
        with contextlib.suppress(OSError, ValueError):
            self._unread -= min(os.stat(path).st_size, _LARGEST)
        content = digest_of(path) if self._unread >= 0 else UNKNOWN
        if content in {ABSENT, UNKNOWN} or (place := self._link_of(path)) is None:
            return content
        return digest(f"{content} {place}")

    def _link_of(self, path: str) -> str | None:
        """Where a link below the project leads to; None if it is none."""
        root = f"{os.path.normpath(self._settings.root or '/')}{os.sep}"
        real, path = os.path.realpath(path), os.path.normpath(path)
        if real == path or not path.startswith(root):
            return None
        place = portable(real, os.path.realpath(root), self.python)
        return None if place == self._portable(path) else place

    def _digest_of_tree(self, folder: str) -> str:
        """A digest of all Python files below a folder."""
        files = _python_files(folder)
        if files is None:
            return UNKNOWN
        statuses = None if self._trees is None else [(file, _status(file)) for file in files]
        then, known = (self._trees or {}).get(folder, (None, ""))
        if statuses is not None and statuses == then:
            return known
        digests = {os.path.relpath(file, folder): self._digest_of(file) for file in files}
        if UNKNOWN in digests.values():
            return UNKNOWN
        found = _digest_of_names(f"{name} {content}" for name, content in digests.items())
        if self._trees is not None and statuses is not None:
            self._trees[folder] = statuses, found
        return found

    def _which(self, command: str) -> str | None:
        return shutil.which(command, path=program_environment(self._settings).get("PATH"))

    @cached_property
    def _own_folders(self) -> list[str]:
        """The folders of the project."""
        own = [self._settings.root, *(path for path in self.path if not self._is_pythons_own(path))]
        return [folder for folder in own if folder]

    def _is_pythons_own(self, path: str) -> bool:
        real = f"{os.path.realpath(path)}{os.sep}"
        return real.startswith((*self._standard, *self._packages)) or path.endswith(".zip")

    def _portable(self, path: str) -> str:
        """A path that means the same in another checkout, or with another environment of the same Python."""
        if path not in self._names:
            self._names[path] = portable(path, self._settings.root, self.python)
        return self._names[path]

    def _real(self, name: str) -> str:
        return name.replace(_ROOT, self._settings.root or "", 1).replace(_PREFIX, self.python.prefix, 1)


def portable(path: str, root: str | None, python: Interpreter | None = None) -> str:
    """A path with names for the folders of the project and of its Python."""
    path, python = os.path.normpath(path), python or this_python()
    if path == python.prefix or path.startswith(f"{python.prefix}{os.sep}"):
        return f"{_PREFIX}{path[len(python.prefix) :]}"
    if root is not None and not path.startswith((*(f"{one}{os.sep}" for one in python.prefixes), "/usr/", "/etc/")):
        try:
            relative, common = os.path.relpath(path, root), os.path.commonpath([path, root])
        except ValueError:  # on another drive
            return path
        if relative.split(os.sep).count("..") <= _NEAR and len(Path(common).parts) > _NEAR:
            return f"{_ROOT}{os.sep}{relative}" if relative != "." else _ROOT
    return path


def digest_of(path: str) -> str:
    """A digest of what is at a path: a file's content, a folder's names, a zipped module's archive.

    :returns: "" if there is nothing; :data:`UNKNOWN` for what cannot or must not be read.
    """
    try:
        if "\0" in path or f"{os.path.realpath(path)}{os.sep}".startswith(KERNEL_FOLDERS):
            return UNKNOWN
        if os.path.isdir(path):
            with os.scandir(path) as entries:
                return _digest_of_names(sorted(_kind_and_name(one) for one in entries if one.name != "__pycache__"))
        if not os.path.exists(path) and (archive := _archive_of(path)):
            path = archive
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except (OSError, ValueError):
        return UNKNOWN
    if stat.S_ISREG(status.st_mode) and status.st_size > _LARGEST:
        return _digest_of_status(path)
    content = read_regular_file(path, most=_LARGEST)
    return UNKNOWN if content is None else digest(content)


def _digest_of_status(path: str) -> str:
    """Instead of its content's digest one of size and time, of a file that is too large to read or may be private."""
    try:
        if "\0" in path or f"{os.path.realpath(path)}{os.sep}".startswith(KERNEL_FOLDERS):
            return UNKNOWN
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return ABSENT
    except (OSError, ValueError):
        return UNKNOWN
    return digest(f"{stat.S_IFMT(status.st_mode)} {status.st_size} {status.st_mtime_ns}")


def _kind_and_name(entry: os.DirEntry[str]) -> str:
    """What a program reads about an entry of a folder."""
    return f"{'/' * entry.is_dir()}{'@' * entry.is_symlink()} {entry.name}"


def _digest_of_names(names: Iterable[str]) -> str:
    """A digest of names, which need not be text: a file's name is any bytes."""
    return digest("\0".join(names).encode("utf-8", "surrogateescape"))


def _may_be_read_by_all(path: str) -> bool:
    try:
        return bool(os.stat(path).st_mode & stat.S_IROTH)
    except (OSError, ValueError):
        return False


def _same(one: str, other: str) -> bool:
    return one == other != UNKNOWN


def _status(path: str) -> tuple[int, ...] | None:
    """When something was changed, in nanoseconds since the epoch, and what else tells it from another version."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    changed = status.st_ctime_ns if os.name == "posix" else status.st_mtime_ns
    return changed, status.st_mtime_ns, status.st_size, status.st_ino


def _archive_of(path: str) -> str | None:
    """The zip file in which a path lies."""
    while (parent := os.path.dirname(path)) != path:
        path = parent
        if os.path.isfile(path):
            return path if zipfile.is_zipfile(path) else None
    return None


def _python_files(folder: str) -> list[str] | None:
    """All Python files below a folder, and the folders of packages in environments; None if there are too many."""
    found: list[str] = []
    for count, (where, folders, files) in enumerate(os.walk(folder)):
        if "pyvenv.cfg" in files and where != folder:  # of an environment only what is installed in it
            found += glob.glob(os.path.join(glob.escape(where), "lib", "python*", "site-packages"))
            found += glob.glob(os.path.join(glob.escape(where), "Lib", "site-packages"))
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_build", "__pycache__")))
        found += [os.path.join(where, name) for name in sorted(files) if name.endswith(".py")]
        if len(found) > _MOST_FILES or count > _MOST_FOLDERS:
            return None
    return found


def _module_of(finder: Any) -> str:
    return str(getattr(finder, "__module__", ""))


def _find_in_path(
    name: str, path: Iterable[str], finder_of: Callable[[str], Any] = pkgutil.get_importer
) -> ModuleSpec | None:
    """What :class:`PathFinder` finds, which for a package in a namespace would have to import that."""
    portions: list[str] = []
    for entry in path:
        finder = finder_of(entry)
        spec: ModuleSpec | None = None if finder is None else finder.find_spec(name)
        if spec is not None and spec.loader is not None:
            return spec
        portions += (spec and spec.submodule_search_locations) or ()
    if not portions:
        return None
    namespace = ModuleSpec(name, None)
    namespace.submodule_search_locations = portions
    return namespace


def _find_for(python: OwnImports, name: str, path: Iterable[str]) -> ModuleSpec | None:
    """What another Python finds."""
    if name in python.builtin:
        return ModuleSpec(name, None, origin="built-in")
    loaders = (
        (ExtensionFileLoader, list(python.suffixes)),
        (SourceFileLoader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )

    def finder_of(entry: str) -> Any:
        return FileFinder(entry, *loaders) if os.path.isdir(entry) else pkgutil.get_importer(entry)

    found = _find_in_path(name, path, finder_of)
    place = dict(python.editable).get(name)
    if found is not None or place is None:
        return found
    inside = os.path.join(place, "__init__.py")
    if os.path.isfile(inside):
        return spec_from_file_location(name, inside, submodule_search_locations=[place])
    return spec_from_file_location(name, f"{place}.py") if os.path.isfile(f"{place}.py") else None


def may_be_stale(origin: str, optimization: str = "", python: OwnImports | None = None) -> bytes | None:
    """A compiled module that Python takes for one of the source that is there now, and perhaps is not; else None.

    It compares only size and time, and that in seconds; a compiled module may also ask it to compare nothing.

    :param python: another Python than this one.
    """
    if not origin.endswith(".py"):
        return None
    try:
        source, path = os.stat(origin), _compiled_at(origin, optimization, python)
        compiled = os.stat(path)
    except (OSError, ValueError, NotImplementedError):
        return None
    content = read_regular_file(path) or b""
    flags, time, size = (int.from_bytes(content[at : at + 4], "little") for at in (4, 8, 12))
    if content[:4] != (MAGIC_NUMBER if python is None else python.magic):
        return None
    if flags == 0:
        same = (time, size) == (int(source.st_mtime) & 0xFFFFFFFF, source.st_size & 0xFFFFFFFF)
        if not same or (os.name == "posix" and source.st_ctime_ns < compiled.st_mtime_ns):
            return None
    elif flags & _CHECKED:
        return None
    return content[16:]


def _compiled_at(origin: str, optimization: str, python: OwnImports | None) -> str:
    """Where a Python keeps the compiled module of a source."""
    if python is None:
        return cache_from_source(origin, optimization=optimization)
    folder, name = os.path.split(origin)
    level = f".opt-{optimization}" if optimization else ""
    return os.path.join(folder, "__pycache__", f"{os.path.splitext(name)[0]}.{python.cache_tag}{level}.pyc")
