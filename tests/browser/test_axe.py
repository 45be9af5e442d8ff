"""Accessibility, by all rules that axe-core has by default: it finds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from ..support.figures import AXE, FINDINGS
from .reader import NARROW, WIDE
from .sites import page_names

if TYPE_CHECKING:
    from .reader import Reader

#: Each width and each colour scheme, once. A rule looks at the layout or at colours, so two of the four pairs show what
#: all four would, in half the time.
VIEWS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((WIDE, "light"), (NARROW, "dark"))


@pytest.mark.parametrize("name", page_names())
def test_axe_finds_nothing(reader: Reader, name: str) -> None:
    """Wide and light, narrow and dark."""
    page = reader.open(name)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    findings = []
    for width, scheme in VIEWS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        findings += [f"{width} {scheme}: {finding}" for finding in page.evaluate(FINDINGS)]
    assert not findings, "\n".join(findings)
