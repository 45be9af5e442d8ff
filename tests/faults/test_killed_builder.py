"""A builder that is killed leaves no process, and keeps every recording that it had."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.model.recording import Recording

from .conftest import Project, offspring, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUICK, SLEEPING = 8, 5
#: Runs until it is ended, with a child in a session of its own that would outlive it.
SLEEPER = """
```python
import os, subprocess, sys, time
number = {number}
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(36000)"], start_new_session=True)
time.sleep(36000)
```
"""


def write(project: Project, sandbox: str, *, endless: bool) -> None:
    """Write a project of quick programs and endless ones, or of the quick ones and others that are quick too."""
    conf = f'extensions = ["myst_parser", "sphinx_await"]\nawait_run_fences = ["*"]\nawait_sandbox = "{sandbox}"\n'
    project.write("conf.py", f"{conf}await_timeout = 36000\n")
    quick = [f"\n```python\nprint('quick', {number})\n```\n" for number in range(QUICK)]
    others = [SLEEPER.format(number=number) for number in range(SLEEPING)]
    if not endless:
        others = [f"\n```python\nprint('instead', {number})\n```\n" for number in range(len(others))]
    project.write("index.md", "# Chapter\n" + "".join([*quick, *others]))


def kept(project: Project) -> dict[str, str]:
    """The recordings on disk that are whole."""
    found = {path.name: path.read_text(encoding="utf-8") for path in project.folder.glob(".await-cache/**/*.json")}
    for text in found.values():
        Recording.from_json(text)
    return found


@pytest.mark.parametrize("sandbox", ["auto", "off"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
def test_a_killed_builder_leaves_no_process_and_loses_no_recording(
    number: signal.Signals, sandbox: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Whatever ends it, all ends with it, and the next build runs only what had not ended."""
    project = Project(tmp_path / "project")
    write(project, sandbox, endless=True)
    (tmp_path / "tmp").mkdir()
    command = [sys.executable, "-m", "sphinx", "-b", "html", ".", "build/html"]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    with offspring() as started, (tmp_path / "output").open("wb") as output:
        builder = subprocess.Popen(
            command, cwd=project.folder, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        # One that was disturbed runs again when all others have ended, so here never.
        assert wait_until(lambda: len(kept(project)) >= QUICK // 2, 60)
        assert wait_until(lambda: len(started.alive()) > 2 * SLEEPING + 2, 60)
        before = kept(project)
        builder.send_signal(number)
        status = builder.wait(timeout=20)
        assert status != 0
        wait_until(lambda: not started.alive(), 20)
        assert started.alive() == []
    left = sorted(path.name for path in (tmp_path / "tmp").glob("sphinx-await-*"))
    record_property("left in the folder for temporary files", ", ".join(left))
    assert number != signal.SIGINT or left == []  # Ctrl-C is an orderly end
    after = kept(project)
    assert before.items() <= after.items()

    write(project, sandbox, endless=False)
    again = project.build()
    assert again.status == 0, again.err
    assert len(again.ran) == QUICK + SLEEPING - len(after)
    assert after.items() <= kept(project).items()
    assert all(f">quick {one}\n" in again.page() or f">quick {one}<" in again.page() for one in range(QUICK))
