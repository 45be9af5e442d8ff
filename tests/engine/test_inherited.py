"""What a builder inherits from whoever started it does not reach its programs, and does not stop it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and descriptors of POSIX")

#: Runs a program, and writes what it printed into a file: there may be no other place.
BUILDER = """
import sys
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings
with Engine(Settings(fork=sys.argv[2] == "fork")) as engine:
    results = list(engine.run([Program.of(sys.argv[3]), Program.of("import sys; sys.exit(3)")]))
with open(sys.argv[1], "w") as file:
    for result in sorted(results, key=lambda result: result.recording.exit):
        print(result.recording.exit, "".join(one.text for one in result.recording.outputs), file=file)
"""
#: What a program has of its signals, that a child of it ends, and where what it writes goes.
PROGRAM = """
import os, signal, subprocess, sys
print(sorted(number for number in signal.valid_signals() if signal.getsignal(number) is signal.SIG_IGN))
print(signal.pthread_sigmask(signal.SIG_BLOCK, ()), signal.getsignal(signal.SIGINT) is signal.default_int_handler)
print(subprocess.run([sys.executable, "-c", "import sys; print('child', flush=True); sys.exit(7)"]).returncode)
os.write(1, b"raw\\n")
print("error", file=sys.stderr, flush=True)
"""


def ignore(*signals: signal.Signals) -> None:
    """Ignore signals in this process and in those that it becomes."""
    for one in signals:
        signal.signal(one, signal.SIG_IGN)


ALL = set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}
INHERITED: dict[str, Callable[[], object]] = {
    "ignored children": lambda: ignore(signal.SIGCHLD),
    "all signals ignored": lambda: ignore(*ALL),
    "all signals blocked": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, ALL),
    "no standard input": lambda: os.close(0),
    "no standard output": lambda: os.close(1),
    "no standard error": lambda: os.close(2),
    "no standard stream": lambda: os.closerange(0, 3),
}


@pytest.mark.parametrize("backend", ["fork", "spawn"])
@pytest.mark.parametrize("inherited", INHERITED.values(), ids=INHERITED.keys())
def test_a_program_runs_as_from_a_shell_whatever_its_builder_inherited(
    inherited: Callable[[], object], backend: str, tmp_path: Path
) -> None:
    """A service or a container's first process may ignore or block signals, or have no standard streams."""
    out = tmp_path / "out"
    command = [sys.executable, "-c", BUILDER, str(out), backend, PROGRAM]
    with (tmp_path / "said").open("w+b") as said:
        status = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, preexec_fn=inherited, timeout=60, check=False
        ).returncode
        said.seek(0)
        assert (status, said.read().decode()) == (0, "")
    ignored = sorted({signal.SIGPIPE, signal.SIGXFSZ})
    expected = f"0 {[*map(int, ignored)]}\nset() True\nchild\n7\nraw\nerror\n\n3 \n"
    assert out.read_text().replace("<Signals.SIGPIPE: 13>", "13").replace("<Signals.SIGXFSZ: 25>", "25") == expected


#: Runs a program where no file may be larger than 1 MiB, and prints why it failed.
LIMITED = """
import resource, sys
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
with Engine(Settings(fork=sys.argv[1] == "fork")) as engine:
    (result,) = engine.run([Program.of("pass")])
print(result.recording.failure.message)
"""


@pytest.mark.parametrize("backend", ["fork", "spawn"])
def test_a_limit_that_a_builder_inherited_is_named(backend: str) -> None:
    """A program that cannot be started for it says which one, and how to look at it."""
    command = [sys.executable, "-c", LIMITED, backend]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("the program could not be started: [Errno 27] File too large; see ulimit -f, ")
