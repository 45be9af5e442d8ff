"""What this project promises of its speed and its times, and whether the measurements bear it out."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from .results import median_of
from .small import HOWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .honest import Pair
    from .results import Results

_SHARE = 0.95
#: Which courses' unchanged builds are compared, with how many times as long as the first tool the second may take.
UNCHANGED_COURSES, UNCHANGED_TOOLS = {"sleepy": 1.03, "tiny": 1.03, "wide-10000": 1.05}, ("floor", "await")
#: Courses whose programs are compared: the smaller and the larger.
_WIDE = ("wide-2000", "wide-10000")


@dataclass(frozen=True, slots=True)
class Target:
    """One promise.

    :ivar met: None where there is nothing to judge.
    """

    what: str
    target: str
    measured: str
    met: bool | None = None


def targets(results: Results) -> list[Target]:
    """All that can be said of the courses that were measured."""
    judges = (_sleepy, _tiny, _cpu, _unchanged, _edited, _ran, _wide, _small, _honest_sleep, _honest_cpu)
    return [target for judge in judges for target in judge(results)]


@dataclass(frozen=True, slots=True)
class Line:
    """A promise of time whose limit comes from what plain Sphinx took in the same repetition.

    :ivar formula: of the limit, in words.
    :ivar times: the limit is so many times what plain Sphinx took and
    :ivar more: so many seconds.
    """

    what: str
    course: str
    phase: str
    formula: str
    times: float = 1.0
    more: float = 0.0

    def limit(self, floor: float) -> float:
        """The seconds allowed, given those of plain Sphinx."""
        return self.times * (floor + self.more)

    def judged(self, results: Results, note: str = "") -> Target:
        """What was measured: the median of the shares of the limit decides, and the least and the most are said."""
        floor = results.median(self.course, "floor", self.phase)
        ours = results.median(self.course, "await", self.phase)
        shares = results.shares(self.course, self.phase, self.limit)
        share = median_of(shares)
        if floor is None or ours is None or share is None:
            return Target(self.what, self.formula, "n/a")
        measured = f"{ours:.2f} s, {share:.2f} of it ({min(shares):.2f} to {max(shares):.2f}){note}"
        return Target(self.what, f"≤ {self.limit(floor):.2f} s ({self.formula})", measured, share <= 1)


def _times_faster(results: Results, course: str, times: float) -> Target:
    ours, peer = (results.median(course, tool, "cold") for tool in ("await", "exec-code"))
    what = f"{course}, cold: faster than exec-code"
    if ours is None or peer is None:
        return Target(what, f"≥ {times:g} ×", "n/a")
    return Target(what, f"≥ {times:g} ×", f"{peer / ours:.1f} × ({peer:.2f} s : {ours:.2f} s)", peer / ours >= times)


def _sleepy(results: Results) -> Iterator[Target]:
    facts = results.facts("sleepy")
    if facts is None or facts.longest is None:
        return
    line = Line("sleepy, cold", "sleepy", "cold", "1.1 × (floor + longest)", 1.1, facts.longest)
    yield line.judged(results)
    yield _times_faster(results, "sleepy", 8)


def _tiny(results: Results) -> Iterator[Target]:
    for course in ("tiny", "tiny-asyncio"):
        if results.facts(course) is not None:
            line = Line(f"{course}, cold", course, "cold", "floor + 0.8 s", more=0.8)
            yield line.judged(results)


def _cpu(results: Results) -> Iterator[Target]:
    facts = results.facts("cpu")
    if facts is None or facts.total is None:
        return
    again = results.median("cpu", "await", "cold", lambda sample: sample.rerun_programs)
    seconds = results.median("cpu", "await", "cold", lambda sample: sample.rerun_seconds)
    note = f"; {again:g} programs ran again, for {seconds:.2f} s of it" if again else "; none ran again"
    alone = [pair.cpu for pair in results.pairs if pair.course == "cpu"]
    totals = {"cpu, cold, by the loop's best speed": facts.total}
    if alone:
        totals["cpu, cold, by what its programs took alone"] = sum(alone) / len(alone) * (facts.programs or 0)
    for what, total in totals.items():
        computing = total / results.machine.cores
        formula = f"1.1 × (floor + {total:.2f} s computing / cores)"
        yield Line(what, "cpu", "cold", formula, 1.1, computing).judged(results, note)


def _unchanged(results: Results) -> Iterator[Target]:
    for course, times in UNCHANGED_COURSES.items():
        if results.facts(course) is not None:
            busy = [results.median(course, tool, "unchanged", lambda sample: sample.cpu) for tool in UNCHANGED_TOOLS]
            note = f"; of processor time {busy[1] / busy[0]:.2f} × floor" if busy[0] and busy[1] else ""
            formula = f"{times:g} × floor"
            line = Line(f"{course}, unchanged", course, "unchanged", formula, times)
            yield line.judged(results, note)


def _edited(results: Results) -> Iterator[Target]:
    for facts in results.courses:
        if facts.edited is not None and results.of(facts.name, "await", "snippet edited"):
            what, formula = f"{facts.name}, one program edited", "floor + its time + 0.15 s"
            line = Line(what, facts.name, "snippet edited", formula, more=facts.edited + 0.15)
            yield line.judged(results)


def _ran(results: Results) -> Iterator[Target]:
    for phase, expected in (("unchanged", 0), ("prose edited", 0), ("snippet edited", 1)):
        samples = [sample for tool in ("await", "await-j2") for sample in results.of(None, tool, phase)]
        ran = {f"{sample.programs} in {sample.course}" for sample in samples if sample.programs != expected}
        measured = ", ".join(sorted(ran)) or f"{expected} in each of {len(samples)} builds"
        if samples:
            yield Target(f"{phase}: programs that run", str(expected), measured, not ran)


def _wide(results: Results) -> Iterator[Target]:
    """Ten thousand programs: each takes as long as each of two thousand does, and no more memory than there is."""
    for tool in ("floor", "await"):
        each = [(facts.name, facts.programs) for facts in results.courses if facts.name in _WIDE and facts.programs]
        costs = [_each(results, name, tool, programs) for name, programs in each]
        names = " to ".join(name for name, _ in each)
        if len(costs) == len(_WIDE) and None not in costs:
            (small, few), (large, many) = (cost or (0.0, 0.0) for cost in costs)
            took = f"{small:.2f} and {large:.2f} ms a program, {few:.1f} and {many:.1f} KiB of the builder's memory"
            times = f"{large / small:.2f} × ({took})"
            what = f"{names}, cold: a program's time"
            if tool == "floor":
                yield Target(f"{what}, plain Sphinx", "(for information)", times)
            else:
                yield Target(what, "≤ 1.1 ×", times, large / small <= 1.1)
    peaks = [sample.rss for sample in results.samples if (sample.course, sample.tool) == (_WIDE[-1], "await")]
    if peaks:
        what = f"{_WIDE[-1]}: the builder's memory at its peak"
        yield Target(what, "< 500 MiB", f"{max(peaks):.0f} MiB", max(peaks) < 500)


def _each(results: Results, course: str, tool: str, programs: int) -> tuple[float, float] | None:
    """Milliseconds and KiB a program."""
    wall = results.median(course, tool, "cold")
    size = results.median(course, tool, "cold", lambda sample: sample.rss)
    return None if wall is None or size is None else (wall / programs * 1e3, size / programs * 1024)


def _small(results: Results) -> Iterator[Target]:
    """A small program beside a bare fork, by rounds in turns."""
    for kind in dict.fromkeys(one.kind for one in results.small):
        bare, ours = (
            [one for one in results.small if (one.kind, one.how) == (kind, how)] for how in (HOWS[0], HOWS[-1])
        )
        for what, value in (("wall", attrgetter("wall")), ("processor", attrgetter("cpu"))):
            times = [value(mine) / value(its) for mine, its in zip(ours, bare, strict=True)]
            share, each = median_of(times), median_of(map(value, ours))
            if share is not None and each is not None:
                measured = f"{each:.1f} ms, {share:.2f} × ({min(times):.2f} to {max(times):.2f})"
                yield Target(f"a small {kind} program, {what} time", "≤ 1.5 × a bare fork", measured, share <= 1.5)


def _share(name: str, target: str, within: Sequence[bool], note: str) -> Target:
    if not within:
        return Target(name, target, "n/a")
    share = sum(within) / len(within)
    return Target(name, target, f"{share:.1%} of {len(within)}; {note}", share >= _SHARE)


def is_near(pair: Pair) -> bool:
    """Whether the shown time is within the larger of 2 % and 10 ms of the program's time alone."""
    return abs(pair.shown - pair.alone) <= max(0.02 * pair.alone, 0.010)


def _honest_sleep(results: Results) -> Iterator[Target]:
    if results.facts("sleepy") is None:
        return
    pairs = [pair for pair in results.pairs if pair.course == "sleepy"]
    worst = max((abs(pair.shown - pair.alone) for pair in pairs), default=0.0)
    target = "95 % within max(2 %, 10 ms)"
    note = f"at worst {worst * 1e3:.1f} ms apart"
    yield _share("sleepy: times shown, against alone", target, [is_near(pair) for pair in pairs], note)


def _honest_cpu(results: Results) -> Iterator[Target]:
    if results.facts("cpu") is None:
        return
    delays = [delay.delay for delay in results.delays if delay.course == "cpu"]
    note = f"at worst {max(delays, default=0.0) * 1e3:.1f} ms"
    yield _share("cpu: waited for a core", "95 % at most 10 ms", [delay <= 0.010 for delay in delays], note)
    pairs = [pair for pair in results.pairs if pair.course == "cpu"]
    shown, alone = median_of(pair.shown for pair in pairs), median_of(pair.alone for pair in pairs)
    what = "cpu: median of times shown, against alone"
    if shown is None or alone is None:
        yield Target(what, "within 5 %", "n/a")
        return
    apart = f"{shown / alone - 1:+.1%} ({shown * 1e3:.1f} ms : {alone * 1e3:.1f} ms)"
    yield Target(what, "within 5 %", apart, abs(shown / alone - 1) <= 0.05)
