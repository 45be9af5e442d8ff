"""The picture and the steps of a program of generators: whose turn it is, in the order in which it was."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sphinx_await.core.model.recording import Generator, LineRun, Output, Recording, Task, Turn
from sphinx_await.core.renderers.latex import render_latex
from sphinx_await.core.renderers.svg import Frame, draw_legend, render_svg
from sphinx_await.core.renderers.text import render_text, render_timeline
from sphinx_await.core.renderers.trace_events import render_trace
from sphinx_await.core.steps.builder import make_steps
from sphinx_await.core.steps.model import Happening, Phase, Steps
from sphinx_await.core.steps.words import StepLabels, moment_words, steps_data
from sphinx_await.core.timeline.builder import make_timeline
from sphinx_await.core.timeline.describe import findings, full_name, legend, summary, table_head, table_rows
from sphinx_await.core.timeline.labels import Labels
from sphinx_await.core.timeline.model import AT_REST, Axis, Lane, LaneKind, MarkKind, Place, Section, Span, SpanKind
from sphinx_await.core.timeline.presence import has_picture, why_no_timeline

from .test_timeline import calm, moments, numbers, parsed, recording, some, texts

WORDS = Labels()
INNER = Turn(1, 0.00012, 2, 0.00014, 3, 0, 5, "yield from", None, "yielded", 2, "'a'")
#: ``outer()`` delegates to ``inner()``, prints, and is closed.
RUN = recording(
    0.001,
    generators=(Generator("outer", "outer()", "generator", 4), Generator("inner", "inner(1)", "generator", 1)),
    turns=(
        Turn(0, 0.0001, 1, 0.00015, 4, None, 9, "next(one)", None, "yielded", 5, "'a'"),
        INNER,
        Turn(0, 0.0003, 5, 0.0004, 6, None, 10, "one.close()", "GeneratorExit", "closed", 6),
    ),
    outputs=(
        Output(0.00013, "stdout", "inside\n", switches=2),
        Output(0.0003, "stdout", "before\n", switches=4),
        Output(0.0003, "stdout", "closing\n", switches=5),
    ),
)


def in_order(lane: Lane) -> list[Span]:
    """The spans of a lane by time."""
    return sorted(lane.spans, key=lambda span: span.start)


def sentences(steps: Steps) -> list[str]:
    """What is said at each moment."""
    return [moment_words(steps, index, WORDS, StepLabels()) for index in range(len(steps.moments))]


def test_the_program_and_each_generator_have_a_lane() -> None:
    """One that another one delegates to is below it; who waits for another one's turn does not run."""
    made = make_timeline(RUN)
    assert [(lane.row, lane.name, lane.depth) for lane in made.lanes] == [
        (LaneKind.MAIN, (), 0),
        (LaneKind.GENERATOR, ("outer()",), 0),
        (LaneKind.GENERATOR, ("inner(1)",), 1),
    ]
    program, outer, inner = made.lanes
    run, wait = SpanKind.RUN, SpanKind.WAIT
    assert [(span.start, span.end, span.kind, span.on) for span in in_order(program)] == [
        (0, 1, run, ""),
        (1, 5, wait, "outer()"),
        (5, 7, run, ""),
        (7, 9, wait, "outer()"),
        (9, 11, run, ""),
    ]
    assert [(span.start, span.end, span.kind, span.on, span.place) for span in in_order(outer)] == [
        (1, 2, run, "", None),
        (2, 4, wait, "inner(1)", Place(5)),
        (4, 5, run, "", None),
        (5, 7, wait, "yield 'a'", Place(5)),
        (7, 9, run, "", None),
    ]
    assert [span.kind for span in in_order(inner)] == [run, wait]


def test_an_axis_of_microseconds_is_one_of_steps() -> None:
    """Each thing that happened is as wide as every other, and nothing says how long it took."""
    made = make_timeline(RUN)
    assert (made.by_order, made.axis) == (True, Axis(0.0, 11.0, 11.0))
    assert made.end == len(make_steps(RUN).moments)
    drawn = render_svg([Section(made)], WORDS, Frame("run", "A run", alone=True))
    texts_of_it = [one.text or "" for one in parsed(drawn).iter()]
    assert not any(" ms" in text for text in texts_of_it)
    assert any("step" in text for text in texts_of_it)


def test_one_of_seconds_is_one_of_time() -> None:
    """Where generators let time pass, the picture has it; so it is where several runs share an axis."""
    slow = replace(
        RUN,
        wall=2.0,
        turns=tuple(
            replace(turn, start=turn.start * 2000, end=None if turn.end is None else turn.end * 2000)
            for turn in RUN.turns
        ),
    )
    assert not make_timeline(slow).by_order
    assert not make_timeline(RUN, end=3.0).by_order


def test_a_line_belongs_to_whose_turn_it_was_at_one_moment_too() -> None:
    """By the order that is recorded, not by times, which may be equal."""
    program, outer, inner = make_timeline(RUN).lanes
    lines = [[mark.text for mark in lane.marks if mark.sign is MarkKind.OUTPUT] for lane in (program, outer, inner)]
    assert lines == [["before"], ["closing"], ["inside"]]
    assert [mark.sign for mark in outer.marks if mark.sign is not MarkKind.OUTPUT] == [MarkKind.CLOSED]


def test_what_a_table_says() -> None:
    """Who resumed it, how often, what it yielded, and how it was left."""
    made = make_timeline(RUN)
    assert table_head(made, WORDS) == ("Generator", "Resumed by", "Ran", "Yielded", "Ended")
    assert table_rows(made, WORDS) == [
        ("outer()", "the program", "2 turns", "'a'", "closed"),
        ("inner(1)", "outer()", "1 turn", "'a'", "left where it yielded"),
    ]
    assert summary(made, WORDS) == "2 generators in 1.0 ms"
    assert "closed" in dict(legend([made], WORDS)).values()


def test_a_run_is_stepped_through_by_turns() -> None:
    """Each beginning and end of a turn and each line of output is a step."""
    steps = make_steps(RUN, timeline=make_timeline(RUN))
    assert sentences(steps) == [
        "The program starts",
        "outer() runs for the first time: next(one) · line 9",
        "inner(1) runs for the first time: yield from · line 5",
        "inner(1) prints: inside",
        "inner(1) yields 'a' · line 2",
        "outer() yields 'a' · line 5",
        "the program prints: before",
        "outer() is to be closed: GeneratorExit is raised where it yielded · line 10",
        "outer() prints: closing",
        "outer() ends: it was closed · line 6",
        "The program ends",
    ]
    at_inner = {task: (one.phase, one.place) for task, one in steps.positions(2).items()}
    assert at_inner == {
        0: (Phase.WAITING, Place(9)),
        1: (Phase.WAITING, Place(5)),
        2: (Phase.RUNNING, Place(1)),
    }
    assert steps.positions(len(steps.moments) - 1)[0].phase is Phase.RETURNED
    data = steps_data(steps, WORDS, StepLabels())
    assert [task[:1] + task[2:] for task in data["tasks"]] == [["the program", 0], ["outer()", 1], ["inner(1)", 2]]
    places = [moment[5] for moment in data["moments"]]
    assert all(after - before == pytest.approx(100 / 11, abs=1e-5) for before, after in pairwise(places))
    assert data["crowded"] is False


#: The lines of the same run: 9, 5, 1, 2, 5, 9, 10, 6.
WITH_LINES = replace(
    RUN,
    lines=(
        LineRun(0.00005, (4, 8, 9), (0, 1, 2), switches=0),
        LineRun(0.00011, (5,), (0,), switches=1),
        LineRun(0.000125, (1, 2), (0, 1), switches=2),
        LineRun(0.00016, (9, 8, 10), (0, 1, 145), switches=4),
        LineRun(0.0003, (7, 6), (0, 2), switches=5),
        LineRun(0.00045, (11,), (0,), switches=6),
    ),
)


def test_each_line_is_a_step_where_nothing_else_says_it() -> None:
    """Neither that a turn begins or ends there, nor that something is printed there; the axis has the same steps."""
    made = make_timeline(WITH_LINES)
    steps = make_steps(WITH_LINES, timeline=made)
    assert sentences(steps) == [
        "The program starts",
        "the program runs this line · line 4",
        "the program runs this line · line 8",
        "outer() runs for the first time: next(one) · line 9",
        "inner(1) runs for the first time: yield from · line 5",
        "inner(1) runs this line · line 1",
        "inner(1) prints: inside",
        "inner(1) yields 'a' · line 2",
        "outer() yields 'a' · line 5",
        "the program runs this line · line 9",
        "the program prints: before",
        "outer() is to be closed: GeneratorExit is raised where it yielded · line 10",
        "outer() prints: closing",
        "outer() ends: it was closed · line 6",
        "the program runs this line · line 11",
        "The program ends",
    ]
    assert made.by_order
    assert made.end == len(steps.moments)
    assert [steps.positions(index)[2].place for index in (4, 5, 6)] == [Place(1), Place(1), Place(2)]
    program = steps.positions(10)[0]
    assert (program.phase, program.place, program.is_after) == (Phase.RUNNING, Place(8), False)
    places = [moment[5] for moment in steps_data(steps, WORDS, StepLabels())["moments"]]
    assert all(after - before == pytest.approx(100 / 16, abs=1e-5) for before, after in pairwise(places))


def test_a_program_of_too_many_lines_is_stepped_through_by_turns() -> None:
    """Its first step says so, and its picture is what it is without lines."""
    long = replace(WITH_LINES, lines=(LineRun(0.00001, tuple(range(1, 99)), tuple(range(98)), switches=0),))
    steps = make_steps(long, timeline=make_timeline(long))
    assert sentences(steps)[0] == "The program starts (too many lines ran to step through each of them)"
    assert sentences(steps)[1:] == sentences(make_steps(RUN))[1:]
    assert make_timeline(long).lanes == make_timeline(RUN).lanes


def test_lines_that_readers_do_not_see_are_no_steps() -> None:
    """Of a program of generators, too."""
    shown = [*range(1, 8), None, *range(8, 11)]
    steps = make_steps(WITH_LINES, shown=shown)
    assert [one.place and one.place.line for one in steps.moments if one.kind is Happening.LINE] == [4, 1, 8, 10]
    (printed,) = [index for index, one in enumerate(steps.moments) if one.what == "before"]
    assert steps.moments[printed].place is None  # not the line before it


def test_readers_see_only_lines_that_are_shown() -> None:
    """With the numbers that the page has."""
    shown = [None, 1, None, None, 2, 3, 4, 5, 6, None]
    made = make_timeline(RUN, shown=shown)
    assert in_order(made.lanes[1])[1].place == Place(2)
    assert made.lanes[1].place is None
    assert "line 10" not in " ".join(sentences(make_steps(RUN, shown=shown, timeline=made)))


def test_many_generators_share_a_lane() -> None:
    """The last one has all that are too many."""
    count = 40
    turns = tuple(Turn(at, at / 1e5, 2 * at + 1, at / 1e5, 2 * at + 2, left="returned") for at in range(count))
    many = recording(generators=tuple(Generator("one", "one()") for _ in range(count)), turns=turns)
    made = make_timeline(many, most=16)
    assert len(made.lanes) == 17
    assert full_name(made.lanes[-1], WORDS) == "×25 one() (16) … one() (40)"
    assert table_rows(made, WORDS)[-1][4] == "returned"
    assert {steps_task.lane for steps_task in make_steps(many, timeline=made).tasks} == set(range(17))


def test_what_is_missing_is_said() -> None:
    """From when on turns were too many to keep."""
    assert findings(make_timeline(replace(RUN, turns_unseen_since=0.0004)), WORDS) == [
        "What generators did after 0.000 s was too much to keep"
    ]


def test_who_has_a_picture() -> None:
    """A generator function; a generator expression alone if that is asked for; with tasks, these have it."""
    expression = replace(RUN, generators=(Generator("<genexpr>"), Generator("main.<locals>.<genexpr>")))
    assert [has_picture(one) for one in (RUN, expression, recording())] == [True, False, False]
    assert has_picture(expression, asked=True)
    assert why_no_timeline(expression) is None
    with_tasks = replace(RUN, tasks=(Task("Task-1", created=0.0),))
    assert make_timeline(with_tasks).generators == 0
    assert full_name(make_timeline(expression).lanes[1], WORDS) == "generator expression"


def test_what_python_closes_at_the_end_is_no_turn() -> None:
    """No line of the program asks for it, nothing is printed, and not every Python does so."""
    last = Turn(1, 0.0009, 7, 0.00091, 8, None, None, "", "GeneratorExit", "closed", 2)
    quiet, loud = replace(RUN, turns=(*RUN.turns, last)), Output(0.0009, "stdout", "bye\n", switches=7)
    assert sentences(make_steps(quiet)) == sentences(make_steps(RUN))
    spoken = sentences(make_steps(replace(quiet, outputs=(*RUN.outputs, loud))))
    assert "inner(1) ends: it was closed · line 2" in spoken


_turns = st.builds(
    Turn,
    st.integers(0, 3),
    moments,
    st.integers(0, 9),
    st.none() | moments,
    st.none() | st.integers(0, 12),
    numbers,
    numbers,
    texts,
    st.none() | texts,
    st.sampled_from([None, "yielded", "returned", "raised", "closed"]),
    numbers,
    st.none() | texts,
    st.none() | texts,
)
_generators = st.builds(Generator, texts, st.none() | texts, st.just("generator"), numbers)
_some_lines = st.lists(st.integers(-1, 20), max_size=4).map(tuple)
_lines = st.builds(LineRun, moments, _some_lines, _some_lines, st.none(), st.none() | st.integers(0, 9))
_outputs = st.builds(Output, moments, st.just("stdout"), texts, numbers, numbers, st.none() | st.integers(0, 9))


@calm
@given(
    st.builds(
        recording,
        moments,
        generators=some(_generators),
        turns=some(_turns),
        outputs=some(_outputs),
        lines=some(_lines),
    )
)
def test_any_recording_is_drawn(damaged: Recording) -> None:
    """Whatever it says of turns: the picture is well-formed, one has the turn at a time, and nothing raises."""
    made = make_timeline(damaged, most=3)
    assert all(0 <= at <= made.end for lane in made.lanes for span in lane.spans for at in (span.start, span.end))
    parsed(render_svg([Section(made)], WORDS, Frame("run", "A run", alone=True)))
    draw_legend([Section(made)], WORDS, "run")
    render_timeline(made, WORDS)
    render_latex([Section(made)], WORDS)
    render_trace(damaged, "run")
    steps = make_steps(damaged, timeline=made)
    json.dumps(steps_data(steps, WORDS, StepLabels()))
    assert all(before.at <= after.at for before, after in pairwise(steps.moments))
    rows = sorted(row for moment in steps.moments for row in moment.rows)
    assert rows == list(range(len(rows)))
    if made.generators:
        for index in range(len(steps.moments)):
            running = [one for one in steps.positions(index).values() if one.phase is Phase.RUNNING]
            assert len(running) == (index + 1 < len(steps.moments))
        for lane in made.lanes:
            if lane.row is not LaneKind.GROUP:
                at_rest = [span for span in lane.spans if span.kind in AT_REST]
                assert all(before.end <= after.start for before, after in pairwise(at_rest))
        kinds = {moment.kind for moment in steps.moments}
        assert kinds <= {
            Happening.BEGUN,
            Happening.TURN,
            Happening.YIELDED,
            Happening.ENDED,
            Happening.PRINTED,
            Happening.LINE,
            Happening.FINISHED,
        }
        render_text(made, WORDS)
