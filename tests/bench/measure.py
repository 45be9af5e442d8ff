"""One build: started, timed, and looked at afterwards."""

from __future__ import annotations

import html
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .courses import Course, Edit, OwnCourse
from .tools import write_course, write_own_course

if TYPE_CHECKING:
    from pathlib import Path

    from .tools import Tool

PATIENCE = 900.0  # seconds until a build is given up

#: What is measured, in this order, and which edits the course has then.
PHASES = {"cold": Edit.NONE, "unchanged": Edit.NONE, "snippet edited": Edit.SNIPPET, "prose edited": Edit.PROSE}

_RAN = re.compile(r"running programs\.\.\. \[ *\d+%\] .* \(")
_RERUNS = re.compile(r"ran again.*?(\d+) programs?\b.*?\(([\d.]+) s\)")
_REASONS = (re.compile(r"\w(?:Error|Exception): \S"), re.compile(r"\b(?:ERROR|WARNING|CRITICAL): \S"))
_TAG = re.compile(r"<[^>]*>")
_COLOUR = re.compile(r"\x1b\[[\d;]*[mK]")
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """One build.

    :ivar wall: seconds from the start of sphinx-build until it had ended.
    :ivar cpu: seconds of processor time, of the builder and all children it waited for.
    :ivar rss: MiB, the largest resident set of the builder or of any one child it waited for.
    :ivar programs: how many ran, as the console says; None for tools that do not say.
    :ivar rerun_programs: how many of them ran again, and for how many seconds in total.
    :ivar failed: why this build counts for nothing; None if all is well.
    """

    course: str
    tool: str
    phase: str
    repetition: int
    wall: float
    cpu: float
    rss: float
    programs: int | None = None
    rerun_programs: int = 0
    rerun_seconds: float = 0.0
    failed: str | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """How a process went: its exit status, what it took, and what it said."""

    status: int
    wall: float
    cpu: float
    rss: float
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Site:
    """A course in the hands of a tool, in a folder of its own."""

    course: Course | OwnCourse
    tool: Tool
    folder: Path
    environment: dict[str, str] = field(repr=False)

    @property
    def pages(self) -> Path:
        """Where the pages are built."""
        return self.folder / "html"

    @property
    def conf(self) -> Path:
        """The folder of conf.py."""
        return self.folder / "project"

    def build(self, phase: str, repetition: int) -> Sample:
        """Bring the sources to where the phase has them, build, and see whether the pages show what they must."""
        if phase == "cold":
            shutil.rmtree(self.folder, ignore_errors=True)
        try:
            self._write(PHASES[phase])
        except ValueError as error:
            return Sample(self.course.name, self.tool.name, phase, repetition, 0.0, 0.0, 0.0, failed=str(error))
        process = run_process(self._command(), self.folder, self.environment)
        out = process.out.replace("\r", "\n")
        reruns = _RERUNS.findall(out)
        return Sample(
            self.course.name,
            self.tool.name,
            phase,
            repetition,
            round(process.wall, 4),
            round(process.cpu, 4),
            round(process.rss, 1),
            len(_RAN.findall(out)) if self.tool.ours else None,
            sum(int(programs) for programs, _ in reruns),
            sum(float(seconds) for _, seconds in reruns),
            self._failure(process, PHASES[phase]),
        )

    def _write(self, edit: Edit) -> None:
        if isinstance(self.course, Course):
            write_course(self.tool, self.course, self.conf, edit)
        else:
            write_own_course(self.tool, self.conf, edit)

    def _command(self) -> list[str | Path]:
        sources = self.conf if isinstance(self.course, Course) else self.conf / "source"
        folders: list[str | Path] = ["-c", self.conf, "-d", self.folder / "doctrees", sources, self.pages]
        return [sys.executable, "-m", "sphinx", "--no-color", "-b", "html", *self.tool.arguments, *folders]

    def _failure(self, process: Process, edit: Edit) -> str | None:
        if process.status:
            return f"exit status {process.status}: {_complaint(process.err, self.folder)}"
        if not self.tool.runs or isinstance(self.course, OwnCourse):
            return None
        shown = set(re.findall(r"done \d+", self._text()))
        wanted = self.course.outputs(edit)
        missing = len(set(wanted) - shown)
        if not missing:
            return None
        return f"{missing} of {len(wanted)} outputs are not in the pages: {_complaint(process.err, self.folder)}"

    def _text(self) -> str:
        pages = (path.read_text(encoding="utf-8") for path in self.pages.rglob("chapter_*.html"))
        return "\n".join(html.unescape(_TAG.sub("", page)) for page in pages)


def _complaint(said: str, folder: Path) -> str:
    """The line in which a tool says best what is wrong."""
    lines = [line.strip() for line in _COLOUR.sub("", said).replace(f"{folder}/", "").splitlines() if line.strip()]
    for reason in _REASONS:
        if found := [line for line in lines if reason.search(line)]:
            return found[-1][:_LONGEST_REASON]
    return lines[-1][:_LONGEST_REASON] if lines else "it says nothing"


def plain_environment(work: Path) -> dict[str, str]:
    """The author's environment, without what changes a build, and with Jupyter's and IPython's files elsewhere."""
    dropped = {"COLUMNS", "FORCE_COLOR", "PY_COLORS", "PYTHONWARNINGS", "SOURCE_DATE_EPOCH", "SPHINXOPTS"}
    # Bytecode is written as on any author's machine: else each build would compile what is not installed but edited.
    dropped.add("PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    folders = {"IPYTHONDIR": "ipython", "JUPYTER_DATA_DIR": "jupyter", "JUPYTER_RUNTIME_DIR": "jupyter-runtime"}
    return {**kept, "NO_COLOR": "1", **{name: str(work / folder) for name, folder in folders.items()}}


def run_process(command: list[str | Path], folder: Path, environment: dict[str, str]) -> Process:
    """Run a process to its end; after :data:`PATIENCE` it is killed, and says so."""
    with (folder / "out.txt").open("w+b") as out, (folder / "err.txt").open("w+b") as err:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        status, cpu, rss = _wait(process)
        wall = time.perf_counter() - begin
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode(errors="replace"))
    if wall > PATIENCE:
        said[1] += f"\nTimeoutError: killed after {PATIENCE:g} s"
    return Process(status, wall, cpu, rss, *said)


def _wait(process: subprocess.Popen[bytes]) -> tuple[int, float, float]:
    """Wait for a process of its own group: exit status, seconds of processor time, MiB."""

    def kill() -> None:
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(PATIENCE, kill)
    timer.daemon = True
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        kill()
        process.wait()
        raise
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
