"""What this project promises of its speed and its times, and whether the measurements bear it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .results import median_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .honest import Pair
    from .results import Results

_SHARE = 0.95
#: What unchanged builds are compared of, and of whose: the first and the second.
UNCHANGED_COURSES, UNCHANGED_TOOLS = ("sleepy", "tiny"), ("floor", "await")


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
    judges = (_sleepy, _tiny, _cpu, _unchanged, _ran, _wide, _honest_sleep, _honest_cpu)
    return [target for judge in judges for target in judge(results)]


def _at_most(what: str, formula: str, limit: float | None, measured: float | None, note: str = "") -> Target:
    if limit is None or measured is None:
        return Target(what, formula, "n/a")
    return Target(what, f"≤ {limit:.2f} s ({formula})", f"{measured:.2f} s{note}", measured <= limit)


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
    floor = results.median("sleepy", "floor", "cold")
    limit = None if floor is None else 1.2 * (floor + facts.longest)
    yield _at_most("sleepy, cold", "1.2 × (floor + longest)", limit, results.median("sleepy", "await", "cold"))
    yield _times_faster(results, "sleepy", 8)


def _tiny(results: Results) -> Iterator[Target]:
    for course in ("tiny", "tiny-asyncio"):
        if results.facts(course) is None:
            continue
        floor = results.median(course, "floor", "cold")
        limit = None if floor is None else floor + 1.2
        yield _at_most(f"{course}, cold", "floor + 1.2 s", limit, results.median(course, "await", "cold"))
        yield _times_faster(results, course, 7)


def _cpu(results: Results) -> Iterator[Target]:
    facts = results.facts("cpu")
    if facts is None or facts.total is None:
        return
    floor = results.median("cpu", "floor", "cold")
    measured = results.median("cpu", "await", "cold", lambda sample: sample.wall - sample.rerun_seconds)
    again = results.median("cpu", "await", "cold", lambda sample: sample.rerun_programs)
    seconds = results.median("cpu", "await", "cold", lambda sample: sample.rerun_seconds)
    note = f", and {seconds:.2f} s for {again:g} programs that ran again" if again else ", none ran again"
    alone = [pair.cpu for pair in results.pairs if pair.course == "cpu"]
    totals = {"cpu, cold, by the loop's best speed": facts.total}
    if alone:
        totals["cpu, cold, by what its programs took alone"] = sum(alone) / len(alone) * (facts.programs or 0)
    for what, total in totals.items():
        limit = None if floor is None else 1.2 * (floor + total / results.machine.cores)
        yield _at_most(what, f"1.2 × (floor + {total:.2f} s computing / cores)", limit, measured, note)


def _unchanged(results: Results) -> Iterator[Target]:
    for course in UNCHANGED_COURSES:
        if results.facts(course) is None:
            continue
        floor, ours = (results.median(course, tool, "unchanged") for tool in UNCHANGED_TOOLS)
        limit = None if floor is None else 1.05 * floor
        busy = [results.median(course, tool, "unchanged", lambda sample: sample.cpu) for tool in UNCHANGED_TOOLS]
        note = f", {ours / floor:.2f} ×" if ours and floor else ""
        note += f" (of processor time {busy[1] / busy[0]:.2f} ×)" if busy[0] and busy[1] else ""
        yield _at_most(f"{course}, unchanged", "1.05 × floor", limit, ours, note)


def _ran(results: Results) -> Iterator[Target]:
    for phase, expected in (("unchanged", 0), ("prose edited", 0), ("snippet edited", 1)):
        samples = [sample for tool in ("await", "await-j2") for sample in results.of(None, tool, phase)]
        ran = {f"{sample.programs} in {sample.course}" for sample in samples if sample.programs != expected}
        measured = ", ".join(sorted(ran)) or f"{expected} in each of {len(samples)} builds"
        if samples:
            yield Target(f"{phase}: programs that run", str(expected), measured, not ran)


def _wide(results: Results) -> Iterator[Target]:
    small, large = results.facts("wide-small"), results.facts("wide")
    if small is None or large is None or small.programs is None or large.programs is None:
        return
    peaks = [sample.rss for sample in results.samples if (sample.course, sample.tool) == ("wide", "await")]
    what = "wide: the builder's memory at its peak"
    yield Target(what, "< 400 MiB", f"{max(peaks):.0f} MiB" if peaks else "n/a", max(peaks) < 400 if peaks else None)
    more = large.programs - small.programs
    for tool in ("floor", "await"):
        walls = [results.median(course, tool, "cold") for course in ("wide-small", "wide")]
        sizes = [results.median(course, tool, "cold", lambda sample: sample.rss) for course in ("wide-small", "wide")]
        if None not in {*walls, *sizes}:
            yield _growth(f"wide: {tool}, {small.programs} to {large.programs} programs", more, walls, sizes)


def _growth(what: str, more: int, walls: Sequence[float | None], sizes: Sequence[float | None]) -> Target:
    before, after = (value or 0.0 for value in walls)
    small, large = (value or 0.0 for value in sizes)
    each = f"{(after - before) / more * 1e3:.1f} ms and {(large - small) / more * 1024:.0f} KiB a program"
    return Target(what, "(for information)", f"{before:.2f} to {after:.2f} s, {small:.0f} to {large:.0f} MiB: {each}")


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
