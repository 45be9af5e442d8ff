"""What the environment keeps of each document, as frozen data that can be pickled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.model.snippet import Snippet
    from ..core.validation.predictions import Question
    from ..core.validation.run_values import RunValue


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression that says in what builds a part of a document is shown.

    :ivar kind: ``only``, over tags, or ``ifconfig``, over configuration values.
    """

    kind: str
    expression: str


@dataclass(frozen=True, slots=True)
class SnippetEntry:
    """A snippet of a document.

    :ivar silent: its author hides its output.
    :ivar conditions: of the `only` and `ifconfig` around it, which say in what builds it is shown.
    :ivar named: its author gave it its name; else it has the name of its page and a number.
    """

    snippet: Snippet
    silent: bool = False
    conditions: tuple[Condition, ...] = ()
    named: bool = False

    @property
    def place(self) -> str:
        """Its file, relative to the source folder, and the line of its first line of code."""
        return f"{self.snippet.file}:{self.snippet.line_in_file(1)}"


class IdleKind(Enum):
    """Why blocks of Python do not run."""

    #: They are fences of a document that ``await_run_fences`` does not name.
    NOT_NAMED = auto()
    #: Directives such as ``literalinclude``, or in Markdown ``code-block``, made them, in a document whose fences run.
    DIRECTIVE = auto()


@dataclass(frozen=True, slots=True)
class IdleBlocks:
    """Blocks of Python of a document that do not run: why, how many, and where the first one is."""

    docname: str
    file: str
    line: int
    count: int
    kind: IdleKind


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in the markup of a document, at a line of a file (relative to the source folder)."""

    file: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that names a run, with its file (relative to the source folder) and line.

    :ivar value: what it says of the run; None if it shows its picture.
    """

    docname: str
    name: str
    file: str
    line: int
    value: RunValue | None = None

    @property
    def claims_time(self) -> bool:
        """Whether it says how long something took."""
        return self.value is None or self.value.is_time


@dataclass(frozen=True, slots=True)
class RunIndex:
    """A place that lists runs, or pages with exercises: those of the documents that match a pattern, or of all.

    :ivar of_exercises: whether it lists pages with exercises.
    :ivar file: relative to the source folder.
    """

    docname: str
    patterns: tuple[str, ...]
    file: str
    line: int
    of_exercises: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """What a program must do to solve an exercise.

    :ivar test: an expression over a recording.
    :ivar hint: what is to be reached, for readers.
    """

    test: str
    hint: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class FeedbackEntry:
    """A sentence for wrong answers of a kind.

    :ivar condition: an expression over a recording; empty if it has a mistake.
    :ivar wrong: the names of programs that must get this sentence.
    """

    condition: str
    file: str
    line: int
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise: its document, the names of its two programs, its checks, and its sentences for wrong answers.

    :ivar title: as readers see it; may be empty.
    :ivar key: by which a reader's device remembers that it is solved.
    :ivar start_code: the program to begin with.
    """

    docname: str
    start: str
    solution: str
    checks: tuple[Check, ...]
    feedback: tuple[FeedbackEntry, ...] = ()
    title: str = ""
    key: str = ""
    start_code: str = ""

    @property
    def tests(self) -> list[str]:
        """The expressions of its checks."""
        return [check.test for check in self.checks]

    @property
    def conditions(self) -> list[str]:
        """The conditions of its sentences for wrong answers."""
        return [one.condition for one in self.feedback]

    @property
    def wrong(self) -> dict[str, int]:
        """The names of its wrong answers, each with the index of the sentence that it must get."""
        return {name: index for index, one in enumerate(self.feedback) for name in one.wrong}

    @property
    def programs(self) -> frozenset[str]:
        """The names of all its programs."""
        return frozenset({self.start, self.solution, *self.wrong})


@dataclass(frozen=True, slots=True)
class Prediction:
    """A question about a run: its document, the name of the run, and the question.

    :ivar places: file and line of each part of the question, as a :class:`.PredictionError` names it.
    """

    docname: str
    run: str
    question: Question
    places: Mapping[str, tuple[str, int]]


def free_name(stem: str, number: int, taken: set[str]) -> str:
    """A name with the number of a run: one that no other run of the page has. It is then taken."""
    name = f"{stem}-{number}"
    while name in taken:
        name += "-"
    taken.add(name)
    return name
