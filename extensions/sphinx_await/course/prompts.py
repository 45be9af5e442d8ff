"""Reads blocks with prompts: what is typed after ``>>>`` and ``...``, and what is displayed below it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..core.errors import OptionError
from ..core.model.typed import FLAGS, SKIP, Example, Typed
from .source_map import SourceMap

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The tags of a fence with prompts, in any case. One that is tagged as Python may begin with a prompt, too.
PROMPT_TAGS = frozenset({"pycon", "pycon3"})
_PROMPT = re.compile(r"(?P<indentation>[ \t]*)>>>(?: .*|[ \t]*)")
_CONTINUED = re.compile(r"\.\.\.(?: .*|[ \t]*)")
_FLAGS = re.compile(r"#\s*doctest:(?P<flags>[^'\"]*)$")
#: Flags of doctest that are about its reports.
_OF_REPORTS = frozenset({"FAIL_FAST", "REPORT_UDIFF", "REPORT_CDIFF", "REPORT_NDIFF", "REPORT_ONLY_FIRST_FAILURE"})
#: It means nothing here: True is no 1.
_IGNORED = _OF_REPORTS | {"DONT_ACCEPT_TRUE_FOR_1"}


def begins_with_prompt(text: str) -> bool:
    """Whether a block begins with what is typed at a prompt, perhaps after comments. No program of Python does."""
    if ">>>" not in text:
        return False
    lines = (line for line in text.split("\n") if line.strip() and not line.startswith("#"))
    return _PROMPT.fullmatch(next(lines, "")) is not None


def has_prompts(text: str) -> bool:
    """Whether something in a block is typed at a prompt."""
    return ">>>" in text and any(map(_PROMPT.fullmatch, text.split("\n")))


def read_typed(text: str, first_line: int) -> tuple[SourceMap, Typed]:
    """Read a block with prompts.

    Each example has what is typed below it until the next prompt, without empty lines at the end. The code has as many
    lines as the block, with blanks at their ends: these may be in a string of several lines.

    :raises OptionError: there is no prompt, or a flag of doctest means nothing.
    """
    if not has_prompts(text):
        raise OptionError("a block that is typed at a prompt expected, but nothing in it begins with `>>> `")
    as_typed = text.split("\n")
    lines = [line.rstrip() for line in as_typed]
    code = [""] * len(lines)
    examples: list[Example] = []
    starts = [at for at, line in enumerate(lines) if _PROMPT.fullmatch(line)]
    for start, until in zip(starts, [*starts[1:], len(lines)], strict=True):
        match = _PROMPT.fullmatch(lines[start])
        assert match is not None
        indentation = match["indentation"]
        before = len(indentation) + len(">>> ")
        output = start + 1
        while output < until and _continues(lines[output], indentation):
            output += 1
        source = [line[before:] for line in as_typed[start:output]]
        end = until
        while end > output and not lines[end - 1]:
            end -= 1
        flags = tuple(_flags(source))
        if SKIP not in flags:
            code[start:output] = source
        expected = tuple(line.removeprefix(indentation) for line in lines[output:end])
        examples.append(Example(start + 1, output + 1, end + 1, expected, flags, indentation))
    numbers = range(first_line, first_line + len(lines))
    places = range(1, len(lines) + 1)
    return SourceMap(text, "\n".join(code), tuple(numbers), tuple(places)), Typed(text, tuple(examples))


def _continues(line: str, indentation: str) -> bool:
    return line.startswith(indentation) and _CONTINUED.fullmatch(line.removeprefix(indentation)) is not None


def _flags(source: Iterable[str]) -> list[str]:
    """The flags of doctest that are on in a source.

    :raises OptionError: one means nothing.
    """
    found: dict[str, bool] = {}
    for line in source:
        match = _FLAGS.search(line)
        for word in match["flags"].replace(",", " ").split() if match else ():
            sign, name = word[0], word[1:]
            if sign not in "+-" or name not in {*FLAGS, *_IGNORED}:
                known = ", ".join(f"+{flag}" for flag in FLAGS)
                raise OptionError(f"doctest: one of {known} expected, found {word!r:.60}")
            found[name] = sign == "+"
    return [name for name in FLAGS if found.get(name)]
