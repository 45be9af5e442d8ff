"""The built sites, a browser, and a reader who complains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from ..support.shared import Shared
from .chromium import launch
from .live import PAGE, prepare, write_page
from .reader import Reader
from .sites import build, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder below which the sites were built, once."""

    def make(folder: Path) -> str:
        build(folder)
        return str(folder)

    return Path(Shared(tmp_path_factory, "browser").get("sites", make))


@pytest.fixture(scope="session")
def address(built: Path) -> Iterator[str]:
    """Give the address at which the sites are served."""
    with serve(built) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give a browser that runs for all tests."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def reader(browser: Browser, address: str) -> Iterator[Reader]:
    """Give a reader; the test fails if anything went wrong on a page that was opened."""
    reader = Reader(browser, address)
    yield reader
    reader.close()
    assert reader.troubles == []


@pytest.fixture(scope="module")
def lab_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a server that has the page with the runner."""
    folder = tmp_path_factory.mktemp("lab")
    write_page(folder)
    with serve(folder) as address:
        yield address


@pytest.fixture(scope="module")
def lab(browser: Browser, lab_address: str) -> Iterator[Page]:
    """Give the page with the runner, the same for a whole module; the tests fail if anything went wrong on it."""
    reader = Reader(browser, lab_address)
    yield prepare(reader.open(PAGE))
    reader.close()
    assert reader.troubles == []
