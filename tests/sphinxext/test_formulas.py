"""Formulas, Markdown and figures of scripts that programs display, in pages of every builder."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from .conftest import Project

LATEX = r"""
from sphinx_await import display

class Root:
    def _repr_latex_(self):
        return r"$\displaystyle \sqrt{x} < 1$"
    def __repr__(self):
        return "sqrt(x) < 1"

class Bundle:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/latex": r"\begin{align}a &= b \\ c &= d\end{align}"}
"""
PAGE = f"# A\n\n```python\n{LATEX}\nprint('first')\ndisplay(Root())\nprint('second')\ndisplay(Bundle())\n```\n"

MARKDOWN = '''
from sphinx_await import display

class Note:
    def _repr_markdown_(self):
        return """# Heading

Some *words*, **strong** ones, `code`, [a link](https://example.org) and [none](javascript:evil()).
<b onclick="evil()">No HTML</b> ![an image](https://example.org/pixel.png)

<script>evil()</script>

- one
- two

3. three

> said

```{include} /etc/passwd
```

| a | b |
|---|---|
| 1 | 2 |

| alone |
|---|
"""

display(Note())
'''


def test_a_formula_is_drawn_as_the_formulas_of_the_page_are(project: Project) -> None:
    """In its place among the output; the page loads what draws it, and another page does not."""
    project.write("index.md", PAGE + "\n```{toctree}\nother\n```\n")
    project.write("other.md", "# B\n\n```python\nprint(1)\n```\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    page = BeautifulSoup(built.page(), "html.parser")
    figure = page.select("figure.await-run")[0]
    shown = [one.get_text().strip() for one in figure.select(".await-text, .await-display .math")]
    assert shown[:3] == ["first", r"\[\displaystyle \sqrt{x} < 1\]", "second"]
    assert r"\begin{aligned}a &= b \\ c &= d\end{aligned}" in shown[3]
    assert [one["aria-label"] for one in figure.select(".await-display")] == [
        "Result 1 of index-1",
        "Result 2 of index-1",
    ]
    loads = ["mathjax" in built.page(name) for name in ("index.html", "other.html")]
    assert loads == [True, False]
    again = project.build("-W")
    assert (again.ran, again.files()) == ([], built.files())


def test_other_builders_have_formulas_as_they_can(project: Project) -> None:
    """Paper draws them; a text and a book, which runs no script, have their words, which are the source if need be."""
    project.write("index.md", PAGE)
    paper = project.build("-W", builder="latex")
    assert paper.status == 0, paper.err
    (source,) = [path.read_text("utf-8") for path in paper.folder.glob("*.tex")]
    drawn = r"\begin{split}\displaystyle \sqrt{x} < 1\end{split}"
    found = [source.rindex(words) for words in ("first", drawn, "second", r"\begin{split}\begin{aligned}a &= b")]
    assert found == sorted(found)
    rows = re.findall(r"^ +\d+\.\d{3} +(\S.*)$", project.build(builder="text").page("index.txt"), re.MULTILINE)
    assert rows == ["first", "sqrt(x) < 1", "second", r"\begin{aligned}a &= b \\ c &= d\end{aligned}"]
    book = project.build(builder="epub").page("index.xhtml")
    assert "sqrt(x) &lt; 1" in book
    assert "mathjax" not in book


def test_plain_pages_have_formulas_and_markdown_too(project: Project) -> None:
    """Among the output, with nothing around them."""
    project.write("conf.py", project.read("conf.py") + 'await_plain = ["**"]\n')
    project.write("index.md", f"{PAGE}\n`````python\n{MARKDOWN}`````\n")
    page = BeautifulSoup(project.build("-W").page(), "html.parser")
    assert len(page.select("div.math")) == 2
    assert page.select_one(".await-markdown em") is not None
    assert page.select("figure") == []


def test_latex_that_is_more_than_a_formula_is_a_warning_and_its_text_is_shown(project: Project) -> None:
    """With the line that displays it; not where pages have another form of the same."""
    code = r"""
from sphinx_await import display

class Reads:
    def _repr_latex_(self):
        return r"\input{/etc/passwd}"
    def __repr__(self):
        return "it reads"

class Drawn(Reads):
    def _repr_svg_(self):
        return "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"

display(Reads())
display(Drawn(), alt="nothing")
"""
    page = f"# A\n\n```python\n{code}```\n"
    project.write("index.md", page)
    for builder, name in (("html", "index.html"), ("latex", "*.tex")):
        built = project.build("-E", builder=builder)
        found = re.findall(r"index\.md:(\d+): WARNING: index-1: (.*) \[await\.display\]", built.err)
        line = page.split("\n").index("display(Reads())") + 1
        assert found == [(str(line), r"its LaTeX is not shown: it has \input")]
        (path,) = built.folder.glob(name)
        text = path.read_text("utf-8")
        assert "it reads" in text
        assert text.count("/etc/passwd") == 1, "in the code alone"


def test_markdown_is_text_of_the_page_and_does_nothing(project: Project) -> None:
    """Neither HTML nor directives nor links but to the web; a heading is none of the page's."""
    project.write("index.md", f"# A\n\n<!-- await: alt='a note' -->\n`````python\n{MARKDOWN}`````\n")
    built = project.build()
    assert built.status == 0, built.err
    page = BeautifulSoup(built.page(), "html.parser")
    note = page.select_one(".await-display .await-markdown")
    assert note is not None
    assert [one.get_text() for one in page.select(".body :is(h1, h2, h3)")] == ["A¶"]
    assert [one.get_text().strip() for one in note.select("em, strong, code, li, blockquote, td, th")] == [
        *("Heading", "words", "strong", "code", "one", "two", "three", "said", "a", "b", "1", "2", "alone")
    ]
    assert [one["href"] for one in note.select("a")] == ["https://example.org"]
    assert note.select("script, img, [onclick], b") == []
    assert "<script>evil()</script>" in note.get_text()
    assert "root:" not in note.get_text()


@pytest.mark.parametrize(("builder", "page"), [("text", "index.txt"), ("epub", "index.xhtml"), ("latex", "*.tex")])
def test_every_builder_has_markdown(project: Project, builder: str, page: str) -> None:
    """As its own text."""
    project.write("index.md", f"# A\n\n`````python\n{MARKDOWN}`````\n")
    built = project.build(builder=builder)
    assert "index.md" not in built.err, built.err
    (path,) = built.folder.glob(page)
    text = path.read_text("utf-8")
    shown = text[text.rindex("display") :]
    assert all(words in shown for words in ("Heading", "three", "said", "alone"))


def test_a_figure_of_plotly_is_a_warning_that_says_what_to_do(project: Project) -> None:
    """Whether pages may show HTML or not: a script draws it."""
    code = """
from sphinx_await import display

class Figure:
    def _repr_html_(self):
        return '<div><script src="https://cdn.plot.ly/plotly.js"></script><div class="plotly-graph-div"></div></div>'
    def __repr__(self):
        return "Figure()"

display(Figure())
"""
    page = f"# A\n\n```python\n{code}```\n"
    project.write("index.md", page)
    for setting in ("", "await_display_html = True\n"):
        project.write("conf.py", project.read("conf.py") + setting)
        built = project.build("-E")
        found = re.findall(r"index\.md:(\d+): WARNING: index-1: (.*) \[await\.display\]", built.err)
        assert [line for line, _words in found] == [str(page.split("\n").index("display(Figure())") + 1)]
        assert "this figure of plotly is drawn by a script" in found[0][1]
        shown = BeautifulSoup(built.page(), "html.parser").select(".await-display")
        assert [one.get_text(strip=True)[5:] for one in shown] == ["Figure()"]
        assert "cdn.plot.ly" not in str(shown)


def test_formulas_and_markdown_of_a_stranger_bring_nothing_into_a_page(project: Project) -> None:
    """A recording may say what no program said."""
    project.write("index.md", PAGE)
    project.build()
    (cached,) = (project.folder / ".await-cache").glob("*.json")
    data = json.loads(cached.read_text("utf-8"))
    evil = "<script>evil()</script>"
    data["displays"][0]["data"] = {"text/latex": rf"\text{{{evil}}}"}
    data["displays"][1]["data"] = {"text/markdown": f"{evil} [x](javascript:evil()) <javascript:evil()>"}
    cached.write_text(json.dumps(data), "utf-8")
    built = project.build("-E")
    assert built.ran == [], built.out
    assert evil not in built.page()
    assert 'href="javascript' not in built.page()
    figure = BeautifulSoup(built.page(), "html.parser").select(".await-display")
    assert [one.get_text().count(evil) for one in figure] == [1, 1]
