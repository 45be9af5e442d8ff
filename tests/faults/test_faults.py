"""The fault table: programs that do what no program should, between canaries that must not notice.

The programs stand in ``tests/roots/faults``, one under each title. They are built with all that the system grants
to keep programs apart and with ``await_sandbox = "off"``, and run in fresh interpreters.
"""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sphinx_await.core.model.recording import Recording
from sphinx_await.core.text.output_lines import visible_lines
from sphinx_await.core.validation.verdict import judge

from ..sphinxext.conftest import Built
from .conftest import OUTPUT, SECRET, TIMEOUT, Table, build_table, chapter, recordings

if TYPE_CHECKING:
    from sphinx_await.core.model.snippet import Snippet

    from ..support.shared import Shared


@dataclass(frozen=True)
class Row:
    """One program of the table.

    :ivar title: its heading in its chapter.
    :ivar prints: a pattern for all that it prints, as the page shows it.
    :ivar says: a pattern for the message of the build; none if it succeeds.
    :ivar at: the line of code that the message points to; None for any.
    """

    document: str
    title: str
    prints: str
    says: str = ""
    at: str | None = None

    @property
    def snippet(self) -> Snippet:
        """The program."""
        return chapter(self.document)[self.title]

    @property
    def lines(self) -> tuple[int, ...]:
        """The lines of the chapter to which the message may point."""
        code = [line.strip() for line in self.snippet.code.split("\n")]
        return self.snippet.lines if self.at is None else (self.snippet.lines[code.index(self.at)],)


def raised(words: str) -> str:
    """A pattern for a traceback that names the chapter and ends with these words."""
    return rf'Traceback \(most recent call last\):\n(.*\n)*?  File "\S+", line \d+, in .*\n(.*\n)*{words}\n'


ANYTHING = r"(.*\n)*"
STOPPED = r"still running after 1 s, so it was stopped; `timeout` allows more"
BUSY = r"BlockingIOError: \[Errno 11\] Resource temporarily unavailable"
EXHAUSTED = r"MemoryError|SystemError: .*|RecursionError: .*|was killed by .*|ended with .*|still running after .*"

FAILS = [
    Row(
        "fails",
        "raises",
        f"before\n{raised('ValueError: on purpose')}",
        "ValueError: on purpose",
        'raise ValueError("on purpose")',
    ),
    Row(
        "fails",
        "closes the standard descriptors",
        "before\n",
        r"OSError: \[Errno 9\] Bad file descriptor",
        'print("after")',
    ),
    Row("fails", "closes all descriptors", "before\n", r"OSError: \[Errno 9\] Bad file descriptor", 'print("after")'),
    Row("fails", "exits", "leaving\n", "ended with exit status 3", "sys.exit(3)"),
    Row("fails", "exits at once", "gone\n", "ended with exit status 4", "import os"),
    Row("fails", "crashes", "crashing\n", "was killed by SIGSEGV", "import ctypes"),
    Row("fails", "sleeps for ever", "sleeping\n", STOPPED, "import time"),
    Row("fails", "loops for ever", "looping\n", STOPPED, 'print("looping")'),
    Row("fails", "ignores signals", "deaf\n", STOPPED, "import signal, time"),
    Row(
        "fails",
        "takes all memory",
        f"taking\n{raised('MemoryError')}",
        "MemoryError",
        "taken.append(bytearray(16 << 20))",
    ),
    Row("fails", "takes all memory in small pieces", f"nibbling\n{ANYTHING}", EXHAUSTED),
    Row("fails", "leaves a thread", "end of file\n", STOPPED, "import threading, time"),
    Row("fails", "recursion of the interpreter", f"diving\n{ANYTHING}", "was killed by SIGSEGV|RecursionError: .*"),
    Row("fails", "recursion of functions", f"diving\n{ANYTHING}", EXHAUSTED),
    Row(
        "fails",
        "asks",
        rf"asking\nname\? \n{raised('EOFError: EOF when reading a line')}",
        "EOFError: EOF when reading a line",
        'name = input("name? ")',
    ),
    Row(
        "fails",
        "interrupts its group",
        f"interrupting\n{raised('KeyboardInterrupt')}",
        "KeyboardInterrupt",
        "os.killpg(0, signal.SIGINT)",
    ),
]
BOMB = Row("bomb", "fork bomb", f"bombing\n{raised(BUSY)}", BUSY, "os.fork()")
UNBOUND_BOMB = Row(
    "bomb", "fork bomb", "bombing\nnobody refused\n", "ended with exit status 1", 'raise SystemExit("nobody refused")'
)
PARENT = Row("parent", "kills its parent", "aiming\n", "was killed by SIGKILL", "import os, time")
SHARES = Row("shares", "takes all memory as shared", f"sharing\n{ANYTHING}", EXHAUSTED)
STOPS = Row("stops", "stops its parent", "aiming\n", STOPPED, "import os, signal, time")

SURVIVES = [
    Row("survives", "prints what is no text", r"one \\xff\\xfe\ntwo \\x80\nthree \\xff\n"),
    Row("survives", "ends without an end of line", "first\nno end\n"),
    Row("survives", "leaves a daemon thread", "end of file\n"),
    Row("survives", "leaves a detached child", "detached\n"),
    Row("survives", "closes its descriptors", "before\nafter\n"),
    Row("survives", "deletes its folder", r"(False|\[\])\n"),
    Row("survives", "goes elsewhere", "/\n"),
    Row("survives", "starts 100 000 tasks", "100000\n"),
    Row("survives", "looks into its environment", "False False\n"),
]
CANARIES = [
    Row("index", "canary that prints", "a canary sings\n"),
    Row("index", "canary that sleeps", "one begins\ntwo begins\none ends\ntwo ends\n"),
    Row("index", "canary that writes", r"a song\n\['snippet\.py', 'song\.txt'\]\na child sings\n"),
    Row("fails", "canary among those that fail", "still singing\n"),
    Row("survives", "canary among those that survive", "and singing\n"),
]
PORTS = [
    Row("ports", "serves", "the first answers\n"),
    Row("ports", "serves too", "the second answers\n"),
]

REACHES = [
    Row(
        "reach",
        "writes to the project",
        r"(?:new file|append|truncate|folder|link|rename|delete|root of /proc) (?:Permission|FileNotFound)Error\n".join(
            [""] * 9
        )
        + "True\nshell was tried\n",
    ),
    Row(
        "reach",
        "reads a file of the author",
        r"(?:(?:open|list|symbolic link|root of /proc|root of process 1) (?:PermissionError|FileNotFoundError)\n"
        r"|list \[\'tmp\'\]\n|hard link \w+Error\n){6}"
        r"child b''\n",
    ),
    Row(
        "reach",
        "reads a secret variable",
        r"os\.environ False\n(?:a process (?:False|FileNotFoundError|PermissionError)\n){4,}",
    ),
    Row("reach", "reads the memory of others", r"(?:a process PermissionError\n)+"),
    Row("reach", "connects to a foreign address", "Network is unreachable\nTrue\n"),
    Row("reach", "connects to a port of the machine", "ConnectionRefusedError\nConnectionRefusedError\n"),
    Row("reach", "connects to an abstract socket of the machine", "ConnectionRefusedError\n"),
    Row("reach", "kills everybody", "(killed|ProcessLookupError|PermissionError)\nalone\n"),
    Row("reach", "kills everybody one by one", r"(?:(?:sent|PermissionError|ProcessLookupError)\n){2,}alone\n"),
    Row("reach", "canary among those that reach", "singing on\n"),
]
SOCKET = Row("reach", "connects to a socket in a folder of the machine", r"\w+Error\n")
METADATA = Row(
    "reach",
    "changes the metadata of a file of the project",
    "mode was refused\ntimes was refused\nattribute was refused\n",
)
#: Of too much output the start and the end are kept, three quarters and one.
HUNDRED_MB = [
    Row("survives", "prints 100 MB", f"x{{{OUTPUT * 3 // 4}}}\nx{{{OUTPUT // 5},{OUTPUT // 4}}}\n"),
    Row("survives", "writes 100 MB past Python", r"(?:y+\n)+"),
]
MILLION = Row("floods", "prints a million lines", "0\n1\n2\n" + r"(?:\d{1,6}\n)+999999\n")


def of(row: Row) -> str:
    """A row's name among pytest's parameters."""
    return row.title


def shared_table(
    shared: Shared, name: str, documents: list[str], to_succeed: list[str], *arguments: str, counted: bool
) -> Table:
    """Build a table once for all workers of pytest-xdist."""

    def make(home: Path) -> dict[str, Any]:
        return asdict(build_table(home, documents, to_succeed, *arguments, counted=counted))

    def built(stored: dict[str, Any]) -> Built:
        return Built(**{**stored, "folder": Path(stored["folder"])})

    stored = shared.get(name, make)
    again = built(stored["again"]) if stored["again"] else None
    return Table(**{**stored, "built": built(stored["built"]), "again": again})


def counts_processes(missing: tuple[str, ...]) -> bool:
    """Whether a program's processes are limited: those of root only where each namespace counts its own."""
    version = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
    return os.getuid() != 0 or (not missing and version >= (6, 14))


@pytest.fixture(scope="session")
def kept_apart(shared: Shared, missing: tuple[str, ...]) -> Table:
    """Build with everything that the system grants. Where it lacks something, what needs that is left out."""
    reach, succeed = ([], []) if missing else (["reach"], ["reach", "ports"])
    documents = ["fails", "bomb", "survives", "floods", "parent", "ports", *reach]
    return shared_table(
        shared, "kept-apart", documents, ["survives", "floods", *succeed], counted=counts_processes(missing)
    )


@pytest.fixture(scope="session")
def in_the_open(shared: Shared) -> Table:
    """Build with nothing but a process for each."""
    documents = ["fails", "survives", "parent", "ports"]
    counted = os.getuid() != 0
    return shared_table(shared, "in-the-open", documents, ["survives"], "-D", "await_sandbox=off", counted=counted)


@pytest.fixture(scope="session", params=["auto", "off"])
def table(request: pytest.FixtureRequest) -> Table:
    """Give both builds, one after the other."""
    made: Table = request.getfixturevalue("kept_apart" if request.param == "auto" else "in_the_open")
    return made


@pytest.fixture
def closed(kept_apart: Table, missing: tuple[str, ...]) -> Table:
    """Give the build whose programs are kept apart; say so where the kernel cannot."""
    if missing:
        pytest.skip(f"programs cannot be kept apart here, since this kernel has no {'; no '.join(missing)}")
    return kept_apart


def check_page(table: Table, row: Row) -> None:
    """The page shows what the program printed, and whether it failed."""
    figure = table.figure(row.snippet)
    assert re.fullmatch(row.prints, figure.output), figure.output
    assert figure.failed == bool(row.says)


def check_message(table: Table, row: Row) -> None:
    """The build said what was wrong, once, with file and line, and showed what was printed; or it said nothing."""
    errors = table.errors(row.snippet)
    if not row.says:
        assert errors == []
        return
    ((line, message, detail),) = errors
    assert re.fullmatch(row.says, message)
    assert line in row.lines
    last = table.figure(row.snippet).output.splitlines()[-1].rstrip()
    assert f"    | {last}".rstrip() in detail


@pytest.mark.parametrize("row", FAILS, ids=of)
def test_a_program_that_fails_is_reported_and_shown(row: Row, table: Table) -> None:
    """The message has its file and line, the page shows what it printed and that it failed."""
    check_page(table, row)
    check_message(table, row)


@pytest.mark.parametrize("row", [*SURVIVES, *CANARIES], ids=of)
def test_a_program_that_misbehaves_and_succeeds_is_shown(row: Row, table: Table) -> None:
    """What does no harm to itself is no failure; and no canary is hurt by its neighbours."""
    check_page(table, row)
    check_message(table, row)


def test_a_fork_bomb_is_bounded(closed: Table, missing: tuple[str, ...]) -> None:
    """Its processes are counted, so the next is refused."""
    if not counts_processes(missing):
        pytest.skip("this kernel cannot count the processes of root in a namespace: that takes Linux 6.14")
    check_page(closed, BOMB)
    check_message(closed, BOMB)


def test_a_fork_bomb_in_the_open_ends(tmp_path: Path) -> None:
    """The limit on a user's processes holds for everybody but root; its processes end with it in any case."""
    row = BOMB if os.getuid() else UNBOUND_BOMB
    check_recording(row, recordings(tmp_path, [row.snippet], seconds=20, sandbox="off")[row.snippet.name])


def test_a_program_that_kills_its_parent_hurts_itself(table: Table) -> None:
    """In a namespace it has no parent and hits its own group; in the open it hits its subreaper, and ends with it."""
    check_page(table, PARENT)
    check_message(table, PARENT)


@pytest.mark.parametrize("sandbox", ["auto", "off"])
def test_a_program_that_stops_its_parent_is_stopped_itself(
    sandbox: str, missing: tuple[str, ...], tmp_path: Path
) -> None:
    """A program cannot keep the engine waiting by stopping the process that watches over it."""
    if sandbox == "auto" and missing:
        pytest.skip(f"programs have subreapers here anyway, since this kernel has no {'; no '.join(missing)}")
    check_recording(STOPS, recordings(tmp_path, [STOPS.snippet], seconds=8, sandbox=sandbox)[STOPS.snippet.name])


@pytest.mark.parametrize("row", [*PORTS, *REACHES], ids=of)
def test_a_program_cannot_reach_beyond_itself(row: Row, closed: Table) -> None:
    """Each way that it tries is refused; two that serve on one port are each alone with it."""
    check_page(closed, row)
    check_message(closed, row)


def test_a_program_cannot_reach_a_socket_in_a_folder(closed: Table) -> None:
    """A server of the machine that listens on a path (docker, ssh-agent) is as far away as one on a port."""
    check_page(closed, SOCKET)


def test_a_program_cannot_change_the_metadata_of_a_file(closed: Table) -> None:
    """Mode, times and attributes of the author's files are the author's."""
    check_page(closed, METADATA)


@pytest.mark.parametrize("row", PORTS, ids=of)
def test_a_clash_of_ports_is_tried_again_alone(row: Row, in_the_open: Table) -> None:
    """Where programs share the machine's ports, both succeed all the same."""
    check_page(in_the_open, row)
    check_message(in_the_open, row)


def test_no_file_of_the_author_is_new_or_other(closed: Table) -> None:
    """In the author's home nothing was written, deleted, renamed or given another mode: only the build is new."""
    assert closed.changed == []


def test_no_server_of_the_machine_is_reached(closed: Table) -> None:
    """The servers that listened on a port, on an abstract name and in a folder saw nobody."""
    assert closed.visitors == []


def test_no_secret_is_printed(closed: Table) -> None:
    """What the author keeps in a file and in a variable is in no page, no message and no recording."""
    project = closed.built.folder.parent.parent
    files = [path for path in project.rglob("*") if path.is_file()]
    assert len(files) > 50
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    assert SECRET not in closed.built.out + closed.built.err


def test_a_build_with_faults_ends_with_1_and_leaves_nothing(table: Table) -> None:
    """The exit status says that something is wrong; no process lives on, no temporary folder stays."""
    assert table.built.status == 1
    assert table.left == []
    assert table.folders == []


def test_without_the_programs_that_fail_the_build_succeeds(table: Table) -> None:
    """All others were recorded beside them: the next build without them runs nothing and ends with 0."""
    assert table.again is not None
    assert table.again.status == 0, table.again.err
    assert table.again.ran == []
    assert "ERROR" not in table.again.err


def check_cut(table: Table, row: Row) -> None:
    """The page has what the limit allows and says that there was more."""
    check_page(table, row)
    check_message(table, row)
    assert "It printed more than is kept." in table.figure(row.snippet).facts
    assert len(table.built.page(row.snippet.file.replace(".md", ".html"))) < 3_000_000


@pytest.mark.parametrize("row", HUNDRED_MB, ids=of)
def test_too_much_output_is_cut_and_the_page_says_so(row: Row, table: Table) -> None:
    """100 MB of output, through Python or past it, are no failure, and the page stays one that can be read."""
    check_cut(table, row)


def test_too_many_lines_are_cut_and_the_page_says_so(kept_apart: Table) -> None:
    """Nor are a million lines."""
    check_cut(kept_apart, MILLION)


FRESH = [*FAILS, BOMB if os.getuid() else UNBOUND_BOMB, *SURVIVES, *HUNDRED_MB, *CANARIES]
DETACHED = "leaves a detached child"


@pytest.fixture(scope="session")
def fresh(shared: Shared) -> dict[str, Recording]:
    """Run the rows that hold without a fork from a fork server, each in an interpreter of its own."""

    def make(folder: Path) -> Any:
        folder.mkdir()
        made = recordings(folder, [row.snippet for row in FRESH if row.title != DETACHED], fork=False)
        return {name: recording.to_dict() for name, recording in made.items()}

    return {name: Recording.from_dict(stored) for name, stored in shared.get("fresh", make).items()}


def check_recording(row: Row, recording: Recording) -> None:
    """The recording has what was printed, and is judged as the build would."""
    snippet = row.snippet
    assert re.fullmatch(row.prints, "".join(f"{line.text}\n" for line in visible_lines(recording)))
    problems = judge(snippet, recording, markers=(), timeout=snippet.options.timeout or TIMEOUT)
    assert bool(problems) == bool(row.says)
    for problem in problems:
        assert re.fullmatch(row.says, problem.message.partition("\n")[0])
        assert snippet.line_in_file(problem.line) in row.lines


@pytest.mark.parametrize("row", [row for row in FRESH if row.title != DETACHED], ids=of)
def test_a_fresh_interpreter_comes_to_the_same(row: Row, fresh: dict[str, Recording]) -> None:
    """Where programs are not forked from a fork server, they end in the same ways."""
    check_recording(row, fresh[row.snippet.name])


def test_a_child_detached_from_a_fresh_interpreter_is_left_nothing(tmp_path: Path) -> None:
    """A child in a session of its own does not keep the engine waiting, and does not live on."""
    (row,) = (row for row in SURVIVES if row.title == DETACHED)
    check_recording(row, recordings(tmp_path, [row.snippet], seconds=10, fork=False)[row.snippet.name])


PARENTS = "parent 0\nparent 1\nparent 2\nparent 3\nparent 4\n"
CHILDREN = [
    Row("children", "a child reaches the end of the program", f"{PARENTS}done\n"),
    Row("children", "a child fails", rf"{PARENTS}{raised('ValueError: in the child')}done\n"),
    Row("children", "a child exits", f"{PARENTS}done\n"),
]


@pytest.mark.parametrize("row", CHILDREN, ids=of)
def test_a_child_that_comes_back_leaves_the_recording_alone(row: Row, tmp_path: Path) -> None:
    """What the parent printed is all there, and how the child ended is not how the program did."""
    check_recording(row, recordings(tmp_path, [row.snippet])[row.snippet.name])


def test_a_damaged_journal_harms_only_its_own_program(tmp_path: Path) -> None:
    """A canary beside a program that overwrites its recording is recorded as ever."""
    canary = CANARIES[0]
    made = recordings(tmp_path, [chapter("children")["a program writes where it should not"], canary.snippet])
    assert len(made) == 2
    check_recording(canary, made[canary.snippet.name])


@pytest.mark.xfail(strict=True, reason="RLIMIT_DATA does not count what is shared (mmap.mmap(-1), memfd_create)")
def test_shared_memory_is_limited_too(tmp_path: Path) -> None:
    """The limit on memory holds for memory that is shared with nobody yet, and with children."""
    check_recording(SHARES, recordings(tmp_path, [SHARES.snippet])[SHARES.snippet.name])
