"""Alt and an arrow lead from chapter to chapter, and never while somebody types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
