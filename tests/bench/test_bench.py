"""The benchmarks' own arithmetic, without a build."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from . import measure, small
from .courses import Course, Edit, OwnCourse, all_courses
from .history import Run, compared, keep, load
from .honest import Delay, Pair
from .measure import _RAN, _RERUNS, PHASES, Sample, _complaint
from .page_texts_ko import KOREAN
from .report import page
from .results import Facts, Machine, Results
from .tables import small_table
from .targets import is_near, targets
from .tools import TOOLS, write_course, write_own_course

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

FULL = all_courses(1e7, quick=False)
SLEEPY = FULL["sleepy"][0]
MACHINE = Machine("2026-01-01T00:00:00+00:00", 2, "", 1.0, "", "", {}, "", (1.0, 2.0), (1e7, 1e7))
FLOOR = Sample("sleepy", "floor", "cold", 1, 1.0, 1.0, 60.0)
OURS = Sample("sleepy", "await", "cold", 1, 2.0, 1.0, 70.0, 40)
RESULTS = Results(MACHINE, quick=False, repeat=1, tools={"floor": "", "await": ""}, courses=(Facts.of(SLEEPY),))


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in folder.rglob("*")
        if path.is_file()
    }


def _changed_lines(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str]]:
    assert before.keys() == after.keys()
    pairs = [pair for name in before for pair in zip(before[name].split("\n"), after[name].split("\n"), strict=True)]
    return [(old, new) for old, new in pairs if old != new]


def test_the_courses_have_the_sizes_they_claim() -> None:
    """40 programs sleep 20 s, 20 compute 4 s, the others sleep 1 ms each."""
    courses = [course for several in FULL.values() for course in several if isinstance(course, Course)]
    sizes = {course.name: (course.programs, course.pages, round(course.total, 3)) for course in courses}
    assert sizes == {
        "sleepy": (40, 8, 20.0),
        "tiny": (200, 10, 0.2),
        "tiny-asyncio": (200, 10, 0.2),
        "cpu": (20, 4, 4.0),
        "wide-2000": (2000, 500, 2.0),
        "wide-10000": (10000, 500, 10.0),
        "page-2000": (2000, 1, 2.0),
    }


def test_an_edit_changes_one_line_for_every_tool(tmp_path: Path) -> None:
    """A snippet is edited in one line of code, then prose in one line of text."""
    assert isinstance(SLEEPY, Course)
    for tool in TOOLS:
        folder = tmp_path / tool.name
        states = []
        for edit in Edit:
            write_course(tool, SLEEPY, folder, edit)
            states.append(_files(folder))
        (snippet,), (prose,) = (_changed_lines(*pair) for pair in pairwise(states))
        assert snippet == ('print(f"done {10000 + 20}")', 'print(f"done {50000 + 20}")')
        assert prose[1] == prose[0] + " The author has added this sentence."


def test_this_repositorys_course_can_be_edited(tmp_path: Path) -> None:
    """The places for both edits are found in the chapters as they are now."""
    states = []
    for edit in Edit:
        write_own_course(TOOLS[0], tmp_path / "project", edit)
        states.append(_files(tmp_path / "project"))
    assert [len(_changed_lines(*pair)) for pair in pairwise(states)] == [1, 1]
    assert OwnCourse().only == ("floor", "await")


def test_no_output_of_a_program_is_in_a_source() -> None:
    """What the pages are searched for can only have come from a run."""
    assert isinstance(SLEEPY, Course)
    sources = "".join(part.code + part.prose for chapter in SLEEPY.chapters() for part in chapter.parts)
    assert not re.search(r"done \d", sources)
    assert len(set(SLEEPY.outputs(Edit.SNIPPET))) == 40


def test_the_console_is_read() -> None:
    """Programs that ran are counted, and those that ran again separately."""
    out = (
        "running programs... [ 50%] chapter_001-1 (0.10 s)\n"
        "running programs... [100%] chapter_001-2 (1.10 s)\n"
        "ran again: 2 programs (1.25 s)\n"
    )
    assert len(_RAN.findall(out)) == 2
    assert _RERUNS.findall(out) == [("2", "1.25")]


def test_a_reason_names_the_error_before_all_else(tmp_path: Path) -> None:
    """Neither the last line nor a warning hides the exception."""
    said = f"RuntimeError: no\n{tmp_path}/project/a.md: WARNING: failed\nThanks!\n"
    assert _complaint(said, tmp_path) == "RuntimeError: no"
    assert _complaint(said.replace("RuntimeError: no", ""), tmp_path) == "project/a.md: WARNING: failed"


def test_a_build_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed, and what it said ends with that."""
    monkeypatch.setattr(measure, "PATIENCE", 0.1)
    process = measure.run_process(["sleep", "60"], tmp_path, {"PATH": os.environ["PATH"]})
    assert process.status == -signal.SIGKILL
    assert process.wall < 30
    assert _complaint(process.err, tmp_path) == "TimeoutError: killed after 0.1 s"


def test_a_target_is_met_or_not_or_unknown() -> None:
    """A build within the limit, one beyond it, and a peer that was not measured."""
    fast, slow = (replace(RESULTS, samples=(FLOOR, replace(OURS, wall=wall))) for wall in (2.19, 2.21))
    assert [targets(results)[0].met for results in (fast, slow)] == [True, False]
    assert targets(fast)[1].met is None


def test_a_failed_build_counts_for_nothing() -> None:
    """It is left out of medians."""
    results = replace(RESULTS, samples=(FLOOR, replace(FLOOR, wall=99.0, failed="no")))
    assert results.median("sleepy", "floor", "cold") == 1.0


def test_a_shown_time_may_be_off_by_the_larger_of_two_percent_and_ten_milliseconds() -> None:
    """Short programs have 10 ms, long ones 2 %."""
    near = [is_near(Pair("sleepy", 1, "", shown, alone, 0.0)) for shown, alone in ((0.109, 0.1), (1.019, 1.0))]
    far = [is_near(Pair("sleepy", 1, "", shown, alone, 0.0)) for shown, alone in ((0.111, 0.1), (1.021, 1.0))]
    assert (near, far) == ([True, True], [False, False])


def test_results_survive_their_file_and_make_a_page(tmp_path: Path) -> None:
    """The page comes out the same, and holds no fence that the build would run."""
    results = replace(RESULTS, samples=(FLOOR, OURS), pairs=(Pair("sleepy", 1, "a", 0.1, 0.1, 0.0),))
    results.save(tmp_path / "results.json", {})
    assert Results.load(tmp_path / "results.json") == results
    for text in (page(results), page(results, KOREAN)):
        assert "| await | 2.00 |" in text
        assert set(re.findall(r"(?m)^```(\S*)", text)) == {"{bench_chart}", ""}


def test_a_page_in_korean_has_no_english_left() -> None:
    """Of anything that a run can find: promises kept and broken, builds that failed, small programs."""
    courses = [course for several in FULL.values() for course in several]
    samples = [
        Sample(course.name, tool.name, phase, number, 1.0 + number, 1.0, 60.0, 3, rerun_programs=2, rerun_seconds=0.5)
        for course in courses
        for tool in TOOLS
        for phase in PHASES
        for number in range(2)
    ]
    failed = replace(samples[0], failed="0 1 2")
    full = replace(
        RESULTS,
        repeat=2,
        machine=replace(MACHINE, commit="1a2b3c"),
        tools={tool.name: tool.how for tool in TOOLS},
        courses=tuple(map(Facts.of, courses)),
        samples=(*samples, failed),
        pairs=tuple(Pair(course, 1, "1", 0.1, 0.1, 0.1) for course in ("sleepy", "cpu")),
        delays=(Delay("cpu", 1, 0.0),),
        small=tuple(small.Small(kind, how, 1, 1, 1, 1) for kind in small.CODES for how in small.HOWS),
    )
    for results in (full, replace(full, pairs=(), delays=()), replace(full, quick=True), replace(full, samples=())):
        text = page(results, KOREAN).partition("---\n\n")[2].rpartition("\n영어로는")[0]
        shown = re.sub(r"(?m)^(```|:data:|:label:).*$|`[^`\n]+`|2026-01-01T\S+|1a2b3c", "", text)
        words = set(re.findall(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9.-]*[A-Za-z0-9]", shown))
        names = {course.name for course in courses} | set(results.tools) | set(small.CODES) | NAMES
        assert words - names == set()


#: What stays as it is in any language.
NAMES = {
    *("sphinx-await", "sphinx-exec-code", "sphinx-gallery", "Sphinx", "myst-parser", "myst-nb", "jupyter-cache"),
    *("asyncio", "alabaster", "HTML", "conf.py", "MiB", "KiB", "GiB", "ms", "max"),
}


def _kept(results: Results, commit: str, ours: Sequence[float]) -> Run:
    samples = [
        sample
        for number, wall in enumerate(ours)
        for sample in (replace(FLOOR, repetition=number), replace(OURS, repetition=number, wall=wall))
    ]
    return Run.of(replace(results, samples=tuple(samples), machine=replace(MACHINE, commit=commit)))


def test_a_commit_that_is_slower_than_an_earlier_one_is_seen(tmp_path: Path) -> None:
    """It is called slower if no repetition of it was as fast as one of then, and by more than the noise."""
    history = tmp_path / "history.json"
    keep(_kept(RESULTS, "then", [2.0, 2.1, 2.2]), history)
    words = []
    for now in ([2.3, 2.6, 2.4], [2.1, 2.6, 2.4], [1.5, 1.6, 1.4]):
        (row,) = compared(_kept(RESULTS, "now", now), load(history)).rows
        words.append((row[0], *row[3:]))
    what = "sleepy, cold"
    assert words == [(what, "+14%", "slower"), (what, "+14%", ""), (what, "-29%", "faster")]


def test_a_run_of_another_machine_is_said_to_be_one(tmp_path: Path) -> None:
    """The newest run on a machine of this kind is compared, and one of another only if there is none."""
    there = replace(RESULTS, machine=replace(MACHINE, processor="another"))
    here = [_kept(RESULTS, commit, [2.0]) for commit in ("first", "second", "now")]
    other = replace(_kept(there, "there", [1.0]), machine="another, 2 cores")
    assert "commit second" in compared(here[2], [*here[:2], other]).note
    assert "It was made on another machine: another, 2 cores." in compared(here[2], [other]).note
    assert not compared(here[2], []).rows


def test_small_programs_are_timed_beside_bare_forks() -> None:
    """Each way runs them, and says which processes the processor worked for: a bare fork has no builder."""
    found = list(small.measure(("asyncio",), rounds=1, programs=40))
    assert [one.how for one in found] == list(small.HOWS)
    assert all(one.wall > 0 and one.programs > 0 for one in found)
    assert [one.builder > 0 for one in found] == [False, True, True]
    bare, _, ours = (one.cpu for one in found)
    assert float(small_table(found).rows[2][-1]) == round(ours / bare, 2)
