"""Runs the test suite of asyncio itself plainly and under the recorder, and compares the tests one by one.

``python tools/asyncio_suite.py [MODULE ...]``, for example ``test_locks test_tasks``. Python must have its ``test``
package. A test whose outcome differs is named, and the exit status is 1.
"""

from __future__ import annotations

import json
import os
import pkgutil
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

EXTENSIONS = Path(__file__).parents[1] / "extensions"
SECONDS = 600  # for one module
_MEMORY = 6_000_000_000  # bytes of address space: a test that runs away must not take the machine with it
_MARK = "outcomes: "
#: The outcome of a file whose tests could not be found.
NOT_COLLECTED = "not collected"
_UNKNOWN = "not explained"
#: Test modules that are no use here: they start Python many times over, or need a terminal.
LEFT_OUT = frozenset({"test_asyncio.test_tools"})
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
try:
    unittest.defaultTestLoader.loadTestsFromName(NAME).run(outcomes)
except unittest.SkipTest:  # the module is for another system
    outcomes.outcomes[NAME] = "skip"
print()
print(MARK + json.dumps(outcomes.outcomes), flush=True)
"""


@dataclass(frozen=True)
class Difference:
    """A test that came out differently under the recorder."""

    test: str
    plain: str
    recorded: str


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
    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell has its background jobs ignore it
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))

    env = {**os.environ, "PYTHONPATH": str(EXTENSIONS)}
    return subprocess.run(
        command,
        cwd=folder,
        env=env,
        preexec_fn=prepare,
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


def outcomes_in_both(source: str) -> tuple[dict[str, str], dict[str, str]]:
    """The outcomes of a program that runs tests, plainly and under the recorder."""
    return _in_its_own_folder(run_plainly, source), _in_its_own_folder(run_recorded, source)


def _in_its_own_folder(run: Callable[[Path], dict[str, str]], source: str) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "program.py")
        file.write_text(source.replace("MARK", repr(_MARK)))
        return run(file)


def report(programs: Iterable[tuple[str, str]], expected: Mapping[str, str]) -> int:
    """Run programs of tests in both ways, and print how many tests each has and which of them differ.

    :param programs: the name and the source of each.
    :param expected: parts of the names of tests that may differ, and why.
    :return: the exit status: 1 if a test differs without a reason, or there is none.
    """
    total, counts = 0, Counter[str]()
    for name, source in programs:
        plain, recorded = outcomes_in_both(source)
        differences = list(compare(plain, recorded))
        if not plain:
            differences.append(Difference(name, "no outcome", "not compared"))
        if lost := [test for test, outcome in plain.items() if outcome == NOT_COLLECTED]:
            named = {one.test for one in differences}
            differences += [Difference(test, NOT_COLLECTED, "not compared") for test in lost if test not in named]
        total += len(plain) - len(lost)
        print(f"{name}: {len(plain) - len(lost)} tests, {len(differences)} differ", flush=True)
        for one in differences:
            reason = next((why for part, why in expected.items() if part in one.test), _UNKNOWN)
            counts[reason] += 1
            print(f"    {one.test}: {one.plain} plainly, {one.recorded} recorded ({reason})", flush=True)
    print(f"{total} tests on Python {sys.version.split()[0]}, {counts.total()} differ: {dict(counts)}")
    return 1 if counts[_UNKNOWN] or not total else 0


def main(names: Sequence[str]) -> int:
    """Compare every module, or those named; the exit status."""
    found = [f"test_asyncio.{one}" for one in names] or modules()
    return report(((name, PROGRAM.replace("NAME", repr(f"test.{name}"))) for name in found), {})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
