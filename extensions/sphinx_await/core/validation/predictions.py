"""Questions about a run, whose answer key is its recording: what a reader predicts before seeing the output.

``order``
    in which order lines are printed
``last``
    which line is printed last
``time``
    how long the program takes
``who``
    which task runs at a moment

A question without a single answer raises a :class:`.PredictionError`. Times of two runs differ, so an order is certain
only if it does not depend on which of two moments comes first that are nearly equal.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from ..digest import digest
from ..errors import AwaitError
from ..syntax import is_left_to_chance
from ..text.messages import Message
from .expected_output import agree, ends_with_expectation, find_expectation
from .run_order import RunOrder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..model.recording import Recording, Task
    from ..model.snippet import Snippet
    from ..text.output_lines import OutputLine

#: A time is right if it differs from the measured one by at most the larger of these.
TIME_SECONDS, TIME_SHARE = 0.05, 0.15
#: So long before and after the moment of a question, in seconds, the same task must run.
AROUND = 0.02
#: A question has at least and at most so many choices.
FEWEST, MOST = 2, 10
#: How a block of seconds is rounded where the choices are made from the recording.
_COARSE, _FINE = 0.1, 0.05
#: What of a question is wrong: the question itself, its choices, its distractors; a known mistake has its index.
WHOLE, CHOICES, DISTRACTORS = "", "choices", "distractors"
_TIME = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*(ms|밀리초|s|sec|초)?")
_MILLISECONDS = frozenset({"ms", "밀리초"})


class PredictionError(AwaitError):
    """A question has no single answer in the recording, or a part of it means nothing.

    :ivar words: what is wrong and what to do, for readers of the page too.
    :ivar part: :data:`WHOLE`, :data:`CHOICES`, :data:`DISTRACTORS`, or the index of a known mistake as a text.
    """

    def __init__(self, words: Message, part: str) -> None:
        super().__init__(words.said())
        self.words = words
        self.part = part


class QuestionKind(StrEnum):
    """What a question asks."""

    ORDER = "order"
    LAST = "last"
    TIME = "time"
    WHO = "who"


@dataclass(frozen=True, slots=True)
class KnownMistake:
    """A mistake for which an author has a sentence.

    :ivar chosen: a wrong choice; if empty, any mistake without a sentence of its own.
    :ivar before: of an order: the line that was put after the chosen one, although it is printed before it.
    """

    chosen: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a run, as its author wrote it.

    :ivar at: the moment of ``who``, in seconds from the start of the program.
    :ivar choices: what readers choose from; if empty, the recording decides.
    :ivar distractors: choices that are wrong.
    """

    kind: QuestionKind = QuestionKind.ORDER
    at: float = 0.0
    choices: tuple[str, ...] = ()
    distractors: tuple[str, ...] = ()
    mistakes: tuple[KnownMistake, ...] = ()

    @property
    def asks_for_time(self) -> bool:
        """Whether its answer is a time, or depends on one."""
        return self.kind in {QuestionKind.TIME, QuestionKind.WHO}


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice.

    :ivar text: a line of output, or the name of a task; empty if it is the choice that no task runs.
    :ivar seconds: of a time; None of all others.
    :ivar row: the index of its line among the lines of output; None if it is not printed or no line.
    """

    text: str = ""
    seconds: float | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """The choices of a question, in the order in which they are offered, and what is right.

    :ivar answer: indices of choices: in the right order, or the only right one.
    :ivar mistakes: for each known mistake the indices of its choices; None where it names none.
    """

    kind: QuestionKind
    choices: tuple[Choice, ...]
    answer: tuple[int, ...]
    mistakes: tuple[tuple[int | None, int | None], ...] = ()


def answer_key(question: Question, recording: Recording, lines: Sequence[OutputLine], code: str) -> AnswerKey:
    """The answer key of a question.

    :param lines: the lines of output that readers see.
    :param code: of the program; it decides the order in which the choices are offered.
    :raises PredictionError: there is no single answer, or a part of the question means nothing.
    """
    if is_left_to_chance(code):
        words = Message("the program draws random numbers: the next run may differ; call `random.seed(1)` first")
        raise PredictionError(words, WHOLE)
    found = _FINDERS[question.kind](question, recording, lines)
    if len(found) < FEWEST:
        words = Message("there is only one choice; `exec_distractors` adds wrong ones")
        raise PredictionError(words, WHOLE)
    if len(found) > MOST:
        words = Message("%d choices are more than %d; name those to ask about with `exec_choices`", (len(found), MOST))
        raise PredictionError(words, WHOLE)
    offered = _offered(question.kind, found, code)
    choices = tuple(choice for choice, _place in offered)
    ranked = sorted((place, index) for index, (_choice, place) in enumerate(offered) if place is not None)
    answer = tuple(index for _place, index in ranked)
    mistakes = tuple(
        _mistake(mistake, number, question.kind, choices, answer) for number, mistake in enumerate(question.mistakes)
    )
    return AnswerKey(question.kind, choices, answer, mistakes)


def key_of_snippet(
    question: Question,
    snippet: Snippet,
    recording: Recording,
    lines: Sequence[OutputLine],
    markers: Sequence[str],
) -> AnswerKey:
    """The answer key of a question about a snippet, whose expected output must agree with what is asked.

    :param markers: the starts of a comment of expected output.
    :raises PredictionError: as for :func:`answer_key`; the comment says that the order is not certain, or does not end
        the program, so that it cannot be left out.
    """
    if not ends_with_expectation(snippet.code, markers):
        words = Message("the comment of expected output must be at the end of the program, so that it can be left out")
        raise PredictionError(words, WHOLE)
    mode = snippet.options.expect
    expected = None if mode is not None else find_expectation(snippet.code, markers)
    is_any_order = mode == "any-order" or (expected is not None and expected.any_order)
    if is_any_order and question.kind in {QuestionKind.ORDER, QuestionKind.LAST}:
        words = Message("the expected output may come in any order, so that a question about its order has no answer")
        raise PredictionError(words, WHOLE)
    return answer_key(question, recording, lines, snippet.code)


#: A choice, and its place in the answer; None if it is wrong.
_Found = list[tuple[Choice, int | None]]


def _offered(kind: QuestionKind, found: _Found, code: str) -> _Found:
    """The choices in the order in which they are offered: always the same.

    Lines to put in order are never offered in it, also where wrong choices stand between them.
    """
    if kind is QuestionKind.TIME:
        return sorted(found, key=lambda one: one[0].seconds or 0.0)
    if kind is QuestionKind.WHO:
        return found
    # By their places and not by their texts, which may have a time in them.
    shuffled = [found[index] for index in sorted(range(len(found)), key=lambda index: digest(f"{code}\0{index}"))]
    if kind is QuestionKind.ORDER and len({place for _choice, place in found} - {None}) > 1:
        while _is_in_order(shuffled):
            shuffled = [*shuffled[1:], shuffled[0]]
    return shuffled


def _is_in_order(offered: _Found) -> bool:
    places = [place for _choice, place in offered if place is not None]
    return places == sorted(places)


def _order(question: Question, recording: Recording, lines: Sequence[OutputLine]) -> _Found:
    """The lines to put in order."""
    rows = _printed(lines)
    number = len(question.choices) or len(rows)
    if number > MOST:  # first, as all that follows compares lines with each other
        words = Message(
            "%d lines are too many to put in order; name up to %d of them with `exec_choices`", (number, MOST)
        )
        raise PredictionError(words, WHOLE)
    if question.choices:
        rows = sorted(_row_of(text, lines, rows) for text in question.choices)
        twice = next((row for row, other in pairwise(rows) if row == other), None)
        if twice is not None:
            raise PredictionError(Message("%r is named twice", (lines[twice].text,)), CHOICES)
    else:
        for row in rows:
            _see_unique(row, lines, rows, WHOLE)
    order = RunOrder(recording)
    for place, later in enumerate(rows):
        for row in rows[:place]:
            _see_certain(row, later, order, lines)
    found: _Found = [(Choice(lines[row].text, row=row), place) for place, row in enumerate(rows)]
    return [*found, *_never_printed(question, lines)]


def _last(question: Question, recording: Recording, lines: Sequence[OutputLine]) -> _Found:
    """The lines of which one is the last."""
    rows = _printed(lines)
    last, order = rows[-1], RunOrder(recording)
    for row in rows[:-1]:
        if not _alike(lines[row].text, lines[last].text):
            _see_certain(row, last, order, lines)
    chosen = [_row_of(text, lines, rows, unique=False) for text in question.choices] or rows
    texts: dict[str, int] = {}
    for row in chosen:
        shown = last if _alike(lines[row].text, lines[last].text) else row
        texts.setdefault(lines[shown].text, shown)
    found: _Found = [(Choice(text, row=row), 0 if row == last else None) for text, row in texts.items()]
    _see_one_answer(found, Message("the last line is %r, which is not among the choices", (lines[last].text,)))
    return [*found, *_never_printed(question, lines)]


def _time(question: Question, recording: Recording, _lines: Sequence[OutputLine]) -> _Found:
    """The times of which one is right."""
    wall = recording.wall
    given = [_seconds_of(text, CHOICES) for text in question.choices] or [*_likely_times(recording)]
    wrong = [_seconds_of(text, DISTRACTORS) for text in question.distractors]
    if near := next((one for one in wrong if _is_time(one, wall)), None):
        words = Message("%g s is right, as the program took %.3f s; choose a time farther from it", (near, wall))
        raise PredictionError(words, DISTRACTORS)
    if not question.choices and len({*given, *wrong}) < FEWEST:
        words = Message("no other time is likely for this program; name some with `exec_choices`")
        raise PredictionError(words, WHOLE)
    found: _Found = [(Choice(seconds=one), 0 if _is_time(one, wall) else None) for one in dict.fromkeys(given)]
    _see_one_answer(found, Message("the program took %.3f s, which is not among the choices", (wall,)))
    right = next(one for one in given if _is_time(one, wall))
    for times, part in ((given, CHOICES), (wrong, DISTRACTORS)):
        if near := next((one for one in times if one != right and _may_both_be_right(one, right)), None):
            words = Message(
                "%g s and %g s are so near to each other that another run may make the other one right; "
                "choose times that differ more",
                (min(near, right), max(near, right)),
            )
            raise PredictionError(words, part)
    return [*found, *((Choice(seconds=one), None) for one in dict.fromkeys(wrong) if one not in given)]


def _who(question: Question, recording: Recording, _lines: Sequence[OutputLine]) -> _Found:
    """The tasks of which one runs at a moment, and the choice that none does."""
    at = question.at
    loops = [(loop.start, recording.wall if loop.end is None else loop.end) for loop in recording.loops]
    if not any(start + AROUND <= at <= end - AROUND for start, end in loops):
        spans = ", ".join(f"{start:.3f}-{end:.3f} s" for start, end in loops) or "-"
        words = Message("no event loop ran around %g s; choose a moment within %s", (at, spans))
        raise PredictionError(words, WHOLE)
    running = _running(recording, at)
    tasks = [task for task in recording.tasks if not task.internal]
    chosen = [_task_of(text, tasks) for text in question.choices] or tasks
    names = [full_task_name(task) for task in chosen]
    if again := next((name for name, number in Counter(names).items() if number > 1), None):
        words = Message("two tasks are called %r; give them names (`create_task(..., name=...)`)", (again,))
        raise PredictionError(words, CHOICES if question.choices else WHOLE)
    found: _Found = [(Choice(name), 0 if task is running else None) for name, task in zip(names, chosen, strict=True)]
    found.append((Choice(), 0 if running is None else None))
    if running is not None:
        words = Message("at %g s %s runs, which is not among the choices", (at, full_task_name(running)))
        _see_one_answer(found, words)
    known = {task.name for task in tasks} | {task.coro for task in tasks} | {*map(full_task_name, tasks)}
    for text in dict.fromkeys(question.distractors):
        if text in known:
            raise PredictionError(
                Message("%r is a task of the program; name it in `exec_choices`", (text,)), DISTRACTORS
            )
        found.insert(-1, (Choice(text), None))
    return found


_FINDERS = {
    QuestionKind.ORDER: _order,
    QuestionKind.LAST: _last,
    QuestionKind.TIME: _time,
    QuestionKind.WHO: _who,
}


def full_task_name(task: Task) -> str:
    """The name of a task with its coroutine, as a lane of a picture has it."""
    coro = (task.coro or "").rpartition("<locals>.")[2]
    return f"{task.name} {coro}()" if coro else task.name


def _running(recording: Recording, at: float) -> Task | None:
    """The task that runs at a moment and around it; None if nothing does.

    :raises PredictionError: another task runs just before or after the moment, or something else runs as well.
    """
    start, end = at - AROUND, at + AROUND
    busy: list[tuple[float, float, str, Task | None]] = [
        (step.start, step.end, full_task_name(task), task) for task in recording.tasks for step in task.steps
    ]
    busy += [(one.start, one.end, one.name, None) for one in recording.callbacks]
    busy += [
        (work.start, recording.wall if work.end is None else work.end, f"{thread.name} {work.what}()", None)
        for thread in recording.threads
        for work in thread.work
    ]
    around = [one for one in busy if one[0] < end and one[1] > start]
    if not around:
        return None
    if len(around) == 1 and around[0][0] <= start and around[0][1] >= end and around[0][3] is not None:
        return around[0][3]
    names = ", ".join(dict.fromkeys(name for _start, _end, name, _task in around))
    words = Message(
        "from %g s to %g s not one task alone runs all the time (%s); choose a moment farther from a change",
        (start, end, names),
    )
    raise PredictionError(words, WHOLE)


def _task_of(text: str, tasks: Sequence[Task]) -> Task:
    """The task that a choice means: by its name, its coroutine, or both.

    :raises PredictionError: no task or several tasks match.
    """
    named = [task for task in tasks if text in {task.name, full_task_name(task)}]
    named = named or [task for task in tasks if text.removesuffix("()") in _coroutines(task)]
    if len(named) == 1:
        return named[0]
    there = ", ".join(map(full_task_name, tasks))
    if named:
        raise PredictionError(Message("%r is several tasks; there are: %s", (text, there)), CHOICES)
    raise PredictionError(Message("%r is no task of the program; there are: %s", (text, there)), CHOICES)


def _coroutines(task: Task) -> set[str]:
    coro = task.coro or ""
    return {coro, coro.rpartition("<locals>.")[2], coro.rpartition(".")[2]} - {""}


def _printed(lines: Sequence[OutputLine]) -> list[int]:
    """The lines that can be asked about: those of standard output that are not empty.

    :raises PredictionError: nothing was printed, or lines are missing.
    """
    rows = [row for row, line in enumerate(lines) if line.stream == "stdout" and line.text.strip()]
    if not rows:
        raise PredictionError(Message("the program prints nothing that the page shows"), WHOLE)
    if any(line.omitted for line in lines):
        raise PredictionError(Message("the program printed more than is kept"), WHOLE)
    return rows


def _alike(text: str, other: str) -> bool:
    return agree(text.strip(), other.strip())


def _row_of(text: str, lines: Sequence[OutputLine], rows: Sequence[int], *, unique: bool = True) -> int:
    """The line that a choice means.

    :raises PredictionError: the line is not printed, or is printed several times.
    """
    found = [row for row in rows if lines[row].text.strip() == text.strip()]
    found = found or [row for row in rows if _alike(text, lines[row].text)]
    if not found:
        words = Message("%r is never printed; a wrong choice belongs in `exec_distractors`", (text,))
        raise PredictionError(words, CHOICES)
    if unique:
        # Of two lines that differ by a duration alone, the next run may print either with the duration that is named.
        several = {lines[row].text.strip(): None for row in rows if _alike(text, lines[row].text)}
        if len(several) > 1:
            words = Message(
                "%r is several lines: %s; name lines that differ more", (text, ", ".join(map(repr, several)))
            )
            raise PredictionError(words, CHOICES)
        _see_unique(found[0], lines, rows, CHOICES)
    return found[0]


def _see_unique(row: int, lines: Sequence[OutputLine], rows: Sequence[int], part: str) -> None:
    """Refuse a line that is printed several times.

    :raises PredictionError: the line is printed several times.
    """
    text = lines[row].text
    if sum(lines[other].text.strip() == text.strip() for other in rows) > 1:
        words = Message("%r is printed several times; name lines that are printed once with `exec_choices`", (text,))
        raise PredictionError(words, part)


def _see_certain(row: int, later: int, order: RunOrder, lines: Sequence[OutputLine]) -> None:
    """Refuse two lines whose order may be another in the next run.

    :raises PredictionError: the order may be another.
    """
    if order.is_certain(lines[row], lines[later]):
        return
    words = Message(
        "%r and %r are printed at nearly the same moment (%.3f s and %.3f s), so that their order is not certain; "
        "name other lines with `exec_choices`, or let the program wait for times that differ more",
        (lines[row].text, lines[later].text, lines[row].at, lines[later].at),
    )
    raise PredictionError(words, WHOLE)


def _never_printed(question: Question, lines: Sequence[OutputLine]) -> Iterator[tuple[Choice, None]]:
    """The distractors of a question about lines.

    :raises PredictionError: one of them is printed.
    """
    for text in dict.fromkeys(question.distractors):
        if any(_alike(text, line.text) for line in lines):
            words = Message("%r is printed; `exec_distractors` has what is not", (text,))
            raise PredictionError(words, DISTRACTORS)
        yield Choice(text), None


def _see_one_answer(found: _Found, none: Message) -> None:
    """Refuse a question with no right choice or with several.

    :param none: what to say if there is none.
    :raises PredictionError: there is not one.
    """
    right = [choice for choice, place in found if place is not None]
    if not right:
        raise PredictionError(none, CHOICES)
    if len(right) > 1:
        texts = ", ".join(choice.text or f"{choice.seconds:g} s" for choice in right)
        words = Message("several choices are right: %s; choose such as differ more", (texts,))
        raise PredictionError(words, CHOICES)


def _is_time(seconds: float, wall: float) -> bool:
    return abs(seconds - wall) <= max(TIME_SECONDS, TIME_SHARE * wall)


def _may_both_be_right(one: float, other: float) -> bool:
    """Whether a program may take a time that is within the tolerance of two choices."""
    less, more = sorted((one, other))
    longest = max(less + TIME_SECONDS, less / (1 - TIME_SHARE))
    shortest = min(more - TIME_SECONDS, more / (1 + TIME_SHARE))
    return shortest <= longest + 1e-9  # also if they only touch: 0.2 + 0.05 is not quite 0.3 - 0.05 in binary


def _seconds_of(text: str, part: str) -> float:
    """The seconds of a choice: ``0.3``, ``0.3 s``, ``300 ms``.

    :raises PredictionError: the text is not a time.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise PredictionError(Message("%r is no time; seconds are expected, such as 0.3", (text,)), part)
    return float(match[1]) / (1000 if match[2] in _MILLISECONDS else 1)


def _likely_times(recording: Recording) -> Iterator[float]:
    """The time that a program took, rounded, and times that somebody may take for it.

    If everything were done one after another, and if all waited at once; and half and twice the time.
    """
    wall = recording.wall
    unit = _COARSE if wall >= 3 * _COARSE else _FINE
    right = round(round(wall / unit) * unit, 2)
    if not right or not _is_time(right, wall):
        right = round(wall, 2)
    yield right
    waits = [
        wait.end - wait.start
        for task in recording.tasks
        for wait in task.waits
        if wait.end is not None and not wait.tasks and not wait.on.startswith("Task")
    ]
    held = [step.end - step.start for task in recording.tasks for step in task.steps if step.end - step.start >= _FINE]
    times = [*waits, *held]
    kept = [right]
    for time in (sum(times), max(times, default=0.0), right * 2, right / 2):
        rounded = round(round(time / unit) * unit, 2)
        if rounded > 0 and not any(_may_both_be_right(rounded, one) for one in kept):
            kept.append(rounded)
            yield rounded


def _mistake(
    mistake: KnownMistake, number: int, kind: QuestionKind, choices: Sequence[Choice], answer: Sequence[int]
) -> tuple[int | None, int | None]:
    """The choices that a known mistake names.

    :raises PredictionError: one of them is no choice, or it is no mistake.
    """
    part = f"{number}"
    if not mistake.chosen:
        return None, None
    chosen = _choice_of(mistake.chosen, kind, choices, part)
    if not mistake.before:
        if chosen in answer:
            words = Message("%r is right, so this is no mistake that a reader can make", (mistake.chosen,))
            raise PredictionError(words, part)
        return chosen, None
    if kind is not QuestionKind.ORDER:
        raise PredictionError(Message("only a question about an order has mistakes with `<`"), part)
    other = _choice_of(mistake.before, kind, choices, part)
    if chosen not in answer or other not in answer:
        words = Message("a line that is not printed has no place in the order; name it alone")
        raise PredictionError(words, part)
    if answer.index(chosen) <= answer.index(other):
        words = Message("%r is printed before %r: this is no mistake", (mistake.chosen, mistake.before))
        raise PredictionError(words, part)
    return chosen, other


def _choice_of(text: str, kind: QuestionKind, choices: Sequence[Choice], part: str) -> int:
    """The index of the choice that a known mistake means: the same text before one that is only alike.

    :raises PredictionError: no choice or several choices match.
    """
    time = _TIME.fullmatch(text.strip())
    seconds = _seconds_of(text, part) if kind is QuestionKind.TIME and time else None

    def is_same(choice: Choice) -> bool:
        return choice.seconds == seconds if choice.seconds is not None else choice.text.strip() == text.strip()

    def is_alike(choice: Choice) -> bool:
        if choice.seconds is not None:
            return seconds is not None and abs(choice.seconds - seconds) < TIME_SECONDS / 10
        return _alike(text, choice.text)

    def is_part(choice: Choice) -> bool:
        return kind is QuestionKind.WHO and text.strip() in _parts(choice.text)

    for is_meant in (is_same, is_alike, is_part):
        found = [index for index, choice in enumerate(choices) if is_meant(choice)]
        if len(found) == 1:
            return found[0]
        if found:
            words = Message("%r is several of the choices: %s", (text, _texts([choices[index] for index in found])))
            raise PredictionError(words, part)
    raise PredictionError(Message("%r is none of the choices; there are: %s", (text, _texts(choices))), part)


def _texts(choices: Sequence[Choice]) -> str:
    return ", ".join(f"{choice.seconds:g}" if choice.seconds is not None else repr(choice.text) for choice in choices)


def _parts(full: str) -> set[str]:
    """The name and the coroutine in a :func:`full_task_name`."""
    name, _space, coro = full.rpartition(" ")
    bare = coro.removesuffix("()")
    return {name, coro, bare, bare.rpartition(".")[2]} - {""} if bare != coro else set()
