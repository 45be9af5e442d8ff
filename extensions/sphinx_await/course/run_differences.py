"""What two runs of one program print differently, such as those on two Pythons."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from ..core.text.messages import format_message
from ..core.text.output_lines import text_of
from ..core.validation.expected_output import agree
from ..core.validation.verdict import exit_words

if TYPE_CHECKING:
    from ..core.model.recording import Recording

#: Where an object is, which is another place in each run.
_ADDRESS = re.compile(r"\b0x[0-9a-f]+")


def lines_of(recording: Recording) -> list[str]:
    """What a program printed to standard output, and how it ended if that was not well.

    Not the traceback: it names the library's lines, which are others in each version.
    """
    lines = [line.rstrip() for line in text_of(recording.outputs, "stdout").rstrip().split("\n")]
    printed = lines if lines != [""] else []
    if recording.timed_out:
        return [*printed, "(stopped at its time limit)"]
    if (failure := recording.failure) is not None:
        message = failure.message.partition("\n")[0]
        return [*printed, f"({failure.type}: {message})" if message else f"({failure.type})"]
    return [*printed, f"({format_message((exit_words(recording.exit),))})"] if recording.exit else printed


def difference(first: Recording, other: Recording, names: tuple[str, str]) -> list[str]:
    """A diff of what two runs printed; nothing if they agree: durations as expected output does, addresses in any case.

    :param names: of the two runs.
    """
    one, two = lines_of(first), lines_of(other)
    if len(one) == len(two):
        two = [line if _agree(line, found) else found for line, found in zip(one, two, strict=True)]
    return list(difflib.unified_diff(one, two, *names, n=1, lineterm=""))


def _agree(line: str, other: str) -> bool:
    return agree(_ADDRESS.sub("0x", line), _ADDRESS.sub("0x", other))
