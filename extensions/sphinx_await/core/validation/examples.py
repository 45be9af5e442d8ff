"""Compares what each example of a program with prompts displays with what is typed below it, as doctest does.

``# doctest: +ELLIPSIS`` and ``+NORMALIZE_WHITESPACE`` mean what they mean there, and so does ``<BLANKLINE>``. Of a
traceback, the last line counts, and not the frames; notes below it count if some are typed. What some versions of
Python suggest after an error does not. A number with a unit of time may be off as in every comparison.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ..model.typed import DONT_ACCEPT_BLANKLINE, ELLIPSIS, IGNORE_EXCEPTION_DETAIL, NORMALIZE_WHITESPACE
from ..text.output_lines import shown_text
from .expected_output import Expectation, Mismatch, compare, differ_only_in_times

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..model.recording import Failure, Recording
    from ..model.typed import Example, Typed

_BLANK = "<BLANKLINE>"
_ELLIPSIS = "..."
_TRACEBACK = re.compile(r"(?P<group>\s*\+ Exception Group )?Traceback \((?:most recent call last|innermost last)\):\s*")
#: The first line below an example whose source is no Python: there is no traceback then.
_SYNTAX_ERROR = re.compile(r'  File "[^"]*", line \d+')
#: Errors after which Python may suggest what was meant, and that: at the end of a line.
_SUGGESTED_AFTER = ("NameError", "AttributeError", "ImportError", "SyntaxError")
_SUGGESTION = re.compile(r"\.? Did you (?:mean|forget to import)\b.*$", re.MULTILINE)
#: What is before a line of the traceback of an exception group.
_GROUP = re.compile(r"\s*[|+] ?")


def mismatches(
    typed: Typed, recording: Recording, *, mode: str | None, displayed: Callable[[str], str]
) -> list[tuple[Mismatch, bool]]:
    """The examples that display something else than is typed; for each, whether only durations differ.

    :param mode: how outputs are compared: ``exact`` allows no difference of durations, ``any-order`` each order of
        lines.
    :param displayed: what a page shows of a printed text.
    """
    runs = recording.examples
    ends = [*(run.after for run in runs[1:]), len(recording.outputs)]
    found = []
    for example, run, end in zip(typed.run, runs, ends, strict=False):
        printed = displayed(shown_text(recording.outputs[run.after : end], "stdout"))
        expected, error = split_error(_typed_lines(example))
        if not _is_expected(error, run.failure, example.flags, displayed):
            real_error = None if run.failure is None else displayed(_words_of(run.failure))
            found.append((_difference(example, printed, real_error), False))
            continue
        if _agree("\n".join(expected).strip("\n"), _plain(printed), example.flags):
            continue
        expectation = Expectation(expected, any_order=mode == "any-order", first_line=_first_line(example))
        any_order = mode == "any-order"
        if mismatch := compare(expectation, printed, exact=mode == "exact", any_order=any_order):
            doubtful = mode != "exact" and differ_only_in_times(expectation, printed, any_order=any_order)
            found.append((replace(mismatch, line=_line_of(example, mismatch.line)), doubtful))
    return found


def first_not_reached(typed: Typed, recording: Recording) -> Example | None:
    """The first example before which the program had ended."""
    count = len(recording.examples)
    return typed.run[count] if count < len(typed.run) else None


def split_error(expected: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """Typed lines without a traceback, and the last line of that, which names the exception; None if there is none."""
    for at, line in enumerate(expected):
        if match := _TRACEBACK.fullmatch(line):
            rest, is_group = expected[at + 1 :], match["group"] is not None
            rest = [_GROUP.sub("", one, count=1) for one in rest] if is_group else rest
            return tuple(expected[:at]), _last_words(rest, whole=not is_group)
    if expected and _SYNTAX_ERROR.match(expected[0]):
        return (), _last_words(expected, whole=True)
    return tuple(expected), None


def _last_words(lines: Sequence[str], *, whole: bool) -> str:
    """What follows the frames of a traceback, which are indented."""
    first = next((at for at, line in enumerate(lines) if line[:1].strip() and line.strip() != _ELLIPSIS), len(lines))
    return "\n".join(lines[first:] if whole else lines[first : first + 1])


def error_of(failure: Failure) -> str:
    """The last line of a traceback."""
    return f"{failure.type}: {failure.message}" if failure.message else failure.type


def _words_of(failure: Failure) -> str:
    """The end of a traceback as Python printed it, with what it suggests and with notes."""
    error, printed = error_of(failure), f"\n{_plain(failure.traceback)}"
    at = printed.rfind(f"\n{_plain(error)}")
    return error if at < 0 else printed[at + 1 :]


def _is_expected(
    expected: str | None, failure: Failure | None, flags: Sequence[str], displayed: Callable[[str], str]
) -> bool:
    """Whether what is typed of an exception is what was raised, with its notes or without."""
    if expected is None or failure is None:
        return expected is None and failure is None
    found = {displayed(error_of(failure)), displayed(_words_of(failure))}
    if any(map(failure.is_a, _SUGGESTED_AFTER)):
        expected, found = _without_suggestion(expected), {*map(_without_suggestion, found)}
    return any(_are_equal_errors(expected, one, flags) for one in found)


def _without_suggestion(words: str) -> str:
    return _SUGGESTION.sub("", words)


def _are_equal_errors(expected: str, real: str, flags: Sequence[str]) -> bool:
    if IGNORE_EXCEPTION_DETAIL in flags:
        expected, real = (text.partition(":")[0].strip().rpartition(".")[2] for text in (expected, real))
    return _agree(expected, real, flags)


def _typed_lines(example: Example) -> tuple[str, ...]:
    """The typed output, with empty lines where they are typed as a word, and none at its end."""
    lines = list(example.expected)
    if DONT_ACCEPT_BLANKLINE not in example.flags:
        lines = ["" if line.strip() == _BLANK else line for line in lines]
    return tuple("\n".join(lines).strip("\n").split("\n")) if any(lines) else ()


def _plain(printed: str) -> str:
    return "\n".join(line.rstrip() for line in printed.split("\n")).strip("\n")


def _agree(expected: str, real: str, flags: Sequence[str]) -> bool:
    if NORMALIZE_WHITESPACE in flags:
        expected, real = " ".join(expected.split()), " ".join(real.split())
    return expected == real or (ELLIPSIS in flags and _matches(expected, real))


def _matches(expected: str, real: str) -> bool:
    """Whether a text has the pieces between the ellipses of another in their order."""
    first, *pieces = expected.split(_ELLIPSIS)
    if not pieces or not real.startswith(first):
        return False
    *between, last = pieces
    end = len(real) - len(last)
    at = len(first)
    for piece in between:
        found = real.find(piece, at, max(at, end))
        if found < 0:
            return False
        at = found + len(piece)
    return real.endswith(last) and at <= end


def _difference(example: Example, printed: str, error: str | None) -> Mismatch:
    """The difference between what is typed and an output with the last line of a traceback, or without."""
    real = printed if error is None else f"{printed}Traceback (most recent call last):\n{error}"
    expected, typed_error = split_error(_typed_lines(example))
    if typed_error is not None:
        expected = (*expected, "Traceback (most recent call last):", *typed_error.split("\n"))
    mismatch = compare(Expectation(expected, any_order=False, first_line=_first_line(example)), real, exact=True)
    line = example.first if error is not None and typed_error is None else _first_line(example)
    return replace(mismatch, line=line) if mismatch else Mismatch((), line)


def _first_line(example: Example) -> int:
    """The line of the code with the typed output; the source's if there is none."""
    return example.output if example.end > example.output else example.first


def _line_of(example: Example, line: int) -> int:
    return min(line, max(example.first, example.end - 1))
