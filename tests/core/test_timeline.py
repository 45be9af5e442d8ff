"""Timelines: what is computed from a recording, and how little of it is drawn of a long or wide run."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tools.stylesheet import SHEET, with_rules

from sphinx_await.core.model.recording import Callback, Event, Loop, Output, Recording, Step, Task, Thread, Wait, Work
from sphinx_await.core.renderers.latex import render_latex
from sphinx_await.core.renderers.svg import Frame, draw_legend, render_svg
from sphinx_await.core.renderers.text import render_table, render_text, render_timeline
from sphinx_await.core.renderers.trace_events import render_trace
from sphinx_await.core.text.output_lines import visible_lines
from sphinx_await.core.text.widths import text_columns
from sphinx_await.core.timeline.builder import make_timeline
from sphinx_await.core.timeline.describe import (
    describe,
    findings,
    lane_name,
    lane_note,
    legend,
    mark_words,
    summary,
    table_rows,
)
from sphinx_await.core.timeline.labels import Labels
from sphinx_await.core.timeline.model import (
    AT_REST,
    CUT,
    Arrow,
    Axis,
    Lane,
    LaneKind,
    MarkKind,
    Place,
    Section,
    Span,
    SpanKind,
    Timeline,
)
from sphinx_await.core.timeline.presence import has_activity

from ..support.examples import examples

if TYPE_CHECKING:
    from collections.abc import Iterable

CORPUS = Path(__file__).parent.parent / "corpus" / "timelines"
CORE = Path(__file__).parents[2] / "extensions" / "sphinx_await" / "core"
MOST_BYTES, MOST_COLUMNS = 150_000, 5 * 122
WORDS = Labels()


def stored(name: str) -> Recording:
    """One of the recordings that were written by hand."""
    return Recording.from_json((CORPUS / f"{name}.json").read_bytes())


def timeline(name: str) -> Timeline:
    """The timeline of one of them."""
    return make_timeline(stored(name))


def lane(made: Timeline, name: str) -> Lane:
    """The lane of a task or thread."""
    return next(one for one in made.lanes if one.name[:1] == (name,))


def recording(wall: float = 1.0, **fields: object) -> Recording:
    """A recording of which only some fields matter."""
    return Recording("CPython 3.13.0", "Linux x86_64", "2026-11-24T21:40:00+00:00", wall, 0.0, 0, **fields)  # type: ignore[arg-type]


def picture(made: Timeline) -> str:
    """Its drawing as a document of its own."""
    return render_svg([Section(made)], WORDS, Frame("run", "A run", alone=True))


def parsed(drawn: str) -> ET.Element:
    """A drawing as elements; it is well-formed."""
    return ET.fromstring(drawn)  # noqa: S314 - drawn right here


def test_two_tasks_overlap() -> None:
    """Each task has a lane below its parent's; its waits say on what and at which line."""
    made = timeline("seed")
    assert [(one.row, one.name, one.depth) for one in made.lanes] == [
        (LaneKind.LOOP, (), 0),
        (LaneKind.TASK, ("Task-1",), 0),
        (LaneKind.TASK, ("Task-2",), 1),
        (LaneKind.TASK, ("Task-3",), 1),
    ]
    spans = [(one.kind, one.on, one.place) for one in lane(made, "Task-2").spans]
    assert spans == [(SpanKind.WAIT, "asyncio.sleep(2)", Place(6)), (SpanKind.RUN, "", None), (SpanKind.RUN, "", None)]
    assert lane(made, "Task-3").end == pytest.approx(1.0032)
    assert lane(made, "Task-2").end == pytest.approx(2.0035)
    assert [mark.sign for mark in lane(made, "Task-3").marks] == [MarkKind.OUTPUT, MarkKind.OUTPUT, MarkKind.RETURNED]


def test_creation_and_wake_up_are_arrows() -> None:
    """From a parent to its children when they are created; from who made a step due to that step."""
    made = timeline("seed")
    assert [(arrow.source, arrow.target) for arrow in made.arrows if not arrow.wakes] == [(1, 2), (1, 3)]
    wakes = [arrow for arrow in made.arrows if arrow.wakes]
    assert wakes == [Arrow(2.0035, 2.0036, 2, 1, wakes=True)]


def test_a_first_step_is_no_wake_up() -> None:
    """That a task becomes due by being created is said by one arrow and not by two."""
    tasks = (Task("Task-1", created=0.0, steps=(Step(0.0, 0.1),)), Task("Task-2", 0, 0.05, steps=(Step(0.1, 0.2, 0),)))
    assert [arrow.wakes for arrow in make_timeline(recording(tasks=tasks)).arrows] == [False]


def test_a_coroutine_is_called_by_its_own_name() -> None:
    """Not by those of the functions around it."""
    made = make_timeline(recording(tasks=(Task("Task-1", created=0.0, coro="main.<locals>.Shop.buy"),)))
    assert table_rows(made, WORDS)[0][0] == "Task-1 Shop.buy()"


@pytest.mark.parametrize("wall", [0.1, 0.3, 0.5, 0.7, 0.9, 1.0, 1.2, 1.5, 1.7, 2.0, 2.4, 2.6, 3.1])
def test_ticks_that_keep_their_words_on_a_phone_are_evenly_spaced(wall: float) -> None:
    """The first and the last are among them."""
    drawn = picture(make_timeline(recording(wall, tasks=(Task("Task-1", created=0.0),))))
    ticks = re.findall(r'class="at-tick( at-odd)?" x="([\d.]+)%"', drawn)
    kept = [float(x) for odd, x in ticks if not odd]
    assert {kept[0], kept[-1]} == {float(ticks[0][1]), float(ticks[-1][1])}
    gaps = {round(b - a, 1) for a, b in pairwise(kept)}
    assert max(gaps) - min(gaps) <= 0.15


def test_ticks_are_round_numbers_in_a_fitting_unit() -> None:
    """In the unit in which the page says how long such a run took: milliseconds below a tenth of a second."""
    made = timeline("seed")
    assert (made.seconds, [tick.text for tick in made.ticks]) == (True, ["0.0", "0.5", "1.0", "1.5", "2.0"])
    assert [tick.text for tick in timeline("queue").ticks] == ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]
    for wall in (0.099, 0.1, 0.3, 0.99, 1.0):
        made = make_timeline(recording(wall=wall))
        assert made.seconds is WORDS.duration(wall).endswith(" s")
    assert [tick.text for tick in make_timeline(recording(wall=0.00012)).ticks][-1] == "0.12"


def test_a_step_of_more_than_50_ms_blocks_the_loop() -> None:
    """The lane of the task and that of the loop show it, and a finding says who it was."""
    made = timeline("blocked")
    assert [one.kind for one in lane(made, "Task-3").spans] == [SpanKind.WAIT, SpanKind.RUN, SpanKind.BLOCK]
    assert SpanKind.BLOCK in {one.kind for one in made.lanes[0].spans}
    assert findings(made, WORDS) == ["The event loop was blocked for 0.50 s by Task-3 heavy() (after line 11)"]
    assert findings(timeline("thread"), WORDS) == []


def test_the_line_that_held_the_loop_is_named() -> None:
    """In the sentence below the picture and in the label of the span, by the number that readers see."""
    blocked = recording(
        tasks=(
            Task(
                "A", created=0.0, steps=(Step(0.0, 0.01), Step(0.1, 0.6, held_at=3)), waits=(Wait(0.01, 0.1, 2, "x"),)
            ),
        ),
        callbacks=(Callback(0.7, 0.9, "tick", 1, held_at=2),),
    )
    made = make_timeline(blocked, shown=[11, 12, 13])
    assert findings(made, WORDS) == [
        "The event loop was blocked for 0.50 s by A (line 13)",
        "The event loop was blocked for 0.20 s by tick (line 12)",
    ]
    assert "loop blocked · line 13 · 0.50 s" in picture(made)
    hidden = make_timeline(blocked, shown=[11, 12, None])
    assert findings(hidden, WORDS)[0] == "The event loop was blocked for 0.50 s by A (after line 12)"


def test_a_task_that_was_destroyed_has_a_mark() -> None:
    """In every form of the picture, with the line at which it waited."""
    event = Event(0.5, "destroyed", 0, line=4)
    made = make_timeline(recording(tasks=(Task("A", created=0.0, steps=(Step(0.0, 0.1),)),), events=(event,)))
    assert [mark_words(mark, WORDS) for mark in lane(made, "A").marks] == [
        "destroyed before it ended · line 4 · 0.500 s"
    ]
    assert "destroyed before it ended" in picture(made)
    assert "⊖" in render_text(made, WORDS)
    assert r"\ominus" in render_latex([Section(made)], WORDS)


def test_a_callback_that_holds_the_loop_is_found_with_its_line() -> None:
    """A callback is no task's step, and blocks just so."""
    made = make_timeline(
        recording(tasks=(Task("Task-1", steps=(Step(0.0, 0.01),)),), callbacks=(Callback(0.1, 0.3, "tick", 4),))
    )
    assert findings(made, WORDS) == ["The event loop was blocked for 0.20 s by tick (line 4)"]


def test_a_long_finding_is_whole_in_latex() -> None:
    """TeX breaks it into lines; nothing of it is cut."""
    callbacks = (Callback(0.1, 0.3, "tick" * 40, 4),)
    made = make_timeline(recording(tasks=(Task("Task-1", steps=(Step(0.0, 0.01),)),), callbacks=callbacks))
    (words,) = findings(made, WORDS)
    assert words in render_latex([Section(made)], WORDS)


def test_a_thread_has_a_lane_of_its_own() -> None:
    """It shows which call it carried out, and when."""
    spans = lane(timeline("thread"), "asyncio_0").spans
    assert [(one.kind, one.on, one.place) for one in spans] == [(SpanKind.WORK, "sleep", Place(12))]


def test_lines_have_the_numbers_that_readers_see() -> None:
    """Where a program is not shown as it ran; a line that is not shown at all has none."""
    lines = range(1, 30)
    made = make_timeline(stored("seed"), shown=[None if line == 6 else line - 4 for line in lines])
    on = {(span.on, span.place) for one in made.lanes for span in one.spans if span.kind is SpanKind.WAIT}
    assert ("asyncio.sleep(2)", None) in on
    assert ("gather(Task-2, Task-3)", Place(10)) in on
    blocked = make_timeline(stored("blocked"), shown=[line + 100 for line in lines])
    assert findings(blocked, WORDS) == ["The event loop was blocked for 0.50 s by Task-3 heavy() (after line 111)"]
    cancel = make_timeline(stored("cancel"), shown=[line + 100 for line in lines])
    assert {mark.place for one in cancel.lanes for mark in one.marks if mark.sign is MarkKind.CANCEL} == {Place(116)}
    assert make_timeline(stored("thread"), shown=()).lanes[-1].spans[0].place is None


def test_lines_of_another_file_have_its_name() -> None:
    """In the picture, the sentences, the table and the trace; what readers see of the program changes no such line."""
    task = Task(
        "A",
        created=0.0,
        steps=(Step(0.0, 0.01), Step(0.1, 0.6, held_at=3, held_in="helper.py"), Step(0.7, 0.8)),
        waits=(Wait(0.01, 0.1, 2, "x", file="helper.py"), Wait(0.6, 0.7, 2, "y", file="other.py")),
    )
    ran = recording(
        tasks=(task,),
        callbacks=(Callback(0.85, 0.97, "tick", 1, file="helper.py"),),
        events=(Event(0.65, "timeout", 0, line=2, file="helper.py"),),
        threads=(Thread("T", (Work(0.1, 0.3, "f", 2, 0, "helper.py"),)),),
    )
    made = make_timeline(ran, shown=[None, None, None])
    assert findings(made, WORDS) == [
        "The event loop was blocked for 0.50 s by A (helper.py line 3)",
        "The event loop was blocked for 0.12 s by tick (helper.py line 1)",
        "The event loop was blocked for 0.10 s by A (after other.py line 2)",
    ]
    drawn = picture(made)
    assert "x · helper.py line 2 · 90.0 ms" in drawn
    assert "f · helper.py line 2 · 0.20 s" in drawn
    assert "time limit ran out · helper.py line 2" in drawn
    assert "x · helper.py line 2 · 90.0 ms" in table_rows(made, WORDS)[0][3]
    arguments = [event["args"] for event in json.loads(render_trace(ran, "run"))["traceEvents"] if "args" in event]
    assert {"line": 2, "file": "helper.py"} in arguments
    assert {"held_at": 3, "held_in": "helper.py"} in arguments


@pytest.mark.parametrize("files", [("helper.py", None), ("helper.py", "other.py")])
def test_the_same_line_of_two_files_is_two_places(files: tuple[str, str | None]) -> None:
    """What is merged because it is alike is alike in its file, too: waits, calls, marks, families of tasks."""
    one, two = files
    waits = tuple(Wait(n / 100, n / 100 + 0.005, 7, "f(…)", file=files[n % 2]) for n in range(10))
    events = (Event(0.5, "timeout", 0, line=7, file=one), Event(0.5, "timeout", 0, line=7, file=two))
    works = (Work(0.1, 0.1001, "f", 7, file=one), Work(0.1001, 0.1002, "f", 7, file=two))
    made = make_timeline(
        recording(
            tasks=(Task("A", created=0.0, steps=(Step(0.0, 0.001),), waits=waits),),
            events=events,
            threads=(Thread("T", works),),
        )
    )
    waited = [(each.place, each.count) for each in lane(made, "A").waited]
    wanted = {Place(7, file or "") for file in files}
    assert {place for place, _ in waited} == wanted
    assert [count for _, count in waited] == [5, 5]
    cell = table_rows(made, WORDS)[0][3]
    assert all(WORDS.line_of(place) in cell for place in wanted)
    assert [mark.place for mark in lane(made, "A").marks if mark.sign is MarkKind.TIMEOUT] == [None]
    assert [span.place for span in lane(made, "T").spans] == [None]
    tasks = tuple(Task(f"T{n}", coro="f", created=0.0, line=7, file=files[n % 2]) for n in range(20))
    lanes = make_timeline(recording(tasks=tasks), most=8).lanes
    groups = [{tasks[index].file for index in each.tasks} for each in lanes if each.row is LaneKind.GROUP]
    assert groups == [{one}, {two}]


def test_what_happened_to_a_task_is_marked() -> None:
    """Cancellations, time limits, and ends other than a return."""
    signs = {mark.sign for one in timeline("group_fails").lanes for mark in one.marks}
    assert {MarkKind.RAISED, MarkKind.CANCELLED, MarkKind.CANCEL} <= signs
    asked = next(mark for mark in lane(timeline("cancel"), "Task-2").marks if mark.sign is MarkKind.CANCEL)
    assert mark_words(asked, WORDS) == "cancellation asked for by Task-1 · line 16 · 0.502 s"
    assert MarkKind.TIMEOUT in {mark.sign for mark in lane(timeline("timeout"), "Task-1").marks}


def test_output_outside_of_tasks_is_on_the_loops_lane() -> None:
    """Each line of output has a mark somewhere."""
    made = make_timeline(recording(outputs=(Output(0.5, "stdout", "하나\n둘\n"), Output(0.9, "stderr", "셋\n"))))
    assert [(mark.sign, mark.lines) for mark in made.lanes[0].marks] == [
        (MarkKind.OUTPUT, (0, 1)),
        (MarkKind.STDERR, (2,)),
    ]


def test_the_table_has_the_facts_of_each_task() -> None:
    """Created by whom, ran how long, waited on what, ended how and when."""
    assert table_rows(timeline("group_fails"), WORDS)[2] == (
        "bad fails()",
        "Task-1",
        "0.35 ms in 2 steps",
        "asyncio.sleep(0.3) · line 9 · 0.30 s",
        "raised ValueError at 0.302 s",
    )


def test_another_language_has_its_own_order_of_words() -> None:
    """What ended when is one sentence, and not an ending with a moment after it; without an error no gap is left."""
    korean = Labels(seconds="{number}초", raised="{error} 예외", ended_at="{moment}에 {ending}")
    assert table_rows(timeline("group_fails"), korean)[2][-1] == "0.302초에 ValueError 예외"
    (task,) = (Task("Task-1", created=0.0, finished=1.0, outcome="raised"),)
    assert table_rows(make_timeline(recording(tasks=(task,))), korean)[0][-1] == "1.000초에 예외"


def test_one_line_that_blocks_again_and_again_is_said_once() -> None:
    """With how often, how long in all, and which tasks; another line has a sentence of its own."""
    tasks = tuple(
        Task(f"Task-{number}", created=0.0, steps=(Step(number / 10, number / 10 + 0.06, held_at=7),))
        for number in range(1, 6)
    )
    other = Task("Task-9", created=0.0, steps=(Step(0.7, 0.8, held_at=9),))
    assert findings(make_timeline(recording(tasks=(*tasks, other))), WORDS) == [
        "The event loop was blocked for 0.10 s by Task-9 (line 9)",
        "The event loop was blocked 5 times, for 0.30 s in all, by Task-1, Task-2, Task-3, and 2 more (line 7)",
    ]
    ticks = tuple(Callback(number, number + 0.5, "tick") for number in range(4))
    assert findings(make_timeline(recording(wall=9.0, callbacks=ticks)), WORDS) == [
        "The event loop was blocked 4 times, for 2.00 s in all, by tick"
    ]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, ["It was blocked once more", "1 step was too many to keep"]),
        (2, ["It was blocked 2 more times", "2 steps were too many to keep"]),
    ],
)
def test_one_is_not_said_as_many(count: int, expected: list[str]) -> None:
    """Sentences with a number have a form for one."""
    blocks = tuple(Callback(number, number + 0.5, f"tick {number}") for number in range(3 + count))
    assert findings(make_timeline(recording(wall=9.0, callbacks=blocks, unseen=count)), WORDS)[3:] == expected


def test_every_label_is_used() -> None:
    """There is no word that nobody says."""
    said = "".join(path.read_text(encoding="utf-8") for path in CORE.rglob("*.py"))
    assert [name for name in asdict(WORDS) if not re.search(rf"(labels|self)\.{name}\b", said)] == []


def test_words_alone_describe_the_run() -> None:
    """The description names every task, what it waited for and how it ended."""
    words = describe(timeline("seed"), WORDS)
    assert words.startswith("3 tasks in 2.01 s. Task-1 main_tasks() – ")
    assert "Task-3 task() – Created by: Task-1, Ran: 0.35 ms in 2 steps" in words


def many_tasks(count: int) -> Recording:
    """A program that starts many tasks that are alike."""
    ends = [0.5 + number * 37 % count / count for number in range(count)]
    tasks = [
        Task(
            f"Task-{number + 2}",
            0,
            0.002,
            end,
            "returned",
            (Step(0.003 + number * 1e-5, 0.003 + number * 1.5e-5), Step(end - 1e-5, end)),
            (Wait(0.004 + number * 1e-5, end - 1e-5, 5, f"asyncio.sleep({end:.2f})"),),
            "worker",
            9,
        )
        for number, end in enumerate(ends)
    ]
    outputs = tuple(Output(end, "stdout", f"worker {number}: done\n", number + 1) for number, end in enumerate(ends))
    return recording(1.6, tasks=(Task("Task-1", created=0.001, coro="main"), *tasks), outputs=outputs)


def many_steps(count: int) -> Recording:
    """Two tasks that switch to and fro."""
    ping = tuple(Step(number * 1e-4, number * 1e-4 + 2e-5, 2) for number in range(count))
    pong = tuple(Step(number * 1e-4 + 3e-5, number * 1e-4 + 5e-5, 1) for number in range(count))
    waits = tuple(Wait(number * 1e-4 + 2e-5, (number + 1) * 1e-4, 7, "Queue.get()") for number in range(count - 1))
    tasks = (
        Task("Task-1", created=0.0),
        Task("Task-2", 0, 0.0, steps=ping, waits=waits),
        Task("Task-3", 0, 0.0, steps=pong),
    )
    return recording(count * 1e-4, tasks=tasks)


def test_500_tasks_fold_into_a_few_lanes() -> None:
    """The first have lanes of their own, the rest shares one; the picture stays small."""
    made = make_timeline(many_tasks(500))
    assert [one.name for one in made.lanes] == [
        (),
        ("Task-1",),
        ("Task-2",),
        ("Task-3",),
        ("Task-4",),
        ("Task-5", "Task-501"),
    ]
    assert len(made.lanes[-1].tasks) == 497
    assert table_rows(made, WORDS)[-1][0] == "×497 Task-5 … Task-501 worker()"
    assert len(picture(made).encode()) < MOST_BYTES


def test_10_000_steps_fold_into_a_readable_picture() -> None:
    """Steps closer than a pixel become one stretch that says how many they were and how long they really ran."""
    made = make_timeline(many_steps(10_000))
    assert len(picture(made).encode()) < MOST_BYTES
    mixed = [one for one in lane(made, "Task-2").spans if one.kind is SpanKind.MIXED]
    assert sum(one.count for one in mixed) == 10_000
    assert sum(one.busy for one in mixed) == pytest.approx(10_000 * 2e-5)
    assert lane(made, "Task-2").steps == 10_000


def test_every_different_task_of_hundreds_stays_within_the_bound() -> None:
    """Tasks that are not alike share the last lane when there are too many."""
    tasks = tuple(
        Task(f"Task-{number}", None, 0.0, 1.0, "returned", (Step(number / 400, number / 400),), coro=f"work_{number}")
        for number in range(300)
    )
    made = make_timeline(recording(tasks=tasks), most=10)
    assert len(made.lanes) == 1 + 10
    assert sum(len(one.tasks) for one in made.lanes) == 300


def test_a_step_of_no_length_is_drawn() -> None:
    """Its bar has a width, and a border besides."""
    made = make_timeline(recording(tasks=(Task("Task-1", created=0.5, steps=(Step(0.5, 0.5),)),)))
    assert 'class="at-run" x="50.00%"' in picture(made)
    assert 'width="0.01%"' in picture(made)


def test_the_start_and_the_end_of_python_are_drawn_shorter() -> None:
    """Where they would take much of the picture; its moments stay those of the output."""
    task = Task("Task-1", created=0.0101, finished=0.0111, outcome="returned", steps=(Step(0.0102, 0.0111),))
    made = make_timeline(recording(0.014, tasks=(task,), loops=(Loop(0.01, 0.0112, "Loop"),)))
    assert made.axis == Axis(0.01, 0.0112, 0.014)
    assert [tick.text for tick in made.ticks][:2] == ["10.0", "10.2"]
    places = [made.axis.share(moment) for moment in (0.0, 0.01, 0.0112, 0.014)]
    assert places == [0.0, CUT, 1 - CUT, 1.0]
    root = parsed(picture(made))
    cuts = [element for element in root.iter() if element.get("class") == "at-cut"]
    assert [element[0].text for element in cuts if len(element)] == [
        "10.0 ms are drawn shorter",
        "2.8 ms are drawn shorter",
    ]
    assert WORDS.cut in "".join(root.itertext())
    assert render_text(made, WORDS).split("⋯")[1].split()[0] == "10.0"


@pytest.mark.parametrize(
    ("wall", "created", "loop"),
    [
        (0.5, 0.01, Loop(0.01, 0.499, "Loop")),  # a small share of it
        (2.0, 1.0, Loop(1.0, 1.999, "Loop")),  # a program that did something else for a second
        (0.02, 0.0, Loop(0.0, None, "Loop")),  # a loop that never stopped
    ],
)
def test_an_axis_is_even_where_little_of_it_is_empty_or_the_program_took_it(
    wall: float, created: float, loop: Loop
) -> None:
    """Time of the program itself is drawn as it was."""
    task = Task("Task-1", created=created, steps=(Step(created, created + 0.001),))
    assert make_timeline(recording(wall, tasks=(task,), loops=(loop,))).axis == Axis(0.0, wall, wall)


def test_a_legend_has_what_is_neither_a_bar_nor_a_dot() -> None:
    """Arrows of creation and of waking, and the line of a task that has not run yet."""
    first = Task("A", created=0.0, steps=(Step(0.0, 0.1), Step(0.6, 0.7)), loop=0)
    second = Task("B", 0, 0.05, 0.6, "returned", (Step(0.4, 0.6),), coro="work", loop=0)
    first = replace(first, steps=(first.steps[0], Step(0.6, 0.7, woken_by=1)))
    words = [text for _, text in legend([make_timeline(recording(tasks=(first, second)))], WORDS)]
    assert {WORDS.creation, WORDS.wake, WORDS.life} <= set(words)
    assert WORDS.hand_over not in words


def test_a_picture_is_the_same_each_time_and_its_ids_begin_with_its_name() -> None:
    """Pages are reproducible, and two pictures of a page do not meet."""
    frame = Frame("await-seed", "Seed", linked=True)
    drawn = render_svg([Section(timeline("seed"))], WORDS, frame)
    assert drawn == render_svg([Section(timeline("seed"))], WORDS, frame)
    root = parsed(drawn)
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert ids
    assert all(one.startswith("await-seed") for one in ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", ["seed", "thread"])
def test_a_picture_is_the_same_on_every_python(name: str) -> None:
    """The stored drawing, letter by letter."""
    drawn = render_svg([Section(timeline(name))], WORDS, Frame(name, name, alone=True))
    assert drawn == (CORPUS / f"{name}.svg").read_text(encoding="utf-8")


def test_a_name_that_is_cut_ends_with_an_ellipsis_on_narrow_pages_too() -> None:
    """A page shows one of two forms, by its width."""
    long = recording(
        tasks=(Task("TCPConnector._resolve_host()", created=0.1, steps=(Step(0.1, 0.2),)), Task("a", created=0.1))
    )
    drawn = parsed(render_svg([Section(make_timeline(long))], WORDS, Frame("p", "Picture")))
    names = [name for name in drawn.findall(".//{*}text") if name.attrib["class"] == "at-name"]
    (cut,) = (name for name in names if len(name))
    whole, brief = (form.text or "" for form in cut)
    assert whole.startswith(brief.removesuffix("…"))
    assert brief.endswith("…")
    assert "a" in [name.text for name in names]


def test_runs_that_are_compared_share_the_axis() -> None:
    """What lasts a third as long is a third as wide."""
    long, short = stored("sequential"), stored("gathered")
    sections = [
        Section(make_timeline(long), "차례로"),
        Section(make_timeline(short, end=long.wall), "한꺼번에"),
    ]
    drawn = render_svg(sections, WORDS, Frame("both", "Both", alone=True))
    assert 'width="33.53%" height="5"' in drawn
    assert "한꺼번에 · 1.01 s" in drawn


def test_runs_that_are_compared_have_one_unit() -> None:
    """A run of milliseconds beside one of a second is in seconds, in its heading and its summary; alone, it is not."""
    brief = recording(tasks=(Task("Task-1", created=0.0, finished=0.0635, outcome="returned"),), wall=0.0635)
    compared = make_timeline(brief, end=stored("gathered").wall)
    sections = [Section(timeline("gathered"), "long"), Section(compared, "brief")]
    assert "brief · 0.064 s" in render_svg(sections, WORDS, Frame("both", "Both", alone=True))
    assert "0.064 s" in summary(compared, WORDS)
    assert "63.5 ms" in summary(make_timeline(brief), WORDS)


def test_a_label_is_left_out_where_its_stretch_has_no_room() -> None:
    """What a wait is on then stands in its title alone."""
    made = make_timeline(
        recording(tasks=(Task("Task-1", created=0.0, waits=(Wait(0.0, 0.01, 3, "Semaphore.acquire()"),)),))
    )
    drawn = picture(made)
    assert drawn.count("Semaphore.acquire()") == 1
    assert "<title>Semaphore.acquire() · line 3 · 10.0 ms" in drawn


def test_the_pages_style_has_the_rules_of_the_drawing() -> None:
    """What ``python tools/stylesheet.py`` writes stands in the style sheet of pages."""
    sheet = SHEET.read_text(encoding="utf-8")
    assert with_rules(sheet) == sheet


def test_text_keeps_its_columns_with_hangul() -> None:
    """Every line of the text picture is at most as wide as the terminal, however wide the characters are."""
    task = Task("한국어이름", created=0.0, finished=1.0, outcome="returned", waits=(Wait(0.0, 1.0, 3, "기다림(1)"),))
    drawn = render_text(make_timeline(recording(tasks=(task,))), WORDS, 60)
    assert "기다림(1) · line 3" in drawn
    assert max(map(text_columns, drawn.splitlines())) <= 60


def test_a_trace_has_a_thread_for_each_task() -> None:
    """Steps and waits are stretches, output is an instant, arrows are flows; moments are microseconds."""
    events = json.loads(render_trace(stored("seed"), "seed"))["traceEvents"]
    names = {event["args"]["name"]: event["tid"] for event in events if event["name"] == "thread_name"}
    assert {"Task-1 main_tasks()", "Task-2 task()", "Task-3 task()"} <= set(names)
    slept = next(event for event in events if event["name"] == "asyncio.sleep(2)")
    assert (slept["ph"], slept["tid"], slept["args"]) == ("X", names["Task-2 task()"], {"line": 6})
    assert slept["dur"] == pytest.approx(2_001_150)
    assert [event["ph"] for event in events if event["name"] == "wakes"] == ["s", "f"]
    assert sum(event["ph"] == "i" and event["name"] == "stdout" for event in events) == 6


def test_a_loop_is_idle_only_while_its_steps_are_known() -> None:
    """What is missing is not drawn as idleness."""
    task = Task("Task-1", created=0.0, steps=(Step(0.0, 0.01),), loop=0)
    made = make_timeline(recording(tasks=(task,), loops=(Loop(0.0, 1.0, "loop"),), unseen=7, unseen_since=0.4))
    assert [one.end for one in made.lanes[0].spans if one.kind is SpanKind.IDLE] == [0.4]


def test_names_alone_are_no_activity() -> None:
    """A recording of schema 1 knows which tasks there were, and nothing of what they did."""
    assert not has_activity(recording(tasks=(Task("Task-1"),)))
    assert has_activity(stored("seed"))
    assert has_activity(recording(callbacks=(Callback(0.1, 0.2, "tick"),)))


def test_many_waits_that_differ_in_their_arguments_are_merged() -> None:
    """The table says that a task slept five times, and not how long each time."""
    waits = tuple(Wait(number / 10, number / 10 + 0.05, 3, f"asyncio.sleep({number})") for number in range(5))
    made = make_timeline(recording(tasks=(Task("Task-1", created=0.0, waits=waits),)))
    assert table_rows(made, WORDS)[0][3] == "asyncio.sleep() ×5 · line 3 · 0.25 s"


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.json")), ids=lambda path: path.stem)
def test_the_stored_recordings_are_drawn_in_every_form(path: Path) -> None:
    """SVG that is well-formed, text within its width, LaTeX with as many braces opened as closed, and a trace."""
    made = make_timeline(Recording.from_json(path.read_bytes()))
    parsed(picture(made))
    assert max(map(text_columns, render_text(made, WORDS, 80).splitlines())) <= 80
    source = render_latex([Section(made)], WORDS)
    assert source.count("{") == source.count("}")
    assert r"\dimexpr\linewidth/1000\relax" in source  # TeX's own 0.001 is 0.7 % too much, and the picture too wide


@pytest.mark.parametrize("runs", [1, 7])
def test_no_drawing_for_latex_is_higher_than_wide(runs: int) -> None:
    """It could not go on on another page. Many lanes and many runs become several, each with its own axis."""
    tasks = tuple(
        Task(f"Task-{number}", 0 if number else None, 0.0, 1.0, "returned", (Step(0.9, 1.0),), coro=f"work_{number}")
        for number in range(16)
    )
    threads = tuple(Thread(f"thread_{number}", (Work(0.0, 1.0, "call"),)) for number in range(16))
    made = make_timeline(recording(tasks=tasks, threads=threads, unseen=1))
    source = render_latex([Section(made, f"Run {number}") for number in range(runs)], WORDS)
    heights = []
    for drawing in source.split(r"\begin{picture}")[1:]:
        width, height, *places = [
            float(number) for number in re.findall(r"(?:^\(|\\put\([\d.]+,|,)(-?[\d.]+)", drawing)
        ]
        assert height <= width == 1000
        assert all(-1 <= place <= height for place in places)
        heights.append(height)
    assert len(heights) == 3 * runs + 1
    assert source.count("Run 0") == 3
    assert all(source.count(rf"{{{name.name}}}".replace("_", r"\_")) == runs for name in threads)
    arrows = re.findall(r"\\vector\(0,-1\)\{([\d.]+)\}", source)
    assert len(arrows) == 15 * runs + 1  # and one in the legend


calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=examples(150))
texts = st.text(max_size=12)
moments = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 3)
ends = st.none() | moments
numbers = st.none() | st.integers(-1, 5)


def some(items: st.SearchStrategy[object], most: int = 4) -> st.SearchStrategy[tuple[object, ...]]:
    """A tuple of a few items."""
    return st.lists(items, max_size=most).map(tuple)


steps = st.builds(Step, moments, moments, numbers)
waits = st.builds(Wait, moments, ends, numbers, texts, some(st.integers(-1, 5)))
outcomes = st.sampled_from([None, "returned", "raised", "cancelled", "odd"])
tasks = st.builds(Task, texts, numbers, ends, ends, outcomes, some(steps), some(waits), texts, numbers, texts, numbers)
recordings = st.builds(
    recording,
    moments,
    outputs=some(st.builds(Output, moments, st.sampled_from(["stdout", "stderr"]), texts, numbers)),
    tasks=some(tasks),
    loops=some(st.builds(Loop, moments, ends, texts)),
    callbacks=some(st.builds(Callback, moments, moments, texts, numbers, numbers)),
    events=some(st.builds(Event, moments, st.sampled_from(["cancel", "timeout", "odd"]), numbers, numbers, numbers)),
    threads=some(st.builds(Thread, texts, some(st.builds(Work, moments, ends, texts, numbers, numbers)))),
    unseen=st.integers(0, 9),
)


@calm
@given(recordings, st.integers(1, 20))
@example(recording(wall=0.0), 1)
@example(recording(wall=float("nan"), tasks=(Task("\x00\ud800"),)), 1)
def test_any_recording_is_drawn(given_recording: Recording, most: int) -> None:
    """Whatever a recording says, all lies within the axis, the picture is well-formed and small, and nothing raises."""
    made = make_timeline(given_recording, most=most)
    moments_drawn = [moment for one in made.lanes for span in one.spans for moment in (span.start, span.end)]
    moments_drawn += [mark.at for one in made.lanes for mark in one.marks]
    moments_drawn += [moment for arrow in made.arrows for moment in (arrow.start, arrow.end)]
    assert all(0 <= moment <= made.end for moment in moments_drawn)
    drawn = picture(made)
    parsed(drawn)
    assert len(drawn.encode()) < MOST_BYTES
    draw_legend([Section(made)], WORDS, "run")
    render_timeline(made, WORDS)
    render_latex([Section(made)], WORDS)
    json.loads(render_trace(given_recording, "run"))


def overlaps(spans: Iterable[Span]) -> bool:
    """Whether two of the spans share more than a moment."""
    ordered = sorted(spans, key=lambda span: (span.start, span.end))
    return any(later.start < earlier.end for earlier, later in pairwise(ordered))


def check(made: Timeline, given_recording: Recording) -> None:
    """A picture keeps order in its lanes, and its counts are those of the recording."""
    for one in made.lanes:
        assert all(one.start <= span.start <= span.end <= one.end for span in one.spans)
        assert all(one.start <= mark.at <= one.end for mark in one.marks)
        assert not overlaps(span for span in one.spans if span.kind in AT_REST)
        assert not overlaps(span for span in one.spans if span.kind not in AT_REST)
    of_tasks = [one for one in made.lanes if one.tasks]
    assert sorted(number for one in of_tasks for number in one.tasks) == list(range(len(given_recording.tasks)))
    assert sum(one.count for one in made.lanes) == made.tasks
    steps_of_it = sum(len(task.steps) for task in given_recording.tasks)
    assert sum(one.steps for one in of_tasks) == steps_of_it
    loops_of_it = [one for one in made.lanes if one.row is LaneKind.LOOP]
    assert sum(one.steps for one in loops_of_it) == steps_of_it + len(given_recording.callbacks)
    calls = [one.steps for one in made.lanes if one.row is LaneKind.THREAD]
    assert sum(calls) == sum(len(thread.work) for thread in given_recording.threads)
    marks = [mark for one in made.lanes for mark in one.marks]
    lines = sorted(line for mark in marks for line in mark.lines)
    assert lines == list(range(len(visible_lines(given_recording))))
    known = {MarkKind(event.kind): 0 for event in given_recording.events if event.kind in {"cancel", "timeout"}}
    for event in given_recording.events:
        if event.kind in {"cancel", "timeout"} and event.task in range(len(given_recording.tasks)):
            known[MarkKind(event.kind)] += 1
    assert {sign: sum(mark.count for mark in marks if mark.sign is sign) for sign in known} == known
    check_words(made, given_recording)


def check_words(made: Timeline, given_recording: Recording) -> None:
    """Each form is well-formed and bounded, and says no other counts."""
    drawn = picture(made)
    shares = [float(share) for share in re.findall(r'(?:x|x1|x2)="(-?[\d.]+)%"', drawn)]
    parsed(drawn)
    assert all(0 <= share <= 100 for share in shares)
    assert len(drawn.encode()) < MOST_BYTES
    rows = table_rows(made, WORDS)
    assert len(rows) == sum(one.row not in {LaneKind.LOOP, LaneKind.PROGRAM} for one in made.lanes)
    text = render_text(made, WORDS, 80).split("\n")
    assert max(map(text_columns, text[: 1 + len(made.lanes)])) <= 80
    table = render_table(made, WORDS).split("\n")
    assert len(table) == (len(rows) + 1 if rows else 1)
    for line in [*text, *table]:
        assert text_columns(line) <= MOST_COLUMNS
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]", line)
    words = describe(made, WORDS)
    assert words.startswith(summary(made, WORDS))
    assert len(words) < MOST_BYTES
    source = render_latex([Section(made)], WORDS)
    assert source.count(r"\begin{picture}") == source.count(r"\end{picture}")
    assert len(source) < 3 * MOST_BYTES
    assert isinstance(json.loads(render_trace(given_recording, "run"))["traceEvents"], list)


def test_a_bar_that_covers_half_of_a_wide_character_moves_nothing() -> None:
    """The other half is a space, wherever the bar begins."""
    for held in range(1000):
        waits = (Wait(0.0, 1.0, None, "가나다라마바사", ()),)
        task = Task("t", None, 0.0, 1.0, None, (Step(held / 1000, held / 1000, None),), waits)
        lane = render_text(make_timeline(recording(1.0, tasks=(task,))), WORDS, 80).split("\n")[2]
        assert text_columns(lane) == 80


@calm
@given(recordings, st.integers(1, 20))
def test_any_picture_keeps_order_and_counts(given_recording: Recording, most: int) -> None:
    """Marks lie in their lanes, spans of a lane do not overlap, and every number is that of the recording."""
    check(make_timeline(given_recording, most=most), given_recording)


@st.composite
def runs(draw: st.DrawFn) -> Recording:
    """A run as event loops in some threads make it: one step after another in each, with waits between them."""
    parts = draw(st.integers(1, 3))
    tasks: list[Task] = []
    for loop in range(parts):
        now, first = 0.0, len(tasks)
        own: list[tuple[list[Step], list[Wait]]] = [([], []) for _ in range(draw(st.integers(1, 30)))]
        for _ in range(draw(st.integers(0, 40))):
            steps_of_it, waits_of_it = own[draw(st.integers(0, len(own) - 1))]
            end = now + draw(st.sampled_from([0.0, 1e-6, 0.001, 0.03, 0.07]))
            late = draw(st.sampled_from([None, 0.0, 0.04, 0.2]))
            by = draw(st.none() | st.integers(first, first + len(own) - 1))
            if steps_of_it:
                waits_of_it.append(Wait(steps_of_it[-1].end, now, 3, draw(st.sampled_from(["x(1)", "x(2)"]))))
                late = None if late is None or now - late < steps_of_it[-1].end else now - late
            steps_of_it.append(Step(now, end, by, late))
            now = end + draw(st.sampled_from([0.0, 1e-5, 0.02]))
        for number, (steps_of_it, waits_of_it) in enumerate(own):
            ended = draw(st.sampled_from([None, "returned", "raised", "cancelled"])) if steps_of_it else None
            finished = steps_of_it[-1].end if ended else None
            parent = draw(st.none() | st.integers(first, first + number - 1)) if number else None
            name = draw(st.sampled_from(["work", "main.<locals>.work", "BaseEventLoop._accept"]))
            held = tuple(steps_of_it), tuple(waits_of_it)
            tasks.append(Task(f"Task-{len(tasks)}", parent, 0.0, finished, ended, *held, name, 1, "Error", loop))
    events = st.builds(Event, st.floats(0, 1), st.sampled_from(["cancel", "timeout"]), st.integers(0, len(tasks) - 1))
    outputs = st.builds(Output, st.floats(0, 1), st.sampled_from(["stdout", "stderr"]), st.just("x\n"))
    wall = max([1.0, *(step.end for task in tasks for step in task.steps)])
    return recording(
        wall,
        tasks=tuple(tasks),
        loops=tuple(Loop(0.0, wall, "loop", loop - 1 if loop else None) for loop in range(parts)),
        threads=tuple(Thread(f"thread-{number}", (Work(0.0, wall, "run"),)) for number in range(parts - 1)),
        events=draw(some(events, 9)),
        outputs=tuple(sorted(draw(some(outputs, 9)), key=lambda output: output.at)),  # type: ignore[attr-defined]
        unseen_tasks=draw(st.sampled_from([0, 1, 700])),
        timed_out=draw(st.booleans()),
    )


@calm
@given(runs(), st.integers(1, 20))
def test_a_picture_of_any_run_keeps_order_and_counts(run: Recording, most: int) -> None:
    """The same for runs as they are; here every task is on the lanes of its loop."""
    made = make_timeline(run, most=most)
    check(made, run)
    for one in made.lanes:
        if one.row is LaneKind.TASK:
            (number,) = one.tasks
            counts = [
                int(found[1]) for row in table_rows(made, WORDS) if (found := re.search(r"in (\d+) steps", row[2]))
            ]
            assert one.steps == len(run.tasks[number].steps)
            assert one.steps < 2 or one.steps in counts


HUGE = "가" * 20_000 + "\n\x1b[2J\u202e\ud800]]>&<"


@pytest.mark.parametrize(
    "given_recording",
    [
        recording(
            tasks=tuple(
                Task(f"{number}{HUGE}", None, 0.0, 1.0, "raised", (Step(0, 1),), (Wait(0, 1, 3, HUGE),), HUGE, 3, HUGE)
                for number in range(40)
            ),
            loops=tuple(Loop(0.0, 1.0, HUGE, number % 40) for number in range(255)),
            threads=tuple(Thread(f"{number}{HUGE}", (Work(0.0, 1.0, HUGE),)) for number in range(40)),
            callbacks=tuple(Callback(0.0, 1.0, HUGE) for _ in range(40)),
            events=tuple(Event(0.5, "cancel", number, 0) for number in range(40)),
            outputs=(Output(0.5, "stdout", "x" * 50_000 + "\n"),),
            incomplete=HUGE,
        ),
        recording(
            tasks=tuple(
                Task(
                    f"Task-{number}",
                    0 if number else None,
                    0.0,
                    1.0,
                    "returned",
                    tuple(Step(number / 300 + k / 10, number / 300 + k / 10, (number + 1) % 300) for k in range(20)),
                    coro=f"work_{number}",
                )
                for number in range(300)
            ),
            events=tuple(Event(number / 2000, "cancel", number % 300, 0, 3) for number in range(2000)),
            outputs=tuple(Output(number / 2000, "stdout", f"{number}\n", number % 300) for number in range(2000)),
        ),
        recording(tasks=tuple(Task(f"Task-{n}", n - 1 if n else None, 0.0, 1.0, "returned") for n in range(2000))),
        recording(9e8, callbacks=tuple(Callback(n * 1.0, n + 0.9, f"callback-{n}") for n in range(3000))),
        recording(
            loops=tuple(Loop(n / 300, 1.0, "loop", n) for n in range(250)),
            threads=tuple(Thread(f"thread-{n}", (Work(n / 300, 1.0, "run"),)) for n in range(250)),
            tasks=tuple(Task(f"Task-{n}", None, n / 300, steps=(Step(n / 300, 0.9),), loop=n) for n in range(250)),
        ),
    ],
    ids=["names", "moments", "depth", "callbacks", "loops"],
)
def test_everything_shown_has_a_bound(given_recording: Recording) -> None:
    """However long the texts of a recording are, and however much there is in it."""
    check(make_timeline(given_recording), given_recording)


@calm
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.2)), max_size=60))
def test_folding_loses_no_step(stretches: list[tuple[float, float]]) -> None:
    """However near each other steps are: their number stays, and each lies in a span that is drawn."""
    steps_of_it = tuple(Step(start, start + length) for start, length in sorted(stretches))
    made = make_timeline(recording(tasks=(Task("Task-1", created=0.0, steps=steps_of_it),)))
    drawn: list[Span] = [one for one in lane(made, "Task-1").spans if one.kind is not SpanKind.WAIT]
    assert sum(one.count for one in drawn) == len(steps_of_it)
    assert all(any(one.start <= step.start and step.end <= one.end for one in drawn) for step in steps_of_it)


def test_the_table_of_a_terminal_has_columns() -> None:
    """Each column begins where its head does."""
    head, *rows = render_table(timeline("seed"), WORDS).splitlines()
    at = head.index("Created by")
    assert [row[at:].split()[0] for row in rows[1:]] == ["Task-1", "Task-1"]


def test_a_group_says_how_its_tasks_ended() -> None:
    """A lane of tasks with different outcomes counts them, and its number of tasks comes before what may be cut."""
    run = recording(
        tasks=tuple(
            Task(
                "a long name " * 9 + str(number),
                outcome="raised" if 5 <= number <= 6 else "returned",
                finished=0.5,
                created=0.1,
                steps=(Step(0.1, 0.2),),
                coro="work",
            )
            for number in range(20)
        )
    )
    made = make_timeline(run)
    (group,) = (one for one in made.lanes if one.row is LaneKind.GROUP)
    (row,) = (row for row in table_rows(made, WORDS) if row[0].startswith("×17"))
    assert sorted(row[-1].split(", ")) == ["15 returned", "2 raised"]
    assert lane_note(group, WORDS) == "×17 work()"


def test_a_task_that_waits_for_its_turn_is_ready_and_not_waiting() -> None:
    """From when it could run, its wait is over; where no single step is to blame, that is a finding."""
    steps = [(0.1 + 0.04 * number, 0.14 + 0.04 * number) for number in range(5)]
    tasks = (
        Task(
            "sleeper",
            created=0.0,
            steps=(Step(0.0, 0.01), Step(0.3, 0.31, None, 0.11)),
            waits=(Wait(0.01, 0.3, 4, "asyncio.sleep(0.1)"),),
        ),
        *(Task(f"busy-{start}", created=start, steps=(Step(start, end),)) for start, end in steps),
    )
    made = make_timeline(recording(tasks=tasks))
    spans = {span.kind: (round(span.start, 3), round(span.end, 3)) for span in lane(made, "sleeper").spans}
    assert (spans[SpanKind.WAIT], spans[SpanKind.READY]) == ((0.01, 0.11), (0.11, 0.3))
    assert findings(made, WORDS) == [
        "sleeper was ready to run, but had to wait 0.19 s for its turn, behind 5 steps of other tasks"
    ]


def test_what_is_missing_is_said() -> None:
    """Tasks that were left out count, and are said to be missing; so is what a recorder that failed left out."""
    run = recording(tasks=(Task("A", created=0.0),), unseen_tasks=1000, incomplete="the recorder gave up")
    made = make_timeline(run)
    assert summary(made, WORDS).startswith("1001 tasks")
    assert findings(made, WORDS) == [
        "1000 tasks were too many to show",
        "Tasks may be missing: the recorder gave up",
    ]


def test_internal_tasks_of_libraries_share_a_lane() -> None:
    """It says how many they are; a task that reaches a line of the program has a lane of its own whatever its name."""
    accept = "BaseSelectorEventLoop._accept_connection2"
    asleep = (Wait(0.1, 0.2, None, "Future"),)
    tasks = (
        Task("Task-1", created=0.0, steps=(Step(0.0, 0.1),), coro="main"),
        Task("Task-2", created=0.1, steps=(Step(0.1, 0.2),), coro=accept, waits=asleep, internal=True),
        Task("Task-3", created=0.1, steps=(Step(0.2, 0.3),), coro=accept, waits=asleep, internal=True),
        Task("Task-4", created=0.1, waits=(Wait(0.1, 0.2, 7, "x"),), coro=accept, internal=True),
        Task("Task-5", created=0.1, steps=(Step(0.3, 0.4),), coro=accept),
    )
    made = make_timeline(recording(tasks=tasks))
    assert [row[0] for row in table_rows(made, WORDS)] == [
        "Task-1 main()",
        f"Task-4 {accept}()",
        f"Task-5 {accept}()",
        f"×2 internal tasks {accept}()",
    ]
    assert summary(made, WORDS).startswith("5 tasks")


def test_the_lanes_of_a_picture_have_all_tasks() -> None:
    """Those that were only counted have one, too, and nothing is said of what they did."""
    made = make_timeline(recording(tasks=many_tasks(500).tasks, unseen_tasks=1000))
    assert sum(one.count for one in made.lanes) == made.tasks == 1501
    assert table_rows(made, WORDS)[-1] == ("×1000 not recorded", "", "", "", "")


def test_each_loop_names_its_thread_and_precedes_its_tasks() -> None:
    """Where there is more than the loop of the main thread."""
    tasks = (Task("A", created=0.0, loop=0), Task("B", created=0.0, loop=1), Task("C", 0, created=0.0, loop=0))
    loops = (Loop(0.0, 1.0, "loop"), Loop(0.0, 1.0, "loop", 0))
    made = make_timeline(recording(tasks=tasks, loops=loops, threads=(Thread("worker", (Work(0.0, 1.0, "run"),)),)))
    assert [lane_name(one, WORDS) for one in made.lanes] == [
        "event loop · main thread",
        "A",
        "C",
        "event loop · worker",
        "B",
        "worker",
    ]
    alone = make_timeline(recording(tasks=tasks[:1], loops=loops[:1]))
    assert lane_name(alone.lanes[0], WORDS) == "event loop"


def test_loops_of_different_threads_do_not_share_a_lane() -> None:
    """Even if one ended before the other began."""
    loops = (Loop(0.0, 0.2, "loop"), Loop(0.3, 0.5, "loop", 0), Loop(0.6, 0.9, "loop"))
    made = make_timeline(recording(loops=loops, threads=(Thread("worker"),)))
    names = [lane_name(one, WORDS) for one in made.lanes if one.row is LaneKind.LOOP]
    assert names == ["event loop · main thread", "event loop · worker"]


def test_a_thread_is_not_called_busy() -> None:
    """It may sleep in its call; nobody measured how long it computed."""
    made = make_timeline(recording(threads=(Thread("worker", (Work(0.0, 0.5, "sleep"), Work(0.6, 0.7, "sleep"))),)))
    assert lane_note(made.lanes[-1], WORDS) == "2 calls · 0.60 s"
    assert table_rows(made, WORDS) == [("worker", "", "2 calls · 0.60 s", "", "")]


def test_an_arrow_leads_from_a_task_to_the_thread_that_it_gave_a_call() -> None:
    """One for each thread, when it begins."""
    works = (Work(0.2, 0.3, "sleep", None, 0), Work(0.4, 0.5, "sleep", None, 0), Work(0.6, 0.7, "sleep"))
    run = recording(tasks=(Task("A", created=0.0, steps=(Step(0.0, 0.1),)),), threads=(Thread("worker", works),))
    made = make_timeline(run)
    assert made.arrows == (Arrow(0.2, 0.2, 1, 2),)
    assert "<title>A hands a call to worker</title>" in picture(made)


def test_output_outside_of_a_loop_is_not_the_loops() -> None:
    """Before it starts and after it stopped, the main thread runs no loop."""
    outputs = tuple(Output(at, "stdout", f"{at}\n") for at in (0.1, 0.5, 0.9))
    made = make_timeline(recording(loops=(Loop(0.2, 0.8, "loop"),), outputs=outputs))
    assert [(one.row, [mark.at for mark in one.marks]) for one in made.lanes] == [
        (LaneKind.PROGRAM, [0.1, 0.9]),
        (LaneKind.LOOP, [0.5]),
    ]


def test_two_requests_for_cancellation_at_once_are_one_mark_with_a_count() -> None:
    """A mark that merges others says only what they have in common."""
    task = Task("B", 0, created=0.0, steps=(Step(0.1, 0.2),))
    events = (Event(0.5, "cancel", 1, 0, 3), Event(0.5, "cancel", 1, 0, 3), Event(0.9, "cancel", 1, None, 3))
    marks = lane(make_timeline(recording(tasks=(Task("A", created=0.0), task), events=events)), "B").marks
    assert [mark_words(mark, WORDS) for mark in marks] == [
        "cancellation asked for by A ×2 · line 3 · 0.500 s",
        "cancellation asked for · line 3 · 0.900 s",
    ]
    mixed = (Event(0.5, "cancel", 1, 0, 3), Event(0.5, "cancel", 1, None, 4))
    (mark,) = lane(make_timeline(recording(tasks=(Task("A", created=0.0), task), events=mixed)), "B").marks
    assert mark_words(mark, WORDS) == "cancellation asked for ×2 · 0.500 s"


def test_the_time_limit_is_part_of_the_picture_of_a_run_that_was_stopped() -> None:
    """A line in the drawing, a word in the legend, and a sentence."""
    run = recording(2.0, tasks=(Task("A", created=0.0, waits=(Wait(0.1, None, 3, "x"),)),), timed_out=True)
    made = make_timeline(run)
    assert findings(made, WORDS) == ["The program was stopped at 2.000 s"]
    (line,) = [one for one in parsed(picture(made)).iter() if one.get("class") == "at-limit" and one.get("x1")]
    assert line.get("x1") == "100.00%"
    assert "╎ the program was stopped" in render_text(made, WORDS)
    assert "the program was stopped" not in render_text(make_timeline(replace(run, timed_out=False)), WORDS)


def test_a_blocked_loop_is_not_blamed_on_a_program_that_had_no_processor() -> None:
    """If the machine can be the reason, the sentence says so."""
    tasks = (Task("A", created=0.0, steps=(Step(0.1, 0.174),)),)
    blamed = "The event loop was blocked for 74.0 ms by A"
    machine = ". The computer may be the reason: for 45.0 ms of this run it had no free processor"
    assert findings(make_timeline(recording(tasks=tasks, run_delay=0.045)), WORDS) == [blamed + machine]
    assert findings(make_timeline(recording(tasks=tasks, run_delay=0.020)), WORDS) == [blamed]
    assert findings(make_timeline(recording(tasks=tasks)), WORDS) == [blamed]


def test_error_output_is_seen_beside_output_of_the_same_moment() -> None:
    """One mark does not hide the other."""
    outputs = (Output(0.5, "stdout", "a\n", 0), Output(0.501, "stderr", "b\n", 0))
    made = make_timeline(recording(tasks=(Task("A", created=0.0, steps=(Step(0.4, 0.6),)),), outputs=outputs))
    dots = [one for one in parsed(picture(made)).iter() if one.find("{*}path[@class='at-stem']") is not None]
    moved = [float(one.get("transform", "")[len("translate(") : -1]) for dot in dots for one in dot.findall("{*}g")]
    assert len(moved) == 1
    assert moved[0] > 9  # as wide as half of each


def test_output_of_a_thread_is_on_its_lane() -> None:
    """And not on that of the event loop."""
    run = recording(
        tasks=(Task("A", created=0.0),),
        outputs=(Output(0.1, "stdout", "hi\n", None, 0),),
        threads=(Thread("pool_0", (Work(0.0, 0.2, "work"),)),),
    )
    marked = [one.row for one in make_timeline(run).lanes if one.marks]
    assert marked == [LaneKind.THREAD]
