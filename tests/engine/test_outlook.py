from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinx_await.engine.outlook import Outlook, outlook
from sphinx_await.engine.program import Program


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import a.b, c\nfrom d.e import f\nfrom . import g", Outlook(frozenset("acd"))),
        ("def f():\n    import a", Outlook(frozenset("a"))),
        ("time.sleep(2)\nasync def f(): await asyncio.sleep(0.5, 3)", Outlook(sleep=2.5)),
        ("sleep(1)", Outlook(sleep=1.0)),
        ("sleep(x)\nsleep()\nsleep('1')\nsleep(-1)\nsleep(1e999)\nwake(1)", Outlook()),
        (f"sleep({'9' * 400})", Outlook()),
        ("this is no Python", Outlook()),
        ("\0", Outlook()),
    ],
)
def test_a_source_tells_what_it_imports_and_how_long_it_sleeps(code: str, expected: Outlook) -> None:
    """Imports wherever they stand, and the seconds of calls of ``sleep`` that are written as numbers."""
    assert outlook(code) == expected


@given(st.text())
def test_any_text_has_an_outlook(code: str) -> None:
    """Whatever an author wrote, nothing is raised here: it is the program's own run that fails."""
    assert outlook(code).sleep >= 0


def test_what_was_measured_counts_more_than_what_is_written() -> None:
    """How long a program took before decides, where it is known, over what its source says."""
    assert Program(("sleep(1)", "sleep(2)")).seconds() == 3
    assert Program(("sleep(1)",), weight=5.0).seconds() == 5
