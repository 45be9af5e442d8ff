"""What programs display is recorded in its place, whatever the objects do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.model.displays import PLAIN, PNG, SVG
from sphinx_await.core.model.recording import Recording
from sphinx_await.core.text.output_lines import lines_and_places, text_of
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..support.drawings import SQUARES

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Run


def in_order(recording: Recording) -> list[str]:
    """The lines of a recording, with the types of what is displayed between them."""
    lines, places = lines_and_places(recording)
    found = [line.text for line in lines]
    for place, display in reversed([*zip(places, recording.displays, strict=True)]):
        found.insert(place, f"[{' '.join(kind for kind in display.data if kind != PLAIN)}]")
    return found


@pytest.mark.parametrize("fork", [True, False])
def test_displays_are_in_order_with_what_is_printed(run_with: Callable[[Settings], Run], fork: bool) -> None:
    """By the task, of children, at any moment; a line without an end ends before it. And each has its line and task."""
    code = f"""{SQUARES}
import asyncio, os, subprocess, sys
async def main():
    print("first", end="")
    display(Svg(), alt="green")
    print("second")
    await asyncio.create_task(other())
async def other():
    subprocess.run([sys.executable, "-c", "print('a child')"])
    display(Png())
    os.write(1, b"third\\n")
asyncio.run(main())
display(Svg(), Png(), 7, "text")
"""
    recording = run_with(Settings(fork=fork))(code)
    assert in_order(recording) == [
        *("first", f"[{SVG}]", "second", "a child", f"[{PNG}]", "third", f"[{SVG}]", f"[{PNG}]", "7", "text")
    ]
    tasks = [None if one.task is None else recording.tasks[one.task].coro for one in recording.displays]
    assert tasks == ["main", "other", None, None]
    lines = code.split("\n")
    assert ["display(" in lines[(one.line or 0) - 1] for one in recording.displays] == [True] * 4
    assert [one.alt for one in recording.displays] == ["green", None, None, None]
    assert recording.displays[1].width == 9
    moments = [one.at for one in recording.displays]
    assert moments == sorted(moments)
    assert Recording.from_json(recording.to_json()) == recording


HOSTILE = f"""{SQUARES}
import sys
class Raises:
    def _repr_svg_(self): raise ValueError("no")
    def _repr_png_(self): raise KeyboardError
    def _repr_mimebundle_(self, include, exclude): 1 / 0
    def __repr__(self): return "raises"
class WrongTypes:
    def _repr_svg_(self): return 1
    def _repr_png_(self): return b"no png"
    def _repr_jpeg_(self): return "not base64!"
    def _repr_mimebundle_(self): pass
    def __repr__(self): return "wrong types"
class Huge:
    def _repr_svg_(self): return "x" * 7_000_000
    def __repr__(self): return "huge"
class AnythingAsked:
    def __getattr__(self, name): return lambda *_, **__: "anything"
    def __repr__(self): return "anything asked"
class OddBundle:
    def _repr_mimebundle_(self, **_):
        return {{1: 2, "image/svg+xml": None, "text/unheard-of": "x", "image/png": 3}}, ["not", "metadata"]
    def __repr__(self): return "odd bundle"
class NoRepr(Svg):
    def __repr__(self): raise ValueError
class Meta(type):
    def __getattr__(cls, name): raise ValueError(name)
class OddClass(metaclass=Meta):
    def __repr__(self): return "odd class"
class Words(str):
    pass
class Subclass:
    def _repr_svg_(self): return Words("<svg xmlns='http://www.w3.org/2000/svg'/>")
display(Raises(), WrongTypes(), Huge(), AnythingAsked(), OddBundle(), Svg, NoRepr(), Subclass(), OddClass())
for _ in range(150):
    display(Svg())
errors, sys.stderr = sys.stderr, None
display(Raises())
sys.stderr = errors
sys.stderr.close()
display(Raises())
print("end")
"""


def test_hostile_objects_do_not_end_a_program(run: Run) -> None:
    """What cannot be displayed is printed as text, with the reason on standard error; the rest goes on."""
    recording = run(HOSTILE)
    assert (recording.failure, recording.exit, recording.incomplete) == (None, 0, None)
    out = [line.text for line in lines_and_places(recording, stderr=False)[0]]
    named = [text for text in out if "__main__.Svg object" not in text]
    assert named == [
        *("raises", "wrong types", "huge", "anything asked", "odd bundle", "<class '__main__.Svg'>"),
        *("odd class", "raises", "raises", "end"),
    ]
    assert len(recording.displays) == 100
    assert PLAIN not in recording.displays[0].data
    errors = "".join(output.text for output in recording.outputs if output.stream == "stderr")
    for words in (
        "_repr_svg_() raised ValueError: no",
        "int instead of str",
        "not base64",
        "is too large",
        "raised Zero",
    ):
        assert words in errors
    assert Recording.from_json(recording.to_json()) == recording


def test_displays_of_an_output_that_is_cut_are_kept(run_with: Callable[[Settings], Run]) -> None:
    """At the start, at the end, and in the midst of what is left out."""
    code = f"""{SQUARES}
display(Svg())
for number in range(3000):
    print(number)
    if number == 1500: display(Png())
display(Svg())
print("end")
"""
    recording = run_with(Settings(output_limit=2000))(code)
    assert recording.omitted is not None
    assert [one.after for one in recording.displays][:2] == [0, recording.omitted.after]
    assert in_order(recording)[-2:] == [f"[{SVG}]", "end"]
    assert in_order(recording)[0] == f"[{SVG}]"


def test_a_display_in_a_forked_process_is_printed(run: Run) -> None:
    """As text, once: only the program's own process records."""
    code = f"""{SQUARES}
import os
print("before", end=" ", flush=True)
if os.fork() == 0:
    display(Svg())
    os._exit(0)
os.wait()
display(Svg())
"""
    recording = run(code)
    assert len(recording.displays) == 1
    assert "".join(one.text for one in recording.outputs).count("before") == 1


@pytest.mark.parametrize("fork", [True, False])
def test_the_value_of_the_last_expression(fork: bool) -> None:
    """Of the parts that ask for it: displayed or printed; not of a statement, of None, or before a semicolon."""
    parts = (
        f"{SQUARES}\nSvg()",
        "'not asked for'",
        "from __future__ import annotations\ndef f(x: unheard): pass\nf.__annotations__",
        "x = 3",
        "None",
        "x; ",
        "x\n# a comment",
        "if x:\n    x",
        "_ + 1",
        "def g():\n    return 1 / 0\n(\n  g()\n)",
    )
    with Engine(Settings(fork=fork)) as engine:
        engine.start([])
        asked = tuple(part for part in range(len(parts)) if part != 1)
        program = Program(parts, last_values=asked)
        (result,) = engine.run(
            [
                program,
            ]
        )
    shown = [in_order(recording) for recording in result.recordings]
    assert shown[:9] == [[f"[{SVG}]"], [], ["{'x': 'unheard'}"], [], [], [], ["3"], [], ["4"]]
    failure = result.recordings[9].failure
    assert failure is not None
    assert (failure.type, failure.line) == ("ZeroDivisionError", 2)
    assert "line 4, in <module>" in failure.traceback
    assert "displays.py" not in failure.traceback


@pytest.mark.parametrize("in_loop", [(), (0,)])
@pytest.mark.parametrize("fork", [True, False])
def test_a_value_whose_repr_fails_is_the_programs_error(fork: bool, in_loop: tuple[int, ...]) -> None:
    """Its traceback has the frames that it has at Python's prompt: none between the expression and ``__repr__``."""
    code = "class Odd:\n    def __repr__(self):\n        raise ValueError('no')\n\nOdd()"
    with Engine(Settings(fork=fork)) as engine:
        (result,) = engine.run([Program((code,), last_values=(0,), in_loop=in_loop)])
    failure = result.recording.failure
    assert failure is not None
    frames = [line.strip() for line in failure.traceback.splitlines() if line.startswith("  File")]
    assert frames == ['File "snippet.py", line 5, in <module>', 'File "snippet.py", line 3, in __repr__']
    assert failure.traceback in text_of(result.recording.outputs, "stderr")


def test_a_program_without_displays_has_pythons_own_hook(run: Run) -> None:
    """Nothing is set for a program that does not ask for it."""
    recording = run("import sys\nprint(sys.displayhook is sys.__displayhook__)\n1")
    assert [one.text for one in recording.outputs] == ["True\n"]
