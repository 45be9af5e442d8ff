"""Questions about a run: the recording is the answer key, and says when there is no single answer."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Any

import pytest

from sphinx_await.core.model.recording import Callback, Loop, Output, Recording, Step, Task, Thread, Wait, Work
from sphinx_await.core.text.output_lines import visible_lines
from sphinx_await.core.validation.expected_output import ends_with_expectation, without_expectation
from sphinx_await.core.validation.predictions import (
    AnswerKey,
    KnownMistake,
    PredictionError,
    Question,
    QuestionKind,
    answer_key,
)
from sphinx_await.core.validation.run_order import RunOrder

ORDER, LAST, TIME, WHO = QuestionKind

#: `main` starts two tasks: `work` holds the loop for 0.4 s, `tick` waits for 0.1 s and then for 0.3 s.
MADE = Recording(
    *("CPython 3.13.0", "Linux x86_64", "2026-11-24T12:00:00+00:00"),
    wall=0.71,
    cpu=0.1,
    exit=0,
    outputs=(
        Output(0.001, "stdout", "begin\n", 0),
        Output(0.41, "stdout", "worked\n", 2),
        Output(0.411, "stdout", "tick\n", 1),
        Output(0.412, "stderr", "careful\n", 1),
        Output(0.7, "stdout", "tick\n", 1),
        Output(0.701, "stdout", "end after 0.71 s\n", 0),
    ),
    tasks=(
        Task("Task-1", coro="main", steps=(Step(0.0, 0.005), Step(0.701, 0.702, woken_by=1))),
        Task(
            *("Task-2", 0, 0.002),
            coro="main.<locals>.tick",
            steps=(Step(0.006, 0.007, woken_by=0), Step(0.411, 0.4115, ready=0.106), Step(0.7, 0.7005)),
            waits=(Wait(0.007, 0.41, 3, "asyncio.sleep(0.1)"), Wait(0.412, 0.7, 3, "asyncio.sleep(0.3)")),
        ),
        Task("Task-3", 0, 0.003, coro="main.<locals>.work", steps=(Step(0.008, 0.41, woken_by=0),)),
        Task("Task-4", 0, 0.004, coro="lib", internal=True),
    ),
    loops=(Loop(0.0, 0.705, "loop"),),
)
#: Two tasks whose timers run out at nearly the same moment.
RACE = replace(
    MADE,
    outputs=(Output(0.1, "stdout", "one\n", 1), Output(0.12, "stdout", "two\n", 2), Output(0.3, "stdout", "all\n", 0)),
    tasks=(
        Task("Task-1", coro="main", steps=(Step(0.0, 0.001), Step(0.3, 0.301, woken_by=2))),
        Task("Task-2", 0, coro="a", steps=(Step(0.001, 0.002, woken_by=0), Step(0.1, 0.101))),
        Task("Task-3", 0, coro="b", steps=(Step(0.002, 0.003, woken_by=0), Step(0.12, 0.121), Step(0.3, 0.3))),
    ),
    loops=(Loop(0.0, 0.31, "loop"),),
)


def key(recording: Recording = MADE, **question: object) -> AnswerKey:
    """The key of a question about a recording."""
    return answer_key(Question(**question), recording, visible_lines(recording), "code")  # type: ignore[arg-type]


def texts(found: AnswerKey) -> list[str]:
    """What is right, in order."""
    return [found.choices[index].text for index in found.answer]


def test_an_order_is_that_of_the_recorded_lines_and_is_not_offered_in_it() -> None:
    """The choices are offered in an order of their own, always the same; what is never printed has no place."""
    chosen = ("worked", "begin", "end after 0.70 s")
    found = key(choices=chosen, distractors=("never",))
    assert texts(found) == ["begin", "worked", "end after 0.71 s"]
    assert sorted(choice.text for choice in found.choices) == ["begin", "end after 0.71 s", "never", "worked"]
    assert list(found.answer) != sorted(found.answer)
    assert [found.choices[index].row for index in found.answer] == [0, 1, 5]
    assert found == key(choices=chosen, distractors=("never",))


@pytest.mark.parametrize("code", [f"program {number}" for number in range(20)])
def test_no_program_has_its_lines_offered_in_their_order(code: str) -> None:
    """Also where a choice that is never printed stands before, between or after them."""
    question = Question(choices=("begin", "worked"), distractors=("never", "not at all"))
    found = answer_key(question, MADE, visible_lines(MADE), code)
    assert list(found.answer) != sorted(found.answer)


def test_the_last_line_is_one_of_those_that_are_printed() -> None:
    """Equal lines are one choice; standard error is no choice."""
    found = key(kind=LAST)
    assert texts(found) == ["end after 0.71 s"]
    assert sorted(choice.text for choice in found.choices) == ["begin", "end after 0.71 s", "tick", "worked"]
    assert texts(key(kind=LAST, choices=("worked", "end after 0.7 s"))) == ["end after 0.71 s"]


def test_the_last_line_is_the_one_that_is_printed_last_and_not_an_equal_one_before_it() -> None:
    """A page points out that row; two lines that differ by a duration alone are one choice."""
    for texts_ in (("tick", "work", "tick"), ("took 0.70 s", "work", "took 0.71 s")):
        outputs = tuple(Output(number / 5, "stdout", f"{text}\n", 0) for number, text in enumerate(texts_))
        found = key(replace(MADE, outputs=outputs), kind=LAST)
        assert [found.choices[index].row for index in found.answer] == [2]
        assert sorted(choice.text for choice in found.choices) == sorted({"work", texts_[-1]})


def test_a_time_is_right_within_the_tolerance() -> None:
    """The choices are the author's, or are made from what the recording has of waits; they come in order."""
    found = key(kind=TIME, choices=("1.1 s", "0.7", "400 ms"))
    assert [choice.seconds for choice in found.choices] == [0.4, 0.7, 1.1]
    assert found.answer == (1,)
    made = key(kind=TIME)
    times = [choice.seconds for choice in made.choices]
    assert times[made.answer[0]] == pytest.approx(0.7)
    assert times == sorted(times, key=lambda one: one or 0)
    assert len(times) > 2


@pytest.mark.parametrize("wall", [0.29, 0.31, 0.352, 0.36, 0.41])
@pytest.mark.parametrize("wrong", ["choices", "distractors"])
def test_two_times_of_which_either_could_be_right_are_refused_whatever_was_measured(wall: float, wrong: str) -> None:
    """Else the answer could be another one in the next run; two wrong ones may be as near as an author wants."""
    times = {"choices": ("0.3", "0.4")} if wrong == "choices" else {"choices": ("0.3",), "distractors": ("0.4",)}
    with pytest.raises(
        PredictionError, match=r"0\.3 s and 0\.4 s are so near|several choices are right|not among|right, as"
    ):
        key(replace(MADE, wall=wall), kind=TIME, **times)
    far = key(replace(MADE, wall=0.6), kind=TIME, choices=("0.3", "0.4", "0.6"), distractors=("0.9",))
    assert far.answer == (2,)


def test_times_that_are_made_of_a_recording_differ_so_much_that_one_alone_can_be_right() -> None:
    """Whatever the program took."""
    for hundredths in range(5, 300, 7):
        found = key(replace(MADE, wall=hundredths / 100), kind=TIME)
        assert len(found.answer) == 1


@pytest.mark.parametrize(("at", "who"), [(0.2, "Task-3 work()"), (0.55, "")])
def test_who_runs_is_the_one_task_that_has_a_step_or_nobody(at: float, who: str) -> None:
    """Tasks of libraries are no choice; that nobody runs always is."""
    found = key(kind=WHO, at=at)
    assert texts(found) == [who]
    assert [choice.text for choice in found.choices] == ["Task-1 main()", "Task-2 tick()", "Task-3 work()", ""]
    chosen = key(kind=WHO, at=at, choices=("tick", "work()"), distractors=("Task-9",))
    assert [choice.text for choice in chosen.choices] == ["Task-2 tick()", "Task-3 work()", "Task-9", ""]


@pytest.mark.parametrize(
    ("recording", "question", "part", "message"),
    [
        (MADE, {}, "", "'tick' is printed several times; name lines that are printed once"),
        (MADE, {"choices": ("begin", "tick")}, "choices", "'tick' is printed several times"),
        (MADE, {"choices": ("begin", "begins")}, "choices", "'begins' is never printed; a wrong choice belongs in"),
        (MADE, {"choices": ("begin", "begin")}, "choices", "'begin' is named twice"),
        (MADE, {"choices": ("begin",)}, "", "there is only one choice"),
        (MADE, {"choices": ("begin",), "distractors": ("tick",)}, "distractors", "'tick' is printed"),
        (RACE, {}, "", r"'one' and 'two' are printed at nearly the same moment (0.100 s and 0.120 s)"),
        (RACE, {"kind": LAST, "choices": ("one", "two")}, "choices", "the last line is 'all', which is not among"),
        (replace(MADE, outputs=()), {}, "", "prints nothing"),
        (MADE, {"kind": TIME, "choices": ("0.68", "0.72")}, "choices", "several choices are right: 0.68 s, 0.72 s"),
        (MADE, {"kind": TIME, "choices": ("0.1", "0.2")}, "choices", "took 0.710 s, which is not among"),
        (MADE, {"kind": TIME, "choices": ("soon", "0.2")}, "choices", "'soon' is no time"),
        (MADE, {"kind": TIME, "distractors": ("0.75",)}, "distractors", "0.75 s is right"),
        (MADE, {"kind": WHO, "at": 0.4}, "", "from 0.38 s to 0.42 s not one task alone runs all the time (Task-2"),
        (MADE, {"kind": WHO, "at": 0.002}, "", "no event loop ran around 0.002 s; choose a moment within 0.000-0.705"),
        (MADE, {"kind": WHO, "at": 0.2, "choices": ("tick", "main")}, "choices", "Task-3 work() runs, which is not"),
        (MADE, {"kind": WHO, "at": 0.2, "choices": ("cook", "work")}, "choices", "'cook' is no task of the program"),
        (MADE, {"kind": WHO, "at": 0.2, "distractors": ("Task-2",)}, "distractors", "'Task-2' is a task"),
    ],
)
def test_a_question_without_a_single_answer_is_refused(
    recording: Recording, question: dict[str, object], part: str, message: str
) -> None:
    """And the part of it that is to blame is named."""
    with pytest.raises(PredictionError, match=re.escape(message)) as caught:
        key(recording, **question)
    assert caught.value.part == part


def test_two_tasks_or_a_thread_at_a_moment_are_no_single_answer() -> None:
    """A thread works while a task holds the loop; two tasks have one name."""
    busy = replace(MADE, threads=(Thread("asyncio_0", (Work(0.1, 0.6, "read"),)),))
    with pytest.raises(PredictionError, match=r"asyncio_0 read\(\)"):
        key(busy, kind=WHO, at=0.2)
    twins = replace(MADE, tasks=(*MADE.tasks[:2], replace(MADE.tasks[2], name="Task-2", coro="main.<locals>.tick")))
    with pytest.raises(PredictionError, match=r"two tasks are called 'Task-2 tick\(\)'; give them names"):
        key(twins, kind=WHO, at=0.2)


@pytest.mark.parametrize(
    ("outputs", "threads"),
    [
        # A call of a thread, before which and after which the task that asked for it prints.
        ([("asks", 0.0, 0, None), ("called", 0.01, None, 0), ("has it", 0.02, 0, None)], True),
        # Timers that ran out at other times, though the lines came at one.
        ([("held", 0.02, 0, None), ("late", 0.021, 1, None)], False),
        # Outside of event loops there is only one order.
        ([("before", 0.4, None, None), ("after", 0.401, None, None)], False),
    ],
)
def test_an_order_that_follows_from_the_program_is_certain(
    outputs: list[tuple[str, float, int | None, int | None]], *, threads: bool
) -> None:
    """However near to each other its lines are printed."""
    recording = replace(
        MADE,
        outputs=tuple(Output(at, "stdout", f"{text}\n", task, thread) for text, at, task, thread in outputs),
        tasks=(
            Task(
                "Task-1",
                coro="main",
                steps=(Step(0.0, 0.001), Step(0.02, 0.0205)),
                waits=(Wait(0.001, 0.02, 3, "asyncio.to_thread(call)"),),
            ),
            Task("Task-2", 0, coro="b", steps=(Step(0.001, 0.002, woken_by=0), Step(0.021, 0.022, ready=0.2))),
        ),
        threads=(Thread("asyncio_0", (Work(0.009, 0.011, "call", task=0),)),) if threads else (),
        loops=(Loop(0.0, 0.3, "loop"),),
    )
    assert len(key(recording).answer) == len(outputs)


@pytest.mark.parametrize(
    ("outputs", "more"),
    [
        # Callbacks of two timers.
        (
            ((0.1, None, None), (0.101, None, None)),
            {"callbacks": (Callback(0.1, 0.1005, "a"), Callback(0.101, 0.2, "b"))},
        ),
        # Callbacks that a recording does not have, as of a built-in function.
        (((0.1, None, None), (0.101, None, None)), {}),
        # A callback that another task kept waiting until its timer had run out, too.
        (((0.2, 1, None), (0.26, None, None)), {"callbacks": (Callback(0.2595, 0.27, "a", loop=0),)}),
        # Two threads, and a thread beside the main program.
        (((0.4, None, 0), (0.401, None, 1)), {}),
        (((0.4, None, None), (0.401, None, 1)), {}),
        # Timers of one loop in another thread, and the starts of two loops.
        (((0.1, 3, 2), (0.101, 4, 2)), {}),
        (((0.005, 0, None), (0.006, 2, 2)), {}),
        # A call that nobody awaits.
        (((0.055, None, 3), (0.06, 0, None)), {}),
        # A call that may begin before what its task prints after it has asked for it.
        (((0.005, 0, None), (0.012, None, 3)), {}),
    ],
)
def test_an_order_of_what_nothing_keeps_in_order_is_not_certain(
    outputs: tuple[tuple[float, int | None, int | None], ...], more: dict[str, Any]
) -> None:
    """Two callbacks, two threads, two loops, a call that nobody awaits."""
    held = Step(0.199, 0.2595, ready=0.15)
    recording = replace(
        MADE,
        outputs=tuple(Output(at, "stdout", f"{text}\n", *by) for text, (at, *by) in zip("ab", outputs, strict=True)),
        tasks=(
            Task(
                "Task-1",
                steps=(Step(0.004, 0.01), Step(0.06, 0.061)),
                waits=(Wait(0.01, 0.06, 3, "asyncio.sleep(0.05)"),),
                loop=0,
            ),
            Task("Task-2", 0, steps=(Step(0.01, 0.011, woken_by=0), held), loop=0),
            Task("Task-3", steps=(Step(0.005, 0.01),), loop=1),
            Task("Task-4", 2, steps=(Step(0.01, 0.011, woken_by=2), Step(0.1, 0.1005)), loop=1),
            Task("Task-5", 2, steps=(Step(0.012, 0.013, woken_by=2), Step(0.101, 0.102)), loop=1),
        ),
        loops=(Loop(0.003, 0.3, "loop"), Loop(0.003, 0.3, "loop", thread=2)),
        threads=(
            Thread("one", (Work(0.39, 0.41, "f"),)),
            Thread("two", (Work(0.39, 0.41, "f"),)),
            Thread("three", (Work(0.001, 0.31, "run"),)),
            Thread("pool", (Work(0.0095, 0.0555, "f", task=0),)),
        ),
        **more,
    )
    with pytest.raises(PredictionError, match="at nearly the same moment"):
        key(recording)


def test_the_order_of_a_task_and_of_an_eager_one_that_runs_within_its_step_is_certain() -> None:
    """A recording divides the step of the first; where something else is between its steps, nothing is certain."""
    outputs = [(0.01, 0), (0.02, 1), (0.03, 0)]
    recording = replace(
        MADE,
        outputs=tuple(Output(at, "stdout", f"{at}\n", task) for at, task in outputs),
        tasks=(
            Task("Task-1", steps=(Step(0.005, 0.015), Step(0.025, 0.035)), loop=0),
            Task("Task-2", 0, 0.015, 0.025, "returned", steps=(Step(0.015, 0.025, woken_by=0),), loop=0),
        ),
        threads=(),
        loops=(Loop(0.0, 0.3, "loop"),),
    )
    assert texts(key(recording)) == ["0.01", "0.02", "0.03"]
    first, second = recording.tasks
    apart = replace(recording, tasks=(replace(first, steps=(Step(0.005, 0.015), Step(0.0251, 0.035))), second))
    with pytest.raises(PredictionError, match="at nearly the same moment"):
        key(apart)


def test_what_comes_after_a_loop_or_after_all_that_it_awaits_is_certain() -> None:
    """However near to each other the timers are."""
    ends = ((0.1, "asyncio.sleep(0.1)"), (0.101, "asyncio.sleep(0.101)"))
    children = (
        Task(
            *(f"Task-{number}", 0, 0.001, end + 0.0005, "returned"),
            steps=(Step(number / 1000, number / 1000 + 0.0005, woken_by=0), Step(end, end + 0.0005)),
            waits=(Wait(number / 1000 + 0.0005, end, 3, on),),
            loop=0,
        )
        for number, (end, on) in enumerate(ends, 2)
    )
    main = Task(
        "Task-1",
        steps=(Step(0.001, 0.0015), Step(0.102, 0.1025, woken_by=2)),
        waits=(Wait(0.0015, 0.102, 5, "asyncio.gather()", (1, 2)),),
        loop=0,
    )
    outputs = (("before", 0.0005, None), ("one", 0.1, 1), ("all", 0.102, 0), ("after", 0.104, None))
    recording = replace(
        MADE,
        outputs=tuple(Output(at, "stdout", f"{text}\n", task) for text, at, task in outputs),
        tasks=(main, *children),
        loops=(Loop(0.0008, 0.103, "loop"),),
    )
    assert texts(key(recording)) == ["before", "one", "all", "after"]


def test_a_question_about_many_lines_takes_time_in_proportion_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of which is the last, and of their order, which is refused before lines are compared."""
    count = 10_000
    begins = [index / 100 for index in range(count)]
    task = Task(
        "Task-1",
        steps=tuple(Step(at, at + 0.001) for at in begins),
        waits=tuple(Wait(at + 0.001, at + 0.01, 3, "asyncio.sleep(0)") for at in begins),
    )
    other = Task("Task-2", 0, steps=tuple(Step(at + 0.002, at + 0.003, woken_by=0) for at in begins))
    outputs = tuple(Output(at + 0.002, "stdout", f"line {index}\n", 1) for index, at in enumerate(begins))
    end = Output(count / 100 + 0.5, "stdout", "end\n", 0)
    main = replace(task, steps=(*task.steps, Step(end.at, end.at + 0.1)))
    recording = replace(
        MADE, wall=200.0, outputs=(*outputs, end), tasks=(main, other), loops=(Loop(0.0, 199.0, "loop"),)
    )
    lines = visible_lines(recording)
    asked = 0
    before = RunOrder._right_before

    def counted(order: RunOrder, place: Any) -> Any:
        nonlocal asked
        asked += 1
        return before(order, place)

    monkeypatch.setattr(RunOrder, "_right_before", counted)
    began = time.process_time()
    assert texts(answer_key(Question(LAST, choices=("end", "line 1")), recording, lines, "")) == ["end"]
    assert count <= asked <= 3 * count
    with pytest.raises(PredictionError, match="10001 lines are too many"):
        answer_key(Question(), recording, lines, "")
    assert time.process_time() - began < 20


def test_a_known_mistake_names_choices_and_is_a_mistake() -> None:
    """Else it would never be said."""
    three: dict[str, Any] = {"choices": ("begin", "worked", "end after 0.71 s"), "distractors": ("never",)}
    mistakes = (KnownMistake("worked", "begin"), KnownMistake("never"), KnownMistake())
    found = key(**three, mistakes=mistakes)
    named = [tuple(None if at is None else found.choices[at].text for at in pair) for pair in found.mistakes]
    assert named == [("worked", "begin"), ("never", None), (None, None)]
    times = key(kind=TIME, choices=("0.4", "0.7"), mistakes=(KnownMistake("0.4"),))
    assert times.mistakes == ((0, None),)
    wrong = {
        "'begin' is printed before 'worked': this is no mistake": KnownMistake("begin", "worked"),
        "'begin' is right": KnownMistake("begin"),
        "'cook' is none of the choices; there are: ": KnownMistake("cook"),
        "a line that is not printed has no place": KnownMistake("never", "begin"),
    }
    for message, mistake in wrong.items():
        with pytest.raises(PredictionError, match=re.escape(message)) as caught:
            key(**three, mistakes=(KnownMistake(), mistake))
        assert caught.value.part == "1"


def test_a_known_mistake_is_about_the_choice_with_its_text_and_not_about_one_that_has_it_as_a_word() -> None:
    """Words of a choice mean it only where they are the name or the coroutine of a task, and of one task alone."""
    outputs = tuple(Output(number / 5, "stdout", f"{text}\n", 0) for number, text in enumerate(("A done", "B done")))
    lines = replace(MADE, outputs=outputs)
    found = key(lines, distractors=("C A", "A"), mistakes=(KnownMistake("A"),))
    assert [found.choices[at].text for at, _none in found.mistakes if at is not None] == ["A"]
    who: dict[str, Any] = {"kind": WHO, "at": 0.2}
    for text in ("tick", "tick()", "Task-2"):
        assert key(**who, mistakes=(KnownMistake(text),)).mistakes == ((1, None),)
    refused: list[tuple[Recording, dict[str, Any], str]] = [
        (lines, {"mistakes": (KnownMistake("done"),)}, "'done' is none of the choices"),
        (
            lines,
            {"distractors": ("C 0.1 s", "C 0.11 s"), "mistakes": (KnownMistake("C 0.12 s"),)},
            "'C 0.12 s' is several of the choices: 'C 0.1",
        ),
        (
            MADE,
            who | {"distractors": ("Task-9 tick()",), "mistakes": (KnownMistake("tick"),)},
            "'tick' is several of the choices: 'Task-2 tick()', 'Task-9 tick()'",
        ),
    ]
    for recording, question, message in refused:
        with pytest.raises(PredictionError, match=re.escape(message)):
            key(recording, **question)


def test_a_choice_that_differs_from_two_lines_by_a_duration_alone_is_none_of_them() -> None:
    """Which of them is meant could be another one in the next run."""
    texts_ = ("took 0.10 s", "work", "took 0.11 s")
    outputs = tuple(Output(number / 5, "stdout", f"{text}\n", 0) for number, text in enumerate(texts_))
    with pytest.raises(
        PredictionError, match=re.escape("'took 0.10 s' is several lines: 'took 0.10 s', 'took 0.11 s'")
    ):
        key(replace(MADE, outputs=outputs), choices=("took 0.10 s", "work"))


def test_the_comment_of_expected_output_is_left_out_of_the_code_that_is_shown() -> None:
    """At the end of a program only; elsewhere the numbers of lines would change."""
    code = "print(1)\n\n\n# a note\n# Expected output:\n# 1\n"
    assert without_expectation(code, ["Expected output"]) == "print(1)\n\n\n# a note"
    assert ends_with_expectation(code, ["Expected output"])
    middle = f"{code}\nprint(2)"
    assert not ends_with_expectation(middle, ["Expected output"])
    assert without_expectation(middle, ["Expected output"]) == middle
    assert without_expectation("print(1)\n", ["Expected output"]) == "print(1)\n"
