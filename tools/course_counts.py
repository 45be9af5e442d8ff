"""Count what the chapters of the course have: ``python tools/course_counts.py``."""

from __future__ import annotations

import re
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "source"
#: The chapters in the order of the course; those below the folder are its deeper part.
CHAPTERS = ("index", "generator", "asyncio", "metaclass")
DEEPER = "asyncio"
#: What is counted, by what begins it in the source of a page.
KINDS = {
    "programs": r"^```(?:python|\{exec_(?:code|start|lines|solution)\})$",
    "exercises": r"^[`~]{3,}\{exec_exercise\}",
    "predictions": r"^[`~]{3,}\{exec_predict\}",
    "comparisons": r"^[`~]{3,}\{exec_compare\}",
    "wrong answers": r"^[`~]{3,}\{exec_wrong\}",
}


def counts(page: Path) -> list[int]:
    """How many of each kind a page has."""
    text = page.read_text(encoding="utf-8")
    return [len(re.findall(pattern, text, re.MULTILINE)) for pattern in KINDS.values()]


def main() -> None:
    """Print a line for each chapter, and the sums."""
    deeper = sorted(SOURCE.joinpath(DEEPER).glob("*.md"))
    pages = [SOURCE / f"{name}.md" for name in CHAPTERS] + deeper
    rows = {page.relative_to(SOURCE).as_posix(): counts(page) for page in pages}
    rows[f"{len(deeper)} chapters of {DEEPER}/"] = [sum(one) for one in zip(*map(counts, deeper), strict=True)]
    rows[f"{len(pages)} pages"] = [sum(one) for one in zip(*map(counts, pages), strict=True)]
    print(f"{'':32}" + "".join(f"{kind:>15}" for kind in KINDS))
    for name, numbers in rows.items():
        print(f"{name:32}" + "".join(f"{number:15}" for number in numbers))


if __name__ == "__main__":
    main()
