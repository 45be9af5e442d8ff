from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinx_await.engine.program import Program
from sphinx_await.engine.source_hints import SourceHints, first_import, reads_clock, source_hints


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import a.b, c\nfrom d.e import f\nfrom . import g", SourceHints(frozenset("acd"))),
        ("def f():\n    import a", SourceHints(frozenset("a"))),
        ("time.sleep(2)\nasync def f(): await asyncio.sleep(0.5, 3)", SourceHints(sleep=2.5)),
        ("sleep(1)", SourceHints(sleep=1.0)),
        ("sleep(x)\nsleep()\nsleep('1')\nsleep(-1)\nsleep(1e999)\nwake(1)", SourceHints()),
        (f"sleep({'9' * 400})", SourceHints()),
        ("this is no Python", SourceHints()),
        ("\0", SourceHints()),
        ("+".join(["1"] * 20_000), SourceHints()),
        ("-" * 20_000 + "1", SourceHints()),
        ("x" + ".a" * 20_000, SourceHints()),
        ("(" * 5_000, SourceHints()),
    ],
)
def test_a_source_shows_what_it_imports_and_how_long_it_sleeps(code: str, expected: SourceHints) -> None:
    """Imports wherever they stand, and the seconds of calls of ``sleep`` that are written as numbers."""
    assert source_hints(code) == expected


@given(st.text())
def test_any_text_has_an_outlook(code: str) -> None:
    """Whatever an author wrote, nothing is raised here: it is the program's own run that fails."""
    assert source_hints(code).sleep >= 0


def test_what_was_measured_counts_more_than_what_is_written() -> None:
    """How long a program took before decides, where it is known, over what its source says."""
    assert Program(("sleep(1)", "sleep(2)")).seconds() == 3
    assert Program(("sleep(1)",), weight=5.0).seconds() == 5


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("import time\nbegin = time.time()", True),
        ("import time\nnow = time.time\nnow()", True),
        ("from time import time as now\nnow()", True),
        ("from time import perf_counter", True),
        ("import time\ntime.clock_gettime(time.CLOCK_MONOTONIC)", True),
        ("import datetime\nprint(datetime.datetime.now() - begin)", True),
        ("import os\nos.times()", True),
        ("asyncio.get_running_loop().time()", True),
        ("import time\ntime.sleep(1)", False),
        ("import datetime\ndatetime.time(10, 30)", False),
        ("timeout = 3", False),
    ],
)
def test_a_program_that_reads_a_clock_is_known(code: str, reads: bool) -> None:
    """By whatever name it calls it."""
    assert reads_clock(code) is reads


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import asyncio", True),
        ("import asyncio as aio  # short\n", True),
        ("from asyncio import run, sleep\n", True),
        ("# a comment\n\nfrom collections import deque\nimport sys\nimport asyncio\nprint()", True),
        ("print(1)\nimport asyncio", False),
        ("import asyncio; print(1)", False),
        ("import turtle\nimport asyncio", False),
        ("import asyncio_helper\nimport asyncio", False),
        ("import asyncio, other", False),
        ("import asyncio.subprocess", False),
        ("if True:\n    import asyncio", False),
        ("import sys, other\nimport asyncio", False),
        ("import sys; sys.modules.clear()\nimport asyncio", False),
        ("x = '''\nimport asyncio\n'''", False),
    ],
)
def test_asyncio_comes_first_only_if_nothing_happens_before(code: str, found: bool) -> None:
    """Imports that only define names may come before it; with anything else nobody can be sure."""
    assert first_import(code) == ("asyncio" if found else "")
