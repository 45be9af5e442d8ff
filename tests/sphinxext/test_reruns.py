"""Which programs run again that the machine disturbed."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from .conftest import Built, Project

#: More programs that compute at once than there are cores, so that each has to wait for one.
AT_ONCE = 4 * (os.cpu_count() or 1)
COMPUTES = "print(sum(number * number for number in range(1_200_000)))"
#: A page with programs by name, of which each says in its own way whether its times matter.
CLAIMS = {
    "clock": ("", f"import time\nbegin = time.perf_counter()\n{COMPUTES}"),
    "unit": ("", f"{COMPUTES}\nprint('took 0.1 s')"),
    "asked": ("rerun", COMPUTES),
    "tasks": ("", f"import asyncio\nasync def main():\n    {COMPUTES}\nasyncio.run(main())"),
    "named": ("", COMPUTES),
}
STANDS = {
    "plain": ("", COMPUTES),
    "later": ("", COMPUTES),
    "refused": ("no-rerun", f"import time\nbegin = time.perf_counter()\n{COMPUTES}"),
    "untimed": ("no-timeline", f"import asyncio\nasync def main():\n    {COMPUTES}\nasyncio.run(main())"),
    "dated": ("", f"import datetime\nat = datetime.time(10, 30)\n{COMPUTES}"),
}


def _page(programs: dict[str, tuple[str, str]]) -> str:
    texts = [
        f"<!-- await: name={name} {options} -->\n```python\n# {name}\n{code}\n```\n"
        for name, (options, code) in programs.items()
    ]
    return "# A\n\n" + "\n".join(texts)


def _recordings(project: Project) -> list[dict[str, Any]]:
    return [json.loads(file.read_bytes()) for file in sorted((project.folder / ".await-cache").glob("*.json"))]


def _waited(built: Built) -> set[str]:
    """The names of the programs of which the page says that they waited for a processor."""
    page = BeautifulSoup(built.page(), "html.parser")
    figures = page.select("figure.await-run")
    assert figures
    return {str(one["data-name"]) for one in figures if "waiting for a processor" in one.select(".await-facts")[0].text}


@pytest.fixture
def busy(project: Project) -> Project:
    """Give a project whose programs have to wait for each other's processors."""
    project.write("conf.py", project.read("conf.py") + f"await_jobs = {AT_ONCE}\n")
    filling = {f"fills-{number}": ("", COMPUTES) for number in range(AT_ONCE)}
    project.write("index.md", _page({**CLAIMS, **STANDS, **filling}) + "\n{exec_time}`named`\n")
    return project


def test_a_disturbed_program_runs_again_only_where_its_times_are_shown_or_claimed(busy: Project) -> None:
    """The page says of the others how long they waited; one that is named later runs again then."""
    built = busy.build()
    assert built.status == 0, built.err
    again = [one["wall"] for one in _recordings(busy) if one.get("reruns")]
    assert len(again) == len(CLAIMS)
    assert f"ran again: {len(CLAIMS)} programs" in built.out
    assert f"{len(CLAIMS)} had to wait for a processor" in built.out
    assert "had to wait for a processor, and claim no times:" in built.out
    assert _waited(built) >= STANDS.keys()
    busy.write("index.md", busy.read("index.md") + "\nLater: {exec_time}`later`\n")
    assert busy.build().ran == ["later"]
    assert busy.build().ran == []


@pytest.mark.parametrize(
    ("value", "again"),
    [("'never'", False), ("'always'", True), ("{'other/**': 'always', 'in*': 'never'}", False)],
    ids=["never", "always", "by page"],
)
def test_a_site_or_a_page_says_whether_disturbed_programs_run_again(busy: Project, value: str, again: bool) -> None:
    """``await_rerun`` holds for all programs without an option of their own."""
    busy.write("conf.py", busy.read("conf.py") + f"await_rerun = {value}\nsuppress_warnings = ['await.not_run']\n")
    busy.write(
        "index.md", _page({f"one-{number}": CLAIMS["clock" if number % 2 else "unit"] for number in range(AT_ONCE)})
    )
    built = busy.build()
    assert built.status == 0, built.err
    assert ("ran again" in built.out) is again
    assert ("claim no times" in built.out) is not again


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("'often'", "one of auto, always, never"),
        ("{'*': 1}", "one of auto"),
        ("{1: 'never'}", "globs of document names"),
    ],
)
def test_a_value_of_await_rerun_that_means_nothing_is_refused(project: Project, value: str, words: str) -> None:
    """With the name of the value."""
    project.write("conf.py", project.read("conf.py") + f"await_rerun = {value}\n")
    project.write("index.md", "# A\n")
    built = project.build()
    assert built.status != 0
    assert "await_rerun: " + words in built.err
