"""A recording is shown only if running now would give it: edits of what programs use, one kind after another."""

from __future__ import annotations

import itertools
import os
import random
import zipfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.model.recording import Recording
from sphinx_await.core.text.output_lines import read_lines
from sphinx_await.engine.cache.store import Cache
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Host, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


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

BEFORE_AND_AFTER: dict[str, tuple[str, Callable[[Project], object], Callable[[Project], object]]] = {
    "a module": (
        "import m; print(m.X)",
        lambda p: p.write("lib/m.py", "X = 1"),
        lambda p: p.write("lib/m.py", "X = 2"),
    ),
    "a submodule": (
        "import pkg.m; print(pkg.m.X)",
        lambda p: do(p.write("lib/pkg/__init__.py", ""), p.write("lib/pkg/m.py", "X = 1")),
        lambda p: p.write("lib/pkg/m.py", "X = 2"),
    ),
    "a module that a module imports": (
        "import a; print(a.m.X)",
        lambda p: do(p.write("lib/a.py", "import m"), p.write("lib/m.py", "X = 1")),
        lambda p: p.write("lib/m.py", "X = 2"),
    ),
    "an optional module that comes": (
        "try:\n    import fast\nexcept ImportError:\n    print('slow')\nelse:\n    print(fast.X)",
        lambda _: None,
        lambda p: p.write("lib/fast.py", "X = 'fast'"),
    ),
    "an optional submodule that comes": (
        "try:\n    import pkg.fast\nexcept ImportError:\n    print('slow')\nelse:\n    print(pkg.fast.X)",
        lambda p: p.write("lib/pkg/__init__.py", ""),
        lambda p: p.write("lib/pkg/fast.py", "X = 'fast'"),
    ),
    "a plug-in that is asked for by name": (
        "import importlib.util\nprint(importlib.util.find_spec('plug') is not None)",
        lambda _: None,
        lambda p: p.write("lib/plug.py", ""),
    ),
    "a module that goes": (
        "try:\n    import fast\nexcept ImportError:\n    print('slow')\nelse:\n    print('fast')",
        lambda p: p.write("lib/fast.py", ""),
        lambda p: p.remove("lib/fast.py"),
    ),
    "a module that becomes a package": (
        "import m; print(m.X)",
        lambda p: p.write("lib/m.py", "X = 1"),
        lambda p: p.write("lib/m/__init__.py", "X = 2"),
    ),
    "a module of a namespace package": (
        "import space.m; print(space.m.X)",
        lambda p: p.write("lib/space/m.py", "X = 1"),
        lambda p: p.write("lib/space/m.py", "X = 2"),
    ),
    "a module that shadows one of the standard library": (
        "import queue; print(queue.__doc__)",
        lambda _: None,
        lambda p: p.write("lib/queue.py", "'ours'"),
    ),
    "data beside a module": (
        "import m",
        lambda p: do(
            p.write("lib/m.py", "from pathlib import Path\nprint((Path(__file__).parent / 'd.txt').read_text())"),
            p.write("lib/d.txt", "1"),
        ),
        lambda p: p.write("lib/d.txt", "2"),
    ),
    "the names in a folder": (
        "import m",
        lambda p: p.write("lib/m.py", "import os\nprint(sorted(os.listdir(os.path.dirname(__file__))))"),
        lambda p: p.write("lib/d.txt", ""),
    ),
    "a syntax error that is mended": (
        "import m; print(m.X)",
        lambda p: p.write("lib/m.py", "X = "),
        lambda p: p.write("lib/m.py", "X = 1"),
    ),
    "a module that is mended after it raised": (
        "import m; print(m.X)",
        lambda p: p.write("lib/m.py", "1 / 0"),
        lambda p: p.write("lib/m.py", "X = 1"),
    ),
    "a module that ended the process": (
        "import m; print(m.X)",
        lambda p: p.write("lib/m.py", "import os; os._exit(0)"),
        lambda p: p.write("lib/m.py", "X = 1"),
    ),
    "a module that killed the process": (
        "import m; print(m.X)",
        lambda p: p.write("lib/m.py", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
        lambda p: p.write("lib/m.py", "X = 1"),
    ),
    "a module in whose place a program was executed": (
        "import m, os; os.execv('/bin/echo', ['echo', m.X])",
        lambda p: p.write("lib/m.py", "X = '1'"),
        lambda p: p.write("lib/m.py", "X = '2'"),
    ),
    "a module that a fork imports": (
        "import os\nif not os.fork():\n    import m\n    print(m.X, flush=True)\n    os._exit(0)\nos.wait()",
        lambda p: p.write("lib/m.py", "X = 1"),
        lambda p: p.write("lib/m.py", "X = 2"),
    ),
    "a file that is run": (
        "import runpy, m; runpy.run_path(m.FILE)",
        lambda p: do(
            p.write("lib/m.py", "import os; FILE = os.path.join(os.path.dirname(__file__), 's.txt')"),
            p.write("lib/s.txt", "print(1)"),
        ),
        lambda p: p.write("lib/s.txt", "print(2)"),
    ),
    "an earlier folder of the import path": (
        "import m; print(m.X)",
        lambda p: do(p.use(in_path(p, "first", "lib")), p.write("lib/m.py", "X = 1")),
        lambda p: p.write("first/m.py", "X = 2"),
    ),
    "the order of the import path": (
        "import m; print(m.X)",
        lambda p: do(
            p.use(in_path(p, "first", "lib")),
            p.write("lib/m.py", "X = 1"),
            p.write("first/m.py", "X = 2"),
        ),
        lambda p: p.use(in_path(p, "lib", "first")),
    ),
    "a variable": (
        "import os; print(os.environ['MODE'])",
        lambda p: p.use(replace(p.settings, environment={"MODE": "1"})),
        lambda p: p.use(replace(p.settings, environment={"MODE": "2"})),
    ),
    "a module in a zip file": ("import zipped; print(zipped.X)", lambda p: zipped(p, 1), lambda p: zipped(p, 2)),
    "a module taken out of sys.modules": (
        "import m, sys; print(m.X); del sys.modules['m']",
        lambda p: p.write("lib/m.py", "X = 1"),
        lambda p: p.write("lib/m.py", "X = 2"),
    ),
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
}


def do(*_: object) -> None:
    """Let a function of one expression do several things."""


def in_path(project: Project, *folders: str) -> Settings:
    """Settings with folders of the project on the import path."""
    for folder in folders:
        (project.folder / folder).mkdir(exist_ok=True)
    return replace(project.settings, path=tuple(str(project.folder / folder) for folder in folders))


def zipped(project: Project, value: int) -> None:
    """Write a module into a zip file on the import path."""
    file = project.folder / "lib.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("zipped.py", f"X = {value}")
    project.settings = replace(project.settings, path=(str(file),))


@pytest.mark.parametrize("what", BEFORE_AND_AFTER)
def test_a_page_follows_what_its_program_uses(project: Project, what: str) -> None:
    """After an edit it shows what a build without a cache shows; and then nothing runs any more."""
    code, before, after = BEFORE_AND_AFTER[what]
    before(project)
    first = project.build([code])
    after(project)
    second = project.build([code])
    assert second == replace_cache(project).build([code])
    assert first != second
    if project.build([code]) and "exit 0" in second[0] and "execv" not in code:
        assert project.ran == []


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


def test_a_distribution_that_is_installed_again_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the list of its files, which has a digest of each; its version may be the same."""
    folder = tmp_path / "site"
    project = Project(tmp_path / "project", tmp_path / "cache", Settings(path=(str(folder),)))
    project.folder.mkdir()
    install(folder, "old")
    monkeypatch.syspath_prepend(folder)
    code = "import wheelish; print(wheelish.X)"
    assert project.build([code]) == ["old\nexit 0"]
    install(folder, "new")
    assert project.build([code]) == ["new\nexit 0"]


def install(folder: Path, value: str) -> None:
    """Install a distribution as pip does."""
    info = folder / "wheelish-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (folder / "wheelish.py").write_text(f"X = {value!r}")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wheelish\nVersion: 1.0\n")
    (info / "RECORD").write_text(f"wheelish.py,sha256={value},7\nwheelish-1.0.dist-info/METADATA,,\n")


PROGRAMS = [
    "import a; print(a.X)",
    "import pkg.b; print(pkg.b.X)",
    "try:\n    import c\n    print(c.X)\nexcept ImportError as error:\n    print('no c')",
    "import a, os\nprint(open(os.path.join(os.path.dirname(a.__file__), 'data.txt')).read())",
    "import os; print(os.environ.get('MODE'))",
    "print('alone')",
]


@pytest.mark.parametrize("seed", range(int(os.environ.get("AWAIT_VALIDITY_SEEDS", "4"))))
def test_after_any_edits_a_page_shows_what_a_build_without_a_cache_shows(tmp_path: Path, seed: int) -> None:
    """Two checkouts share a cache; an unchanged one runs nothing but what failed by chance."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    projects = [Project(tmp_path / name, tmp_path / "cache") for name in ("one", "two")]
    for project in projects:
        project.write("lib/pkg/__init__.py", "")
        project.settings = in_path(project, "first", "lib")
    for _ in range(6):
        project = chance.choice(projects)
        for _ in range(chance.randrange(1, 4)):
            edit(project, chance)
        pages = project.build(PROGRAMS)
        assert pages == replace_cache(project).build(PROGRAMS)
        assert project.build(PROGRAMS) == pages
        assert project.ran == []


def edit(project: Project, chance: random.Random) -> None:
    """Change something at random."""
    value = chance.randrange(3)
    place = chance.choice(["first", "lib"])
    name = chance.choice(["a.py", "pkg/b.py", "c.py", "data.txt", "c/__init__.py"])
    match chance.choice(["write", "write", "write", "remove", "break", "variable", "path"]):
        case "write":
            project.write(f"{place}/{name}", f"X = {value}\n")
        case "break":
            project.write(f"{place}/{name}", chance.choice(["X =", "1 / 0", "import nowhere"]))
        case "remove":
            (project.folder / place / name).unlink(missing_ok=True)
        case "variable":
            project.settings = replace(project.settings, environment={"MODE": str(value)})
        case "path":
            project.settings = in_path(project, *chance.choice([("first", "lib"), ("lib", "first"), ("lib",)]))
