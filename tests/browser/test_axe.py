"""Accessibility, by all rules that axe-core has by default: it finds nothing."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from .reader import NARROW, WIDE
from .sites import page_names

if TYPE_CHECKING:
    from .reader import Reader

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

#: Each finding as rule, element and what is wrong with it. What is folded is unfolded first; a page that follows the
#: size of its boxes has done so when a frame was painted.
FINDINGS = """async () => {
    document.querySelectorAll("details").forEach(fold => { fold.open = true; });
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`));
}"""


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
