"""The words of the page on benchmarks: what stands around its tables, and what the words of its tables are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class PageTexts:
    """A language of the page. The texts are formats, whose fields report.py fills in.

    :ivar once: how often each build was made, where that is once.
    :ivar times: the same, where it is more often.
    :ivar chart: options of each chart.
    :ivar words: gives a cell, a title or a note of a table, or a line on the machine or a tool, in this language.
    """

    head: str
    small: str
    quick: str
    tail: str
    once: str
    times: str
    chart: tuple[str, ...] = ()
    words: Callable[[str], str] = str


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
```{warning}
This run was made with `--quick`: its courses are small, and its numbers mean nothing.
```
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
  repetition, because they are compared within 3 %.
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

ENGLISH = PageTexts(_HEAD, _SMALL, _QUICK, _TAIL, "each build made once", "each build made {} times")
