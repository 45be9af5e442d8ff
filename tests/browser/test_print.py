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
