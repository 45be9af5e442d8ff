"""The recorder observes and does not disturb: what a program prints is the same with it and without it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from ..conftest import HERE

PROGRAMS = sorted((HERE / "corpus" / "visible").glob("*.py"))
BESIDE = Path(__file__).parent / "beside.py"
LOOPS = ["", *(["uvloop"] if find_spec("uvloop") else [])]
#: Addresses and thread numbers, durations, moments of timers.
_CHANGING = re.compile(r"0x[0-9a-f]+|\b\d{9,}\b|\b\d+\.\d{3,}\b(?: seconds)?")

#: Programs that show the stack of a callback, or count references while one runs.
WRAPPED = {"lifetimes", "stacks", "tracebacks"}
#: And those that show where something was made, as debug mode does.
SHOWN_IN_DEBUG = {"reprs", "warnings"}
#: Debug mode warns of slow steps, which depends on the machine.
_SLOW = re.compile(r"Executing <.* took #")


def run(how: str, program: Path, loop: str, *, debug: bool) -> list[object]:
    """Exit status and lines of a program that is watched or not; addresses and durations are not compared."""
    environment = {**os.environ, "PYTHONASYNCIODEBUG": "1" if debug else ""}
    mode = ["-X", "dev"] if debug else []
    done = subprocess.run(
        [sys.executable, *mode, BESIDE, how, program, *filter(None, [loop])],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    text = f"{done.stdout}\n--- stderr\n{done.stderr}"
    lines = _CHANGING.sub("#", text).splitlines()
    return [done.returncode, *(line for line in lines if not _SLOW.match(line))]


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop or "asyncio")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_sees_no_recorder(request: pytest.FixtureRequest, program: Path, loop: str, *, debug: bool) -> None:
    """Reprs, names, stacks, tracebacks, warnings, order, lifetimes and exit status are as without the recorder."""
    if loop == "uvloop" and program.stem in WRAPPED | (SHOWN_IN_DEBUG if debug else set()):
        reason = "uvloop's callbacks are wrapped, since its loop has no Python source: they have one frame more"
        request.applymarker(pytest.mark.xfail(strict=True, reason=reason))
    assert run("watched", program, loop, debug=debug) == run("plain", program, loop, debug=debug)
