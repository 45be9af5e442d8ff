"""The fault table's chapters, built once for all tests; and what of a build is still alive afterwards."""

from __future__ import annotations

import ctypes
import html
import json
import os
import re
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sphinx_await.core.model.recording import Recording
from sphinx_await.core.model.snippet import Options, Snippet

from ..conftest import HERE, run_python
from ..sphinxext.conftest import Built, Project, copy_of
from ..support.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = HERE / "roots" / "faults"
TIMEOUT, MEMORY, OUTPUT = 20.0, 192 << 20, 100_000  # as conf.py has them
SECRET = "hunter2-swordfish"  # noqa: S105 - so that there is something to steal

_SET_CHILD_SUBREAPER = 36
_FENCE = re.compile(
    r"^## (?P<title>[^\n]+)\n(?:(?!^## ).)*?"
    r"(?:^<!-- await: timeout=(?P<timeout>\d+) -->\n)?^```python\n(?P<code>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_FIGURE = re.compile(r"<figure\b(?P<attributes>[^>]*)>(?P<inside>.*?)</figure>", re.DOTALL)
_ROW = re.compile(r'<span class="await-output await-(\w+).*?<span class="await-text">(.*?)</span>\n</span>', re.DOTALL)
_RUN = """
import json, sys
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.program import Program
from sphinx_await.engine.settings import Settings
with open(sys.argv[1], encoding="utf-8") as file:
    stored = json.load(file)
with Engine(Settings(**stored["settings"])) as engine:
    for result in engine.run([Program.of(code, timeout) for code, timeout in stored["programs"]]):
        print(json.dumps([result.program.parts[0], result.recording.to_dict()]), flush=True)
"""
_PROBE = """
import json, pathlib, sys
from sphinx_await.engine.linux.sandbox import probe
print(json.dumps(probe(pathlib.Path(sys.argv[1])).result().missing))
"""


def chapter(document: str) -> dict[str, Snippet]:
    """The programs of a chapter of the table, by the titles they stand under."""
    text = (ROOT / f"{document}.md").read_text(encoding="utf-8")
    found = {}
    for number, match in enumerate(_FENCE.finditer(text), 1):
        first, code = text.count("\n", 0, match.start("code")) + 1, match["code"].removesuffix("\n")
        lines = tuple(range(first, first + code.count("\n") + 1))
        options = Options(timeout=float(match["timeout"] or TIMEOUT))
        found[match["title"]] = Snippet(f"{document}-{number}", code, f"{document}.md", lines, options)
    return found


def wait_until(happened: Callable[[], bool], seconds: float) -> bool:
    """Look again and again until something has happened; False if it has not within this time."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _states() -> dict[int, tuple[str, int]]:
    """State and parent of every process."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            state, parent = Path("/proc", name, "stat").read_bytes().rpartition(b")")[2].split()[:2]
        except OSError:
            continue
        found[int(name)] = state.decode(), int(parent)
    return found


def _descendants() -> set[int]:
    """All processes below this one, dead ones that nobody has asked for included."""
    parents = {process: parent for process, (_, parent) in _states().items()}
    found = {os.getpid()}
    while new := {process for process, parent in parents.items() if parent in found} - found:
        found |= new
    return found - {os.getpid()}


def _command(process: int) -> str:
    try:
        words = Path("/proc", str(process), "cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        words = b"(gone)"
    return f"{process}: {words!r}"


class Offspring:
    """The processes that were started since, however they detached themselves: none can leave this process's tree."""

    def __init__(self) -> None:
        self._before = _descendants()

    def alive(self) -> list[str]:
        """Those that live: number and command line."""
        states = _states()
        new = _descendants() - self._before
        return [_command(process) for process in sorted(new) if states.get(process, ("Z", 0))[0] not in "ZX"]

    def end(self) -> None:
        """Kill and reap what is left of them."""
        while new := _descendants() - self._before:
            for process in new:
                try:
                    os.kill(process, signal.SIGKILL)
                    os.waitpid(process, os.WNOHANG)
                except (ChildProcessError, ProcessLookupError):  # reaped by its own parent, or about to become ours
                    continue


@contextmanager
def offspring() -> Iterator[Offspring]:
    """Adopt all that the block leaves behind, so that it can be seen; then end it."""
    resource_tracker.ensure_running()  # multiprocessing's own, which all builds of this process share
    libc = ctypes.CDLL(None)
    libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    started = Offspring()
    try:
        yield started
    finally:
        started.end()
        libc.prctl(_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@dataclass(frozen=True)
class Figure:
    """The content of the page of one program."""

    failed: bool
    output: str
    facts: str


@dataclass(frozen=True)
class Table:
    """The result of a build of some chapters of the table.

    :ivar again: the next build, of those programs alone that were to succeed; None if the first did not end well.
    :ivar left: processes that lived on.
    :ivar folders: what it left in the folder for temporary files.
    :ivar visitors: who reached a server of the machine.
    :ivar changed: what it changed among the author's files.
    """

    built: Built
    again: Built | None
    left: list[str]
    folders: list[str]
    visitors: list[str]
    changed: list[str]

    def figure(self, snippet: Snippet) -> Figure:
        """A program's place in its page."""
        page = self.built.page(snippet.file.replace(".md", ".html"))
        for figure in _FIGURE.finditer(page):
            if f'data-name="{snippet.name}"' in figure["attributes"]:
                rows = [html.unescape(re.sub("<.*?>", "", text)) for _, text in _ROW.findall(figure["inside"])]
                facts = figure["inside"].rpartition("await-facts")[2]
                return Figure("await-failed" in figure["attributes"], "".join(f"{row}\n" for row in rows), facts)
        raise AssertionError(f"{snippet.name} has no place in the page")

    def errors(self, snippet: Snippet) -> list[tuple[int, str, list[str]]]:
        """What the build said was wrong with a program: line, message, and the output shown with it."""
        said = r"^\S*/(\S+):(\d+): (?:ERROR|WARNING): (\S+): (.*) \[await\.\w+\]\n((?:    .*\n?)*)"
        return [
            (int(line), message, detail.splitlines())
            for file, line, name, message, detail in re.findall(said, self.built.err, re.MULTILINE)
            if (file, name) == (snippet.file, snippet.name)
        ]


def _files(folder: Path) -> dict[str, tuple[int, int, str, bytes]]:
    """All there is to know of the author's files."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if not {"build", ".await-cache", "__pycache__", "tmp"} & set(name.parts) and not path.is_dir():
            status = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            names = os.listxattr(path) if path.is_file() else []
            found[str(name)] = status.st_mode, status.st_mtime_ns, repr(names), content
    return found


def _accepted(listener: socket.socket) -> list[str]:
    """Who has connected: the kernel keeps them waiting until they are asked for."""
    listener.settimeout(0)
    with listener:
        try:
            listener.accept()[0].close()
            return [f"{listener.family.name} {listener.getsockname()!r}"]
        except BlockingIOError:
            return []


def forks(*, counted: bool) -> int:
    """How many forks the fork bomb tries: where its processes are counted, more than can be refused before it is."""
    return 900 if counted else 200


def build_table(home: Path, documents: list[str], to_succeed: list[str], *arguments: str, counted: bool) -> Table:
    """Build chapters of the table in a project in the author's home, with a server of the author's running."""
    home.mkdir()
    (home / "secret.txt").write_text(SECRET)
    (home / "tmp").mkdir()
    project = copy_of("faults", home)
    for path in project.folder.glob("*.md"):
        if path.stem not in {"index", *documents}:
            path.unlink()
    listeners = [socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
    abstract = f"await-{os.getpid()}-{home.name}"
    for listener, address in zip(listeners[1:], (f"\0{abstract}", str(home / "socket")), strict=True):
        listener.bind(address)
        listener.listen()
    with pytest.MonkeyPatch.context() as patch, offspring() as started:
        patch.setenv("FAULTS_SECRET", SECRET)
        patch.setenv("TMPDIR", str(home / "tmp"))
        for name, value in {
            "PROJECT": project.folder,
            "HOME": home,
            "PORT": listeners[0].getsockname()[1],
            "NAME": abstract,
            "SOCKET": home / "socket",
            "NAMESPACE": os.stat("/proc/self/ns/pid").st_ino,
            "TEST": os.getpid(),
            "FORKS": forks(counted=counted),
        }.items():
            patch.setenv(f"TARGET_{name}", str(value))
        before = _files(home)
        built = project.build(*arguments)
        wait_until(lambda: not started.alive(), 5)
        left = started.alive()
        after = _files(home)
        excluded = ",".join(f"{name}.md" for name in documents if name not in to_succeed)
        again = None
        if built.status < 2:
            again = project.build(*arguments, "-D", f"exclude_patterns={excluded}", folder="again")
    changed = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    visitors = [visitor for listener in listeners for visitor in _accepted(listener)]
    folders = sorted(path.name for path in (home / "tmp").glob("sphinx-await-*"))
    return Table(built, again, left, folders, visitors, changed)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """Give the place for what all workers share."""
    return Shared(tmp_path_factory, "faults")


@pytest.fixture(scope="session")
def missing(shared: Shared) -> tuple[str, ...]:
    """Say what this system's kernel lacks to keep programs apart."""

    def make(scratch: Path) -> Any:
        scratch.mkdir()
        return json.loads(run_python("-c", _PROBE, scratch).stdout)

    return tuple(shared.get("probe", make))


def recordings(
    folder: Path, snippets: Iterable[Snippet], *, seconds: float = 90, **settings: Any
) -> dict[str, Recording]:
    """Run programs under an engine of their own: recordings by name.

    :raises AssertionError: the engine failed, or did not end in time.
    """
    names = {snippet.code: snippet.name for snippet in snippets}
    programs = [(snippet.code, snippet.options.timeout) for snippet in snippets]
    environment = {"TARGET_FORKS": str(forks(counted=os.getuid() != 0))}
    settings = {"memory_limit": MEMORY, "output_limit": OUTPUT, "environment": environment, **settings}
    (folder / "programs.json").write_text(json.dumps({"settings": settings, "programs": programs}), encoding="utf-8")
    with offspring():
        try:
            done = run_python("-c", _RUN, folder / "programs.json", timeout=seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError("the engine did not end") from None
    assert done.returncode == 0, done.stderr
    stored = [json.loads(line) for line in done.stdout.splitlines()]
    return {names[code]: Recording.from_dict(recording) for code, recording in stored}


__all__ = ["HERE", "Built", "Project"]
