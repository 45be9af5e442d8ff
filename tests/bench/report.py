"""Writes source/guide/benchmarks.md from the results of a run: ``python tests/bench/report.py``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[2])

from tests.bench.results import RESULTS, Results
from tests.bench.tables import course_table, failure_table, target_table
from tests.bench.tools import PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.tables import Table

PAGE = PROJECT / "source" / "guide" / "benchmarks.md"

_HEAD = """\
---
lang: en
---

# Benchmarks

How long courses take to build with sphinx-await, with plain Sphinx, and with other tools that run the programs of a
page; and whether the times on the pages are those that the programs take. Everything here comes from one run of
`nox -s bench` on {date}, {repetitions}, and was written by `python tests/bench/report.py`.
{quick}
## What is promised, and what was measured

"Floor" is plain Sphinx with myst-parser on the same pages, where nothing runs.

{targets}

## The courses

Seconds of wall time, medians. "Programs run" counts those of the four builds in order, as sphinx-await says itself; the
other tools do not say. "MiB" is the largest resident set of the builder, or of any one process it waited for, in the
cold build. A tool that does not stand in a table was not measured there.

"""

_QUICK = """
:::{warning}
This run was made with `--quick`: its courses are small, and its numbers mean nothing.
:::
"""

_TAIL = """\
## How it was measured

Each course is generated, the same text every time, and written for each tool in its own markup: the same prose, the
same programs, the theme alabaster, the HTML builder. The programs need nothing that some tool cannot give: they call
`time.sleep` or compute. Those of `tiny-asyncio` call `asyncio.run`, as the chapters of this course do. The course named
`course` is this repository's own, with its own theme; plain Sphinx does not know this project's directives, where its
pages use them.

The tools:

{tools}

Four builds follow one another:

- *cold*: no output folder, no cache;
- *unchanged*: the same again, with nothing changed; of `sleepy` and `tiny` 25 times in each repetition by plain Sphinx
  and this project, which are compared within 5 %;
- *snippet edited*: one line of one program in the middle of the course is changed;
- *prose edited*: one sentence is added to a paragraph of the same chapter.

In each repetition every tool makes the first build, then every tool the second, and so on; each repetition begins with
another tool. Before all of it each tool builds a course of one program, uncounted. Measured is the process of
`sphinx-build`, from its start to its end. After each build of a generated course by a tool that runs programs, its
pages are searched for what every program must have printed (the edited one: what it prints now); a build whose pages
lack any of it counts as failed, and so does one with an exit status other than 0.

*Times shown, against alone*: after a cold build, each of its programs runs once more by itself, by
`python -m sphinx_await run`, and the time in the page is compared with that.

## The machine

{machine}

## What the numbers do not say

- They are from one machine, of few cores. With more cores, computing programs gain, and sleeping ones hardly.
- The programs are short and alike. Real chapters import more, print more and have more prose to each program, and what
  a program imports is paid by tools in different ways: an interpreter for each program pays it each time, a kernel or a
  warm parent once.
- The tools do different things. A kernel runs the cells of a page in one process, so that one may use what another has
  defined; sphinx-gallery does the same with a script. sphinx-exec-code and sphinx-await give each program a process of
  its own. A tool that does not isolate programs saves time that way, and one that offers more may cost more.
- sphinx-gallery also makes a notebook and an archive of each script to download; that is part of its times.
- The memory is that of single processes. What the programs themselves take is not in it.
- Nothing is said of networks: no program here opens a connection.
- Differences of a few hundredths of a second are noise. Below each table stands how far repetitions lie apart.
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
    )
    tools = "\n".join(f"- `{name}`: {how}" for name, how in results.tools.items())
    tail = _TAIL.format(tools=tools, machine="\n".join(f"- {line}" for line in machine.lines()))
    sections = [_section(course_table(results, facts)) for facts in results.courses]
    failures = failure_table(results)
    return head + "".join(sections) + (_section(failures, level=2) if failures.rows else "") + tail


def _section(table: Table, level: int = 3) -> str:
    return f"{'#' * level} {table.title}\n\n{table.markdown()}\n\n" if table.rows else ""


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
    sys.stdout.write(f"{arguments.page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
