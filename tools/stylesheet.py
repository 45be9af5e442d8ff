"""Write the rules of the drawing into the style sheet of pages: ``python tools/stylesheet.py``.

They come from ``core/renderers``, which also puts them into a picture that is a file of its own.
"""

from __future__ import annotations

from pathlib import Path

from sphinx_await.core.renderers.svg import NAMES, NARROW_PAGE, NARROW_SIDES, RIGHT, ROOMS, SIDE_GAP, style

SHEET = Path(__file__).parents[1] / "extensions" / "sphinx_await" / "sphinxext" / "static" / "sphinx-await-timeline.css"
#: What comes before and after those rules.
BEFORE = "/* The drawing, as core/renderers/svg.py draws it: `python tools/stylesheet.py` writes it here. */\n"
AFTER = "\n/* The page around it. */\n"


def page_rules() -> str:
    """The rules of pictures in pages, but for their colours."""
    narrow, side = f"@container (max-width: {NARROW_PAGE}px)", NARROW_SIDES - RIGHT
    return f"""\
{style()}
/* What needs more room than there is, is left out: a label by its own measure, every other tick. */
{_room_rules()}
/* A dot that another stands for keeps its place, to which its line of output leads. */
{narrow} {{ .await-svg :is(.at-odd, .at-long) {{ display: none; }} .await-svg .at-fine {{ visibility: hidden; }} }}
@container (min-width: {NARROW_PAGE + 1}px) {{ .await-svg :is(.at-brief, .at-coarse) {{ display: none; }} }}
.await-drawing {{ display: grid; grid-template-columns: {NAMES}px minmax(0, 1fr); padding-inline-end: {RIGHT}px; }}
{narrow} {{
  .await-drawing {{ grid-template-columns: {side}px minmax(0, 1fr); }}
  .await-drawing .at-side {{ width: {side - SIDE_GAP}px; }}
}}
"""


def _room_rules() -> str:
    """The rules that hide a label where the plot is too narrow for it."""
    rules = []
    for room in ROOMS:
        narrow = room + NARROW_SIDES
        least = narrow if narrow <= NARROW_PAGE else room + NAMES + RIGHT
        rules.append(f"@container (max-width: {least - 1}px) {{ .await-svg .at-n{room} {{ display: none; }} }}")
        rules.append(f"@container (min-width: {least}px) {{ .await-svg .at-s{room} {{ display: none; }} }}")
    return "\n".join(rules)


def with_rules(sheet: str) -> str:
    """A sheet with the current rules."""
    head, _, rest = sheet.partition(BEFORE)
    return head + BEFORE + page_rules() + AFTER + rest.partition(AFTER)[2]


if __name__ == "__main__":
    SHEET.write_text(with_rules(SHEET.read_text(encoding="utf-8")), encoding="utf-8")
