"""From records, written by hand, to what tasks did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sphinx_await.core.decoding.decoder import RunContext, build_recordings, decode_journal
from sphinx_await.core.decoding.ending import Ending
from sphinx_await.core.journal.limits import MOST_LATE_TASKS, MOST_LONG_STEPS, MOST_NOTES, MOST_STEPS, MOST_TASKS
from sphinx_await.core.journal.reader import NO_HEADER, Header, Record, read_header, read_journal, unpack_interval
from sphinx_await.core.journal.records import (
    BARE_STEP,
    Journal,
    RecordType,
    StepFlag,
    TaskOutcome,
    bare_step_start,
    encode_call_site,
    pack_interval,
    pack_numbers,
    task_fields,
)
from sphinx_await.core.model.recording import Callback, Event, Loop, Recording, Step, Thread, Wait, Work

if TYPE_CHECKING:
    from collections.abc import Iterable

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SECOND = 1_000_000_000
BEGIN = 50 * SECOND
HERE = RunContext("", "", "2026-11-28T00:00:00+00:00")
START = Record(RecordType.START, BEGIN, b'{"cpu": 0.0, "delay": null}')
PART = b'{"status": 0, "cpu": 0.0}'
_MADE = 1000  # the site of a line at which a task is made is so much more


def at(seconds: float) -> int:
    """A moment so many seconds after the beginning."""
    return BEGIN + round(seconds * SECOND)


def made(task: int, name: str, when: float, *, by: int = 0, line: int = 0, loop: int = 1) -> list[Record]:
    """A task is made."""
    record = Record(RecordType.TASK_CREATED, at(when), b"work", loop, task, by, _MADE + line)
    return [site(_MADE + line, line, ""), record, Record(RecordType.TASK_NAMED, at(when), name.encode(), task=task)]


def step(task: int, start: float, end: float, **rest: int) -> Record:
    """A task held the loop; the rest are ``site``, ``on``, ``by``, ``marks`` and ``late``."""
    payload = pack_interval(rest.get("on", 0), at(end), rest.get("late", 0))
    return Record(
        RecordType.STEP, at(start), payload, rest.get("marks", 0), task, rest.get("by", 0), rest.get("site", 0)
    )


def end(task: int, when: float, outcome: TaskOutcome = TaskOutcome.RETURNED) -> Record:
    """A task ended."""
    return Record(RecordType.TASK_ENDED, at(when), b"", outcome, task)


def site(number: int, line: int, words: str, part: int = 1) -> Record:
    """A place of the program."""
    return Record(RecordType.CALL_SITE, BEGIN, words.encode(), task=line, by=number, site=part)


def site_beside(number: int, line: int, file: str, words: str) -> Record:
    """A place of another module of the project."""
    return Record(RecordType.CALL_SITE, BEGIN, encode_call_site(words, file), task=line, by=number)


def recordings(
    records: Iterable[Record], *, until: float = 9, head: Header = NO_HEADER, parts: int = 1
) -> list[Recording]:
    """The recordings of a run with these records."""
    return build_recordings(
        decode_journal([START, *records], head), (), Ending(at(until), 0), HERE, limit=1 << 20, parts=parts
    )


def test_a_wait_lasts_from_one_step_to_the_next() -> None:
    """Between two steps of a task there is a wait, with line and words of the place where the first step ended."""
    (recording,) = recordings(
        [
            *made(1, "A", 0, line=7),
            site(5, 3, "asyncio.sleep(1)"),
            step(1, 0.5, 1, site=5),
            step(1, 2, 2.5, marks=StepFlag.DONE),
            end(1, 2.5),
        ]
    )
    (task,) = recording.tasks
    assert (task.name, task.coro, task.line, task.created, task.finished) == ("A", "work", 7, 0.0, 2.5)
    assert task.steps == (Step(0.5, 1.0), Step(2.0, 2.5))
    assert task.waits == (Wait(1.0, 2.0, 3, "asyncio.sleep(1)"),)
    assert task.outcome == "returned"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("helper.py", "helper.py"),
        ("도우미.py", "도우미.py"),
        ("/home/me/helper.py", None),
        ("..", None),
        ("a\x1bb.py", None),
        ("a\u202eb.py", None),
    ],
)
def test_a_line_of_another_file_has_its_name(name: str, file: str | None) -> None:
    """In every part of a session. What no file is called by is not shown, whoever wrote it, and neither is its line."""
    records = [site_beside(5, 3, name, "a\0b"), *made(1, "A", 0), step(1, 0, 1, site=5), step(1, 2, 3, site=5)]
    (recording,) = recordings(records)
    assert [(wait.on, wait.line, wait.file) for wait in recording.tasks[0].waits] == [
        ("a\0b", 3 if file else None, file)
    ] * 2
    assert Recording.from_json(recording.to_json()) == recording


def test_a_task_is_awaited_by_its_last_name() -> None:
    """A task that is awaited as such is shown by its name, even if it got that later; several are given by index."""
    (recording,) = recordings(
        [
            *made(1, "main", 0),
            *made(7, "Task-2", 0, by=1),
            *made(9, "Task-3", 0, by=1),
            step(1, 0, 1, on=7),
            Record(RecordType.TASK_NAMED, at(1), b"renamed", task=7),
            Record(RecordType.AWAITS_MANY, at(3), pack_numbers([7, 9]), task=1),
            step(1, 2, 3, on=-1, by=7),
        ]
    )
    main = recording.tasks[0]
    assert main.waits == (Wait(1.0, 2.0, None, "renamed", (1,)), Wait(3.0, None, None, "Future", (1, 2)))
    assert main.steps[1].woken_by == 1
    assert [task.parent for task in recording.tasks] == [None, 0, 0]


def test_the_step_in_which_the_process_died() -> None:
    """A step that had begun and has no record lasts until the process was gone."""
    records = [*made(1, "A", 0), site(1, 2, "queue.get()"), step(1, 0, 1, site=1)]
    (recording,) = recordings(records, until=5, head=Header(at(3), 1, 0))
    assert recording.tasks[0].steps == (Step(0.0, 1.0), Step(3.0, 5.0))
    assert recording.tasks[0].waits == (Wait(1.0, 3.0, 2, "queue.get()"),)
    (ended,) = recordings(records, until=5, head=Header(at(0), 1, 0))
    assert ended.tasks[0].steps == (Step(0.0, 1.0),)
    assert ended.tasks[0].waits == (Wait(1.0, None, 2, "queue.get()"),)


def test_no_wait_is_made_up_where_steps_are_missing() -> None:
    """Before a step that says so, and after a bare yield with no step to follow, nothing is claimed."""
    (recording,) = recordings(
        [
            *made(1, "A", 0),
            step(1, 0, 1, marks=StepFlag.BARE),
            step(1, 5, 6, marks=StepFlag.GAP),
            step(1, 7, 8, marks=StepFlag.BARE),
        ],
        head=Header(0, 0, 40),
    )
    assert [(wait.start, wait.end) for wait in recording.tasks[0].waits] == [(6.0, 7.0)]
    assert recording.unseen == 40


def test_loops_callbacks_events_and_threads() -> None:
    """Each kind of record comes to its place; a loop that runs twice is one."""
    (recording,) = recordings(
        [
            Record(RecordType.LOOP_CREATED, at(0), b"Loop", 1),
            Record(RecordType.LOOP_STARTED, at(1), b"", 1),
            Record(RecordType.LOOP_STOPPED, at(2), b"", 1),
            Record(RecordType.LOOP_STARTED, at(3), b"", 1),
            *made(1, "A", 1),
            site(1, 4, "hold"),
            site(2, 6, "asyncio.sleep(9)"),
            step(1, 1, 1, site=2),
            Record(RecordType.CALLBACK, at(3), pack_interval(0, at(4)), 1, site=1),
            Record(RecordType.CANCEL_REQUESTED, at(4), task=1),
            Record(RecordType.TIMEOUT_EXPIRED, at(5), task=1, by=1),
            Record(RecordType.WORK_STARTED, at(5), b"77\0pool_0", task=1, by=1, site=1),
            Record(RecordType.WORK_STARTED, at(5), b"78\0pool_0", by=2),
            Record(RecordType.WORK_ENDED, at(6), by=1),
            Record(RecordType.WORK_STARTED, at(7), b"77\0pool_0", by=3, site=1),
        ]
    )
    assert recording.loops == (Loop(1.0, None, "Loop"),)
    assert recording.tasks[0].loop == 0
    assert recording.callbacks == (Callback(3.0, 4.0, "hold", 4, 0),)
    assert recording.events == (Event(4.0, "cancel", 0, None, 6), Event(5.0, "timeout", 0, 0, 6))
    assert recording.threads == (
        Thread("pool_0", (Work(5.0, 6.0, "hold", 4, 0), Work(7.0, None, "hold", 4))),
        Thread("pool_0", (Work(5.0, None, "?"),)),
    )


def test_each_part_of_a_session_has_its_own_interval() -> None:
    """A task is in each part in which it lived, with the steps it had there; indices and lines are the part's."""
    first, second = recordings(
        [
            *made(1, "gone", 0),
            step(1, 0, 1, marks=StepFlag.DONE),
            end(1, 1),
            *made(2, "stays", 1, by=1),
            site(1, 3, "asyncio.sleep(4)"),
            step(2, 1, 1.5, site=1),
            Record(RecordType.PART, at(2), PART),
            Record(RecordType.START, at(3), START.payload),
            *made(3, "new", 4, by=2),
            site(2, 8, "queue.get()", part=2),
            step(3, 4, 4.5, site=2),
            step(2, 5, 6, by=3, marks=StepFlag.DONE),
            end(2, 6, TaskOutcome.CANCELLED),
        ],
        parts=2,
    )
    assert [task.name for task in first.tasks] == ["gone", "stays"]
    assert (first.tasks[1].parent, first.tasks[1].finished, first.tasks[1].outcome) == (0, None, None)
    assert first.tasks[1].waits == (Wait(1.5, None, 3, "asyncio.sleep(4)"),)
    assert [task.name for task in second.tasks] == ["stays", "new"]
    stays = second.tasks[0]
    assert (stays.parent, stays.created, stays.finished, stays.outcome) == (None, 0.0, 3.0, "cancelled")
    assert stays.steps == (Step(2.0, 3.0, 1),)
    assert stays.waits == (Wait(0.0, 2.0, None, "asyncio.sleep(4)"),)
    assert second.tasks[1].parent == 0
    assert second.tasks[1].waits == (Wait(1.5, None, 8, "queue.get()"),)


def test_a_step_is_cut_by_what_ran_inside_it_and_not_beside_it() -> None:
    """An eager task's first step cuts that of who made it; one in another thread's loop cuts nothing."""
    (recording,) = recordings(
        [
            *made(1, "main", 0),
            *made(2, "beside", 0, loop=2),
            *made(3, "eager beside", 1, by=2, loop=2),
            *made(4, "eager", 2, by=1),
            step(3, 1, 1.5, marks=StepFlag.NESTED | StepFlag.DONE),
            step(2, 0.5, 4, marks=StepFlag.DONE),
            step(4, 2, 3, marks=StepFlag.NESTED | StepFlag.DONE),
            step(1, 0, 5, marks=StepFlag.DONE),
        ]
    )
    assert [task.steps for task in recording.tasks] == [
        (Step(0.0, 2.0), Step(3.0, 5.0)),
        (Step(0.5, 1.0), Step(1.5, 4.0)),
        (Step(1.0, 1.5),),
        (Step(2.0, 3.0),),
    ]


def test_what_a_program_floods_its_journal_with_is_bounded() -> None:
    """More tasks, steps and events than a recording keeps are left out, and steps counted."""
    most_tasks, most_steps = MOST_TASKS + MOST_LATE_TASKS, MOST_STEPS + MOST_LONG_STEPS
    tasks = [record for number in range(1, most_tasks + 50) for record in made(number, "A", 0)]
    steps = [step(1, 0, 0) for _ in range(most_steps + 5)]
    events = [Record(RecordType.CANCEL_REQUESTED, at(0), task=1) for _ in range(MOST_NOTES + 5)]
    (recording,) = recordings([*tasks, *steps, step(most_tasks + 20, 0, 0), *events])
    assert len(recording.tasks) == most_tasks
    assert len(recording.tasks[0].steps) == most_steps
    assert len(recording.events) == MOST_NOTES
    assert recording.unseen == 6


def test_a_step_says_since_when_it_was_ready() -> None:
    """A step that could have run a millisecond earlier says since when; after a bare yield, since the last step."""
    (recording,) = recordings(
        [
            *made(1, "A", 0),
            step(1, 0.5, 1, late=300_000),
            step(1, 1.5, 2, marks=StepFlag.BARE, late=999),
            step(1, 2.4, 3),
            step(1, 4, 5, late=1_500_000),
            step(1, 6, 7, late=500_000, marks=StepFlag.GAP),
            step(1, 8, 9, marks=StepFlag.DONE),
        ]
    )
    ready = [step.ready for step in recording.tasks[0].steps]
    # The fourth would have been ready before the third ended: that is what is left of a task that only yielded.
    assert ready == [0.2, None, 2.0, None, None, None]


def test_a_step_as_it_is_written_fastest() -> None:
    """The four numbers that the recorder packs are the record that the journal reads."""
    buffer = bytearray(1024)
    journal = Journal(buffer)
    BARE_STEP.pack_into(buffer, journal.end, bare_step_start(300), 5, task_fields(7, 9), 6)
    (record,) = read_journal(buffer)
    assert (record.kind, record.at, record.stream) == (RecordType.STEP, 5, StepFlag.BARE)
    assert (record.task, record.by, record.site) == (7, 9, 300)
    assert unpack_interval(record) == (0, 6, 0)


@pytest.mark.parametrize("cut", range(33))
def test_a_step_that_was_not_written_to_its_end_is_none(cut: int) -> None:
    """Cut at any byte, a damaged step ends the recording before it."""
    whole = BARE_STEP.pack(bare_step_start(1), at(1), task_fields(1), at(2))
    buffer = bytearray(1024)
    journal = Journal(buffer)
    for record in (START, *made(1, "A", 0)):
        journal.append(record.kind, record.payload, at=record.at, stream=record.stream, task=record.task)
    buffer[journal.end : journal.end + cut] = whole[:cut]
    (recording,) = build_recordings(decode_journal(read_journal(buffer)), (), Ending(at(9), 0), HERE, limit=9)
    (task,) = recording.tasks
    assert task.steps == ((Step(1.0, 2.0),) if len(whole[:cut].rstrip(b"\0")) == len(whole.rstrip(b"\0")) else ())


records = st.builds(
    Record,
    kind=st.sampled_from(RecordType),
    at=st.integers(-(2**63), 2**63 - 1),
    payload=st.binary(max_size=24) | st.builds(pack_interval, st.integers(-2, 5), st.integers(-(2**63), 2**63 - 1)),
    stream=st.integers(0, 255),
    task=st.integers(-1, 5) | st.integers(-(2**31), 2**31 - 1),
    by=st.integers(0, 5) | st.integers(0, 2**32 - 1),
    site=st.integers(0, 65535),
)
heads = st.builds(Header, *4 * [st.integers(-(2**63), 2**63 - 1)])


@calm
@given(st.lists(records, max_size=20), heads, st.integers(1, 3))
def test_any_records_make_recordings(written: list[Record], head: Header, parts: int) -> None:
    """Whatever is in a journal, there is a recording for each part, and it can be stored and read."""
    for recording in recordings(written, head=head, parts=parts):
        assert Recording.from_json(recording.to_json()) == recording


@calm
@given(st.binary(max_size=400), st.integers(0, 120))
def test_a_damaged_journal_makes_a_recording(damage: bytes, place: int) -> None:
    """A program may write into its journal what it likes."""
    buffer = bytearray(1024)
    journal = Journal(buffer)
    for record in (START, *made(1, "A", 0), step(1, 0, 1), end(1, 1)):
        journal.append(record.kind, record.payload, at=record.at, stream=record.stream, task=record.task)
    buffer[place : place + len(damage)] = damage
    decoded = decode_journal(read_journal(buffer), read_header(buffer))
    for recording in build_recordings(decoded, (), Ending(at(9), 0), HERE, limit=1 << 20):
        assert Recording.from_json(recording.to_json()) == recording
