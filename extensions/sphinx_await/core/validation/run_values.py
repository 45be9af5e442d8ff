"""Values of a run that a sentence may say: what it printed, or what was recorded of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..model.recording import Recording

_NUMBER = re.compile(r"-?\d{1,6}")
_WORD = re.compile(r"\w")
#: What may be between a label and its value: ``total: 3``, ``total = 3``.
_BETWEEN = re.compile(r"\s*[:=]?\s*")


def _raised(recording: Recording) -> str:
    if recording.failure is None:
        raise OptionError("ended without an exception")
    return recording.failure.type


#: What is recorded of a run, by the words of authors. A duration is in seconds.
RECORDED: dict[str, Callable[[Recording], str | float]] = {
    "wall": lambda recording: recording.wall,
    "cpu": lambda recording: recording.cpu,
    "tasks": lambda recording: str(sum(not task.internal for task in recording.tasks) + recording.unseen_tasks),
    "exit": lambda recording: str(recording.exit),
    "raised": _raised,
    "python": lambda recording: recording.python,
    "platform": lambda recording: recording.platform,
}
#: Those that are times, which a busy machine can spoil.
TIMES = frozenset({"wall", "cpu"})


@dataclass(frozen=True, slots=True)
class RunValue:
    """A value of a run. At most one of the three is given; without any, it is the last line that was printed.

    :ivar recorded: a name of :data:`RECORDED`.
    :ivar line: the number of a line of standard output; negative: from the end.
    :ivar label: a text in a line of standard output, after which the value is.
    """

    recorded: str = ""
    line: int = -1
    label: str = ""

    @classmethod
    def read(cls, text: str) -> RunValue:
        """A value as its author names it.

        :raises OptionError: there is no line 0.
        """
        text = text.strip()
        if text in RECORDED:
            return cls(recorded=text)
        if _NUMBER.fullmatch(text):
            if int(text) == 0:
                raise OptionError("lines count from 1, or from -1 at the end; found 0")
            return cls(line=int(text))
        is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
        return cls(label=text[1:-1].strip() if is_quoted else text)

    @property
    def is_time(self) -> bool:
        """Whether it is a time, which a busy machine can spoil."""
        return self.recorded in TIMES

    def of(self, recording: Recording, printed: Sequence[str]) -> str | float:
        """The value: a text, or a duration in seconds.

        :param printed: the lines of standard output.
        :raises OptionError: the run has no such value, or several; the message is what the run did.
        """
        if self.recorded:
            return RECORDED[self.recorded](recording)
        if recording.truncated or recording.omitted:
            raise OptionError("printed more than is kept (await_output_limit), so nobody can count its lines")
        if self.label:
            # No part of a word: "total" is not in "subtotal".
            before = r"(?<!\w)" if _WORD.match(self.label) else ""
            after = r"(?!\w)" if _WORD.match(self.label[-1]) else ""
            label = re.compile(before + re.escape(self.label) + after)
            found = [match for line in printed if (match := label.search(line))]
            if len(found) != 1:
                raise OptionError(f"printed {len(found)} lines with {self.label!r:.60}, and one is needed")
            value = found[0].string[found[0].end() :]
            value = value[_BETWEEN.match(value).end() :].strip()  # type: ignore[union-attr] # it matches always
            if not value:
                raise OptionError(f"printed nothing after {self.label!r:.60}")
            return value
        index = self.line if self.line < 0 else self.line - 1
        if not -len(printed) <= index < len(printed):
            lines = "1 line" if len(printed) == 1 else f"{len(printed)} lines"
            raise OptionError(f"printed {lines}, and there is no line {self.line}")
        return printed[index].strip()
