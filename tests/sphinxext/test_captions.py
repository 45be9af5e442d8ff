"""Captions of the code and of the output, and the numbers by which pages refer to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from .conftest import Project

CONF = 'language = "en"\nproject = "Captions"\nversion = "1"\ncopyright = "2026"\nnumfig = True\n'
PAGE = """# A

{numref}`first`, {numref}`Program %s <second>`, {numref}`second_output`, {ref}`second`, {numref}`third`

```{exec_code}
:caption: A directive
:name: first
print(1)
```

<!-- await: name=second caption="Two & <b> *three*" caption_output="What comes" -->
```python
print(2)
```

<!-- await: caption="Without a name" -->
```pycon
>>> 1 + 1
2
```

<!-- await: name=third caption="A file" -->
```{literalinclude} program.py
```
"""


def captioned(project: Project) -> None:
    """Write a project with captions."""
    project.write("conf.py", project.read("conf.py") + CONF)
    project.write("program.py", "print(4)\n")
    project.write("index.md", PAGE)


def test_captions_have_numbers_and_pages_refer_to_them(project: Project) -> None:
    """In the order of the page, of fences as of directives; a link leads to what has the number."""
    captioned(project)
    built = project.build("-W")
    assert built.status == 0, built.err
    page = BeautifulSoup(built.page(), "html.parser")
    captions = [one.get_text().removesuffix("¶") for one in page.select(".code-block-caption")]
    assert captions == [
        *("Listing 1 A directive", "Listing 2 Two & <b> *three*", "Listing 3 What comes"),
        *("Listing 4 Without a name", "Listing 5 A file"),
    ]
    links = page.select("p a.internal")
    assert [one.get_text() for one in links] == [
        *("Listing 1", "Program 2", "Listing 3", "Two & <b> *three*", "Listing 5")
    ]
    for link, caption in zip(links, (0, 1, 2, 1, 4), strict=True):
        target = page.select_one(str(link["href"]))
        assert target is not None
        assert target.select(".code-block-caption") == [page.select(".code-block-caption")[caption]]
    output = page.select_one("#second-output")
    assert output is not None
    assert [one.get_text() for one in output.select(".await-text")] == ["2"]
    again = project.build("-W")
    assert (again.ran, again.files()) == ([], built.files())


def test_a_book_and_paper_have_the_numbers_too(project: Project) -> None:
    """Paper counts itself: each reference has its label."""
    captioned(project)
    book = project.build(builder="epub").page("index.xhtml")
    assert "Program 2" in book
    paper = project.build("-W", builder="latex")
    assert paper.status == 0, paper.err
    (source,) = [path.read_text("utf-8") for path in paper.folder.glob("*.tex")]
    asked = re.findall(r"\\ref\{\\detokenize\{(.*?)\}\}", source)
    assert len(asked) == 4
    assert all(rf"\label{{\detokenize{{{label}}}}}" in source for label in asked)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("caption", "caption: a text expected"),
        ("caption=' '", "caption: a text expected"),
        ("caption_output", "caption_output: a text expected"),
        ("captoin=x", "there are: name, run, no-run, caption, caption_output"),
    ],
)
def test_a_caption_without_words_is_a_mistake(project: Project, options: str, words: str) -> None:
    """With file and line; a word that is wrong is told what there is."""
    project.write("index.md", f"# A\n\n<!-- await: {options} -->\n```python\nprint(1)\n```\n")
    built = project.build()
    assert built.status == 1
    assert re.search(rf"index\.md:3: ERROR: .*{words}", built.err), built.err


def test_where_there_can_be_no_second_caption_it_is_a_mistake(project: Project) -> None:
    """Of a `literalinclude` that has one, and of a block of prompts in reStructuredText."""
    project.write("program.py", "print(1)\n")
    project.write(
        "index.md", '# A\n\n<!-- await: caption="x" -->\n```{literalinclude} program.py\n:caption: y\n```\n\n'
    )
    project.write("more.rst", ':orphan:\n\nB\n=\n\n.. await: caption="x"\n\n>>> 1\n1\n')
    built = project.build()
    assert "index.md:3: ERROR: caption: the directive has one" in built.err
    assert "more.rst:8: ERROR: caption: a block of `>>>` has none" in built.err


def test_a_caption_is_translated(project: Project) -> None:
    """Translators find it in their catalogue."""
    captioned(project)
    built = project.build(builder="gettext")
    assert 'msgid "Two & <b> *three*"' in built.page("index.pot")
