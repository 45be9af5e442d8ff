"""A recording is shown only if running now would give it: what ``test_any_edits.py`` has no edits of."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import importlib
import itertools
import ntpath
import os
import py_compile
import shutil
import sqlite3
import sys
import sysconfig
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.model.recording import Recording
from sphinx_await.core.text.output_lines import read_lines
from sphinx_await.engine import runtime_info
from sphinx_await.engine.cache import dependencies, regular_files
from sphinx_await.engine.cache.dependencies import Environment
from sphinx_await.engine.cache.store import Cache
from sphinx_await.engine.hosts import Host
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sphinx_await.core.model.dependencies import Dependencies


@dataclass
class Project:
    """A folder of modules and data, its settings, and a cache that may be shared."""

    folder: Path
    cache: Path
    settings: Settings = field(default_factory=Settings)
    ran: list[str] = field(default_factory=list)

    def write(self, name: str, text: str) -> Path:
        """Write a file, and its folders."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def use(self, settings: Settings) -> Settings:
        """Build with other settings from now on."""
        self.settings = settings
        return settings

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self.folder / name).unlink()

    def build(self, codes: Iterable[str], timeout: float = 10.0) -> list[str]:
        """What pages show of programs: of valid recordings, or of new runs, which are noted in ``ran``."""
        settings = replace(self.settings, root=str(self.folder))
        cache = Cache(self.cache, settings)
        programs = {code: Program.of(code, timeout) for code in codes}
        shown: dict[str, Recording] = {}
        self.ran = []
        for code, program in programs.items():
            found = cache.load(cache.key(program), 0)
            if isinstance(found, Recording):
                shown[code] = found
        missing = {programs[code]: code for code in programs if code not in shown}
        if missing:
            with Engine(settings) as engine:
                for result in engine.run(missing, rerun=False):
                    code = missing[result.program]
                    self.ran.append(code)
                    shown[code] = result.recording
                    cache.store(cache.key(result.program), 0, result.recording)
        return [page(shown[code]) for code in codes]


def page(recording: Recording) -> str:
    """What a reader sees of a run, but for its times."""
    lines = [line.text for line in read_lines(recording.outputs) if not line.text.startswith("  ")]
    return "\n".join([*lines, f"exit {recording.exit}"])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project, whose lib/ is on the import path."""
    folder = tmp_path / "project"
    (folder / "lib").mkdir(parents=True)
    return Project(folder, tmp_path / "cache", Settings(path=(str(folder / "lib"),)))


_NUMBERS = itertools.count()


def do(*_: object) -> None:
    """Let a function of one expression do several things."""


def in_path(project: Project, *folders: str) -> Settings:
    """Settings with folders of the project on the import path."""
    for folder in folders:
        (project.folder / folder).mkdir(exist_ok=True)
    return replace(project.settings, path=tuple(str(project.folder / folder) for folder in folders))


def replace_cache(project: Project) -> Project:
    """The same project with an empty cache."""
    return Project(project.folder, project.folder.parent / f"empty-{next(_NUMBERS)}", project.settings)


def test_two_checkouts_share_a_cache(tmp_path: Path) -> None:
    """Neither shows what the other one ran, unless it would run the same."""
    one, two = (Project(tmp_path / name, tmp_path / "cache") for name in ("one", "two"))
    for project in (one, two):
        project.write("lib/m.py", "X = 'same'")
        project.settings = in_path(project, "lib")
    code = "import m; print(m.X)"
    assert one.build([code]) == two.build([code])
    assert two.ran == []
    two.write("lib/m.py", "X = 'other'")
    assert (one.build([code]), two.build([code])) == (["same\nexit 0"], ["other\nexit 0"])
    place = "import m; print(m.__file__)"
    assert one.build([place]) != two.build([place])


def test_what_was_stopped_at_its_limit_runs_again(project: Project) -> None:
    """The limit may have been too short for a busy machine only."""
    code = "import time; time.sleep(60)"
    project.build([code], 0.2)
    project.build([code], 0.2)
    assert project.ran == [code]


def test_the_time_zone_is_the_courses_and_not_the_builders(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is built, a course shows UTC, or what ``await_environment`` says."""
    code = "import time; print(time.tzname[0], time.timezone)"
    monkeypatch.setenv("TZ", "CET-1")
    assert project.build([code]) == ["UTC 0\nexit 0"]
    monkeypatch.setenv("TZ", "KST-9")
    assert project.build([code]) == ["UTC 0\nexit 0"]
    assert project.ran == []
    project.settings = replace(project.settings, environment={"TZ": "KST-9"})
    assert project.build([code]) == ["KST -32400\nexit 0"]


def test_a_distribution_that_changes_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed, installed again in the same version, upgraded, edited where it lies, and removed."""
    folder = tmp_path / "site"
    folder.mkdir()
    project = Project(tmp_path / "project", tmp_path / "cache", Settings(path=(str(folder),)))
    project.folder.mkdir()
    paths = sysconfig.get_paths()
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {**paths, "platlib": str(folder)})
    monkeypatch.syspath_prepend(folder)
    codes = [
        "try:\n    import wheelish.inner as w\nexcept ImportError:\n    print('none')\nelse:\n    print(w.X)",
        "import importlib.metadata as m\nprint([one.version for one in m.distributions() if one.name == 'wheelish'])",
    ]

    def edit(value: str) -> None:
        file = folder / "wheelish" / "inner.py"
        file.write_text(f"X = {value!r}")
        os.utime(file, (time.time() + 60, time.time() + 60))

    steps: list[tuple[Callable[[], object], list[str]]] = [
        (lambda: None, ["none", "[]"]),
        (lambda: install(folder, "1.0", "old"), ["old", "['1.0']"]),
        (lambda: install(folder, "1.0", "new"), ["new", "['1.0']"]),
        (lambda: edit("own"), ["own", "['1.0']"]),
        (lambda: install(folder, "1.0", "old"), ["old", "['1.0']"]),
        (lambda: install(folder, "2.0", "old"), ["old", "['2.0']"]),
        (lambda: uninstall(folder), ["none", "[]"]),
    ]
    for number, (step, expected) in enumerate(steps):
        step()
        importlib.invalidate_caches()
        assert (number, project.build(codes)) == (number, [f"{one}\nexit 0" for one in expected])
        project.build(codes)
        assert (number, project.ran) == (number, [])


def install(folder: Path, version: str, value: str) -> None:
    """Install a distribution as pip does."""
    uninstall(folder)
    info = folder / f"wheelish-{version}.dist-info"
    files = {
        "wheelish/__init__.py": "",
        "wheelish/inner.py": f"X = {value!r}",
        f"{info.name}/METADATA": f"Metadata-Version: 2.1\nName: wheelish\nVersion: {version}\n",
    }
    lines = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        known = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={known},{len(text)}\n")
    (info / "RECORD").write_text("".join([*lines, f"{info.name}/RECORD,,\n"]))


def uninstall(folder: Path) -> None:
    """Remove the distribution."""
    for path in folder.glob("wheelish*"):
        shutil.rmtree(path)


def sqlite_file(project: Project, value: int) -> Path:
    """Write a database of one row, and a module that knows where it is."""
    project.write("lib/place.py", "import os\nHERE = os.path.dirname(__file__)")
    file = project.folder / "lib" / "x.db"
    file.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("create table t (x)")
        connection.execute("insert into t values (?)", [value])
        connection.commit()
    return file


def given(project: Project, name: str, text: str) -> Settings:
    """Settings with a file of ``await_files``."""
    return replace(project.settings, files={name: str(project.write(f"given/{name}", text))})


PLACE = "import os\nHERE = os.path.dirname(__file__)"
DIRECTLY = (
    "import place, importlib.util as u\ns = u.spec_from_file_location('helper', place.HERE + '/helper.py')\n"
    "m = u.module_from_spec(s)\ns.loader.exec_module(m)\nprint(m.X)"
)
MAIN = (
    "if __name__ == '__main__':\n    with multiprocessing.get_context({!r}).Pool(1) as p:\n        print(p.map(f, [1]))"
)
POOL = "import multiprocessing\ndef f(_):\n    import helper\n    return helper.X\n" + MAIN

ODD_WAYS: dict[str, tuple[str, Callable[[Project], object], Callable[[Project], object]]] = {
    "a module that a handler imports": (
        "import urllib.request as u; print(u.urlopen('http://a.example').read())",
        lambda p: do(
            p.use(replace(p.settings, hosts={"a.example": Host(handler="web.hand:f")})),
            p.write("lib/web/__init__.py", ""),
            p.write(
                "lib/web/hand.py",
                "from aiohttp import web\nimport answer\n"
                "async def f(request):\n    return web.Response(text=answer.X)\n",
            ),
            p.write("lib/answer.py", "X = '1'"),
        ),
        lambda p: p.write("lib/answer.py", "X = '2'"),
    ),
    "a module in whose place a program is executed": (
        "import m, os; os.execv('/bin/echo', ['echo', m.X])",
        lambda p: p.write("lib/m.py", "X = '1'"),
        lambda p: p.write("lib/m.py", "X = '2'"),
    ),
    "a module that is loaded from its file": (
        DIRECTLY,
        lambda p: do(p.write("lib/place.py", PLACE), p.write("lib/helper.py", "X = 1")),
        lambda p: p.write("lib/helper.py", "X = 2"),
    ),
    "a module whose compiled file is loaded": (
        DIRECTLY,
        lambda p: do(
            p.write("lib/place.py", PLACE), py_compile.compile(str(p.write("lib/helper.py", "X = 1")), quiet=2)
        ),
        lambda p: p.write("lib/helper.py", "X = 22"),
    ),
    "data of a package": (
        "import pkgutil; print(pkgutil.get_data('pkg', 'd.txt'))",
        lambda p: do(p.write("lib/pkg/__init__.py", ""), p.write("lib/pkg/d.txt", "1")),
        lambda p: p.write("lib/pkg/d.txt", "2"),
    ),
    "a module with the stem of a file that is given": (
        "import config; print(config.X)",
        lambda p: do(p.use(given(p, "config.json", "{}")), p.write("lib/config.py", "X = 1")),
        lambda p: p.write("lib/config.py", "X = 2"),
    ),
    "a database opened by a path": (
        (
            "import place, sqlite3, pathlib\n"
            "print(sqlite3.connect(pathlib.Path(place.HERE) / 'x.db').execute('select x from t').fetchall())"
        ),
        lambda p: sqlite_file(p, 1),
        lambda p: sqlite_file(p, 2),
    ),
    "a database opened by a name": (
        (
            "import place, sqlite3, os\nos.chdir(place.HERE)\n"
            "print(sqlite3.connect('file:x.db?mode=ro', uri=True).execute('select x from t').fetchall())"
        ),
        lambda p: sqlite_file(p, 1),
        lambda p: sqlite_file(p, 2),
    ),
    "a database opened by a URI": (
        (
            "import place, sqlite3, pathlib\nuri = pathlib.Path(place.HERE).as_uri() + '/%78.db'\n"
            "print(sqlite3.connect(uri + '?immutable=1', uri=True).execute('select x from t').fetchall())"
        ),
        lambda p: sqlite_file(p, 1),
        lambda p: sqlite_file(p, 2),
    ),
    "a module that a spawned process imports": (
        POOL.format("spawn"),
        lambda p: p.write("lib/helper.py", "X = 1"),
        lambda p: p.write("lib/helper.py", "X = 2"),
    ),
    "a module that a process of a fork server imports": (
        POOL.format("forkserver"),
        lambda p: p.write("lib/helper.py", "X = 1"),
        lambda p: p.write("lib/helper.py", "X = 2"),
    ),
    "a file that a fork reads after it has closed everything": (
        (
            "import os, place\nif not os.fork():\n    os.closerange(3, 2000)\n"
            "    print(open(place.HERE + '/d.txt').read(), flush=True)\n    os._exit(0)\nos.wait()"
        ),
        lambda p: do(p.write("lib/place.py", PLACE), p.write("lib/d.txt", "1")),
        lambda p: p.write("lib/d.txt", "2"),
    ),
    "a name in a folder that has one which is no text": (
        "import os, place; print(len(os.listdir(place.HERE)))",
        lambda p: do(p.write("lib/place.py", PLACE), p.write(os.fsdecode(b"lib/\xff.txt"), "")),
        lambda p: p.write("lib/d.txt", ""),
    ),
    "a very large file": (
        "import place; f = open(place.HERE + '/large'); f.seek(1 << 27); print(f.read(1) == 'x')",
        lambda p: do(p.write("lib/place.py", PLACE), large(p, b"x")),
        lambda p: large(p, b"y"),
    ),
}


def large(project: Project, mark: bytes) -> int:
    """Write a file of zeros, but for one byte in it, that takes no room."""
    with open(project.folder / "lib" / "large", "wb") as file:
        file.seek(1 << 27)
        return file.write(mark)


#: Programs of which not everything can be known: these run in every build.
NEVER_KEPT = ("closerange", "execv")


@pytest.mark.parametrize("what", ODD_WAYS)
def test_a_page_follows_what_is_used_in_odd_ways(project: Project, what: str) -> None:
    """After an edit it shows what a build without a cache shows; and then nothing runs any more."""
    code, before, after = ODD_WAYS[what]
    before(project)
    first = project.build([code])
    after(project)
    second = project.build([code])
    assert "exit 0" in second[0]
    assert second == replace_cache(project).build([code])
    assert first != second
    project.build([code])
    assert bool(project.ran) == any(word in code for word in NEVER_KEPT)


def test_what_changed_while_the_engine_was_warm_is_not_kept(project: Project) -> None:
    """A copy of a file that is given, or a module imported before the program, is of the time of the engine's start."""
    project.write("lib/pre.py", "X = 1")
    project.settings = replace(given(project, "data.txt", "1"), preload=("pre",), root=str(project.folder))
    codes = ["import pre; print(pre.X)", "print(open('data.txt').read())"]
    with Engine(project.settings) as engine:
        list(engine.run([Program.of("pass")]))
        project.write("lib/pre.py", "X = 2")
        project.write("given/data.txt", "2")
        results = list(engine.run([Program.of(code) for code in codes], rerun=False))
    assert [result.recording.requires.complete for result in results] == [False, False]


def test_what_was_read_and_is_gone_is_not_kept(project: Project) -> None:
    """The program has seen it, and nobody knows any more what it was."""
    project.write("lib/place.py", PLACE)
    project.write("lib/d.txt", "1")
    project.settings = replace(project.settings, root=str(project.folder))
    code = "import place, time; open(place.HERE + '/d.txt').close(); print('read', flush=True); time.sleep(1)"
    with Engine(project.settings) as engine:
        list(engine.run([Program.of("pass")]))
        threading.Timer(0.6, lambda: project.remove("lib/d.txt")).start()
        (result,) = engine.run([Program.of(code)], rerun=False)
    assert result.recording.exit == 0
    assert not result.recording.requires.complete


def test_an_edit_between_two_runs_is_seen(project: Project) -> None:
    """Each run of a build depends on what it has seen, and not on what an earlier one saw."""
    project.write("lib/m.py", "X = 1")
    project.settings = replace(project.settings, root=str(project.folder))
    found = []
    with Engine(project.settings) as engine:
        for value in (1, 2):
            project.write("lib/m.py", f"X = {value}")
            time.sleep(0.05)
            (result,) = engine.run([Program.of("import m; print(m.X)")], rerun=False)
            found.append(result.recording)
    assert [page(recording) for recording in found] == ["1\nexit 0", "2\nexit 0"]
    assert found[0].requires.modules != found[1].requires.modules


@pytest.mark.parametrize("name", ["/proc/kmsg", "/proc/self/environ", "/dev/zero", "tree /usr", "tree /", "/a\0b"])
def test_a_cache_cannot_have_the_builder_read_anything(project: Project, name: str) -> None:
    """A recording that names such a thing is not valid, whatever digest it claims."""
    environment = Environment(replace(project.settings, root=str(project.folder)))
    begun = time.perf_counter()
    content = environment.file(name)
    assert list(environment.changes(replace(of_nothing(environment), files={name: content})))
    assert time.perf_counter() - begun < 1


def test_files_outside_of_the_project_are_not_read(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their size and time say whether they changed: they may be private, and the recording goes into a cache."""
    secret = project.folder.parent / "secret.txt"
    secret.write_text("1")
    environment = Environment(replace(project.settings, root=str(project.folder)))
    read = regular_files.read_regular_file

    def read_others(path: str, *, most: int = 1 << 20) -> bytes | None:
        assert path != str(secret), "it was read"
        return read(path, most=most)

    monkeypatch.setattr(dependencies, "read_regular_file", read_others)
    then = replace(of_nothing(environment), files={str(secret): environment.file(str(secret))})
    assert not list(Environment(replace(project.settings, root=str(project.folder))).changes(then))
    secret.write_text("22")
    assert list(Environment(replace(project.settings, root=str(project.folder))).changes(then))


def test_a_run_that_used_more_than_anybody_can_check_is_not_kept(project: Project) -> None:
    """A program may open any number of names."""
    environment = Environment(replace(project.settings, root=str(project.folder)))
    log = [("file", f"{project.folder}/lib/{number}", "missing") for number in range(30_000)]
    assert not environment.dependencies_of([*log, ("end",)], time.time()).complete


def test_an_environment_in_the_project_does_not_hide_changes(project: Project) -> None:
    """A Python that a program starts may import anything of the project, of which such a folder is not a part."""
    project.write("lib/venv/pyvenv.cfg", "")
    for number in range(6_000):
        (project.folder / "lib/venv/lib/python3/site-packages").mkdir(parents=True, exist_ok=True)
        (project.folder / f"lib/venv/lib/python3/site-packages/m{number}.py").touch()
    project.write("lib/helper.py", "X = 1")
    code = "import subprocess, sys, place\nprint(subprocess.check_output([sys.executable, place.HERE + '/run.py']))"
    project.write("lib/place.py", PLACE)
    project.write("lib/run.py", "import helper; print(helper.X)")
    project.build([code])
    project.write("lib/helper.py", "X = 2")
    assert project.build([code]) == replace_cache(project).build([code])
    project.build([code])
    assert project.ran == []


def of_nothing(environment: Environment) -> Dependencies:
    """What a program depends on that uses nothing."""
    return environment.dependencies_of([("end",)], time.time())


def test_another_build_of_python_has_its_own_recordings(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """One without the interpreter's lock, say, or a release candidate: its version is the same."""
    code = "print(1)"
    project.build([code])
    monkeypatch.setattr(runtime_info, "BUILD", "another")
    project.build([code])
    assert project.ran == [code]


def test_what_python_executes_at_its_start_is_a_dependency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of a ``.pth`` file that is code, and ``sitecustomize``."""
    settings = Settings(path=(str(tmp_path),), root=str(tmp_path))
    monkeypatch.setattr(sysconfig, "get_paths", lambda: dict.fromkeys(KINDS, str(tmp_path)))
    states = [Environment(settings).declared["Python"]]
    for name, text in (("a.pth", "import one"), ("a.pth", "import two"), ("sitecustomize.py", "print(1)")):
        (tmp_path / name).write_text(text)
        states.append(Environment(settings).declared["Python"])
    (tmp_path / "b.pth").write_text("/a/folder")
    assert len(set(states)) == len(states)
    assert Environment(settings).declared["Python"] == states[-1]


KINDS = ("stdlib", "platstdlib", "purelib", "platlib")


def test_a_project_on_another_drive_can_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no relative path from one drive to another."""
    with monkeypatch.context() as windows:
        windows.setattr(os, "path", ntpath)
        name = dependencies.portable("C:\\tools\\x.py", "D:\\a\\docs")
    assert name == "C:\\tools\\x.py"


def test_what_another_interpreter_uses_is_not_known(project: Project) -> None:
    """Nothing of it is seen; but a program that has only asyncio has no other interpreter."""
    name = {(3, 11): "_xxsubinterpreters", (3, 12): "_xxsubinterpreters", (3, 13): "_interpreters"}.get(
        sys.version_info[:2], "concurrent.interpreters"
    )
    other = f"import {name}"
    codes = [other, "import asyncio, concurrent.futures; print(concurrent.futures.ThreadPoolExecutor)"]
    for _ in range(2):
        project.build(codes)
    assert project.ran == [other]
