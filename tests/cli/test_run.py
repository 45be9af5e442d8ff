"""``python -m sphinx_await run``, as it is called in a terminal."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.model.recording import Recording

from ..conftest import PROJECT, run_python
from ..support.deadlock import DEADLOCK
from ..support.drawings import SQUARES

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path


def sphinx_await(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return run_python("-m", "sphinx_await", *arguments, cwd=cwd)


def test_lines_have_moments_and_the_total_comes_last(tmp_path: Path) -> None:
    """Each line with its moment, standard error marked, then the total."""
    (tmp_path / "one.py").write_text("import sys, time\nprint('하나')\ntime.sleep(0.1)\nprint('둘', file=sys.stderr)\n")
    done = sphinx_await("run", "one.py", cwd=tmp_path)
    assert done.returncode == 0
    first, second, total = done.stdout.splitlines()
    assert re.fullmatch(r" +0\.\d{3}   하나", first)
    assert re.fullmatch(r" +0\.[1-9]\d\d ! 둘", second)
    assert re.fullmatch(r" +0\.\d{3} s in all, 0\.\d{3} s computing, exit status 0", total)


def test_json_is_the_recording(tmp_path: Path) -> None:
    """``--json`` prints a recording that can be read back."""
    (tmp_path / "one.py").write_text("print('하나')\n")
    done = sphinx_await("run", "one.py", "--json", cwd=tmp_path)
    recording = Recording.from_json(done.stdout)
    assert recording.outputs[0].text == "하나\n"
    assert json.loads(done.stdout)["schema"] == 10


def test_displays_are_lines_and_files(tmp_path: Path) -> None:
    """A line says in its place what is displayed; with a folder for images, where the file is."""
    (tmp_path / "one.py").write_text(f"{SQUARES}\nprint('before')\ndisplay(Png(), alt='red')\nprint('after')\n6 * 7\n")
    done = sphinx_await("run", "one.py", "--last-value", "--displays", "out", cwd=tmp_path)
    rows = [line[9:].strip() for line in done.stdout.splitlines()[:-1]]
    assert (rows[0], rows[2:]) == ("before", ["after", "42"])
    assert re.fullmatch(r"\[image/png, 0 kB\] red", rows[1])
    assert "written: out/one-1.png" in done.stderr.replace("\\", "/")
    assert (tmp_path / "out" / "one-1.png").read_bytes().startswith(b"\x89PNG")


def test_a_program_may_await_outside_of_functions(tmp_path: Path) -> None:
    """With the option for it, as under ``python -m asyncio``; an error has the file's own lines."""
    (tmp_path / "one.py").write_text("import asyncio\nawait asyncio.sleep(0)\nprint('after')\nawait 3\n")
    done = sphinx_await("run", "one.py", "--top-level-await", cwd=tmp_path)
    assert done.returncode == 1
    rows = [line[9:].strip(" !") for line in done.stdout.splitlines()]
    assert rows[:3] == ["after", "Traceback (most recent call last):", 'File "one.py", line 4, in <module>']


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("import sys; sys.exit(3)", 3),
        ("1/0", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137),
        ("import time; time.sleep(60)", 124),
    ],
)
def test_the_exit_status_is_the_programs(tmp_path: Path, program: str, status: int) -> None:
    """A failing program fails the command as it would alone; 124 means the time limit."""
    (tmp_path / "one.py").write_text(program)
    assert sphinx_await("run", "one.py", "--timeout", "1", cwd=tmp_path).returncode == status


def test_a_program_that_is_meant_not_to_end_is_right_when_it_was_stopped(tmp_path: Path) -> None:
    """``--hangs`` says where each task was, and fails if the program ends."""
    (tmp_path / "one.py").write_text(DEADLOCK)
    done = sphinx_await("run", "one.py", "--hangs", "0.5", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.strip() for line in done.stdout.splitlines()[1:]] == [
        "Task-1 main() waits for asyncio.gather() → Task-2, Task-3 · line 15: await asyncio.gather(left(), right())",
        "Task-2 left() waits for Lock.acquire() · line 7: async with second (inside async with first · line 5)",
        "Task-3 right() waits for Lock.acquire() · line 12: async with first (inside async with second · line 10)",
    ]
    (tmp_path / "two.py").write_text("pass\n")
    done = sphinx_await("run", "two.py", "--hangs", "5", cwd=tmp_path)
    assert done.returncode == 1
    assert "two.py: it was expected to hang, but ended after 0." in done.stderr


def test_a_traceback_names_the_file_as_it_was_given(tmp_path: Path) -> None:
    """The traceback points to the file's own lines."""
    (tmp_path / "one.py").write_text("\n\n1/0\n")
    assert 'File "one.py", line 3, in <module>' in sphinx_await("run", "one.py", cwd=tmp_path).stdout


def test_a_program_imports_its_neighbours(tmp_path: Path) -> None:
    """Modules beside the file are importable, as with ``python FILE.py``."""
    (tmp_path / "beside.py").write_text("VALUE = 5\n")
    (tmp_path / "one.py").write_text("import beside; print(beside.VALUE)")
    assert " 5\n" in sphinx_await("run", tmp_path / "one.py").stdout


def test_conf_sets_the_mock_servers() -> None:
    """With ``--conf`` the course's hosts answer; without, no foreign host does."""
    program = PROJECT / "examples" / "fetch_sites.py"
    done = sphinx_await("run", program, "--conf", PROJECT)
    assert done.returncode == 0, done.stdout
    assert "mock hosts answered: www.python.org after 0.3 s" in done.stdout
    alone = sphinx_await("run", program)
    assert alone.returncode == 1
    assert "Name or service not known" in alone.stdout


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A wrong file, and a conf.py that is wrong, end with 2 and a sentence."""
    missing = sphinx_await("run", "none.py", cwd=tmp_path)
    assert missing.returncode == 2
    assert "none.py: No such file or directory" in missing.stderr
    (tmp_path / "one.py").write_text("")
    (tmp_path / "conf.py").write_text("await_timeout = 'long'\n")
    wrong = sphinx_await("run", "one.py", "--conf", ".", cwd=tmp_path)
    assert wrong.returncode == 2
    assert wrong.stderr == "sphinx_await: await_timeout: int or float expected, found 'long'\n"


def test_timeline_writes_only_what_is_asked_for(tmp_path: Path) -> None:
    """``--svg`` and ``--trace`` each write their file and say so; the exit status stays the program's."""
    (tmp_path / "one.py").write_text("import asyncio, sys\nasyncio.run(asyncio.sleep(0.01))\nsys.exit(3)\n")
    done = sphinx_await("run", "one.py", "--svg", "one.svg", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr == "sphinx_await: written: one.svg\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.py", "one.svg"]
    assert (tmp_path / "one.svg").read_text(encoding="utf-8").startswith("<svg xmlns=")
    assert sphinx_await("run", "one.py", "--trace", "one.json", cwd=tmp_path).returncode == 3
    assert json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))["traceEvents"]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """What the program printed is shown all the same, and the command fails."""
    (tmp_path / "one.py").write_text("print('하나')\n")
    done = sphinx_await("run", "one.py", "--svg", "none/one.svg", cwd=tmp_path)
    assert done.returncode == 2
    assert "하나" in done.stdout
    assert "sphinx_await: none/one.svg: [Errno 2]" in done.stderr


def test_timeline_of_a_program_without_tasks_says_so(tmp_path: Path) -> None:
    """There is nothing to draw."""
    (tmp_path / "one.py").write_text("print('하나')\n")
    printed = sphinx_await("run", "one.py", "--timeline", cwd=tmp_path).stdout
    assert printed.endswith("There is no timeline: no asyncio task ran\n")


def test_nothing_of_a_program_reaches_the_terminal_raw(tmp_path: Path) -> None:
    """Escapes and marks of direction in texts, names of tasks and exceptions are shown and not sent."""
    (tmp_path / "one.py").write_text(
        "import asyncio\n"
        "async def main():\n"
        "    await asyncio.create_task(asyncio.sleep(0.01), name='\\x1b]0;t\\x07\\u202e')\n"
        "asyncio.run(main())\n"
        "raise ValueError('\\x1b[2J\\x9b')\n"
    )
    done = sphinx_await("run", "one.py", "--timeline", cwd=tmp_path)
    assert not set("\x1b\x07\x9b\u202e") & set(done.stdout + done.stderr)
    assert "\\u202e" in done.stdout


@pytest.mark.parametrize("folders", ["", "exec_code_source_folders = ['~/src']\n"])
def test_conf_sets_the_folders_that_a_page_would_have(
    tmp_path: Path, folders: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Modules of the project, also of its ``src`` by default, the working folder, and variables of the environment."""
    monkeypatch.setenv("HOME", str(tmp_path))
    docs, source = tmp_path / "docs", tmp_path / "src"
    (docs / "data").mkdir(parents=True)
    source.mkdir()
    (source / "helper.py").write_text("VALUE = 5\n")
    (docs / "data" / "words.txt").write_text("words\n")
    values = f"exec_code_working_dir = 'data'\nawait_environment = {{'WHO': 'me'}}\n{folders}"
    (docs / "conf.py").write_text(values)
    program = tmp_path / "elsewhere" / "one.py"
    program.parent.mkdir()
    program.write_text("import helper, os; print(helper.VALUE, open('words.txt').read().strip(), os.environ['WHO'])\n")
    done = sphinx_await("run", program, "--conf", docs, cwd=program.parent)
    assert " 5 words me\n" in done.stdout
    (docs / "conf.py").write_text(values.replace("'data'", "'nowhere'"))
    wrong = sphinx_await("run", program, "--conf", docs, cwd=program.parent)
    assert wrong.returncode == 2
    assert wrong.stderr == f"sphinx_await: exec_code_working_dir: there is no folder {docs}/nowhere\n"


def test_a_program_runs_once_and_its_children_print_in_order(tmp_path: Path) -> None:
    """Even one that a build would run again, since its port was in use: nobody expects a side effect twice."""
    (tmp_path / "conf.py").write_text('extensions = ["sphinx_await"]\nawait_sandbox = "off"\n')
    code = f"""
import socket, subprocess, sys
with open({str(tmp_path / "ran")!r}, "a") as file:
    file.write("once ")
for number in range(2):
    subprocess.run([sys.executable, "-c", f"print('child', {{number}})"])
    print("parent", number)
taken = socket.create_server(("127.0.0.1", 0))
socket.create_server(taken.getsockname())
"""
    (tmp_path / "one.py").write_text(code)
    done = sphinx_await("run", "one.py", "--conf", str(tmp_path), cwd=tmp_path)
    lines = re.findall(r"(?:child|parent) \d", done.stdout)
    assert (done.returncode, lines) == (1, ["child 0", "parent 0", "child 1", "parent 1"]), done.stderr
    assert (tmp_path / "ran").read_text() == "once "
