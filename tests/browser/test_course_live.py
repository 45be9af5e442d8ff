"""All programs of the course, run by the real runtime on the pages that were built."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from sphinx_await.core.validation.expected_output import Expectation, differ_only_in_times

from ..conftest import PROJECT
from .reader import figure
from .test_element import status

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from .reader import Reader

PAGES = ("generator", "asyncio", "metaclass", "asyncio-depth")
#: Programs that print other numbers in a browser, and why.
OTHERWISE = {"generator-1": "objects are smaller on a system of 32 bits"}
#: Programs that no browser runs, and what they need.
ONLY_BUILT = {"asyncio-depth-1": "asyncio.to_thread"}
#: Milliseconds that a program may take, the runtime's first start among them.
PATIENCE = 60_000


def printed(run: Locator) -> list[str]:
    """The lines of standard output below an element."""
    return run.locator(".await-stdout .await-text").all_text_contents()


def prints_the_same(title: str, built: list[str], mine: list[str]) -> bool:
    """Whether a program printed the same lines in the same order, but for how long things took."""
    if title in OTHERWISE:
        return built != mine and without_numbers(built) == without_numbers(mine)
    expectation = Expectation(tuple(built), any_order=False, first_line=1)
    return differ_only_in_times(expectation, "\n".join(mine))


def without_numbers(lines: list[str]) -> list[str]:
    """The lines with a sign for each number."""
    return [re.sub(r"\d+", "#", line) for line in lines]


def test_what_is_printed_otherwise_differs_in_numbers_alone() -> None:
    """A program of which that is known is not let through with anything."""
    title = next(iter(OTHERWISE))
    assert prints_the_same(title, ["size: 200"], ["size: 112"])
    assert not prints_the_same(title, ["size: 200"], [])
    assert not prints_the_same(title, ["size: 200"], ["Traceback: 112"])
    assert not prints_the_same(title, ["size: 200"], ["size: 200"])


@pytest.mark.parametrize("name", PAGES)
def test_every_program_prints_in_the_browser_what_it_printed_when_the_page_was_built(reader: Reader, name: str) -> None:
    """In the same order, but for how long things took."""
    page = reader.open(f"course/{name}.html")
    page.evaluate("() => document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    ran = 0
    for run in page.locator("figure.await-run:has(.await-code)").all():
        title = run.get_attribute("data-name") or ""
        if title in ONLY_BUILT:
            assert ONLY_BUILT[title] in run.locator(".await-only").inner_text()
            continue
        assert run.locator(".await-go").count(), "no runtime for the browser: `nox -s live` builds it"
        built = printed(run)
        run.locator(".await-go").click()
        expect(run.locator("await-live")).to_have_attribute("state", "ended", timeout=PATIENCE)
        mine = printed(run.locator(".await-mine"))
        assert prints_the_same(title, built, mine), (title, status(run).inner_text(), built, mine)
        ran += 1
    assert ran > 5


def test_the_exercise_is_solved_in_the_browser(reader: Reader) -> None:
    """The program to begin with misses a check, the solution none."""
    page = reader.open("course/asyncio.html")
    run = figure(page, "two-orders")
    run.locator(".await-go").click()
    expect(run.locator(".await-checks li.await-missed")).not_to_have_count(0, timeout=PATIENCE)
    text = PROJECT.joinpath("source", "asyncio.md").read_text(encoding="utf-8")
    solution = text.partition("{exec_solution}\n")[2].partition("```")[0]
    run.locator(".await-edit").click()
    expect(run.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(solution)
    page.keyboard.press("Control+Enter")
    expect(status(run)).to_have_text("모두 해냈습니다. 이 프로그램은 문제를 풉니다.", timeout=PATIENCE)
