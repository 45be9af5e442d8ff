"""Parts of files, as Sphinx's ``literalinclude`` takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sphinx.config import Config
from sphinx.directives.code import LiteralIncludeReader

from sphinx_await.core.errors import OptionError
from sphinx_await.course.file_parts import FilePart, is_python_file, numbers_shown
from sphinx_await.course.source_map import read_program

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
import sys

# begin
class Shop:
    @staticmethod
    def sell(price):
        return price

    async def buy(self):
        return 1
# end

if True:
    def late(): return 2
# end
print(Shop.sell(3))
"""


@pytest.mark.parametrize(
    "options",
    [
        {"lines": "1,3-5"},
        {"lines": "-2"},
        {"lines": "14-"},
        {"lines": "5,1"},
        {"start-after": "# begin"},
        {"start-at": "# begin", "end-at": "# end"},
        {"start-after": "# begin", "end-before": "# end"},
        {"start-at": "# end", "end-before": "# end"},
        {"end-before": "class"},
        {"pyobject": "Shop"},
        {"pyobject": "Shop.sell"},
        {"pyobject": "Shop.buy", "lines": "2"},
        {"pyobject": "Shop", "start-after": "sell"},
    ],
)
def test_a_part_is_what_literalinclude_takes(tmp_path: Path, options: dict[str, str]) -> None:
    """Line by line, from whatever options are combined."""
    path = tmp_path / "shop.py"
    path.write_text(TEXT, encoding="utf-8")
    wanted, _count = LiteralIncludeReader(str(path), dict(options), Config()).read(location=None)
    lines = TEXT.split("\n")
    numbers = FilePart.of(options).numbers(lines)
    assert [lines[number - 1] for number in numbers] == wanted.rstrip("\n").split("\n") + [""] * (
        len(numbers) - len(wanted.rstrip("\n").split("\n"))
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lines": "x"}, "lines such as 1,3-5 expected, found 'x'"),
        ({"lines": "3-1"}, "lines such as"),
        ({"lines": "0"}, "lines such as"),
        ({"lines": "90"}, "lines: there are lines 1 to"),
        ({"lines": ""}, "lines: a text expected"),
        ({"start-after": "nowhere"}, "start-after: no line of the file has 'nowhere'"),
        ({"start-after": "a", "start-at": "b"}, "cannot be combined with"),
        ({"pyobject": "Shop.rent"}, "pyobject: the file has no 'Shop.rent'"),
    ],
)
def test_what_is_no_part_is_refused(options: dict[str, str], message: str) -> None:
    """With the option and what is wrong."""
    with pytest.raises(OptionError, match=message):
        FilePart.of(options).numbers(TEXT.split("\n"))


def test_a_part_runs_without_its_indentation_and_knows_its_lines(tmp_path: Path) -> None:
    """Markers within it mean what they mean."""
    path = tmp_path / "shop.py"
    path.write_text(TEXT.replace("return price", "#hide:start\n        x = 1\n        #hide:stop\n        return x"))
    code = read_program(path, part=FilePart({"pyobject": "Shop.sell"}))
    assert code.executed == "@staticmethod\ndef sell(price):\n    x = 1\n    return x"
    assert code.lines == (5, 6, 8, 10)
    assert code.numbers == (1, 2, None, 3)


def test_lines_that_are_shown_are_found_in_their_file() -> None:
    """A part in one piece where it is, and pieces in their order."""
    lines = TEXT.split("\n")
    assert numbers_shown(lines, lines[8:10]) == {9: 1, 10: 2}
    assert numbers_shown(lines, [lines[0], lines[5].strip(), lines[15]]) == {1: 1, 6: 2, 16: 3}
    assert [is_python_file(*one) for one in (("a.py", ""), ("a.txt", ""), ("a.txt", "Python"), ("a.py", "none"))] == [
        *(True, False, True, False)
    ]
