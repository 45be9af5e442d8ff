"""By keyboard from chapter to chapter, never while somebody types, and through contents and past them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from .reader import NARROW

if TYPE_CHECKING:
    from .reader import Reader

FIELDS = {
    "input": "<input>",
    "textarea": "<textarea></textarea>",
    "select": "<select><option>1</option></select>",
    "contenteditable": '<div contenteditable="true">text</div>',
    "shadow": "<div><template shadowrootmode='open'><textarea></textarea></template></div>",
}

#: Puts a field at the head of the page and the focus into it.
FOCUS = """html => {
    const place = document.createElement("div");
    document.body.prepend(place);
    place.setHTMLUnsafe(html);
    const field = place.firstElementChild;
    (field.shadowRoot ? field.shadowRoot.firstElementChild : field).focus();
}"""


def test_alt_and_up_or_down_lead_to_the_previous_and_next_page(reader: Reader) -> None:
    """Where the buttons lead; at the end of the course nothing happens."""
    page = reader.open("course/asyncio.html")
    for key, name in (("Alt+ArrowDown", "metaclass"), ("Alt+ArrowUp", "asyncio"), ("Alt+ArrowUp", "generator")):
        page.keyboard.press(key)
        page.wait_for_url(f"**/course/{name}.html")
    page.goto(f"{reader.address}/course/metaclass.html")
    for key in ("Alt+ArrowDown", "Alt+ArrowRight", "Shift+Alt+ArrowUp", "Control+Alt+ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    assert page.evaluate("document.readyState") == "complete"
    assert page.url.endswith("/course/metaclass.html")


def test_on_apples_systems_left_and_right_do(reader: Reader) -> None:
    """There up and down scroll."""
    page = reader.open("course/index.html")
    page.add_init_script("Object.defineProperty(navigator, 'platform', { get: () => 'MacIntel' })")
    page.goto(f"{reader.address}/course/generator.html")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_url("**/course/asyncio.html")
    page.keyboard.press("Alt+ArrowLeft")
    page.wait_for_url("**/course/generator.html")


@pytest.mark.parametrize("field", FIELDS)
def test_nothing_happens_while_somebody_types(reader: Reader, field: str) -> None:
    """The keys belong to the field that has the focus, also in a shadow root."""
    page = reader.open("course/asyncio.html")
    page.evaluate(FOCUS, FIELDS[field])
    assert page.evaluate("document.activeElement !== document.body")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowUp")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Alt+ArrowDown")
    page.wait_for_url("**/course/metaclass.html")


@pytest.mark.parametrize(("contents", "here"), [(".sidebar-tree", ".current-page > a"), (".toc-tree", "a")])
def test_contents_are_one_stop_from_which_arrow_keys_lead_to_every_link(
    reader: Reader, contents: str, here: str
) -> None:
    """Where the reader is; Home and End lead to the ends, and the next Tab leaves."""
    page = reader.open("course/asyncio.html")
    tree = page.locator(contents)
    links, stop = tree.locator("a[href]").locator("visible=true"), tree.locator("a[href][tabindex='0']")
    expect(stop).to_have_count(1)
    assert stop.evaluate("(one, here) => one.matches(here)", here)
    stop.focus()
    page.keyboard.press("Home")
    for link in links.all():
        expect(link).to_be_focused()
        page.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(links.last).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("End")
    expect(links.last).to_be_focused()
    page.keyboard.press("Tab")
    assert not tree.evaluate("tree => tree.contains(document.activeElement)")


def test_contents_stop_at_the_section_that_is_read(reader: Reader) -> None:
    """A reader who scrolled, and goes to the contents then, is in the middle of them."""
    page = reader.open("course/asyncio.html")
    page.locator("article h2").last.scroll_into_view_if_needed()
    stop = page.locator(".toc-tree a[tabindex='0']")
    expect(stop).not_to_have_text("동기 vs 비동기")
    assert stop.evaluate("one => one.parentElement.matches('.scroll-current')")


def test_a_link_at_the_head_of_a_page_leads_to_its_contents(reader: Reader) -> None:
    """Which come after all of it; where they are in a closed drawer, there is no such link."""
    page = reader.open("course/asyncio.html")
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.locator(".skip-to-contents")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.toc-tree') !== null")
    page.set_viewport_size({"width": NARROW, "height": 900})
    assert not page.locator(".skip-to-contents").is_visible()


def test_every_link_of_contents_that_are_folded_is_reached(reader: Reader) -> None:
    """What is unfolded is, too, and what is folded again is no stop."""
    page = reader.open("course/guide/index.html")
    folded = page.locator(".sidebar-tree .toctree-checkbox:not(:checked)").first
    fold = page.locator(f"[id='{folded.get_attribute('id')}']")
    inside = fold.locator("xpath=../ul").locator("a[href]")
    fold.press("Space")
    fold.locator("xpath=../a").focus()
    page.keyboard.press("ArrowDown")
    expect(inside.first).to_be_focused()
    fold.press("Space")
    stop = page.locator(".sidebar-tree a[tabindex='0']")
    expect(stop).to_have_count(1)
    expect(stop).to_be_visible()
