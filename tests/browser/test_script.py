"""What the page's script adds for readers: a button that copies, and a choice about moments that stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from .reader import FIGURES, figure

if TYPE_CHECKING:
    from .reader import Reader


def test_the_copy_button_copies_the_program_alone(reader: Reader) -> None:
    """Without the numbers of lines, and it says that it did."""
    page = reader.open(FIGURES)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    emphasized = figure(page, "emphasized")
    emphasized.locator(".await-copy").click()
    expect(emphasized.get_by_role("status")).not_to_be_empty()
    program = 'print("첫째 줄")\nprint("둘째 줄을 강조합니다")\nprint("셋째 줄")\n'
    assert page.evaluate("() => navigator.clipboard.readText()") == program


def test_moments_hidden_once_are_hidden_on_every_page_until_shown_again(reader: Reader) -> None:
    """By keyboard; the button shows whether they are shown."""
    page = reader.open(FIGURES)
    plain = figure(page, "plain")
    assert plain.locator(".await-time").is_visible()
    plain.locator(".await-moments").press("Enter")
    assert not page.locator(".await-time:visible").count()
    page.goto(f"{reader.address}/course/asyncio.html")
    assert page.locator(".await-time").count() > 5
    assert not page.locator(".await-time:visible").count()
    button = page.locator(".await-moments").first
    assert button.get_attribute("aria-pressed") == "false"
    button.press("Space")
    assert button.get_attribute("aria-pressed") == "true"
    assert page.locator(".await-time:visible").count() > 5
