from __future__ import annotations

import json
import struct
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sphinx_await.core.decoding.decoder import RunContext, build_recordings, decode_journal
from sphinx_await.core.decoding.ending import Ending
from sphinx_await.core.decoding.output import compact
from sphinx_await.core.journal.reader import Header, Record
from sphinx_await.core.journal.records import STDERR, STDOUT, STEP_PAYLOAD, STREAM_NAMES, RecordType
from sphinx_await.core.model.recording import Failure, Omission, Output, Recording, Task
from sphinx_await.core.text.output_lines import read_lines, text_of

from ..support.examples import examples

many = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=examples(1000))
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SECOND = 1_000_000_000
BEGIN = 50 * SECOND
HERE = RunContext("CPython 3.13.0", "Linux x86_64", "2025-01-01T00:00:00+00:00", network=True)
PLENTY = 1 << 20
START = Record(RecordType.START, BEGIN, b'{"cpu": 0.25, "delay": 0.125}')


def out(at: float, data: bytes, stream: int = STDOUT, task: int = 0) -> Record:
    """Bytes on a stream, so many seconds after the beginning."""
    return Record(RecordType.OUTPUT, BEGIN + round(at * SECOND), data, stream, task)


def recorded(
    *records: Record, foreign: tuple[Record, ...] = (), ending: Ending | None = None, limit: int = PLENTY
) -> Recording:
    """The recording of a run with these records."""
    (recording,) = build_recordings(
        decode_journal(records), foreign, ending or Ending(BEGIN + 3 * SECOND, 0), HERE, limit=limit
    )
    return recording


def test_times_count_from_the_first_line() -> None:
    """Moments and wall time count from the START, wall time ends at the STOP, CPU time is what came in between."""
    recording = recorded(
        START,
        out(0.5, b"a\n"),
        Record(RecordType.STOP, BEGIN + 2 * SECOND, b""),
        ending=Ending(BEGIN + 9 * SECOND, 3, cpu=0.75, delay=0.625, timed_out=True),
    )
    assert recording == Recording(
        HERE.python,
        HERE.platform,
        HERE.started,
        wall=2.0,
        cpu=0.5,
        exit=3,
        timed_out=True,
        outputs=(Output(0.5, "stdout", "a\n"),),
        network=True,
        run_delay=0.5,
    )


def test_a_process_that_died() -> None:
    """Without a STOP the wall time lasts until the process was gone, and what it had written is there."""
    recording = recorded(START, out(0.5, b"a\n"), ending=Ending(BEGIN + SECOND, -11))
    assert (recording.wall, recording.exit) == (1.0, -11)
    assert [output.text for output in recording.outputs] == ["a\n"]


def test_a_process_that_never_began() -> None:
    """Without a START nothing took any time, and the exit status is the process's."""
    recording = recorded(ending=Ending(BEGIN, -9, cpu=0.5, delay=0.5))
    assert (recording.wall, recording.exit, recording.outputs) == (0.0, -9, ())


def test_what_is_known_of_a_process_that_never_began() -> None:
    """Without a START what was written is there nevertheless, and that time was up."""
    foreign = (out(-1, b"cannot start\n", STDERR),)
    recording = recorded(foreign=foreign, ending=Ending(BEGIN, -9, timed_out=True))
    assert recording.timed_out
    assert recording.outputs == (Output(0.0, "stderr", "cannot start\n"),)


def test_delay_is_unknown_if_the_system_does_not_measure_it() -> None:
    """Without the time for which a process wanted a core, at its start or its end, the recording has none."""
    silent = Record(RecordType.START, BEGIN, b'{"cpu": 0.25, "delay": null}')
    assert recorded(START).run_delay is None
    assert recorded(silent, ending=Ending(BEGIN, 0, delay=0.5)).run_delay is None


def test_output_before_the_first_line() -> None:
    """What was written before the first line ran comes first, at moment zero."""
    recording = recorded(START, out(1, b"a\n"), foreign=(out(-0.5, b"warming up\n", STDERR),))
    assert recording.outputs == (Output(0.0, "stderr", "warming up\n"), Output(1.0, "stdout", "a\n"))


def test_foreign_output_takes_its_place_in_time() -> None:
    """Output of child processes is among the program's own, by its moment."""
    recording = recorded(START, out(1, b"1"), out(3, b"3", STDERR), foreign=(out(2, b"2", STDERR), out(4, b"4")))
    assert [(output.at, output.stream, output.text) for output in recording.outputs] == [
        (1.0, "stdout", "1"),
        (2.0, "stderr", "2"),
        (3.0, "stderr", "3"),
        (4.0, "stdout", "4"),
    ]


def test_tasks_are_given_by_index() -> None:
    """An output names its task by the order in which tasks got their numbers; a task has its last name."""
    recording = recorded(
        START,
        Record(RecordType.TASK_NAMED, BEGIN, "일꾼".encode(), task=7),
        Record(RecordType.TASK_NAMED, BEGIN, b"B", task=3),
        Record(RecordType.TASK_NAMED, BEGIN, b"A", task=7),
        out(1, b"b\n", task=3),
        out(2, b"a\n", task=7),
        out(3, b"none\n"),
        out(4, b"unknown\n", task=99),
    )
    assert recording.tasks == (Task("A"), Task("B"))
    assert [output.task for output in recording.outputs] == [1, 0, None, None]


def test_the_other_records() -> None:
    """Failure, hosts, truncation and the recorder's own trouble are read from a journal."""
    failure = Failure("ValueError", "안 됨", "Traceback", 3)
    decoded = decode_journal(
        [
            START,
            Record(RecordType.FAILURE, 1, json.dumps(asdict(failure)).encode()),
            Record(RecordType.ACCESS, 2, b'["module", "m"]'),
            Record(RecordType.HOST, 3, b"www.python.org"),
            Record(RecordType.HOST, 4, b"github.com"),
            Record(RecordType.TRUNCATED, 5, b""),
            Record(RecordType.BROKEN, 6, b"gave up: \xff"),
        ]
    )
    assert decoded.accesses == [b'["module", "m"]']
    assert decoded.hosts == ["www.python.org", "github.com"]
    assert decoded.broken == "gave up: \\xff"
    (recording,) = build_recordings(decoded, (), Ending(9, 1), HERE, limit=PLENTY)
    assert (recording.failure, recording.truncated) == (failure, True)


def test_a_character_in_two_writes() -> None:
    """A character whose bytes come in two writes is one character, at the second, whatever comes in between."""
    first, second = "한".encode()[:1], "한".encode()[1:]
    recording = recorded(START, out(1, first), out(2, "é\n".encode(), STDERR), out(3, second))
    assert recording.outputs == (Output(2.0, "stderr", "é\n"), Output(3.0, "stdout", "한"))


#: Nothing that goes back in its line: what is written over is left out on purpose.
forward = (st.binary(max_size=6) | st.text(max_size=3).map(str.encode)).map(
    lambda data: data.replace(b"\r", b"\n").replace(b"\x1b", b"\n")
)
pieces = st.tuples(st.sampled_from([STDOUT, STDERR]), forward)


@calm
@given(st.lists(pieces, max_size=12))
def test_bytes_become_text_as_if_written_at_once(written: list[tuple[int, bytes]]) -> None:
    """However a stream's bytes are cut into writes, its text is that of all of them, with no byte lost."""
    recording = recorded(START, *(out(at, data, stream) for at, (stream, data) in enumerate(written)))
    for number, name in STREAM_NAMES.items():
        whole = b"".join(data for stream, data in written if stream == number)
        assert text_of(recording.outputs, name) == whole.decode("utf-8", "backslashreplace")
    assert not recording.truncated


@pytest.mark.parametrize(
    ("written", "limit", "kept", "truncated"),
    [
        ([b"x" * 100], 100, "x" * 100, False),
        ([b"x" * 101], 100, "x" * 100, True),
        ([b"x" * 60, b"y" * 60], 100, "x" * 60 + "y" * 40, True),
        ([b"x" * 60, b"y" * 40, b"z"], 100, "x" * 60 + "y" * 15 + "y" * 5 + "z", True),
        ([b"a\n" * 50, b"b\n" * 50], 100, "a\n" * 37 + "a" + "b\n" * 12, True),
        ([b"\n"] * 5, 100, "\n" * 5, False),
        ([b"\n"] * 6, 100, "\n" * 5, True),
        ([b"x"], 0, "", True),
        (["한".encode() * 10], 4, "한", True),
    ],
    ids=[
        "just",
        "one more",
        "in a piece",
        "after a piece",
        "lines",
        "least cost",
        "many small",
        "nothing",
        "in a character",
    ],
)
def test_output_limit(written: list[bytes], limit: int, kept: str, truncated: bool) -> None:
    """Of more than the limit start and end are kept, and the recording says so; a piece counts 20 bytes or more."""
    recording = recorded(START, *(out(at, data) for at, data in enumerate(written)), limit=limit)
    assert text_of(recording.outputs, "stdout") == kept
    assert recording.truncated is truncated


def test_the_limit_holds_for_all_writers_together() -> None:
    """What children wrote counts too."""
    recording = recorded(START, out(2, b"own" * 10), foreign=(out(1, b"child" * 10, STDERR),), limit=60)
    assert text_of(recording.outputs, "stderr") == "child" * 9
    assert text_of(recording.outputs, "stdout") == "own" * 5
    assert recording.omitted == Omission(1, 0, 20)
    assert recording.truncated


def session(*, limit: int = PLENTY) -> list[Recording]:
    """A session of four parts: one ends well, one by an exception, one with the process; the last is not reached."""
    failure = Failure("ValueError", "no", "Traceback", 3)
    records = [
        START,
        out(1, b"first\n"),
        Record(RecordType.PART, BEGIN + 2 * SECOND, b'{"status": 0, "cpu": 0.5}'),
        out(2.5, b"between\n"),
        Record(RecordType.START, BEGIN + 3 * SECOND, b'{"cpu": 1.0, "delay": 0.25}'),
        out(3, b"second\n"),
        Record(RecordType.FAILURE, BEGIN + 4 * SECOND, json.dumps(asdict(failure)).encode()),
        Record(RecordType.PART, BEGIN + 4 * SECOND, b'{"status": 1, "cpu": 1.125}'),
        Record(RecordType.START, BEGIN + 5 * SECOND, b'{"cpu": 1.5, "delay": 0.5}'),
        out(5.5, b"third\n"),
    ]
    foreign = [out(3.5, b"child\n", STDERR)]
    ending = Ending(BEGIN + 9 * SECOND, -9, cpu=1.75, delay=0.75, timed_out=True)
    return build_recordings(decode_journal(records), foreign, ending, HERE, limit=limit, parts=4)


def test_parts_of_a_session() -> None:
    """Each part of a session has a recording with its own times, output, status and failure."""
    first, second, third, _ = session()
    assert (first.wall, first.cpu, first.exit, first.failure, first.timed_out) == (2.0, 0.25, 0, None, False)
    assert [(one.at, one.text) for one in first.outputs] == [(1.0, "first\n"), (2.5, "between\n")]
    assert (second.wall, second.cpu, second.exit, second.timed_out) == (1.0, 0.125, 1, False)
    assert second.failure == Failure("ValueError", "no", "Traceback", 3)
    assert [(one.at, one.text) for one in second.outputs] == [(0.0, "second\n"), (0.5, "child\n")]
    assert (third.wall, third.cpu, third.exit, third.failure, third.timed_out) == (4.0, 0.25, -9, None, True)
    assert [(one.at, one.text) for one in third.outputs] == [(0.5, "third\n")]
    assert third.run_delay == 0.25


def test_a_part_that_was_not_reached() -> None:
    """A part behind the one that ended the session has a recording that says so, and took no time."""
    last = session()[-1]
    assert (last.wall, last.cpu, last.outputs) == (0.0, 0.0, ())
    assert last.failure is not None
    assert last.failure.message == "the session had ended before this part could run"


def test_the_part_that_was_cut_says_so() -> None:
    """The part of a session whose output is cut off says so, and so does each one after it that printed."""
    first, second, third, _ = session(limit=8)
    assert text_of(first.outputs, "stdout") == "first\n"
    assert (first.truncated, second.truncated, third.truncated) == (True, True, True)


def test_a_counter_costs_what_it_shows() -> None:
    """What is written over in its own line is not kept; what is kept shows the same."""
    written = [out(number, f"\rworking {number + 1}/1000".encode()) for number in range(1000)]
    recording = recorded(START, *written, out(1000, b"\nthe result\n"), limit=30_000)
    assert len(recording.outputs) < 10
    lines = [(line.at, line.text) for line in read_lines(recording.outputs)]
    assert lines == [(0.0, "working 1000/1000"), (1000.0, "the result")]
    assert not recording.truncated


def test_a_counter_beyond_the_limit_eats_no_result() -> None:
    """Only what was written over is left out, so that nothing is missing."""
    written = [out(number, f"\rworking {number + 1}/1000".encode()) for number in range(1000)]
    recording = recorded(START, *written, out(1000, b"\nthe result\n"), limit=1000)
    assert [line.text for line in read_lines(recording.outputs)] == ["working 1000/1000", "the result"]
    assert (recording.truncated, recording.omitted) == (False, None)


def test_lines_left_out_are_counted() -> None:
    """The end begins with a whole line, and what is missing before it is known."""
    written = [out(number, f"line {number:04}\n".encode()) for number in range(500)]
    recording = recorded(START, *written, out(501, b"Traceback\n", STDERR), limit=1000)
    lines = [line.text for line in read_lines(recording.outputs)]
    assert (lines[0], lines[-2:]) == ("line 0000", ["line 0499", "Traceback"])
    assert recording.omitted is not None
    assert recording.omitted.lines == 501 - len(lines)
    assert lines[recording.omitted.after].startswith("line 0")


_pieces = st.sampled_from(
    ["\r", "\n", "ab", "abc", "abcd\x1b[K", "1 한", "2 한", "\x1b[K", "\x1b[2K", "\x1b[31m", "\b", "\t", "x"]
)


@many
@given(st.lists(st.tuples(st.lists(_pieces, max_size=3).map("".join), st.sampled_from(["stdout", "stderr"]))))
@example([("ab", "stdout"), ("\r\x1b[K", "stdout"), ("\n", "stderr")])
def test_what_is_not_kept_would_not_be_shown(written: list[tuple[str, str]]) -> None:
    """Whatever is written: what is left of it shows the same at the same moments."""
    outputs = [Output(float(at), stream, text) for at, (text, stream) in enumerate(written) if text]
    assert read_lines(compact(outputs)) == read_lines(outputs)


#: Numbers at the edges of what the fields of a record hold, and small ones that refer to something.
edges = {
    size: st.sampled_from([low, low + 1, high - 1, high]) | st.integers(max(low, -2), 5) | st.integers(low, high)
    for size, low, high in (("B", 0, 2**8 - 1), ("H", 0, 2**16 - 1), ("I", 0, 2**32 - 1), ("i", -(2**31), 2**31 - 1))
}
moments = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 5 * SECOND).map(lambda since: BEGIN + since)
payloads = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"", b"null", b"[]", b'{"cpu": 1, "delay": null}', b'{"cpu": 1, "status": 3}', b"x" * 5000]),
    st.builds(lambda text: text.encode("utf-8", "surrogatepass"), st.text(max_size=20)),
    st.builds(STEP_PAYLOAD.pack, edges["i"], edges["I"], moments),
    st.builds(
        lambda *words: json.dumps(dict(zip(("type", "message", "traceback", "line"), words, strict=True))).encode(),
        *[st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)] * 4,
    ),
)
tails = st.builds(lambda size, lines: struct.pack("<qq", size, lines) + bytes(200), moments, moments)
odd_records = st.builds(
    Record, st.sampled_from(RecordType), moments, payloads, edges["B"], edges["i"], edges["I"], edges["H"]
) | st.builds(Record, st.just(RecordType.TAIL), moments, tails)


@given(
    st.lists(odd_records, max_size=12),
    st.lists(st.builds(out, st.floats(0, 3), st.binary(max_size=30)), max_size=4),
    st.builds(Header, moments, edges["i"], moments, moments),
    st.integers(20, 200),
    st.integers(1, 3),
)
@settings(calm, max_examples=examples(300))
def test_recordings_of_any_journal_can_be_stored_and_read_again(
    records: list[Record], foreign: list[Record], header: Header, limit: int, parts: int
) -> None:
    """A program can write any record to its journal. There is one valid recording for each part."""
    journal = decode_journal([START, *records], header)
    ending = Ending(BEGIN + 3 * SECOND, 0)
    recordings = build_recordings(journal, foreign, ending, HERE, limit=limit, parts=parts)
    assert [Recording.from_json(recording.to_json()) for recording in recordings] == recordings
    assert len(recordings) == parts
