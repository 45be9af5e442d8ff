"""What programs leave behind on purpose: odd values, forged records, flags, paths. None of it is a neighbour's trouble.

All programs run under one engine, beside a canary. Each one's recording can be stored and read again.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.model.recording import Recording
from sphinx_await.core.text.output_lines import text_of
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..conftest import run_python

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx_await.engine.run import SharedFolder

CANARY = Program.of("import time; time.sleep(1); print('canary')", 20)

# Finds the journal among the descriptors, and writes records to it as the recorder does.
FORGE = """
import mmap, os, struct, time
RECORD = struct.Struct("<BBHIqiI")
fds = [int(fd) for fd in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{fd}")]
journal = mmap.mmap(next(fd for fd in fds if "journal" in os.readlink(f"/proc/self/fd/{fd}")), 0)
first = end = 40
while (found := RECORD.unpack_from(journal, end))[0]:
    end += RECORD.size - -found[3] // 8 * 8
def put(kind, payload=b"", where=None, at=None, stream=0, task=0):
    global end
    here = end if where is None else where
    RECORD.pack_into(journal, here, kind, stream, 0, len(payload), at or time.perf_counter_ns(), task, 0)
    journal[here + RECORD.size : here + RECORD.size + len(payload)] = payload
    if where is None:
        end = here + RECORD.size - -len(payload) // 8 * 8
"""
#: Expressions of bytes that mean nothing in the payload of one kind of record or another.
PAYLOADS = [
    """b'{"type":"E","message":"m","traceback":"t","line":"x"}'""",
    """b'{"type":"E","message":null,"traceback":"t","line":1}'""",
    """b'{"type":5,"message":"m","traceback":[],"line":1.5}'""",
    """b'{"type":"E","message":"m","traceback":"t","line":1,"other":2}'""",
    r"""b'{"names":["","...","a\\u0000b","\\ud800"],"files":{"m":"\\u0000","n":"\\ud800","o":"/dev/zero","p":""}}'""",
    """b'{"names":[1],"files":[]}'""",
    """b'{"cpu":"x","delay":{}}'""",
    """b'{"cpu":1e400,"delay":-1e400}'""",
    """b'{"cpu":' + b"9" * 3000 + b',"delay":' + b"9" * 5000 + b'}'""",
    "b'[' * 200_000",
    r"b'\xff\x00'",
    "b'null'",
    "b'[]'",
]
KINDS = (1, 5, 7, 8, 10)  # START, FAILURE, HOST, BROKEN, PART
FORGERIES = [
    f"{FORGE}\nput({kind}, {payload}, {place})\nos._exit({status})"
    for payload in PAYLOADS
    for kind in KINDS
    for place, status in (("where=first", 7), ("at=-2**63", 8))
]

ODD = {
    "a line that is a text": "raise SyntaxError('bad', ('snippet.py', 'x', None, None))",
    "a line that is a list": "e = SyntaxError('bad'); e.filename = 'snippet.py'; e.lineno = [1]; raise e",
    "a line that is huge": "e = SyntaxError('bad'); e.filename = 'snippet.py'; e.lineno = 10**400; raise e",
    "a message that is a number": "e = SyntaxError('bad'); e.msg = 5; raise e",
    "an errno that is huge": "raise OSError(10**30, 'odd')",
    "a text that raises": "class E(Exception):\n    def __str__(self): raise SystemExit(0)\nraise E",
    "a text of a class of its own": "class T(str):\n    def __len__(self): 1 / 0\nclass E(Exception):\n"
    "    def __str__(self): return T('x')\nraise E",
    "a long text": "raise ValueError('head' + 'x' * 20_000_000 + 'tail')",
    "a long name": "raise type('E' * 5_000_000, (Exception,), {})",
    "a line with many digits": "import sys\nprint('snippet.py:' + '9' * 5000, file=sys.stderr)\n1 / 0",
}
#: What these end with, as plain Python does.
ENDS = {
    "import sys; sys.exit(10**30)": 255,
    "import sys; sys.exit(256)": 0,
    "import sys; sys.exit(-1)": 255,
    "class E(SystemExit):\n    @property\n    def code(self): 1 / 0\nraise E": 1,
    "import sys\nclass T:\n    def __str__(self): raise KeyboardInterrupt\nsys.exit(T())": 1,
    "import sys; sys.modules[5] = sys": 0,
    "import json; json.dumps = json.JSONEncoder = None\nimport sys; sys.exit(3)": 3,
    "import time; time.process_time = None": 0,
    "import sys, types; m = types.ModuleType('m'); m.__file__ = 'a\\0b'; sys.modules['m'] = m": 0,
    "import sys, types; m = types.ModuleType('m'); m.__file__ = '\\ud800'; sys.modules['m'] = m": 0,
    "import sys, types; m = types.ModuleType('m'); m.__file__ = '/dev/zero'; sys.modules['m'] = m": 0,
    "import sys, types; m = types.ModuleType('m'); m.__file__ = '/dev/ptmx'; sys.modules['m'] = m": 0,
    "import sys, types; sys.modules[''] = sys.modules['...'] = sys.modules['a b'] = types.ModuleType('x')": 0,
}


def run_beside_a_canary(codes: list[str], settings: Settings | None = None) -> list[Recording]:
    """The recordings of programs, each read again from its JSON; the canary has been seen."""
    programs = [Program.of(code, 20) for code in codes]
    with Engine(settings or Settings()) as engine:
        results = {result.program: result.recording for result in engine.run([*programs, CANARY])}
    assert text_of(results[CANARY].outputs, "stdout") == "canary\n"
    return [Recording.from_json(results[program].to_json()) for program in programs]


def test_forged_records_cost_nobody_else_a_result() -> None:
    """Whatever types, numbers and depths are in a record, each program has a recording, and so has the canary."""
    for code, recording in zip(FORGERIES, run_beside_a_canary(FORGERIES), strict=True):
        unstarted = recording.failure is not None and "could not be started" in recording.failure.message
        assert recording.exit in {7, 8} or unstarted, code


def test_odd_exceptions_are_that_programs_failures() -> None:
    """The failure has the type of the exception and a text of bounded length with its beginning and its end."""
    recordings = dict(zip(ODD, run_beside_a_canary(list(ODD.values())), strict=True))
    for name, recording in recordings.items():
        assert recording.exit == 1, name
        assert recording.failure is not None, name
        assert len(recording.to_json()) < 2_500_000, name
    types = [one.failure.type for one in recordings.values() if one.failure is not None]
    assert types[:5] == ["SyntaxError"] * 4 + ["OSError"]
    long = recordings["a long text"].failure
    assert long is not None
    assert (long.type, long.message[:4], long.message[-4:]) == ("ValueError", "head", "tail")


def test_programs_end_as_plain_python_does() -> None:
    """The exit status is Python's, whatever a program did to the modules that the recorder needs."""
    recordings = run_beside_a_canary(list(ENDS))
    assert [(code, one.exit) for code, one in zip(ENDS, recordings, strict=True)] == list(ENDS.items())


#: Takes away what it wrote, so that the engine counts a byte that is gone when it reads.
TAKES_AWAY = """
import fcntl, os, time
ends = [int(fd) for fd in os.listdir("/proc/self/fd") if int(fd) > 2 and os.path.lexists(f"/proc/self/fd/{fd}")]
ends = [fd for fd in ends if os.readlink(f"/proc/self/fd/{fd}").startswith("pipe:")]
for fd in ends:
    os.set_blocking(fd, True)
mine = [os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK) for fd in ends]
if os.fork() == 0:
    while True:
        for fd in mine:
            try:
                os.read(fd, 65536)
            except BlockingIOError:
                pass
end = time.monotonic() + 1
while time.monotonic() < end:
    os.write(1, b"x")
time.sleep(60)
"""


@pytest.mark.parametrize("fork", [True, False])
def test_no_flag_of_a_programs_pipe_makes_the_engine_wait(fork: bool) -> None:
    """A program that makes its descriptors blocking ones is stopped at its time limit."""
    with Engine(Settings(fork=fork)) as engine:
        begun = time.monotonic()
        (result,) = engine.run([Program.of(TAKES_AWAY, 2)])
    assert result.recording.timed_out
    assert time.monotonic() - begun < 40


def test_a_process_that_escaped_does_not_keep_its_program() -> None:
    """Without a fork server, one in a session of its own is not killed: it writes on, and the result is there."""
    escaped = "while :; do echo more; sleep 0.02; done"
    code = f"import subprocess\nsubprocess.Popen(['sh', '-c', {escaped!r}], start_new_session=True)\nprint('end')"
    with Engine(Settings(fork=False)) as engine:
        begun = time.monotonic()
        (result,) = engine.run([Program.of(code, 10)])
    assert "end" in text_of(result.recording.outputs, "stdout")
    assert not result.timed_out
    assert time.monotonic() - begun < 40


def test_what_an_escaped_process_writes_after_the_end_is_no_output_of_its_program() -> None:
    """However much it writes: output ends with the program, and its first lines are kept."""
    code = "import subprocess\nprint('begin', flush=True)\nsubprocess.Popen(['yes'], start_new_session=True)"
    with Engine(Settings(fork=False)) as engine:
        (result,) = engine.run([Program.of(code, 10)])
    outputs = result.recording.outputs
    assert text_of(outputs, "stdout").startswith("begin\n")
    # A second is what the engine once read on. A busy machine may take a part of that to see the end.
    assert max(output.at for output in outputs) < result.recording.wall + 0.9


_BUILDER = """
import sys
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.program import Program
from sphinx_await.engine.settings import Settings
if __name__ == "__main__":
    sleeps = [Program.of(f"import time; time.sleep({seconds}); print('done')", 2.5) for seconds in (0.9, 1.0, 1.1)]
    with Engine(Settings(fork=sys.argv[1] == "fork")) as engine:
        engine.start(["time"])
        print("ready", flush=True)
        for result in engine.run(sleeps):
            print(result.recording.timed_out, len(result.reruns), flush=True)
"""


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_time_in_which_the_builder_was_stopped_counts_for_nobody(way: str, tmp_path: Path) -> None:
    """Programs that ended while the builder was paused for longer than their limit are not called hanging."""
    script = tmp_path / "builder.py"
    script.write_text(_BUILDER)
    with subprocess.Popen([sys.executable, str(script), way], stdout=subprocess.PIPE, text=True) as builder:
        assert builder.stdout is not None
        assert builder.stdout.readline() == "ready\n"
        time.sleep(0.6)
        os.kill(builder.pid, signal.SIGSTOP)
        time.sleep(4)
        os.kill(builder.pid, signal.SIGCONT)
        lines = builder.stdout.read().splitlines()
    assert [line.split()[0] for line in lines] == ["False"] * 3


def test_a_time_limit_is_tried_once_more_in_quiet(tmp_path: Path) -> None:
    """A program that others kept from its end is run again before it is said to hang, and one that hangs only once."""
    seen = str(tmp_path / "seen")
    slow_at_first = f"""
import os, time
if os.path.exists({seen!r}):
    print("quick")
else:
    open({seen!r}, "w")
    time.sleep(60)
"""
    programs = [Program.of(slow_at_first, 1.5), Program.of("import time; time.sleep(60)", 1.5)]
    with Engine(Settings(sandbox="off")) as engine:
        results = {result.program: result for result in engine.run(programs)}
    quick, hangs = (results[program] for program in programs)
    assert text_of(quick.recording.outputs, "stdout") == "quick\n"
    assert hangs.recording.timed_out
    assert len(hangs.reruns) == 1


_LIMITED = """
import resource, sys
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.program import Program
from sphinx_await.engine.settings import Settings
if __name__ == "__main__":
    which, value = sys.argv[1:3]
    resource.setrlimit(getattr(resource, which), (int(value), int(value)))
    programs = [Program.of(f"import time; time.sleep(0.3); print({number})") for number in range(60)]
    with Engine(Settings()) as engine:
        ends = sorted(result.recording.exit for result in engine.run(programs))
    print(ends == [0] * 60)
"""


@pytest.mark.parametrize("descriptors", [64, 128])
def test_with_few_descriptors_fewer_programs_run_at_once(descriptors: int, tmp_path: Path) -> None:
    """Sixty sleeping programs all come to their end."""
    (tmp_path / "limited.py").write_text(_LIMITED)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > descriptors
    done = run_python(tmp_path / "limited.py", "RLIMIT_NOFILE", str(descriptors), timeout=120)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


def test_a_program_that_gets_no_process_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's reason is that program's failure, and the engine goes on."""
    from sphinx_await.engine.fork.backend import ForkBackend

    launch, tried = ForkBackend.launch, []

    def refuse(self: ForkBackend, name: str, program: Program, shared: SharedFolder | None = None) -> object:
        if "refused" in program.parts[0]:
            tried.append(name)
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return launch(self, name, program, shared)

    monkeypatch.setattr(ForkBackend, "launch", refuse)
    with Engine(Settings()) as engine:
        refused, fine = Program.of("print('refused')"), Program.of("print('fine')")
        results = {result.program: result.recording for result in engine.run([refused, fine])}
    assert text_of(results[fine].outputs, "stdout") == "fine\n"
    failure = results[refused].failure
    assert failure is not None
    assert "could not be started: [Errno 11] Resource temporarily unavailable" in failure.message
    assert len(tried) > 3
