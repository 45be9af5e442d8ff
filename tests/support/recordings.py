"""Recordings of programs that a test runs by itself, as an engine does."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from sphinx_await.core.model.recording import Recording
from sphinx_await.core.steps.builder import make_steps

from ..conftest import HERE
from .steps import check_steps

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx_await.core.steps.model import Steps

RECORDED = HERE / "core" / "recorded.py"


def steps_of_run(source: str, folder: Path) -> Steps:
    """The steps of a run; its program and its recording are written into a folder."""
    program, target = folder / "program.py", folder / "out.json"
    program.write_text(source, encoding="utf-8")
    command = [sys.executable, str(RECORDED), str(program), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode in {0, 1}, done.stderr
    recording = Recording.from_json(target.read_bytes())
    steps = make_steps(recording, source=source)
    if recording.tasks:
        check_steps(recording, steps)
    return steps
