"""What all tests share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from .support.examples import RANDOM, examples
from .support.sphinx_builds import expect_environment

# The same examples each time, so that a change is not blamed for what it did not cause. More: HYPOTHESIS=random.
settings.register_profile("fixed", derandomize=True, max_examples=examples())
if not RANDOM:
    settings.load_profile("fixed")

pytest_plugins = ["pytester"]  # for the tests of the pytest plugin

HERE = Path(__file__).parent
PROJECT = HERE.parent
SEED = HERE / "roots" / "seed" / "asyncio.md"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let expectations be written anew instead of compared."""
    parser.addoption("--regenerate", action="store_true", help="write the expectations of the corpus again")


@pytest.fixture(scope="session", autouse=True)
def _quiet_environment() -> None:
    """Nothing of the author's terminal changes what a test sees."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell does that to what it starts in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("FORCE_COLOR", "PY_COLORS", "COLUMNS"):
        os.environ.pop(name, None)
    os.environ["NO_COLOR"] = "1"
    # The runtime for browsers is 8 MB, and hardly a test needs it in what it builds.
    os.environ["SPHINX_AWAIT_RUNTIME"] = os.devnull
    # A build that a test starts fails at a deprecation of Sphinx, docutils or Python, as the tests themselves do.
    # Let through: MyST's own use of `app` in a transform and in `include`.
    os.environ["PYTHONWARNINGS"] = "error,ignore:'myst_parser.,ignore:::myst_parser.mocking"
    expect_environment()


def run_python(
    *arguments: str | Path, cwd: Path | None = None, timeout: float = 120, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run this Python with arguments and return what it printed and its exit status."""
    command = [sys.executable, *map(str, arguments)]
    env = {**os.environ, **(environment or {})}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False, env=env)


def seed_programs() -> list[str]:
    """The programs of the chapter that this project began with."""
    parts = SEED.read_text(encoding="utf-8").split("```python\n")[1:]
    return [part.partition("```")[0] for part in parts]
