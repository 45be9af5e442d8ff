"""`--await-update` writes expected output, and touches nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.validation.expected_output import compare, corrections, find_expectation, with_corrections

from .conftest import CONF

if TYPE_CHECKING:
    from .conftest import Tested

BEFORE = """\
\ufeff# Page  \r
\r
1. item\r
\r
   ````python\r
   for i in range(3):  \r
   \tprint(i)\r
\r
   # 예상 출력:\r
   #0\r
   # 9   \r
   # 2\r
   # 7\r
   ````\r
\r
> quote\r
>\r
> ~~~~py\r
> print("x")\r
> # Expected output: y\r
> ~~~~\r
\r
```{exec_code}\r
print("a")\r
print("took 0.30 s")\r
# Expected output\r
#\r
# took 0.31 s\r
```\r
\r
```python\r
print("b"); print("a")\r
# Expected output (in any order):\r
# a\r
# c\r
\r
# the end\r
```\r
\r
```python\r
print("right")\r
# Expected output: right\r
```\r
\r
```python\r
print("more\\n\\nlines")\r
# Expected output: one"""
CHANGES = (
    ("   # 9   \r\n   # 2\r\n   # 7\r\n", "   # 1\r\n   # 2\r\n"),
    ("> # Expected output: y\r\n", "> # Expected output: x\r\n"),
    ("# Expected output\r\n#\r\n# took 0.31 s", "# Expected output\r\n#\r\n# a\r\n# took 0.31 s"),
    ("# a\r\n# c\r\n", "# a\r\n# b\r\n"),
    ("# Expected output: one", "# Expected output:\r\n# more\r\n#\r\n# lines"),
)
RST = """\
- item

  .. exec_code::

     if 1:
\tprint("tab")
     # Expected output:
     # no
"""


def test_an_update_changes_comments_and_no_other_byte(tested: Tested) -> None:
    """Line ends, a byte order mark, trailing spaces, signs of lists and quotations, and lines that agree all stay."""
    tested.write("conf.py", CONF)
    page = tested.write("index.md", BEFORE)
    rst = tested.write("page.rst", RST)
    example = tested.write("examples/e.py", "# coding: latin-1\nprint('é')\n# Expected output: e\n".encode("latin-1"))
    after = BEFORE
    for old, new in CHANGES:
        assert after.count(old) == 1
        after = after.replace(old, new)
    done = tested.run("--await-update", ".")
    done.assert_outcomes(passed=8)
    done.stdout.fnmatch_lines(["written: examples/e.py:3", "written: index.md:11", "written: page.rst:8"])
    assert page.read_bytes().decode() == after
    assert rst.read_text() == RST.replace("# no", "# tab")
    assert example.read_bytes() == "# coding: latin-1\nprint('é')\n# Expected output: é\n".encode("latin-1")
    stamps = [path.stat().st_mtime_ns for path in (page, rst, example)]
    tested.run("--await-update", ".").assert_outcomes(passed=8)
    assert [path.stat().st_mtime_ns for path in (page, rst, example)] == stamps


@pytest.mark.parametrize(
    "printed",
    [
        "Expected output: 3",
        "```\\n\\n```python\\n1",
        "# x\\r\\n",
        "\\x85\\u2028x",
        "'''",
        '\\"\\"\\"',
        "\\\\n",
        " x",
        "\\tx\\t",
    ],
)
@pytest.mark.parametrize("kind", ["page.md", "module.py"])
def test_no_update_changes_a_program(tested: Tested, kind: str, printed: str) -> None:
    """Whatever is printed: the comment then says it, or nothing is written and the test fails."""
    fence = f'<!-- await: run -->\n```python\nprint("{printed}")\n# Expected output: y\n```\n\nend\n'
    text = fence if kind == "page.md" else 'def f():\n    r"""F.\n\n    ' + fence.replace("\n", "\n    ") + '"""\n'
    path = tested.write(kind, text)
    done = tested.run("--await-update", kind)
    outcome = done.parseoutcomes()
    if outcome == {"failed": 1}:
        assert path.read_text() == text
        done.stdout.fnmatch_lines(["*: its expected output is not written: *"])
    else:
        assert outcome == {"passed": 1}
        tested.run(kind).assert_outcomes(passed=1)
        assert path.read_bytes().decode().startswith(text[: text.index("# Expected")])
        assert path.read_bytes().decode().endswith(text[text.index(": y\n") + 3 :])


def test_an_update_makes_no_invalid_escapes(tested: Tested) -> None:
    """In a docstring that is not raw, printed backslashes would be escapes, of which Python warns."""
    text = (
        'def f():\n    """F.\n\n    <!-- await: run -->\n    ```python\n    print(chr(92) + "d")\n    '
        "# Expected output: y\n    ```\n    "
        '"""\n'
    )
    path = tested.write("src/m.py", text)
    done = tested.run("--await-update", "src")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*its expected output is not written: *make it a raw one*"])
    assert path.read_text() == text
    path.write_text(text.replace('"""', 'r"""', 1))
    tested.run("--await-update", "src").assert_outcomes(passed=1)
    assert "# Expected output: \\d\n" in path.read_text()


def test_an_update_of_what_several_pages_include_keeps_each_of_them(tested: Tested) -> None:
    """A page with a program of its own, and one that includes the same file twice, are updated, too."""
    tested.write("conf.py", CONF + 'exclude_patterns = ["inc.md"]\n')
    fence = "```python\nprint({0})\n# Expected output: 0\n```\n\n"
    inc = tested.write("inc.md", fence.format(1))
    include = "```{include} inc.md\n```\n\n"
    pages = [
        tested.write(name, text)
        for name, text in {
            "pa.md": include + fence.format(2),
            "pb.md": include + fence.format(3),
            "pc.md": include * 2 + fence.format(4),
        }.items()
    ]
    tested.run("--await-update", ".").assert_outcomes(passed=7)
    assert [path.read_text().count(f"output: {number}\n") for number, path in enumerate([inc, *pages], 1)] == [1] * 4
    tested.run(".").assert_outcomes(passed=7)


def test_an_update_is_one_process(tested: Tested) -> None:
    """Two workers would write one page at once, so they are refused."""
    tested.write("index.md", BEFORE)
    done = tested.run("--await-update", "-n", "2", ".")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*run it without -n*"])


@pytest.mark.parametrize(
    "heading", ["# Expected output:", "# Expected output: a", "# Expected output\n#", "  # Expected output (order):"]
)
@pytest.mark.parametrize("old", [[], ["b"], ["b", "", "c"], ["x", "b", "y", "took 1.0 s"]])
@pytest.mark.parametrize("new", ["", "a\n", "b\n", "a\nb\nc\n", "b\n\n\n c\n", "took 1.02 s\nb\n", "x\nb\nz\ny\n"])
def test_a_corrected_comment_agrees(heading: str, old: list[str], new: str) -> None:
    """After the correction the comparison finds no difference, and code outside of the comment is the same."""
    indent = heading[: len(heading) - len(heading.lstrip())]
    code = "\n".join(["print()", "", heading, *(f"{indent}# {line}".rstrip() for line in old), "", "# other"])
    expectation = find_expectation(code, ["Expected output"])
    assert expectation is not None
    changed = corrections(code, expectation, new, any_order=expectation.any_order)
    corrected = with_corrections(code, changed)
    again = find_expectation(corrected, ["Expected output"])
    assert again is not None
    assert compare(again, new, any_order=again.any_order) is None
    assert corrected.startswith("print()\n\n")
    assert corrected.endswith("\n\n# other")
