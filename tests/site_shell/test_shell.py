"""What surrounds the pages of a site, as messengers, search engines and those who keep links see it."""

from __future__ import annotations

import struct
import zlib
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from site_shell.card import draw_sign

from ..sphinxext.conftest import Project

if TYPE_CHECKING:
    from pathlib import Path

    from ..sphinxext.conftest import Built

CONF = """
project = "강좌"
language = "ko"
extensions = ["myst_parser", "sphinx_await", "site_shell"]
html_theme = "furo"
myst_heading_anchors = 3
await_run_fences = ["tasks"]
templates_path = ["templates"]
html_additional_pages = {"404": "404.html"}
"""
INDEX = """# 첫 장

첫 문장입니다. [둘째 절](#둘째-절)과 [다른 장](tasks.md#차이-vs-비교)으로 이어집니다.

## 첫 절

## 둘째 절

```{toctree}
tasks
part/words
```
"""
TASKS = """---
description: 태스크 "둘"을 봅니다
---

# 태스크

본문

## 차이 vs 비교

```python
import asyncio

async def work():
    await asyncio.sleep(0.1)
    print("끝")

async def main():
    await asyncio.gather(work(), work())

asyncio.run(main())
```
"""
RUN_ALL = ("-D", "await_run_fences=**")
NOT_FOUND = (
    '{% extends "page.html" %}{% block content %}<h1>없음</h1><a href="{{ pathto(master_doc) }}">홈</a>{% endblock %}'
)


class Elements(HTMLParser):
    """The elements of a page, in order: name and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def elements(built: Built, page: str, tag: str) -> list[dict[str, str]]:
    """The attributes of all elements of a kind."""
    assert built.status == 0, built.err
    return [attributes for name, attributes in Elements(built.page(f"{page}.html")).found if name == tag]


def anchors(built: Built, page: str) -> set[str]:
    """What can stand behind # in an address of a page."""
    return {attributes["id"] for _tag, attributes in Elements(built.page(f"{page}.html")).found if "id" in attributes}


def said(built: Built, page: str) -> dict[str, str]:
    """What the head of a page says, by name."""
    return {
        one.get("name") or one["property"]: one["content"] for one in elements(built, page, "meta") if len(one) == 2
    }


def addresses_of(built: Built) -> list[str]:
    """The addresses in the sitemap."""
    sitemap = ElementTree.fromstring(built.page("sitemap.xml"))  # noqa: S314 - our own
    return [one.text or "" for one in sitemap.iter() if one.tag.endswith("loc")]


@pytest.fixture
def site(tmp_path: Path) -> Project:
    """Give a site of three pages, one of them with a picture."""
    made = Project(tmp_path / "project")
    made.write("conf.py", CONF)
    made.write("index.md", INDEX)
    made.write("tasks.md", TASKS)
    made.write("part/words.md", "# 낱말\n\n" + "긴 문장이 이어집니다. " * 20 + "\n")
    made.write("templates/404.html", NOT_FOUND)
    return made


def test_sections_are_linked_to_by_what_they_say(site: Project) -> None:
    """In permalinks, tables of contents and links of authors; what was linked to before is still there."""
    built = site.build("-W")
    links = [one["href"] for one in elements(built, "index", "a") if "#" in one.get("href", "")]
    assert {"#첫-장", "#첫-절", "#둘째-절", "tasks.html#차이-vs-비교"} <= set(links)
    assert [link for link in links if link.startswith("#id")] == []
    permalinks = [one["href"] for one in elements(built, "tasks", "a") if one.get("class") == "headerlink"]
    assert permalinks == ["#태스크", "#차이-vs-비교"]
    assert {"id1", "id2", "id3"} <= anchors(built, "index")
    assert {"차이-vs-비교", "vs"} <= anchors(built, "tasks")


def test_a_page_says_what_it_is_about(site: Project) -> None:
    """By its front matter, or by the first sentences that fit; without an address of the site nothing needs one."""
    built = site.build("-W")
    index, tasks, words = (said(built, page) for page in ("index", "tasks", "part/words"))
    assert index["description"] == index["og:description"] == "첫 문장입니다. 둘째 절과 다른 장으로 이어집니다."
    assert tasks["description"] == '태스크 "둘"을 봅니다'
    assert 100 < len(words["description"]) <= 160
    assert words["description"].endswith("이어집니다.")
    assert (tasks["og:title"], tasks["og:locale"], tasks["og:type"]) == ("태스크", "ko_KR", "article")
    assert index["og:type"] == "website"
    assert "og:image" not in tasks
    assert [one for one in elements(built, "tasks", "link") if one.get("rel") == "canonical"] == []
    assert not [name for name in ("sitemap.xml", "robots.txt") if (built.folder / name).exists()]
    (icon,) = (one["href"] for one in elements(built, "part/words", "link") if one.get("rel") == "apple-touch-icon")
    assert size(built.folder / "part" / icon) == (180, 180)


def test_the_address_of_the_site_makes_all_addresses_absolute(site: Project) -> None:
    """Canonical addresses, cards, and the sitemap, which has the pages and nothing else."""
    built = site.build("-W", "-D", "html_baseurl=https://site.example/course/")
    assert [one["href"] for one in elements(built, "part/words", "link") if one.get("rel") == "canonical"] == [
        "https://site.example/course/part/words.html"
    ]
    assert said(built, "tasks")["og:url"] == "https://site.example/course/tasks.html"
    assert said(built, "tasks")["og:image"] == "https://site.example/course/_images/cards/tasks.png"
    assert addresses_of(built) == [
        f"https://site.example/course/{page}.html" for page in ("index", "part/words", "tasks")
    ]
    assert "Sitemap: https://site.example/course/sitemap.xml" in built.page("robots.txt").splitlines()
    for page in ("search", "genindex", "404"):
        assert [one for one in elements(built, page, "link") if one.get("rel") == "canonical"] == []


@pytest.mark.parametrize("builder", ["html", "dirhtml"])
def test_letters_of_names_are_escaped_once_in_addresses(site: Project, builder: str) -> None:
    """Whether or not the builder has escaped them."""
    site.write("part/words.md", "---\norphan: true\n---\n\n# 낱말\n\n```{toctree}\n한글 이름\n```\n")
    site.write("part/한글 이름.md", "# 이름\n\n본문\n")
    built = site.build("-W", "-D", "html_baseurl=https://site.example/course/", builder=builder)
    file, end = {"html": ("part/한글 이름", ".html"), "dirhtml": ("part/한글 이름/index", "/")}[builder]
    address = f"https://site.example/course/part/%ED%95%9C%EA%B8%80%20%EC%9D%B4%EB%A6%84{end}"
    assert [one["href"] for one in elements(built, file, "link") if one.get("rel") == "canonical"] == [address]
    assert said(built, file)["og:url"] == address
    assert address in addresses_of(built)


@pytest.mark.parametrize("builder", ["json", "pickle", "singlehtml"])
def test_builders_that_write_no_page_for_each_document_are_left_alone(
    site: Project, builder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They write no head of a page, and so no card, icon or sitemap either."""
    monkeypatch.setenv("PYTHONWARNINGS", "default")  # two of them call what a new Sphinx deprecates
    built = site.build("-W", "-D", "html_baseurl=https://site.example/course/", builder=builder)
    assert built.status == 0, built.err
    names = ("sitemap.xml", "robots.txt", "_static/touch-icon.png")
    assert [name for name in names if (built.folder / name).exists()] == []


def test_a_card_is_the_picture_of_a_run(site: Project) -> None:
    """Small, of the size that messengers want, the same in each build; without a picture a page has none of its own."""
    built = site.build("-W")
    card = built.folder / "_images/cards/tasks.png"
    before = card.read_bytes()
    assert size(card) == (1200, 630)
    assert len(before) < 20_000
    assert not (built.folder / "_images/cards/part/words.png").exists()
    site.build("-W", "-E")
    assert card.read_bytes() == before
    site.write("tasks.md", "# 태스크\n\n본문\n\n## 차이 vs 비교\n")
    site.build("-W")
    assert not card.exists()


@pytest.mark.parametrize("pictured", [True, False])
def test_a_page_without_a_picture_has_the_card_of_the_first(site: Project, *, pictured: bool) -> None:
    """In a build into an empty folder, too, where the first page is written after it."""
    site.write("first.md", "# 먼저\n\n본문\n")
    run = TASKS[TASKS.index("```python") :] if pictured else ""
    site.write("index.md", INDEX.replace("tasks\npart", "first\ntasks\npart") + f"\n{run}")
    built = site.build("-W", *RUN_ALL, "-D", "html_baseurl=https://site.example/course/")
    shown = {page: said(built, page)["og:image"] for page in ("first", "index", "part/words", "tasks")}
    home = "https://site.example/course/_images/cards/index.png"
    assert shown == dict.fromkeys(shown, home) | {"tasks": home.replace("index", "tasks")}
    card = built.folder / "_images/cards/index.png"
    assert size(card) == (1200, 630)
    assert (card.read_bytes() == draw_sign()) != pictured


def test_each_page_has_a_card_of_its_own(site: Project) -> None:
    """Pages whose names are alike, too."""
    more = TASKS.replace("work(), work()", "work(), work(), work()")
    site.write("a/b.md", "---\norphan: true\n" + TASKS.removeprefix("---\n"))
    site.write("a-b.md", "---\norphan: true\n" + more.removeprefix("---\n"))
    built = site.build("-W", *RUN_ALL, "-D", "html_baseurl=https://site.example/course/")
    cards = [said(built, page)["og:image"].removeprefix("https://site.example/course/") for page in ("a/b", "a-b")]
    assert len({(built.folder / card).read_bytes() for card in cards}) == 2


def test_an_author_has_robots_and_a_sitemap_of_their_own(site: Project) -> None:
    """Those of html_extra_path stay as they are, in a folder or by themselves; the other one is ours."""
    address = "html_baseurl=https://site.example/course/"
    site.write("conf.py", CONF + 'html_extra_path = ["extra", "own/sitemap.xml"]\n')
    site.write("extra/robots.txt", "User-agent: *\nDisallow: /\n")
    site.write("own/sitemap.xml", "<urlset/>\n")
    built = site.build("-W", "-D", address)
    assert built.status == 0, built.err
    assert (built.page("robots.txt"), built.page("sitemap.xml")) == ("User-agent: *\nDisallow: /\n", "<urlset/>\n")
    built = site.build("-W", "-D", address, "-D", "html_extra_path=extra")
    assert built.page("robots.txt") == "User-agent: *\nDisallow: /\n"
    assert len(addresses_of(built)) == 3


def test_a_page_for_lost_addresses_works_at_each_of_them(site: Project) -> None:
    """Its links, styles and scripts are absolute; links within the page stay so."""
    built = site.build("-W", "-D", "html_baseurl=https://site.example/course/")
    found = Elements(built.page("404.html")).found
    links = [one[key] for _tag, one in found for key in ("href", "src", "action", "data-content_root") if key in one]
    assert len(links) > 15
    assert [link for link in links if not link.startswith(("/course/", "#", "https:", "data:"))] == []
    assert "/course/index.html" in links
    assert "noindex" in [one.get("content") for tag, one in found if tag == "meta"]


def size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG, whose chunks are whole."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    place, kinds = 8, []
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind = data[place + 4 : place + 8 + length]
        assert zlib.crc32(kind) == struct.unpack(">I", data[place + 8 + length : place + 12 + length])[0]
        kinds.append(kind[:4])
        place += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]
    width, height = struct.unpack(">II", data[16:24])
    return width, height
