"""Every page, as a reader finds it: whole, calm, narrow, in order, one after another."""

from __future__ import annotations

import gzip
import re
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from ..support.figures import SIDEWAYS
from .reader import FIGURES, NARROW, WIDE, Reader
from .sites import page_names

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

#: The levels of the headings that are shown, in order.
HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter(heading => heading.checkVisibility())
    .map(heading => Number(heading.tagName[1]))"""

#: What extends beyond the right of the window and is not cut or scrolled by something around it.
TOO_WIDE = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const holds = element => getComputedStyle(element).overflowX !== "visible";
    const held = element => element !== document.body && (holds(element) || held(element.parentElement));
    return [...document.body.querySelectorAll("*")]
        .filter(element => element.getBoundingClientRect().right > root.clientWidth && !held(element.parentElement))
        .map(element => element.outerHTML.slice(0, 120));
}"""


#: Blocks of code or output with text beyond the window, and whether each scrolls in itself.
WIDE_BLOCKS = """() => {
    const scrolls = element =>
        element.scrollWidth > element.clientWidth && /auto|scroll/.test(getComputedStyle(element).overflowX);
    const scroller = element =>
        element === document.body || scrolls(element) ? element : scroller(element.parentElement);
    const isWide = block => {
        const text = document.createRange();
        text.selectNodeContents(block);
        return text.getBoundingClientRect().right > document.documentElement.clientWidth;
    };
    const blocks = [...document.querySelectorAll("pre")].filter(block => block.checkVisibility());
    return blocks.filter(isWide).map(block => {
        const around = scroller(block);
        around.scrollLeft = 20;
        return [block.textContent.slice(0, 40), around !== document.body && around.scrollLeft > 0];
    });
}"""


#: Note what moved in the window, and how much.
NOTE_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries())
        shifts.push([value, ...sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? node?.data)]);
}).observe({ type: "layout-shift", buffered: true });
"""
#: Scroll from the head to the foot in steps, each of which is painted.
SCROLL_THROUGH = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight / 2) {
        scrollTo({ top, behavior: "instant" });
        for (let painted = 0; painted < 2; painted++) await frame();
    }
}"""
PAINTED_AFTER = 0.15
#: The pages that readers learn from.
CHAPTERS = [
    name
    for name in page_names()
    if re.fullmatch(r"course/(index|generator|metaclass|asyncio(-depth)?|asyncio/[\w-]+)\.html", name)
]
#: What lies over the text at some point of a grid, after the reader has scrolled down, and up again by some way.
COVERS = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const article = document.querySelector("article");
    const covers = new Set();
    const middle = document.documentElement.scrollHeight / 2;
    for (const top of [middle, middle - 80, middle - innerHeight]) {
        scrollTo({ top, behavior: "instant" });
        for (let painted = 0; painted < 3; painted++) await frame();
        const { left, right } = article.getBoundingClientRect();
        for (let x = left + 4; x < right; x += 16) {
            for (let y = 4; y < innerHeight; y += 8) {
                const seen = document.elementFromPoint(x, y);
                if (!article.contains(seen) && !seen.contains(article)) covers.add(seen.outerHTML.slice(0, 120));
            }
        }
    }
    return [...covers];
}"""
#: Options in tables whose end is on another line than their dashes.
BROKEN_OPTIONS = """() => [...document.querySelectorAll("td code .pre")].filter((word) => {
    if (!word.textContent.startsWith("--")) return false;
    const range = document.createRange();
    range.selectNodeContents(word);
    const tops = [...range.getClientRects()].map((box) => Math.round(box.top));
    return new Set(tops).size > 1;
}).map((word) => word.textContent)"""
#: Lines that begin with a particle whose word ends the line above: what stands on both sides of a joiner.
TORN_WORDS = """() => {
    const joiner = "\u2060", texts = [], torn = [];
    const walker = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) texts.push(walker.currentNode);
    const bottom = (text, place) => {
        const range = document.createRange();
        range.setStart(text, place);
        range.setEnd(text, place + 1);
        return range.getBoundingClientRect().bottom;
    };
    let all = 0;
    texts.forEach((text, number) => {
        for (let at = text.data.indexOf(joiner); at >= 0; at = text.data.indexOf(joiner, at + 1)) {
            const before = at ? [text, at - 1] : [texts[number - 1], texts[number - 1].data.length - 1];
            all += 1;
            if (bottom(text, at + 1) > bottom(...before) + 12) torn.push(text.data.slice(at, at + 20));
        }
    });
    return { all, torn };
}"""

#: A script of the extension; how many bytes of them a page loads before the first press, compressed; how many more for
#: a list of exercises.
OUR_SCRIPT = re.compile(r"/_static/(sphinx-await[\w-]*|await-live/[\w-]+)\.js")
MOST_SCRIPT, MOST_FOR_LISTS, LIST_SCRIPT = 15_000, 1_600, "sphinx-await-progress.js"


@dataclass(frozen=True)
class Visit:
    """What was seen of a page in a wide window.

    :ivar levels: of the headings that are shown, in order.
    :ivar sizes: of all that was loaded, by address; in bytes, compressed.
    :ivar troubles: what went wrong, in words.
    """

    name: str
    language: str | None
    levels: list[int]
    sizes: dict[str, int]
    troubles: list[str]


@pytest.fixture(scope="module", params=page_names())
def visit(request: pytest.FixtureRequest, browser: Browser, address: str) -> Visit:
    """Give a visit to each page, which is opened once for all that is asked of it."""
    reader = Reader(browser, address)
    page = reader.open(request.param)
    language, levels = page.locator("html").get_attribute("lang"), page.evaluate(HEADINGS)
    sizes = {answer.url: len(gzip.compress(answer.body())) for answer in reader.answers}
    reader.close()
    return Visit(request.param, language, levels, sizes, reader.troubles)


def test_every_built_page_is_among_the_tested(built: Path) -> None:
    """No page is left out because of how it was built."""
    folder = built / "www"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")} == set(page_names())


def test_a_page_opens_with_nothing_wrong(visit: Visit) -> None:
    """No error, no foreign and no failed request; it says its language, which is Korean in the course."""
    assert visit.troubles == []
    guide = ("course/guide/", "course/design/", "course/search-guide")
    english = visit.name.startswith(guide) and not visit.name.startswith(("course/guide/ko/", "course/search-guide-ko"))
    assert visit.language == ("en" if english else "ko")


def test_headings_are_in_order(visit: Visit) -> None:
    """One first heading, and no level left out on the way down."""
    assert visit.levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(visit.levels)), visit.levels


def test_a_first_visit_costs_little(visit: Visit) -> None:
    """At most 200 kB for the page, its style and its script, compressed; of that, at most 15 kB are scripts of ours."""
    assert sum(visit.sizes.values()) <= 200_000, visit.sizes
    ours = {url: size for url, size in visit.sizes.items() if OUR_SCRIPT.search(url)}
    for_lists = sum(size for url, size in ours.items() if LIST_SCRIPT in url)
    assert for_lists <= MOST_FOR_LISTS
    assert sum(ours.values()) - for_lists <= MOST_SCRIPT, ours


def test_no_section_of_the_course_is_linked_to_by_a_number(built: Path) -> None:
    """A permalink in somebody's notes leads to its section when others have come before it."""
    folder, links = built / "www" / "course", []
    for path in sorted(folder.rglob("*.html")):
        if path.relative_to(folder).parts[0] not in {"guide", "design"}:
            page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
            links += [str(link["href"]) for link in page.select("a.headerlink, .toc-tree a")]
    assert len(links) > 150
    assert [link for link in links if re.fullmatch(r"#(id\d+)?", link)] == ["#"] * links.count("#")


@pytest.mark.parametrize(
    ("name", "width"),
    [
        *((name, NARROW) for name in ("course/guide/index.html", *CHAPTERS)),
        *((f"course/{name}.html", WIDE) for name in ("index", "asyncio", "guide/index")),
    ],
)
def test_nothing_moves_while_a_page_opens_and_is_scrolled_through(reader: Reader, name: str, width: int) -> None:
    """What scripts add has its room from the first, also where they come after the page was painted."""
    page = reader.open("course/404.html", width=width)
    page.add_init_script(NOTE_SHIFTS)
    page.route("**/scripts/furo.js*", come_late)  # other scripts come after the theme's
    page.goto(f"{reader.address}/{name}")
    page.evaluate(SCROLL_THROUGH)
    assert page.evaluate("window.shifts") == []


def come_late(route: Route) -> None:
    """Answer when the page has been painted."""
    time.sleep(PAINTED_AFTER)
    route.continue_()


@pytest.mark.parametrize("width", [320, NARROW])
@pytest.mark.parametrize("name", page_names())
def test_a_narrow_page_does_not_scroll_sideways(reader: Reader, name: str, width: int) -> None:
    """Code and output that are wider scroll in themselves; no option in a table breaks after its dashes."""
    page = reader.open(name, width=width)
    assert page.evaluate(SIDEWAYS) <= 0, page.evaluate(TOO_WIDE)
    blocks = page.evaluate(WIDE_BLOCKS)
    assert [text for text, scrolls in blocks if not scrolls] == []
    assert page.evaluate(BROKEN_OPTIONS) == []


@pytest.mark.parametrize("width", [320, 360, NARROW, WIDE])
@pytest.mark.parametrize(("name", "few"), [("asyncio", 50), ("guide/ko/options", 20)])
def test_no_line_begins_with_a_particle(reader: Reader, name: str, few: int, width: int) -> None:
    """It stands with the code or bracket that it belongs to, also in a table, where words of code are boxes."""
    page = reader.open(f"course/{name}.html", width=width)
    found = page.evaluate(TORN_WORDS)
    assert found["all"] > few
    assert found["torn"] == []


def test_a_window_of_1280_pixels_has_the_contents_beside_the_text(reader: Reader) -> None:
    """Most laptops have such a window; nothing is hidden behind a button there."""
    page = reader.open("course/asyncio.html", width=1280)
    contents, text = page.locator(".toc-tree").bounding_box(), page.locator("article").bounding_box()
    assert contents
    assert text
    assert text["x"] + text["width"] <= contents["x"]
    assert contents["x"] + contents["width"] <= 1280
    assert page.evaluate(SIDEWAYS) <= 0
    assert not page.locator(".toc-content-icon").is_visible()


@pytest.mark.parametrize("width", [1024, 1280, 1440, 1920])
def test_nothing_lies_on_the_text_when_a_reader_scrolls_up(reader: Reader, width: int) -> None:
    """Nor on its code and its buttons: themes offer the way to the top just there. A narrow window has its header."""
    page = reader.open("course/asyncio.html", width=width)
    assert page.evaluate(COVERS) == []


def test_code_that_goes_on_to_the_right_has_a_shadow_there(reader: Reader) -> None:
    """Where it has been scrolled to its end, the paper that moves with it covers the shadow."""
    page = reader.open("course/asyncio.html", width=NARROW)
    style = page.locator(".await-code").first.evaluate("box => getComputedStyle(box).backgroundAttachment")
    assert style.startswith("local, scroll")


def test_a_chapter_has_one_navigation_at_its_foot(reader: Reader) -> None:
    """Previous comes before next."""
    page = reader.open("course/asyncio.html")
    links = page.locator("article a, footer a").evaluate_all("all => all.slice(-6).map(a => a.className)")
    assert [name for name in links if name.endswith("-page")] == ["prev-page", "next-page"]
    assert page.locator("article > section > section").last.locator("a", has_text="메타클래스").count() == 0


def test_there_is_code_too_wide_for_a_phone(reader: Reader) -> None:
    """Or the test above would be one of nothing."""
    page = reader.open(FIGURES, width=320)
    assert len(page.evaluate(WIDE_BLOCKS)) > 2


def link(page: Page, way: str) -> str | None:
    """Where the head of a page says that the next or previous one is, if it is on this server."""
    found = page.locator(f"head link[rel={way}]")
    href = found.evaluate("link => link.href") if found.count() else ""
    return href if href.startswith(page.evaluate("() => location.origin")) else None


def follow(page: Page, way: str) -> list[str]:
    """Click from page to page until there is no next (or previous) one; gives their addresses."""
    seen = [page.url]
    while target := link(page, way):
        page.locator(f'a.{way}-page, a[rel~="{way}"]').first.click()
        page.wait_for_url(target)
        seen.append(page.url)
        assert len(seen) == len(set(seen)), "a circle"
    return seen


def test_next_and_previous_lead_through_the_course(reader: Reader) -> None:
    """From the first page to the last by the links that are seen, and the same way back."""
    page = reader.open("course/index.html")
    there = follow(page, "next")
    names = [address.removeprefix(f"{reader.address}/course/") for address in there]
    assert names[:4] == ["index.html", "generator.html", "asyncio.html", "metaclass.html"]
    assert follow(page, "prev") == there[::-1]


def test_an_old_address_of_the_guide_leads_on(reader: Reader) -> None:
    """The guide was one page: links to its sections go on to where these are now."""
    page = reader.open("course/guide/index.html#step-by-step")
    page.wait_for_url("**/guide/timelines.html#step-by-step")
