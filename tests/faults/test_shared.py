"""What all programs of a build share, and what of the author's session lies beyond files: none of it can be reached."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.text.output_lines import text_of
from sphinx_await.engine.hosts import Host
from sphinx_await.engine.linux.syscalls import CALL_NUMBERS
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..conftest import run_python

if TYPE_CHECKING:
    from pathlib import Path

CHANGES = """
import os
shared = ["/", "/etc", "/etc/hosts", "/etc/nsswitch.conf", "/usr", "/dev/null", "/dev/zero", "/dev/tty"]
folder = os.path.dirname(os.getcwd())
shared += [folder, *(os.path.join(folder, name) for name in os.listdir(folder) if name not in os.getcwd())]
for path in filter(os.path.lexists, shared):
    for change in (
        lambda: os.chmod(path, 0),
        lambda: os.utime(path, (1, 1)),
        lambda: os.setxattr(path, "user.channel", b"x"),
        lambda: os.chown(path, os.getuid(), os.getgid()),
        lambda: os.rename(path, path + "-"),
    ):
        try:
            change()
            print("changed", path)
        except OSError:
            pass
print(os.environ["SSL_CERT_FILE"] in shared)
"""
NEIGHBOUR = """
import tempfile, time, urllib.request
time.sleep(1)
with tempfile.TemporaryFile() as file, open("/dev/null", "w") as null:
    print(urllib.request.urlopen("http://a.example").read(), file.write(b"x"), null.write("x"))
"""
REACHES = """
import ctypes, errno, socket
try:
    socket.socket(40, socket.SOCK_STREAM)  # AF_VSOCK
except OSError as error:
    print(errno.errorcode[error.errno])
libc = ctypes.CDLL(None, use_errno=True)
for number in NUMBERS:
    result = libc.syscall(ctypes.c_long(number), ctypes.c_long(10), ctypes.c_long(-3), b"user", b"await-test", 0)
    print(result, errno.errorcode[ctypes.get_errno()])
print(socket.socket().family.name)
"""

PROBE = "import pathlib\nfrom sphinx_await.engine.linux import sandbox, syscalls"


@pytest.fixture
def _isolated() -> None:
    with Engine(Settings()) as engine:
        list(engine.run([Program.of("pass")]))
        if engine.missing:
            pytest.skip(f"this system lacks {engine.missing}")


@pytest.mark.usefixtures("_isolated")
def test_no_program_changes_what_its_neighbours_see() -> None:
    """Modes, times, owners, attributes and names of shared files, folders and devices stay as they are."""
    changes, neighbour = Program.of(CHANGES), Program.of(NEIGHBOUR)
    with Engine(Settings(hosts={"a.example": Host("hello")})) as engine:
        shown = {one.program: text_of(one.recording.outputs, "stdout") for one in engine.run([changes, neighbour])}
    assert shown == {changes: "True\n", neighbour: "b'hello' 1 1\n"}


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        ("syscalls.CALL_NUMBERS.clear()", f"the numbers of the calls of {os.uname().machine} are not known"),
        ("syscalls._PR_SET_SECCOMP = 10**6", "prctl: Invalid argument"),  # as a kernel without filters
    ],
)
def test_a_system_that_cannot_refuse_calls_is_said_to_lack_that(lacking: str, reason: str, tmp_path: Path) -> None:
    """So "strict" is an error there, and no promise is broken without a word."""
    code = f"{PROBE}\n{lacking}\nprint(sandbox.probe(pathlib.Path({str(tmp_path)!r})).result().missing)"
    done = run_python("-c", code)
    assert f"filter of system calls (keys, virtual machines): {reason}" in done.stdout, done.stderr


@pytest.mark.skipif(os.uname().machine not in CALL_NUMBERS, reason="the numbers of calls are not known here")
def test_keys_and_machines_beyond_the_namespaces_are_out_of_reach() -> None:
    """The author's session has a key; a program finds no keyring, no socket to a VM's host, no io_uring."""
    numbers = CALL_NUMBERS[os.uname().machine]
    libc = ctypes.CDLL(None)
    libc.syscall(ctypes.c_long(numbers.add_key), b"user", b"await-test", b"secret", ctypes.c_size_t(6), -3)
    calls = [numbers.keyctl, numbers.add_key, numbers.request_key, numbers.io_uring_setup]
    with Engine(Settings()) as engine:
        (result,) = engine.run([Program.of(REACHES.replace("NUMBERS", repr(calls)))])
    shown = text_of(result.recording.outputs, "stdout").splitlines()
    assert shown == ["EAFNOSUPPORT", *["-1 ENOSYS"] * 4, "AF_INET"]


@pytest.mark.parametrize("fork", [True, False])
def test_the_variables_of_programs_are_the_same_everywhere(fork: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the builder's own is among them, in value or in name."""
    for name in ("PATH", "LANG", "LC_ALL", "TZ", "SECRET"):
        monkeypatch.setenv(name, f"{os.environ.get(name, '')}:/home/author/secret")
    code = "import os; print(any('secret' in value.lower() for value in [*os.environ, *os.environ.values()]))"
    with Engine(Settings(fork=fork)) as engine:
        (result,) = engine.run([Program.of(code)])
    assert text_of(result.recording.outputs, "stdout") == "False\n"
