from __future__ import annotations

import inspect
import itertools
import sys

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sphinx_await.core.validation.expected_output import Expectation, agree, compare, find_expectation

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

MARKERS = ("예상 출력", "Expected output")

#: Lines as programs print them: few words, so that equal ones are frequent, and durations around each other.
words = st.sampled_from(["", "a", "b", "Task A: 시작"])
timed = st.integers(90, 130).map(lambda hundredths: f"소요 {hundredths / 100:.2f}초")
short = st.integers(0, 50).map(lambda hundredths: f"소요 {hundredths / 100:.2f}초")
lines = st.lists(words | timed, max_size=4)
#: Two durations each: agreement is no longer one of intervals.
pairs = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda two: f"{two[0] * 4}0밀리초, {two[1] * 4}0밀리초")


def expect(*texts: str, first_line: int = 1) -> Expectation:
    """An expectation of some lines."""
    return Expectation(texts, any_order=False, first_line=first_line)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("print(1)\n# 예상 출력:\n# 1\n#   2\n", (("1", "  2"), False, 3)),
        ("# Expected output: 1\n# 2", (("1", "2"), False, 1)),
        ("# expected OUTPUT\n#1", (("1",), False, 2)),
        ("# 예상 출력 (순서는 다를 수 있음):\n# 1", (("1",), True, 2)),
        ("# Expected output [any order]:\n# 1", (("1",), True, 2)),
        ("# Expected output (about):\n# 1", (("1",), False, 2)),
        ("# Expected output (in borders): 1", (("1",), False, 1)),
        ("# a remark\n# Expected output:\n# 1", (("1",), False, 3)),
        ("# Expected output:\n#\n# 1\n#\n# 2\n#\n", (("1", "", "2"), False, 3)),
        ("if x:\n    pass\n    # Expected output:\n    # 1\n", (("1",), False, 4)),
        ("# Expected output:\n# 1\n\nf()\n# Expected output:\n# 2\n\n# The end.", (("2",), False, 6)),
        ("# Expected output:\n# 1\n# Expected output:\n# 2\n", (("2",), False, 4)),
        ("# Expected output:\n# 1\n\n# 2\n", (("1",), False, 2)),
        ("print(1)  # Expected output: 1\n", None),
        ("s = '''\n# Expected output: 1\n'''\n", None),
        ("# The expected output: 1\n", None),
        ("# Expected output: 1\nprint('''", None),
        ("# Expected output: 1\nif x:\n    a()\n  b()\n", None),
        ("", None),
    ],
)
def test_find(code: str, found: tuple[tuple[str, ...], bool, int] | None) -> None:
    """The last comment block with a marker is the expectation: what follows the marker, and on which line it begins."""
    assert find_expectation(code, MARKERS) == (None if found is None else Expectation(*found))


def test_no_markers() -> None:
    """Without markers no comment is an expectation."""
    assert find_expectation("# Expected output: 1", ()) is None


def test_markers_are_words_not_patterns() -> None:
    """A marker is found as it is written, whatever signs it has."""
    assert find_expectation("# out (*): 1", ["out (*)"]) == expect("1")
    assert find_expectation("# out ((: 1", ["out (*)"]) is None


@calm
@given(
    st.text(
        st.sampled_from("# :()\n\t'\"\\x예상출력") | st.characters(exclude_categories=["Cs"], exclude_characters="\r")
    )
)
def test_find_never_raises(code: str) -> None:
    """A text that is no Python has an expectation or none, and is no error here: its run will say so."""
    for text in (code, f"{code}\n# 예상 출력:\n# 1"):
        assert find_expectation(text, MARKERS) is None or isinstance(find_expectation(text, MARKERS), Expectation)


@pytest.mark.parametrize("code", ["\r한", "x = '\udc80'"])
def test_text_that_no_file_holds(code: str) -> None:
    """A return within a line and a lone surrogate are no error here either."""
    assert find_expectation(f"{code}\n", MARKERS) is None


def test_nothing_expected() -> None:
    """A marker with nothing after it expects nothing, and a mismatch names its line."""
    expectation = find_expectation("print(1)\n\n# Expected output:\n", MARKERS)
    assert expectation is not None
    mismatch = compare(expectation, "1\n")
    assert mismatch is not None
    assert mismatch.line == 3


def test_comment_behind_a_long_string() -> None:
    """A comment behind code counts for nothing, even if that code is the end of a string of several lines."""
    assert find_expectation("s = '''\n# '''  # Expected output: 1\n", MARKERS) is None


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("2.00초", "2.05초", True),
        ("2.00초", "1.80초", True),
        ("2.00초", "2.20초", True),
        ("2.00초", "2.21초", False),
        ("2.00초", "1.79초", False),
        ("0.30초", "0.35초", True),
        ("0.30초", "0.36초", False),
        ("0.00s", "0.05s", True),
        ("3 sec", "3.3 sec", True),
        ("3 sec", "3.31 sec", False),
        ("100ms", "150ms", True),
        ("100ms", "151ms", False),
        ("900 밀리초", "990 밀리초", True),
        ("900 밀리초", "991 밀리초", False),
        ("총 소요 시간: 2.00초", "총 소요 시간: 2.003417초", True),
        ("A 1.00초, B 2.00초", "A 1.04초, B 2.10초", True),
        ("A 1.00초, B 2.00초", "A 1.04초, B 2.30초", False),
        ("2.00초", "2.00s", False),
        ("2.00초", "2.00 초", False),
        ("2.00초", "-2.00초", False),
        ("2.00", "2.01", False),
        ("100 items", "101 items", False),
        ("3 seconds", "3.01 seconds", False),
        ("id100s", "id101s", False),
        ("v1.2.30s", "v1.2.31s", False),
        ("A: 1s", "B: 1s", False),
        ("", "1s", False),
    ],
)
def test_agree(expected: str, printed: str, same: bool) -> None:
    """A number with a unit matches within the larger of 50 ms and 10 %; all else matches as it is."""
    assert agree(expected, printed) is same
    assert not agree(expected, printed, exact=True)


@calm
@given(st.integers(0, 1000), st.integers(0, 1000))
def test_tolerance(expected: int, printed: int) -> None:
    """Two durations agree if they differ by no more than 50 ms or a tenth of what was expected, to the hundredth."""
    within = abs(expected - printed) * 10 <= max(50, expected)
    assert agree(f"{expected / 100:.2f}초", f"{printed / 100:.2f}초") is within


@calm
@given(st.text(), st.booleans())
@example("9" * 400 + "s", False)  # noqa: FBT003
def test_a_line_agrees_with_itself(line: str, exact: bool) -> None:
    """Any line agrees with itself."""
    assert agree(line, line, exact=exact)


@calm
@given(words | short, words | short)
def test_agreement_is_mutual(one: str, other: str) -> None:
    """Lines with durations below half a second, where 50 ms is the tolerance, agree both ways or neither."""
    assert agree(one, other) is agree(other, one)


@calm
@given(lines, lines, st.booleans())
def test_in_order(expected: list[str], printed: list[str], exact: bool) -> None:
    """What is printed agrees if it has as many lines and each agrees; blank lines around do not count."""
    expectation = find_expectation("\n".join(["# 예상 출력:", *(f"# {line}" for line in expected)]), MARKERS)
    assert expectation is not None
    wanted, got = list(expectation.lines), "\n".join(printed).strip("\n").split("\n")
    same = len(got) == len(wanted) and all(agree(*pair, exact=exact) for pair in zip(wanted, got, strict=True))
    mismatch = compare(expectation, "\n".join(printed) + "\n", exact=exact)
    assert (mismatch is None) is (same or (not wanted and got == [""]))


@calm
@given(lines, lines, st.booleans())
@example(["1.00초", "1.15초"], ["1.05초", "0.92초"], False)  # noqa: FBT003 - the first must leave its line to the second
def test_in_any_order(expected: list[str], printed: list[str], exact: bool) -> None:
    """In any order, lines agree if there is one way to pair them in which each pair agrees."""
    expected = [line for line in expected if line]
    printed = [line for line in printed if line]
    possible = len(expected) == len(printed) and any(
        all(agree(*pair, exact=exact) for pair in zip(expected, order, strict=True))
        for order in itertools.permutations(printed)
    )
    mismatch = compare(expect(*expected), "\n".join(printed), exact=exact, any_order=True)
    assert (mismatch is None) is possible


@calm
@given(st.lists(pairs, max_size=4), st.lists(pairs, max_size=4))
def test_as_many_lines_as_possible_are_paired(expected: list[str], printed: list[str]) -> None:
    """In any order, the fewest lines that can be are said to be missing."""
    table = [[agree(line, other) for other in printed] for line in expected]
    longer = max(len(expected), len(printed))
    most = max(
        sum(table[row][column] for row, column in enumerate(order[: len(expected)]) if column < len(printed))
        for order in itertools.permutations(range(longer))
    )
    mismatch = compare(expect(*expected), "\n".join(printed), any_order=True)
    missing = [] if mismatch is None else [line for line in mismatch.diff.splitlines() if line.startswith("- ")]
    assert len(missing) == len(expected) - most


def test_a_long_chain_of_lines_is_paired() -> None:
    """Each line agrees with two others, so that one line too few moves all of them: no stack is deep enough."""
    depth, limit = len(inspect.stack()), sys.getrecursionlimit()
    corners = [tuple((number ^ number >> 1) >> bit & 1 for bit in range(8)) for number in range(256)]
    between = [tuple((a + b) / 2 for a, b in zip(*pair, strict=True)) for pair in itertools.pairwise(corners)]
    expected = [" ".join(f"{0.08 * place:.2f}초" for place in corner) for corner in corners]
    printed = [" ".join(f"{0.08 * place:.2f}초" for place in corner) for corner in [*between, corners[0]]]
    sys.setrecursionlimit(depth + 80)
    try:
        assert compare(expect(*expected), "\n".join(printed), any_order=True) is None
        mismatch = compare(expect(*expected), "\n".join(printed[:-1]), any_order=True)
    finally:
        sys.setrecursionlimit(limit)
    assert mismatch is not None
    assert mismatch.diff.count("\n- ") == 1


@calm
@given(st.lists(st.text(st.sampled_from("ab한 0:1.초s#()"), max_size=8).map(str.rstrip), max_size=5))
def test_what_was_printed_is_what_was_expected(printed: list[str]) -> None:
    """Output put into the comment as it is agrees with itself, in every way of comparing."""
    code = "\n".join(["print()", "# 예상 출력:", *(f"# {line}".rstrip() for line in printed)])
    expectation = find_expectation(code, MARKERS)
    assert expectation is not None
    text = "".join(f"{line}\n" for line in printed)
    assert compare(expectation, text, exact=True) is None
    assert compare(expectation, text) is None
    if any(printed):
        assert compare(expectation, text, any_order=True) is None


def test_a_difference_is_shown_and_located() -> None:
    """The diff shows the line that differs and not those within tolerance; the line is that of the comment."""
    mismatch = compare(expect("시작", "1.00초", "완료", first_line=10), "시작\n1.04초\n끝\n")
    assert mismatch is not None
    assert mismatch.diff == "--- expected\n+++ printed\n@@ -1,3 +1,3 @@\n 시작\n 1.00초\n-완료\n+끝"
    assert mismatch.line == 12


@pytest.mark.parametrize(
    ("printed", "line", "shown"),
    [
        ("b\nc", 10, "-a"),
        ("a\nc", 11, "-b"),
        ("a\nb", 12, "-c"),
        ("a\nb\nc\nd", 12, "+d"),
        ("", 10, "-a"),
        ("a\nX\nb\nc", 11, "+X"),
    ],
)
def test_the_line_of_a_difference(printed: str, line: int, shown: str) -> None:
    """A missing or extra line is shown, and located at the expected line where the difference begins."""
    mismatch = compare(expect("a", "b", "c", first_line=10), printed)
    assert mismatch is not None
    assert mismatch.line == line
    assert shown in mismatch.diff.splitlines()


def test_what_is_missing_in_any_order() -> None:
    """In any order, the message lists what is missing and what is too much; as many equal lines are needed."""
    mismatch = compare(expect("a", "b", "b", "1.00초", first_line=10), "1.02초\nb\nc\na\n", any_order=True)
    assert mismatch is not None
    assert mismatch.diff == "expected, in any order, but not printed:\n- b\nprinted, but not expected:\n+ c"
    assert mismatch.line == 12


def test_trailing_blanks_do_not_count() -> None:
    """Blanks at the ends of lines and blank lines around the output are not compared; those within are."""
    assert compare(expect("a", "", "b"), "\n \na  \n\t\nb\r\n\n") is None
    assert compare(expect("a", "b"), "a\n\nb\n") is not None
    assert compare(expect("a"), " a\n") is not None
