"""The names of runs, and which run a page means by one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from ..browser.sites import STUB
from .test_live import programs

if TYPE_CHECKING:
    from .conftest import Project

GIVEN, PLAIN = "<!-- await: name=a-1 -->\n```python\nprint('given')\n```\n", "```python\nprint('plain')\n```\n"


def names_on(page: str) -> list[str]:
    """The names of the runs of a page, in its order."""
    return re.findall(r'<figure[^>]* data-name="([^"]+)"', page)


@pytest.mark.parametrize("home", ["0-before", "z-after"])
def test_a_given_name_comes_before_the_number_of_another_page(project: Project, home: str) -> None:
    """Wherever the page with the given name is in the order of pages, and nobody is warned."""
    project.write("a.md", f"# A\n\n{PLAIN}")
    project.write(f"{home}.md", f"# Home\n\n{GIVEN.replace('print', 'import time; time.sleep(0.31); print')}")
    project.write("index.md", f"# I\n\nIt took {{exec_time}}`a-1`.\n\n```{{toctree}}\na\n{home}\n```\n")
    for _build in range(2):
        built = project.build("-W")
        assert built.status == 0, built.err
        assert re.search(r"It took <span[^>]*>0\.[3-9]", built.page())


@pytest.mark.parametrize("page", [PLAIN + "\n" + GIVEN, GIVEN + "\n" + PLAIN])
def test_a_number_avoids_the_names_that_are_given_on_its_page(project: Project, page: str) -> None:
    """A name by hand that looks like a page's name and a number is no mistake, in any order."""
    project.write("conf.py", project.read("conf.py") + "root_doc = 'a'\n")
    for number in (1, 2):
        project.write("a.md", f"# A\n\n{page.replace('a-1', f'a-{number}')}")
        built = project.build("-W")
        assert built.status == 0, built.err
        names = names_on(built.page("a.html"))
        assert len(set(names)) == 2
        assert f"a-{number}" in names


def test_two_equal_names_on_a_page_are_an_error_with_both_places(project: Project) -> None:
    """The error is at the second one and names the first."""
    project.write("index.md", f"# A\n\n{GIVEN}\n{PLAIN}\n{GIVEN}")
    built = project.build()
    assert built.status == 1
    assert "index.md:14: ERROR: there is another program named 'a-1' on this page: index.md:5" in built.err


def test_a_name_that_is_given_on_two_pages_warns_with_all_places(project: Project) -> None:
    """At each reference of a third page; a page that has the name itself means its own run."""
    project.write("b.md", f"# B\n\n{GIVEN}\nIt took {{exec_time}}`a-1`.\n")
    project.write("c.md", f"# C\n\nText.\n\n{GIVEN}")
    project.write("index.md", "# I\n\nIt took {exec_time}`a-1`.\n\n```{toctree}\nb\nc\n```\n")
    built = project.build()
    words = "WARNING: several programs are named 'a-1': b.md:5, c.md:7; the first is taken [await.reference]"
    assert [line for line in built.err.splitlines() if words in line] == [
        f"{project.folder}/index.md:3: {words}",
    ]
    assert built.err.count("several programs") == 1


NAMED = {
    "directive": "```{exec_code}\n:name: taken\nprint('ran')\n```\n",
    "comment": "<!-- await: name=taken -->\n```python\nprint('ran')\n```\n",
    "attribute": "{#taken}\n```python\nprint('ran')\n```\n",
}


@pytest.mark.parametrize("form", NAMED)
@pytest.mark.parametrize("taker", ["# Taken", "# A\n\n(taken)=\n## B"])
def test_a_name_that_something_else_has_changes_no_program(
    project: Project, form: str, taker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Docutils puts its message about the name into the block of code, where it is read."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    project.write("conf.py", project.read("conf.py") + "myst_enable_extensions = ['attrs_block']\n")
    project.write("index.md", f"{taker}\n\n{NAMED[form]}")
    built = project.build()
    assert built.status == 0, built.err
    page = BeautifulSoup(built.page(), "html.parser")
    assert [block.get_text() for block in page.select("figure div[class*=highlight-py] pre")] == ["print('ran')\n"]
    (output,) = page.select("figure .await-outputs")
    assert output.get_text().strip().endswith("ran")
    (program,) = programs(built.page())
    assert program["code"].strip() == "print('ran')"
