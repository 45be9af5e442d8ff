"""Accessibility, by all rules that axe-core has by default: it finds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from ..support.figures import AXE, FINDINGS
from .reader import NARROW, WIDE
from .sites import page_names

if TYPE_CHECKING:
    from .reader import Reader

#: Options of axe: only what depends on colours.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
#: All rules at each width and in each colour scheme, and those about colours in the other two pairs, too: what else a
#: rule looks at is the same there.
VIEWS: tuple[tuple[int, Literal["light", "dark"], dict[str, list[str]]], ...] = (
    (WIDE, "light", {}),
    (NARROW, "dark", {}),
    (WIDE, "dark", COLOURS),
    (NARROW, "light", COLOURS),
)


@pytest.mark.parametrize("name", page_names())
def test_axe_finds_nothing(reader: Reader, name: str) -> None:
    """Wide and narrow, light and dark."""
    page = reader.open(name)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    findings = []
    for width, scheme, options in VIEWS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        findings += [f"{width} {scheme}: {finding}" for finding in page.evaluate(FINDINGS, options)]
    assert not findings, "\n".join(findings)
