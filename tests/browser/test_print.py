"""What comes out of a printer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .reader import FIGURES

if TYPE_CHECKING:
    from .reader import Reader


def test_folded_output_is_printed(reader: Reader) -> None:
    """On paper nothing can be unfolded."""
    page = reader.open(FIGURES)
    page.emulate_media(media="print")
    box = page.get_by_text("45번째 줄", exact=True).bounding_box()
    assert box is not None
    assert box["height"] > 5


def test_hints_and_solutions_are_printed(reader: Reader) -> None:
    """On paper an exercise is whole; on the screen its folds are closed."""
    page = reader.open("course/asyncio.html")
    folds = page.locator(".await-exercise > .await-fold")
    heights = "folds => folds.map(fold => fold.getBoundingClientRect().height)"
    closed = folds.evaluate_all(heights)
    page.emulate_media(media="print")
    opened = folds.evaluate_all(heights)
    assert len(closed) >= 2
    assert all(after > 1.5 * before for before, after in zip(closed, opened, strict=True))


def test_no_title_is_torn_from_what_it_names(reader: Reader) -> None:
    """Of exercises, questions and folds, of code, and of sections; what is below a picture stays with it."""
    page = reader.open("course/asyncio/together.html")
    page.emulate_media(media="print")
    titles = page.locator("article :is(h1, h2, h3, .rubric, .await-title, .code-block-caption, .await-fold > summary)")
    assert titles.count() > 20
    assert set(titles.evaluate_all("all => all.map(one => getComputedStyle(one).breakAfter)")) == {"avoid"}
    below = page.locator(".await-facts, .await-compare > figcaption")
    assert set(below.evaluate_all("all => all.map(one => getComputedStyle(one).breakBefore)")) == {"avoid"}
