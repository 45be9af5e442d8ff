"""Results that programs display, in pages of every builder."""

from __future__ import annotations

import importlib.util
import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from ..support.drawings import SQUARES

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Built, Project

PAGE = f"""# A

<!-- await: last-value alt="a green square | a red one | green again" -->
```python
{SQUARES}
print("first")
display(Svg())
print("second")
display(Png())
Svg()
```

```{{exec_code}}
:hide_output:

from sphinx_await import display
class Hidden:
    def _repr_svg_(self): return "<svg xmlns='http://www.w3.org/2000/svg' id='hidden'/>"
display(Hidden(), alt="x")
```
"""


def images(built: Built) -> list[Path]:
    """The images of displays that were written."""
    return sorted((built.folder / "_images").glob("await-*.*"))


def test_a_page_shows_results_in_order_with_the_output(project: Project) -> None:
    """As images with their alternative text, moment and task; a second build writes the same and runs nothing."""
    project.write("index.md", PAGE)
    built = project.build("-W")
    assert built.status == 0, built.err
    figure = BeautifulSoup(built.page(), "html.parser").select_one("figure.await-run")
    assert figure is not None
    shown = [one.get("alt") or one.get_text() for one in figure.select(".await-text, img")]
    assert shown == ["first", "a green square", "second", "a red one", "green again"]
    moments = [float(one.get_text()) for one in figure.select(".await-time")]
    assert len(moments) == 5
    assert moments == sorted(moments)
    sources = [str(one["src"]) for one in figure.select("img")]
    assert [source.rpartition(".")[2] for source in sources] == ["svg", "png", "svg"]
    assert "9px" in str(figure.select("img")[1]["style"])
    assert len(images(built)) == 2, "equal images are one file"
    assert all((built.folder / source).is_file() for source in sources)
    assert not (built.folder / ".await-displays").exists()
    assert "id='hidden'" not in "".join(path.read_text("utf-8", "replace") for path in images(built))
    again = project.build("-W")
    assert (again.ran, again.files()) == ([], built.files())


def test_other_builders_show_results_in_their_own_form(project: Project) -> None:
    """A book has the images, paper those that it can print, and a text says what there is to see."""
    project.write("index.md", PAGE)
    text = project.build(builder="text").page("index.txt")
    rows = re.findall(r"^ +\d+\.\d{3} +(\S.*)$", text, re.MULTILINE)
    assert rows == ["first", "[a green square]", "second", "[a red one]", "[green again]"]
    book = project.build(builder="epub")
    assert len(images(book)) == 2
    paper = project.build(builder="latex")
    (source,) = [path.read_text("utf-8") for path in paper.folder.glob("*.tex")]
    assert source.count(r"\sphinxincludegraphics") == 1, "LaTeX has no SVG"
    assert "a green square" in source


def test_paper_shows_results_of_a_question_with_its_answer(project: Project) -> None:
    """All of the output, its images and what follows them; words of several lines are one row."""
    code = f"{SQUARES}\nprint('one')\ndisplay(Png(), alt='a\\nsquare')\nprint('two')"
    project.write("index.md", f"# A\n\n````{{exec_predict}}\n```python\n{code}\n```\n````\n")
    paper = project.build("-W", builder="latex")
    assert paper.status == 0, paper.err
    (source,) = [path.read_text("utf-8") for path in paper.folder.glob("*.tex")]
    answer = source.rindex("Answer")
    assert [source.index(row) > answer for row in (" one\n", "[a square]", r"\sphinxincludegraphics", " two\n")] == [
        True
    ] * 4


def test_a_result_that_nobody_describes_is_a_warning(project: Project) -> None:
    """With file and line of its display; likewise words for a result that is none, and an SVG with a script."""
    svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='go()'/>"
    bad = f'class Bad:\n    def _repr_svg_(self):\n        return "{svg}"\n'
    fences = [
        f"```python\n{SQUARES}\ndisplay(Svg())\n```",
        '<!-- await: alt="one | two" -->\n```python\nprint(1)\n```',
        f"```python\nfrom sphinx_await import display\n{bad}display(Bad(), alt='bad')\n```",
    ]
    page = "# A\n\n" + "\n\n".join(fences) + "\n"
    project.write("index.md", page)
    for _build in range(2):
        built = project.build()
        found = re.findall(r"index\.md:(\d+): WARNING: (index-\d): .*\[(await\.\w+)\]", built.err)
        lines = page.split("\n")
        assert [(run, kind) for _line, run, kind in found] == [
            *(("index-1", "await.alt"), ("index-2", "await.alt"), ("index-3", "await.display"))
        ]
        assert lines[int(found[0][0]) - 1] == "display(Svg())"
        assert lines[int(found[2][0]) - 1].startswith("display(Bad()")
    assert "go()" not in "".join(path.read_text("utf-8") for path in images(built))


def test_the_value_of_the_last_expression_is_shown_where_asked(project: Project) -> None:
    """By a pattern of documents or by an option; a program can refuse. A change of it runs what it concerns."""
    fence = "```python\n40 + 2\n```\n"
    project.write("index.md", f"# A\n\n```{{toctree}}\nnotes\n```\n\n{fence}")
    project.write("notes.md", f"# B\n\n{fence}\n<!-- await: no-last-value -->\n{fence}")
    project.write("conf.py", project.read("conf.py") + 'await_last_value = ["notes"]\n')
    built = project.build("-W")
    assert built.status == 0, built.err
    assert [text.count("await-text") for text in (built.page(), built.page("notes.html"))] == [0, 1]
    project.write("conf.py", project.read("conf.py") + 'await_last_value = ["**"]\n')
    built = project.build("-W")
    assert [text.count("await-text") for text in (built.page(), built.page("notes.html"))] == [1, 1]


def test_a_recording_of_a_stranger_brings_no_script_into_a_page(project: Project) -> None:
    """Neither in a form of another type, nor in an SVG, nor in words."""
    project.write("index.md", f"# A\n\n```python\n{SQUARES}\ndisplay(Svg(), alt='a')\n```\n")
    project.build()
    (cached,) = (project.folder / ".await-cache").glob("*.json")
    data = json.loads(cached.read_text("utf-8"))
    evil = "<script>evil()</script>"
    data["displays"][0] |= {"alt": f'"><img onerror="evil()">{evil}'}
    data["displays"][0]["data"] = {
        "image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg'>{evil}</svg>",
        "text/html": evil,
        "text/markdown": evil,
        "text/latex": r"\input{/etc/passwd}",
        "text/plain": evil,
    }
    cached.write_text(json.dumps(data), "utf-8")
    for builder in ("html", "epub", "latex"):
        built = project.build(builder=builder)
        assert built.ran == [], built.out
        for path in built.folder.rglob("*"):
            if path.suffix in {".html", ".xhtml", ".svg", ".tex"}:
                text = path.read_text("utf-8")
                assert evil not in text
                assert 'onerror="evil()"' not in text
                assert r"\input{/etc/passwd}" not in text


TABLE = '''\
from sphinx_await import display
class Table:
    def _repr_html_(self):
        return """<style>p {}</style><table class="await-run" border=1 onclick="evil()">
            <tr><td style="position: fixed">a<br>b&nbsp;c</td></tr></table>
            <img src="http://a.org/pixel.png"><a href="javascript:evil()">one</a> <a href="https://a.org">two</a>
            <a href="#top">three</a><a href="../a">four</a><a href="//evil.org">five</a><h1>six</h1><nav>seven</nav>
            <script>evil()</script><iframe src="//a.org"></iframe>
            <form><input value="evil()"></form><svg onload="evil()">"""
    def __repr__(self):
        return "a table\\nof text"
class OnlyScript:
    def _repr_html_(self): return "<div><script>evil()</script></div>"
    def __repr__(self): return "nothing but a script"
display(Table())
display(OnlyScript())
'''


def test_html_does_not_come_in_by_itself(project: Project) -> None:
    """A page has the text."""
    project.write("index.md", f"# A\n\n```python\n{TABLE}\n```\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    shown = BeautifulSoup(built.page(), "html.parser").select(".await-display")
    assert [one.select("table") for one in shown] == [[], []]
    assert "a table\nof text" in shown[0].get_text()
    assert "evil" not in str(shown[0])


@pytest.mark.skipif(
    importlib.util.find_spec("nh3") is None, reason="nh3 is missing: it is in the dependency group tests"
)
def test_html_comes_in_sanitised_if_the_site_says_so(project: Project) -> None:
    """So it is in a book, which must be XML; other builders have the text. A change of the wish runs nothing."""
    page = f"# A\n\n```python\n{TABLE}\n```\n"
    project.write("index.md", page)
    project.build()
    project.write("conf.py", project.read("conf.py") + "await_display_html = True\n")
    built = project.build()
    assert built.ran == []
    assert re.findall(r"index\.md:(\d+): WARNING: .*\[await\.display\]", built.err) == [
        str(page.split("\n").index("display(OnlyScript())") + 1)
    ]
    shown = BeautifulSoup(built.page(), "html.parser").select(".await-display")
    assert [one.select("table") != [] for one in shown] == [True, False]
    assert "nothing but a script" in shown[1].get_text()
    assert {one.name for one in shown[0].find_all()} == {"span", "table", "tbody", "tr", "td", "br", "a"}
    attributes = {name: value for one in shown[0].select("table *, table, a") for name, value in one.attrs.items()}
    assert attributes == {"href": "https://a.org", "rel": ["noopener", "noreferrer", "nofollow"]}
    assert "evil" not in str(shown[0])
    book = project.build(builder="epub")
    ElementTree.parse(book.folder / "index.xhtml")  # noqa: S314 - of this project
    assert "a table" in project.build(builder="text").page("index.txt")


def test_images_that_a_program_wrote_are_shown(project: Project) -> None:
    """By their path: of the types that pages can have, and nothing else; the path in its stead."""
    code = f"""{SQUARES}
from pathlib import Path
Path("a.png").write_bytes(Png()._repr_png_()[0])
Path("b.svg").write_text(Svg()._repr_svg_())
Path("c.txt").write_text("text")
display(Path("a.png"), Path("b.svg"), alt="x")
display(Path("c.txt"), Path("none.png"))
"""
    project.write("index.md", f"# A\n\n```python\n{code}```\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    sources = [str(one["src"]) for one in BeautifulSoup(built.page(), "html.parser").select(".await-display img")]
    assert [source.rpartition(".")[2] for source in sources] == ["png", "svg"]
    text = BeautifulSoup(built.page(), "html.parser").get_text()
    assert "Path('c.txt')\n" in text
    assert "display of PosixPath: it cannot be read: FileNotFoundError" in text
