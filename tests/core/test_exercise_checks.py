"""What an exercise asks of a program, said over its recording."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from sphinx_await.core.errors import CheckError
from sphinx_await.core.model.recording import Failure, Loop, Output, Recording, Step, Task, Wait
from sphinx_await.core.validation.exercise_checks import is_doubtful, is_judged, passed, passes, read_check

MADE = Recording(
    *("CPython 3.13.0", "Linux x86_64", "2026-11-24T12:00:00+00:00"),
    wall=0.5,
    cpu=0.1,
    exit=0,
    outputs=(
        Output(0.0, "stdout", "apple\nbanana\n"),
        Output(0.1, "stderr", "cherry\n"),
        Output(0.2, "stdout", "apple"),
    ),
    tasks=(
        Task("Task-1", coro="main", steps=(Step(0.0, 0.2),), waits=(Wait(0.2, 0.4, 1, "gather()"),)),
        Task("fetching", coro="main.<locals>.fetch", waits=(Wait(0.2, 0.3, 2, "asyncio.sleep(0.1)"),)),
        Task("Task-3", coro="main.<locals>.fetch", waits=(Wait(0.25, None, 2, "asyncio.sleep(9)"),)),
        Task(
            *("Task-4", None, 0.4, 0.55, "returned"),
            coro="late",
            waits=(Wait(0.4, 0.5, 2, "asyncio.sleep(0.1)"),),
        ),
    ),
)
FAILED = replace(MADE, exit=1, failure=Failure("json.JSONDecodeError", "bad", "", 1))


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ("printed('banana')", True),
        ("printed('apple', 'banana', 'apple')", True),
        ("printed('banana', 'banana')", False),
        ("printed('cherry')", False),
        ("printed_once('banana')", True),
        ("printed_once('apple')", False),
        ("printed_last('apple')", True),
        ("printed_last('banana')", False),
        ("within(0.5)", True),
        ("within(0.4)", False),
        ("after(0.5)", True),
        ("after(0.6)", False),
        ("tasks >= 4", True),
        ("tasks > 4", False),
        ("returned", True),
        ("raised('ValueError')", False),
        ("overlap('fetch')", True),
        ("overlap('main')", False),
        ("overlap('main', 'fetching')", True),
        ("overlap('main', 'late')", False),
        ("overlap('fetch', 'late')", True),
        ("overlap('nobody')", False),
        ("waited('asyncio.sleep')", True),
        ("waited('Queue')", False),
        ("blocked(0.2)", True),
        ("blocked(0.3)", False),
        ("not blocked(0.3) and len(lines) == 3", True),
        ("any('nan' in line for line in lines)", True),
        ("len(max(lines, key=lambda line: len(line))) == 6", True),
        ("wall < 0.1", False),
        ("at('banana') < 0.1", True),
        ("at('banana') > 0.1", False),
        ("at('cherry') < 9 or at('cherry') >= 0", False),
        ("stderr()", True),
        ("stderr('cherry')", True),
        ("stderr('apple')", False),
        ("most_at_once('fetch') == 2", True),
        ("most_at_once('fetch', 'asyncio.sleep(9)') == 1", True),
        ("most_at_once('nobody') == 0", True),
        ("ended('late', 'returned')", True),
        ("ended('late', 'cancelled')", False),
        ("0.1 < lasted('late') <= 0.2", True),
        ("lasted('main') > 0 or lasted('main') <= 0", False),
        ("stopped", False),
    ],
)
def test_a_check_holds_or_not(test: str, holds: bool) -> None:
    """For output, time, tasks and waits."""
    assert passes(test, MADE) is holds


@pytest.mark.parametrize(
    ("piece", "holds"),
    [
        ("TaskGroup", True),
        ("async with", True),
        ("asyncio.TaskGroup()", True),
        ("asyncio . TaskGroup ( )", True),
        ("await work(1)", True),
        ("Group", False),
        ("gather", False),
        ("Semaphore", False),
        ("", False),
    ],
)
def test_a_check_can_ask_for_a_piece_of_source(piece: str, holds: bool) -> None:
    """By its words and signs; comments and texts do not count, what an f-string evaluates does."""
    code = 'async with asyncio.TaskGroup():  # not gather\n    print("Semaphore", f"{await work(1)}")\n'
    assert passes(f"uses({piece!r})", MADE, code) is holds
    assert passes(f"uses({piece!r})", MADE, code + "    'unfinished\n  )") is holds


def test_a_task_ends_in_one_of_three_ways() -> None:
    """Another word is a mistake of the author's."""
    with pytest.raises(CheckError, match="cancelled, raised, returned"):
        passes("ended('late', 'canceled')", MADE)


def test_an_exception_is_not_a_return() -> None:
    """And is known by the last part of its name, and by its bases."""
    assert FAILED.failure is not None
    failed = replace(FAILED, failure=replace(FAILED.failure, names=("ValueError",)))
    checks = ["returned", "raised('JSONDecodeError')", "raised('ValueError')", "raised('TypeError')"]
    assert passed(checks, failed) == [False, True, True, False]


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("printed('a'", "is no Python expression"),
        ("x = 1", "is no Python expression"),
        ("prnted('a')", "unknown name 'prnted'; there are: after, at, blocked"),
        ("open('file')", "unknown name 'open'"),
        ("lines.__class__", ".__class__ is not allowed in a check"),
    ],
)
def test_a_check_that_cannot_be_read_says_why(test: str, message: str) -> None:
    """Before any program runs."""
    with pytest.raises(CheckError, match=message):
        read_check(test)


START = "import asyncio\nasync def main():\n    await asyncio.sleep(1)\n    print('apple')\nasyncio.run(main())\n"
MAIN = "import asyncio\n\nasync def main():\n{}\n\nasyncio.run(main())\n"


@pytest.mark.parametrize(
    ("code", "is_cheap"),
    [
        ("print('apple')\nprint('banana')", True),
        ("for name in ('apple', 'banana'):\n    print(f'{name}')", True),
        (MAIN.format("    print('apple')\n    print(str(len('apple')))"), True),
        ("def say(n):\n    if n > 1:\n        print('apple', n)\nfor n in range(3):\n    say(n)", True),
        (START, False),
        ("def say():\n    print('apple')\n    yield\nlist(say())", False),
        ("import time\ntime.sleep(1)\nprint('apple')", False),
        ("class Fruit:\n    name = 'apple'\nprint(Fruit.name)", False),
        ("try:\n    print('apple')\nexcept ValueError:\n    pass", False),
        ("apple = 1", False),
        ("# print('apple')\n", True),
        ("print('apple'", False),
    ],
)
def test_a_program_that_only_prints_passes_nothing_where_the_start_does_more(code: str, *, is_cheap: bool) -> None:
    """Whatever it prints is expected; where the start only prints, too, that is what is asked for."""
    tests = ["printed('apple')", "printed_last('apple')"]
    assert is_judged(tests, MADE, code, START) is not is_cheap
    assert passed(tests, MADE, code, START) == [not is_cheap] * len(tests)
    assert passed(tests, MADE, code) == [True, True]


def test_a_program_may_only_print_where_the_start_only_prints() -> None:
    """That is what the exercise asks for then; an empty program passes nothing there, either."""
    tests, start = ["printed('apple')", "within(1)"], "print('pear')\n"
    assert passed(tests, MADE, "print('apple')", start) == [True, True]
    assert passed(tests, MADE, "\n", start) == [False, False]


def test_a_check_that_fails_itself_says_why_and_is_not_passed() -> None:
    """To its author; to a reader it is one that is not passed."""
    with pytest.raises(CheckError, match="TypeError"):
        passes("within('soon')", MADE)
    assert passed(["within('soon')", "returned"], MADE) == [False, True]


@pytest.mark.timed
def test_many_tasks_that_do_not_overlap_are_compared_fast() -> None:
    """Two thousand tasks of which no two wait at the same time."""
    tasks = tuple(
        Task(
            f"Task-{number}",
            coro="work",
            waits=tuple(Wait(number + n / 100, number + n / 100 + 0.005, 1, "x") for n in range(50)),
        )
        for number in range(2000)
    )
    began = time.process_time()
    assert passed(["overlap('work')", "overlap('work', 'work')"], replace(MADE, tasks=tasks)) == [False, False]
    assert time.process_time() - began < 5


def test_a_wait_of_one_task_does_not_overlap_itself() -> None:
    """Nor two waits of one task that touch."""
    task = Task("Task-1", coro="work", waits=(Wait(0.0, 1.0, 1, "x"), Wait(1.0, 2.0, 1, "y")))
    other = Task("Task-2", coro="work", waits=(Wait(2.0, 3.0, 1, "x"),))
    assert passed(["overlap('work')"], replace(MADE, tasks=(task, other))) == [False]


def test_a_program_that_failed_solves_nothing() -> None:
    """Whatever it printed before, unless a check asks for the exception."""
    assert passed(["printed('banana')", "within(0.5)"], FAILED) == [False, False]
    assert passed(["printed('banana')", "raised('JSONDecodeError')"], FAILED) == [True, True]
    for test in ("not raised('ValueError')", "raised('ValueError')", "raised('JSONDecodeError') and False", "(" * 300):
        assert passed(["printed('banana')", test], FAILED) == [False, False]
    stopped = replace(FAILED, timed_out=True)
    assert passed(["printed('banana')", "raised('JSONDecodeError')"], stopped) == [False, False]


def test_a_program_without_tasks_passes_no_check_of_an_exercise_on_tasks() -> None:
    """A forgotten ``asyncio.run`` is no program that ends in time."""
    idle = replace(MADE, tasks=(), outputs=())
    assert passed(["within(1)", "overlap('fetch')"], idle) == [False, False]
    assert passed(["within(1)"], idle) == [True]


def test_the_time_of_an_exercise_is_that_of_its_event_loops() -> None:
    """Python's start and imports, which a slow device takes long for, are no part of it."""
    slow = replace(MADE, wall=3.0, loops=(Loop(2.0, 2.4, "loop"),))
    assert passed(["within(0.41)", "after(0.39)"], slow) == [True, True]


def _sleeper(index: int, start: float, end: float, seconds: float) -> Task:
    """A task that sleeps from one step to another."""
    name, on = f"Task-{index}", f"asyncio.sleep({seconds:g})"
    steps = (Step(start - 0.001, start), Step(end, end + 0.001))
    return Task(name, coro="work", steps=steps, waits=(Wait(start, end, 1, on),), loop=0)


def _run(end: float, *tasks: Task) -> Recording:
    return replace(MADE, wall=end, tasks=tasks, outputs=(), loops=(Loop(0.0, end, "loop"),))


def test_a_late_timer_is_not_the_fault_of_a_program() -> None:
    """A sleep counts as long as it asks for; two that overlap count once, two in turn twice."""
    late = _run(0.52, _sleeper(1, 0.01, 0.5, 0.3), _sleeper(2, 0.02, 0.4, 0.2))
    assert passed(["within(0.31)", "within(0.29)"], late) == [True, False]
    in_turn = _run(0.8, _sleeper(1, 0.01, 0.4, 0.3), _sleeper(2, 0.41, 0.75, 0.2))
    assert passed(["within(0.52)", "within(0.45)"], in_turn) == [True, False]


def test_what_blocks_the_event_loop_counts() -> None:
    """A step of 50 ms is no late timer."""
    blocking = replace(_sleeper(1, 0.01, 0.31, 0.3), steps=(Step(0.0, 0.01), Step(0.31, 0.51)))
    assert passed(["within(0.45)", "within(0.51)"], _run(0.51, blocking)) == [False, True]


def test_a_run_is_doubtful_if_only_times_were_missed_on_a_busy_device() -> None:
    """Then another run may pass; a program that printed something wrong does not."""
    late, quiet = _run(0.51, _sleeper(1, 0.01, 0.5, 0.3)), _run(0.31, _sleeper(1, 0.001, 0.302, 0.3))
    assert is_doubtful(["lasted('work') < 1"], late)
    assert not is_doubtful(["lasted('work') < 1"], quiet)
    assert not is_doubtful(["lasted('work') < 1", "printed('x')"], late)
    assert not is_doubtful(["within(0.35)"], late)
    assert not is_doubtful(["lasted('work') < 1"], replace(late, exit=1))
    assert not is_doubtful(["after(9)"], late)  # it was too quick


def test_a_program_that_blocks_is_not_called_late_for_that() -> None:
    """Not where blocking is what was missed, though nobody saw the line."""
    blocking = replace(_sleeper(1, 0.01, 0.31, 0.3), steps=(Step(0.0, 0.01), Step(0.31, 0.51)))
    assert not is_doubtful(["not blocked(0.1)"], _run(0.51, blocking))
    assert is_doubtful(["within(0.4)"], _run(0.51, blocking))


def test_many_short_steps_are_not_the_devices() -> None:
    """A loop that blocks for a little time again and again takes what it takes."""
    steps = tuple(Step(0.04 * number, 0.04 * number + 0.039) for number in range(12))
    blocking = replace(_sleeper(1, 0.01, 0.012, 0.0), steps=steps, waits=())
    assert passed(["within(0.3)", "within(0.5)"], _run(0.48, blocking)) == [False, True]
