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
