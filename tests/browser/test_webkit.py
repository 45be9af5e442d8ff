"""A reader in Safari's engine runs, edits, steps, solves and searches, where it is there: ``nox -s webkit``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..support.figures import AXE, FINDINGS, SIDEWAYS
from .other_engines import (
    ANSWERED,
    CAME_OF,
    EXERCISE,
    IS_SEARCHED,
    MINE,
    PAGE,
    RESULTS,
    SEARCHED,
    SHOWN,
    SOLVED,
    START,
    STEPPED,
    STEPPED_RUN,
    TOLD,
    TYPED,
    TYPED_PRINTS,
    answers,
    judge_programs,
    judge_searches,
    steps_of,
)
from .webkit import Window, launch, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver.remote.webelement import WebElement
    from selenium.webdriver.webkitgtk.webdriver import WebDriver

    from .reader import Reader

pytestmark = [
    pytest.mark.skipif(missing() is not None, reason=missing() or ""),
    pytest.mark.programs,
]
#: Programs that block, that compute, and that no browser runs.
PROGRAMS = "course/asyncio/blocking.html"
PLAYER = ".await-player:not(.await-of-mine)"
#: The keys of WebDriver.
ENTER, END, HOME, RIGHT = "\ue007", "\ue010", "\ue011", "\ue014"


@pytest.fixture(scope="module")
def driver() -> Iterator[WebDriver]:
    """Give a browser that runs for all tests."""
    with launch() as driver:
        yield driver


@pytest.fixture
def window(driver: WebDriver, address: str) -> Iterator[Window]:
    """Give a window; the test fails if the page that is open last has complained."""
    yield Window(driver, address)
    assert driver.execute_script("return window.troubles ?? []") == []


def printed(window: Window, run: WebElement) -> list[str]:
    """What the reader's run of a figure has printed."""
    return [line.get_attribute("textContent") or "" for line in window.all(MINE, run)]


def test_programs_print_in_webkit_what_they_printed_when_the_page_was_built(window: Window) -> None:
    """And draws its tasks where the page does, though there is no SharedArrayBuffer that a page could name."""
    runs = []
    window.open(PROGRAMS)
    window.first(".await-go")
    for run in window.all("figure.await-run:has(.await-code)"):
        if buttons := window.all(".await-go", run):
            window.ask("button => button.click()", buttons[0])  # not by the mouse: a solution may be folded
            window.wait_for_end(run)
        runs.append({**window.ask(CAME_OF, run), "page": PROGRAMS})
    judge_programs(runs)
    assert window.ask("() => typeof SharedArrayBuffer") == "undefined"


def test_what_a_reader_types_is_run(window: Window) -> None:
    """By keys alone, once the editor is open."""
    window.open(PAGE)
    run = window.first(STEPPED_RUN)
    window.press(".await-edit", run)
    window.wait_for(lambda: window.ask("() => document.activeElement.role") == "textbox")
    window.type(END, control=True)
    window.type(ENTER, TYPED)
    window.type(ENTER, control=True)
    window.wait_for_end(run)
    assert printed(window, run)[-1:] == [TYPED_PRINTS], window.first("await-live [role=status]", run).text
    assert window.ask(CAME_OF, run)["drawn"]


@pytest.mark.parametrize("name", STEPPED)
def test_a_run_is_stepped_through_in_webkit_as_in_chromium(window: Window, reader: Reader, name: str) -> None:
    """By button, keyboard and play, the page's run and the reader's; and axe finds nothing."""
    window.open(name)
    run = window.first(STEPPED_RUN)
    window.press(".await-step", run)
    slider = window.first(f"{PLAYER} .await-slider", run)
    steps = [window.ask(SHOWN, run)]
    for _ in range(int(slider.get_attribute("max") or 0)):
        window.press(f'{PLAYER} button[aria-label="한 걸음 앞으로"]', run)
        steps.append(window.ask(SHOWN, run))
    assert steps == steps_of(reader, name)
    assert all(step["inCode"] for step in steps)
    window.ask("slider => slider.focus()", slider)
    window.type(HOME)
    assert window.ask(SHOWN, run) == steps[0]
    window.type(RIGHT)
    assert window.ask(SHOWN, run) == steps[1]
    window.ask("speed => { speed.value = 'by_step_fast'; }", window.first(f"{PLAYER} .await-speed", run))
    window.press(f'{PLAYER} button[aria-label="재생"]', run)
    window.wait_for(lambda: window.ask(SHOWN, run)["count"].startswith("3 / "))
    window.press(f'{PLAYER} button[aria-label="일시 정지"]', run)
    assert window.ask(SHOWN, run) in steps[2:]
    window.driver.execute_script(AXE.read_text(encoding="utf-8"))
    assert window.ask(FINDINGS) == []
    window.press(".await-go", run)
    window.wait_for_end(run)
    window.press(".await-mine .await-step", run)
    window.ask("slider => slider.focus()", window.first(".await-of-mine .await-slider", run))
    window.type(END)
    assert window.ask(SHOWN, run)["sentence"] == steps[-1]["sentence"]


def test_an_exercise_is_judged(window: Window) -> None:
    """A wrong answer is told what is wrong, and a right one that it is right, for good."""
    wrong, right = answers()
    window.open(PAGE)
    run = window.first(ANSWERED)
    window.press(".await-edit", run)
    window.wait_for(lambda: window.ask("() => document.activeElement.role") == "textbox")
    window.paste(wrong)
    window.type(ENTER, control=True)
    told = window.first(".await-told", run)
    window.wait_for(lambda: TOLD in told.text)
    assert window.ask(f"() => document.querySelector('{EXERCISE} .await-solved').textContent") == ""
    window.paste(right)
    window.type(ENTER, control=True)
    status = window.first("await-live [role=status]", run)
    window.wait_for(lambda: status.text == SOLVED)
    assert len(window.all(".await-checks li.await-passed", run)) == len(window.all(".await-checks li", run)) > 0
    window.driver.refresh()
    window.wait_for(lambda: window.first(f"{EXERCISE} .await-solved").text == "해냄")


def test_searches_find_their_pages_and_the_word_is_lit_there(window: Window) -> None:
    """From the field beside a page to the section of the first result."""
    links = {}
    for query in SEARCHED:
        window.open(START)
        window.first(".sidebar-search").send_keys(query, ENTER)
        window.wait_for(lambda: window.ask(IS_SEARCHED))
        links[query] = window.ask(
            f"() => [...document.querySelectorAll('{RESULTS}')].map(link => link.getAttribute('href'))"
        )
    judge_searches(links)
    window.press(RESULTS)
    window.first("section span.highlighted")
    assert window.ask("() => decodeURIComponent(location.hash)").startswith("#")


def test_a_phone_in_the_dark_runs_a_program(address: str) -> None:
    """The page is as wide as the window, and dark as the system is."""
    with launch(dark=True) as driver:
        window = Window(driver, address)
        window.open_in_frame(PAGE, 360, 740)
        run = window.first(STEPPED_RUN)
        assert window.ask("() => [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]") == [360, True]
        assert window.ask("() => getComputedStyle(document.body).backgroundColor") == "rgb(19, 20, 22)"
        window.press(".await-go", run)
        window.wait_for_end(run)
        line = window.first(MINE, run)
        window.wait_for(lambda: 0 < window.ask("line => line.getBoundingClientRect().bottom", line) < 740)
        window.press(".await-mine .await-step", run)
        window.first(".await-of-mine .await-slider", run)
        assert window.ask(SIDEWAYS) <= 0
        assert window.ask("() => window.troubles") == []
