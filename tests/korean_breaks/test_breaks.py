"""Where a line of Korean must not break."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from korean_breaks import JOINER, joined, whole_code, whole_titles

from ..sphinxext.conftest import Project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('<p><code class="x"><span>to_thread()</span></code>에 맡김</p>', "<span>to_thread()</span></code>|에 맡김"),
        ('<a href="a)가"><code>x</code></a>는', "</code></a>|는"),
        ("<p>시간(초)입니다</p>", "(초)|입니다"),
        ("<p>(<em>초)</em>를</p>", "초)</em>|를"),
        ("<p>&quot;예&quot;라고</p>", "<p>&quot;예&quot;|라고"),
        ("<p>'예'라고, (\"예\"라고)</p>", "<p>'예'|라고, (\"예\"|라고)"),
        ('<p>"<em>예</em>"라고</p>', '"<em>예</em>"|라고'),
        ('<p>"<code>f("예")</code>"라고</p>', '"<code>f("예")</code>"|라고'),
    ],
)
def test_a_particle_stays_with_its_word(body: str, shown: str) -> None:
    """After code, brackets and quotes, in spite of the elements between them."""
    assert shown in "".join(joined(body)).replace(JOINER, "|")


@pytest.mark.parametrize(
    "body",
    [
        "<p><code>x</code> 는</p>",
        "<p>(초)</p><p>를</p>",
        "<p><code>x</code>and, word</p>",
        '<p><code><span>print("안녕")[가]</span></code></p>',
        "<p><kbd><kbd>(가</kbd>)나</kbd>는 <samp>(초)를</samp></p>",
        "<p>&quot;안녕 '하세요 (\"예</p>",
        "<p>말</p><p>'하세요</p>",
        "<pre>f(x)가</pre><script>'x'가</script>",
        "<svg><text>f()가</text></svg><!-- )가 -->",
        '<p title="f(x)가">가</p>',
    ],
)
def test_everything_else_stays_as_it_is(body: str) -> None:
    """Code can be copied, blocks are apart, and a quote that opens is before its word."""
    assert "".join(joined(body)) == body


@pytest.mark.parametrize(
    ("code", "is_whole"),
    [
        ('<span class="pre">async</span> <span class="pre">for</span>', True),
        ("Task-2", True),
        ("&lt;Task pending&gt;", True),
        ("f(&quot;서울시&quot;, 1, 2, 3, 4, 5)", False),  # Hangul is twice as wide
        ("wait(..., return_when=FIRST_COMPLETED)", False),
    ],
)
def test_short_code_is_one_word(code: str, is_whole: bool) -> None:
    """It says so by a class; longer code may break, and code of a program is none of it."""
    body = f'<p><code class="literal" id="a">{code}</code></p>'
    assert whole_code(body) == (body.replace('"literal"', '"literal whole"') if is_whole else body)
    assert whole_code(f"<pre>{body}</pre>") == f"<pre>{body}</pre>"


def test_no_line_of_a_title_begins_with_a_noun_that_needs_what_is_before_it() -> None:
    """Other words of the same letters are left, and so is running text."""
    title = "<h2><code>await</code>가 넘겨주는 것과 돌려받는 것, 실행할 때<a>#</a> 긴 수정 그 때문에</h2>"
    assert whole_titles(title).replace("\xa0", "_") == title.replace("는 것", "는_것").replace("할 때", "할_때")
    assert whole_titles("<p>넘겨주는 것</p>") == "<p>넘겨주는 것</p>"


def test_a_title_in_english_behind_the_korean_one_is_one_element() -> None:
    """A style sheet moves it to the next line as a whole; brackets of code and of Korean are left."""
    title = "<h1>취소<code>run()</code> (취소) {}<a>#</a></h1>"
    english = "(With and For)"
    assert whole_titles(title.format(english)) == title.format(f'<span class="title-name">{english}</span>')
    assert whole_titles(f"<p>취소 {english}</p>") == f"<p>취소 {english}</p>"


def test_pages_have_joiners_and_books_none(tmp_path: Path) -> None:
    """Nor has the index of a search."""
    project = Project(tmp_path / "project")
    project.write("conf.py", 'extensions = ["myst_parser", "korean_breaks"]\nlanguage = "ko"\n')
    project.write("index.md", "# 장\n\n`await`는 (초)입니다\n")
    assert project.build("-W").page().count(JOINER) == 2
    assert JOINER not in project.build().page("searchindex.js")
    assert JOINER not in project.build(builder="epub").page("index.xhtml")


def test_a_word_of_code_in_a_cell_is_one_with_what_follows(tmp_path: Path) -> None:
    """Its particle, or the comma; code of several words may break, and so may what is no cell."""
    project = Project(tmp_path)
    project.write("conf.py", 'extensions = ["myst_parser", "korean_breaks"]\nlanguage = "ko"\n')
    project.write("index.md", "# 장\n\n`run`은\n\n| 옵션 |\n|---|\n| `--svg`, `a b`는 `alone`처럼 씁니다. `x` 끝 |\n")
    page = BeautifulSoup(project.build("-W").page(), "html.parser")
    assert [one.get_text() for one in page.select(".unbroken")] == ["--svg,", f"alone{JOINER}처럼"]
