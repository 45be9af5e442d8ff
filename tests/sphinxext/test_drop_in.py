"""Projects of sphinx-exec-code whose ``conf.py`` names ``sphinx_await`` in its place.

The project `dropin` uses every option and marker that sphinx-exec-code has.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from sphinx_exec_code.sphinx_spec import build_spec

from ..conftest import HERE
from .conftest import Project, copy_of
from .test_markup import text_of

if TYPE_CHECKING:
    from .conftest import Built

PAGES = "index", "markdown", "sub/deep"
PLAIN = 'await_plain = ["**"]\n'


def with_both(below: Path, builder: str, conf: str = "") -> tuple[Built, Built]:
    """The project as it is, and with one word of its ``conf.py`` replaced.

    :param conf: what is added to ``conf.py``.
    """
    project = Project(copy_of("dropin", below).folder / "docs")
    theirs = project.build("-W", builder=builder, folder="build/theirs")
    conf = project.read("conf.py").replace('"sphinx_exec_code"', '"sphinx_await"') + conf
    project.write("conf.py", conf)
    ours = project.build("-W", builder=builder, folder="build/ours")
    assert theirs.status == 0, theirs.err
    assert ours.status == 0, ours.err
    return theirs, ours


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a project in reStructuredText whose pages are plain."""
    made = Project(tmp_path / "project")
    made.write("conf.py", f'extensions = ["sphinx_await"]\n{PLAIN}')
    return made


def blocks(page: str) -> list[tuple[str, list[str], str]]:
    """Text, classes and caption of each block of code or output of a page."""
    found = []
    for block in BeautifulSoup(page, "html.parser").select("div[class*=highlight-]"):
        outer = block.find_parent(class_="literal-block-wrapper")
        caption = outer.select_one(".code-block-caption") if outer is not None else None
        found.append((str(block.find("pre")), list(block["class"]), caption.get_text() if caption else ""))
    return found


def ids(page: str) -> set[str]:
    """The ids of a page, but for those by which we refer to runs."""
    return {str(one["id"]) for one in BeautifulSoup(page, "html.parser").select("[id]") if "await-" not in one["id"]}


def test_the_project_uses_all_that_sphinx_exec_code_has() -> None:
    """So what follows is about every option."""
    root = HERE / "roots" / "dropin" / "docs"
    text = "".join(Path(root, name).read_text("utf-8") for name in ("index.rst", "markdown.md", "sub/deep.rst"))
    assert [name for name in build_spec() if f":{name}:" not in text] == []


def test_plain_pages_have_the_same_text(tmp_path: Path) -> None:
    """With ``await_plain``, each page is as before, character by character."""
    theirs, ours = with_both(tmp_path, "text", PLAIN)
    for page in PAGES:
        assert ours.page(f"{page}.txt") == theirs.page(f"{page}.txt")


def test_plain_pages_have_the_same_blocks(tmp_path: Path) -> None:
    """Code and output are highlighted, numbered, captioned and named as before, and there is nothing else."""
    theirs, ours = with_both(tmp_path, "html", PLAIN)
    for page in PAGES:
        before, now = theirs.page(f"{page}.html"), ours.page(f"{page}.html")
        assert blocks(now) == blocks(before)
        assert ids(now) == ids(before)
        assert text_of(now).split() == text_of(before).split()
        assert "await-live" not in now


def test_other_pages_have_the_same_code_and_output(tmp_path: Path) -> None:
    """Without it, moments and what was measured are added, and no line is missing or elsewhere."""
    theirs, ours = with_both(tmp_path, "html")
    for page in PAGES:
        rest = iter(lines_of(ours.page(f"{page}.html")))
        assert [line for line in lines_of(theirs.page(f"{page}.html"), "pre") if line not in rest] == []


def lines_of(page: str, selector: str = ".document") -> list[str]:
    """The lines of parts of a page that are not blank, without moments and numbers."""
    soup = BeautifulSoup(page, "html.parser")
    for beside in soup.select(".await-time, .await-mark, .linenos"):
        beside.decompose()
    text = "\n".join(one.get_text() for one in soup.select(selector))
    return [line.strip() for line in text.split("\n") if line.strip()]


def test_plain_output_keeps_its_order(project: Project) -> None:
    """Standard error stays where it was written, which is said in the guide; colours are text."""
    code = (
        'import sys\n   print("one", file=sys.stderr)\n   print("\\x1b[31mtwo\\x1b[0m")\n'
        '   print("three", file=sys.stderr)'
    )
    project.write("index.rst", f"A\n=\n\n.. exec_code::\n   :hide:\n\n   {code}\n")
    built = project.build("-W", builder="text")
    assert built.page("index.txt").split() == ["A", "*", "one", "two", "three"]


def test_a_plain_page_shows_what_is_wrong(project: Project) -> None:
    """A program that fails is no less plain to see."""
    project.write("index.rst", "A\n=\n\n.. exec_code::\n\n   print('before')\n   1 / 0\n")
    built = project.build()
    assert built.status == 1
    assert "ZeroDivisionError" in text_of(built.page())
    assert "before" in text_of(built.page())


def test_a_plain_page_needs_no_honest_times(project: Project) -> None:
    """Tasks on a page that has no picture do not make a disturbed program run again; elsewhere they do."""
    project.write("conf.py", 'extensions = ["sphinx_await"]\nawait_plain = ["plain"]\n')
    code = (
        "import asyncio\n   async def main():\n       await asyncio.sleep(0.01)\n"
        "       sum(range(4_000_000))\n   asyncio.run(main())\n"
    )
    page = "{0}\n{1}\n\n" + f".. exec_code::\n\n   {code}\n"
    project.write("plain.rst", page.format("Plain", "====="))
    project.write("index.rst", "A\n=\n\n.. toctree::\n\n   plain\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert "again" not in built.out
    page_now = BeautifulSoup(built.page("plain.html"), "html.parser")
    assert page_now.find("svg") is None


def test_a_plain_page_is_written_again_when_it_no_longer_is(project: Project) -> None:
    """Nothing runs again for that."""
    project.write("index.rst", "A\n=\n\n.. exec_code::\n\n   print('ran')\n")
    assert "await-run" not in project.build("-W").page()
    project.write("conf.py", 'extensions = ["sphinx_await"]\n')
    again = project.build("-W")
    assert "await-run" in again.page()
    assert again.ran == []


def test_indentation_of_output_can_be_cut(project: Project) -> None:
    """``dedent_output`` counts for pages of every kind."""
    project.write("conf.py", 'extensions = ["sphinx_await"]\n')
    project.write("index.rst", "A\n=\n\n.. exec_code::\n   :dedent_output: 3\n\n   print('    four')\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    line = BeautifulSoup(built.page(), "html.parser").select_one(".await-text")
    assert line is not None
    assert line.get_text() == " four"
