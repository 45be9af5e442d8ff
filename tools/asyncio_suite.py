"""Runs the test suite of asyncio itself plainly and under the recorder, and compares the tests one by one.

``python tools/asyncio_suite.py [MODULE ...]``, for example ``test_locks test_tasks``. Python must have its ``test``
package. A test whose outcome differs is named, and the exit status is 1. Tests that need what programs do not have here
are listed in :data:`EXPECTED` with the reason.
"""

from __future__ import annotations

import json
import os
import pkgutil
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EXTENSIONS = Path(__file__).parents[1] / "extensions"
SECONDS = 600  # for one module
_MEMORY = 6_000_000_000  # bytes of address space: a test that runs away must not take the machine with it
_MARK = "outcomes: "
#: Test modules that are no use here: they start Python many times over, or need a terminal.
LEFT_OUT = frozenset({"test_asyncio.test_tools"})
#: Parts of names of tests whose outcome differs, and why.
EXPECTED = {
    "pty": "programs have no pseudo-terminal",
    "character_device": "programs have no pseudo-terminal",
}
#: The program: runs one module of tests and prints the outcome of each.
PROGRAM = """
import json, sys, unittest

class Outcomes(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.outcomes = {}
    def note(self, test, outcome):
        if self.outcomes.get(test.id()) not in ("error", "failure"):
            self.outcomes[test.id()] = outcome
    def addSuccess(self, test): self.note(test, "success")
    def addError(self, test, error): self.note(test, "error")
    def addFailure(self, test, error): self.note(test, "failure")
    def addSkip(self, test, reason): self.note(test, "skip")
    def addExpectedFailure(self, test, error): self.note(test, "expected failure")
    def addUnexpectedSuccess(self, test): self.note(test, "unexpected success")
    def addSubTest(self, test, subtest, error):
        if error: self.note(test, "failure")

outcomes = Outcomes()
unittest.defaultTestLoader.loadTestsFromName(NAME).run(outcomes)
print()
print(MARK + json.dumps(outcomes.outcomes), flush=True)
"""


@dataclass(frozen=True)
class Difference:
    """A test that came out differently under the recorder."""

    test: str
    plain: str
    recorded: str

    @property
    def reason(self) -> str | None:
        """Why this is known; None if it is not."""
        return next((why for part, why in EXPECTED.items() if part in self.test), None)


def modules() -> list[str]:
    """The modules of asyncio's test suite."""
    from test import test_asyncio  # type: ignore[import-not-found,unused-ignore] # not in every installation

    found = (f"test_asyncio.{one.name}" for one in pkgutil.iter_modules(test_asyncio.__path__))
    return [name for name in found if ".test_" in name and name not in LEFT_OUT]


def outcomes_of(text: str) -> dict[str, str]:
    """The outcomes that the program printed last."""
    line = next((line for line in reversed(text.splitlines()) if line.startswith(_MARK)), None)
    return {} if line is None else dict(json.loads(line.removeprefix(_MARK)))


def run_plainly(file: Path) -> dict[str, str]:
    """The outcomes without the recorder."""
    done = _run([sys.executable, str(file)], file.parent)
    return outcomes_of(done)


def run_recorded(file: Path) -> dict[str, str]:
    """The outcomes under the recorder."""
    command = [sys.executable, "-m", "sphinx_await", "run", str(file), "--json", "--timeout", str(SECONDS)]
    recording = json.loads(_run(command, file.parent) or "{}")
    return outcomes_of("".join(one["text"] for one in recording.get("outputs", ()) if one["stream"] == "stdout"))


def _run(command: Sequence[str], folder: Path) -> str:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))

    env = {**os.environ, "PYTHONPATH": str(EXTENSIONS)}
    return subprocess.run(
        command,
        cwd=folder,
        env=env,
        preexec_fn=limit,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        timeout=SECONDS * 2,
    ).stdout


def compare(plain: dict[str, str], recorded: dict[str, str]) -> Iterator[Difference]:
    """The tests that came out differently."""
    for test in sorted(plain.keys() | recorded.keys()):
        ones = plain.get(test, "not run"), recorded.get(test, "not run")
        if ones[0] != ones[1]:
            yield Difference(test, *ones)


def main(names: Sequence[str]) -> int:
    """Compare every module, or those named; the exit status."""
    unknown, total, counts = 0, 0, Counter[str]()
    for name in [f"test_asyncio.{one}" for one in names] or modules():
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "program.py")
            file.write_text(PROGRAM.replace("NAME", repr(f"test.{name}")).replace("MARK", repr(_MARK)))
            plain, recorded = run_plainly(file), run_recorded(file)
        differences = list(compare(plain, recorded))
        if not plain:
            differences.append(Difference(name, "no outcome", "not compared"))
        total += len(plain)
        print(f"{name}: {len(plain)} tests, {len(differences)} differ", flush=True)
        for one in differences:
            counts[one.reason or "not explained"] += 1
            unknown += one.reason is None
            print(f"    {one.test}: {one.plain} plainly, {one.recorded} recorded{_because(one)}", flush=True)
    print(f"{total} tests on Python {sys.version.split()[0]}, {sum(counts.values())} differ: {dict(counts)}")
    return 1 if unknown or not total else 0


def _because(difference: Difference) -> str:
    return f" ({difference.reason})" if difference.reason else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
