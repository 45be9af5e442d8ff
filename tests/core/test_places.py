"""Marks and labels of a picture have room: nothing that a reader has to tell apart lies on something else."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.model.recording import Event, Output, Step, Task, Wait
from sphinx_await.core.renderers.svg import SEEN, Frame, brief_text, render_svg
from sphinx_await.core.timeline.builder import make_timeline
from sphinx_await.core.timeline.describe import legend
from sphinx_await.core.timeline.labels import Labels
from sphinx_await.core.timeline.model import Section

from .test_timeline import parsed, picture, recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree import ElementTree as ET

WORDS = Labels()


def in_page(*tasks: Task, outputs: tuple[Output, ...] = (), events: tuple[Event, ...] = ()) -> ET.Element:
    """The drawing of a page."""
    made = make_timeline(recording(tasks=tasks, outputs=outputs, events=events))
    return parsed(render_svg([Section(made)], WORDS, Frame("p", "Picture", linked=True)))


def of_class(drawn: ET.Element, name: str) -> list[ET.Element]:
    """The elements with a class."""
    return [one for one in drawn.iter() if name in one.get("class", "").split()]


def printing(*moments: float, task: int = 0) -> tuple[Output, ...]:
    """A line of output at each of these moments."""
    return tuple(Output(moment, "stdout", f"{moment}\n", task) for moment in moments)


def moved(drawn: ET.Element) -> Iterator[float]:
    """How far each dot is beside its moment, in pixels."""
    for mark in of_class(drawn, "at-out"):
        shifts = [one.get("transform", "translate(0)") for one in mark.iterfind("{*}svg/{*}g")] or ["translate(0)"]
        yield float(shifts[0][len("translate(") : -1])


def test_lines_of_output_at_the_same_time_are_one_dot_with_their_number() -> None:
    """In a document of its own, too."""
    task = Task("A", created=0.0, steps=(Step(0.0, 1.0),))
    outputs = printing(0.2, 0.5, 0.501, 0.505)
    for drawn in (
        in_page(task, outputs=outputs),
        parsed(picture(make_timeline(recording(tasks=(task,), outputs=outputs)))),
    ):
        assert [one.text for one in of_class(drawn, "at-count")] == ["3"]


def test_in_a_narrow_page_one_dot_stands_for_those_that_would_lie_on_it() -> None:
    """They keep their names, to which lines of output lead."""
    drawn = in_page(Task("A", created=0.0, steps=(Step(0.0, 1.0),)), outputs=printing(0.2, 0.5, 0.53, 0.8))
    assert [one.get("id") for one in of_class(drawn, "at-out")] == ["p-m0", "p-m1", "p-m2", "p-m3"]
    assert [one.get("id") for one in of_class(drawn, "at-fine") if one.get("id")] == ["p-m2"]
    (narrow,) = of_class(drawn, "at-coarse")
    assert [one.text for one in of_class(narrow, "at-count")] == ["2"]
    assert "and 1 more" in "".join(narrow.itertext())


def test_in_a_wide_page_no_number_lies_on_the_dot_before_it() -> None:
    """It is moved beside it; dots without numbers stay at their moments."""
    task = Task("A", created=0.0, steps=(Step(0.0, 1.0),))
    drawn = in_page(task, outputs=printing(0.2, 0.5, 0.52, 0.521, 0.522, 0.8))
    assert [one.text for one in of_class(drawn, "at-count")] == ["4", "3"]  # for a narrow page, and for a wide one
    before, after, number, last = moved(drawn)
    assert (before, after, last) == (0, 0, 0)
    assert number > 0
    assert list(moved(in_page(task, outputs=printing(0.5, 0.52)))) == [0, 0]


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [
        ("실행 0.35밀리초", 80, "실행 0.35밀리초"),
        ("이벤트 루프 없음", 80, "이벤트 루프 없음"),
        ("Task-5 … Task-9", 90, "Task-5 …"),
    ],
)
def test_a_narrow_page_cuts_only_names_without_room(text: str, room: float, shown: str) -> None:
    """A unit or a negation that is cut says something else; a group ends with one ellipsis."""
    assert brief_text(text, room, bold="Task" in text) == shown


@pytest.mark.parametrize(("printed", "is_moved"), [(0.5, True), (0.51, True), (0.6, False)])
def test_a_dot_is_beside_an_arrow_that_passes(printed: float, *, is_moved: bool) -> None:
    """The arrow of a task that wakes the one which prints."""
    first = Task("A", created=0.0, steps=(Step(0.0, 0.1), Step(0.5, 0.9, woken_by=1)))
    second = Task("B", 0, 0.05, 0.5, "returned", (Step(0.1, 0.2), Step(0.45, 0.5)))
    (shift,) = moved(in_page(first, second, outputs=printing(printed)))
    assert bool(shift) == is_moved


def test_no_arrow_crosses_a_label() -> None:
    """It begins behind an arrow that passes soon after the beginning of its stretch."""
    waits = (Wait(0.0, 1.0, 3, "event.wait()"),)
    parent = Task("A", created=0.0, steps=(Step(0.0, 0.01), Step(0.2, 0.21)))
    middle = Task("B", 0, 0.0, steps=(), waits=waits)
    late = Task("C", 0, 0.2, steps=(Step(0.3, 0.31),))
    labels = of_class(in_page(parent, middle, late), "at-label")
    assert {one.text for one in labels} == {"event.wait() · line 3", "event.wait()"}
    assert {one.get("x") for one in labels} == {"20.00%"}


def test_marks_of_one_moment_are_beside_each_other() -> None:
    """A request for cancellation, a time limit and how the task ended."""
    task = Task("A", created=0.0, finished=0.5, outcome="cancelled", steps=(Step(0.1, 0.5),))
    drawn = in_page(task, events=(Event(0.5, "timeout", 0), Event(0.5, "cancel", 0)))
    places = [
        float(group.get("transform", "")[len("translate(") : -1])
        for mark in drawn.iter("svg")
        if mark.get("x") == "50.00%"
        for group in mark.findall("{*}g")
    ]
    assert len(places) == 3
    assert all(later - earlier >= 10 for earlier, later in pairwise(places))


@pytest.mark.parametrize(("ready", "is_named"), [(0.49, False), (0.4, True)])
def test_a_legend_explains_what_can_be_seen(ready: float, *, is_named: bool) -> None:
    """A pattern that would be a speck is drawn as what is plain, and its title still says what it is."""
    task = Task("A", created=0.0, steps=(Step(0.0, 0.1), Step(0.5, 1.0, ready=ready)), waits=(Wait(0.1, 0.5, 1, "x"),))
    made = make_timeline(recording(tasks=(task,)))
    words = [text for _, text in legend([made], WORDS, SEEN)]
    assert (WORDS.ready in words) == is_named
    drawn = in_page(task)
    assert bool(of_class(drawn, "at-ready")) == is_named
    assert any(WORDS.ready in (title.text or "") for title in drawn.iter("title"))
