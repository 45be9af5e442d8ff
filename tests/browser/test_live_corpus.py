"""The corpus in the browser: the same programs, the same expectations as on CPython.

Where the browser's Python, which is newer, does otherwise, `corpus/browser` has a file of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..corpus.expected import VERSIONS, lines_for
from ..corpus.story import NOT_IN_THE_BROWSER, story
from .live import run

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROGRAMS = sorted((Path(__file__).parent.parent / "corpus" / "programs").glob("*.py"))
OWN = Path(__file__).parent.parent / "corpus" / "browser"
CANNOT = [path for path in PROGRAMS if path.read_text(encoding="utf-8").startswith(NOT_IN_THE_BROWSER)]
CAN = [path for path in PROGRAMS if path not in CANNOT]


@pytest.mark.parametrize("path", CAN, ids=lambda path: path.stem)
def test_a_recording_tells_what_the_program_did(path: Path, lab: Page, request: pytest.FixtureRequest) -> None:
    """Who ran, what was awaited at which line, who woke whom, how it ended: as at build."""
    told = run(lab, path.read_text(encoding="utf-8"))
    assert told.error is None
    assert told.recording is not None
    lines, own = story(told.recording), OWN / f"{path.stem}.expected"
    common = lines_for(path.with_suffix(".expected").read_text(encoding="utf-8"), VERSIONS[-1])
    if request.config.getoption("--regenerate"):
        own.unlink(missing_ok=True)
        if lines != common:
            own.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    else:
        assert lines == (own.read_text(encoding="utf-8").splitlines() if own.exists() else common)


def test_most_programs_run_in_the_browser() -> None:
    """What cannot says why in its first line; what differs is little, and a program of the corpus."""
    assert len(CAN) >= 35
    assert {path.stem for path in OWN.glob("*.expected")} <= {path.stem for path in CAN}
