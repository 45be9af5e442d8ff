"""Lines as steps: a reader sees at which line each task is, and no step says what another one says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinx_await.core.model.recording import Event, LineRun, Loop, Output, Recording, Step, Task, Wait
from sphinx_await.core.steps.builder import make_steps
from sphinx_await.core.steps.lines import MOST_LINE_MOMENTS
from sphinx_await.core.steps.model import Happening, Phase, Steps
from sphinx_await.core.steps.shortening import MOST_MOMENTS
from sphinx_await.core.steps.words import StepLabels, moment_words, steps_data
from sphinx_await.core.timeline.labels import Labels
from sphinx_await.core.timeline.model import Place

from ..support.steps import check_steps
from .test_steps import EMPTY, at_end, sentences
from .test_timeline import calm, recordings

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE = """\
import asyncio

async def main():
    total = 0
    for n in range(2):
        total += n
    print(
        total
    )
    await asyncio.sleep(0.1)
    return total

asyncio.run(main())
"""
#: ``main()`` runs for a hundredth of a second, waits until 0.3 s, and ends.
MAIN = Task(
    "Task-1",
    created=0.1,
    finished=0.31,
    outcome="returned",
    coro="main",
    line=13,
    loop=0,
    steps=(Step(0.1, 0.11), Step(0.3, 0.31)),
    waits=(Wait(0.11, 0.3, 10, "asyncio.sleep(0.1)"),),
)
RUN = replace(
    EMPTY,
    tasks=(MAIN,),
    loops=(Loop(0.1, 0.32, "Loop"),),
    outputs=(Output(0.10011, "stdout", "1\n", 0),),
    lines=(
        LineRun(0.0, (1, 3, 13), (0, 1, 2)),
        LineRun(0.1001, (4, 5, 6, 5, 6, 5, 7, 8, 7, 10), (0, 1, 2, 3, 4, 5, 6, 7, 8, 30), 0),
        LineRun(0.305, (11,), (0,), 0),
    ),
)


def made(recording: Recording = RUN, shown: Sequence[int | None] | None = None) -> Steps:
    """Its steps, which have all that a recording has."""
    steps = make_steps(recording, source=SOURCE, shown=shown)
    check_steps(recording, steps)
    return steps


def test_each_line_of_a_task_is_a_step_where_nothing_else_says_it() -> None:
    """What is printed and what is awaited says it; a statement of several lines is one; other code has no task."""
    assert sentences(made()) == [
        "The program starts",
        "The event loop starts",
        "Task-1 main() is created. It has not run yet · line 13",
        "Task-1 main() runs for the first time",
        "Task-1 main() runs this line · line 4",
        "Task-1 main() runs this line · line 5",
        "Task-1 main() runs this line · line 6",
        "Task-1 main() runs this line · line 5",
        "Task-1 main() runs this line · line 6",
        "Task-1 main() ends the loop: for n in range(2) · line 5",
        "Task-1 main() prints: 1",
        "Task-1 main() waits: asyncio.sleep(0.1) · line 10",
        "Task-1 main() goes on: asyncio.sleep(0.1) is over",
        "Task-1 main() runs this line · line 11",
        "Task-1 main() ends",
        "The event loop stops",
        "The program ends",
    ]


def test_a_task_is_at_the_line_that_runs() -> None:
    """Not somewhere after the one at which it waited; and one that prints is where that is done."""
    steps = made()
    at = {}
    for index, moment in enumerate(steps.moments):
        if moment.kind in {Happening.LINE, Happening.PRINTED}:
            position = steps.positions(index)[0]
            assert (position.phase, position.is_after) == (Phase.RUNNING, False)
            assert position.place is not None
            at[index] = position.place.line
    assert list(at.values()) == [4, 5, 6, 5, 6, 5, 7, 11]


def test_a_task_does_not_go_back_to_the_line_that_held_the_loop() -> None:
    """It is said when the step is over, and other lines have run by then."""
    held = replace(MAIN, steps=(Step(0.1, 0.11), Step(0.3, 0.8, held_at=10)), finished=0.8)
    lines = (*RUN.lines[:2], LineRun(0.7, (11,), (0,), 0))
    steps = make_steps(replace(RUN, tasks=(held,), lines=lines, wall=0.9), source=SOURCE)
    (index,) = (index for index, one in enumerate(steps.moments) if one.kind is Happening.HELD)
    assert steps.moments[index].place == Place(10)
    assert steps.positions(index)[0].place == Place(11)
    unknown = make_steps(replace(RUN, tasks=(held,), lines=RUN.lines[:2], wall=0.9), source=SOURCE)
    (index,) = (index for index, one in enumerate(unknown.moments) if one.kind is Happening.HELD)
    assert unknown.positions(index)[0].place == Place(10)


def test_lines_that_readers_do_not_see_are_no_steps() -> None:
    """Others have the numbers that they see."""
    shown = [None, None, *range(1, 4), None, *range(4, 11)]
    lines = [
        moment.place and moment.place.line for moment in made(shown=shown).moments if moment.kind is Happening.LINE
    ]
    assert lines == [2, 3, 3, 3, 8]


def test_a_line_begins_before_what_is_done_in_it_at_the_same_time() -> None:
    """In the same microsecond, too."""
    steps = made(replace(RUN, lines=(LineRun(0.10011, (7,), (0,), 0),)))
    (printed,) = [index for index, moment in enumerate(steps.moments) if moment.kind is Happening.PRINTED]
    place = steps.positions(printed)[0].place
    assert place is not None
    assert place.line == 7


def long_run(lines: Sequence[int], steps: int = 1) -> Recording:
    """A task that runs so many times, and each time those lines."""
    each = 0.1 / steps
    own = tuple(Step(round(0.1 + each * number, 6), round(0.1 + each * (number + 0.5), 6)) for number in range(steps))
    runs = tuple(LineRun(step.start, tuple(lines), tuple(range(len(lines))), 0) for step in own)
    return replace(EMPTY, tasks=(replace(MAIN, steps=own, waits=(), finished=None),), loops=RUN.loops, lines=runs)


def test_of_many_lines_in_a_row_the_first_and_the_last_are_steps() -> None:
    """How many are between them is said there."""
    steps = made(long_run([5, 6] * 50))
    lines = [moment for moment in steps.moments if moment.kind is Happening.LINE]
    assert len(lines) == 20
    assert [moment.left_out for moment in lines if moment.left_out] == [80]
    assert not steps.without_lines
    assert len([moment for moment in made(long_run([5, 6] * 20)).moments if moment.kind is Happening.LINE]) == 40


@pytest.mark.parametrize(
    "recording", [long_run([4, 5, 6], MOST_LINE_MOMENTS // 3 + 1), replace(RUN, lines=(), lines_left_out=True)]
)
def test_a_program_with_too_many_lines_is_stepped_through_by_waits(recording: Recording) -> None:
    """Its first step says so."""
    steps = made(recording)
    assert steps.without_lines
    assert not any(moment.kind is Happening.LINE for moment in steps.moments)
    assert sentences(steps)[0] == "The program starts (too many lines ran to step through each of them)"
    assert not any("too many lines" in words for words in sentences(steps)[1:])


def test_lines_are_the_first_that_a_long_run_leaves_out() -> None:
    """Its waits and its lines of output stay."""
    recording = long_run([4, 5, 6], MOST_LINE_MOMENTS // 3)
    outputs = tuple(Output(0.2 + number / 1e5, "stdout", f"{number}\n") for number in range(MOST_MOMENTS - 250))
    steps = made(replace(recording, outputs=outputs))
    kinds = [moment.kind for moment in steps.moments]
    assert kinds.count(Happening.PRINTED) == len(outputs)
    assert kinds.count(Happening.PAUSED) == MOST_LINE_MOMENTS // 3 - 1
    assert kinds.count(Happening.LINE) < MOST_LINE_MOMENTS
    assert len(kinds) <= MOST_MOMENTS


def test_lines_do_not_make_a_picture_crowded() -> None:
    """They have no mark in it, so that they do not decide about its scale."""
    apart = tuple(Output(number / 10, "stdout", f"{number}\n") for number in range(10))
    data = steps_data(made(replace(RUN, outputs=apart)), Labels(), StepLabels())
    assert not data["crowded"]


@calm
@given(recordings, st.lists(st.tuples(st.floats(-1, 9), st.lists(st.integers(-2, 9)), st.integers(-1, 3)), max_size=4))
def test_any_lines_have_steps(recording: Recording, lines: list[tuple[float, list[int], int]]) -> None:
    """Also such as no recorder writes: times go on, and each loop runs one task at a time."""
    runs = tuple(LineRun(at, tuple(numbers), tuple(numbers), task) for at, numbers, task in lines)
    steps = make_steps(replace(recording, lines=runs))
    moments = [moment.at for moment in steps.moments]
    assert moments == sorted(moments)
    for index in range(len(steps.moments)):
        assert moment_words(steps, index, Labels(), StepLabels())
    assert set(at_end(steps)) <= set(range(len(recording.tasks)))


CANCELLING = """\
import asyncio

async def clock():
    await asyncio.sleep(1)

async def main():
    task = asyncio.create_task(clock())
    await asyncio.sleep(0)
    task.cancel()
    print("asked")
    await asyncio.wait([task])

asyncio.run(main())
"""


def test_a_cancellation_is_requested_at_the_line_that_calls_for_it() -> None:
    """Before what the task does after that in the same step, at whose end it is noted."""
    main = replace(MAIN, steps=(Step(0.1, 0.13),), waits=(Wait(0.13, None, 11, "asyncio.wait([task])"),), finished=None)
    clock = Task("Task-2", created=0.05, coro="clock", line=7, parent=0, loop=0, waits=(Wait(0.06, None, 4, "x"),))
    cancelled = replace(
        RUN,
        tasks=(main, clock),
        events=(Event(0.13, "cancel", 1, by=0),),
        outputs=(Output(0.12, "stdout", "asked\n", 0),),
        lines=(LineRun(0.11, (9, 10, 11), (0, 5_000, 15_000), 0),),
    )
    assert sentences(make_steps(cancelled, source=CANCELLING))[-5:-2] == [
        "Task-1 main() requests the cancellation of Task-2 clock() · line 9",
        "Task-1 main() prints: asked",
        "Task-1 main() waits: asyncio.wait([task]) · line 11",
    ]
    unknown = sentences(make_steps(replace(cancelled, lines=()), source=CANCELLING))
    assert unknown.index("Task-1 main() requests the cancellation of Task-2 clock()") > unknown.index(
        "Task-1 main() prints: asked"
    )
