"""What a run of the benchmarks found, as data and as JSON."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Self

from .courses import Course
from .honest import Delay, Pair
from .measure import Sample
from .small import Small
from .tools import DISTRIBUTIONS, PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .courses import OwnCourse

RESULTS = PROJECT / "build" / "bench" / "results.json"


@dataclass(frozen=True, slots=True)
class Machine:
    """Where, when and with what it was measured.

    :ivar cores: how many this process may use.
    :ivar memory: GiB.
    :ivar load: the system's load (one minute) when the run began and when it ended.
    :ivar speed: turns a second of the computing loop, at the same two moments; on a quiet machine they agree.
    :ivar commit: of this repository; with a ``+`` if files differ from it.
    """

    date: str
    cores: int
    processor: str
    memory: float
    system: str
    python: str
    versions: dict[str, str]
    commit: str
    load: tuple[float, ...]
    speed: tuple[float, ...]

    @classmethod
    def here(cls, speed: float) -> Self:
        """This one, now."""
        return cls(
            datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            len(os.sched_getaffinity(0)),
            _proc("cpuinfo", "model name") or platform.processor(),
            round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            f"{platform.system()} {platform.release()} {platform.machine()}",
            f"{platform.python_implementation()} {platform.python_version()}",
            {name: version for name in DISTRIBUTIONS if (version := _version(name))},
            _commit(),
            (round(os.getloadavg()[0], 2),),
            (round(speed),),
        )

    def ended(self, speed: float) -> Self:
        """The same, with the load and the speed now."""
        return replace(self, load=(self.load[0], round(os.getloadavg()[0], 2)), speed=(self.speed[0], round(speed)))

    def lines(self) -> list[str]:
        """In words."""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        load, speed = (" and ".join(values) for values in (map(str, self.load), (f"{v / 1e6:.1f}" for v in self.speed)))
        return [
            f"{self.date}, commit {self.commit}",
            f"{self.processor}, {self.cores} cores, {self.memory:g} GiB, {self.system}",
            f"{self.python}, {versions}",
            f"system load {load}, computing loop {speed} million turns a second (when the run began, and ended)",
        ]


def _proc(file: str, name: str) -> str:
    path = Path("/proc", file)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> str:
    command = ["git", "-C", str(PROJECT), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


@dataclass(frozen=True, slots=True)
class Facts:
    """A course in figures; those of the repository's own course, which changes, are None.

    :ivar total: the seconds of all programs.
    :ivar longest: those of the longest.
    :ivar edited: those of the program that is edited.
    """

    name: str
    about: str
    pages: int | None = None
    programs: int | None = None
    total: float | None = None
    longest: float | None = None
    edited: float | None = None

    @classmethod
    def of(cls, course: Course | OwnCourse) -> Self:
        """The facts of a course."""
        if not isinstance(course, Course):
            return cls(course.name, course.about)
        total = round(course.total, 6)
        return cls(course.name, course.about, course.pages, course.programs, total, course.longest, course.edited)


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that was measured.

    :ivar tools: what was to be measured: each tool's name, and how it works.
    :ivar quick: the courses were small ones, and the numbers mean nothing.
    """

    machine: Machine
    quick: bool
    repeat: int
    tools: dict[str, str]
    courses: tuple[Facts, ...] = ()
    samples: tuple[Sample, ...] = ()
    pairs: tuple[Pair, ...] = ()
    delays: tuple[Delay, ...] = ()
    small: tuple[Small, ...] = ()
    printed: tuple[str, ...] = field(default=(), repr=False)

    def facts(self, course: str) -> Facts | None:
        """A course that was measured."""
        return next((facts for facts in self.courses if facts.name == course), None)

    def of(self, course: str | None, tool: str, phase: str) -> list[Sample]:
        """The builds that went well, of one course or of all."""
        return [
            sample
            for sample in self.samples
            if sample.course in {course, sample.course if course is None else course}
            and (sample.tool, sample.phase) == (tool, phase)
            and sample.failed is None
        ]

    def median(
        self, course: str, tool: str, phase: str, value: Callable[[Sample], float] = lambda sample: sample.wall
    ) -> float | None:
        """The median of a value (the wall seconds) of the builds that went well; None if none did."""
        return median_of(value(sample) for sample in self.of(course, tool, phase))

    def shares(self, course: str, phase: str, limit: Callable[[float], float]) -> list[float]:
        """By repetition, what this project's builds took of a limit that comes from those of plain Sphinx.

        Both were built in turns, so what else the machine did is in both.
        """
        ours, floors = (self.of(course, tool, phase) for tool in ("await", "floor"))
        shares = []
        for repetition in sorted({sample.repetition for sample in ours} & {sample.repetition for sample in floors}):
            mine = median(sample.wall for sample in ours if sample.repetition == repetition)
            floor = median(sample.wall for sample in floors if sample.repetition == repetition)
            shares.append(mine / limit(floor))
        return shares

    def save(self, path: Path, derived: dict[str, Any]) -> None:
        """Write all of it, and what was derived from it, as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**asdict(self), "derived": derived}, ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote."""
        data = json.loads(path.read_bytes())
        kinds: dict[str, type[Any]] = {
            "courses": Facts,
            "samples": Sample,
            "pairs": Pair,
            "delays": Delay,
            "small": Small,
        }
        lists = {name: tuple(kind(**one) for one in data[name]) for name, kind in kinds.items()}
        pairs = {name: tuple(data["machine"][name]) for name in ("load", "speed")}
        machine = Machine(**{**data["machine"], **pairs})
        return cls(machine, data["quick"], data["repeat"], data["tools"], **lists, printed=tuple(data["printed"]))


def median_of(values: Iterable[float]) -> float | None:
    """The median, or None of nothing."""
    found = list(values)
    return median(found) if found else None
