"""The course of this repository: what its chapters promise a reader."""

from __future__ import annotations

import re
import runpy

import pytest

from sphinx_await.core.validation.expected_output import find_expectation

from ..conftest import PROJECT

CONF = runpy.run_path(str(PROJECT / "conf.py"))
SOURCE = PROJECT / "source"
#: The documents whose fences run, as their names without a suffix.
CHAPTERS = tuple(
    sorted(
        found.relative_to(SOURCE).with_suffix("").as_posix()
        for pattern in CONF["await_run_fences"]
        for found in SOURCE.glob(f"{pattern}.md")
    )
)
_FENCE = re.compile(r"(?:<!-- await: ([^\n]*) -->\n)?```python\n(.*?)```\n", re.DOTALL)


def programs() -> list[tuple[str, str, str]]:
    """Each program of the chapters: its place, its options and its code."""
    found = []
    for name in CHAPTERS:
        text = (SOURCE / f"{name}.md").read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            line = text.count("\n", 0, match.start(2)) + 1
            found.append((f"{name}.md:{line}", match[1] or "", match[2]))
    return found


def test_every_program_is_found() -> None:
    """No fence of Python is written in a way that the tests of this file overlook."""
    texts = [(SOURCE / f"{name}.md").read_text(encoding="utf-8") for name in CHAPTERS]
    assert len(programs()) == sum(text.count("```python") for text in texts)


@pytest.mark.parametrize(
    ("options", "code"), [program[1:] for program in programs()], ids=[program[0] for program in programs()]
)
def test_a_program_says_what_it_prints(options: str, code: str) -> None:
    """Every program but the seed's first says what it prints, or says that it cannot."""
    in_the_seed = "results = await asyncio.gather(*tasks)" in code
    assert in_the_seed or "expect=off" in options.split() or find_expectation(code, ["예상 출력"])
