"""What a reader does with a figure: read it with and without scripts, unfold it, print it, in light and dark."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from .reader import FIGURES, NARROW, WIDE, figure

if TYPE_CHECKING:
    from pathlib import Path

    from .reader import Reader

#: The brightness of what is behind the text of a page, from 0 to 255.
BRIGHTNESS = """() => {
    const parts = getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).slice(0, 3).map(Number);
    return parts.reduce((sum, part) => sum + part) / 3;
}"""

#: Elements that the Tab key stops at.
STOPS = """() => [
    ...document.querySelectorAll("a[href], button, summary, input, textarea, select, [tabindex]")
].filter(one =>
    one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }) &&
    !(one.closest("details:not([open])") && !one.matches("summary"))).length"""
MOST_STOPS = 81


def test_long_output_unfolds_by_pointer(reader: Reader) -> None:
    """A click on the number of lines that are left shows them, another hides them."""
    long = figure(reader.open(FIGURES, width=NARROW), "long")
    last = long.get_by_text("45번째 줄", exact=True)
    assert not last.is_visible()
    long.locator("summary").click()
    assert last.is_visible()
    long.locator("summary").click()
    assert not last.is_visible()


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_long_output_unfolds_by_keyboard(reader: Reader, key: str) -> None:
    """Tab goes from the buttons of the run to what unfolds the rest."""
    page = reader.open(FIGURES)
    long = figure(page, "long")
    long.locator(".await-go").focus()
    while page.evaluate("() => document.activeElement.tagName") != "SUMMARY":
        page.keyboard.press("Tab")
        assert page.evaluate("name => document.activeElement.closest('figure')?.dataset.name === name", "long")
    page.keyboard.press(key)
    assert long.get_by_text("45번째 줄", exact=True).is_visible()


def test_the_buttons_of_a_run_are_one_stop_and_so_are_its_moments(reader: Reader) -> None:
    """Arrow keys go from one to the next, and around; each has a name that tells it from those of other runs."""
    page = reader.open("course/asyncio.html")
    page.wait_for_function("() => document.querySelectorAll('.await-go').length > 5")
    run = page.locator("figure.await-run:has(.await-time a)").first
    focused = "() => document.activeElement.className"
    run.locator(".await-go").focus()
    page.keyboard.press("ArrowRight")
    assert "await-edit" in page.evaluate(focused)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert "await-copy" in page.evaluate(focused)
    page.keyboard.press("Shift+Tab")
    assert not page.evaluate("() => document.activeElement.closest('.await-header')")
    for box, name in ((".await-header", "button"), (".await-outputs", ".await-time a")):
        stops = f"all => all.map(one => [...one.querySelectorAll('{name}')].filter(stop => stop.tabIndex === 0).length)"
        assert max(page.locator(f"figure.await-run {box}").evaluate_all(stops)) == 1
    names = page.evaluate(
        "() => [...document.querySelectorAll('.await-go')].map(one => one.ariaLabelledByElements.map("
        "label => label.ariaLabel ?? label.textContent).join(' '))"
    )
    assert len(set(names)) == len(names)
    assert all(name.startswith("실행 ") for name in names)


def test_a_chapter_has_few_stops_of_the_tab_key(reader: Reader) -> None:
    """There were 168 on this one when each line of output and each button was one; now it has more to press."""
    page = reader.open("course/asyncio.html")
    page.wait_for_function("() => document.querySelectorAll('.await-go[aria-labelledby]').length > 5")
    assert page.evaluate(STOPS) <= MOST_STOPS


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("name", [FIGURES, "course/asyncio.html"])
def test_everything_is_there_without_javascript(reader: Reader, name: str, width: int) -> None:
    """Code, output, moments and facts of each figure are visible, and what is folded unfolds."""
    page = reader.open(name, width=width, script=False)
    figures = page.locator("figure.await-run").all()
    assert figures
    for fold in page.locator(".await-fold > summary").all():  # a solution is a figure too
        fold.click()
    for one in figures:
        for fold in one.locator("summary").all():
            fold.click()
        for part in (".highlight pre", ".await-text", ".await-time", ".await-facts"):
            places = one.locator(part).filter(has_text=re.compile(r"\S"))
            assert all(place.is_visible() for place in places.all()), part
        assert one.locator(".await-facts").count() == 1
    assert page.locator(".await-time").count() == page.locator(".await-text").count() > 5


def test_dark_mode_follows_the_system(reader: Reader) -> None:
    """The page is bright by day and dark by night."""
    assert reader.open(FIGURES).evaluate(BRIGHTNESS) > 200
    assert reader.open(FIGURES, dark=True).evaluate(BRIGHTNESS) < 60


def test_the_themes_switch_makes_a_bright_page_dark_and_the_choice_stays(reader: Reader) -> None:
    """Within three presses, and on the next page too."""
    page = reader.open(FIGURES)
    switch = page.locator(".theme-toggle:visible").first
    for _press in range(3):
        switch.click()
        if page.evaluate(BRIGHTNESS) < 60:
            break
    page.goto(f"{reader.address}/course/asyncio.html")
    assert page.evaluate(BRIGHTNESS) < 60


def test_standard_error_is_marked_by_words(reader: Reader) -> None:
    """There is a label where each block of it begins."""
    page = reader.open(FIGURES)
    assert figure(page, "streams").locator(".await-mark").count() == 2


def test_a_failed_run_says_so(reader: Reader) -> None:
    """In words, beside its name."""
    page = reader.open(FIGURES)
    failure = figure(page, "failing").locator(".admonition")
    assert "ZeroDivisionError" in failure.inner_text()
    assert figure(page, "raising").locator(".admonition").count() == 0


def test_a_page_that_is_opened_as_a_file_keeps_no_room_for_what_does_not_come(reader: Reader, built: Path) -> None:
    """The bar above a program has its buttons, and nothing is below a picture or a question but what is in it."""
    page = reader.open("course/index.html")
    page.goto((built / "www/figures/index.html").as_uri())
    bars = page.locator("figure.await-run:has(> .await-code) > .await-header .await-button")
    expect(bars).not_to_have_count(0)
    rooms = page.locator(".await-steps").evaluate_all("rooms => rooms.map(room => room.getClientRects().length)")
    assert set(rooms) == {0}
    reader.troubles.clear()  # a browser reports each module that it does not load
