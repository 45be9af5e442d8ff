"""What a reader does with the picture of a run: light up what belongs together, read it on a telephone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from .reader import NARROW, WIDE

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .reader import Reader

CHAPTER, FIRST = "course/asyncio.html", "course/index.html"
#: The sizes of all type in pictures, in pixels of the screen.
SIZES = """() => [...document.querySelectorAll(".await-svg text")]
    .map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().d)"""
#: How much red is in the first bar of a task that runs: it is blue with a quarter of the text's colour.
RED = """() => {
    const bar = document.querySelector(".await-run .at-run");
    return Number(getComputedStyle(bar).fill.match(/srgb (\\S+)/)[1]);
}"""
#: How far pictures reach beyond their figures, in pixels.
BEYOND = """() => [...document.querySelectorAll(".await-picture")].map((picture) =>
    picture.querySelector(".at-plot").getBoundingClientRect().right - picture.getBoundingClientRect().right)"""
#: How much of what was seen has moved by itself; the navigation is an entry that there always is.
SHIFT = """() => new Promise((resolve) => {
    const observer = new PerformanceObserver((list) => resolve(
        list.getEntriesByType("layout-shift").reduce((sum, one) => sum + (one.hadRecentInput ? 0 : one.value), 0)
    ));
    for (const type of ["layout-shift", "navigation"]) observer.observe({type, buffered: true});
})"""
#: Scroll to a place, and wait until the page has been told.
SCROLL = """(place) => new Promise((resolve) => {
    addEventListener("scroll", resolve, {once: true});
    scrollTo({top: place, behavior: "instant"});
})"""
#: Adds the rules of sphinx_rtd_theme, as strong as there, before all others.
THEME = """() => document.head.insertAdjacentHTML("afterbegin",
    "<style>svg:not(:root){overflow:hidden} :root section ul li{list-style:disc;margin-left:24px}</style>")"""


def pictured(page: Page) -> Locator:
    """The first run of a page that has a picture."""
    return page.locator(".await-run:has(.await-picture)").first


def lit(page: Page) -> list[str]:
    """What is lit up: the ids of marks and of lines."""
    return sorted(page.locator(".at-lit").evaluate_all("(all) => all.map((one) => one.id.replace(/.*-/, ''))"))


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_mark_and_its_line_light_up_together(reader: Reader, width: int) -> None:
    """Pointed at, tapped or focused, whichever of the two; and no more when the pointer goes."""
    page = reader.open(CHAPTER, width=width)
    run = pictured(page)
    run.locator(".at-out").nth(1).hover()
    by_mark = lit(page)
    assert len(by_mark) == 2
    run.locator(".await-output").nth(2).hover()
    assert lit(page) == ["l2", "m2"]
    run.locator(".await-time a").nth(1).focus()
    assert lit(page) == ["l1", "m1"]
    page.mouse.move(1, 1)
    run.locator(".await-output").nth(0).click()
    assert lit(page) == ["l0", "m0"]


def test_readers_are_told_how_to_read_a_picture_until_they_know(reader: Reader) -> None:
    """When they begin to scroll, on each page; in its place if that is not in view yet, else over what follows."""
    page = reader.open(FIRST)
    hint = page.locator(".await-hint").first
    assert not hint.is_visible()
    page.evaluate(SCROLL, 20)
    hint.wait_for()
    assert hint.evaluate("(hint) => getComputedStyle(hint).position") == "static"
    page.emulate_media(media="print")
    assert not hint.is_visible()
    page = reader.open(FIRST)
    hint = page.locator(".await-hint").first
    bottom = page.evaluate("() => document.querySelector('.await-picture').getBoundingClientRect().bottom")
    page.evaluate(SCROLL, bottom - 500)
    hint.wait_for()
    assert hint.evaluate("(hint) => getComputedStyle(hint).position") == "absolute"
    assert page.evaluate(SHIFT) == 0
    hint.get_by_role("button", name="읽는 법").press("Enter")
    fold = page.locator(".await-words").first
    expect(fold.locator("summary")).to_be_focused()
    assert fold.locator(".await-how").is_visible()
    assert page.locator(".await-hint:visible").count() == 0
    reader.answers.clear()
    page.reload()
    page.evaluate(SCROLL, 20)
    page.evaluate(SCROLL, 40)
    assert [answer.url for answer in reader.answers if "hint" in answer.url] == []
    assert not hint.is_visible()


def test_each_leads_to_the_other_without_javascript(reader: Reader) -> None:
    """A mark is a link to its line, a line's moment a link to its mark."""
    page = reader.open(CHAPTER, script=False)
    run = pictured(page)
    run.locator(".await-time a").nth(1).click()
    assert page.url.endswith("-m1")
    assert run.locator(".at-out:target").count() == 1
    run.locator(".at-out").nth(1).click()
    assert "-l" in page.url.rpartition("#")[2]
    assert run.locator(".await-output:target").count() == 1


def test_colours_go_with_the_text_whatever_the_system_prefers(reader: Reader) -> None:
    """A theme without a dark form is light on a system that prefers dark; on paper every picture is."""
    page = reader.open(CHAPTER, dark=True)
    red = []
    for text in ("black", "white"):
        pictured(page).evaluate("(run, text) => { run.style.color = text; }", text)
        red.append(page.evaluate(RED))
    page.emulate_media(media="print")
    red.append(page.evaluate(RED))
    assert red == pytest.approx([0.04, 0.29, 0.04], abs=0.02)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_pictures_fit_with_readable_type(reader: Reader, width: int) -> None:
    """On a telephone too: no type below 11 pixels, and nothing beyond the figure."""
    page = reader.open(CHAPTER, width=width)
    assert min(page.evaluate(SIZES)) >= 11
    assert max(page.evaluate(BEYOND)) <= 0


def test_a_theme_cuts_no_mark_and_puts_no_dot_before_a_legend(reader: Reader) -> None:
    """Themes have rules for every drawing and every list of a page; marks reach beyond the box of their drawing."""
    page = reader.open(CHAPTER)
    page.evaluate(THEME)
    cut = """(all) => all.filter((one) => getComputedStyle(one).overflow !== "visible").length"""
    dotted = """(all) => all.filter((one) => getComputedStyle(one).listStyleType !== "none"
        || getComputedStyle(one).marginInlineStart !== "0px").length"""
    assert page.locator(".at-plot svg").evaluate_all("(all) => all.length") > 0
    assert page.locator(".at-plot, .at-plot svg").evaluate_all(cut) == 0
    assert page.locator(".await-picture li").evaluate_all(dotted) == 0
