"""What a reader does with the figure of a run, and what is checked of the page around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from sphinx_await.course.line_order import INDENTATION

from ..conftest import HERE

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

AXE = HERE / "browser" / "node_modules" / "axe-core" / "axe.min.js"
#: Each finding of axe as rule, element and what is wrong with it. Folded parts are unfolded first; a page that follows
#: the size of its boxes has done so when a frame was painted.
FINDINGS = """async (options) => {
    document.querySelectorAll("details").forEach(fold => { fold.open = true; });
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    const { violations } = await axe.run(options ?? {});
    return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`));
}"""
#: How far the page scrolls to the side, in CSS pixels.
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def go(run: Locator) -> None:
    """Press the button of a figure that runs it, or stops it."""
    run.locator(".await-go").click()


def status(run: Locator) -> Locator:
    """Where a figure says what happens; lines to put in order say elsewhere where each of them is."""
    return run.locator("await-live [role=status]:not(.await-lines *)")


def edit(page: Page, run: Locator, text: str) -> None:
    """Open the editor of a figure and replace the program in it."""
    run.locator(".await-edit").click()
    field = run.get_by_role("textbox")
    expect(field).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def texts_of(lines: Locator) -> list[str]:
    """The lines that a reader puts in order, as they stand."""
    return [text or "" for text in lines.locator("code").all_text_contents()]


def put_in_order(lines: Locator, wanted: list[str]) -> None:
    """Move each line to its place, from the first on, and indent it, by the keyboard alone."""
    for place, text in enumerate(wanted):
        while (there := [one.lstrip() for one in texts_of(lines)].index(text.lstrip(), place)) != place:
            lines.get_by_role("listitem").nth(there).get_by_role("button", name="위로").press("Enter")
        missing = len(text) - len(texts_of(lines)[place])
        for _ in range(missing // INDENTATION):
            line = lines.get_by_role("listitem").nth(place)
            line.get_by_role("button", name="들여쓰기 늘리기").press("Enter")
    assert texts_of(lines) == wanted
