"""The projects that pages belong to: their conf.py, their sources and the settings of their programs."""

from __future__ import annotations

import os
import sys
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import OptionError
from ..course.config import PREFIX, SOURCE_FOLDERS, AwaitConfig
from ..course.patterns import matches
from ..course.project import CONF, USUAL_FOLDERS, Project, see_types
from ..engine.process_environment import folder_left_out, without_folder
from .ini_options import INI_OPTIONS, path_before_tests

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pytest

_TOP = (".git", "pyproject.toml", "setup.py", "setup.cfg")
_BOOLEANS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_IMPORT_PATH = "await_import_path"
_DEFAULT_EXAMPLES = ("examples/**.py",)


class Projects:
    """Finds the project of each file, and reads each conf.py once."""

    def __init__(self, config: pytest.Config) -> None:
        self._root = config.rootpath
        self._ini = _ini_values(config)
        names = {option.partition("=")[0] for option in config.option.override_ini or ()}
        self._given = {name: value for name, value in self._ini.items() if name in names}
        self._conf = _ini_path(config, "await_conf")
        self._source = _ini_path(config, "await_source")
        self._path, self._left_out = _import_path(config)
        self._tests_path = _tests_path(config)
        self.examples: Sequence[str] = config.getini("await_examples") or _DEFAULT_EXAMPLES
        self._known: dict[Path | None, Project] = {}

    def all(self) -> Iterable[Project]:
        """Those that were asked for."""
        return self._known.values()

    def of(self, path: Path) -> Project:
        """The project of a file.

        :raises OptionError: its configuration is wrong.
        """
        folder = self._conf_of(path)
        if folder not in self._known:
            self._known[folder] = self._read(folder)
        return self._known[folder]

    def is_example(self, path: Path) -> bool:
        """Whether a Python file is a program; a conftest.py is pytest's."""
        if path.name == "conftest.py":
            return False
        return path.is_relative_to(self._root) and matches(path.relative_to(self._root).as_posix(), self.examples)

    def _conf_of(self, path: Path) -> Path | None:
        """The folder of the conf.py that holds for a file: the nearest above it, or one at a usual place."""
        if self._conf is not None:
            return self._conf
        top = self._root
        for folder in path.parents:
            if (folder / CONF).is_file():
                return folder
            is_outside = not path.is_relative_to(self._root)
            if folder == self._root or (is_outside and any((folder / one).exists() for one in _TOP)):
                top = folder
                break
        usual = (top / name for name in USUAL_FOLDERS)
        return next((folder for folder in usual if (folder / CONF).is_file()), None)

    def _read(self, folder: Path | None) -> Project:
        values: dict[str, Any] = {}
        path = self._path
        unread = folder is not None and find_spec("sphinx") is None
        if folder is not None and not unread:
            from ..sphinxext.conf_file import read_configuration

            before = list(sys.path)
            sys.path[:] = path  # as a build has it
            try:
                values = dict(read_configuration(folder)[1])
                see_types(values)
                path = list(sys.path)
            finally:
                sys.path[:] = before  # what conf.py adds is for programs, and not for tests
        base = folder or self._root
        values = self._ini | values | self._given  # what the command line says comes before conf.py
        if self._source is not None:
            values["await_source"] = self._source
        if folder is None and SOURCE_FOLDERS not in values and (base / "src").is_dir():
            values[SOURCE_FOLDERS] = ["src"]
        config = AwaitConfig.parse(values).in_folder(base)
        settings = config.settings(base, values)
        settings = replace(settings, python_path=without_folder(path, self._left_out))
        if folder is None or unread:  # no build has a say
            settings = replace(settings, path=(*settings.path, *self._tests_path))
        return Project(base, config, values, settings, folder is not None, unread)


def _import_path(config: pytest.Config) -> tuple[list[str], str | None]:
    """``sys.path`` without what pytest adds to it, and the folder of it that programs cannot import from.

    Workers of xdist get both from the process that started them, whose ``sys.path`` they have.
    """
    if not hasattr(config.option, _IMPORT_PATH):
        path = list(path_before_tests)
        setattr(config.option, _IMPORT_PATH, (path, folder_left_out(path)))
    path, left_out = getattr(config.option, _IMPORT_PATH)
    return path, left_out


def _tests_path(config: pytest.Config) -> tuple[str, ...]:
    """The folders that pytest's own configuration names for imports."""
    try:
        return tuple(map(str, config.getini("pythonpath")))
    except ValueError:  # the option is a plugin's in older versions, which can be left out
        return ()


def _ini_path(config: pytest.Config, name: str) -> Path | None:
    given = config.getini(name)
    return Path(os.path.abspath(config.rootpath / os.path.expanduser(given))) if given else None


def _ini_values(config: pytest.Config) -> dict[str, Any]:
    """The values that pytest's own configuration gives, under the names of conf.py.

    :raises OptionError: one is not of its type.
    """
    found: dict[str, Any] = {}
    for one in fields(AwaitConfig):
        name = PREFIX + one.name
        given = config.getini(name) if name in INI_OPTIONS else None
        if given is not None:
            found[name] = _typed(name, given, one.metadata["types"])
    return found


def _typed(name: str, given: Any, types: tuple[type, ...]) -> Any:
    if name == "await_environment":
        pairs = [text.partition("=") for text in given]
        if wrong := [name for name, sign, _ in pairs if not sign]:
            raise OptionError(f"await_environment: NAME=VALUE expected, found {wrong[0]!r:.60}")
        return {name.strip(): value.strip() for name, _, value in pairs}
    if bool in types:
        if given.strip().lower() not in _BOOLEANS:
            raise OptionError(f"{name}: true or false expected, found {given!r:.60}")
        return _BOOLEANS[given.strip().lower()]
    if int in types and float not in types:
        try:
            return int(given)
        except ValueError:
            raise OptionError(f"{name}: a number expected, found {given!r:.60}") from None
    return given
