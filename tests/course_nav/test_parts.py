"""Books in one house: what a part of a site shows, and what it does not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .conftest import page

if TYPE_CHECKING:
    from ..sphinxext.conftest import Built, Project

CONF = """
project = "House"
extensions = ["myst_parser", "course_nav"]
html_theme = "furo"
course_nav_parts = {"guide": ["guide/*", "design/*", "search-guide"]}
"""
TOCTREE = "\n```{{toctree}}\n:caption: {}\n:hidden:\n\n{}\n```\n"
PAGES = {
    "index": "# Course\n" + TOCTREE.format("Chapters", "one\ntwo") + TOCTREE.format("Others", "guide/index"),
    "one": "# One\n" + TOCTREE.format("More", "deep\nguide/other"),
    "deep": "# Deep\n",
    "two": "# Two\n",
    "guide/index": "---\nlang: ko\n---\n\n# Guide\n" + TOCTREE.format("Reference", "other\n../design/index"),
    "guide/other": "# Options\n",
    "design/index": "# Design\n",
}


@pytest.fixture
def house(small: Project) -> Project:
    """Give a project with a course and a guide."""
    small.write("conf.py", CONF)
    for name, text in PAGES.items():
        small.write(f"{name}.md", text)
    return small


def navigation(built: Built, name: str) -> list[str]:
    """The captions and the titles in the sidebar, in order."""
    tree = built.page(f"{name}.html").partition('<div class="sidebar-tree">')[2].partition("</div>")[0]
    return re.findall(r'(?:caption-text">|internal" href="[^"]*">)([^<]+)<', tree)


def head(built: Built, name: str) -> tuple[str, ...]:
    """Language, title, and where the name of the site leads."""
    found = re.search(
        r'<html[^>]* lang="(\w+)".*?<title>(.*?)</title>.*?class="sidebar-brand" href="([^"]+)"',
        built.page(f"{name}.html"),
        re.DOTALL,
    )
    assert found
    return found.groups()


def test_each_part_has_its_own_navigation(house: Project) -> None:
    """Neither shows pages of the other, wherever they are in toctrees; what would be empty is left out."""
    built = house.build("--keep-going")
    assert built.status == 0, built.err
    for name in ("index", "one", "deep", "two", "search", "genindex"):
        assert navigation(built, name) == ["Chapters", "One", "Deep", "Two"]
    for name in ("guide/index", "guide/other", "design/index"):
        assert navigation(built, name) == ["Reference", "Options", "Design"]


def test_a_part_is_a_site_of_its_own(house: Project) -> None:
    """The name of the site is that of its home, and leads there; Next and Previous stay inside."""
    built = house.build()
    assert head(built, "two") == ("en", "Two - House documentation", "index.html")
    assert head(built, "guide/other")[1:] == ("Options - Guide", "index.html")
    assert head(built, "design/index")[1:] == ("Design - Guide", "../guide/index.html")
    assert page(built, "one").sides == ("index.html", "deep.html")
    assert page(built, "two").sides == (None, None)
    assert page(built, "guide/index").sides == (None, "../design/index.html")


def test_templates_know_all_parts(house: Project) -> None:
    """So that a site can lead from one to the other; a page that is no document is in a part, too."""
    page = 'html_additional_pages = {"search-guide": "links.html"}'
    house.write("conf.py", f'{CONF}\ntemplates_path = ["t"]\n{page}\n')
    link = "{{ part.name }} {{ part.title }} {{ part.link }} {{ part.language }};"
    house.write("t/links.html", f"{{{{ course_nav_part }}}}: {{% for part in course_nav_parts %}}{link}{{% endfor %}}")
    assert house.build().page("search-guide.html") == (
        "guide: main House  documentation index.html en;guide Guide guide/index.html ko;"
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{'guide': ['none/*']}", "course_nav_parts: no page of 'guide' is in a toctree [course_nav.part]"),
        ("{'guide': ['guide/*', 'deep']}", "is of the part 'guide', but in no toctree of guide/index or below it"),
    ],
)
def test_pages_that_no_navigation_shows_are_reported(house: Project, value: str, message: str) -> None:
    """A pattern with an error, or a page that is elsewhere."""
    house.write("conf.py", f"{CONF}course_nav_parts = {value}\n")
    assert message in house.build().err


@pytest.mark.parametrize("value", ["{'main': ['guide/*']}", "{'guide': 'guide/*'}"])
def test_parts_that_mean_nothing_end_the_build(house: Project, value: str) -> None:
    """With what to write."""
    house.write("conf.py", f"{CONF}course_nav_parts = {value}\n")
    built = house.build()
    assert built.status == 2
    assert "course_nav_parts: 'main' is the part" in built.err or "'guide' needs a list of patterns" in built.err
