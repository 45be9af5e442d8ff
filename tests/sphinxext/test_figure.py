"""A run in HTML is one figure, whole without the script."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Project

RUN = "# A\n\n```python\nimport sys\nprint('out')\nprint('err', file=sys.stderr)\n```\n"
VOID = {"br", "hr", "img", "input", "link", "meta", "wbr"}


class Outline(HTMLParser):
    """The parts of the figures of a page: element, class, and attributes, for the children of each figure."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[tuple[str, str]] = []
        self.scrollers: list[dict[str, str | None]] = []
        self._depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go one deeper, if inside a figure."""
        given = dict(attrs)
        if self._depth == 1:
            self.parts.append((tag, given.get("class") or ""))
        if self._depth and "tabindex" in given:
            self.scrollers.append(given)
        if (tag == "figure" or self._depth) and tag not in VOID:
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        """Come back."""
        if self._depth and tag not in VOID:
            self._depth -= 1


def test_a_figure_is_code_output_and_facts(project: Project) -> None:
    """In this order; what scrolls can be reached by keyboard and has a name."""
    project.write("index.md", RUN)
    outline = Outline(project.build("-W").page())
    assert outline.parts == [("div", "await-code"), ("div", "await-outputs"), ("figcaption", "await-facts")]
    named = [(part["role"], part["tabindex"], part["aria-label"]) for part in outline.scrollers]
    assert named == [("group", "0", "Code of index-1"), ("group", "0", "Output of index-1")]


def test_captions_stay_with_what_they_name(project: Project) -> None:
    """A caption of the code scrolls with the code, one of the output is above the output."""
    project.write("index.md", "# A\n\n```{exec_code}\n:caption: The code\n:caption_output: The output\nprint(1)\n```\n")
    page = project.build("-W").page()
    code, output = page.index('class="await-code"'), page.index('class="await-outputs"')
    assert code < page.index("The code") < page.index("The output") < output


def test_the_page_is_whole_without_the_script(project: Project) -> None:
    """Code, output, moments, label and facts are in the page; nothing in it waits for the script or needs one."""
    project.write("index.md", RUN)
    page = project.build("-W").page()
    figure = page[page.index("<figure") : page.index("</figure>")]
    assert "<button" not in figure
    assert not re.search(r" (on\w+|style|hidden)[=> ]", figure)
    text = re.sub("<[^>]+>", "", figure)
    assert re.search(r"print\('out'\).*0\.\d{3}out\n.*error output.*0\.\d{3}err\n.* s · CPython", text, re.DOTALL)


def test_the_script_comes_with_its_words_where_there_is_a_run(project: Project) -> None:
    """A page without a run loads no script, and the EPUB has none at all."""
    project.write("index.md", RUN + "\n```{toctree}\nother\n```\n")
    project.write("other.md", "# B\n\ntext\n")
    built = project.build("-W")
    (tag,) = re.findall(r"<script [^>]*sphinx-await\.js[^>]*>", built.page())
    assert ' defer="defer" ' in tag
    assert dict(re.findall(r'data-await-(\w+)="([^"]+)"', tag)) == {
        "copy": "Copy",
        "copied": "Copied",
        "refused": "Could not be copied",
        "moments": "Moments (s)",
    }
    assert "sphinx-await.js" not in built.page("other.html")
    assert "sphinx-await.js" in project.build("-W", builder="singlehtml").page()
    assert "<script" not in project.build("-W", "-D", "version=1", builder="epub").page("index.xhtml")


@pytest.mark.parametrize(
    ("program", "folded"),
    [
        ("for i in range(30): print('x')", None),
        ("for i in range(31): print('x')", "11 more lines (22 B)"),
        ("for i in range(40): print('가' * 35)", "20 more lines (2.1 kB)"),
        ("for i in range(31): print('x' * 90_908)", "11 more lines (1.0 MB)"),
    ],
)
def test_long_output_is_folded_with_its_size(project: Project, program: str, folded: str | None) -> None:
    """More than thirty lines are folded after the twentieth; the fold shows how much is hidden."""
    project.write("conf.py", project.read("conf.py") + "await_output_limit = 10_000_000\n")
    project.write("index.md", f"# A\n\n```python\n{program}\n```\n")
    page = project.build("-W").page()
    assert re.findall("<summary>(.*)</summary>", page) == ([folded] if folded else [])
    assert page.count("await-text") == int(re.findall(r"range\S*?(\d\d)", re.sub("<[^>]+>", "", page))[0])
    assert len(Outline(page).scrollers) == (3 if folded else 2)


def test_standard_error_is_labelled_again_after_the_fold(project: Project) -> None:
    """A stretch that the fold cuts has its label on both sides."""
    project.write("index.md", "# A\n\n```python\nimport sys\nfor i in range(40): print(i, file=sys.stderr)\n```\n")
    assert project.build("-W").page().count("await-mark") == 2


class Styled(HTMLParser):
    """The texts of a page that a program coloured: classes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._classes = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the text in it will look like."""
        classes = dict(attrs).get("class") or ""
        self._classes = classes if tag == "span" and "await-ansi" in classes else ""

    def handle_data(self, data: str) -> None:
        """Take the text along."""
        if self._classes:
            self.found.append((self._classes, data))

    def handle_endtag(self, _tag: str) -> None:
        """Forget it."""
        self._classes = ""


COLOURED = """# A

```python
print("\\x1b[1;31mwrong\\x1b[0m & \\x1b[7mturned\\x1b[0m, \\x1b[38;2;10;200;10mgreenish\\x1b[39m <plain>")
for number in range(3):
    print(f"\\r{number} of 2", end="")
print("\\nabove\\n\\x1b[1A\\x1b[2Kover it")
# Expected output:
# wrong & turned, greenish <plain>
# 2 of 2
# over it
```
"""


def test_output_is_what_a_terminal_shows(project: Project) -> None:
    """Colours are classes, what was written over is gone, and the comment of expected output says what is shown."""
    project.write("index.md", COLOURED)
    built = project.build("-W")
    assert built.status == 0, built.err
    assert Styled(built.page()).found == [
        ("await-ansi-red await-ansi-bold", "wrong"),
        ("await-ansi-on-default", "turned"),
        ("await-ansi-green", "greenish"),
    ]
    text = project.build("-W", builder="text").page("index.txt")
    lines = [line[13:] for line in text.splitlines() if line.startswith("     0.")]
    assert lines == ["wrong & turned, greenish <plain>", "2 of 2", "over it"]


def test_a_link_of_a_terminal_is_a_link(project: Project) -> None:
    """Its address is escaped; one with a folder of the machine, and what is no address of the web, is text only."""
    link = "\\x1b]8;;{}\\x1b\\\\{}\\x1b]8;;\\x1b\\\\"
    links = [("https://a.example/?b=1&c", "one"), ("http://a.example/{os.getcwd()}", "two"), ("file:///etc", "three")]
    text = " ".join(link.format(*one) for one in links)
    project.write("index.md", f'# A\n\n```python\nimport os\nprint(f"{text}")\n```\n')
    built = project.build("-W")
    assert built.status == 0, built.err
    assert re.findall(r'<a class="reference external" href="(http[^"]*)">(.*?)</a>', built.page()) == [
        ("https://a.example/?b=1&amp;c", "one")
    ]
    assert '<span class="await-text"><a class="reference external"' in built.page()
    assert "one two three" in project.build("-W", builder="text").page("index.txt")


def test_a_long_output_has_its_end(project: Project) -> None:
    """Where lines are missing the page says how many, and the end follows; so does the text form."""
    project.write("conf.py", project.read("conf.py") + "await_output_limit = 4000\n")
    project.write(
        "index.md",
        "# A\n\n<!-- await: raises=ZeroDivisionError -->\n```python\n"
        "for number in range(3000):\n    print('line', number)\n1 / 0\n```\n",
    )
    built = project.build("-W")
    assert built.status == 0, built.err
    gaps = Gaps(built.page())
    ((words, before, after),) = gaps.found
    first, last = int(before.removeprefix("line ")), int(after.removeprefix("line "))
    assert words == f"… {last - first - 1} lines were too many to keep …"
    assert gaps.lines[-1] == "ZeroDivisionError: division by zero"
    text = project.build("-W", builder="text").page("index.txt")
    assert words in text
    assert "ZeroDivisionError: division by zero" in text


class Gaps(HTMLParser):
    """The lines of output of a page, and where some are missing: the words, the line before, the line after."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.found: list[tuple[str, str, str]] = []
        self._words = self._kind = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note whether a line or a gap begins."""
        kind = dict(attrs).get("class") or ""
        self._kind = kind if tag == "span" and kind in {"await-text", "await-gap"} else ""

    def handle_data(self, data: str) -> None:
        """Take it."""
        if self._kind == "await-gap":
            self._words = data
        elif self._kind == "await-text":
            if self._words:
                self.found.append((self._words, self.lines[-1], data))
            self.lines.append(data)
            self._words = ""
        self._kind = ""
