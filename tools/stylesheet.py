"""The style sheet of pictures: its rules of the drawing come from core, where a picture that stands alone has them too.

``python tools/stylesheet.py`` writes them into the sheet.
"""

from __future__ import annotations

from pathlib import Path

from sphinx_await.core.renderers.svg import page_rules

SHEET = Path(__file__).parents[1] / "extensions" / "sphinx_await" / "sphinxext" / "static" / "sphinx-await-timeline.css"
#: What stands before and after those rules.
BEFORE = "/* The drawing, as core/renderers/svg.py draws it: `python tools/stylesheet.py` writes it here. */\n"
AFTER = "\n/* The page around it. */\n"


def with_rules(sheet: str) -> str:
    """A sheet with the rules that core has now."""
    head, _, rest = sheet.partition(BEFORE)
    return head + BEFORE + page_rules() + AFTER + rest.partition(AFTER)[2]


if __name__ == "__main__":
    SHEET.write_text(with_rules(SHEET.read_text(encoding="utf-8")), encoding="utf-8")
