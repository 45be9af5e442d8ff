"""What keeps programs from being started, and what is left of builds that were killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from sphinx_await.core.errors import EngineError
from sphinx_await.engine.hosts import Host
from sphinx_await.engine.linux.syscalls import CALL_NUMBERS
from sphinx_await.engine.process_environment import temporary_folder
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..conftest import run_python

pytestmark = pytest.mark.skipif(os.name != "posix", reason="fork, signals and locks of POSIX")


class Owner:
    """Owns a folder."""


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.2, 0.4])
def test_a_build_that_ends_before_the_fork_server_is_ready_says_nothing(
    seconds: float, capfd: pytest.CaptureFixture[str]
) -> None:
    """No traceback of ours precedes what the author has to read."""
    with Engine(Settings(hosts={"example.org": Host("page")})) as engine:
        engine.start(["asyncio", "aiohttp"])
        time.sleep(seconds)
    assert capfd.readouterr().err == ""


def test_a_handler_that_cannot_be_imported_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The error has the reason, and nothing else is printed."""
    (tmp_path / "answers.py").write_text("raise ValueError('not today')", encoding="utf-8")
    settings = Settings(hosts={"example.org": Host(handler="answers:f")}, path=(str(tmp_path),))
    with Engine(settings) as engine, pytest.raises(EngineError, match=r"mock servers.*not today"):
        list(engine.run([Program.of("1")]))
    assert capfd.readouterr().err == ""


_NO_ROOM = """
import resource, tempfile
from sphinx_await.core.errors import EngineError
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.program import Program
from sphinx_await.engine.settings import Settings
tempfile.gettempdir()  # which tries to write there
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
try:
    with Engine(Settings()) as engine:
        list(engine.run([Program.of("1")]))
except EngineError as error:
    print(error)
"""


def test_a_system_without_room_is_an_error_with_its_reason() -> None:
    """No file can be written: that is no traceback, but a sentence."""
    done = subprocess.run([sys.executable, "-c", _NO_ROOM], capture_output=True, text=True, check=True)
    assert done.stdout == "programs cannot be prepared: File too large\n"


_KILLED = """
import sys, time
from sphinx_await.engine.process_environment import temporary_folder
class Owner: pass
owner = Owner()
print(temporary_folder(owner), flush=True)
time.sleep(60)
"""


def test_a_build_removes_the_folders_of_builds_that_were_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But neither those in use, nor what is no such folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "sphinx-await-notes").mkdir()
    (tmp_path / "sphinx-await-link").symlink_to(tmp_path)
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    builders = [
        subprocess.Popen([sys.executable, "-c", _KILLED], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    try:
        folders = [Path(builder.stdout.readline().strip()) for builder in builders if builder.stdout]
        (folders[0] / "run-x" / "deep").mkdir(parents=True)
        (folders[0] / "run-x").chmod(0)
        builders[0].send_signal(signal.SIGKILL)
        builders[0].wait()
        owner = Owner()
        mine = temporary_folder(owner)
        assert not folders[0].exists()
        assert folders[1].exists()
        assert mine.exists()
        assert {path.name for path in tmp_path.iterdir()} == {
            "sphinx-await-notes",
            "sphinx-await-link",
            folders[1].name,
            mine.name,
        }
    finally:
        for builder in builders:
            builder.kill()
            builder.communicate()


#: Refuses setns(2) to this process and its children, as the filters of some containers do.
_NO_SETNS = """
import ctypes, os, struct
from sphinx_await.engine.linux import syscalls
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings
setns = {"x86_64": 308, "aarch64": 268}[os.uname().machine]
checks = [(0x20, 0, 0, 0), (0x15, 0, 1, setns), (0x06, 0, 0, 0x50000 | 1), (0x06, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *check) for check in checks))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, struct.pack("HxxxxxxP", len(checks), ctypes.addressof(code)), 0, 0) == 0
with Engine(Settings()) as engine:
    for result in engine.run([Program.of(f"print({number})") for number in range(3)]):
        print(result.recording.outputs[0].text, end="")
    print(*engine.missing, sep="\\n")
"""


@pytest.mark.skipif(os.uname().machine not in CALL_NUMBERS, reason="the numbers of calls are not known here")
def test_where_namespaces_can_be_made_but_not_entered_programs_run_without(missing: tuple[str, ...]) -> None:
    """A filter that refuses ``setns`` alone is noticed before the first program, and said as what is lacking."""
    done = run_python("-c", _NO_SETNS)
    *numbers, reason = done.stdout.splitlines()[:4]
    assert sorted(numbers) == ["0", "1", "2"], done.stderr
    assert reason.startswith("namespaces (network, processes, user): ")
    if not missing:
        assert reason.endswith("setns: Operation not permitted")
