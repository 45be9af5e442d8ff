"""What a program's own process gives it, and what comes back of it."""

from __future__ import annotations

import os
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.text.output_lines import read_lines, text_of, visible_lines
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx_await.core.model.recording import Recording

    from .conftest import Run


def printed(recording: Recording) -> list[str]:
    """The lines of both streams."""
    return [line.text for line in read_lines(recording.outputs)]


def test_a_program_runs_as_main_and_its_output_comes_back(run: Run) -> None:
    """``__name__`` is ``__main__``, and what is printed is in the recording with moments that do not go back."""
    recording = run("import sys\nprint(__name__, __file__.endswith('snippet.py'), len(sys.argv))\nprint('둘')")
    assert printed(recording) == ["__main__ True 1", "둘"]
    assert recording.exit == 0
    moments = [output.at for output in recording.outputs]
    assert moments == sorted(moments)
    assert 0 <= moments[0] <= moments[-1] <= recording.wall


def test_each_line_names_the_task_that_printed_it(run: Run) -> None:
    """A line knows its task; what is printed outside tasks, or in a thread, has none."""
    code = """
import asyncio
async def work(name):
    print(name, "begins")
    await asyncio.sleep(0.01)
    print(name, "ends")
async def main():
    await asyncio.gather(*(asyncio.create_task(work(n), name=n) for n in ("A", "B")))
    await asyncio.to_thread(print, "thread")
print("before")
asyncio.run(main())
"""
    recording = run(code)
    owners = {line.text: line.task for line in read_lines(recording.outputs)}
    names = {text: None if task is None else recording.tasks[task].name for text, task in owners.items()}
    assert names == {
        "before": None,
        "A begins": "A",
        "B begins": "B",
        "A ends": "A",
        "B ends": "B",
        "thread": None,
    }


def test_sleeping_takes_the_time_it_takes(run: Run) -> None:
    """The wall time and the moments are those of the real sleep."""
    recording = run("import time\nprint(1)\ntime.sleep(0.3)\nprint(2)")
    first, second = (line.at for line in read_lines(recording.outputs))
    assert 0.29 < second - first < 1.5
    assert second <= recording.wall
    assert recording.cpu < 0.25


def test_lines_of_print_write_and_children_stay_in_order(run: Run) -> None:
    """A hundred rounds of ``print``, ``os.write`` and a child process come back in the order they were made."""
    code = """
import os, subprocess
for i in range(100):
    print("print", i)
    os.write(1, b"write %d\\n" % i)
    subprocess.run(["echo", f"child {i}"])
"""
    expected = [f"{who} {i}" for i in range(100) for who in ("print", "write", "child")]
    assert printed(run(code)) == expected


def test_stdout_and_stderr_keep_their_common_order(run: Run) -> None:
    """Lines of the two streams stand as they were written, each under its own name."""
    recording = run("import sys\nfor i in range(20):\n    print(i, file=sys.stderr if i % 2 else sys.stdout)")
    lines = read_lines(recording.outputs)
    assert [line.text for line in lines] == [str(i) for i in range(20)]
    assert [line.stream for line in lines] == ["stdout", "stderr"] * 10


def test_an_exception_is_recorded_with_traceback_and_line(run: Run) -> None:
    """Type, message, the traceback as Python prints it, and the line of the program."""
    recording = run("def f():\n    raise ValueError('no')\n\nf()\n")
    failure = recording.failure
    assert failure is not None
    assert (failure.type, failure.message, failure.line) == ("ValueError", "no", 2)
    assert failure.traceback == text_of(recording.outputs, "stderr")
    assert 'File "snippet.py", line 4, in <module>\n    f()\n' in failure.traceback
    assert recording.exit == 1


def test_a_syntax_error_names_its_line(run: Run) -> None:
    """A program that is no Python fails on the line that is none."""
    failure = run("x = 1\ny = = 2\n").failure
    assert failure is not None
    assert (failure.type, failure.line) == ("SyntaxError", 2)
    assert "snippet.py" not in failure.message


def test_sys_exit_gives_its_status_and_its_line(run: Run) -> None:
    """``sys.exit(3)`` ends the program with 3, and the recording knows where."""
    recording = run("import sys\nprint('bye')\nsys.exit(3)")
    assert recording.exit == 3
    assert recording.failure is not None
    assert (recording.failure.type, recording.failure.line) == ("SystemExit", 3)


def test_what_the_interpreter_does_at_its_end_happens(run: Run) -> None:
    """Threads are joined, exit handlers are called, a coroutine that was never awaited is complained of."""
    code = """
import atexit, threading, time
atexit.register(print, "exit handler")
async def forgotten(): pass
kept = forgotten()
threading.Thread(target=lambda: (time.sleep(0.05), print("thread"))).start()
print("end of file")
"""
    recording = run(code)
    assert text_of(recording.outputs, "stdout").splitlines() == ["end of file", "thread", "exit handler"]
    assert "coroutine 'forgotten' was never awaited" in text_of(recording.outputs, "stderr")
    assert recording.wall > 0.05


def test_a_program_over_its_time_is_stopped_and_keeps_what_it_printed(run: Run) -> None:
    """At the time limit the program is killed; its recording says so and has its output."""
    recording = run("import time\nprint('begun')\ntime.sleep(60)", timeout=0.4)
    assert recording.timed_out
    assert printed(recording) == ["begun"]
    assert 0.4 <= recording.wall < 5


def test_a_dead_process_leaves_what_it_printed(run: Run) -> None:
    """``os._exit`` and a signal end the process at once; nothing that was printed is lost."""
    left = run("import os\nprint('one')\nos._exit(7)")
    assert (left.exit, printed(left)) == (7, ["one"])
    killed = run("import os, signal\nprint('two')\nos.kill(os.getpid(), signal.SIGSEGV)")
    assert (killed.exit, printed(killed)) == (-11, ["two"])


def test_too_much_output_is_cut_and_the_program_goes_on(run_with: Callable[[Settings], Run]) -> None:
    """Beyond the limit only the end is kept, the recording says so, and the program still ends by itself."""
    run = run_with(Settings(output_limit=5000))
    recording = run("import os\nfor i in range(3000): print('x' * 99)\nos.write(1, b'y' * 100_000)")
    assert recording.truncated
    assert recording.exit == 0
    assert sum(len(output.text) for output in recording.outputs) <= 5200


@pytest.mark.parametrize("ending", ["1 / 0", "os._exit(3)", "os.kill(os.getpid(), 9)", "time.sleep(60)"])
def test_the_end_of_too_much_output_is_kept(run_with: Callable[[Settings], Run], ending: str) -> None:
    """However the program ends; the lines between are counted."""
    code = "import os, time\nfor i in range(3000): print('line', i)\nprint('sum')\n"
    recording = run_with(Settings(output_limit=5000))(code + ending, timeout=5)
    lines = [line.text for line in visible_lines(recording)]
    assert lines[:2] == ["line 0", "line 1"]
    assert "sum" in lines
    assert ("ZeroDivisionError: division by zero" in lines) is (ending == "1 / 0")
    assert recording.omitted is not None
    last = lines.index("line 2999")
    assert lines[last - 1] == "line 2998"
    assert recording.omitted.lines == 3000 - sum(line.startswith("line") for line in lines)


def test_a_progress_bar_eats_no_result(run_with: Callable[[Settings], Run]) -> None:
    """A line that is written over and over costs what it shows, in the limit and in the recording."""
    code = "for i in range(20_000): print(f'\\rworking {i + 1}/20000', end='')\nprint()\nprint('the result')"
    recording = run_with(Settings(output_limit=5000))(code)
    assert [line.text for line in visible_lines(recording)] == ["working 20000/20000", "the result"]
    assert not recording.truncated
    assert len(recording.outputs) < 50


def test_the_end_of_what_children_write_is_kept(run_with: Callable[[Settings], Run]) -> None:
    """What does not pass through Python's streams has the same limit."""
    code = "import os\nfor i in range(3000): os.write(1, b'line %d\\n' % i)"
    recording = run_with(Settings(output_limit=5000))(code)
    assert [line.text for line in visible_lines(recording)][-1] == "line 2999"
    assert recording.omitted is not None


def test_exactly_the_limit_is_not_too_much(run_with: Callable[[Settings], Run]) -> None:
    """Output of just the limit is whole."""
    recording = run_with(Settings(output_limit=5000))("print('x' * 4999)")
    assert not recording.truncated
    assert text_of(recording.outputs, "stdout") == "x" * 4999 + "\n"


def test_bytes_that_are_no_text_are_shown_escaped(run: Run) -> None:
    """Invalid UTF-8 is written as escapes; a character that arrives in two writes is whole."""
    recording = run(r"import os; os.write(1, b'\xff\xfe\n'); os.write(1, b'\xed\x95'); os.write(1, b'\x9c\n')")
    assert text_of(recording.outputs, "stdout") == "\\xff\\xfe\n한\n"


def test_the_environment_is_not_the_authors(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret variable of the build is not there, standard input is empty, the folder is a fresh one."""
    monkeypatch.setenv("AWAIT_TEST_SECRET", "s3cret")
    recording = run(
        "import os, sys\nprint(os.environ.get('AWAIT_TEST_SECRET'), repr(sys.stdin.read()))\n"
        "print(os.listdir(), os.getcwd() == os.environ['HOME'])\n"
        "print([v for v in os.environ.values() if 's3cret' in v])"
    )
    assert printed(recording) == ["None ''", "['snippet.py'] True", "[]"]


def test_declared_variables_and_files_are_there(run_with: Callable[[Settings], Run], tmp_path: Path) -> None:
    """What the configuration hands to programs is what they find."""
    (tmp_path / "data.csv").write_text("1,2\n")
    run = run_with(Settings(environment={"MODE": "lesson"}, files={"in/data.csv": str(tmp_path / "data.csv")}))
    recording = run("import os; print(os.environ['MODE'], open('in/data.csv').read().strip())")
    assert printed(recording) == ["lesson 1,2"]


def test_programs_sleep_at_the_same_time() -> None:
    """While one of twenty programs sleeps half a second, others do, even if only one may compute."""
    code = "import time; print(time.monotonic()); time.sleep(0.5); print(time.monotonic(), {})"
    with Engine(Settings(jobs=1)) as engine:
        results = list(engine.run([Program.of(code.format(number)) for number in range(20)]))
    lines = [printed(result.recording) for result in results]
    assert sorted(int(last.split()[1]) for _, last in lines) == list(range(20))
    spans = sorted((float(first), float(last.split()[0])) for first, last in lines)
    assert any(begin < end for (_, end), (begin, _) in pairwise(spans))


def test_each_program_draws_its_own_random_numbers() -> None:
    """Although all are forks of a process that has imported ``random``."""
    with Engine(Settings()) as engine:
        programs = [Program.of(f"import random\nprint(random.random())  # {number}") for number in range(4)]
        engine.start(programs[0].imports())
        drawn = [text_of(result.recording.outputs, "stdout") for result in engine.run(programs)]
    assert len(set(drawn)) == len(programs)


def test_what_a_program_leaves_running_is_killed(run: Run) -> None:
    """A detached grandchild in a session of its own does not outlive the program."""
    code = """
import os, sys
read, write = os.pipe()
os.set_inheritable(write, True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        living = f"import os, time; os.write({write}, b'!'); time.sleep(600) # await-left-behind"
        os.execv(sys.executable, [sys.executable, "-c", living])
    os._exit(0)
os.wait()
os.read(read, 1)  # the detached one runs
print("left")
"""
    assert printed(run(code)) == ["left"]
    assert not any("await-left-behind" in command for command in commands())


def commands() -> list[str]:
    """The command lines of all processes."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    found.append(file.read().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
    return found


def test_the_recording_says_what_was_imported(run_with: Callable[[Settings], Run], tmp_path: Path) -> None:
    """Installed distributions with versions, local modules with digests; the standard library is Python itself."""
    (tmp_path / "await_helper.py").write_text("VALUE = 1\n")
    run = run_with(Settings(path=(str(tmp_path),)))
    requires = run("import json, aiohttp, await_helper").requires
    assert {"aiohttp", "yarl"} <= set(requires.distributions)
    assert [name for name, found in requires.modules.items() if len(found) == 32] == ["await_helper"]
    assert not (tmp_path / "__pycache__").exists()


@pytest.mark.parametrize(
    "also",
    [
        "",
        "del sys.modules['json']",
        "del sys.modules['json']; import json",
        "last = next(reversed(sys.modules)); sys.modules[last] = sys.modules.pop(last)",
    ],
)
def test_an_import_is_noted_whatever_a_program_does_to_the_modules(
    run_with: Callable[[Settings], Run], tmp_path: Path, also: str
) -> None:
    """Also one that no import statement names, before and after modules are taken out and put in."""
    for name in ("await_one", "await_two"):
        (tmp_path / f"{name}.py").write_text("")
    run = run_with(Settings(path=(str(tmp_path),)))
    code = "import importlib, json, sys\nload = importlib.import_module\n{}\nload('await_one')\n{}\nload('await_two')"
    for first, second in ((also, ""), ("", also)):
        modules = run(code.format(first, second)).requires.modules
        assert list(modules) == ["await_one", "await_two"]


def test_a_program_may_take_all_modules_out(run: Run) -> None:
    """It ends as it does without us."""
    recording = run("import sys\nprint('a')\nsys.modules.clear()")
    assert (recording.exit, printed(recording)) == (0, ["a"])


def test_the_recording_says_where_it_was_made(run: Run) -> None:
    """Python's version, the platform, the moment in UTC."""
    recording = run("pass")
    version = ".".join(map(str, sys.version_info[:3]))
    assert recording.python == f"CPython {version}"
    assert recording.platform.startswith("Linux ")
    assert recording.started.endswith("+00:00")


def test_a_program_may_use_every_core(run: Run) -> None:
    """It is started on a core of the engine's choice, and sees nothing of that."""
    recording = run("import os\nprint(sorted(os.sched_getaffinity(0)))")
    assert printed(recording) == [str(sorted(os.sched_getaffinity(0)))]


@pytest.mark.parametrize("base", ["/dev/shm", "/var/tmp", "/tmp"])  # noqa: S108
def test_the_temporary_folder_may_be_any_of_the_systems(
    run_with: Callable[[Settings], Run], base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the one in which a program finds shared memory of its own; the project may lie there, too."""
    if not os.path.isdir(base):
        base = tempfile.gettempdir()  # a system without it
    with tempfile.TemporaryDirectory(dir=base, prefix="a folder ") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        (Path(folder) / "beside.py").write_text("TEXT = 'beside'\n", encoding="utf-8")
        code = """
import os
from multiprocessing import shared_memory
import beside
memory = shared_memory.SharedMemory(create=True, size=10)
memory.close()
memory.unlink()
print(beside.TEXT, os.access(beside.__file__, os.W_OK))
"""
        recording = run_with(Settings(root=folder, path=(folder,)))(code)
    assert "".join(output.text for output in recording.outputs) == "beside False\n"
