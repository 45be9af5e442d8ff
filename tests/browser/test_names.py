"""What the keyboard stops at has a name, by which a list of all buttons or links tells it from the others."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from .reader import LIVE, Reader, figure
from .sites import page_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

#: Open what is folded, and of what a script makes for each figure that of two figures: a name that two have, all have.
OPEN = """async () => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
    const pressed = ["step", "edit"].flatMap((kind) =>
        ["figure.await-run", "figure.await-compare"].flatMap((figure) =>
            [...document.querySelectorAll(`${figure} .await-${kind}`)].slice(0, 2)));
    for (const one of pressed) one.click();
    const isOpen = (one) => one.ariaExpanded === "true" || one.disabled;
    while (!pressed.every(isOpen)) await new Promise((resolve) => setTimeout(resolve, 20));
}"""

#: What may have the focus, but is no stop: the page, what a menu holds, and a box that scrolls around an editor's text.
NO_STOPS = ("RootWebArea", "option", "generic")


class Stop(NamedTuple):
    """What the keyboard reaches.

    :ivar target: where a link leads; None for whatever is no link.
    """

    role: str
    name: str
    target: str | None


@pytest.fixture(scope="module")
def reader(browser: Browser, address: str) -> Iterator[Reader]:
    """Give one reader for all pages."""
    reader = Reader(browser, address)
    yield reader
    reader.close()
    assert reader.troubles == []


@pytest.fixture(scope="module")
def page(reader: Reader) -> Page:
    """Give the window in which all pages are opened."""
    return reader.open("course/404.html")


def stops_of(page: Page) -> list[Stop]:
    """All that the Tab key, or arrow keys after it, stop at, as the browser tells it to screen readers."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [_stop(node) for node in nodes if _is_stop(node)]


def _is_stop(node: dict[str, Any]) -> bool:
    is_other = node.get("role", {}).get("value") in NO_STOPS
    return not node["ignored"] and not is_other and bool(_properties(node).get("focusable"))


def _stop(node: dict[str, Any]) -> Stop:
    return Stop(node["role"]["value"], node.get("name", {}).get("value", ""), _properties(node).get("url"))


def _properties(node: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one["value"].get("value") for one in node.get("properties", [])}


def is_told_apart(stop: Stop) -> bool:
    """Whether a name must say alone what it is of: links in sentences and in contents may have the words of others."""
    return stop.target is None or "#await-" in stop.target or "/_downloads/" in stop.target


def shared_names(stops: list[Stop]) -> list[tuple[str, str]]:
    """Role and name of each that two stops have; links to one place may have one."""
    links = {stop for stop in stops if stop.target is not None}
    others = [stop for stop in stops if stop.target is None]
    counted = Counter((stop.role, stop.name) for stop in (*links, *others) if is_told_apart(stop))
    return [name for name, count in counted.items() if count > 1]


@pytest.mark.parametrize("name", page_names())
def test_no_two_stops_have_one_name(page: Page, reader: Reader, name: str) -> None:
    """What is folded is open, and so are editors and players of two figures."""
    page.goto(f"{reader.address}/{name}")
    page.evaluate(OPEN)
    stops = stops_of(page)
    assert [stop for stop in stops if not stop.name] == []
    assert shared_names(stops) == []


def test_what_a_run_of_the_readers_own_brings_has_its_name(page: Page, reader: Reader) -> None:
    """The files below two runs, beside those of the page's runs."""
    page.goto(f"{reader.address}/{LIVE}")
    page.evaluate(OPEN)
    for name in ("hello", "two"):
        run = figure(page, name)
        run.locator(".await-go").click()
        run.locator(".await-mine summary").click()
    stops = stops_of(page)
    assert len([stop for stop in stops if "내 실행" in stop.name]) > 3
    assert shared_names(stops) == []
