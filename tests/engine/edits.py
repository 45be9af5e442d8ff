# ruff: noqa: E501 - programs are as long as they are
"""Programs, and the states in which what they use can be: an edit leads from one state to another.

Each subject has names of its own, so that any number of them are in one project, and each edit is seen by one of them.
"""

from __future__ import annotations

import contextlib
import io
import os
import py_compile
import shutil
import sqlite3
import sys
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Compiled:
    """A compiled module.

    :ivar source: what it is compiled from.
    :ivar of: where its source is, or was.
    """

    source: str
    of: str
    mode: py_compile.PycInvalidationMode = py_compile.PycInvalidationMode.TIMESTAMP


Content = str | bytes | Link | Compiled


@dataclass(frozen=True)
class State:
    """What there is of a subject.

    :ivar files: by path below the project.
    :ivar environment: variables of programs.
    :ivar given: files of ``await_files``, by their name in a program's folder.
    :ivar code: the program, if the page has another one than the subject's.
    :ivar kept: whether an unchanged program is not run again.
    """

    files: Mapping[str, Content] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    code: tuple[str, ...] | None = None
    kept: bool = True


@dataclass(frozen=True)
class Subject:
    """A program, and the states of what it uses.

    :ivar code: the parts of the program.
    """

    name: str
    code: tuple[str, ...]
    states: tuple[State, ...]

    def parts(self, state: State) -> tuple[str, ...]:
        """The program that the page has in a state."""
        return self.code if state.code is None else state.code


def subject(
    name: str,
    code: str,
    *states: Mapping[str, Content] | State,
    always: Mapping[str, Content] | None = None,
    kept: bool = True,
) -> Subject:
    """A subject; a state may be given by its files.

    :param always: files that there are in each of these states.
    :param kept: whether an unchanged program is not run again.
    """
    made = (one if isinstance(one, State) else State({**(always or {}), **one}, kept=kept) for one in states)
    return Subject(name, (code,), tuple(made))


def optional(module: str, attribute: str = "X") -> str:
    """A program that shows a module, or that there is none."""
    return f"try:\n    import {module}\nexcept ImportError as error:\n    print('none:', error)\nelse:\n    print({module}.{attribute})"


def _archive(**modules: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in modules.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.py"), text)
    return file.getvalue()


def _database(value: int) -> bytes:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table t (x)")
        connection.execute("insert into t values (?)", [value])
        connection.commit()
        return connection.serialize()


HERE = "import os\nHERE = os.path.dirname(__file__)\n"
BESIDE = "import os\nprint(open(os.path.dirname(os.path.realpath(__file__)) + '/d').read())"
UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
#: Where Python puts the compiled form of a module.
STALE = f"lib/__pycache__/stale_.{sys.implementation.cache_tag}.pyc"

SUBJECTS: tuple[Subject, ...] = (
    subject(
        "module", optional("module_"), {}, {"lib/module_.py": "X = 1"}, {"lib/module_.py": "X = 2"}, {"lib/module_/__init__.py": "X = 1"},
        {"lib/module_/other.py": "X = 1"}, {"first/module_.py": "X = 3", "lib/module_.py": "X = 1"},
    ),
    subject(
        "failing", "import failing_; print(failing_.X)", {"lib/failing_.py": "X = "}, {"lib/failing_.py": "1 / 0"}, {"lib/failing_.py": "import no_such_module"},
        {"lib/failing_.py": "import sys; sys.exit('ended')"}, State({"lib/failing_.py": "import os; os._exit(0)"}, kept=False),
        State({"lib/failing_.py": "import os; os.kill(os.getpid(), 9)"}, kept=False), {"lib/failing_.py": "X = 1"},
    ),
    subject("forgotten", "import forgotten_ as m, sys; print(m.X); del sys.modules['forgotten_'], m", {"lib/forgotten_.py": "X = 1"}, {"lib/forgotten_.py": "X = 2"}),
    subject(
        "submodule", optional("submodule_.inner"), {}, {"lib/submodule_/__init__.py": ""}, {"lib/submodule_.py": ""},
        {"lib/submodule_/__init__.py": "", "lib/submodule_/inner.py": "X = 1"}, {"lib/submodule_/__init__.py": "1/0", "lib/submodule_/inner.py": "X = 1"},
        {"lib/submodule_/__init__.py": "", "lib/submodule_/inner.py": "X = 2"}, {"lib/submodule_/inner.py": "X = 1"},
        {"lib/submodule_/__init__.py": "", "lib/submodule_/inner/__init__.py": "X = 3"},
        {"first/submodule_/__init__.py": "", "lib/submodule_/__init__.py": "", "lib/submodule_/inner.py": "X = 1"},
    ),
    subject(
        "through", "import through_a; print(through_a.m.X)", {"lib/through_a.py": "import through_b as m", "lib/through_b.py": "X = 1"},
        {"lib/through_a.py": "import through_b as m", "lib/through_b.py": "X = 2"}, {"lib/through_a.py": "class m: X = 3", "lib/through_b.py": "X = 2"}, {},
        {"lib/through_a.py": "import through_b as m"},
    ),
    subject(
        "space", "import space_, pkgutil\nprint(len(list(space_.__path__)), sorted(one.name for one in pkgutil.iter_modules(space_.__path__)))", {},
        {"lib/space_/a.py": ""}, {"first/space_/b.py": ""}, {"lib/space_/a.py": "", "first/space_/b.py": ""}, {"lib/space_/a.py": "", "first/space_/a.py": ""},
        {"lib/space_/a.py": "", "first/space_/data.txt": ""},
    ),
    subject(
        "portions", "import portions_.a; print(portions_.a.X, len(list(portions_.__path__)))", {"lib/portions_/a.py": "X = 1"},
        {"lib/portions_/a.py": "X = 1", "first/portions_/b.py": ""}, {"lib/portions_/a.py": "X = 2", "first/portions_/a.py": "X = 3"},
    ),
    subject(
        "nested", "import nested_.a.m; print(nested_.a.m.X, list(nested_.a.__path__) != [])", {"lib/nested_/a/m.py": "X = 1"}, {"lib/nested_/a/m.py": "X = 1", "first/nested_/a/m.py": "X = 2"},
        {"lib/nested_/a/m.py": "X = 1", "first/nested_/a/__init__.py": ""}, {"lib/nested_/a/m.py": "X = 1", "first/nested_/b/m.py": ""}, {},
    ),
    subject(
        "reversed", "import sys; sys.path[:] = reversed(sys.path)\n" + optional("reversed_"), {}, {"lib/reversed_.py": "X = 1"}, {"first/reversed_.py": "X = 2"},
        {"lib/reversed_.py": "X = 1", "first/reversed_.py": "X = 2"},
    ),
    subject(
        "kept", "import kept_, sys; sys.path.insert(0, kept_.HERE + '/kept_d'); import bisect; print(bisect.__doc__ == 'ours')", {"lib/kept_.py": HERE}, {"lib/kept_.py": HERE, "lib/kept_d/bisect.py": "'ours'"},
    ),
    subject("spec", "import importlib.util as u; print(u.find_spec('spec_') is not None)", {}, {"lib/spec_.py": ""}, {"lib/spec_/x": ""}),
    subject("shadow", "import colorsys; print(colorsys.__doc__)", {}, {"lib/colorsys.py": "'ours'"}, {"first/colorsys.py": "'first'"}),
    subject(
        "parked", "import statistics, queue; print(queue.__doc__)", {}, {"lib/queue.py": "'ours'\nclass Queue: pass\nSimpleQueue = Empty = Full = Queue"},
        {"lib/queue.py": "1 / 0"},
    ),
    subject(
        "zipped", optional("zipped_"), {}, {"lib.zip": _archive(zipped_="X = 1")}, {"lib.zip": _archive(zipped_="X = 2")},
        {"lib.zip": _archive(zipped_="X = 1"), "lib/zipped_.py": "X = 3"}, {"lib/zipped_.py": "X = 3"}, {"lib.zip": b"no archive"},
    ),
    subject(
        "data", "import data_", {}, {"lib/data_.txt": "1"}, {"lib/data_.txt": "2"}, {"lib/data_.txt/x": ""}, {"lib/data_.txt": Link("data_1")}, {"lib/data_.txt": Link("data_1"), "lib/data_1": "1"}, {"lib/data_.txt": Link("data_2"), "lib/data_1": "1", "lib/data_2": "2"},
        always={"lib/data_.py": HERE + "try:\n    print(open(HERE + '/data_.txt').read())\nexcept OSError as error:\n    print(error.strerror)"},
    ),
    subject(
        "listing", "import listing_", {}, {"lib/listing_d/a": ""}, {"lib/listing_d/a": "", "lib/listing_d/b": ""}, {"lib/listing_d/b/a": ""}, {"lib/listing_d/b/a/c": ""}, {"lib/listing_d/a/c": ""}, {"lib/listing_d/a": Link("b"), "lib/listing_d/b": ""},
        always={"lib/listing_.py": HERE + "for where, folders, files in os.walk(HERE + '/listing_d'): print(os.path.basename(where), sorted(folders), sorted(files))"},
    ),
    subject(
        "glob", "import glob_", {}, {"lib/glob_d/a.txt": "1"}, {"lib/glob_d/a.txt": "1", "lib/glob_d/b.txt": "2"}, {"lib/glob_d/a.txt": "3"}, {"lib/glob_d/b": "3"},
        always={"lib/glob_.py": HERE + "import glob\nfor one in sorted(glob.glob(HERE + '/glob_d/*.txt')): print(open(one).read())"},
    ),
    subject(
        "descriptor", "import descriptor_", {}, {"lib/descriptor_.txt": "1"}, {"lib/descriptor_.txt": "2"},
        always={"lib/descriptor_.py": HERE + "fd = os.open(HERE, os.O_RDONLY)\ntry:\n    print(os.read(os.open('descriptor_.txt', os.O_RDONLY, dir_fd=fd), 9))\nexcept OSError as error:\n    print(error.strerror)"}, kept=False,
    ),
    subject(
        "link", "import link_, os; print(link_.X, os.path.basename(os.path.realpath(link_.__file__)))", {"lib/link_.py": Link("link_a"), "lib/link_a": "X = 1", "lib/link_b": "X = 1"},
        {"lib/link_.py": Link("link_b"), "lib/link_a": "X = 1", "lib/link_b": "X = 1"}, {"lib/link_.py": Link("link_b"), "lib/link_b": "X = 2"}, {"lib/link_.py": "X = 1"},
        {"lib/link_.py": Link("link_none")},
    ),
    subject(
        "linked", "import linked_.m; print(linked_.m.X)", {"lib/linked_": Link("linked_a"), "lib/linked_a/m.py": "X = 1", "lib/linked_b/m.py": "X = 2"},
        {"lib/linked_": Link("linked_b"), "lib/linked_a/m.py": "X = 1", "lib/linked_b/m.py": "X = 2"}, {"lib/linked_/m.py": "X = 3"},
    ),
    subject(
        "beside", "import beside_", *(
            State({"lib/beside_.py": Link(where), "lib/beside_1/m": BESIDE, "lib/beside_2/m": BESIDE, "lib/beside_1/d": "1", "lib/beside_2/d": text})
            for where, text in (("beside_1/m", "2"), ("beside_2/m", "2"), ("beside_2/m", "3"))
        ),
    ),
    subject(
        "stale", optional("stale_"), {"lib/stale_.py": "X = 1"}, {"lib/stale_.py": "X = 2", STALE: Compiled("X = 1", "lib/stale_.py")},
        {"lib/stale_.py": "X = 1", STALE: Compiled("X = 1", "lib/stale_.py")}, {"lib/stale_.py": "X = 2"},
        {"lib/stale_.py": "X = 2", STALE: Compiled("X = 3", "lib/stale_.py", UNCHECKED)}, {STALE: Compiled("X = 3", "lib/stale_.py")},
    ),
    subject(
        "compiled", optional("compiled_"), {}, {"lib/compiled_.pyc": Compiled("X = 1", "lib/compiled_.py")}, {"lib/compiled_.pyc": Compiled("X = 2", "lib/compiled_.py")},
        {"lib/compiled_.pyc": Compiled("X = 2", "lib/compiled_.py"), "lib/compiled_.py": "X = 3"},
    ),
    subject(
        "run", "import run_, runpy; runpy.run_path(run_.HERE + '/run_script')", {}, {"lib/run_script": "print(1)"}, {"lib/run_script": "print(2)"}, {"lib/run_script": "import run_more"}, {"lib/run_script": "import run_more", "lib/run_more.py": "print(3)"},
        always={"lib/run_.py": HERE},
    ),
    subject(
        "direct", "import direct_, importlib.util as u\ns = u.spec_from_file_location('helper', direct_.HERE + '/direct_x.py')\nm = u.module_from_spec(s)\ns.loader.exec_module(m)\nprint(m.X)", {}, {"lib/direct_x.py": "X = 1"}, {"lib/direct_x.py": "X = 2"}, {"lib/direct_x.py": "import direct_y; X = direct_y.__name__", "lib/direct_y/z": ""},
        always={"lib/direct_.py": HERE},
    ),
    subject(
        "added", "import added_\n" + optional("added_x"), {}, {"lib/added_x.py": "X = 1"}, {"lib/added_x.py": "X = 1", "lib/added_d/added_x.py": "X = 2"}, {"lib/added_d/added_x.py": "X = 3"}, {"lib/added_d/added_x/__init__.py": "X = 4", "lib/added_x.py": "X = 1"},
        always={"lib/added_.py": HERE + "import sys\nsys.path.insert(0, HERE + '/added_d')"},
    ),
    subject(
        "extended", "import extended_\n" + optional("extended_.x"), {}, {"lib/extended_/x.py": "X = 1"}, {"lib/extended_/x.py": "X = 1", "lib/extended_/extended_d/x.py": "X = 2"}, {"lib/extended_/extended_d/x.py": "X = 3"},
        always={"lib/extended_/__init__.py": HERE + "__path__.insert(0, HERE + '/extended_d')"},
    ),
    subject(
        "source", "import source_, inspect; print(inspect.getsource(source_.f))", {"lib/source_.py": "def f(): return 1\n"}, {"lib/source_.py": "def f(): return 2\n"},
        {"lib/source_.py": "\ndef f(): return 2\n"},
    ),
    subject(
        "resource", "from importlib.resources import files\nprint(sorted(one.name for one in files('resource_').iterdir() if one.suffix == '.txt'), [one.read_text() for one in files('resource_').iterdir() if one.name == 'a.txt'])",
        {}, {"lib/resource_/a.txt": "1"}, {"lib/resource_/a.txt": "2"}, {"lib/resource_/b.txt": "2"},
        always={"lib/resource_/__init__.py": ""},
    ),
    subject(
        "database", "import database_, sqlite3; print(sqlite3.connect(f'file:{database_.HERE}/database_.db?mode=ro', uri=True).execute('select x from t').fetchall())",
        {"lib/database_.py": HERE, "lib/database_.db": _database(1)}, {"lib/database_.py": HERE, "lib/database_.db": _database(2)}, {"lib/database_.py": HERE},
    ),
    subject(
        "fork", "import os\nif not os.fork():\n    import fork_\n    print(fork_.X, flush=True)\n    os._exit(0)\nos.wait()", {"lib/fork_.py": "X = 1"}, {"lib/fork_.py": "X = 2"},
    ),
    subject("preloaded", optional("preloaded_"), {}, {"lib/preloaded_.py": "X = 1"}, {"lib/preloaded_.py": "X = 2"}, {"lib/preloaded_/__init__.py": "X = 3"}, {"lib/preloaded_.py": "1/0"}),
    subject("place", "import place_; print(place_.__file__)", {"lib/place_.py": ""}, {"first/place_.py": ""}),
    subject("page", "print(1)", {}, State(code=("print(2)",)), State(code=("1 / 0",))),
    Subject("session", ("import session_; x = session_.X", "print(x)"), (State(), State({"lib/session_.py": "X = 1"}), State({"lib/session_.py": "X = 2"}), State(code=("x = 3", "print(x)")))),
    subject("thread", "import threading\ndef f():\n    import thread_\n    print(thread_.X)\nt = threading.Thread(target=f); t.start(); t.join()", {"lib/thread_.py": "X = 1"}, {"lib/thread_.py": "X = 2"}, {}),
    subject(
        "handled", "try:\n    import handled_\nexcept Exception as error:\n    print(type(error).__name__)\nelse:\n    print(handled_.X)",
        {"lib/handled_.py": "X = 1"}, {"lib/handled_.py": "1 / 0"}, {"lib/handled_.py": "X = "}, {"lib/handled_.py": "import handled_x; X = 1"}, {"lib/handled_.py": "import handled_x; X = 1", "lib/handled_x.py": ""},
    ),
    subject(
        "command", "import command_, subprocess, sys\nprint(subprocess.run([sys.executable, command_.HERE + '/command_d/script.py'], capture_output=True, text=True).stdout)", {}, {"lib/command_x.py": "X = 1"}, {"lib/command_x.py": "X = 2"}, {"lib/command_d/command_x.py": "X = 3"},
        always={"lib/command_.py": HERE, "lib/command_d/script.py": "import command_x; print(command_x.X)"},
    ),
    subject(
        "named_for_command", "import voc_, subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'import voc_x as x; print(x.X)'], env={'PYTHONPATH': voc_.OTHER}, capture_output=True, text=True).stdout)", {}, {"voc_d/voc_x.py": "X = 1"}, {"voc_d/voc_x.py": "X = 2"},
        always={"lib/voc_.py": HERE + "OTHER = os.path.join(os.path.dirname(HERE), 'voc_d')", "voc_d/x": ""},
    ),
    subject(
        "elsewhere", "import elsewhere_, subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'import elsewhere_x as x; print(x.X)'], cwd=elsewhere_.OTHER, capture_output=True, text=True).stdout)", {}, {"lib/elsewhere_d/elsewhere_x.py": "X = 1"}, {"lib/elsewhere_d/elsewhere_x.py": "X = 2"},
        always={"lib/elsewhere_.py": HERE + "OTHER = os.path.join(os.path.dirname(HERE), 'lib', 'elsewhere_d')", "lib/elsewhere_d/x": ""},
    ),
)  # fmt: skip

#: What all programs depend on: each edit of it has all of them run again.
SHARED: tuple[Subject, ...] = (
    subject("variable", "import os; print(os.environ.get('MODE'))", {}, State(environment={"MODE": "1"}), State(environment={"MODE": "2"})),
    subject("zone", "import time; print(time.tzname[0])", {}, State(environment={"TZ": "KST-9"}), State(environment={"TZ": "CET-1"})),
    subject("given", "import os; print([open(one).read() for one in sorted(os.listdir()) if one.startswith('given_')])", {}, State({"given_1": "1"}, given={"given_a": "given_1"}),
            State({"given_1": "2"}, given={"given_a": "given_1"}), State({"given_1": "2"}, given={"given_b": "given_1"})),
    subject("named", optional("named_"), {"more/named_.py": "X = 1"}, State({"more/named_.py": "X = 1"}, environment={"PYTHONPATH": "more"}),
            State({"more/named_.py": "X = 2"}, environment={"PYTHONPATH": "more"})),
)  # fmt: skip


def put(
    folder: Path, before: Mapping[str, Content], after: Mapping[str, Content], mtime: Callable[[], float | None]
) -> None:
    """Lead the files below a folder from one state to another; what stays is not touched, and what changes is written in place.

    :param mtime: the time that a written file gets, if not the present.
    """
    for name in before:
        if type(before[name]) is not type(after.get(name)):
            (folder / name).unlink()
            parent = (folder / name).parent
            while parent.parent != folder and not any(parent.iterdir()):
                parent.rmdir()
                parent = parent.parent
    for name, content in sorted(after.items(), key=lambda item: isinstance(item[1], Compiled)):
        path = folder / name
        if before.get(name) == content and not isinstance(content, Compiled):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        moment = mtime()
        if isinstance(content, Link):
            path.unlink(missing_ok=True)
            path.symlink_to(content.target)
        elif isinstance(content, Compiled):
            _compile(folder, path, content)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            if moment is not None:
                os.utime(path, (moment, moment))


def _compile(folder: Path, path: Path, compiled: Compiled) -> None:
    """Write a compiled module as Python wrote it when the source was another, of the same size and time."""
    source = folder / compiled.of
    kept = folder / "kept"
    there = source.exists()
    if there:
        status = source.stat()
        shutil.copy2(source, kept)
    source.write_text(compiled.source)
    if there:
        os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    py_compile.compile(str(source), str(path), doraise=True, invalidation_mode=compiled.mode)
    if there:
        source.write_bytes(kept.read_bytes())
        os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
        kept.unlink()
    else:
        source.unlink()
