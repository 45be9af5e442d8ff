"""The benchmarks: courses, built by this project and by its peers, and what it costs.

``nox -s bench``, or ``python tests/bench/bench.py --courses sleepy,tiny --tools floor,await --repeat 3 --quick`` in an
environment with the dependency group ``bench``. Prints tables and writes ``build/bench/results.json``. ``--compare``
says what is slower than in an earlier run, see :mod:`.history`.
"""

from __future__ import annotations

import argparse
import compileall
import shutil
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[2])

from tests.bench import history, small
from tests.bench.courses import SLEEPS, Course, OwnCourse, all_courses, calibrated
from tests.bench.honest import delays, pairs
from tests.bench.measure import PHASES, Site, plain_environment
from tests.bench.results import RESULTS, Facts, Machine, Results
from tests.bench.tables import small_table, tables
from tests.bench.targets import UNCHANGED_COURSES, UNCHANGED_TOOLS, targets
from tests.bench.tools import PROJECT, TOOLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.measure import Sample
    from tests.bench.tools import Tool

_HONEST = frozenset({"sleepy", "cpu"})
#: Unchanged builds in each repetition, of courses and by tools that are compared within 5 %: single builds scatter by
#: more than that. Others are built once.
_UNCHANGED_TIMES = 25
_UNCHANGED_TIMES_OF_LARGE = 5


class Bench:
    """A run: what was measured so far, and the console."""

    def __init__(self, results: Results, tools: Sequence[Tool], output: Path) -> None:
        self.results = results
        self._tools = tools
        self._output = output
        self._work = output.parent / "work"
        self._environment = plain_environment(self._work)

    def say(self, text: str = "") -> None:
        """Print, and keep what was printed."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
        self.results = replace(self.results, printed=(*self.results.printed, *text.split("\n")))

    def save(self) -> None:
        """Write what there is so far."""
        derived = {
            "targets": [asdict(target) for target in targets(self.results)],
            "tables": [asdict(table) for table in tables(self.results)],
        }
        self.results.save(self._output, derived)

    def describe(self) -> None:
        """Say what is measured, and on what."""
        for line in self.results.machine.lines():
            self.say(line)
        for name, how in self.results.tools.items():
            self.say(f"{name:>14}  {how}")

    def warm_up(self) -> None:
        """Let each tool build a course of one program, uncounted: the disk gets warm, and who is missing is found."""
        shutil.rmtree(self._work, ignore_errors=True)
        compileall.compile_dir(PROJECT / "extensions", quiet=1)  # as pip does with what it installs
        course = Course("warm-up", "", 1, 1, SLEEPS, (0.001,))
        working = []
        for tool in self._tools:
            sample = self._build(self._site(course, tool), "cold", 0)
            if sample.failed:
                self.results = replace(self.results, samples=(*self.results.samples, sample))
            else:
                working.append(tool)
        self._tools = working

    def measure(self, course: Course | OwnCourse) -> None:
        """Build one course with all tools, again and again."""
        self.results = replace(self.results, courses=(*self.results.courses, Facts.of(course)))
        tools = [tool for tool in self._tools if not course.only or tool.name in course.only]
        for repetition in range(1 if course.once else self.results.repeat):
            turned = repetition % max(1, len(tools))
            self._repetition(course, [*tools[turned:], *tools[:turned]], repetition + 1)
            self.save()

    def _repetition(self, course: Course | OwnCourse, tools: list[Tool], repetition: int) -> None:
        sites = [self._site(course, tool) for tool in tools]
        for phase in PHASES:
            often = phase == "unchanged" and course.name in UNCHANGED_COURSES and not self.results.quick
            times = _UNCHANGED_TIMES_OF_LARGE if course.once else _UNCHANGED_TIMES
            for turn in range(times if often else 1):
                built = [site for site in sites if not turn or site.tool.name in UNCHANGED_TOOLS]
                samples = [self._build(site, phase, repetition) for site in built]
                self.results = replace(self.results, samples=(*self.results.samples, *samples))
                failed = [site for site, sample in zip(built, samples, strict=True) if sample.failed]
                sites = [site for site in sites if site not in failed]
            if phase == "cold" and course.name in _HONEST:
                self._look_at_times(sites, repetition)

    def measure_small(self) -> None:
        """Run small programs without Sphinx, beside bare forks."""
        quick = self.results.quick
        found = tuple(small.measure(rounds=1 if quick else small.ROUNDS, programs=10 if quick else small.PROGRAMS))
        self.results = replace(self.results, small=found)
        self.say(small_table(found).text())
        self.save()

    def _look_at_times(self, sites: list[Site], repetition: int) -> None:
        for site in sites:
            if site.tool.name == "await":
                self.say(f"{site.course.name:>14}  {repetition}  each program alone")
                try:
                    more = pairs(site, repetition)
                except RuntimeError as error:
                    self.say(f"FAILED: {error}")
                    more = []
                self.results = replace(
                    self.results,
                    pairs=(*self.results.pairs, *more),
                    delays=(*self.results.delays, *delays(site, repetition)),
                )

    def _site(self, course: Course | OwnCourse, tool: Tool) -> Site:
        return Site(course, tool, self._work / course.name / tool.name, self._environment)

    def _build(self, site: Site, phase: str, repetition: int) -> Sample:
        sample = site.build(phase, repetition)
        ran = "" if sample.programs is None else f"  {sample.programs} ran"
        again = f", {sample.rerun_programs} ran again ({sample.rerun_seconds:.2f} s)" * bool(sample.rerun_programs)
        failed = f"  FAILED: {sample.failed}" if sample.failed else ""
        what = f"{sample.course:>14}  {repetition}  {phase:14}  {sample.tool:13}"
        self.say(f"{what}  {sample.wall:7.2f} s  {sample.rss:4.0f} MiB{ran}{again}{failed}")
        return sample


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmarks; the exit status says only whether they could run, not whether targets are met."""
    arguments = _arguments(argv)
    loops = calibrated()
    courses = all_courses(loops, quick=arguments.quick)
    tools = [tool for tool in TOOLS if tool.name in arguments.tools]
    repeat = arguments.repeat or (1 if arguments.quick else 3)
    results = Results(Machine.here(loops), arguments.quick, repeat, {tool.name: tool.how for tool in tools})
    bench = Bench(results, tools, arguments.output.resolve())
    begin = time.monotonic()
    bench.describe()
    bench.warm_up()
    if "small" in arguments.courses:
        bench.measure_small()
    for name in arguments.courses:
        for course in courses.get(name, ()):
            bench.measure(course)
    bench.results = replace(bench.results, machine=bench.results.machine.ended(calibrated()))
    for table in tables(bench.results):
        bench.say("\n" + table.text())
    if arguments.compare:
        table = history.compared(history.Run.of(bench.results), history.load())
        bench.say("\n" + (table.text() if table.rows else table.note))
    if arguments.keep:
        history.keep(history.Run.of(bench.results))
    bench.say(f"\n{bench.results.machine.lines()[-1]}; {(time.monotonic() - begin) / 60:.1f} minutes")
    bench.save()
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    names = ["small", *all_courses(1.0, quick=True)]
    tools = [tool.name for tool in TOOLS]
    parser = argparse.ArgumentParser(description="Build courses with sphinx-await and its peers, and time it.")
    parser.add_argument("--courses", type=_names(names), default=names, help=f"of: {','.join(names)}")
    parser.add_argument("--tools", type=_names(tools), default=tools, help=f"of: {','.join(tools)}")
    parser.add_argument("--repeat", type=int, help="how often each build is made (3; quick: 1)")
    parser.add_argument("--quick", action="store_true", help="small courses, to try the benchmarks themselves")
    parser.add_argument("--compare", action="store_true", help="say what is slower than in the newest run that is kept")
    parser.add_argument("--keep", action="store_true", help=f"keep this run, in {history.HISTORY.name}")
    parser.add_argument("--output", type=Path, default=RESULTS, help="results.json; work/ is made beside it")
    return parser.parse_args(argv)


class _names:  # noqa: N801 - argparse puts the name into its messages
    def __init__(self, known: list[str]) -> None:
        self._known = known

    def __call__(self, text: str) -> list[str]:
        given = text.split(",")
        if unknown := [name for name in given if name not in self._known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(self._known)}")
        return given


if __name__ == "__main__":
    sys.exit(main())
