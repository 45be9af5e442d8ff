"""What a reader does with lines to put in order: move them by buttons, hear where they are, run them, come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ..support.figures import AXE, FINDINGS, SIDEWAYS, go, put_in_order, texts_of
from .reader import NARROW, figure

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .reader import Reader

ORDER = "live/order.html"
SOLUTION = [
    "import sys",
    'sys.stdout.write("하나\\n")',
    'print(\n    "둘"\n)',
    'for word in ["셋"]:',
    "    print(word)",
]
#: On a phone, a finger needs so many CSS pixels.
FINGER = 44
FILES = "line-order"


def opened(page: Page, name: str = "order") -> Locator:
    """The lines of an exercise, with their buttons."""
    figure(page, name).locator(".await-edit").press("Enter")
    lines = figure(page, name).locator(".await-lines")
    expect(lines).to_be_visible()
    return lines


def line(lines: Locator, text: str) -> Locator:
    """A line by its text."""
    return lines.get_by_role("listitem").filter(has_text=text)


def test_lines_move_by_buttons(reader: Reader) -> None:
    """The focus stays with the line, and a screen reader hears where the line is; one that is fixed has no buttons."""
    page = reader.open(ORDER)
    lines = opened(page)
    before = texts_of(lines)
    assert before[0] == SOLUTION[0]
    assert sorted(before) == sorted(SOLUTION)
    assert before != SOLUTION
    assert not line(lines, SOLUTION[0]).get_by_role("button").count()
    first = lines.get_by_role("listitem").nth(1)
    down = first.get_by_role("button", name="아래로")
    down.press("Enter")
    spoken = " ".join(before[1].split())
    assert texts_of(lines) == [before[0], before[2], before[1], *before[3:]]
    expect(lines.get_by_role("button", name=f"아래로: {spoken}")).to_be_focused()
    rows = sum(text.count("\n") + 1 for text in SOLUTION)
    number = 2 + before[2].count("\n") + 1
    expect(lines.get_by_role("status")).to_have_text(f"{spoken}: {rows}줄 가운데 {number}번째 줄")


def test_a_line_at_an_end_goes_no_further(reader: Reader) -> None:
    """Its button says so and keeps the focus."""
    lines = opened(reader.open(ORDER))
    before = texts_of(lines)
    up = lines.get_by_role("listitem").nth(1).get_by_role("button", name="위로")
    expect(up).to_have_attribute("aria-disabled", "true")
    up.press("Enter")
    assert texts_of(lines) == before


def test_what_was_ordered_runs_and_is_kept(reader: Reader) -> None:
    """By the keyboard; after a reload it is there, and a reset brings the page's order back."""
    page = reader.open(ORDER)
    page.evaluate("() => { addEventListener('stub-run', ({ detail }) => { window.ran = detail.parts.at(-1); }); }")
    lines = opened(page)
    given = texts_of(lines)
    put_in_order(lines, SOLUTION)
    go(figure(page, "order"))
    expect(figure(page, "order").locator("await-live")).to_have_attribute("state", "ended")
    assert page.evaluate("window.ran") == "\n".join(SOLUTION)
    page.reload()
    lines = opened(page)
    assert texts_of(lines) == SOLUTION
    figure(page, "order").locator(".await-reset").press("Enter")
    assert texts_of(opened(page)) == given


def test_lines_are_indented_where_that_is_asked_for(reader: Reader) -> None:
    """A step at a time, not below none."""
    page = reader.open(ORDER)
    lines = opened(page, "order-indent")
    inner = line(lines, "print")
    inner.get_by_role("button", name="들여쓰기 늘리기").press("Enter")
    expect(inner.locator("code")).to_have_text('    print("하나")')
    expect(lines.get_by_role("status")).to_have_text('print("하나"): 4칸 들여 씀')
    inner.get_by_role("button", name="들여쓰기 줄이기").press("Enter")
    expect(inner.get_by_role("button", name="들여쓰기 줄이기")).to_have_attribute("aria-disabled", "true")
    expect(inner.locator("code")).to_have_text('print("하나")')


def test_nothing_of_it_is_loaded_before_the_press(reader: Reader) -> None:
    """And a text takes its place where a program has other lines."""
    page = reader.open(ORDER)
    assert not [answer.url for answer in reader.answers if FILES in answer.url]
    opened(page)
    assert [answer.url for answer in reader.answers if FILES in answer.url]
    key = "Object.keys(localStorage).find((name) => name.startsWith('sphinx-await-edits'))"
    lines = figure(page, "order").locator(".await-lines")
    lines.get_by_role("listitem").nth(1).get_by_role("button", name="아래로").press("Enter")
    page.evaluate(f"() => {{ localStorage.setItem({key}, localStorage.getItem({key}) + '\\nprint()'); }}")
    page.reload()
    figure(page, "order").locator(".await-edit").click()
    expect(figure(page, "order").get_by_role("textbox")).to_be_visible()


def test_without_a_script_the_lines_and_the_solution_are_there(reader: Reader) -> None:
    """And nothing is said of buttons."""
    page = reader.open(ORDER, script=False)
    expect(figure(page, "order").locator(".await-code")).to_be_visible()
    expect(page.get_by_text("옮기는 버튼")).to_have_count(2)
    expect(page.get_by_text("옮기는 버튼").first).not_to_be_visible()
    assert page.locator("details[data-await-part=solution]").first.is_visible()


@pytest.mark.parametrize(("width", "is_dark"), [(1280, False), (NARROW, True)])
def test_axe_finds_nothing_in_lines_to_put_in_order(reader: Reader, width: int, is_dark: bool) -> None:
    """Buttons are large enough for a finger, and no line makes the page scroll to the side."""
    page = reader.open(ORDER, width=width, dark=is_dark)
    lines = opened(page)
    opened(page, "order-indent")
    for box in (one.bounding_box() for one in lines.get_by_role("button").all()):
        assert box is not None
        assert min(box["width"], box["height"]) >= FINGER
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(FINDINGS) == []
    assert page.evaluate(SIDEWAYS) == 0
