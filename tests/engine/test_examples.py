"""Programs that are typed at a prompt do what they do at Python's own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

if TYPE_CHECKING:
    from sphinx_await.core.model.recording import Recording

#: Each is one line: newer prompts take no blocks from a pipe.
LINES = (
    "x = 1",
    "x; x + 1; None",
    "# a comment",
    "_",
    "1 / 0",
    "def f(n): return f(n - 1) if n else undefined",
    "f(2)",
    "from __future__ import annotations",
    "def g(a: unknown): pass",
    "import sys; sys.stderr.write('to stderr\\n') and None",
    "print  'x'",
    "__name__, globals() is locals(), x",
)


def recordings(
    *parts: str, examples: tuple[tuple[int, ...], ...], settings: Settings | None = None, **more: bool
) -> list[Recording]:
    """Run parts of one program."""
    every_part = tuple(range(len(parts)))
    with Engine(settings or Settings(fork=more.get("fork", True))) as engine:
        engine.start([])
        program = Program(
            parts,
            examples=examples,
            in_loop=every_part if more.get("in_loop") else (),
            last_values=every_part if more.get("last_values") else (),
        )
        (result,) = engine.run([program])
    return list(result.recordings)


def printed(recording: Recording) -> list[str]:
    """What each example displayed."""
    ends = [*(run.after for run in recording.examples[1:]), len(recording.outputs)]
    return [
        "".join(one.text for one in recording.outputs[run.after : end])
        for run, end in zip(recording.examples, ends, strict=True)
    ]


@pytest.mark.parametrize("fork", [True, False])
def test_examples_display_what_they_display_at_pythons_own_prompt(fork: bool) -> None:
    """Values, and tracebacks with nothing below the program; an exception ends its example only."""
    command = [sys.executable, "-I", "-i"]
    source = "".join(f"{line}\n" for line in LINES)
    typed = subprocess.run(command, input=source, capture_output=True, text=True, timeout=60, check=True)
    code = "\n".join(LINES)
    (ours,) = recordings(code, examples=(tuple(range(1, len(LINES) + 1)),), fork=fork)
    assert (ours.exit, ours.failure, len(ours.examples)) == (0, None, len(LINES))
    output = "".join(one.text for one in ours.outputs if one.stream == "stdout")
    assert output == typed.stdout
    failed = [index for index, run in enumerate(ours.examples) if run.failure is not None]
    assert failed == [4, 6, 10]
    assert printed(ours)[1] == "1\n2\n"
    assert printed(ours)[4].splitlines()[:2] == [
        "Traceback (most recent call last):",
        '  File "snippet.py", line 5, in <module>',
    ]
    assert [run.failure.line for run in ours.examples if run.failure] == [5, 6, 11]
    assert printed(ours)[9] == "to stderr\n"
    assert "snippet.py" in printed(ours)[10]
    assert [run.at for run in ours.examples] == sorted(run.at for run in ours.examples)


def test_examples_await_in_one_loop() -> None:
    """As at the prompt of ``python -m asyncio``; a traceback begins in the program."""
    code = "async def f(n):\n    await asyncio.sleep(0.01)\n    return 1 / n\n\ntask = asyncio.create_task(f(2))\n"
    (ours,) = recordings(f"{code}await f(1)\nawait f(0)\nawait task\n", examples=((1, 5, 6, 7, 8),), in_loop=True)
    assert printed(ours)[2] == "1.0\n"
    assert printed(ours)[3].splitlines()[1].strip() == 'File "snippet.py", line 7, in <module>'
    assert printed(ours)[4] == "0.5\n"


def test_leaving_ends_the_program() -> None:
    """With its status, as at a prompt; the rest is not reached."""
    (ours,) = recordings("1\nimport sys; sys.exit(3)\n2", examples=((1, 2, 3),))
    assert (ours.exit, len(ours.examples), printed(ours)) == (3, 2, ["1\n", ""])


def test_parts_with_and_without_prompts_share_their_names() -> None:
    """Each has its own examples; a plain one displays no value."""
    first, second, third = recordings("x = 4\nx", "x = x + 1\nx\n", "\nx\n", examples=((1, 2), (), (2,)))
    assert (printed(first), second.outputs, second.examples) == (["", "4\n"], (), ())
    assert printed(third) == ["5\n"]
    assert third.examples[0].after == 0


@pytest.mark.parametrize("fork", [True, False])
def test_programs_read_the_input_that_they_are_given(fork: bool) -> None:
    """By `input()` and from `sys.stdin`, to its end, and parts one after another."""
    code = ("print(input('> '))\n", "import sys\nprint(sys.stdin.readline(), sys.stdin.read(), sys.stdin.isatty())\n")
    with Engine(Settings(fork=fork)) as engine:
        engine.start([])
        (result,) = engine.run([Program(code, stdin="하나\ntwo\nthree\nfour\n")])
    texts = ["".join(one.text for one in recording.outputs) for recording in result.recordings]
    assert texts == ["> 하나\n", "two\n three\nfour\n False\n"]


@pytest.mark.parametrize("fork", [True, False])
def test_what_an_example_writes_is_its_own(fork: bool) -> None:
    """A line without an end, on both streams, and what its children write; also of a stream that cannot be flushed."""
    code = """\
print("no newline", end="")
print("two")
import os, sys; sys.stderr.write('error') and None
os.write(1, b'of a child') and None
class Odd:
    def flush(self): raise SystemExit
sys.stdout = Odd()
sys.stdout = sys.__stdout__; print('end')
"""
    (ours,) = recordings(code, examples=((1, 2, 3, 4, 5, 7, 8),), fork=fork)
    assert printed(ours) == ["no newline", "two\n", "error", "of a child", "", "", "end\n"]


def test_examples_beyond_the_output_limit_display_what_is_theirs() -> None:
    """However short the time between them, each has its own."""
    code = "for n in range(3000): print('many', n)\n\nprint('one')\nprint('two', end='')\n'three'"
    (ours,) = recordings(code, examples=((1, 3, 4, 5),), settings=Settings(output_limit=2000))
    assert printed(ours)[1:] == ["one\n", "two", "'three'\n"]
    assert ours.omitted is not None


@pytest.mark.parametrize("last_values", [True, False])
@pytest.mark.parametrize("fork", [True, False])
def test_the_last_value_has_a_name(fork: bool, last_values: bool) -> None:
    """As at Python's prompt: not None, and none while it is displayed; it is destroyed before the program's names."""
    code = """\
5
_ + 1
None
_
class Odd:
    def __repr__(self): return f"odd {_}"
    def __del__(self): print("gone", Odd)

Odd()
"""
    (ours,) = recordings(code, examples=((1, 2, 3, 4, 5, 9),), fork=fork, last_values=last_values)
    assert printed(ours) == ["5\n", "6\n", "", "6\n", "", "odd None\ngone <class '__main__.Odd'>\n"]


def test_what_a_part_writes_is_its_own() -> None:
    """With prompts or without: a line that it does not end is not shown in the next one."""
    parts = ("print('a', end='')", "print('b', end='')", "print('c', end='')", "print('d', end='')")
    ours = recordings(*parts, examples=((1,), (), (), (1,)))
    assert ["".join(one.text for one in recording.outputs) for recording in ours] == ["a", "b", "c", "d"]
