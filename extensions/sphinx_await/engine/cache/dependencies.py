"""What a program's recording depends on: what a run used (its access log), and what has become of it since."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import shlex
import shutil
import sys
import sysconfig
import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.digest import digest, digest_file
from ...core.model.dependencies import Dependencies
from ..process_environment import check_variables, import_path, program_environment
from ..program_process.access_log import COMMAND, END, FILE, MODULE
from ..source_hints import imported_modules
from .distributions import Distributions
from .regular_files import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..settings import Settings

ABSENT = ""
_INSTALLED, _STANDARD, _GIVEN, _NAMESPACE = "installed", "standard", "given", "namespace"
_ROOT, _PREFIX = "{root}", "{prefix}"
_TREE = "/**"
_MOST_FILES = 5_000  # of a tree
_LARGEST = 256 << 20  # bytes of a file whose content is compared
_PYTHON = re.compile(r"python[\d.]*(\.exe)?$")
_NS = 1e9
_CLOCK_STEP = 0.01  # seconds: the file system's clock is not as fine as the system's
_NEAR = 2  # how many folders up a path still belongs to the project
_LOCATION = "the location of the project"


@dataclass(slots=True)
class _Used:
    """What a run used, in the making."""

    modules: dict[str, str] = field(default_factory=dict)
    distributions: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    complete: bool = False
    doubtful: bool = False


class Environment:
    """The modules, distributions and files that programs find now.

    It reads each of them once: it is made for one build.
    """

    def __init__(self, settings: Settings) -> None:
        importlib.invalidate_caches()
        self._settings = settings
        self._distributions = Distributions()
        self._specs: dict[str, ModuleSpec | None] = {}
        self._files: dict[str, str] = {}
        paths = sysconfig.get_paths()
        self._standard = tuple({f"{os.path.realpath(paths[name])}{os.sep}" for name in ("stdlib", "platstdlib")})
        self._packages = tuple({f"{os.path.realpath(paths[name])}{os.sep}" for name in ("purelib", "platlib")})
        self._given = {name.partition("/")[0].partition(".")[0] for name in settings.files}

    @cached_property
    def path(self) -> list[str]:
        """The import path of programs, but for a folder of their own."""
        return [
            *filter(None, [self._settings.working_dir]),
            *import_path(self._settings.path, self._settings.environment),
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
        }
        digests |= {f"file {name}": digest_file(path, name) for name, path in settings.files.items()}
        variables = program_environment(settings)
        variables["PATH"] = os.pathsep.join(map(self._portable, variables.get("PATH", "").split(os.pathsep)))
        digests |= {f"variable {name}": digest(value) for name, value in variables.items()}
        if settings.network:
            return {**digests, "network": "real"}
        handlers = [self._sources(host.handler.partition(":")[0]) for host in settings.hosts.values() if host.handler]
        return {**digests, "hosts": digest(json.dumps([settings.to_dict()["hosts"], handlers], sort_keys=True))}

    def check(self) -> None:
        """Refuse settings that cannot work.

        :raises OptionError: a file of ``await_files`` cannot be read, or a variable cannot be set.
        """
        check_variables(self._settings.environment)
        _ = self.declared

    def _shadowing(self) -> list[str]:
        """The modules of the standard library in whose place folders of the import path have others."""
        found: list[str] = []
        for entry in self.path:
            if f"{os.path.realpath(entry)}{os.sep}" in self._standard:
                break
            with contextlib.suppress(OSError):
                found += [name for name in os.listdir(entry) if name.partition(".")[0] in sys.stdlib_module_names]
        return sorted(found)

    def _sources(self, name: str) -> dict[str, str]:
        """Digests of a module's source and those of all that it imports, by name, as far as they are the project's."""
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
        used = _Used()
        for kind, *words in log:
            if kind == MODULE and len(words) > 1:
                self._use_module(used, words[0], words[1])
            elif kind == FILE and words:
                used.files.add(self._portable(words[0]))
            elif kind == COMMAND and len(words) > 1:
                self._use_command(used, words[0], words[1], words[2:])
            elif kind == END:
                used.complete = True
        folders = [self._settings.root, *(path for path in self.path if not self._is_pythons_own(path))]
        if any(folder in text for folder in folders if folder):
            used.files.add(_LOCATION)
        changed = any(self._changed_since(name, started) for name in used.files) or any(
            self._module_changed_since(name, started) for name in used.modules
        )
        return Dependencies(
            distributions={name: self._distributions.version(name) for name in sorted(used.distributions)},
            installed={name: self._distributions.content(name) for name in sorted(used.distributions)},
            modules=dict(sorted(used.modules.items())),
            files={name: self.file(name) for name in sorted(used.files)},
            declared=self.declared,
            complete=used.complete and not used.doubtful and not changed,
        )

    def _use_module(self, used: _Used, name: str, origin: str) -> None:
        found, spec = self.module(name), self._spec(name)
        top = name.partition(".")[0]
        now = "" if spec is None or not spec.has_location else (spec.origin or "")
        if origin != "-" and os.path.realpath(origin or "/") != os.path.realpath(now or "/"):
            # It was found in another way than by the import path, as by one that the program has changed.
            if origin:
                used.files.add(self._portable(origin))
            return
        if origin == "-" and found not in {ABSENT, _GIVEN}:
            used.doubtful = True
        if found == _INSTALLED:
            used.distributions.update(self._distributions.of(top))
            if "." in name:
                return
        used.modules[name] = found

    def _use_command(self, used: _Used, command: str, folder: str, words: Sequence[str]) -> None:
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
                used.files.add(self._portable(os.path.join(folder, one)))
            elif one == command or self._which(one):
                used.files.add(f"command {one}")
        for word in texts:
            path = os.path.join(folder, word)
            if os.path.isfile(path):
                used.files.add(self._portable(path))
        if any(_PYTHON.search(one) for one in commands):
            # What another Python imports is not seen: it may be anything of the project.
            trees = [path for path in self.path if not self._is_pythons_own(path)]
            used.files.update(f"{self._portable(path)}{_TREE}" for path in trees)

    def _changed_since(self, name: str, started: float) -> bool:
        path = self._real(name.removesuffix(_TREE))
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return False
        changed = status.st_ctime_ns if os.name == "posix" else status.st_mtime_ns
        return changed / _NS >= started - _CLOCK_STEP and not os.path.isdir(path)

    def _module_changed_since(self, name: str, started: float) -> bool:
        spec = self._spec(name)
        return bool(spec and spec.has_location and spec.origin and self._changed_since(spec.origin, started))

    # -- what has become of it ---------------------------------------------------------------------------------------

    def changes(self, required: Dependencies) -> Iterator[str]:
        """What has changed of what a recording depends on, each in words that follow "because"."""
        if not required.complete:
            yield "it is not known what all it depends on"
        for name in sorted(set(self.declared) | set(required.declared)):
            if self.declared.get(name) != required.declared.get(name):
                yield f"{name} changed"
        yield from self._changed_distributions(required)
        for name, then in required.modules.items():
            if not self._is_still_installed(name, then) and self.module(name) != then:
                yield f"{name} can be imported now" if then == ABSENT else f"the module {name} changed"
        for name, then in required.files.items():
            if self.file(name) != then:
                yield f"{name.removesuffix(_TREE)} changed"

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
        if name.partition(".")[0] in self._given:
            return _GIVEN
        spec = self._spec(name)
        if spec is None:
            return ABSENT
        if not spec.has_location or not spec.origin:
            return _NAMESPACE if spec.submodule_search_locations is not None else _STANDARD
        origin = os.path.realpath(spec.origin)
        if origin.startswith(self._packages):
            if self._distributions.of(name.partition(".")[0]):
                return _INSTALLED
        elif origin.startswith(self._standard):
            return _STANDARD
        return self.file(spec.origin)

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
        for finder in self._finders():
            where = (self.path if path is None else path) if finder is PathFinder else path
            if (spec := finder.find_spec(name, where)) is not None:
                return spec  # type: ignore[no-any-return]
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
        if name not in self._files:
            self._files[name] = self._digest(name)
        return self._files[name]

    def _digest(self, name: str) -> str:
        if name == _LOCATION:
            return digest(os.path.realpath(self._settings.root or ""))
        if name.startswith("command "):
            found = self._which(name.removeprefix("command "))
            return self.file(found) if found else ABSENT
        if name.endswith(_TREE):
            return _digest_of_tree(self._real(name.removesuffix(_TREE)))
        return digest_of(self._real(name))

    def _which(self, command: str) -> str | None:
        return shutil.which(command, path=program_environment(self._settings).get("PATH"))

    def _is_pythons_own(self, path: str) -> bool:
        real = f"{os.path.realpath(path)}{os.sep}"
        return real.startswith((*self._standard, *self._packages)) or path.endswith(".zip")

    def _portable(self, path: str) -> str:
        """A path that means the same in another checkout, or with another environment of the same Python."""
        return portable(path, self._settings.root)

    def _real(self, name: str) -> str:
        return name.replace(_ROOT, self._settings.root or "", 1).replace(_PREFIX, sys.prefix, 1)


def portable(path: str, root: str | None) -> str:
    """A path with names for the folders of the project and of this Python."""
    path = os.path.normpath(path)
    if path == sys.prefix or path.startswith(f"{sys.prefix}{os.sep}"):
        return f"{_PREFIX}{path[len(sys.prefix) :]}"
    if root is not None and not path.startswith((f"{sys.base_prefix}{os.sep}", "/usr/", "/etc/")):
        relative = os.path.relpath(path, root)
        if relative.split(os.sep).count("..") <= _NEAR and len(Path(os.path.commonpath([path, root])).parts) > _NEAR:
            return f"{_ROOT}{os.sep}{relative}" if relative != "." else _ROOT
    return path


def digest_of(path: str) -> str:
    """A digest of what is at a path: a file's content, a folder's names, a zipped module's archive; "" for nothing."""
    try:
        if os.path.isdir(path):
            return digest("\0".join(sorted(name for name in os.listdir(path) if name != "__pycache__")))
        if not os.path.exists(path) and (archive := _archive_of(path)):
            path = archive
        if (content := read_regular_file(path, most=_LARGEST)) is not None:
            return digest(content)
        return "unread" if os.path.exists(path) else ABSENT
    except (OSError, ValueError):
        return ABSENT


def _archive_of(path: str) -> str | None:
    """The zip file in which a path lies."""
    while (parent := os.path.dirname(path)) != path:
        path = parent
        if os.path.isfile(path):
            return path if zipfile.is_zipfile(path) else None
    return None


def _digest_of_tree(folder: str) -> str:
    """A digest of all Python files below a folder."""
    found: list[str] = []
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_build", "__pycache__")))
        found += [os.path.join(where, name) for name in sorted(files) if name.endswith(".py")]
        if len(found) > _MOST_FILES:
            return "too many"
    return digest("\0".join(f"{os.path.relpath(file, folder)} {digest_of(file)}" for file in found))


def _module_of(finder: Any) -> str:
    return str(getattr(finder, "__module__", ""))
