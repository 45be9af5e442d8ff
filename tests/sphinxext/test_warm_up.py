"""When a build starts what programs are forked from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..conftest import PROJECT, run_python
from ..faults.conftest import offspring, wait_until

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

CONF = """
import sys

extensions = ["myst_parser", "sphinx_await"]
await_run_fences = ["*"]
seen = []
names = {"sphinx_await.engine.scheduler", "sphinx_await.engine.engine_process.builder"}

def note(app, docname, content):
    seen.append(not names.isdisjoint(sys.modules))

def say(app, exception):
    print("AT THE FIRST PAGE:", seen[0], "AT THE END:", not names.isdisjoint(sys.modules))

def setup(app):
    app.connect("source-read", note)
    app.connect("build-finished", say)
"""
PROGRAM = "# Page\n\n```python\nimport asyncio\nprint(asyncio.run(asyncio.sleep(0, 1)))\n```\n"


def sphinx_build(folder: Path, page: str, *options: str, conf: str = CONF) -> CompletedProcess[str]:
    """Build a page."""
    (folder / "conf.py").write_text(conf)
    (folder / "index.md").write_text(page)
    arguments: tuple[str | Path, ...] = ("-m", "sphinx", *options, folder, folder / "out")
    return run_python(*arguments, environment={"PYTHONPATH": str(PROJECT / "extensions")})


def build(folder: Path, page: str, *options: str) -> str:
    """Build a page, and say when the engine was there."""
    done = sphinx_build(folder, page, *options)
    assert done.returncode == 0, done.stderr
    return next(line for line in done.stdout.splitlines() if line.startswith("AT THE FIRST PAGE"))


def test_without_recordings_the_engine_starts_before_pages_are_read(tmp_path: Path) -> None:
    """It takes as long to start as Sphinx to read a chapter."""
    assert build(tmp_path, PROGRAM) == "AT THE FIRST PAGE: True AT THE END: True"


def test_with_recordings_it_starts_when_a_program_is_new(tmp_path: Path) -> None:
    """An edit of the prose starts nothing, and one of a program what it needs."""
    build(tmp_path, PROGRAM)
    assert build(tmp_path, f"{PROGRAM}\nProse.\n") == "AT THE FIRST PAGE: False AT THE END: False"
    assert build(tmp_path, PROGRAM.replace("0, 1", "0, 2")) == "AT THE FIRST PAGE: False AT THE END: True"


@pytest.mark.parametrize("options", [("-D", "await_execute=off"), ("-D", "await_execute=cached"), ("-b", "gettext")])
def test_a_build_that_runs_nothing_starts_none(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Nothing is warmed up in vain."""
    page = PROGRAM if "await_execute=cached" not in options else "# Page\n\n`python` and its `import asyncio`.\n"
    assert build(tmp_path, page, *options) == "AT THE FIRST PAGE: False AT THE END: False"


def test_a_course_without_programs_starts_none(tmp_path: Path) -> None:
    """Its pages are prose."""
    assert build(tmp_path, "# Page\n\nNothing runs here.\n") == "AT THE FIRST PAGE: False AT THE END: False"


def test_a_disk_without_room_fails_only_a_build_that_runs_something(tmp_path: Path) -> None:
    """Prose about Python needs no process, whatever the warm-up takes its words for."""
    full = """
from sphinx_await.engine import scheduler

def refuse(settings):
    raise OSError(28, "No space left on device")

scheduler._backend = refuse
"""
    prose = "# Page\n\nOf `python`.\n"
    assert sphinx_build(tmp_path, prose, conf=CONF + full).returncode == 0
    refused = sphinx_build(tmp_path, PROGRAM, conf=CONF + full)
    assert refused.returncode == 2
    assert "programs cannot be prepared: No space left on device" in refused.stderr


#: The second page is not read before the program of the first one has come to a server of the build.
WAITS = """
import socket
{before}
extensions = ["myst_parser", "sphinx_await"]
await_run_fences = ["*"]
await_network = True
server = socket.create_server(("127.0.0.1", 0))
server.settimeout({seconds})

def wait(app, docname, content):
    if docname == "index":
        content[0] = content[0].replace("PORT", str(server.getsockname()[1]))
    else:
        try:
            server.accept()[0].close()
            print("CAME MEANWHILE")
        except TimeoutError:
            pass

def setup(app):
    app.connect("source-read", wait)
"""
VISIT = """# Page

```python
import socket
print(socket.create_connection(("127.0.0.1", PORT)).close())
```

```{toctree}
later
```
"""


@pytest.mark.parametrize(
    ("before", "seconds", "options", "came"),
    [
        ("", 60, (), True),
        ("import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()", 2, (), False),
        ("", 2, ("-D", "await_execute=cached"), False),
    ],
    ids=["alone", "with another thread", "nothing may run"],
)
def test_without_recordings_programs_run_while_pages_are_read(
    before: str, seconds: int, options: tuple[str, ...], *, came: bool, tmp_path: Path
) -> None:
    """That takes a fork of the build, which has none of its other threads: with such, programs run later."""
    (tmp_path / "later.md").write_text("# Later\n\n```python\nprint('later')\n```\n")
    done = sphinx_build(tmp_path, VISIT, *options, conf=WAITS.format(before=before, seconds=seconds))
    assert ("CAME MEANWHILE" in done.stdout) is came, done.stderr
    if "await_execute=cached" not in options:
        assert done.returncode == 0, done.stderr
        assert "later" in (tmp_path / "out" / "later.html").read_text(encoding="utf-8")


def test_nothing_is_left_where_a_page_cannot_be_read(tmp_path: Path) -> None:
    """A program that runs meanwhile ends with the build."""
    conf = """
extensions = ["myst_parser", "sphinx_await"]
await_run_fences = ["*"]
await_timeout = 600

def fail(app, docname, content):
    if docname == "later":
        raise ValueError("this page cannot be read")

def setup(app):
    app.connect("source-read", fail)
"""
    (tmp_path / "later.md").write_text("# Later\n")
    sleeper = VISIT.replace("import socket", "import time\ntime.sleep(600)")
    with offspring() as started:
        done = sphinx_build(tmp_path, sleeper, conf=conf)
        assert done.returncode != 0
        assert "this page cannot be read" in done.stderr
        assert wait_until(lambda: not started.alive(), 20)
