"""The configuration: every ``await_*`` value of conf.py, declared once.

The guide's reference table is generated from the fields of :class:`AwaitConfig`. This module imports nothing of
Sphinx, so that the command line and pytest can read the values, too.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import OptionError
from ..core.model.limits import LONGEST_TIMEOUT
from ..engine.runtime_info import this_python
from ..engine.settings import DEFAULT_MEMORY_LIMIT, DEFAULT_OUTPUT_LIMIT, DEFAULT_TIMEOUT, SANDBOXES, Settings
from .patterns import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..core.model.snippet import Options
    from ..engine.cache.shared_storage import SharedStorage
    from ..engine.hosts import Host
    from ..engine.remote.pools import Pool
    from ..engine.runtime_info import Interpreter

PREFIX = "await_"
#: When disturbed programs run again.
RERUNS = ("auto", "always", "never")
#: What is one process: each program, or all of a page.
SESSIONS = ("program", "page")
#: Values that are globs of documents.
_GLOBS = ("run_fences", "no_run_fences", "last_value", "top_level_await", "plain")
#: The values of sphinx-exec-code that decide how programs run.
EXEC_CODE_VALUES = WORKING_DIR, SOURCE_FOLDERS = "exec_code_working_dir", "exec_code_source_folders"


def _value(default: Any, types: tuple[type, ...], text: str, rebuild: str = "env", one_of: tuple[str, ...] = ()) -> Any:
    metadata = {"types": types, "help": text, "rebuild": rebuild, "one_of": one_of}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


def _cores() -> int:
    return Settings().jobs


# Every build makes the class: without the methods that nobody calls it takes half the time.
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AwaitConfig:
    """The values of conf.py, each under its name without ``await_``."""

    run_fences: tuple[str, ...] = _value(
        tuple,
        (list, tuple),
        "Globs of document names; in those that match, plain `python` fences are run. A `*` matches no `/`, `**` does.",
    )
    no_run_fences: tuple[str, ...] = _value(
        tuple,
        (list, tuple),
        "Globs of document names; in those that match, no plain fences are run, whatever `await_run_fences` says.",
    )
    timeout: float = _value(
        DEFAULT_TIMEOUT, (int, float), "Seconds until a program that has no `timeout` of its own is stopped.", ""
    )
    jobs: int = _value(_cores, (int,), "How many programs compute at once; by default as many as there are cores.", "")
    cache_dir: str = _value(".await-cache", (str, os.PathLike), "Where recordings are kept, from conf.py's folder.", "")
    cache_url: str = _value(
        "",
        (str,),
        "A folder that machines share, such as `s3://bucket/folder`, where recordings are kept, too: "
        "`file`, `memory`, `s3`, `gs`, or `http` and `https` to read only. Needs `sphinx-await[remote-cache]`.",
        "",
    )
    executor: Any = _value(
        "",
        (object,),
        "Where programs run, if not on this machine. `dask`: on the workers of a scheduler, which needs "
        "`sphinx-await[dask]`. Or an executor of `concurrent.futures`, or a function that returns one.",
        "",
    )
    executor_address: str = _value(
        "",
        (str,),
        "The address of the scheduler, as `tcp://host:8786`; by default the one that Dask's own configuration names.",
        "",
    )
    execute: str = _value(
        "auto",
        (str,),
        "`auto` runs what has no valid recording, `force` everything, `cached` nothing (a missing recording is an "
        "error), `off` nothing (pages show the code alone).",
        "",
        ("auto", "force", "cached", "off"),
    )
    on_error: str = _value(
        "fail", (str,), "`fail`: a wrong program fails the build. `warn`: it is reported only.", "", ("fail", "warn")
    )
    hosts: dict[str, Any] = _value(
        dict,
        (dict,),
        "Mock servers: host name to the text of a page, or to a dict with `page`, `delay` (seconds), `status`, "
        "`content_type`, or `handler` (`module:function`, an aiohttp handler).",
        "",
    )
    environment: dict[str, str] = _value(dict, (dict,), "Environment variables that programs see.", "")
    files: Any = _value(
        tuple,
        (list, tuple, dict),
        "Files that programs find in their folder: globs from conf.py's folder, or a dict of name there to path.",
        "",
    )
    folder_scope: str = _value(
        "program",
        (str,),
        "`program`: each program has a folder of its own. `page`: the programs of a page run one after another in one "
        "folder, so that each finds the files that the earlier ones wrote.",
        "",
        ("program", "page"),
    )
    python: str = _value(
        "",
        (str, os.PathLike),
        "The Python on which programs run, if not Sphinx's: the folder of a virtual environment or the path of an "
        "interpreter, from conf.py's folder, or a command such as `python3.13`. It needs no Sphinx.",
        "env",
    )
    network: bool = _value(
        default=False, types=(bool,), text="Programs reach the real network. Pages say so.", rebuild=""
    )
    expect_markers: tuple[str, ...] = _value(
        lambda: ("예상 출력", "Expected output"),
        (list, tuple),
        "What a comment of expected output starts with.",
        "",
    )
    sandbox: str = _value(
        "auto",
        (str,),
        "`auto` keeps programs apart as far as the system can, `strict` refuses to run where something is missing, "
        "`off` gives each a process of its own and nothing more.",
        "",
        SANDBOXES,
    )
    memory_limit: int = _value(
        DEFAULT_MEMORY_LIMIT, (int,), "Bytes of memory that each process of a program may have; 0 for no limit.", ""
    )
    preload: tuple[str, ...] = _value(
        tuple,
        (list, tuple),
        "Modules that are imported once, before programs are forked, beside `asyncio`, `aiohttp` and what programs "
        "import of the standard library. One that starts a thread, opens a file or an event loop, prints something "
        "or changes the process when it is imported is named, and each program imports it itself.",
        "",
    )
    rerun: Any = _value(
        "auto",
        (str, dict),
        "Which programs run again if they had to wait for a processor. `auto`: those whose times a page draws or "
        "names, or that measure time. `always`: all. `never`: none. A dict gives one of these to documents by globs of "
        "their names; the first that matches counts, and `auto` where none does.",
        "",
    )
    live: bool = _value(
        default=True,
        types=(bool,),
        text="Readers may run programs in their browser, edited or not. False leaves the buttons and the runtime out.",
        rebuild="html",
    )
    last_value: tuple[str, ...] = _value(
        tuple,
        (list, tuple),
        "Globs of document names; in those that match, the value of a program's last expression is displayed, as in a "
        "notebook, unless the program has `no-last-value`.",
        "",
    )
    display_html: bool = _value(
        default=False,
        types=(bool,),
        text="Pages show the HTML that programs display, such as tables, when nh3 has taken out of it what is not "
        "content (`pip install sphinx-await[html]`). Else they show its text.",
        rebuild="",
    )
    session: Any = _value(
        "program",
        (str, dict),
        "`page`: each program of a page goes on in the state of those before it, unless it has `session=NAME`, "
        "`no-session`, `repeat`, `alone`, `share` or `hangs`. `program`: only those with the same `session=NAME` "
        "do. A dict gives one of these to documents by globs of their names; the first that matches counts, and "
        "`program` where none does.",
        "",
    )
    setup: Any = _value(
        "",
        (str, dict),
        "Code that each program begins with and no page shows, such as imports; of a session, its first program. A "
        "dict gives it to documents by globs of their names; the first that matches counts.",
    )
    top_level_await: tuple[str, ...] = _value(
        tuple,
        (list, tuple),
        "Globs of document names; in those that match, programs that await outside of functions run as "
        "`python -m asyncio` runs them, unless they have `no-top-level-await`.",
        "",
    )
    show_expected: bool = _value(
        default=False,
        types=(bool,),
        text="Pages show a program's comment of expected output even where it was right, beside the same output.",
        rebuild="html",
    )
    line_numbers: bool = _value(
        default=True,
        types=(bool,),
        text="The lines of a program are numbered, if it has more than one: pictures, tracebacks and a reader's own "
        "run name them.",
        rebuild="html",
    )
    plain: tuple[str, ...] = _value(
        tuple,
        (list, tuple),
        "Globs of document names; in those that match, a run is its code and its output alone, as with "
        "sphinx-exec-code: without times, timeline, buttons and the line below it.",
    )
    output_limit: int = _value(DEFAULT_OUTPUT_LIMIT, (int,), "Bytes of output that are kept of one program.", "")

    @classmethod
    def names(cls) -> list[str]:
        """The names of all values in conf.py."""
        return [PREFIX + one.name for one in fields(cls)]

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> AwaitConfig:
        """Parse the names and values of a conf.py; other names than ``await_*`` are ignored.

        :raises OptionError: a value has a wrong type or content.
        """
        known = {PREFIX + one.name: one for one in fields(cls)}
        given = {one.name: _checked(name, values[name], one.metadata) for name, one in known.items() if name in values}
        config = cls(**given)
        for name, most in _MOST.items():
            value = getattr(config, name)
            if not value > 0 and not (name == "memory_limit" and value == 0):  # NaN is not
                least = "0 or more" if name == "memory_limit" else "more than 0"
                raise OptionError(f"await_{name}: {least} expected, found {value!r:.60}")
            if value > most:
                raise OptionError(f"await_{name}: at most {most} expected, found {value!r:.60}")
        _see_path("await_cache_dir", config.cache_dir)
        if config.python != "":
            _see_path("await_python", config.python)
        config.shared_storage()
        config._see_executor()
        config._see_texts()
        _see_patterns("await_rerun", config.rerun_patterns(), RERUNS)
        _see_patterns("await_session", config.session_patterns(), SESSIONS)
        if isinstance(config.setup, dict):
            _see_patterns("await_setup", config.setup)
        return config

    def _see_executor(self) -> None:
        """Refuse what takes no programs.

        :raises OptionError: the value is not what its help asks for.
        """
        known = self.executor in ("", "dask") if isinstance(self.executor, str) else False
        if not known and not callable(self.executor) and not hasattr(self.executor, "submit"):
            expected = "'dask', an executor of concurrent.futures or a function that returns one expected"
            raise OptionError(f"await_executor: {expected}, found {self.executor!r:.60}")
        if self.python != "" and self.executor != "":
            raise OptionError("await_python: workers run programs on their own Python, so await_executor is without it")
        if self.executor_address and self.executor != "dask":
            raise OptionError("await_executor_address: it is the address of 'dask', which await_executor does not name")

    def _see_texts(self) -> None:
        """Refuse items of lists and dicts that are no texts, or mean nothing.

        :raises OptionError: there is one.
        """
        for name in (*_GLOBS, "expect_markers", "preload"):
            for text in getattr(self, name):
                if not isinstance(text, str) or not text.strip():
                    raise OptionError(f"await_{name}: texts expected, found {text!r:.60}")
        for name, value in self.environment.items():
            is_text = isinstance(name, str) and isinstance(value, str | int | float)
            if not is_text or re.search(_SURROGATE, f"{name}{value}"):
                raise OptionError(f"await_environment: texts expected, found {name!r:.60}: {value!r:.60}")
        for host in self.hosts:
            if not isinstance(host, str) or not re.fullmatch(_HOST, host):
                raise OptionError(f"await_hosts: the name of a host expected, found {host!r:.60}")

    def in_folder(self, confdir: str | os.PathLike[str]) -> AwaitConfig:
        """The same values, with the Python of programs by its absolute path.

        :param confdir: the folder of conf.py.
        """
        if self.python == "":
            return self
        from ..engine.other_python import path_of  # mostly programs run on this Python

        return replace(self, python=path_of(os.fspath(self.python), Path(confdir)))

    def on_python(self, given: str | None) -> AwaitConfig:
        """The same values, with the Python that a command was given, from the folder in which it was started."""
        return self if given is None else replace(self, python=given).in_folder(os.getcwd())

    def other_python(self) -> Interpreter | None:
        """The Python on which programs run, if it is another than this one.

        :raises OptionError: there is no Python at the path, or it cannot run programs.
        """
        if self.python == "":
            return None
        from ..engine.other_python import interpreter_at  # mostly programs run on this Python

        return interpreter_at(os.fspath(self.python))

    def without_missing_python(self) -> AwaitConfig:
        """The same values for a build that runs nothing: where that Python is not, nothing is for it."""
        try:
            self.other_python()
        except OptionError:
            return replace(self, python="")
        return self

    def interpreter(self) -> Interpreter:
        """The Python on which programs run.

        :raises OptionError: there is no Python at the path, or it cannot run programs.
        """
        return self.other_python() or this_python()

    def fits(self, options: Options) -> bool:
        """Whether a program is for the Python on which programs run."""
        if options.python is None:
            return True
        from .python_versions import fits  # few programs name versions

        return fits(options, self.interpreter().version)

    def rerun_patterns(self) -> dict[str, str]:
        """When disturbed programs run again, by globs of document names."""
        return dict(self.rerun) if isinstance(self.rerun, dict) else {"**": self.rerun}

    def patterns(self) -> dict[str, tuple[str, ...]]:
        """The globs of document names of each value that has some."""
        by_pattern = {"rerun": self.rerun_patterns(), "session": self.session_patterns()}
        if isinstance(self.setup, dict):
            by_pattern["setup"] = self.setup
        named = {name: getattr(self, name) for name in _GLOBS}
        return {name: tuple(globs) for name, globs in (named | by_pattern).items()}

    def session_patterns(self) -> dict[str, str]:
        """What is one process, by globs of document names."""
        return dict(self.session) if isinstance(self.session, dict) else {"**": self.session}

    def setup_of(self, docname: str) -> str:
        """The code that each program of a document begins with."""
        if not isinstance(self.setup, dict):
            return str(self.setup)
        return str(next((code for pattern, code in self.setup.items() if matches(docname, (pattern,))), ""))

    def runs_fences(self, docname: str) -> bool:
        """Whether the plain fences of a document run."""
        return matches(docname, self.run_fences) and not matches(docname, self.no_run_fences)

    def cache_folder(self, confdir: str | os.PathLike[str]) -> Path:
        """The folder of recordings.

        :param confdir: the folder of conf.py.
        """
        return path_from(Path(confdir), self.cache_dir)

    def shared_storage(self) -> SharedStorage | None:
        """Where recordings are kept for other machines, too; None if that is nowhere.

        :raises OptionError: ``await_cache_url`` is no URL of a storage.
        """
        if not self.cache_url:
            return None
        from ..engine.cache.shared_storage import SharedStorage, StorageAddress  # mostly there is none

        address = StorageAddress.parse(self.cache_url)
        return None if address is None else SharedStorage(address)

    def pool(self) -> Callable[[], Pool] | None:
        """What makes the pool of workers on which programs run; None if they run on this machine."""
        if self.executor == "":
            return None

        def make() -> Pool:
            from ..engine.remote.pools import DaskPool, ExecutorPool  # only if a program must run

            return DaskPool(self.executor_address) if self.executor == "dask" else ExecutorPool(self.executor)

        return make

    def settings(self, confdir: Path, values: Mapping[str, Any]) -> Settings:
        """Derive the settings of the engine.

        :param confdir: the folder of conf.py.
        :param values: the names and values of conf.py, of which those of sphinx-exec-code are read.
        :raises OptionError: the declaration of a host or a file is invalid, or a folder is missing.
        """
        working_dir = _working_dir(confdir, values)
        if working_dir is not None and self.folder_scope == "page":
            raise OptionError(
                "await_folder_scope: programs that share a folder run in it, and not in exec_code_working_dir; "
                "await_files puts files into it"
            )
        path = _source_folders(confdir, values)
        interpreter = self.in_folder(confdir).other_python()
        if interpreter is not None and self.hosts and not self.network:
            from ..engine.other_python import check_mock_servers  # mostly programs run on this Python

            check_mock_servers(interpreter)
        return Settings(
            jobs=self.jobs,
            hosts=_hosts(self.hosts),
            network=self.network,
            environment={str(name): str(value) for name, value in self.environment.items()},
            files=_files(self.files, confdir),
            working_dir=working_dir,
            root=str(confdir.resolve()),
            path=(*path, str(confdir))
            if any("handler" in host for host in self.hosts.values() if isinstance(host, dict))
            else path,
            output_limit=self.output_limit,
            memory_limit=self.memory_limit,
            sandbox=self.sandbox,
            preload=self.preload,
            interpreter=interpreter,
        )


def _hosts(given: Mapping[str, Any]) -> dict[str, Host]:
    """The hosts of the configuration.

    :raises OptionError: the declaration of one is invalid.
    """
    if not given:
        return {}
    from ..engine.hosts import Host  # few courses have some

    return {name.lower(): Host.parse(name, host) for name, host in given.items()}


def _see_patterns(option: str, patterns: Mapping[Any, Any], choices: tuple[str, ...] = ()) -> None:
    """Refuse what is no glob, or gives none of the choices.

    :param choices: none: any text.
    :raises OptionError: there is one.
    """
    for pattern, choice in patterns.items():
        if not isinstance(pattern, str) or not pattern.strip():
            raise OptionError(f"{option}: globs of document names expected, found {pattern!r:.60}")
        if not choices and not isinstance(choice, str):
            raise OptionError(f"{option}: texts expected, found {choice!r:.60}")
        if choices and choice not in choices:
            raise OptionError(f"{option}: one of {', '.join(choices)} expected, found {choice!r:.60}")


def _checked(name: str, value: Any, metadata: Mapping[str, Any]) -> Any:
    types: tuple[type, ...] = metadata["types"]
    if isinstance(value, str) and float in types:  # of the command line
        with contextlib.suppress(ValueError):
            value = float(value)
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        expected = " or ".join(one.__name__ for one in types)
        raise OptionError(f"{name}: {expected} expected, found {value!r}")
    if metadata["one_of"] and value not in metadata["one_of"]:
        raise OptionError(f"{name}: one of {', '.join(metadata['one_of'])} expected, found {value!r}")
    return tuple(value) if isinstance(value, list) else value


def _working_dir(confdir: Path, values: Mapping[str, Any]) -> str | None:
    """The folder in which programs run; None if each has one of its own.

    :raises OptionError: there is no such folder.
    """
    named = values.get(WORKING_DIR)
    # The default of sphinx-exec-code, where a project has both, is no wish of the project's.
    return None if named is None or named == confdir.parent else _folder(confdir, WORKING_DIR, named)


def _source_folders(confdir: Path, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The folders from which programs import.

    :raises OptionError: one does not exist, or it is no list of folders.
    """
    folders = values.get(SOURCE_FOLDERS, default_source_folders(confdir))
    if not isinstance(folders, list | tuple):
        raise OptionError(f"{SOURCE_FOLDERS}: a list of folders expected, found {folders!r:.60}")
    return tuple(_folder(confdir, SOURCE_FOLDERS, folder) for folder in folders)


def default_source_folders(confdir: Path) -> list[str]:
    """The folders from which programs import if conf.py names none."""
    return ["../src"] if confdir.with_name("src").is_dir() else []


def _folder(confdir: Path, name: str, value: Any) -> str:
    """A folder of the configuration, absolute.

    :raises OptionError: there is no such folder.
    """
    _see_path(name, value)
    folder = path_from(confdir, value).resolve()
    if not folder.is_dir():
        raise OptionError(f"{name}: there is no folder {folder}")
    return str(folder)


#: Larger values mean nothing: days of time, more cores and bytes than machines have.
_MOST = {"timeout": LONGEST_TIMEOUT, "jobs": 10_000, "output_limit": 1 << 30, "memory_limit": 1 << 50}


# Compiled when they are used, since most courses have neither hosts nor variables.
_HOST = r"[^\s/#\x00-\x1f\x7f]{1,253}"
_SURROGATE = r"[\ud800-\udfff]"
_LONGEST_PATH = 4_000  # characters; systems allow 4096 bytes


def _see_path(option: str, path: object) -> None:
    """Refuse what can be no path.

    :raises OptionError: the value is not a text, is empty, or has characters that no path has.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST_PATH or not text.isprintable():
        raise OptionError(f"{option}: a path expected, found {path!r:.60}")


def _see_names(names: Iterable[str]) -> None:
    """Refuse names of files that a program cannot find in its folder.

    :raises OptionError: a name leads out of the folder, or is a folder of another.
    """
    names = [*names]
    folders = {folder.as_posix() for name in names for folder in Path(name).parents}
    for name in names:
        if os.path.isabs(name) or ".." in Path(name).parts or Path(name).as_posix() in folders:
            raise OptionError(f"await_files: {name!r} is not the name of a file in the folder of a program")


def _files(given: Any, confdir: Path) -> dict[str, str]:
    """The path of each file by its name in the folder of a program.

    :raises OptionError: a pattern matches nothing, or a name is not that of a file in the folder.
    """
    for path in [*given, *given.values()] if isinstance(given, dict) else given:
        _see_path("await_files", path)
    if isinstance(given, dict):
        _see_names(given)
        files = {name: str(path_from(confdir, path)) for name, path in sorted(given.items())}
        for name, path in files.items():
            if os.path.exists(path) and not os.path.isfile(path):
                raise OptionError(f"await_files: {name}: {path} is not a file")
        return files
    found: dict[str, str] = {}
    for pattern in given:
        # Files outside of conf.py's folder have their names from the last folder that the pattern spells out.
        whole = os.path.normpath(path_from(confdir, pattern))
        top = confdir if Path(whole).is_relative_to(confdir) else _fixed_folder(whole)
        matches = sorted(path for path in glob.glob(whole, recursive=True) if os.path.isfile(path))
        if not matches:
            raise OptionError(f"await_files: nothing matches {pattern!r} in {confdir}")
        found.update({Path(path).relative_to(top).as_posix(): path for path in matches})
    _see_names(found)
    return found


def path_from(confdir: Path, path: str | os.PathLike[str]) -> Path:
    """A path of the configuration: absolute, of the user (``~``), or from conf.py's folder."""
    return confdir / os.path.expanduser(path)


def _fixed_folder(pattern: str) -> Path:
    folder = Path(pattern).parent
    while glob.has_magic(str(folder)):
        folder = folder.parent
    return folder
