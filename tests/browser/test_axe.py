"""Accessibility, by all rules that axe-core has by default: it finds nothing."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Literal

import pytest

from ..support.figures import AXE, FINDINGS
from .reader import NARROW, WIDE
from .sites import page_names

if TYPE_CHECKING:
    from .reader import Reader

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.mark.parametrize("name", page_names())
def test_axe_finds_nothing(reader: Reader, name: str) -> None:
    """Wide and narrow, light and dark."""
    page = reader.open(name)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    findings = []
    for width, scheme in product((WIDE, NARROW), SCHEMES):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        findings += [f"{width} {scheme}: {finding}" for finding in page.evaluate(FINDINGS)]
    assert not findings, "\n".join(findings)
