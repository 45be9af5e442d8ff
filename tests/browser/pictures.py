"""Make the pictures of both READMEs: ``python -m tests.browser.pictures``, or ``nox -s pictures``.

The page in ``tests/roots/pictures`` is built in English and in Korean. Of each, ``docs`` gets a picture of the page
and one of a timeline, in light and in dark.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PIL import Image
from playwright.sync_api import sync_playwright

from ..conftest import HERE, PROJECT, run_python
from .chromium import launch
from .reader import figure
from .sites import STUB, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Page

SOURCES = HERE / "roots" / "pictures"
TARGET = PROJECT / "docs"
LANGUAGES = ("en", "ko")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
#: The names of the runs in the page: one is shown as it is in the page, of the other only its timeline.
PAGE, TIMELINE = "together", "workers"
#: The window, in CSS pixels: as wide as one column of text. Each of them is so many pixels of a picture.
WIDTH, HEIGHT, SCALE = 760, 900, 1.5
#: Space around what is shown, in CSS pixels.
MARGIN = 16
#: The largest size of a picture, in bytes. A README that loads slowly is not read.
LARGEST = 150_000
COLOURS = 256


def build(language: str, folder: Path) -> None:
    """Write the page in one language. The runtime is a stub: it makes the buttons appear and is never started.

    :raises RuntimeError: the build failed.
    """
    options: list[str | Path] = ["-c", SOURCES, "-b", "html", "-W", "-D", f"language={language}"]
    options += ["-D", f"await_cache_dir={folder / 'cache'}"]
    folders = [SOURCES / language, folder / "www" / language]
    environment = {"SPHINX_AWAIT_RUNTIME": str(STUB)}
    done = run_python("-m", "sphinx", *options, *folders, timeout=600, environment=environment)
    if done.returncode:
        raise RuntimeError(f"the page could not be built:\n{done.stdout}\n{done.stderr}")


def take(browser: Browser, address: str, language: str) -> list[Path]:
    """Write all pictures of the page in one language and return their paths."""
    written = []
    for scheme in SCHEMES:
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE, color_scheme=scheme
        )
        page = context.new_page()
        page.goto(f"{address}/{language}/index.html")
        page.locator(".await-run:visible button:visible").first.wait_for()
        page.add_style_tag(content=".mobile-header, .content-icon-container { display: none !important }")
        for kind, area in (("page", page_area(page)), ("timeline", timeline_area(page))):
            path = TARGET / f"{kind}-{language}-{scheme}.png"
            page.screenshot(path=path, clip=area, full_page=True)
            keep_few_colours(path)
            written.append(path)
        context.close()
    return written


def keep_few_colours(path: Path) -> None:
    """Write a picture again with a palette: it has few colours, and takes less than half the room."""
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def page_area(page: Page) -> FloatRect:
    """From the title of the page to the end of its first run."""
    top = page.locator("h1").bounding_box()
    run = figure(page, PAGE).bounding_box()
    assert top is not None
    assert run is not None
    return {"x": 0, "y": top["y"] - MARGIN, "width": WIDTH, "height": run["y"] + run["height"] - top["y"] + 2 * MARGIN}


def timeline_area(page: Page) -> FloatRect:
    """The timeline of the second run, with its legend and without the table below it."""
    picture = figure(page, TIMELINE).locator(".await-picture").bounding_box()
    table = figure(page, TIMELINE).locator("details.await-words").bounding_box()
    assert picture is not None
    assert table is not None
    left, top = picture["x"] + 1, picture["y"] + 1  # without the figure's border
    return {"x": left, "y": top, "width": picture["width"] - 2, "height": table["y"] - top}


def main() -> None:
    """Build the page, take the pictures, and fail if one of them is too large."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for language in LANGUAGES:
            build(language, folder)
        TARGET.mkdir(exist_ok=True)
        with serve(folder) as address, sync_playwright() as playwright, launch(playwright) as browser:
            written = [path for language in LANGUAGES for path in take(browser, address, language)]
    sizes = {path.relative_to(PROJECT).as_posix(): path.stat().st_size for path in written}
    print("\n".join(f"{name}: {size / 1000:.0f} kB" for name, size in sizes.items()))
    if too_large := [name for name, size in sizes.items() if size > LARGEST]:
        sys.exit(f"larger than {LARGEST / 1000:.0f} kB: {', '.join(too_large)}")


if __name__ == "__main__":
    main()
