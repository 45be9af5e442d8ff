"""What is typed at prompts, and how it is compared with what was displayed."""

from __future__ import annotations

import doctest
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sphinx_await.core.errors import OptionError
from sphinx_await.core.model.recording import ExampleRun, Failure, Output, Recording
from sphinx_await.core.model.snippet import Snippet
from sphinx_await.core.text.output_lines import OutputLine
from sphinx_await.core.text.transcript import as_displayed
from sphinx_await.core.validation.faults import Fault
from sphinx_await.core.validation.verdict import Problem, judge
from sphinx_await.course.prompts import begins_with_prompt, has_prompts, read_typed

if TYPE_CHECKING:
    from collections.abc import Sequence

RUN = Recording("CPython 3.13.0", "Linux x86_64", "2025-03-01T09:30:00+00:00", 1.0, 0.1, 0)
BLOCK = """\
Python 3.13.0
>>> def f(x):
...     return x
...
>>> f(1)
1

  >>> f(2)  # doctest: +SKIP
  3
  4
>>>
>>> f(
... 5)
5

6
"""


def snippet_of(block: str) -> Snippet:
    """A block on line 11 of a page."""
    code, typed = read_typed(block, 11)
    return Snippet("name", code.executed, "page.md", code.lines, shown=code.numbers, typed=typed)


def judged(block: str, *displayed: str | Failure, mode: str | None = None) -> tuple[Problem, ...]:
    """The problems of a run whose examples displayed these texts, or ended with these exceptions."""
    outputs: list[Output] = []
    runs: list[ExampleRun] = []
    for one in displayed:
        runs.append(ExampleRun(0.0, len(outputs), one if isinstance(one, Failure) else None))
        stream = "stderr" if isinstance(one, Failure) else "stdout"
        outputs.append(Output(0.0, stream, one.traceback if isinstance(one, Failure) else one))
    snippet = snippet_of(block)
    snippet = replace(snippet, options=replace(snippet.options, expect=mode))
    return judge(snippet, replace(RUN, outputs=tuple(outputs), examples=tuple(runs)), markers=(), timeout=1.0)


def failure(kind: str, message: str) -> Failure:
    """An exception that ended an example."""
    return Failure(kind, message, f"Traceback (most recent call last):\n  File x\n{kind}: {message}\n", 1)


def printed_with(one: Failure, more: str) -> Failure:
    """An exception after whose message Python prints more."""
    return replace(one, traceback=f"{one.traceback.rstrip()}{more}\n")


def test_a_block_is_read_line_by_line() -> None:
    """Its code has as many lines, without output and without what is skipped; an output may have empty lines."""
    snippet = snippet_of(BLOCK)
    assert snippet.code.split("\n") == [
        *("", "def f(x):", "    return x", "", "f(1)", "", "", "", "", "", "", "f(", "5)", "", "", "", "")
    ]
    assert snippet.typed is not None
    assert [(one.first, one.output, one.end, one.expected, one.flags) for one in snippet.typed.examples] == [
        (2, 5, 5, (), ()),
        (5, 6, 7, ("1",), ()),
        (8, 9, 11, ("3", "4"), ("SKIP",)),
        (11, 12, 12, (), ()),
        (12, 14, 17, ("5", "", "6"), ()),
    ]
    assert [one.first for one in snippet.typed.run] == [2, 5, 11, 12]
    assert Snippet.from_dict(snippet.to_dict()) == snippet


def test_what_is_typed_at_a_prompt_is_known() -> None:
    """It begins with one, after empty lines; signs of another meaning are none."""
    assert [begins_with_prompt(text) for text in ("\n>>> 1", "  >>> 1", ">>>", "x >>> 1", ">>>1", "1")] == [
        *(True, True, True, False, False, False)
    ]
    assert [has_prompts(text) for text in ("a\n>>> b", "a >>> b", "")] == [True, False, False]


@pytest.mark.parametrize("comment", ["+ELLIPSE", "ELLIPSIS", "-", "+SKIP,+x"])
def test_a_flag_that_doctest_does_not_have_is_refused(comment: str) -> None:
    """The message names those that there are."""
    with pytest.raises(OptionError, match=r"doctest: one of \+SKIP, \+ELLIPSIS, "):
        read_typed(f">>> 1  # doctest: {comment}", 1)


@pytest.mark.parametrize(
    ("flags", "expected", "displayed"),
    [
        ("", "1", "1\n"),
        ("", "", ""),
        ("", "a\n<BLANKLINE>\nb", "a\n\nb\n"),
        ("", "a\n\nb", "a\n\nb\n"),
        ("+DONT_ACCEPT_BLANKLINE", "<BLANKLINE>", "<BLANKLINE>\n"),
        ("+ELLIPSIS", "[0, ..., 9]", "[0, 1, 2, 9]\n"),
        ("+ELLIPSIS", "a...", "anything\nat all\n"),
        ("+ELLIPSIS", "a...b...c", "abbc\n"),
        ("+NORMALIZE_WHITESPACE", "[1, 2,\n 3]", "[1,   2, 3]\n"),
        ("+ELLIPSIS, +NORMALIZE_WHITESPACE", "a  ... z", "a b\n  z\n"),
        ("", "took 1.00 s", "took 1.02 s\n"),
    ],
)
def test_a_right_output_is_right(flags: str, expected: str, displayed: str) -> None:
    """As it is for doctest, but for durations and empty lines."""
    assert judged(f">>> 1  # doctest: {flags}\n{expected}\n", displayed) == ()


@pytest.mark.parametrize(
    ("flags", "expected", "displayed"),
    [
        ("", "1", "2\n"),
        ("", "1", ""),
        ("", "", "1\n"),
        ("", "True", "1\n"),
        ("", "[0, ..., 9]", "[0, 1, 9]\n"),
        ("", "[1, 2,\n 3]", "[1, 2, 3]\n"),
        ("+ELLIPSIS", "a...a", "a\n"),
        ("+ELLIPSIS", "a...b...c", "acb\n"),
        ("+ELLIPSIS", "a...b...bc", "abc\n"),
        ("+ELLIPSIS, -ELLIPSIS", "a...", "ab\n"),
        ("+DONT_ACCEPT_BLANKLINE", "a\n<BLANKLINE>\nb", "a\n\nb\n"),
        ("", "took 1.00 s", "took 2.00 s\n"),
    ],
)
def test_a_wrong_output_is_a_mismatch_at_its_line(flags: str, expected: str, displayed: str) -> None:
    """With the difference; doctest takes all of them for wrong, too."""
    (problem,) = judged(f">>> 1  # doctest: {flags}\n{expected}\n", displayed)
    assert problem.fault == Fault.MISMATCH
    assert problem.line in ((2, 3) if expected else (1,))
    assert problem.message.startswith("displayed something else than is typed\n--- expected\n+++ printed\n")
    options = 0
    for word in flags.replace(",", " ").split():
        flag = doctest.OPTIONFLAGS_BY_NAME[word[1:]]
        options = options | flag if word[0] == "+" else options & ~flag
    typed = f"{expected}\n" if expected else ""
    assert not doctest.OutputChecker().check_output(typed, displayed, options | doctest.DONT_ACCEPT_TRUE_FOR_1)


HEAD = "Traceback (most recent call last):\n"
DIVIDED = failure("ZeroDivisionError", "division by zero")
GROUP = failure("ExceptionGroup", "two (2 sub-exceptions)")
LACKING = "'list' object has no attribute 'push'"
MEANT = ". Did you mean: 'pop'?"
SUGGESTED = printed_with(failure("AttributeError", LACKING), MEANT)
NOTED = printed_with(failure("ValueError", "bad"), "\nfirst note\n  second")


@pytest.mark.parametrize(
    ("flags", "expected", "displayed", "is_right"),
    [
        ("", f"{HEAD}  ...\nZeroDivisionError: division by zero", DIVIDED, True),
        ("", f"{HEAD}    ...\nZeroDivisionError: division by zero", DIVIDED, True),
        ("", f"{HEAD}...\nZeroDivisionError: division by zero", DIVIDED, True),
        ("", f"{HEAD}ZeroDivisionError: division by zero", DIVIDED, True),
        ("", f"{HEAD}  ...\nZeroDivisionError: something", DIVIDED, False),
        ("", f"{HEAD}  ...\nValueError: division by zero", DIVIDED, False),
        ("", "", DIVIDED, False),
        ("", f"{HEAD}  ...\nZeroDivisionError: division by zero", "1\n", False),
        ("+IGNORE_EXCEPTION_DETAIL", f"{HEAD}  ...\nmy.ZeroDivisionError: x", DIVIDED, True),
        ("+ELLIPSIS", f"{HEAD}  ...\nZeroDivisionError: div...zero", DIVIDED, True),
        ("", f"{HEAD}  ...\nValueError: a\nb", failure("ValueError", "a\nb"), True),
        ("", f"{HEAD}  ...\nKeyError", failure("KeyError", ""), True),
        ("", '  File "<stdin>", line 1\n    x x\n      ^\nSyntaxError: bad', failure("SyntaxError", "bad"), True),
        (
            "",
            f"  + Exception Group {HEAD}  |   ...\n  | ExceptionGroup: two (2 sub-exceptions)\n  +-+-------- 1 ------",
            GROUP,
            True,
        ),
        ("", f"  + Exception Group {HEAD}  | ExceptionGroup: one", GROUP, False),
        ("", f"{HEAD}AttributeError: {LACKING}", SUGGESTED, True),
        ("", f"{HEAD}AttributeError: {LACKING}{MEANT}", SUGGESTED, True),
        ("", f"{HEAD}AttributeError: {LACKING}{MEANT}", failure("AttributeError", LACKING), True),
        ("", f"{HEAD}NameError: no. Did you forget to import 'a'?", failure("NameError", "no"), True),
        ("", f"{HEAD}SyntaxError: no", printed_with(failure("SyntaxError", "no"), ". Did you mean 'if'?"), True),
        ("", f"{HEAD}AttributeError: something{MEANT}", SUGGESTED, False),
        ("", f"{HEAD}ValueError: red. Did you mean 'blue'?", failure("ValueError", "red"), False),
        ("", f"{HEAD}ValueError: bad\nfirst note\n  second", NOTED, True),
        ("", f"{HEAD}ValueError: bad", NOTED, True),
        ("", f"{HEAD}ValueError: bad\nfirst note", NOTED, False),
        ("", f"{HEAD}ValueError: bad\nanother note\n  second", NOTED, False),
        ("", f"{HEAD}ValueError: bad\nfirst note", failure("ValueError", "bad"), False),
        ("+ELLIPSIS", f"{HEAD}ValueError: bad\nfirst...", NOTED, True),
    ],
)
def test_of_a_traceback_the_last_line_counts(
    flags: str, expected: str, displayed: str | Failure, is_right: bool
) -> None:
    """Its frames are what they are."""
    problems = judged(f">>> 1  # doctest: {flags}\n{expected}\n>>> 2\n2\n", displayed, "2\n")
    assert [problem.fault for problem in problems] == [Fault.MISMATCH] * (not is_right)


def test_every_example_is_compared() -> None:
    """Of those that are not reached, the first is named; `expect` says how strictly, or not at all."""
    block = ">>> 1\n2\n>>> 2\n2 s\n>>> 3\nb\na\n>>> 4\n>>> 5\n5\n"
    displayed = ("1\n", "2.01 s\n", "a\nb\n")
    assert [problem.line for problem in judged(block, *displayed)] == [2, 6, 8]
    assert [problem.line for problem in judged(block, *displayed, mode="any-order")] == [2, 8]
    assert [problem.line for problem in judged(block, *displayed, mode="exact")] == [2, 4, 6, 8]
    assert [problem.line for problem in judged(block, *displayed, mode="off")] == [8]
    assert judged(block, *displayed)[-1].message == "the program had ended before this example"
    (doubtful,) = judged(">>> 1\n1 s\n", "9 s\n")
    assert doubtful.doubtful


def shown_with(block: str, lines: Sequence[OutputLine], starts: Sequence[int]) -> Snippet:
    """A block as its page shows it."""
    return as_displayed(snippet_of(block), lines, starts, "{} lines are missing".format)


@pytest.mark.parametrize("options", [{"stop_after": 0.5}, {"hangs": 0.5}, {"stop_after": 0.5, "expect": "off"}])
def test_an_example_that_the_time_limit_did_not_let_run_is_named(options: dict[str, Any]) -> None:
    """Also where it is right that the program is stopped."""
    snippet = snippet_of(">>> time.sleep(30)\n>>> 1 + 1\n3\n")
    snippet = replace(snippet, options=replace(snippet.options, **options))
    ran = replace(RUN, timed_out=True, examples=(ExampleRun(0.0, 0, None),))
    (problem,) = judge(snippet, ran, markers=(), timeout=0.5)
    assert (problem.line, problem.message) == (2, "the program had ended before this example")
    ran = replace(ran, examples=(*ran.examples, ExampleRun(0.0, 0, None)), outputs=(Output(0.0, "stdout", "3\n"),))
    assert judge(snippet, ran, markers=(), timeout=0.5) == ()


def test_a_page_shows_what_was_displayed() -> None:
    """In the place of what is typed; lines of the code have their new numbers, and what is not run stays."""
    lines = [OutputLine(0.0, "stdout", None, text) for text in ("one", "two", "three")]
    shown = shown_with(BLOCK, lines, [0, 0, 2, 2])
    assert shown.typed is not None
    typed = BLOCK.split("\n")
    assert shown.typed.text.split("\n") == [*typed[:5], "one", "two", *typed[6:13], "three", ""]
    assert shown.shown == (1, 2, 3, 4, 5, None, 8, 9, 10, 11, 12, 13, 14, None, None, None, 16)


def test_a_page_shows_nothing_that_was_not_displayed() -> None:
    """Of an example that was not reached, only what is typed at its prompt."""
    shown = shown_with(">>> 1\n2\n>>> 3\n3\n>>> 4  # doctest: +SKIP\n4\n", [], [0])
    assert shown.typed is not None
    assert shown.typed.text == ">>> 1\n>>> 3\n>>> 4  # doctest: +SKIP\n4\n"


def test_a_page_says_in_its_place_what_is_missing() -> None:
    """Of an output that is too long, above the line that comes next."""
    lines = [OutputLine(0.0, "stdout", None, "a"), OutputLine(0.0, "stdout", None, "z", omitted=9)]
    shown = shown_with("  >>> 1\n  b\n", lines, [0])
    assert shown.typed is not None
    assert shown.typed.text == "  >>> 1\n  a\n  9 lines are missing\n  z\n"
