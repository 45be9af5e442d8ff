"""Programs that run on another Python than Sphinx's: ``await_python``."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import venv
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from sphinx_await.core.model.recording import Recording
from sphinx_await.engine.other_python import interpreter_at
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..conftest import PROJECT, run_python

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Project

pytestmark = pytest.mark.skipif(os.name == "nt", reason="an environment has its Python at another place")

CONF = 'language = "en"\nawait_python = "env"\nexclude_patterns = ["env", "build"]\n'
USES_IT = "import only_there\nprint(only_there.words)\n"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a virtual environment of this Python that has nothing."""
    folder = tmp_path_factory.mktemp("environment") / "env"
    venv.create(folder, symlinks=True)
    return folder


@pytest.fixture
def there(made: Path, project: Project) -> Path:
    """Give an environment in the folder of the project, and where it has its packages."""
    env = project.folder / "env"
    shutil.copytree(made, env, symlinks=True)
    project.write("conf.py", project.read("conf.py") + CONF)
    (packages,) = env.glob("lib/python*/site-packages")
    install(packages, "from there")
    return packages


def install(packages: Path, words: str, version: str = "1.0") -> None:
    """Put a module of a distribution into an environment."""
    (packages / "only_there.py").write_text(f"words = {words!r}\n")
    info = packages / "only_there-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: only-there\nVersion: {version}\n")
    files = ("only_there.py", f"{info.name}/METADATA", f"{info.name}/RECORD")
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in files))
    os.utime(info / "RECORD", (0, 0))  # what is newer was edited


def fenced(code: str) -> str:
    """A page with one program."""
    return f"# A\n\n```python\n{code}```\n"


def printed(page: str) -> list[str]:
    """The lines of output that a page shows."""
    return [one.get_text() for one in BeautifulSoup(page, "html.parser").select(".await-text")]


def other_pythons() -> list[str]:
    """Supported Pythons of other versions: those on the path, and those of nox's sessions."""
    others = [minor for minor in range(11, 20) if minor != sys.version_info.minor]
    named = [(shutil.which(f"python3.{one}"), str(PROJECT / f".nox/tests_on-3-{one}/bin/python")) for one in others]
    usable = [[path for path in paths if path and is_usable(path)] for paths in named]
    return [paths[0] for paths in usable if paths]


def run_of(python: str, code: str) -> str:
    """What a Python prints."""
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def is_usable(path: str) -> bool:
    """Whether there is a Python that starts: a name on the path may belong to one that is not installed."""
    with contextlib.suppress(OSError):
        return subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0
    return False


def test_programs_import_from_that_environment_and_not_from_sphinxs(project: Project, there: Path) -> None:
    """It has no Sphinx and gets none, and nothing is written there. Folders that conf.py adds are the project's."""
    project.write("conf.py", "import sys\nsys.path.insert(0, 'ours')\n" + project.read("conf.py"))
    project.write("ours/of_project.py", "words = 'from the project'\n")
    refused = "try:\n    import sphinx\nexcept ImportError as error:\n    print(error)\n"
    project.write("index.md", fenced(f"{USES_IT}{refused}import of_project\nprint(of_project.words)\n"))
    before = sorted(there.parent.parent.parent.rglob("*"))
    built = project.build("-W")
    assert built.status == 0, built.err
    assert printed(built.page()) == ["from there", "No module named 'sphinx'", "from the project"]
    assert sorted(there.parent.parent.parent.rglob("*")) == before


def test_what_only_sphinx_has_is_named_as_that(project: Project, there: Path) -> None:
    """An author who sees the package in the list of what is installed looks at another environment."""
    assert there.is_dir()
    project.write("index.md", fenced("import docutils\n"))
    built = project.build("-D", "await_on_error=warn")
    assert "`docutils` is installed for Sphinx, and not for the Python of `await_python`" in built.err


def test_its_folders_are_shown_nowhere(project: Project, there: Path) -> None:
    """Neither where it is nor where a module of it lies."""
    project.write("index.md", fenced(f"import sys\n{USES_IT}print(sys.prefix, only_there.__file__)\n1 / 0\n"))
    built = project.build("-D", "await_on_error=warn")
    assert there.is_dir()
    assert str(project.folder) not in built.page()
    assert "only_there.py" in built.page()


def test_a_recording_is_valid_while_that_environment_is_as_it_was(project: Project, there: Path) -> None:
    """An edited module, another version, a package that comes: each runs again what imports it, and nothing else."""
    asks = "try:\n    import comes_later\nexcept ImportError:\n    print('not yet')\n"
    project.write("index.md", f"{fenced(USES_IT)}\n```python\n{asks}```\n\n```python\nprint(1)\n```\n")
    assert len(project.build("-W").ran) == 3
    assert project.build("-W", "-E").ran == []
    install(there, "mended")
    assert printed(project.build("-W").page())[:1] == ["mended"]
    install(there, "mended", version="2.0")
    assert len(project.build("-W").ran) == 1
    (there / "comes_later.py").touch()
    assert len(project.build("-W").ran) == 1
    assert project.build("-W", "-D", "await_execute=cached", "-E").status == 0


def test_what_another_environment_recorded_is_not_taken(project: Project, there: Path) -> None:
    """Though it is one of the same Python."""
    project.write("index.md", fenced("import sys\nprint(sys.prefix == sys.base_prefix)\n"))
    assert there.is_dir()
    assert project.build("-W").ran
    assert project.build("-W", "-D", "await_python=").ran


def test_the_package_is_there_for_programs_that_display_something(project: Project, there: Path) -> None:
    """``sphinx_await`` itself can be imported though it is not installed."""
    assert there.is_dir()
    project.write("index.md", fenced("from sphinx_await import display\ndisplay('shown')\n"))
    built = project.build("-W")
    assert built.status == 0, built.err
    assert "shown" in printed(built.page())
    assert project.build("-W", "-E").ran == []


@pytest.mark.parametrize("fork", [False, *([True] if sys.platform == "linux" else [])])
def test_either_way_of_starting_programs_uses_it(made: Path, fork: bool) -> None:
    """A fork server, and a fresh interpreter for each."""
    code = "import asyncio, sys\nasyncio.run(asyncio.sleep(0.01))\nprint(sys.prefix)\n"
    with Engine(Settings(interpreter=interpreter_at(str(made)), fork=fork)) as engine:
        (result,) = engine.run([Program((code,), 20.0)])
    assert "".join(output.text for output in result.recording.outputs) == f"{made}\n"
    assert [task.coro for task in result.recording.tasks] == ["sleep"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("nowhere", "there is no .*nowhere, and no command nowhere; name a Python, or the folder"),
        ("empty", "empty is a folder without bin/python, so it is no virtual environment"),
        ("conf.py", r"conf\.py cannot be started: Permission denied"),
        ("false", "false is no Python that can run programs"),
        ("old", r"old is Python 3\.9\.2; programs need 3\.11 or newer"),
        ("talks", "talks is no Python that can run programs: what is this"),
    ],
)
def test_what_is_no_python_for_programs_ends_the_build(project: Project, given: str, words: str) -> None:
    """Before a page is read."""
    (project.folder / "empty").mkdir()
    for name, text in (("old", "echo '{\"version\": [3, 9, 2]}'"), ("talks", "echo what is this >&2; exit 1")):
        project.write(name, f"#!/bin/sh\n{text}\n")
        (project.folder / name).chmod(0o755)
    project.write("index.md", fenced("print(1)\n"))
    built = project.build("-D", f"await_python={given}")
    assert built.status
    assert re.search(rf"await_python: {words}" if given == "nowhere" else rf"await_python: .*{words}", built.err)
    assert project.build("-D", f"await_python={given}", "-D", "await_execute=off", folder="code").status == 0


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("await_hosts = {'a.example': 'A'}", "has no aiohttp and no trustme, which await_hosts needs there"),
        ("await_executor = 'dask'", "await_python: workers run programs on their own Python"),
        ("await_python = 5", "await_python: "),
    ],
)
def test_what_cannot_go_with_it_is_refused(project: Project, there: Path, value: str, words: str) -> None:
    """Mock servers run on it, too; and workers have their own."""
    assert there.is_dir()
    project.write("conf.py", f"{project.read('conf.py')}{value}\n")
    project.write("index.md", fenced("print(1)\n"))
    built = project.build()
    assert built.status
    assert words in built.err


def test_commands_take_it_as_an_option(project: Project, there: Path) -> None:
    """``run`` and ``triage``, from the folder in which they are started; and ``run`` from conf.py, too."""
    assert there.is_dir()
    project.write("program.py", USES_IT)
    project.write("index.md", fenced(USES_IT))
    for words in (("--python", "env"), ("--conf", ".")):
        ran = run_python("-m", "sphinx_await", "run", "program.py", *words, cwd=project.folder)
        assert "from there" in ran.stdout, ran.stderr
    project.write("conf.py", project.read("conf.py").replace("await_python", "other"))
    tried = [
        run_python("-m", "sphinx_await", "triage", *words, cwd=project.folder) for words in ((), ("--python", "env"))
    ]
    assert [one.returncode for one in tried] == [1, 0], tried[1].stdout


def test_pytest_runs_programs_on_it(project: Project, there: Path) -> None:
    """By conf.py, or by its own configuration where there is none; what a build has recorded is used."""
    assert there.is_dir()
    project.write("index.md", fenced(USES_IT))
    words = ("-m", "pytest", "--await", "-q", "-p", "no:cacheprovider")
    for configuration in ("[pytest]\n", "[pytest]\nawait_python = env\nawait_run_fences = **\n"):
        project.write("pytest.ini", configuration)
        ran = run_python(*words, "index.md", cwd=project.folder)
        assert "1 passed" in ran.stdout, ran.stdout + ran.stderr
        if "await_python" not in configuration:
            (project.folder / "conf.py").unlink()


@pytest.mark.skipif(not other_pythons(), reason="there is no other supported Python on the path")
@pytest.mark.parametrize("python", other_pythons())
def test_another_version_decides_what_runs_and_is_what_pages_name(project: Project, python: str) -> None:
    """Its tasks are recorded as those of this one, and a program for this one alone says what did not run it."""
    minor = run_of(python, "import sys; print(sys.version_info.minor)")
    project.write("conf.py", f"{project.read('conf.py')}language = 'en'\nawait_python = {python!r}\n")
    tasks = "import asyncio\n\nasync def main():\n    await asyncio.gather(asyncio.sleep(0.1), asyncio.sleep(0.2))\n\n"
    runs = f"{tasks}asyncio.run(main())\nimport sys\nprint('minor', sys.version_info.minor)\n"
    ours = f"==3.{sys.version_info.minor}.*"
    project.write("index.md", f'{fenced(runs)}\n<!-- await: python="{ours}" -->\n```python\nprint("never")\n```\n')
    built = project.build("-W")
    assert built.status == 0, built.err
    page = BeautifulSoup(built.page(), "html.parser").get_text()
    assert f"minor {minor}" in page
    assert re.search(rf"Not run with CPython 3\.{minor}\.\d+: this program is for Python {re.escape(ours)}", page)
    (recording,) = (Recording.from_json(one.read_bytes()) for one in (project.folder / ".await-cache").glob("*.json"))
    assert recording.python.startswith(f"CPython 3.{minor}.")
    assert [task.coro for task in recording.tasks] == ["main", "sleep", "sleep"]
    assert project.build("-W", "-E").ran == []
