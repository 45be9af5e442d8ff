"""Writes source/guide/benchmarks.md, and the data of its charts, from the results of a run.

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

from tests.bench.results import RESULTS, Results
from tests.bench.small import PROGRAMS
from tests.bench.tables import course_table, failure_table, small_table, target_table
from tests.bench.tools import PROJECT

from bench_chart import DATA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.tables import Table

PAGE = PROJECT / "source" / "guide" / "benchmarks.md"

_HEAD = """\
---
lang: en
---

# Benchmarks

This page compares how long courses take to build with sphinx-await, with plain Sphinx, and with other tools that run
the programs of a page. It also checks whether the times on the pages are true. Everything here comes from one run of
`nox -s bench` on {date}, {repetitions}, and was written by `python tests/bench/report.py`.
{quick}
## Targets and measurements

"Floor" is plain Sphinx with myst-parser on the same pages, where nothing runs.

{targets}

{small}## The courses

Times are seconds of wall time, medians. "Programs run" has a number for each of the four builds, as sphinx-await
reports it; the other tools do not report it. "MiB" is the largest resident set of the builder, or of any one process
that it waited for, in the cold build. A tool that is not in a table was not measured there. The charts show cold
builds: a bar is the median, and the line in it goes from the fastest to the slowest.

"""

_SMALL = """\
## Small programs

What a program costs that sleeps for 1 ms and prints a line, without Sphinx: {rounds} rounds of {programs} programs, in
turns. A *bare fork* is a fork of a Python that has imported asyncio. It runs the program and leaves without tidying up,
with as many at once as there are cores. The engine also isolates each program, records it, decodes the recording, and
times its output. Processor time is that of the builder, of the server that starts programs, and of the programs.

{table}

"""

_QUICK = """
:::{warning}
This run was made with `--quick`: its courses are small, and its numbers mean nothing.
:::
"""

_TAIL = """\
## How it was measured

Each course is generated, with the same text every time, and written for each tool in the tool's own markup. Prose,
programs, theme (alabaster) and builder (HTML) are the same. The programs need nothing that one of the tools lacks: they
call `time.sleep` or compute. Those of `tiny-asyncio` call `asyncio.run`, as the chapters of this course do. The course
named `course` is this repository's own, with its own theme; plain Sphinx does not know the directives of this project
that its pages use.

The tools:

{tools}

There are four builds, in this order:

- *cold*: there is no output folder and no cache.
- *unchanged*: nothing has changed. For `sleepy` and `tiny`, plain Sphinx and this project build 25 times in each
  repetition, because they are compared within 5 %.
- *snippet edited*: one line of one program in the middle of the course has changed.
- *prose edited*: one sentence is new in a paragraph of the same chapter.

In each repetition every tool makes the first build, then every tool makes the second, and so on. Each repetition begins
with another tool. Before that, each tool builds a course of one program, which is not counted. The process of
`sphinx-build` is measured from its start to its end. After each build of a generated course by a tool that runs
programs, its pages are searched for what every program must have printed (the edited one: what it prints now). A build
counts as failed if its pages lack any of it, or if its exit status is not 0.

*Times shown, against alone*: after a cold build, each of its programs runs once more alone, by
`python -m sphinx_await run`. The time in the page is compared with that time.

## The machine

{machine}

## What the numbers do not say

- They are from one machine with few cores. With more cores, computing programs gain; sleeping ones hardly do.
- The programs are short and alike. Real chapters import more, print more and have more prose for each program. Tools
  pay for imports in different ways: an interpreter for each program pays each time, a kernel or a fork server pays
  once.
- The tools do different things. A kernel runs the cells of a page in one process, so one cell may use what another has
  defined; sphinx-gallery does the same with a script. sphinx-exec-code and sphinx-await give each program a process of
  its own. A tool that does not isolate programs saves time that way, and a tool that offers more may cost more.
- sphinx-gallery also makes a notebook and an archive of each script for download, which is part of its times.
- The memory is that of single processes. What the programs themselves use is not in it.
- The numbers say nothing about networks: no program here opens a connection.
- Differences of a few hundredths of a second are noise. Below each table is the largest difference between repetitions.
"""


def page(results: Results) -> str:
    """The page's text."""
    times = "each build made once" if results.repeat == 1 else f"each build made {results.repeat} times"
    machine = results.machine
    head = _HEAD.format(
        date=machine.date[:10],
        repetitions=times,
        quick=_QUICK if results.quick else "",
        targets=target_table(results).markdown(),
        small=_small(results),
    )
    tools = "\n".join(f"- `{name}`: {how}" for name, how in results.tools.items())
    tail = _TAIL.format(tools=tools, machine="\n".join(f"- {line}" for line in machine.lines()))
    drawn = chart_data(results)
    sections = [
        _section(course_table(results, facts), chart=facts.name if facts.name in drawn else "")
        for facts in results.courses
    ]
    failures = failure_table(results)
    return head + "".join(sections) + (_section(failures, level=2) if failures.rows else "") + tail


def _small(results: Results) -> str:
    if not results.small:
        return ""
    one = results.small[0]
    rounds = sum((other.kind, other.how) == (one.kind, one.how) for other in results.small)
    return _SMALL.format(rounds=rounds, programs=PROGRAMS, table=small_table(results.small).markdown())


def chart_data(results: Results) -> dict[str, dict[str, tuple[float, float, float]]]:
    """What the charts of the page show: by course and tool the cold builds' median, least and most."""
    data: dict[str, dict[str, tuple[float, float, float]]] = {}
    for facts in results.courses:
        for tool in results.tools:
            if walls := [sample.wall for sample in results.of(facts.name, tool, "cold")]:
                data.setdefault(facts.name, {})[tool] = (round(median(walls), 3), min(walls), max(walls))
    return data


def _section(table: Table, level: int = 3, chart: str = "") -> str:
    drawn = f":::{{bench_chart}} {chart}\n:::\n\n" if chart else ""
    return f"{'#' * level} {table.title}\n\n{drawn}{table.markdown()}\n\n" if table.rows else ""


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page; 1 if the results are not worth one."""
    parser = argparse.ArgumentParser(description="Write the page on benchmarks from the results of a run.")
    parser.add_argument("--results", type=Path, default=RESULTS, help="what bench.py wrote")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write")
    parser.add_argument("--even-quick", action="store_true", help="write it even if the run was a quick one")
    arguments = parser.parse_args(argv)
    results = Results.load(arguments.results)
    if results.quick and not arguments.even_quick:
        sys.stderr.write(f"{arguments.results}: a quick run; its numbers mean nothing (--even-quick writes them)\n")
        return 1
    arguments.page.parent.mkdir(parents=True, exist_ok=True)
    arguments.page.write_text(page(results), encoding="utf-8")
    text = json.dumps(chart_data(results), indent=1)
    arguments.page.with_name(DATA).write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{arguments.page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
