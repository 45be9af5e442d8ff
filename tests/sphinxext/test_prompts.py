"""Programs that are typed at Python's prompt, on pages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from ..browser.sites import STUB

if TYPE_CHECKING:
    from .conftest import Built, Project

BLOCK = """\
>>> import asyncio
>>> async def tick(n):
...     await asyncio.sleep(0.02)
...     return 1 / n
...
>>> asyncio.run(tick(2))
0.5
>>> asyncio.run(tick(0))
Traceback (most recent call last):
  ...
ZeroDivisionError: division by zero
>>> list(range(9))  # doctest: +ELLIPSIS
[0, ..., 8]
>>> print("a\\n\\nb")
a
<BLANKLINE>
b
>>> 1 +  # doctest: +SKIP
"""
SHOWN = [
    *BLOCK.splitlines()[:8],
    "Traceback (most recent call last):",
    'File "PAGE", line LINE, in <module>',
    "ZeroDivisionError: division by zero",
    ">>> list(range(9))",
    "[0, 1, 2, 3, 4, 5, 6, 7, 8]",
    '>>> print("a\\n\\nb")',
    "a",
    "",
    "b",
    ">>> 1 +",
]
MARKDOWN = f"# A\n\n```pycon\n{BLOCK}```\n"
RESTRUCTUREDTEXT = f"A\n=\n\nText.\n\n{BLOCK}\n"


def code_of(built: Built) -> list[str]:
    """The lines of the code of a page's programs."""
    page = BeautifulSoup(built.page(), "html.parser")
    return "".join(one.get_text() for one in page.select("figure.await-run .await-code pre")).splitlines()


@pytest.mark.parametrize(("page", "text"), [("index.md", MARKDOWN), ("index.rst", RESTRUCTUREDTEXT)])
def test_a_page_shows_what_was_displayed_in_the_place_of_what_is_typed(
    project: Project, monkeypatch: pytest.MonkeyPatch, page: str, text: str
) -> None:
    """With the picture of its tasks, and why readers cannot run it; a second build runs nothing."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    project.write(page, text)
    built = project.build("-W")
    assert built.status == 0, built.err
    lines = code_of(built)
    assert [one for one in lines if one in SHOWN] == [one for one in SHOWN if not one.startswith("File")]
    assert '  File "snippet.py", line 8, in <module>' in lines
    html = BeautifulSoup(built.page(), "html.parser")
    (figure,) = html.select("figure.await-run")
    assert not figure.select(".await-outputs")
    assert figure.select(".await-picture svg")
    assert json.loads(figure.select("await-live script")[0].get_text())["only"].endswith(" browser (>>>)")
    ids = {one["id"] for one in html.select("[id]")}
    assert {one["href"][1:] for one in figure.select("a[href^='#']")} <= ids
    again = project.build("-W")
    assert (again.ran, again.page()) == ([], built.page())


def test_every_difference_is_an_error_with_its_line_and_a_diff(project: Project) -> None:
    """Also of a fence that is tagged as Python; the page shows all of them."""
    project.write("index.md", "# A\n\n```python\n>>> 1\n2\n>>> 3\n3\n>>> 'x'\n>>> 1 / 0\n0\n```\n")
    built = project.build()
    assert built.status == 1
    assert re.findall(r"index\.md:(\d+): ERROR: index-1: displayed something else than is typed", built.err) == [
        *("5", "8", "9")
    ]
    assert re.search(r"@@ -1 \+1 @@\n\s+-2\n\s+\+1\n", built.err), built.err
    page = BeautifulSoup(built.page(), "html.parser")
    assert len(page.select("figure.await-failed .admonition.error, figure.await-failed .error")) == 3
    assert code_of(built)[:2] == [">>> 1", "1"]


@pytest.mark.parametrize(
    ("builder", "page"), [("text", "index.txt"), ("latex", "prompts.tex"), ("epub", "index.xhtml")]
)
def test_other_builders_show_the_same(project: Project, builder: str, page: str) -> None:
    """Code with what was displayed, and no other output."""
    conf = 'project = "Prompts"\nversion = "1"\ncopyright = "2026"\nsuppress_warnings = ["epub"]\n'
    project.write("conf.py", project.read("conf.py") + conf)
    project.write("index.md", MARKDOWN)
    built = project.build("-W", builder=builder)
    assert built.status == 0, built.err
    text = built.page(page)
    text = BeautifulSoup(text, "html.parser").get_text() if builder == "epub" else text
    plain = re.sub(r"\\PYG\{[^{}]*\}\{((?:[^{}]|\\[a-z]+\{\})*)\}", r"\1", text)
    assert "[0, 1, 2, 3, 4, 5, 6, 7, 8]" in re.sub(r"\s+", " ", plain).replace("[ ", "[")
    assert "doctest" not in text
    assert "seconds from the start" not in text
    assert "CPython" in text


def test_which_blocks_run(project: Project) -> None:
    """Those of documents that are named, and those that a comment asks for; no prose, and nothing of others."""
    project.write(
        "conf.py", 'extensions = ["myst_parser", "sphinx_await", "sphinx.ext.doctest"]\nawait_run_fences = ["a"]\n'
    )
    project.write(
        "index.rst",
        "A\n=\n\n>>> 1\n\n.. await: session=s\n\n>>> x = 2\n\n.. await: session=s\n\n>>> x\n2\n\n"
        ".. toctree::\n\n   a\n   b\n",
    )
    project.write("a.rst", "A\n=\n\n>>> 1\n1\n\n.. await: no-run\n\n>>> 1\n\n.. doctest::\n\n   >>> 1\n")
    project.write("b.md", "# B\n\n```pycon\n>>> 1\n```\n\n<!-- await: run -->\n```pycon\n>>> 2\n2\n```\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert sorted(built.ran) == ["a-1", "b-1", "index-2"]


def test_the_builder_of_doctest_still_finds_the_blocks(project: Project) -> None:
    """It tests them as it does without this extension, also after a build of pages; translators get them, too."""
    project.write("index.rst", "A\n=\n\n.. await: name=sum\n\n>>> 3\n4\n\nText.\n\n>>> 5\n5\n")
    conf = 'extensions = ["sphinx.ext.doctest"%s]\nawait_run_fences = ["**"]\nlanguage = "en"\n'
    project.write("conf.py", conf % "")
    without = project.build(builder="doctest")
    project.write("conf.py", conf % ', "sphinx_await"')
    page = BeautifulSoup(project.build().page(), "html.parser")
    assert len(page.select("figure.await-run .await-code .highlight-pycon")) == 2
    assert len(page.select("figure#sum, #sum")) == 1
    built = project.build(builder="doctest")
    for each in (without, built):
        assert each.status == 1
        assert "2 tests\n    1 failure in tests\n" in each.page("output.txt")
    translators = project.build("-Dgettext_additional_targets=doctest-block", builder="gettext")
    assert 'msgid ">>> 5\\n"' in translators.page("index.pot")


def test_what_is_typed_keeps_the_blanks_at_its_ends(project: Project) -> None:
    """They may be in a string of several lines; a prompt alone may have some, too."""
    project.write("index.md", '# A\n\n```pycon\n>>> s = """a  \n...    \n... b"""\n>>> len(s)  \n9   \n>>>  \n```\n')
    built = project.build("-W")
    assert built.status == 0, built.err


def test_mistakes_name_their_lines(project: Project) -> None:
    """A flag that doctest does not have, a block without prompts, a question whose answer is displayed."""
    project.write(
        "index.md",
        "# A\n\n```pycon\n>>> 1  # doctest: +NOPE\n```\n\n<!-- await: run -->\n```pycon\n1\n```\n\n"
        "````{exec_predict}\n```pycon\n>>> 1\n1\n```\n````\n\n```pycon\nprose\n```\n",
    )
    built = project.build()
    found = re.findall(r"index\.md:(\d+): ERROR: (.*)", built.err)
    assert [int(line) for line, _ in found] == [4, 9, 12], built.err
    assert "doctest: one of +SKIP" in found[0][1]
    assert "nothing in it begins with `>>> `" in found[1][1]
    assert "exec_predict: a program with prompts shows what it displays" in found[2][1]


def test_examples_await_where_programs_may(project: Project) -> None:
    """As at the prompt of ``python -m asyncio``, whatever else is no Python; displays come below the code."""
    project.write("conf.py", project.read("conf.py") + 'await_top_level_await = ["**"]\n')
    project.write(
        "index.md",
        "# A\n\n<!-- await: last-value alt='a square' -->\n```pycon\n>>> await asyncio.sleep(0.01, 5)\n5\n"
        ">>> class S:\n...     def _repr_svg_(self):\n...         return "
        '\'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\'\n...\n>>> S()\n>>> 6\n6\n'
        ">>> 1 +\nTraceback (most recent call last):\nSyntaxError: invalid syntax\n```\n",
    )
    built = project.build("-W")
    assert built.status == 0, built.err
    page = BeautifulSoup(built.page(), "html.parser")
    assert [one["alt"] for one in page.select("figure.await-run .await-display img")] == ["a square"]
    assert "run as by python -m asyncio" in page.select(".await-facts")[0].get_text()


def test_values_that_are_displayed_have_a_name(project: Project) -> None:
    """Where a page shows last values as a notebook does, too."""
    project.write("conf.py", project.read("conf.py") + 'await_last_value = ["**"]\n')
    project.write("index.md", "# A\n\n```pycon\n>>> 5\n5\n>>> _ + 1\n6\n```\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert code_of(built) == [">>> 5", "5", ">>> _ + 1", "6"]


def test_what_python_prints_of_an_exception_is_right(project: Project) -> None:
    """A suggestion, which not each version has, may be typed or not; notes that are typed are compared."""
    head = "Traceback (most recent call last):\n  ...\n"
    lacking = "AttributeError: 'list' object has no attribute 'push'"
    examples = (
        f">>> [].push(1)\n{head}{lacking}\n",
        f">>> [].push(1)\n{head}{lacking}. Did you mean: 'pop'?\n",
        f">>> asyncio\n{head}NameError: name 'asyncio' is not defined. Did you forget to import 'asyncio'?\n",
        ">>> error = ValueError('bad')\n>>> error.add_note('a note')\n",
        f">>> raise error\n{head}ValueError: bad\na note\n",
        f">>> raise error\n{head}ValueError: bad\n",
        f">>> raise error\n{head}ValueError: bad\nno such note\n",
    )
    project.write("index.md", f"# A\n\n```pycon\n{''.join(examples)}```\n")
    built = project.build()
    assert built.status == 1
    assert built.err.count("ERROR: index-1: displayed something else than is typed") == 1, built.err
    assert re.search(r"-no such note\n\s+\+a note\n", built.err), built.err
