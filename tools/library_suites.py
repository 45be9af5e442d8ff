"""Runs the test suites of libraries plainly and under the recorder, and compares the tests one by one.

``python -m tools.library_suites FOLDER_OR_FILE ...``: folders of libraries' sources, of which every ``test_*.py`` is
run, or single files of tests. Python must have the libraries, pytest, and the plug-ins that their tests need. Each file
is one program, which runs in a copy of the folder, or of the outermost package that it is in. A test whose outcome
differs is named, and a file whose tests cannot be collected; then the exit status is 1. The folders must not be in the
temporary folder, of which programs have their own, nor in the home folder, which programs do not see.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .asyncio_suite import report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Parts of names of tests whose outcome differs, and why.
EXPECTED = {
    "test_os.py::test_access": "plainly it may run as root, to whom every file is open",
    "TestPath::test_is_block_device": "programs see no disks, so it is skipped",
    "TestBaseUV::test_calls_debug_reporting": "callbacks of uvloop are wrapped, which is a frame more in debug mode",
}
#: The program: has pytest run one file and prints the outcome of each test.
PROGRAM = """
import json, os, shutil, sys
import pytest

class Outcomes:
    def __init__(self):
        self.outcomes = {}
    def pytest_collectreport(self, report):
        if report.failed:
            self.outcomes[report.nodeid] = "not collected"
    def pytest_runtest_logreport(self, report):
        if report.when == "call" or not report.passed:
            if self.outcomes.get(report.nodeid) != "failed":
                self.outcomes[report.nodeid] = report.outcome

if __name__ == "__main__":
    folder = os.path.join("suite", os.path.basename(FOLDER))
    shutil.copytree(FOLDER, folder)  # tests may write beside themselves
    for name in ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini"):  # what pytest is told of them
        if os.path.exists(beside := os.path.join(os.path.dirname(FOLDER), name)):
            shutil.copy(beside, "suite")
    outcomes = Outcomes()
    pytest.main([os.path.join(folder, FILE), "-q", "-p", "no:cacheprovider", "-o", "addopts="], [outcomes])
    print()
    print(MARK + json.dumps(outcomes.outcomes), flush=True)
"""


def programs(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The name and the source of the program of each file of tests."""
    for path in (Path(name).resolve() for name in names):
        folder = path if path.is_dir() else path.parent
        while (folder / "__init__.py").exists() and (folder.parent / "__init__.py").exists():
            folder = folder.parent  # tests import from the package that they are in
        for file in sorted(path.rglob("test_*.py")) if path.is_dir() else [path]:
            name = str(file.relative_to(folder))
            source = PROGRAM.replace("FOLDER", repr(str(folder))).replace("FILE", repr(name))
            yield f"{folder.name}/{name}", source


def main(names: Sequence[str]) -> int:
    """Compare the files; the exit status."""
    return report(programs(names), EXPECTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
