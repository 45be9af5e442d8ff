"""The corpus in the browser: the same programs, the same expectations as on CPython."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..corpus.expected import VERSIONS, lines_for
from ..corpus.transcript import NOT_IN_THE_BROWSER, transcript
from .live import run

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.programs
PROGRAMS = sorted((Path(__file__).parent.parent / "corpus" / "programs").glob("*.py"))
CANNOT = [path for path in PROGRAMS if path.read_text(encoding="utf-8").startswith(NOT_IN_THE_BROWSER)]
CAN = [path for path in PROGRAMS if path not in CANNOT]


#: Where timers are a few milliseconds apart, a pause of the machine's changes their order: so often it is tried.
TRIES = 3


@pytest.mark.parametrize("path", CAN, ids=lambda path: path.stem)
def test_a_recording_has_what_the_program_did(path: Path, lab: Page) -> None:
    """Who ran, what was awaited at which line, who woke whom, how it ended: as at build."""
    expected = lines_for(path.with_suffix(".expected").read_text(encoding="utf-8"), VERSIONS[-1])
    lines: list[str] = []
    for _ in range(TRIES):
        ran = run(lab, path.read_text(encoding="utf-8"))
        assert ran.error is None
        assert ran.recording is not None
        lines = transcript(ran.recording)
        if lines == expected:
            break
    assert lines == expected


def test_most_programs_run_in_the_browser() -> None:
    """What cannot says why in its first line."""
    assert len(CAN) >= 35
