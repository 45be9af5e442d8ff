"""Pictures of every page, to be looked at: ``python -m tests.browser.shots [PART OF A PAGE'S NAME...]``.

In ``build/shots``: each page on a phone and on a desk, light and dark, cut into pieces of a height that can be
seen at a glance; and as it is printed.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from ..conftest import PROJECT
from .chromium import launch
from .reader import NARROW, WIDE, Reader
from .sites import build, page_names, serve

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

BUILD = PROJECT / "build" / "browser"
SHOTS = PROJECT / "build" / "shots"
#: The height of one picture, in CSS pixels.
PIECE = 1600


def shoot(reader: Reader, name: str) -> None:
    """Write all pictures of a page."""
    stem = name.removesuffix(".html").replace("/", "-")
    for width in (NARROW, WIDE):
        for dark in (False, True):
            page = reader.open(name, width=width, dark=dark)
            _cut(page, SHOTS / f"{stem}-{width}-{'dark' if dark else 'light'}")
    reader.open(name).pdf(path=SHOTS / f"{stem}-print.pdf", format="A4")
    reader.close()


def _cut(page: Page, target: Path) -> None:
    width, height = page.evaluate("() => [innerWidth, document.documentElement.scrollHeight]")
    for number, top in enumerate(range(0, height, PIECE), 1):
        page.screenshot(
            path=f"{target}-{number:02}.png",
            full_page=True,
            clip={"x": 0, "y": top, "width": width, "height": min(PIECE, height - top)},
        )


def main(parts: list[str]) -> None:
    """Build, serve and shoot the pages whose names hold one of the parts, or all."""
    build(BUILD)
    SHOTS.mkdir(parents=True, exist_ok=True)
    with serve(BUILD) as address, sync_playwright() as playwright, launch(playwright) as browser:
        reader = Reader(browser, address)
        for name in page_names():
            if not parts or any(part in name for part in parts):
                shoot(reader, name)
    print("\n".join([*reader.troubles, f"pictures are in {SHOTS.relative_to(PROJECT)}"]))


if __name__ == "__main__":
    main(sys.argv[1:])
