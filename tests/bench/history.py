"""Earlier runs of the benchmarks, so that a slower commit is seen: ``nox -s bench -- --compare``.

A run is kept as ratios to what was measured beside it (plain Sphinx, a bare fork), since seconds of different days and
machines say nothing of each other. ``--keep`` adds a run to ``tests/bench/history.json``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Self

from .measure import PHASES
from .small import HOWS
from .tables import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .results import Results

HISTORY = Path(__file__).with_name("history.json")
#: Smaller changes get no word: a choice, and not a measurement.
NOISE = 0.05


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as long as what it is compared with: the median of the repetitions, the least and the most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """That of some repetitions."""
        return cls(round(median(values), 3), round(min(values), 3), round(max(values), 3))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.most:.2f})"


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it is kept.

    :ivar machine: processor, cores and Python, in words.
    :ivar ratios: by course and kind of build, or kind of small program.
    """

    date: str
    commit: str
    machine: str
    ratios: dict[str, Ratio]

    @classmethod
    def of(cls, results: Results) -> Self:
        """What is kept of a run."""
        machine = results.machine
        ratios = {
            f"{facts.name}, {phase}": Ratio.of(shares)
            for facts in results.courses
            for phase in PHASES
            if (shares := results.shares(facts.name, phase, lambda floor: floor))
        }
        for kind in dict.fromkeys(one.kind for one in results.small):
            bare, ours = (
                [one for one in results.small if (one.kind, one.how) == (kind, how)] for how in (HOWS[0], HOWS[-1])
            )
            ratios[f"a small {kind} program"] = Ratio.of([a.wall / b.wall for a, b in zip(ours, bare, strict=True)])
        where = f"{machine.processor}, {machine.cores} cores, {machine.python}"
        return cls(machine.date, machine.commit, where, ratios)


def load(path: Path = HISTORY) -> list[Run]:
    """The runs that are kept, the oldest first."""
    if not path.exists():
        return []
    kept = json.loads(path.read_bytes())
    return [Run(**{**one, "ratios": {name: Ratio(**ratio) for name, ratio in one["ratios"].items()}}) for one in kept]


def keep(run: Run, path: Path = HISTORY) -> None:
    """Add a run; one of the same commit gives way."""
    runs = [*(one for one in load(path) if one.commit != run.commit), run]
    path.write_text(json.dumps([asdict(one) for one in runs], indent=1) + "\n", encoding="utf-8")


def compared(run: Run, earlier: Sequence[Run]) -> Table:
    """A run beside the newest earlier one of such a machine, else of any."""
    alike = [one for one in earlier if one.machine == run.machine] or list(earlier)
    if not alike:
        return Table("Against an earlier run", ("what",), (), "No earlier run is kept; --keep keeps one.")
    before = alike[-1]
    rows = [
        (name, str(before.ratios[name]), str(ratio), *_change(before.ratios[name], ratio))
        for name, ratio in run.ratios.items()
        if name in before.ratios
    ]
    other = "" if before.machine == run.machine else f" It was made on another machine: {before.machine}."
    note = f"Then: commit {before.commit}, {before.date[:10]}.{other} Ratios to what was measured beside each."
    return Table("Against an earlier run", ("what", "then", "now", "change", ""), tuple(rows), note)


def _change(then: Ratio, now: Ratio) -> tuple[str, str]:
    """The change of the median, and a word where it is more than the noise and the repetitions do not overlap."""
    change = now.median / then.median - 1
    apart = now.least > then.most or now.most < then.least
    word = ("slower" if change > 0 else "faster") if apart and abs(change) > NOISE else ""
    return f"{change:+.0%}", word
