"""Writes source/guide/benchmarks.md, the same page in Korean, and the data of their charts, from the results of a run.

``python tests/bench/report.py``
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path[:1] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "extensions")]

from tests.bench.page_texts import ENGLISH
from tests.bench.page_texts_ko import KOREAN
from tests.bench.results import RESULTS, Results
from tests.bench.small import PROGRAMS
from tests.bench.tables import course_table, failure_table, small_table, target_table
from tests.bench.tools import PROJECT

from bench_chart import DATA

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from tests.bench.page_texts import PageTexts
    from tests.bench.tables import Table

PAGE = PROJECT / "source" / "guide" / "benchmarks.md"
#: The folder of the page in Korean, beside the one in English.
IN_KOREAN = "ko"


def page(results: Results, texts: PageTexts = ENGLISH) -> str:
    """The page's text, in the language of the texts."""
    machine = results.machine
    head = texts.head.format(
        date=machine.date[:10],
        repetitions=texts.once if results.repeat == 1 else texts.times.format(results.repeat),
        quick=texts.quick if results.quick else "",
        targets=target_table(results).said_in(texts.words).markdown(),
        small=_small(results, texts),
    )
    tools = "\n".join(f"- `{name}`: {texts.words(how)}" for name, how in results.tools.items())
    tail = texts.tail.format(tools=tools, machine="\n".join(f"- {texts.words(line)}" for line in machine.lines()))
    drawn = chart_data(results)
    sections = [
        _section(course_table(results, facts).said_in(texts.words), chart=_chart(facts.name, texts, drawn))
        for facts in results.courses
    ]
    failures = failure_table(results).said_in(texts.words)
    return head + "".join(sections) + (_section(failures, level=2) if failures.rows else "") + tail


def _small(results: Results, texts: PageTexts) -> str:
    if not results.small:
        return ""
    one = results.small[0]
    rounds = sum((other.kind, other.how) == (one.kind, one.how) for other in results.small)
    table = small_table(results.small).said_in(texts.words)
    return texts.small.format(rounds=rounds, programs=PROGRAMS, table=table.markdown())


def chart_data(results: Results) -> dict[str, dict[str, tuple[float, float, float]]]:
    """What the charts of the page show: by course and tool the cold builds' median, least and most."""
    data: dict[str, dict[str, tuple[float, float, float]]] = {}
    for facts in results.courses:
        for tool in results.tools:
            if walls := [sample.wall for sample in results.of(facts.name, tool, "cold")]:
                data.setdefault(facts.name, {})[tool] = (round(median(walls), 3), min(walls), max(walls))
    return data


def _chart(course: str, texts: PageTexts, drawn: Container[str]) -> str:
    """The chart of a course; nothing, if there is nothing to draw."""
    lines = [f"```{{bench_chart}} {course}", *texts.chart, "```"]
    return "\n".join(lines) + "\n\n" if course in drawn else ""


def _section(table: Table, level: int = 3, chart: str = "") -> str:
    return f"{'#' * level} {table.title}\n\n{chart}{table.markdown()}\n\n" if table.rows else ""


def main(argv: Sequence[str] | None = None) -> int:
    """Write the pages; 1 if the results are not worth one."""
    parser = argparse.ArgumentParser(description="Write the page on benchmarks from the results of a run.")
    parser.add_argument("--results", type=Path, default=RESULTS, help="what bench.py wrote")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write; that in Korean is in ko/")
    parser.add_argument("--even-quick", action="store_true", help="write it even if the run was a quick one")
    arguments = parser.parse_args(argv)
    results = Results.load(arguments.results)
    if results.quick and not arguments.even_quick:
        sys.stderr.write(f"{arguments.results}: a quick run; its numbers mean nothing (--even-quick writes them)\n")
        return 1
    in_korean = arguments.page.parent / IN_KOREAN / arguments.page.name
    in_korean.parent.mkdir(parents=True, exist_ok=True)
    arguments.page.write_text(page(results), encoding="utf-8")
    in_korean.write_text(page(results, KOREAN), encoding="utf-8")
    text = json.dumps(chart_data(results), indent=1)
    arguments.page.with_name(DATA).write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{arguments.page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
