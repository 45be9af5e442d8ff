"""Programs as they are typed at Python's prompt: examples after ``>>>``, each with what is displayed below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Names of doctest's option flags that may follow ``# doctest:``.
SKIP, ELLIPSIS, NORMALIZE_WHITESPACE = "SKIP", "ELLIPSIS", "NORMALIZE_WHITESPACE"
IGNORE_EXCEPTION_DETAIL, DONT_ACCEPT_BLANKLINE = "IGNORE_EXCEPTION_DETAIL", "DONT_ACCEPT_BLANKLINE"
FLAGS = (SKIP, ELLIPSIS, NORMALIZE_WHITESPACE, IGNORE_EXCEPTION_DETAIL, DONT_ACCEPT_BLANKLINE)


@dataclass(frozen=True, slots=True)
class Example:
    """What is typed at one prompt.

    Its lines are lines of the snippet's code, counted from 1: ``first`` until ``output`` its source, ``output`` until
    ``end`` what is displayed.

    :ivar expected: the lines of its output as they are typed, without the indentation of the prompt.
    :ivar flags: doctest's option flags that are on, by name.
    """

    first: int
    output: int
    end: int
    expected: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    indentation: str = ""

    @property
    def runs(self) -> bool:
        """Whether it is run, and its output compared."""
        return SKIP not in self.flags


@dataclass(frozen=True, slots=True)
class Typed:
    """A program with prompts.

    :ivar text: as it is typed, or shown; at first it has as many lines as the code, in which lines without source are
        empty.
    """

    text: str
    examples: tuple[Example, ...]

    @property
    def run(self) -> tuple[Example, ...]:
        """The examples that are run."""
        return tuple(example for example in self.examples if example.runs)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Typed:
        """Read what :func:`dataclasses.asdict` made."""
        examples = (
            Example(**{**one, "expected": tuple(one["expected"]), "flags": tuple(one["flags"])})
            for one in data["examples"]
        )
        return cls(data["text"], tuple(examples))
