"""Builds whose programs run on workers: of a Dask scheduler on the loopback, and of executors of Python."""

from __future__ import annotations

import os
import re
import socket
import time
from typing import TYPE_CHECKING

import pytest

if "NOX_CURRENT_SESSION" not in os.environ:  # a session has everything that the tests need
    pytest.importorskip("distributed", reason="not all of the dependency group `tests` is installed")

from sphinx_await.core.model.recording import Recording

from ..support.dask_cluster import cluster
from .conftest import CONF, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..support.dask_cluster import Cluster
    from .conftest import Built

COUNT = 12
PROGRAM = "```python\nimport threading\nthreading.Event().wait({seconds})\nprint('printed by', {number})\n```\n\n"
#: Of a scheduler that does not answer; to wait for it takes a while.
IMPATIENT = (
    "import sphinx_await.engine.remote.pools as pools\npools._CONNECT = 0.5\n"
    "await_executor = 'dask'\nawait_executor_address = 'tcp://127.0.0.1:1'"
)
DASK = "await_executor = 'dask'\nawait_executor_address = {address!r}\n"


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler without workers."""
    folder = tmp_path / "dask"
    folder.mkdir()
    with cluster(folder) as started:
        yield started


def course(count: int = COUNT, seconds: float = 0.0) -> str:
    """A page of programs."""
    return "# Course\n\n" + "".join(PROGRAM.format(number=number, seconds=seconds) for number in range(count))


def visible(built: Built) -> list[int]:
    """What programs printed, as the page shows it."""
    return [int(number) for number in re.findall(r">printed by (\d+)", built.page())]


def test_a_course_runs_on_the_workers_of_a_scheduler(project: Project, scheduler: Cluster) -> None:
    """Pages are those of a build on this machine, and the next build runs nothing."""
    project.write("index.md", course() + "```python\n1 / 0\n```\n")
    here = project.build("-D", "await_on_error=warn", folder="here")
    assert visible(here) == [*range(COUNT)]
    (project.folder / ".await-cache").rename(project.folder / "other-cache")
    for _ in range(2):
        scheduler.start_worker()
    project.write("conf.py", CONF + DASK.format(address=scheduler.address))
    built = project.build("-D", "await_on_error=warn")
    assert built.status == 0, built.err
    assert len(built.ran) == COUNT + 1
    assert visible(built) == [*range(COUNT)]
    assert [line.partition("index.md")[2] for line in built.err.splitlines()] == [
        line.partition("index.md")[2] for line in here.err.splitlines()
    ]
    assert "ZeroDivisionError" in built.err
    kept = [*(project.folder / ".await-cache").glob("*.json")]
    assert {Recording.from_json(path.read_bytes()).machine for path in kept} == {socket.gethostname()}
    published = [content for name, content in built.files().items() if name.endswith(".json")]
    assert not any(b"machine" in content and socket.gethostname().encode() in content for content in published)
    assert project.build("-D", "await_on_error=warn").ran == []
    project.write("conf.py", CONF)
    assert project.build("-D", "await_on_error=warn", folder="again").ran == []


def test_the_programs_of_a_lost_worker_run_again(project: Project, scheduler: Cluster) -> None:
    """A worker that is killed in the middle costs time, and nothing else."""
    lost, _ = (scheduler.start_worker() for _ in range(2))
    project.write("index.md", course(seconds=0.3))
    killing = (
        "import os, signal\nimport sphinx_await.sphinxext.recordings as recordings\n"
        "def kill(done, of):\n    if done == 2:\n"
        f"        os.kill({lost.pid}, signal.SIGKILL)\nrecordings.on_progress = kill\n"
    )
    project.write("conf.py", CONF + DASK.format(address=scheduler.address) + killing)
    built = project.build("-W")
    assert (built.status, built.err) == (0, "")
    assert lost.wait(20) < 0
    assert visible(built) == [*range(COUNT)]
    assert len(built.ran) == COUNT


def install(folder: Path, version: str) -> Path:
    """Install a package of one module into a folder."""
    information = folder / f"greeting-{version}.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: greeting\nVersion: {version}\n")
    (information / "RECORD").write_text(f"greeting.py,,\ngreeting-{version}.dist-info/METADATA,,\n")
    (folder / "greeting.py").write_text(f"WORDS = 'printed by {version[0]}'\n")
    return folder


def test_a_worker_with_other_packages_is_refused(project: Project, scheduler: Cluster, tmp_path: Path) -> None:
    """A warning says what it has, and others do its work."""
    here, there = install(tmp_path / "here", "1.0"), install(tmp_path / "there", "2.0")
    scheduler.start_worker(there)
    scheduler.start_worker(here)
    project.write("index.md", "# Course\n\n```python\nimport greeting\nprint(greeting.WORDS)\n```\n\n" + course(8, 0.1))
    path = f"import sys\nsys.path.insert(0, {str(here)!r})\n"
    project.write("conf.py", path + CONF + DASK.format(address=scheduler.address))
    built = project.build()
    assert built.status == 0, built.err
    refusal = r"await_executor: tcp://127.0.0.1:\d+ has greeting 2.0, and this build greeting 1.0; its recordings are "
    assert re.search(refusal + r"not taken \[await.executor\]", built.err), built.err
    assert visible(built) == [1, *range(8)]


def test_no_worker_that_may_run_programs_is_an_error(project: Project, scheduler: Cluster, tmp_path: Path) -> None:
    """Nothing runs where it was not to run, and the error says why."""
    project.write("index.md", course(1))
    project.write("conf.py", CONF + DASK.format(address=scheduler.address))
    other = tmp_path / "other"
    (other / "sphinx_await").mkdir(parents=True)
    (other / "sphinx_await" / "__init__.py").write_text("")
    scheduler.start_worker(other)
    built = project.build()
    assert built.status == 2
    assert re.search(r"no worker can run programs: tcp://\S+ has no sphinx-await that takes programs", built.err)


def test_a_handed_over_executor_is_enough(project: Project) -> None:
    """No Dask is imported for it, or for a project without any."""
    project.write("index.md", course(4))
    says = (
        "import sys\ndef setup(app):\n    app.connect('build-finished', lambda *_: print('imported:', "
        "[name for name in ('dask', 'distributed', 'sphinx_await.engine.remote') if name in sys.modules]))\n"
    )
    project.write("conf.py", CONF + says)
    assert "imported: []" in project.build().out
    own = "def await_executor():\n    from concurrent.futures import ThreadPoolExecutor\n"
    project.write("conf.py", f"{CONF}{says}{own}    return ThreadPoolExecutor(2)\nawait_cache_dir = 'other'\n")
    built = project.build("-W", "-E")
    assert (built.status, built.err) == (0, "")
    assert len(built.ran) == 4
    assert visible(built) == [*range(4)]
    assert "imported: ['sphinx_await.engine.remote']" in built.out
    unchanged = project.build("-W")
    assert unchanged.ran == []
    assert "imported: []" in unchanged.out


@pytest.mark.parametrize(
    ("conf", "error"),
    [
        ("await_executor = 'ray'", "await_executor: 'dask', an executor of concurrent.futures or a function"),
        ("await_executor = 4", "await_executor: 'dask', an executor of concurrent.futures or a function"),
        ("await_executor_address = 'tcp://host:1'", "await_executor_address: it is the address of 'dask'"),
        ("await_executor = 'dask'", "await_executor_address: the address of a Dask scheduler expected"),
        ("await_executor = lambda: None", "await_executor: an executor expected, found None"),
        (
            "import sys\nsys.modules['distributed'] = None\nawait_executor = 'dask'",
            "await_executor is 'dask', and Dask is missing: pip install 'sphinx-await[dask]'",
        ),
        (IMPATIENT, "await_executor_address: no scheduler answers at tcp://127.0.0.1:1"),
        (
            "await_executor = 'dask'\nawait_executor_address = 'nonsense://x'",
            "await_executor_address: no scheduler answers at nonsense://x",
        ),
    ],
)
def test_what_is_no_executor_is_an_error(conf: str, error: str, project: Project) -> None:
    """It names the value and says what is expected."""
    project.write("index.md", course(1))
    project.write("conf.py", f"{CONF}{conf}\n")
    built = project.build()
    assert built.status == 2
    assert error in built.err


def test_a_scheduler_that_stops_in_the_middle_is_an_error(project: Project, tmp_path: Path) -> None:
    """What came back before is kept."""
    folder = tmp_path / "dask"
    folder.mkdir()
    with cluster(folder, workers=1) as started:
        project.write("index.md", course(seconds=0.2))
        pid = started.scheduler.pid
        killing = (
            "import os, signal\nimport sphinx_await.sphinxext.recordings as recordings\n"
            f"def kill(done, of):\n    if done == 2:\n        os.kill({pid}, signal.SIGKILL)\n"
            "recordings.on_progress = kill\n"
        )
        project.write("conf.py", CONF + DASK.format(address=started.address) + killing)
        begun = time.monotonic()
        built = project.build()
        assert time.monotonic() - begun < 60
        assert built.status == 2
        assert "await_executor: the scheduler is gone" in built.err
    kept = len([*(project.folder / ".await-cache").glob("*.json")])
    assert kept >= 2
    project.write("conf.py", CONF)
    again = project.build()
    assert len(again.ran) == COUNT - kept
    assert visible(again) == [*range(COUNT)]
