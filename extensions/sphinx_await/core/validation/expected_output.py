"""Compares a program's output with its comment of expected output.

A block of comment lines counts if one of its lines starts with a marker such as ``예상 출력``. The text after the colon
of that line, and the lines below it, are expected. The last such block of a program is used.
"""

from __future__ import annotations

import difflib
import io
import re
import tokenize
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..text.messages import Message, format_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

#: A number with one of these units may be off by the larger of the two tolerances: no sleep is exact.
TOLERANCE_SECONDS = 0.05
TOLERANCE_SHARE = 0.10
_UNITS = {"밀리초": 0.001, "초": 1.0, "ms": 0.001, "sec": 1.0, "s": 1.0}
_DURATION = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(\s*)(밀리초|초|(?:ms|sec|s)(?![A-Za-z]))")
_ANY_ORDER = re.compile(r"순서|\border\b", re.IGNORECASE)
_THIS_ORDER = re.compile(r"순서대로|\bin (?:this |that )?order\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected lines, whether they may come in any order, and the line of the code on which they begin.

    :ivar marker_line: the line of the code with the marker.
    """

    lines: tuple[str, ...]
    any_order: bool
    first_line: int
    marker_line: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A difference: a readable diff, and the line of code with the expectation that is not met."""

    words: tuple[Message | str, ...]
    line: int

    @property
    def diff(self) -> str:
        """The diff as English text; pages translate ``words``."""
        return format_message(self.words)


def find_expectation(code: str, markers: Sequence[str]) -> Expectation | None:
    """The expectation of a program; None if it has none, or is no valid Python (its run reports that)."""
    found = _find(code, markers)
    return None if found is None else _expectation(found[0], any_order=found[1])


def expectation_lines(code: str, markers: Sequence[str]) -> range:
    """The lines of the code with its comment of expected output, from the one with the marker; empty if it has none."""
    found = _find(code, markers)
    return range(found[0][0][0], found[0][-1][0] + 1) if found is not None else range(0)


def ends_with_expectation(code: str, markers: Sequence[str]) -> bool:
    """Whether nothing follows the comment of expected output, or there is none."""
    lines = expectation_lines(code, markers)
    return not lines or not any(line.strip() for line in code.split("\n")[lines.stop - 1 :])


def without_expectation(code: str, markers: Sequence[str]) -> str:
    """The code without a comment of expected output at its end, and without the empty lines before that."""
    lines = expectation_lines(code, markers)
    if not lines or not ends_with_expectation(code, markers):
        return code
    return "\n".join(code.split("\n")[: lines.start - 1]).rstrip("\n ")


def _find(code: str, markers: Sequence[str]) -> tuple[list[tuple[int, str]], bool] | None:
    """The expected lines with their numbers, the first with the marker; and whether they may come in any order."""
    folded = code.casefold()
    if not any(marker.casefold() in folded for marker in markers):  # mostly: to look for comments takes much longer
        return None
    longest_first = sorted(markers, key=len, reverse=True)
    pattern = re.compile(
        rf"(?:{'|'.join(map(re.escape, longest_first))})\s*(\([^)]*\)|\[[^\]]*\])?\s*:?(.*)", re.IGNORECASE
    )
    for block in reversed(_comment_blocks(code)):
        for index in range(len(block) - 1, -1, -1):
            number, text = block[index]
            if match := pattern.match(text.strip()):
                rest = [(number, match[2].strip()), *block[index + 1 :]]
                return rest, _says_any_order(match[1] or "")
    return None


def _says_any_order(bracket: str) -> bool:
    return bool(_ANY_ORDER.search(bracket)) and not _THIS_ORDER.search(bracket)


def _expectation(block: list[tuple[int, str]], *, any_order: bool) -> Expectation:
    marker_line = block[0][0]
    while block and not block[0][1].strip():
        block = block[1:]
    while block and not block[-1][1].strip():
        block = block[:-1]
    return Expectation(tuple(text for _, text in block), any_order, block[0][0] if block else marker_line, marker_line)


def _comment_blocks(code: str) -> list[list[tuple[int, str]]]:
    """Blocks of comment lines: for each line its number, and its text without ``#`` and one space."""
    blocks: list[list[tuple[int, str]]] = []
    lines = code.split("\n")
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            line, column = token.start
            if token.type == tokenize.COMMENT and not lines[line - 1][:column].strip():
                text = token.string.removeprefix("#").removeprefix(" ").rstrip()
                if not blocks or blocks[-1][-1][0] != line - 1:
                    blocks.append([])
                blocks[-1].append((line, text))
    except (tokenize.TokenError, SyntaxError, ValueError, IndexError):
        return []
    return blocks


def compare(expectation: Expectation, printed: str, *, exact: bool = False, any_order: bool = False) -> Mismatch | None:
    """Compare the expectation with standard output; None if they agree.

    :param exact: durations must be equal; without it they agree within a tolerance.
    :param any_order: the order of the lines does not count.
    """
    real = _strip_blank([line.rstrip() for line in printed.split("\n")])
    expected = list(expectation.lines)
    if any_order:
        return _compare_any_order(expectation, expected, real, exact=exact)
    tolerated = _with_expected_numbers(expected, real, exact=exact)
    if tolerated == expected:
        return None
    _head, _head_of_other, *diff = difflib.unified_diff(expected, tolerated, n=2, lineterm="")
    first = next((i for i, (a, b) in enumerate(zip(expected, tolerated, strict=False)) if a != b), len(tolerated))
    words: list[Message | str] = [Message("--- expected"), Message("+++ printed"), *diff]
    return Mismatch(tuple(words), expectation.first_line + min(first, max(len(expected) - 1, 0)))


def differ_only_in_times(expectation: Expectation, printed: str, *, any_order: bool = False) -> bool:
    """Whether the output differs from the expectation only in durations: a busy machine may be the cause."""
    real = [_shape(line) for line in _strip_blank([line.rstrip() for line in printed.split("\n")])]
    expected = [_shape(line) for line in expectation.lines]
    return sorted(real) == sorted(expected) if any_order else real == expected


def corrections(
    code: str, expectation: Expectation, printed: str, *, exact: bool = False, any_order: bool = False
) -> dict[int, tuple[str, ...]]:
    """The lines of code that take the place of others, by their number, so that the program prints what it says.

    Lines that agree stay as they are. An empty tuple removes a line.
    """
    old, new = expectation.lines, _corrected(expectation, printed, exact=exact, any_order=any_order)
    places, front = _places(old, new)
    lines = code.split("\n")
    marker = lines[expectation.marker_line - 1]
    start = marker[: len(marker) - len(marker.lstrip())] + "#"

    def comments(texts: Iterable[str]) -> list[str]:
        return [f"{start} {text}".rstrip() for text in texts]

    changed: dict[int, tuple[str, ...]] = {}
    is_on_marker_line = bool(old) and expectation.first_line == expectation.marker_line
    if is_on_marker_line:
        texts, front = front + places[0], []
        before = marker.rstrip().removesuffix(old[0])
        if len(texts) == 1 and texts[0] and texts[0] == texts[0].strip():
            changed[expectation.marker_line] = (before + texts[0],)
        else:
            changed[expectation.marker_line] = (before.rstrip(), *comments(texts))
        if texts == [old[0]]:
            del changed[expectation.marker_line]
    elif front:  # below what is left empty after the marker
        above = expectation.first_line - 1 if old else expectation.marker_line
        changed[above] = (lines[above - 1], *comments(front))
    for index in range(int(is_on_marker_line), len(old)):
        texts, number = places[index], expectation.first_line + index
        if texts != [old[index]]:
            kept = [lines[number - 1]] if texts[:1] == [old[index]] else []
            changed[number] = (*kept, *comments(texts[len(kept) :]))
    return changed


def with_corrections(code: str, changed: Mapping[int, tuple[str, ...]]) -> str:
    """A program with the lines that :func:`corrections` gives."""
    return "\n".join(text for number, line in enumerate(code.split("\n"), 1) for text in changed.get(number, (line,)))


def _places(old: Sequence[str], new: Sequence[str]) -> tuple[list[list[str]], list[str]]:
    """For each old line the new ones in its place, and the new ones before all."""
    places: list[list[str]] = [[line] for line in old]
    front: list[str] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "insert":
            target = places[i1 - 1] if i1 else front
            target += new[j1:j2]
        elif tag != "equal":
            pairs = min(i2 - i1, j2 - j1)
            for index in range(i1, i2):
                places[index] = [new[j1 + index - i1]] if index - i1 < pairs else []
            if pairs:
                places[i1 + pairs - 1] += new[j1 + pairs : j2]
    return places, front


def _corrected(expectation: Expectation, printed: str, *, exact: bool, any_order: bool) -> list[str]:
    """What should be expected: what was printed, but as it was expected where that agrees."""
    real = _strip_blank([line.rstrip() for line in printed.split("\n")])
    expected = list(expectation.lines)
    if not any_order:
        return _with_expected_numbers(expected, real, exact=exact)
    pairs = _match(expected, real, exact=exact)
    paired = set(pairs.values())
    unexpected = iter([line for index, line in enumerate(real) if index not in paired])
    lines = [line if index in pairs else next(unexpected, None) for index, line in enumerate(expected)]
    new = [*(line for line in lines if line is not None), *unexpected]
    if new == _strip_blank(new):
        return new
    expected_at = {at: index for index, at in pairs.items()}  # a comment can neither begin nor end with an empty line
    return [expected[expected_at[at]] if at in expected_at else line for at, line in enumerate(real)]


def _strip_blank(lines: list[str]) -> list[str]:
    while lines and not lines[0]:
        lines = lines[1:]
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def _with_expected_numbers(expected: list[str], real: list[str], *, exact: bool) -> list[str]:
    """The printed lines, with lines that agree within tolerance replaced by the expected ones: a diff omits them."""
    matcher = difflib.SequenceMatcher(
        None, [_shape(line) for line in expected], [_shape(line) for line in real], autojunk=False
    )
    result = list(real)
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            line = expected[block.a + offset]
            if agree(line, real[block.b + offset], exact=exact):
                result[block.b + offset] = line
    return result


def _compare_any_order(
    expectation: Expectation, expected: list[str], real: list[str], *, exact: bool
) -> Mismatch | None:
    pairs = _match(expected, real, exact=exact)
    missing = [index for index in range(len(expected)) if index not in pairs]
    paired = set(pairs.values())
    unexpected = [line for index, line in enumerate(real) if index not in paired]
    if not missing and not unexpected:
        return None
    words: list[Message | str] = []
    if missing:
        words += [Message("expected, in any order, but not printed:"), *(f"- {expected[index]}" for index in missing)]
    if unexpected:
        words += [Message("printed, but not expected:"), *(f"+ {line}" for line in unexpected)]
    return Mismatch(tuple(words), expectation.first_line + (missing[0] if missing else 0))


def _match(expected: list[str], real: list[str], *, exact: bool) -> dict[int, int]:
    """A maximum matching of expected and printed lines that agree, by index."""
    wanted, printed = [_durations(line) for line in expected], [_durations(line) for line in real]
    shapes: dict[str, list[int]] = {}
    for index in sorted(range(len(real)), key=printed.__getitem__):
        shapes.setdefault(_shape(real[index]), []).append(index)

    def partners(index: int) -> Iterator[int]:
        for one in shapes.get(_shape(expected[index]), ()):
            if expected[index] == real[one] or (not exact and all(map(_close, wanted[index], printed[one]))):
                yield one

    pairs: dict[int, int] = {}
    taken: dict[int, int] = {}
    left = []
    # In order of their durations nearly all find a partner at once; only those left over may move others.
    for index in sorted(range(len(expected)), key=wanted.__getitem__):
        partner = next((one for one in partners(index) if one not in taken), None)
        if partner is not None:
            pairs[index], taken[partner] = partner, index
        elif wanted[index]:
            left.append(index)
    for index in left:
        _augment(index, partners, pairs, taken)
    return pairs


def _augment(
    start: int, partners: Callable[[int], Iterable[int]], pairs: dict[int, int], taken: dict[int, int]
) -> None:
    """Extend the matching by one expected line, along a shortest augmenting path, if there is one.

    :param pairs: printed line by expected line; ``taken`` is the inverse.
    """
    reached_from: dict[int, int] = {}
    queue = [start]
    for index in queue:  # which grows meanwhile
        for partner in partners(index):
            if partner in reached_from:
                continue
            reached_from[partner] = index
            if partner in taken:
                queue.append(taken[partner])
                continue
            end: int | None = partner
            while end is not None:
                mover = reached_from[end]
                left = pairs.get(mover)
                pairs[mover], taken[end] = end, mover
                end = left
            return


def agree(expected: str, printed: str, *, exact: bool = False) -> bool:
    """Whether two lines are equal, with durations equal within the tolerance."""
    if expected == printed:
        return True
    if exact or _shape(expected) != _shape(printed):
        return False
    return all(map(_close, _durations(expected), _durations(printed)))


def _close(expected: float, printed: float) -> bool:
    # A billionth more: 0.30 + 0.05 is not quite 0.35 in binary.
    return abs(expected - printed) <= max(TOLERANCE_SECONDS, expected * TOLERANCE_SHARE) + 1e-9


def names_duration(text: str) -> bool:
    """Whether there is a number with a unit of time in a text."""
    return _DURATION.search(text) is not None


def _shape(line: str) -> str:
    return _DURATION.sub(lambda match: f"\0{match[2]}{match[3]}", line)


def _durations(line: str) -> list[float]:
    return [float(number) * _UNITS[unit] for number, _, unit in _DURATION.findall(line)]
